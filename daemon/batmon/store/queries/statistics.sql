-- name: have_marks
-- Whether runs have changed that are not counted anew yet, and whether long spans are still to be counted.
SELECT EXISTS (SELECT FROM run_stats_queue) AS queue, EXISTS (SELECT FROM run_stats_backlog) AS backlog;

-- name: last_mark
-- The latest of the marks that everybody can see now; NULL if there is none.
SELECT max(id) FROM run_stats_queue;

-- name: marks_until
-- Whether a mark up to this one is still there.
-- $1 bigint: id
SELECT EXISTS (SELECT FROM run_stats_queue WHERE id <= $1);

-- name: try_counting
-- True if nobody else counts now; until the transaction ends nobody else will. A daemon that stops in it, as a frozen machine
-- does, is thrown out so that others can go on.
-- $1 bigint: advisory lock
SELECT pg_try_advisory_xact_lock($1), set_config('idle_in_transaction_session_timeout', '60s', true);

-- name: hold_partitions
-- No partition of the runs is dropped or detached until the transaction ends.
LOCK TABLE ONLY rpa_execution_logs IN ACCESS SHARE MODE;

-- name: know_months
-- Note where the runs of each month are, once for each month.
INSERT INTO run_stats_months (month, partition)
SELECT to_date(substring(c.relname FROM '^rpa_execution_logs_y(\d{4}m\d{2})$'), 'YYYY"m"MM'), c.oid::regclass
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'rpa_execution_logs'::regclass AND c.relname ~ '^rpa_execution_logs_y\d{4}m\d{2}$'
ON CONFLICT (month) DO NOTHING;

-- name: gone_months
-- Months whose runs were dropped or detached: what was counted of them stays.
SELECT month FROM run_stats_months m
WHERE NOT EXISTS (
    SELECT FROM pg_inherits i WHERE i.inhparent = 'rpa_execution_logs'::regclass AND i.inhrelid = m.partition::oid);

-- name: take_marks
-- Take the oldest marks: which days of which programs, in their time zones, are to be counted anew, and how many marks were
-- taken. A row without a program stands for every one whose name comes after beyond, one without days for nothing.
-- $1 bigint: how many at most
-- $2 timestamptz: before which nothing is counted
-- $3 timestamptz: from which on nothing is counted
WITH taken AS (
    DELETE FROM run_stats_queue WHERE id IN (SELECT id FROM run_stats_queue ORDER BY id LIMIT $1)
    RETURNING program, since, until, beyond
), zones AS (
    SELECT t.program, batmon_zone(p.timezone) AS zone
    FROM (SELECT DISTINCT program FROM taken) t
    JOIN (
        SELECT DISTINCT ON (lower(name)) lower(name) AS program, timezone
        FROM programs ORDER BY lower(name), configured DESC, name
    ) p USING (program)
)
SELECT n.taken, d.* FROM (SELECT count(*) AS taken FROM taken) n LEFT JOIN (
    SELECT DISTINCT t.program, t.beyond,
        (greatest(t.since, $2) AT TIME ZONE coalesce(z.zone, 'UTC'))::date AS first,
        (least(t.until, $3) AT TIME ZONE coalesce(z.zone, 'UTC'))::date AS last
    FROM taken t LEFT JOIN zones z USING (program)
    WHERE greatest(t.since, $2) <= least(t.until, $3)
) d ON true
ORDER BY d.program, d.first;

-- name: names_beyond
-- The next names in small letters, of bots that have runs or days.
-- $1 text: after which
-- $2 bigint: how many at most
WITH RECURSIVE found (name, number) AS (
    SELECT $1::text, 0::bigint
    UNION ALL
    SELECT least(
        (SELECT lower(l.bot_name) FROM rpa_execution_logs l WHERE lower(l.bot_name) > f.name ORDER BY lower(l.bot_name) LIMIT 1),
        (SELECT d.program FROM run_stats_daily d WHERE d.program > f.name ORDER BY d.program LIMIT 1)), number + 1
    FROM found f WHERE f.name IS NOT NULL AND number < $2
)
SELECT name FROM found WHERE number > 0 AND name IS NOT NULL;

-- name: mark_beyond
-- $1 text: after which name every one is to be counted anew
INSERT INTO run_stats_queue (since, until, beyond) VALUES ('-infinity', 'infinity', $1);

