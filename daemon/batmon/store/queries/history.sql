-- name: successes_in
-- The latest successful runs of a program in each of several spans of time, with the number of the span, from 0.
-- $1 text: the program's name, in any case
-- $2 timestamptz[]: beginnings, inclusive
-- $3 timestamptz[]: ends, exclusive
-- $4 integer[]: how many at most of each
-- $5 text[]: the words for success, in capitals
SELECT (w.number - 1)::integer AS number, r.start_time,
    CASE WHEN r.end_time > timestamptz '1900-01-01 00:00Z' AND r.end_time < timestamptz '9000-01-01 00:00Z'
        THEN extract(epoch FROM r.end_time - r.start_time)::float8 END AS seconds,
    coalesce(r.processed_count, 0) AS processed
FROM unnest($2::timestamptz[], $3::timestamptz[], $4::integer[]) WITH ORDINALITY AS w (since, until, most, number)
CROSS JOIN LATERAL (
    SELECT start_time, end_time, processed_count
    FROM rpa_execution_logs
    WHERE lower(bot_name) = lower($1::text) AND start_time >= w.since AND start_time < w.until
        AND upper(btrim(status)) = ANY($5::text[]) AND origin <> 'schedule'
    ORDER BY start_time DESC
    LIMIT w.most
) AS r;

-- name: runs_to_replay
-- The runs of a program that started from one moment on and before another run, newest first, without what they left.
-- $1 text: the program's name, in any case
-- $2 timestamptz: the beginning, inclusive
-- $3 timestamptz: the other run's start
-- $4 bigint: the other run's log_id; 0 for runs that started before $3
-- $5 bigint: how many at most
SELECT log_id, run_id, status, left(message, 200) AS message, start_time, end_time, processed_count, origin
FROM rpa_execution_logs
WHERE lower(bot_name) = lower($1::text) AND start_time >= $2 AND start_time <= $3
    AND (start_time < $3 OR log_id < $4) AND origin NOT IN ('schedule', 'probe')
ORDER BY start_time DESC, log_id DESC
LIMIT $5;
