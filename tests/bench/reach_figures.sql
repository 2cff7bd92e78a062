-- The three figures by area, and last of all together, in one statement. first_day and last_day are given.
WITH met AS MATERIALIZED (
    SELECT s.id, s.type_id, s.academic_year, s.pupils_are = 'again' OR t.series AS again
    FROM schools_session s JOIN schools_sessiontype t ON t.id = s.type_id
    WHERE s.stage = 'delivered' AND t.audience = 'pupils' AND s.day BETWEEN %(first_day)s AND %(last_day)s
), cells AS MATERIALIZED (
    SELECT h.area_id AS area, coalesce(c.lineage, c.id) AS lineage, coalesce(c.chain, c.id) AS chain, s.academic_year AS year,
           h.year_group, s.type_id, coalesce(sum(h.pupils) FILTER (WHERE NOT s.again), 0) AS fresh,
           coalesce(max(h.pupils) FILTER (WHERE s.again), 0) AS again, coalesce(sum(h.pupils), 0) AS seats
    FROM met s JOIN schools_headcount h ON h.session_id = s.id JOIN schools_school c ON c.id = h.school_id
    GROUP BY 1, 2, 3, 4, 5, 6
), wandering AS MATERIALIZED (
    SELECT lineage FROM cells GROUP BY lineage HAVING min(coalesce(area, 0)) <> max(coalesce(area, 0))
), placed AS (
    SELECT 1 AS of_area, CASE WHEN lineage IN (SELECT lineage FROM wandering) THEN 0 ELSE 1 END AS of_total,
           area, lineage, chain, year, year_group, fresh, again, seats
    FROM cells
    UNION ALL
    SELECT 0, 1, NULL, lineage, chain, year, year_group, sum(fresh), max(again), sum(seats)
    FROM cells WHERE lineage IN (SELECT lineage FROM wandering)
    GROUP BY lineage, chain, year, year_group, type_id
), classes AS (
    SELECT of_area, of_total, area, lineage, year, year_group, max(CASE WHEN fresh > again THEN fresh ELSE again END) AS pupils,
           sum(seats) AS seats
    FROM placed GROUP BY of_area, of_total, area, lineage, chain, year, year_group
), years AS (
    SELECT of_area, of_total, area, lineage, year - year_group AS cohort, sum(pupils) AS pupils, sum(seats) AS seats
    FROM classes GROUP BY of_area, of_total, area, lineage, year - year_group, year
), cohorts AS (
    SELECT of_area, of_total, area, max(pupils) AS children, sum(pupils) AS pupils, sum(seats) AS seats
    FROM years GROUP BY of_area, of_total, area, lineage, cohort
), sums AS MATERIALIZED (
    SELECT of_area, of_total, area, sum(children) AS children, sum(pupils) AS pupils, sum(seats) AS seats
    FROM cohorts GROUP BY of_area, of_total, area
)
SELECT 0 AS is_total, area, sum(seats), sum(pupils), sum(children) FROM sums WHERE of_area = 1 GROUP BY area
UNION ALL
SELECT 1, NULL, sum(seats), sum(pupils), sum(children) FROM sums WHERE of_total = 1
