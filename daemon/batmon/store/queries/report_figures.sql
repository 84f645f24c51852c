-- name: report_cells
-- Counts of programs by day, week or month of a period, from the roll-up.
-- $1 date: first day
-- $2 date: last day
-- $3 text[]: programs in any case
-- $4 text: day, week or month
SELECT max(name) AS program, greatest(date_trunc($4, day::timestamp)::date, $1) AS since,
    sum(succeeded) AS succeeded, sum(failed) AS failed, sum(missed) AS missed,
    sum(succeeded + failed - reruns + missed - excused) AS due, sum(succeeded - reruns_succeeded) AS kept
FROM run_stats_daily
WHERE day BETWEEN $1 AND $2 AND program = ANY (SELECT lower(n) FROM unnest($3::text[]) AS n)
GROUP BY program, greatest(date_trunc($4, day::timestamp)::date, $1)
ORDER BY program, since;

-- name: report_days
-- Counts of all programs by day, without how their times are spread.
-- $1 date: first day
-- $2 date: last day
-- $3 text[]: programs in any case; NULL for all
SELECT day, sum(succeeded) AS succeeded, sum(failed) AS failed, sum(missed) AS missed
FROM run_stats_daily
WHERE day BETWEEN $1 AND $2 AND ($3::text[] IS NULL OR program = ANY (SELECT lower(n) FROM unnest($3::text[]) AS n))
GROUP BY day ORDER BY day;

-- name: report_lost_days
-- Days on which programs did not do all that was due, by program and day; "every" counts those that are left out too.
-- $1 date: first day
-- $2 date: last day
-- $3 text[]: programs in any case
-- $4 bigint: how many at most
SELECT name AS program, day AS since, succeeded, failed, missed,
    succeeded + failed - reruns + missed - excused AS due, succeeded - reruns_succeeded AS kept, count(*) OVER () AS every
FROM run_stats_daily
WHERE day BETWEEN $1 AND $2 AND program = ANY (SELECT lower(n) FROM unnest($3::text[]) AS n)
    AND succeeded + failed - reruns + missed - excused > succeeded - reruns_succeeded
ORDER BY program, day LIMIT $4;

-- name: report_months
-- Counts of programs by calendar month, without how their times are spread: whole months by month, the last one by day.
-- $1 date: the first of the first month
-- $2 date: last day
-- $3 text[]: programs in any case; NULL for all
SELECT max(name) AS program, month, sum(succeeded) AS succeeded, sum(failed) AS failed, sum(missed) AS missed,
    sum(unfinished) AS unfinished, sum(reruns) AS reruns, sum(reruns_succeeded) AS reruns_succeeded, sum(excused) AS excused,
    sum(processed)::bigint AS processed, sum(timed) AS timed, sum(seconds) AS seconds
FROM (
    SELECT program, name, month, succeeded, failed, missed, unfinished, reruns, reruns_succeeded, excused, processed, timed, seconds
    FROM run_stats_monthly WHERE month >= $1 AND month < date_trunc('month', $2::timestamp + interval '1 day')::date
    UNION ALL
    SELECT program, name, date_trunc('month', day::timestamp)::date, succeeded, failed, missed, unfinished, reruns, reruns_succeeded,
        excused, processed, timed, seconds
    FROM run_stats_daily WHERE day >= date_trunc('month', $2::timestamp + interval '1 day')::date AND day <= $2
) parts
WHERE $3::text[] IS NULL OR program = ANY (SELECT lower(n) FROM unnest($3::text[]) AS n)
GROUP BY program, month
ORDER BY program, month;

-- name: report_month_times
-- How long successful runs of each month took, all programs together, by bucket.
-- $1 date: the first of the first month
-- $2 date: last day
-- $3 text[]: programs in any case; NULL for all
SELECT month, u.bucket, sum(u.n)::bigint AS n
FROM (
    SELECT program, month, buckets, counts
    FROM run_stats_monthly WHERE month >= $1 AND month < date_trunc('month', $2::timestamp + interval '1 day')::date
    UNION ALL
    SELECT program, date_trunc('month', day::timestamp)::date, buckets, counts
    FROM run_stats_daily WHERE day >= date_trunc('month', $2::timestamp + interval '1 day')::date AND day <= $2
) parts
CROSS JOIN LATERAL unnest(parts.buckets, parts.counts) AS u (bucket, n)
WHERE $3::text[] IS NULL OR program = ANY (SELECT lower(n) FROM unnest($3::text[]) AS n)
GROUP BY month, u.bucket;

-- name: report_failed_days
-- Days on which something failed, by program and day.
-- $1 date: first day
-- $2 date: last day
-- $3 text[]: programs in any case; NULL for all
-- $4 bigint: how many at most
SELECT name AS program, day, failed FROM run_stats_daily
WHERE day BETWEEN $1 AND $2 AND failed > 0
    AND ($3::text[] IS NULL OR program = ANY (SELECT lower(n) FROM unnest($3::text[]) AS n))
ORDER BY day DESC, run_stats_daily.program LIMIT $4;

