-- The same answer as export_reach --by area, in one statement: a row for each area and last the total.
-- {minutes} is the length of session s in minutes, in the database's own words; first_day, last_day, last_year (the academic year in which
-- that lies), cycle_day (the first of the cycle), schools_day and as_of are given.
WITH met AS MATERIALIZED (
    SELECT s.id, s.area_id AS area, s.visit_id, s.day, s.type_id, s.academic_year, s.adults, s.pupils_are, s.count_basis,
           t.audience, t.channel, t.series, {minutes} AS minutes
    FROM schools_session s JOIN schools_sessiontype t ON t.id = s.type_id
    WHERE s.stage = 'delivered' AND s.day BETWEEN %(first_day)s AND %(last_day)s
), cells AS MATERIALIZED (
    SELECT h.area_id AS area, coalesce(c.lineage, c.id) AS lineage, coalesce(c.chain, c.id) AS chain, s.academic_year AS year,
           h.year_group, s.type_id, min(s.channel) AS channel,
           coalesce(sum(h.pupils) FILTER (WHERE s.pupils_are = 'new' AND NOT s.series), 0) AS fresh,
           coalesce(max(h.pupils) FILTER (WHERE s.pupils_are = 'again' OR s.series), 0) AS again,
           coalesce(sum(h.pupils), 0) AS seats,
           coalesce(sum(h.pupils) FILTER (WHERE s.count_basis <> 'counted'), 0) AS estimated
    FROM met s JOIN schools_headcount h ON h.session_id = s.id JOIN schools_school c ON c.id = h.school_id
    WHERE s.audience = 'pupils'
    GROUP BY 1, 2, 3, 4, 5, 6
), wandering AS MATERIALIZED (
    SELECT lineage FROM cells GROUP BY lineage HAVING min(coalesce(area, 0)) <> max(coalesce(area, 0))
), placed AS (
    -- A lineage of one area adds to the total as it is; of several areas it is folded once more, for the total alone.
    SELECT 1 AS of_area, CASE WHEN lineage IN (SELECT lineage FROM wandering) THEN 0 ELSE 1 END AS of_total,
           area, lineage, chain, year, year_group, channel, fresh, again, seats, estimated
    FROM cells
    UNION ALL
    SELECT 0, 1, NULL, lineage, chain, year, year_group, min(channel), sum(fresh), max(again), sum(seats), sum(estimated)
    FROM cells WHERE lineage IN (SELECT lineage FROM wandering)
    GROUP BY lineage, chain, year, year_group, type_id
), classes AS (
    SELECT of_area, of_total, area, lineage, chain, year, year_group,
           max(CASE WHEN fresh > again THEN fresh ELSE again END) AS pupils,
           max(CASE WHEN channel <> 'in_person' THEN 0 WHEN fresh > again THEN fresh ELSE again END) AS in_person,
           max(CASE WHEN channel <> 'online' THEN 0 WHEN fresh > again THEN fresh ELSE again END) AS online,
           sum(seats) AS seats, sum(estimated) AS estimated
    FROM placed GROUP BY of_area, of_total, area, lineage, chain, year, year_group
), years AS (
    SELECT of_area, of_total, area, lineage, year - year_group AS cohort, sum(pupils) AS pupils, sum(in_person) AS in_person,
           sum(online) AS online, sum(seats) AS seats, sum(estimated) AS estimated
    FROM classes GROUP BY of_area, of_total, area, lineage, year - year_group, year
), cohorts AS (
    SELECT of_area, of_total, area, max(pupils) AS children, sum(pupils) AS pupils, sum(in_person) AS in_person,
           sum(online) AS online, sum(seats) AS seats, sum(estimated) AS estimated
    FROM years GROUP BY of_area, of_total, area, lineage, cohort
), sums AS MATERIALIZED (
    SELECT of_area, of_total, area, sum(children) AS children, sum(pupils) AS pupils, sum(in_person) AS in_person,
           sum(online) AS online, sum(seats) AS seats, sum(estimated) AS estimated
    FROM cohorts GROUP BY of_area, of_total, area
), figures AS (
    SELECT 0 AS is_total, area, sum(children) AS children, sum(pupils) AS pupils, sum(in_person) AS in_person,
           sum(online) AS online, sum(seats) AS seats, sum(estimated) AS estimated
    FROM sums WHERE of_area = 1 GROUP BY area
    UNION ALL
    SELECT 1, NULL, sum(children), sum(pupils), sum(in_person), sum(online), sum(seats), sum(estimated)
    FROM sums WHERE of_total = 1
), uncounted AS MATERIALIZED (
    SELECT s.area, s.visit_id, s.channel, h.session_id IS NULL AS without
    FROM met s LEFT JOIN (
        SELECT session_id, count(*) - count(pupils) AS missing FROM schools_headcount GROUP BY session_id
    ) h ON h.session_id = s.id
    WHERE s.audience = 'pupils' AND (h.missing > 0 OR h.session_id IS NULL)
), there AS MATERIALIZED (
    SELECT area, chain, channel FROM cells
    UNION
    SELECT u.area, coalesce(c.chain, c.id), u.channel
    FROM uncounted u JOIN schools_visit v ON v.id = u.visit_id JOIN schools_school c ON c.id = v.school_id WHERE u.without
), chains AS MATERIALIZED (
    SELECT area, chain, max(CASE WHEN channel = 'in_person' THEN 1 ELSE 0 END) AS visited FROM there GROUP BY area, chain
), everywhere AS MATERIALIZED (
    SELECT chain, max(visited) AS visited FROM chains GROUP BY chain
), visited AS (
    SELECT 0 AS is_total, area, sum(visited) AS visited, sum(1 - visited) AS online_only FROM chains GROUP BY area
    UNION ALL
    SELECT 1, NULL, sum(visited), sum(1 - visited) FROM everywhere
), stands AS MATERIALIZED (
    SELECT a.area_id AS area, coalesce(c.chain, c.id) AS chain, c.id, c.pupils, coalesce(p.cycle_years, 2) AS cycle
    FROM schools_school c
    LEFT JOIN schools_schoolauthority b ON b.school_id = c.id AND (b.from_day IS NULL OR b.from_day <= %(schools_day)s)
        AND (b.to_day IS NULL OR b.to_day >= %(schools_day)s)
    LEFT JOIN schools_areaauthority a ON (a.from_day IS NULL OR a.from_day <= %(schools_day)s)
        AND (a.to_day IS NULL OR a.to_day >= %(schools_day)s)
        AND a.authority_id = coalesce(b.authority_id, CASE WHEN NOT EXISTS (
            SELECT 1 FROM schools_schoolauthority o WHERE o.school_id = c.id) THEN c.authority_id END)
    LEFT JOIN schools_area p ON p.id = a.area_id
    WHERE c.sector = 'mainstream' AND (c.low_age IS NULL OR c.low_age <= 10) AND (c.high_age IS NULL OR c.high_age >= 5)
        AND (c.low_age IS NULL OR c.high_age IS NULL OR c.low_age < c.high_age)
        AND (c.opened <= %(schools_day)s OR (c.opened IS NULL AND c.status <> 'proposed'))
        AND (c.closed >= %(schools_day)s OR (c.closed IS NULL AND c.status <> 'closed'))
), standing AS MATERIALIZED (
    SELECT DISTINCT area, chain, cycle FROM stands
), newest AS MATERIALIZED (
    -- Of this charity every roll is a register's, and every school teaches all year groups: its share of the total is all of it.
    SELECT school_id, max(academic_year) AS year FROM schools_roll WHERE academic_year <= %(last_year)s GROUP BY school_id
), rolls AS MATERIALIZED (
    SELECT r.school_id, sum(r.pupils) AS pupils
    FROM schools_roll r JOIN newest n ON n.school_id = r.school_id AND n.year = r.academic_year GROUP BY r.school_id
), rolled AS (
    SELECT 0 AS is_total, s.area, sum(coalesce(r.pupils, s.pupils)) AS pupils, max(CASE WHEN r.pupils IS NULL THEN 1 ELSE 0 END) AS shared
    FROM stands s LEFT JOIN rolls r ON r.school_id = s.id GROUP BY s.area
    UNION ALL
    SELECT 1, NULL, sum(coalesce(r.pupils, s.pupils)), max(CASE WHEN r.pupils IS NULL THEN 1 ELSE 0 END)
    FROM stands s LEFT JOIN rolls r ON r.school_id = s.id
), held AS MATERIALIZED (
    SELECT s.id, s.visit_id, s.academic_year FROM schools_session s JOIN schools_sessiontype t ON t.id = s.type_id
    WHERE s.stage = 'delivered' AND t.audience = 'pupils' AND t.counts_for_cycle
        AND s.day BETWEEN %(cycle_day)s AND %(last_day)s
), lately AS MATERIALIZED (
    SELECT chain, max(year) AS year FROM (
        SELECT coalesce(c.chain, c.id) AS chain, s.academic_year AS year
        FROM held s JOIN schools_headcount h ON h.session_id = s.id JOIN schools_school c ON c.id = h.school_id
        UNION
        SELECT coalesce(c.chain, c.id), s.academic_year
        FROM held s JOIN schools_visit v ON v.id = s.visit_id JOIN schools_school c ON c.id = v.school_id
        WHERE NOT EXISTS (SELECT 1 FROM schools_headcount h WHERE h.session_id = s.id)
    ) seen GROUP BY chain
), cycles AS (
    SELECT 0 AS is_total, s.area, count(*) AS visited FROM standing s JOIN lately l ON l.chain = s.chain
    WHERE l.year > %(last_year)s - s.cycle GROUP BY s.area
    UNION ALL
    SELECT 1, NULL, count(DISTINCT s.chain) FROM standing s JOIN lately l ON l.chain = s.chain WHERE l.year > %(last_year)s - s.cycle
), there_reached AS MATERIALIZED (
    -- Within one academic year children are pupils.
    SELECT chain, sum(pupils) AS pupils FROM classes WHERE of_total = 1 GROUP BY chain
), in_schools AS (
    SELECT 0 AS is_total, s.area, sum(r.pupils) AS children
    FROM standing s JOIN there_reached r ON r.chain = s.chain GROUP BY s.area
    UNION ALL
    SELECT 1, NULL, sum(r.pupils) FROM (SELECT DISTINCT chain FROM standing) s JOIN there_reached r ON r.chain = s.chain
), schools AS (
    SELECT 0 AS is_total, s.area, count(*) AS schools, sum(coalesce(e.visited, 0)) AS covered
    FROM standing s LEFT JOIN everywhere e ON e.chain = s.chain GROUP BY s.area
    UNION ALL
    SELECT 1, NULL, count(*), sum(coalesce(e.visited, 0))
    FROM (SELECT DISTINCT chain FROM standing) s LEFT JOIN everywhere e ON e.chain = s.chain
), sessions AS MATERIALIZED (
    SELECT area, count(*) AS sessions, sum(CASE WHEN audience = 'adults' THEN adults END) AS adults FROM met GROUP BY area
), counts AS MATERIALIZED (
    SELECT area, count(*) AS missing FROM uncounted GROUP BY area
), overdue AS MATERIALIZED (
    SELECT a.area_id AS area, count(*) AS missing
    FROM schools_session s JOIN schools_sessiontype t ON t.id = s.type_id JOIN schools_visit v ON v.id = s.visit_id
    JOIN schools_school c ON c.id = v.school_id
    LEFT JOIN schools_schoolauthority b ON b.school_id = c.id AND (b.from_day IS NULL OR b.from_day <= s.day)
        AND (b.to_day IS NULL OR b.to_day >= s.day)
    LEFT JOIN schools_areaauthority a ON (a.from_day IS NULL OR a.from_day <= s.day) AND (a.to_day IS NULL OR a.to_day >= s.day)
        AND a.authority_id = coalesce(b.authority_id, CASE WHEN NOT EXISTS (
            SELECT 1 FROM schools_schoolauthority o WHERE o.school_id = c.id) THEN c.authority_id END)
    WHERE s.stage = 'scheduled' AND t.audience = 'pupils' AND s.day BETWEEN %(first_day)s AND %(last_day)s
        AND coalesce(s.until_day, s.day) < %(as_of)s
    GROUP BY a.area_id
), days AS MATERIALIZED (
    SELECT s.area, c.volunteer_id, sum(s.minutes) AS minutes,
           max(CASE WHEN c.role IN ('lead', 'presenter') THEN 1 ELSE 0 END) AS active
    FROM met s JOIN schools_cover c ON c.session_id = s.id WHERE c.state = 'attended'
    GROUP BY s.area, c.volunteer_id, s.visit_id, s.day
), people AS (
    SELECT 0 AS is_total, area, count(DISTINCT CASE WHEN active = 1 THEN volunteer_id END) AS active,
           sum(minutes) + 45 * count(*) AS minutes
    FROM days GROUP BY area
    UNION ALL
    SELECT 1, NULL, count(DISTINCT CASE WHEN active = 1 THEN volunteer_id END), sum(minutes) + 45 * count(*) FROM days
), places AS (
    SELECT 0 AS is_total, area FROM figures WHERE is_total = 0
    UNION SELECT 0, area FROM sessions UNION SELECT 0, area FROM overdue UNION SELECT 0, area FROM standing
    UNION SELECT 1, NULL
)
SELECT coalesce(r.nation, ''), coalesce(r.name, ''), CASE WHEN p.is_total = 1 THEN 'TOTAL' ELSE coalesce(a.name, '') END,
       coalesce(c.schools, 0), coalesce(c.covered, 0), coalesce(v.visited, 0), coalesce(v.online_only, 0),
       coalesce(CASE WHEN p.is_total = 1 THEN (SELECT sum(sessions) FROM sessions) ELSE s.sessions END, 0),
       coalesce(CASE WHEN p.is_total = 1 THEN (SELECT sum(missing) FROM overdue) ELSE o.missing END, 0),
       coalesce(CASE WHEN p.is_total = 1 THEN (SELECT sum(missing) FROM counts) ELSE n.missing END, 0),
       coalesce(f.seats, 0), coalesce(f.estimated, 0), coalesce(f.pupils, 0), coalesce(f.in_person, 0), coalesce(f.online, 0),
       coalesce(f.children, 0),
       coalesce(CASE WHEN p.is_total = 1 THEN (SELECT sum(adults) FROM sessions) ELSE s.adults END, 0),
       coalesce(w.active, 0), coalesce(k.visited, 0), coalesce(l.pupils, 0), coalesce(l.shared, 0), coalesce(i.children, 0),
       coalesce(w.minutes, 0)
