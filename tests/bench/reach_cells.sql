-- The grouping alone: how many cells of area, class and type there are. Whoever counts reach must read and group as much.
SELECT count(*) FROM (
    SELECT h.area_id, coalesce(c.lineage, c.id), coalesce(c.chain, c.id), s.academic_year, h.year_group, s.type_id, sum(h.pupils)
    FROM schools_session s JOIN schools_headcount h ON h.session_id = s.id JOIN schools_school c ON c.id = h.school_id
    JOIN schools_sessiontype t ON t.id = s.type_id
    WHERE s.stage = 'delivered' AND t.audience = 'pupils' AND s.day BETWEEN %(first_day)s AND %(last_day)s
    GROUP BY 1, 2, 3, 4, 5, 6
) cells