-- name: add_backlog
-- Long spans of days that are to be counted anew; what waits of a program already grows.
-- $1 text[]: programs in small letters, each once
-- $2 date[]: first days
-- $3 date[]: last days
INSERT INTO run_stats_backlog AS b (program, first, last)
SELECT program, first, last FROM unnest($1::text[], $2::date[], $3::date[]) AS g (program, first, last)
ON CONFLICT (program) DO UPDATE SET first = least(b.first, excluded.first), last = greatest(b.last, excluded.last);

-- name: next_backlog
-- What is to be counted next: the programs whose span reaches furthest to now, and from which day on there are runs at its
-- end; newest is NULL where there are none.
-- $1 bigint: how many at most
SELECT b.program, b.first, b.last, n.day AS newest
FROM (SELECT * FROM run_stats_backlog ORDER BY last DESC, program LIMIT $1) b
LEFT JOIN (
    SELECT DISTINCT ON (lower(name)) lower(name) AS program, timezone
    FROM programs ORDER BY lower(name), configured DESC, name
) p USING (program)
CROSS JOIN LATERAL (SELECT coalesce(batmon_zone(p.timezone), 'UTC') AS zone OFFSET 0) z
LEFT JOIN LATERAL (
    SELECT (l.start_time AT TIME ZONE z.zone)::date AS day FROM rpa_execution_logs l
    WHERE lower(l.bot_name) = b.program AND l.start_time < ((b.last + 1)::timestamp AT TIME ZONE z.zone) + interval '3 hours'
        AND l.start_time >= (b.first::timestamp AT TIME ZONE z.zone) - interval '3 hours'
    ORDER BY l.start_time DESC LIMIT 1
) n ON true
ORDER BY b.last DESC, b.program;

-- name: shorten_backlog
-- These have been counted from a day on.
-- $1 text[]: programs
-- $2 date[]: the first days that were counted
WITH counted AS (SELECT * FROM unnest($1::text[], $2::date[]) AS g (program, day)), done AS (
    DELETE FROM run_stats_backlog b USING counted c WHERE b.program = c.program AND b.first >= c.day
)
UPDATE run_stats_backlog b SET last = c.day - 1 FROM counted c WHERE b.program = c.program AND b.first < c.day;