FROM places p
LEFT JOIN schools_area a ON a.id = p.area
LEFT JOIN schools_region r ON r.id = a.region_id
LEFT JOIN figures f ON f.is_total = p.is_total AND coalesce(f.area, 0) = coalesce(p.area, 0)
LEFT JOIN visited v ON v.is_total = p.is_total AND coalesce(v.area, 0) = coalesce(p.area, 0)
LEFT JOIN schools c ON c.is_total = p.is_total AND coalesce(c.area, 0) = coalesce(p.area, 0)
LEFT JOIN cycles k ON k.is_total = p.is_total AND coalesce(k.area, 0) = coalesce(p.area, 0)
LEFT JOIN rolled l ON l.is_total = p.is_total AND coalesce(l.area, 0) = coalesce(p.area, 0)
LEFT JOIN in_schools i ON i.is_total = p.is_total AND coalesce(i.area, 0) = coalesce(p.area, 0)
LEFT JOIN people w ON w.is_total = p.is_total AND coalesce(w.area, 0) = coalesce(p.area, 0)
LEFT JOIN sessions s ON p.is_total = 0 AND coalesce(s.area, 0) = coalesce(p.area, 0)
LEFT JOIN counts n ON p.is_total = 0 AND coalesce(n.area, 0) = coalesce(p.area, 0)
LEFT JOIN overdue o ON p.is_total = 0 AND coalesce(o.area, 0) = coalesce(p.area, 0)
ORDER BY p.is_total, 1, 2, 3