-- name: report_faults
-- Runs that failed or were missed, the latest days first: found by the days that have any.
-- $1 date: first day
-- $2 date: last day
-- $3 text[]: programs in any case; NULL for all
-- $4 integer: characters of a text
-- $5 bigint: how many at most
SELECT d.name AS program, r.* FROM (
    SELECT program, name, day, timezone FROM run_stats_daily
    WHERE day BETWEEN $1 AND $2 AND failed + missed > 0
        AND ($3::text[] IS NULL OR program = ANY (SELECT lower(n) FROM unnest($3::text[]) AS n))
    ORDER BY day DESC, program
    LIMIT $5
) d
CROSS JOIN LATERAL (
    SELECT l.log_id, l.task_name, batmon_run_status(l.status) AS status, l.start_time, l.end_time,
        CASE WHEN l.end_time > timestamptz '1900-01-01 00:00Z' AND l.end_time < timestamptz '9000-01-01 00:00Z'
            THEN extract(epoch FROM l.end_time - l.start_time)::float8 END AS seconds, l.started_by,
        left(l.message, $4) AS message, left(l.error_details, $4) AS error_details
    FROM rpa_execution_logs l
    WHERE lower(l.bot_name) = d.program AND l.origin <> 'probe'
        AND l.start_time >= (d.day::timestamp AT TIME ZONE d.timezone) - interval '3 hours'
        AND l.start_time < ((d.day + 1)::timestamp AT TIME ZONE d.timezone) + interval '3 hours'
        AND (l.start_time AT TIME ZONE d.timezone)::date = d.day
        AND batmon_run_status(l.status) IN ('FAILED', 'MISSED')
    ORDER BY l.start_time DESC LIMIT $5
) r
LIMIT $5;

-- name: report_incidents
-- Incidents that were open at any time of a span, the latest first; seconds: how long in it, where one was ever an ERROR as an
-- ERROR. "every" counts those that are left out too.
-- $1 timestamptz: since
-- $2 timestamptz: until
-- $3 text[]: programs in any case; NULL for all
-- $4 bigint: how many at most
SELECT i.incident_id, i.program, coalesce(p.title, i.program) AS title, coalesce(p.timezone, 'UTC') AS timezone,
    CASE WHEN i.was_error THEN 'ERROR' ELSE i.severity END AS severity, i.reason, i.facts, i.opened_at,
    i.first_acknowledged_at, i.acknowledged_by, i.resolved_at, i.resolved_by, i.reopened, s.seconds, chosen.every
FROM (
    SELECT incident_id, count(*) OVER () AS every FROM incidents
    WHERE lifetime && tstzrange($1, $2) AND ($3::text[] IS NULL OR lower(program) = ANY (SELECT lower(n) FROM unnest($3::text[]) AS n))
    ORDER BY opened_at DESC, incident_id DESC LIMIT $4
) chosen
JOIN incidents i USING (incident_id)
LEFT JOIN programs p ON p.name = i.program
CROSS JOIN LATERAL (
    SELECT coalesce(sum(extract(epoch FROM upper(span) - lower(span))), 0)::float8 AS seconds
    FROM unnest(CASE WHEN i.was_error THEN i.outages ELSE tstzmultirange(i.lifetime) END
        * tstzmultirange(tstzrange($1, $2))) AS span
) s
ORDER BY i.opened_at DESC, i.incident_id DESC;

-- name: report_budgets
-- The longest that a run of each program may take, in seconds.
SELECT name::text AS program, max_runtime_sec FROM programs WHERE probe IS NULL AND configured;

-- name: report_hours
-- Runs that started in a span by the hours in which they started and ended, with how many seconds of them lay before the one and
-- after the other's beginning.
-- $1 timestamptz: since
-- $2 timestamptz: until
-- $3 text[]: programs in any case; NULL for all
SELECT began, ended, count(*) AS runs, extract(epoch FROM sum(start_time - began))::float8 AS before_start,
    extract(epoch FROM sum(end_time - ended))::float8 AS after_end
FROM (
    SELECT start_time, end_time, date_bin('1 hour', start_time, '2000-01-01 00:00Z') AS began,
        date_bin('1 hour', end_time, '2000-01-01 00:00Z') AS ended  -- cheaper than date_trunc, which asks for time zones
    FROM rpa_execution_logs
    WHERE start_time >= $1 AND start_time < $2 AND end_time >= start_time AND end_time < start_time + interval '168 hours'
        AND origin NOT IN ('schedule', 'probe')
        AND ($3::text[] IS NULL OR lower(bot_name) = ANY (SELECT lower(n) FROM unnest($3::text[]) AS n))
) runs
GROUP BY began, ended;

-- name: report_fillings
-- Each day's median of what probes of disks saw.
-- $1 timestamptz: since
-- $2 timestamptz: until
-- $3 text: time zone
SELECT s.program, p.title, max(s.unit) AS unit, (s.at AT TIME ZONE $3)::date AS day,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY s.value) AS value
FROM probe_samples s JOIN programs p ON p.name = s.program
WHERE p.probe = 'disk' AND s.at >= $1 AND s.at < $2 AND s.value IS NOT NULL AND NOT s.blind
GROUP BY s.program, p.title, (s.at AT TIME ZONE $3)::date
ORDER BY s.program, day;

-- name: report_database_size
SELECT pg_database_size(current_database());

-- name: report_batches
-- Runs of batches' steps of a span that have ended, the latest first.
-- $1 timestamptz: since
-- $2 timestamptz: until
-- $3 text[]: programs in any case; NULL for all
-- $4 bigint: how many at most
SELECT log_id, run_id, bot_name, task_name, status, left(message, 8000) AS message,
    right(error_details, 32000) AS error_details, start_time, end_time, processed_count,
    origin, started_by, slot, exit_code, verified_late, evidence
FROM rpa_execution_logs
WHERE start_time >= $1 AND start_time < $2 AND task_name LIKE 'single\_step\_%' AND end_time IS NOT NULL
    AND ($3::text[] IS NULL OR lower(bot_name) = ANY (SELECT lower(n) FROM unnest($3::text[]) AS n))
ORDER BY start_time DESC LIMIT $4;

-- name: report_items
-- The items of runs, in the order in which they began.
-- $1 uuid[]: runs
-- $2 bigint: how many at most
SELECT run_id, account, processed, failed, error, started_at, ended_at FROM run_items
WHERE run_id = ANY ($1::uuid[]) ORDER BY run_id, started_at, account LIMIT $2;