-- name: count_days
-- Count days of programs anew from their runs, and write what differs; the spans of one program do not overlap. How many days
-- were written or removed. A day is that of its zone whatever the clocks did, so runs are read
-- from a little before and after.
-- $1 text[]: programs in small letters
-- $2 date[]: first days
-- $3 date[]: last days
WITH known AS MATERIALIZED (
    SELECT DISTINCT ON (lower(name)) lower(name) AS program, name::text AS name, timezone
    FROM programs ORDER BY lower(name), configured DESC, name
), spans AS MATERIALIZED (
    SELECT g.program, g.first, g.last, k.name, z.zone,
        (g.first::timestamp AT TIME ZONE z.zone) - interval '3 hours' AS since,
        ((g.last + 1)::timestamp AT TIME ZONE z.zone) + interval '3 hours' AS until
    FROM unnest($1::text[], $2::date[], $3::date[]) AS g (program, first, last)
    LEFT JOIN known k USING (program)
    CROSS JOIN LATERAL (SELECT coalesce(batmon_zone(k.timezone), 'UTC') AS zone OFFSET 0) z
), runs AS (
    SELECT s.program, s.name, s.zone, l.bot_name, l.processed_count, l.status, l.origin = 'rerun' AS rerun, d.day,
        CASE WHEN l.status = 'SUCCESS' THEN CASE
            WHEN l.duration_sec IS NULL THEN CASE WHEN l.end_time > l.start_time THEN t.took END
            WHEN l.duration_sec < 0 THEN NULL
            WHEN abs(t.took - l.duration_sec) <= 1 THEN greatest(t.took, 0)
            ELSE least(l.duration_sec, 1e9) END END AS seconds,
        l.status IN ('FAILED', 'MISSED') AND l.origin <> 'rerun' AND EXISTS (
            SELECT FROM maintenance_kept m WHERE m.program = s.program
                AND coalesce(l.slot, l.start_time) >= m.since AND coalesce(l.slot, l.start_time) < m.until) AS excused
    FROM spans s
    CROSS JOIN LATERAL (
        SELECT bot_name, start_time, end_time, duration_sec, processed_count, origin, slot, batmon_run_status(status) AS status
        FROM rpa_execution_logs r
        WHERE lower(r.bot_name) = s.program AND r.start_time >= s.since AND r.start_time < s.until AND r.origin <> 'probe'
        OFFSET 0
    ) l
    CROSS JOIN LATERAL (SELECT (l.start_time AT TIME ZONE s.zone)::date AS day OFFSET 0) d
    CROSS JOIN LATERAL (
        SELECT CASE WHEN isfinite(l.end_time)  -- least: the span to the last year that there is is no interval
            THEN least(extract(epoch FROM least(l.end_time, timestamptz '9999-01-01 00:00Z') - l.start_time), 1e9)::float8 END AS took
    ) t
    WHERE d.day BETWEEN s.first AND s.last
), parts AS (
    SELECT program, name, zone, day, batmon_bucket(seconds) AS bucket, min(bot_name) AS spelled,
        count(*) FILTER (WHERE status = 'SUCCESS') AS succeeded,
        count(*) FILTER (WHERE status = 'FAILED') AS failed,
        count(*) FILTER (WHERE status = 'MISSED') AS missed,
        count(*) FILTER (WHERE status = 'RUNNING') AS unfinished,
        count(*) FILTER (WHERE rerun AND status IN ('SUCCESS', 'FAILED')) AS reruns,
        count(*) FILTER (WHERE rerun AND status = 'SUCCESS') AS reruns_succeeded,
        count(*) FILTER (WHERE excused) AS excused,
        coalesce(sum(greatest(processed_count, 0)) FILTER (WHERE status = 'SUCCESS'), 0) AS processed,
        count(seconds) AS timed, coalesce(sum(seconds), 0) AS seconds
    FROM runs GROUP BY program, name, zone, day, batmon_bucket(seconds)
), days AS MATERIALIZED (
    SELECT program, day, coalesce(name, min(spelled)) AS name, zone, sum(succeeded)::integer AS succeeded, sum(failed)::integer AS failed,
        sum(missed)::integer AS missed, sum(unfinished)::integer AS unfinished, sum(reruns)::integer AS reruns,
        sum(reruns_succeeded)::integer AS reruns_succeeded, sum(excused)::integer AS excused, sum(processed)::bigint AS processed,
        sum(timed)::integer AS timed, sum(seconds) AS seconds,
        coalesce(array_agg(bucket ORDER BY bucket) FILTER (WHERE bucket IS NOT NULL), '{}') AS buckets,
        coalesce(array_agg(timed::integer ORDER BY bucket) FILTER (WHERE bucket IS NOT NULL), '{}') AS counts
    FROM parts GROUP BY program, name, zone, day
), written AS (
    INSERT INTO run_stats_daily AS d (program, day, name, timezone, succeeded, failed, missed, unfinished, reruns,
        reruns_succeeded, excused, processed, timed, seconds, buckets, counts)
    SELECT program, day, name, zone, succeeded, failed, missed, unfinished, reruns, reruns_succeeded, excused, processed,
        timed, seconds, buckets, counts
    FROM days
    ON CONFLICT (program, day) DO UPDATE SET name = excluded.name, timezone = excluded.timezone,
        succeeded = excluded.succeeded, failed = excluded.failed, missed = excluded.missed, unfinished = excluded.unfinished,
        reruns = excluded.reruns, reruns_succeeded = excluded.reruns_succeeded, excused = excluded.excused,
        processed = excluded.processed, timed = excluded.timed, seconds = excluded.seconds, buckets = excluded.buckets,
        counts = excluded.counts
    WHERE (d.name, d.timezone, d.succeeded, d.failed, d.missed, d.unfinished, d.reruns, d.reruns_succeeded, d.excused,
            d.processed, d.timed, d.seconds, d.buckets, d.counts)
        IS DISTINCT FROM (excluded.name, excluded.timezone, excluded.succeeded, excluded.failed, excluded.missed,
            excluded.unfinished, excluded.reruns, excluded.reruns_succeeded, excluded.excused, excluded.processed,
            excluded.timed, excluded.seconds, excluded.buckets, excluded.counts)
    RETURNING 1
), removed AS (
    DELETE FROM run_stats_daily d USING spans s
    WHERE d.program = s.program AND d.day BETWEEN s.first AND s.last
        AND NOT EXISTS (SELECT FROM days n WHERE n.program = d.program AND n.day = d.day)
    RETURNING 1
)
SELECT (SELECT count(*) FROM written) + (SELECT count(*) FROM removed) AS changed;

