-- name: recent_runs
-- The latest runs of a program, newest first.
-- $1 text: the program's name, in any case
-- $2 timestamptz: only runs that started before it; NULL for no such bound
-- $3 bigint: how many at most
SELECT log_id, run_id, bot_name, task_name, status, left(message, 8000) AS message,
    right(error_details, 32000) AS error_details, start_time, end_time, processed_count,
    origin, started_by, slot, exit_code, verified_late, evidence
FROM rpa_execution_logs
WHERE lower(bot_name) = lower($1::text) AND start_time < coalesce($2::timestamptz, 'infinity')
ORDER BY start_time DESC, log_id DESC
LIMIT $3;

-- name: runs_between
-- The runs of a program that started in a span, newest first.
-- $1 text: the program's name, in any case
-- $2 timestamptz: the beginning, inclusive
-- $3 timestamptz: the end, inclusive
-- $4 bigint: how many at most
SELECT log_id, run_id, bot_name, task_name, status, left(message, 8000) AS message,
    right(error_details, 32000) AS error_details, start_time, end_time, processed_count,
    origin, started_by, slot, exit_code, verified_late, evidence
FROM rpa_execution_logs
WHERE lower(bot_name) = lower($1::text) AND start_time BETWEEN $2 AND $3
ORDER BY start_time DESC, log_id DESC
LIMIT $4;

-- name: run_by_id
-- $1 uuid: run_id
SELECT log_id, run_id, bot_name, task_name, status, left(message, 8000) AS message,
    right(error_details, 32000) AS error_details, start_time, end_time, processed_count,
    origin, started_by, slot, exit_code, verified_late, evidence
FROM rpa_execution_logs
WHERE run_id = $1
LIMIT 1;

-- name: run_by_log_id
-- $1 integer: log_id
SELECT log_id, run_id, bot_name, task_name, status, left(message, 8000) AS message,
    right(error_details, 32000) AS error_details, start_time, end_time, processed_count,
    origin, started_by, slot, exit_code, verified_late, evidence
FROM rpa_execution_logs
WHERE log_id = $1
LIMIT 1;

-- name: put_runs
-- Write runs, each once. Of a row that others own (origin record) only our columns are touched. An update is tried
-- first, for an insert that meets a conflict uses up a log_id.
-- $1 uuid[]: run_id
-- $2 text[]: bot_name
-- $3 text[]: task_name
-- $4 text[]: status
-- $5 text[]: message
-- $6 text[]: error_details
-- $7 timestamptz[]: start_time
-- $8 timestamptz[]: end_time
-- $9 integer[]: duration, seconds
-- $10 integer[]: processed_count
-- $11 text[]: origin
-- $12 text[]: started_by
-- $13 timestamptz[]: slot
-- $14 integer[]: exit_code
-- $15 boolean[]: verified_late
-- $16 text[]: evidence, JSON
-- $17 text: node
WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
        $8::timestamptz[], $9::integer[], $10::integer[], $11::text[], $12::text[], $13::timestamptz[], $14::integer[],
        $15::boolean[], $16::text[])
    AS g (run_id, bot_name, task_name, status, message, error_details, start_time, end_time, duration_sec, processed_count,
        origin, started_by, slot, exit_code, verified_late, evidence)
), updated AS (
    UPDATE rpa_execution_logs t SET
        task_name = CASE WHEN t.origin = 'record' THEN t.task_name ELSE g.task_name END,
        status = CASE WHEN t.origin = 'record' THEN t.status ELSE g.status END,
        message = CASE WHEN t.origin = 'record' THEN t.message ELSE g.message END,
        error_details = CASE WHEN t.origin = 'record' THEN t.error_details ELSE g.error_details END,
        end_time = CASE WHEN t.origin = 'record' THEN t.end_time ELSE g.end_time END,
        duration_sec = CASE WHEN t.origin = 'record' THEN t.duration_sec ELSE g.duration_sec END,
        processed_count = CASE WHEN t.origin = 'record' THEN t.processed_count ELSE g.processed_count END,
        origin = CASE WHEN t.origin = 'record' THEN t.origin ELSE g.origin END,
        node = CASE WHEN $17::text = '' OR (t.origin = 'record' AND t.node <> '') THEN t.node ELSE $17::text END,
        started_by = CASE WHEN t.origin = 'record' THEN t.started_by ELSE g.started_by END,
        slot = g.slot,
        exit_code = CASE WHEN t.origin = 'record' THEN coalesce(t.exit_code, g.exit_code) ELSE g.exit_code END,
        verified_late = g.verified_late,
        evidence = g.evidence::jsonb
    FROM given g
    WHERE t.run_id = g.run_id AND t.start_time = g.start_time
    RETURNING t.run_id, t.log_id
), inserted AS (
    INSERT INTO rpa_execution_logs (run_id, bot_name, task_name, status, message, error_details, start_time, end_time,
        duration_sec, processed_count, origin, started_by, slot, exit_code, verified_late, evidence, node)
    SELECT g.run_id, g.bot_name, g.task_name, g.status, g.message, g.error_details, g.start_time, g.end_time,
        g.duration_sec, g.processed_count, g.origin, g.started_by, g.slot, g.exit_code, g.verified_late,
        g.evidence::jsonb, $17::text
    FROM given g
    WHERE NOT EXISTS (SELECT FROM updated u WHERE u.run_id = g.run_id)
    ON CONFLICT (run_id, start_time) DO NOTHING
    RETURNING run_id, log_id
)
SELECT run_id, log_id FROM updated UNION ALL SELECT run_id, log_id FROM inserted;

