-- name: export_runs
-- A page of a program's runs as they stand in the table, oldest first.
-- $1 text: the program's name, in any case
-- $2 timestamptz: only runs that started then or later
-- $3 timestamptz: only runs that started before it
-- $4 timestamptz: start_time of the last run of the page before, or $2
-- $5 integer: log_id of that run, or a number below every log_id
-- $6 bigint: how many at most
-- $7 integer: characters of message at most
-- $8 integer: characters of error_details at most
SELECT log_id, bot_name, task_name, status, left(message, $7::integer) AS message, length(message) AS message_chars,
    left(error_details, $8::integer) AS error_details, length(error_details) AS error_chars,
    start_time, end_time, duration_sec, processed_count, run_id, origin, node, started_by, exit_code, verified_late
FROM rpa_execution_logs
WHERE lower(bot_name) = lower($1::text) AND start_time >= greatest($2::timestamptz, $4::timestamptz) AND start_time < $3
    AND (start_time, log_id) > ($4, $5::integer)
ORDER BY start_time, log_id
LIMIT $6;

-- name: export_items
-- A page of the items of some runs, in the order of the runs and in each by account.
-- $1 uuid[]: run_id of each
-- $2 text: of the first run only accounts after this one; NULL for all
-- $3 bigint: how many at most
-- $4 integer: characters of error at most
SELECT u.n, i.account, i.processed, i.failed, i.error, i.error_chars, i.started_at, i.ended_at
FROM unnest($1::uuid[]) WITH ORDINALITY AS u (run_id, n)
CROSS JOIN LATERAL (
    SELECT t.account, t.processed, t.failed, left(t.error, $4::integer) AS error, length(t.error) AS error_chars,
        t.started_at, t.ended_at
    FROM run_items t
    WHERE t.run_id = u.run_id AND (u.n > 1 OR $2::text IS NULL OR t.account > $2)
    ORDER BY t.account
    LIMIT $3
) AS i
ORDER BY u.n, i.account
LIMIT $3;