-- name: count_months
-- Sum up the months that these days are in; how many were written or removed.
-- $1 text[]: programs in small letters
-- $2 date[]: first days
-- $3 date[]: last days
WITH spans AS MATERIALIZED (
    SELECT program, date_trunc('month', first::timestamp)::date AS first, last
    FROM unnest($1::text[], $2::date[], $3::date[]) AS g (program, first, last)
), touched AS MATERIALIZED (
    SELECT s.program, date_trunc('month', d.day::timestamp)::date AS month
    FROM spans s JOIN run_stats_daily d ON d.program = s.program AND d.day BETWEEN s.first AND s.last
    UNION
    SELECT s.program, m.month FROM spans s JOIN run_stats_monthly m ON m.program = s.program AND m.month BETWEEN s.first AND s.last
), chosen AS MATERIALIZED (
    SELECT t.month, d.* FROM touched t
    CROSS JOIN LATERAL (
        SELECT * FROM run_stats_daily d
        WHERE d.program = t.program AND d.day >= t.month AND d.day < (t.month + interval '1 month')::date OFFSET 0
    ) d
), histograms AS (
    SELECT program, month, array_agg(bucket ORDER BY bucket) AS buckets, array_agg(n ORDER BY bucket) AS counts FROM (
        SELECT c.program, c.month, u.bucket, sum(u.n)::integer AS n
        FROM chosen c CROSS JOIN LATERAL unnest(c.buckets, c.counts) AS u (bucket, n) GROUP BY c.program, c.month, u.bucket
    ) merged GROUP BY program, month
), sums AS (
    SELECT program, month, min(name) AS name, sum(succeeded)::integer AS succeeded, sum(failed)::integer AS failed,
        sum(missed)::integer AS missed, sum(unfinished)::integer AS unfinished, sum(reruns)::integer AS reruns,
        sum(reruns_succeeded)::integer AS reruns_succeeded, sum(excused)::integer AS excused,
        sum(processed)::bigint AS processed, sum(timed)::integer AS timed, sum(seconds) AS seconds
    FROM chosen GROUP BY program, month
), written AS (
    INSERT INTO run_stats_monthly (program, month, name, succeeded, failed, missed, unfinished, reruns, reruns_succeeded, excused,
        processed, timed, seconds, buckets, counts)
    SELECT s.*, coalesce(h.buckets, '{}'), coalesce(h.counts, '{}') FROM sums s LEFT JOIN histograms h USING (program, month)
    ON CONFLICT (program, month) DO UPDATE SET name = excluded.name, succeeded = excluded.succeeded, failed = excluded.failed,
        missed = excluded.missed, unfinished = excluded.unfinished, reruns = excluded.reruns,
        reruns_succeeded = excluded.reruns_succeeded, excused = excluded.excused, processed = excluded.processed,
        timed = excluded.timed, seconds = excluded.seconds, buckets = excluded.buckets, counts = excluded.counts
    RETURNING 1
), removed AS (
    DELETE FROM run_stats_monthly m USING touched t
    WHERE m.program = t.program AND m.month = t.month
        AND NOT EXISTS (SELECT FROM sums s WHERE s.program = m.program AND s.month = m.month)
    RETURNING 1
)
SELECT (SELECT count(*) FROM written) + (SELECT count(*) FROM removed) AS changed;

-- name: counting_waits
-- How much is still to be counted: marks, programs with a long span, and the day that all of them are counted from.
SELECT (SELECT count(*) FROM (SELECT FROM run_stats_queue LIMIT 100000) q) AS marks,
    EXISTS (SELECT FROM run_stats_queue WHERE program IS NULL) AS every,
    (SELECT count(*) FROM run_stats_backlog) AS programs, (SELECT max(last) FROM run_stats_backlog) AS last;

-- name: stats_names
-- Programs in small letters that have days, in order.
-- $1 text[]: only these, in any case; NULL for all
WITH RECURSIVE counted (program) AS (
    SELECT (SELECT program FROM run_stats_daily ORDER BY program LIMIT 1)
    UNION ALL
    SELECT (SELECT d.program FROM run_stats_daily d WHERE d.program > c.program ORDER BY d.program LIMIT 1)
    FROM counted c WHERE c.program IS NOT NULL
)
SELECT program FROM counted
WHERE program IS NOT NULL AND ($1::text[] IS NULL OR program = ANY (SELECT lower(n) FROM unnest($1::text[]) AS n))
ORDER BY program;

-- name: stats_days
-- The days of a period, by program and day.
-- $1 date: first day
-- $2 date: last day
-- $3 text[]: programs in small letters
SELECT name AS program, day, succeeded, failed, missed, unfinished, reruns, reruns_succeeded, excused, processed, timed,
    seconds, buckets, counts
