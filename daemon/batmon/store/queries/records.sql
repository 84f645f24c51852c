-- name: record_runs
-- Record starts and ends of runs, each run once; any number of times. See batmon_record_runs.
-- $1 uuid[]: run_id
-- $2 timestamptz[]: start_time; NULL where it is not known
-- $3 text[]: bot_name; NULL for an end that does not know it
-- $4 text[]: task_name
-- $5 text[]: node
-- $6 text[]: started_by
-- $7 integer[]: pid
-- $8 float8[]: process_started, seconds since the epoch
-- $9 text[]: cwd
-- $10 boolean[]: whether it will beat
-- $11 timestamptz[]: end_time; NULL while it runs
-- $12 text[]: status
-- $13 text[]: message
-- $14 text[]: error_details
-- $15 integer[]: processed_count
-- $16 integer[]: exit_code
SELECT run_id, log_id, bot_name FROM batmon_record_runs($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16);

-- name: record_items
-- Record items of runs, each item once; any number of times. See batmon_record_items.
-- $1 uuid[]: run_id
-- $2 text[]: account
-- $3 integer[]: processed
-- $4 integer[]: failed
-- $5 text[]: error
-- $6 timestamptz[]: started_at
-- $7 timestamptz[]: ended_at
SELECT batmon_record_items($1, $2, $3, $4, $5, $6, $7);

-- name: beat
-- These open runs live.
-- $1 uuid[]: run_id
SELECT batmon_beat($1);

-- name: runs_of_log_ids
-- Which runs these numbers are.
-- $1 integer[]: log_id
SELECT log_id, run_id, start_time FROM rpa_execution_logs WHERE log_id = ANY ($1::integer[]);

-- name: open_runs
-- The runs that are open as far as their programs said, and can be looked after: those that beat, and those with a
-- process on one of these machines. silent_sec: since when they did not beat; NULL for those that do not.
-- $1 text[]: what the node is called
-- $2 bigint: how many at most
SELECT run_id, start_time, bot_name, node, pid, process_started,
    extract(epoch FROM clock_timestamp() - beat_at)::double precision AS silent_sec
FROM open_runs
WHERE beat_at IS NOT NULL OR (pid IS NOT NULL AND node = ANY ($1::text[]))
ORDER BY start_time DESC
LIMIT $2;

-- name: forget_open_runs
-- Look after these runs no longer.
-- $1 uuid[]: run_id
DELETE FROM open_runs WHERE run_id = ANY ($1::uuid[]);

-- name: ended_runs
-- Which of these runs have ended.
-- $1 uuid[]: run_id
-- $2 timestamptz[]: start_time
SELECT t.run_id FROM unnest($1::uuid[], $2::timestamptz[]) AS g (run_id, start_time)
JOIN rpa_execution_logs t ON t.run_id = g.run_id AND t.start_time = g.start_time
WHERE t.end_time IS NOT NULL;

-- name: items
-- The items of a run, as they were begun.
-- $1 uuid: run_id
-- $2 bigint: how many at most
-- $3 bigint: how many are left out before them
SELECT account, processed, failed, left(error, 8000) AS error, started_at, ended_at FROM run_items
WHERE run_id = $1 ORDER BY started_at, account LIMIT $2 OFFSET $3;

-- name: item_totals
-- How many items these runs had, and what became of them.
-- $1 uuid[]: run_id
SELECT run_id, count(*)::integer AS items, count(*) FILTER (WHERE failed > 0 OR error <> '')::integer AS failed_items,
    sum(processed)::bigint AS processed, sum(failed)::bigint AS failed
FROM run_items WHERE run_id = ANY ($1::uuid[]) GROUP BY run_id;