-- name: remove_runs
-- Remove rows of ours that were merged into another; a row that others own stays.
-- $1 uuid[]: run_id
DELETE FROM rpa_execution_logs WHERE run_id = ANY($1::uuid[]) AND origin <> 'record';

-- name: foreign_changes_since
-- Whose rows others wrote.
-- $1 timestamptz: since when, inclusive
SELECT DISTINCT bot_name FROM rpa_execution_logs WHERE changed_at >= $1;

-- name: make_partitions
-- Make the partitions of the months that hold these moments, where they are missing.
-- $1 timestamptz[]: moments
SELECT count(*) FILTER (WHERE batmon_make_partition(moment)) FROM unnest($1::timestamptz[]) AS moment;

-- name: months_in_rest
-- The months (their first moment) of which rows lie in the partition for the rest.
SELECT DISTINCT date_trunc('month', start_time AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS month
FROM rpa_execution_logs_rest
WHERE start_time BETWEEN CURRENT_TIMESTAMP - interval '20 years' AND CURRENT_TIMESTAMP + interval '1 year';

-- name: runs_until
-- The latest runs of a program that had started by a moment, newest first.
-- $1 text: the program's name, in any case
-- $2 timestamptz: the moment, inclusive
-- $3 bigint: how many at most
SELECT log_id, run_id, bot_name, task_name, status, left(message, 8000) AS message,
    right(error_details, 32000) AS error_details, start_time, end_time, processed_count,
    origin, started_by, slot, exit_code, verified_late, evidence
FROM rpa_execution_logs
WHERE lower(bot_name) = lower($1::text) AND start_time <= $2
ORDER BY start_time DESC, log_id DESC
LIMIT $3;

-- name: runs_after
-- The first runs of a program that started after a moment, newest first.
-- $1 text: the program's name, in any case
-- $2 timestamptz: the moment, exclusive
-- $3 bigint: how many at most
SELECT * FROM (
    SELECT log_id, run_id, bot_name, task_name, status, left(message, 8000) AS message,
    right(error_details, 32000) AS error_details, start_time, end_time, processed_count,
        origin, started_by, slot, exit_code, verified_late, evidence
    FROM rpa_execution_logs
    WHERE lower(bot_name) = lower($1::text) AND start_time > $2
    ORDER BY start_time, log_id
    LIMIT $3
) AS found
ORDER BY start_time DESC, log_id DESC;