FROM run_stats_daily WHERE program = ANY ($3::text[]) AND day BETWEEN $1 AND $2
ORDER BY run_stats_daily.program, day;

-- name: stats_courses
-- Of the days of a period what trends are made of, by program and day.
-- $1 date: first day
-- $2 date: last day
-- $3 text[]: programs in small letters
SELECT program, name, day, succeeded, failed, missed, processed, timed, seconds, buckets, counts
FROM run_stats_daily WHERE program = ANY ($3::text[]) AND day BETWEEN $1 AND $2
ORDER BY program, day;

-- name: stats_month
-- The sums of one whole month by program, as ``stats_totals`` has them.
-- $1 date: the first of the month
-- $2 text[]: programs in any case; NULL for all
-- $3 bigint: how many at most
SELECT name AS program, succeeded, failed, missed, unfinished, reruns, reruns_succeeded, excused, processed, timed, seconds, buckets,
    counts
FROM run_stats_monthly
WHERE month = $1 AND ($2::text[] IS NULL OR program = ANY (SELECT lower(n) FROM unnest($2::text[]) AS n))
ORDER BY run_stats_monthly.program LIMIT $3;

-- name: stats_totals
-- The sums of a period by program: of whole months by month, of what remains by day.
-- $1 date: first day
-- $2 date: last day
-- $3 text[]: programs in any case; NULL for all
-- $4 bigint: how many at most
WITH whole AS MATERIALIZED (
    SELECT date_trunc('month', $1::timestamp + interval '1 month' - interval '1 day')::date AS since,
        date_trunc('month', $2::timestamp + interval '1 day')::date AS until
), wanted AS MATERIALIZED (
    SELECT array_agg(lower(n)) AS names FROM unnest($3::text[]) AS n
), chosen AS (
    SELECT program, name, succeeded, failed, missed, unfinished, reruns, reruns_succeeded, excused, processed, timed, seconds, buckets, counts
    FROM run_stats_monthly
    WHERE month >= (SELECT since FROM whole) AND month < (SELECT until FROM whole)
        AND ($3::text[] IS NULL OR program = ANY ((SELECT names FROM wanted)::text[]))
    UNION ALL
    SELECT program, name, succeeded, failed, missed, unfinished, reruns, reruns_succeeded, excused, processed, timed, seconds, buckets, counts
    FROM run_stats_daily
    WHERE day >= $1 AND day < (SELECT least(since, $2::date + 1) FROM whole)
        AND ($3::text[] IS NULL OR program = ANY ((SELECT names FROM wanted)::text[]))
    UNION ALL
    SELECT program, name, succeeded, failed, missed, unfinished, reruns, reruns_succeeded, excused, processed, timed, seconds, buckets, counts
    FROM run_stats_daily
    WHERE day >= (SELECT greatest(since, until) FROM whole) AND day <= $2
        AND ($3::text[] IS NULL OR program = ANY ((SELECT names FROM wanted)::text[]))
), histograms AS (
    SELECT program, array_agg(bucket ORDER BY bucket) AS buckets, array_agg(n ORDER BY bucket) AS counts FROM (
        SELECT c.program, u.bucket, sum(u.n) AS n
        FROM chosen c CROSS JOIN LATERAL unnest(c.buckets, c.counts) AS u (bucket, n) GROUP BY c.program, u.bucket
    ) merged GROUP BY program
), sums AS (
    SELECT program AS folded, max(name) AS program, sum(succeeded) AS succeeded, sum(failed) AS failed,
        sum(missed) AS missed, sum(unfinished) AS unfinished, sum(reruns) AS reruns, sum(reruns_succeeded) AS reruns_succeeded,
        sum(excused) AS excused, sum(processed)::bigint AS processed, sum(timed) AS timed, sum(seconds) AS seconds
    FROM chosen GROUP BY program
)
SELECT s.*, coalesce(h.buckets, '{}') AS buckets, coalesce(h.counts, '{}') AS counts
FROM sums s LEFT JOIN histograms h ON h.program = s.folded ORDER BY s.folded LIMIT $4;

-- name: stats_daily_totals
-- The sums of all programs by day.
-- $1 date: first day
-- $2 date: last day
-- $3 text[]: programs in any case; NULL for all
WITH chosen AS (
    SELECT * FROM run_stats_daily
    WHERE day BETWEEN $1 AND $2 AND ($3::text[] IS NULL OR program = ANY (SELECT lower(n) FROM unnest($3::text[]) AS n))
), histograms AS (
    SELECT day, array_agg(bucket ORDER BY bucket) AS buckets, array_agg(n ORDER BY bucket) AS counts FROM (
        SELECT c.day, u.bucket, sum(u.n) AS n
        FROM chosen c CROSS JOIN LATERAL unnest(c.buckets, c.counts) AS u (bucket, n) GROUP BY c.day, u.bucket
    ) merged GROUP BY day
), sums AS (
    SELECT day, sum(succeeded) AS succeeded, sum(failed) AS failed,
        sum(missed) AS missed, sum(unfinished) AS unfinished, sum(reruns) AS reruns, sum(reruns_succeeded) AS reruns_succeeded,
        sum(excused) AS excused, sum(processed)::bigint AS processed, sum(timed) AS timed, sum(seconds) AS seconds
    FROM chosen GROUP BY day
)
SELECT s.*, coalesce(h.buckets, '{}') AS buckets, coalesce(h.counts, '{}') AS counts
FROM sums s LEFT JOIN histograms h USING (day) ORDER BY day;

-- name: stats_programs
-- Programs as they are written down, without probes, and bots that only have days, by name.
-- $1 bigint: how many bots at most
-- $2 text[]: only these, in any case; NULL for all
WITH RECURSIVE wanted AS MATERIALIZED (
    SELECT DISTINCT lower(n) AS program FROM unnest($2::text[]) AS n
), counted (program) AS (
    SELECT (SELECT program FROM run_stats_daily WHERE $2::text[] IS NULL ORDER BY program LIMIT 1)
    UNION ALL
    SELECT (SELECT d.program FROM run_stats_daily d WHERE d.program > c.program ORDER BY d.program LIMIT 1)
    FROM counted c WHERE c.program IS NOT NULL
), every (program) AS (
    SELECT program FROM counted WHERE program IS NOT NULL
    UNION ALL
    SELECT w.program FROM wanted w WHERE EXISTS (SELECT FROM run_stats_daily d WHERE d.program = w.program)
), known AS (
    SELECT DISTINCT ON (lower(name)) lower(name) AS folded, name::text AS name, title, timezone, configured, schedule <> '{}' AS scheduled,
        minutes_per_item, department, hourly_cost, availability_target, probe
    FROM programs WHERE $2::text[] IS NULL OR lower(name) IN (SELECT program FROM wanted)
    ORDER BY lower(name), configured DESC, name
)
SELECT folded, name, title, timezone, configured, scheduled, minutes_per_item, department, hourly_cost, availability_target
FROM known WHERE probe IS NULL
UNION ALL
SELECT c.program, (SELECT d.name FROM run_stats_daily d WHERE d.program = c.program ORDER BY day DESC LIMIT 1), '', 'UTC', false, false,
    5.0, '',
    coalesce((SELECT n.hourly_cost FROM nodes n WHERE n.hourly_cost > 0 ORDER BY n.started_at DESC, n.name LIMIT 1), 0), NULL
FROM (SELECT program FROM every LIMIT $1) c
WHERE NOT EXISTS (SELECT FROM known k WHERE k.folded = c.program)
ORDER BY 1;

-- name: keep_maintenance
-- Keep windows of planned maintenance that have begun; one that goes on may still change its end. The runs in what is new are
-- counted anew.
-- $1 text[]: programs
-- $2 timestamptz[]: since
-- $3 timestamptz[]: until
-- $4 text[]: names
-- $5 timestamptz: now
WITH kept AS (
    INSERT INTO maintenance_kept AS m (program, since, until, name)
    SELECT DISTINCT ON (lower(g.program), g.since, g.name) lower(g.program), g.since, g.until, g.name
    FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[]) AS g (program, since, until, name)
    ORDER BY lower(g.program), g.since, g.name, g.until DESC
    ON CONFLICT (program, since, name) DO UPDATE SET until = excluded.until
    WHERE m.until <> excluded.until AND greatest(m.until, excluded.until) > $5
    RETURNING program, since, until
)
INSERT INTO run_stats_queue (program, since, until) SELECT program, since, until FROM kept;

-- name: maintenance_looked
-- Until when the windows of a node have been kept; NULL if never.
-- $1 text: node
SELECT at FROM maintenance_looks WHERE node = $1;

-- name: look_at_maintenance
-- $1 text: node
-- $2 timestamptz: at
INSERT INTO maintenance_looks (node, at) VALUES ($1, $2) ON CONFLICT (node) DO UPDATE SET at = greatest(maintenance_looks.at, excluded.at);
