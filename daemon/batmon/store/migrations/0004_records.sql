-- Runs that programs record themselves, by the daemon's socket, a spool or straight into the database: each operation
-- may come any number of times, in any order, and leaves the same rows.
CREATE TABLE open_runs (
    run_id uuid PRIMARY KEY,
    start_time timestamptz NOT NULL,
    bot_name varchar(50) NOT NULL,
    node text NOT NULL,
    pid integer,
    process_started double precision,
    cwd text NOT NULL DEFAULT '',
    beat_at timestamptz
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

COMMENT ON TABLE open_runs IS 'recorded runs that have not said that they ended, and how to find out whether they live';
COMMENT ON COLUMN open_runs.process_started IS 'when the process pid of node was created, seconds since the epoch';
COMMENT ON COLUMN open_runs.beat_at IS 'when it last said that it lives, by the clock of this server; NULL: it is watched by its process';

-- Asked before the trigger's function is called: what the daemon writes costs a third less so.
DROP TRIGGER batmon_run_changed ON rpa_execution_logs;
CREATE TRIGGER batmon_run_changed BEFORE INSERT OR UPDATE ON rpa_execution_logs
    FOR EACH ROW WHEN (current_setting('batmon.quiet', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION batmon_run_changed();

-- What the items of a run processed together; NULL for a run without items.
CREATE FUNCTION batmon_items_processed(of_run uuid) RETURNS integer LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT greatest(-2147483647, least(2147483647, sum(processed))) FROM run_items WHERE run_id = of_run
        HAVING count(*) > 0  -- least and greatest pass over NULL
    );
END $$;

-- Record runs: of each its start (bot_name and task_name), its end (end_time and status), or both at once. What is not
-- known is NULL. A run whose start_time is not known must have been recorded before. An end that says no
-- count is given what the run's items processed. An end that is not later than the one that is there changes nothing; a
-- start never reopens a run. In run_ids each run comes once.
-- beats: whether the run will say that it lives (batmon_beat, at least every 15 seconds).
-- Returns the runs that are there now; one that is left out was never started as far as anybody knows.
-- The settings hold one plan: each given run finds its row by index, however many are given and whatever the tables hold.
CREATE FUNCTION batmon_record_runs(
    run_ids uuid[], start_times timestamptz[], bot_names text[], task_names text[], nodes text[], users text[],
    pids integer[], process_starts double precision[], cwds text[], beats boolean[],
    end_times timestamptz[], statuses text[], messages text[], details text[], counts integer[], exit_codes integer[]
) RETURNS TABLE (run_id uuid, log_id integer, bot_name varchar) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH known AS MATERIALIZED (
        SELECT g.*, s.start_time, t.log_id, t.bot_name AS known_bot, t.started_by AS known_by,
            g.end_time IS NOT NULL AND (t.end_time IS NULL OR t.end_time < g.end_time) AS ends
        FROM unnest(run_ids, start_times, bot_names, task_names, nodes, users, pids, process_starts, cwds, beats,
            end_times, statuses, messages, details, counts, exit_codes)
        AS g (run_id, said_start, bot_name, task_name, node, started_by, pid, process_started, cwd, beats,
            end_time, status, message, error_details, processed_count, exit_code)
        CROSS JOIN LATERAL (
            SELECT coalesce(
                (SELECT o.start_time FROM open_runs o WHERE o.run_id = g.run_id),  -- two clients may round a moment apart
                g.said_start,
                (SELECT t.start_time FROM rpa_execution_logs t WHERE t.run_id = g.run_id LIMIT 1)
            ) AS start_time OFFSET 0
        ) s
        LEFT JOIN LATERAL (
            SELECT r.log_id, r.bot_name, r.started_by, r.end_time FROM rpa_execution_logs r
            WHERE r.run_id = g.run_id AND r.start_time = s.start_time OFFSET 0
        ) t ON true
    ), updated AS (
        UPDATE rpa_execution_logs t SET
            status = k.status,
            message = k.message,
            error_details = k.error_details,
            end_time = k.end_time,
            duration_sec = greatest(-2147483647, least(2147483647, extract(epoch FROM k.end_time - t.start_time))),
            processed_count = coalesce(k.processed_count, batmon_items_processed(k.run_id), t.processed_count),
            exit_code = coalesce(k.exit_code, t.exit_code),
            started_by = coalesce(nullif(t.started_by, ''), k.started_by, '')
        FROM known k
        WHERE k.log_id IS NOT NULL AND k.ends AND t.run_id = k.run_id AND t.start_time = k.start_time
            AND (t.end_time IS NULL OR t.end_time < k.end_time)
    ), named AS (  -- its end had come first, and did not know who started it
        UPDATE rpa_execution_logs t SET started_by = k.started_by
        FROM known k
        WHERE k.log_id IS NOT NULL AND NOT k.ends AND k.known_by = '' AND k.started_by <> ''
            AND t.run_id = k.run_id AND t.start_time = k.start_time
    ), inserted AS (
        INSERT INTO rpa_execution_logs (run_id, start_time, bot_name, task_name, node, started_by, status, message,
            error_details, end_time, duration_sec, processed_count, exit_code)
        SELECT k.run_id, k.start_time, k.bot_name, coalesce(k.task_name, ''), coalesce(k.node, ''),
            coalesce(k.started_by, ''), coalesce(k.status, 'RUNNING'), k.message, k.error_details, k.end_time,
            greatest(-2147483647, least(2147483647, extract(epoch FROM k.end_time - k.start_time))),
            coalesce(k.processed_count, CASE WHEN k.end_time IS NOT NULL THEN batmon_items_processed(k.run_id) END, 0),
            k.exit_code
        FROM known k
        WHERE k.log_id IS NULL AND k.bot_name IS NOT NULL AND k.start_time IS NOT NULL
        ON CONFLICT (run_id, start_time) DO NOTHING
        RETURNING run_id, log_id, bot_name
    ), opened AS (
        INSERT INTO open_runs (run_id, start_time, bot_name, node, pid, process_started, cwd, beat_at)
        SELECT k.run_id, k.start_time, k.bot_name, coalesce(k.node, ''), k.pid, k.process_started, coalesce(k.cwd, ''),
            CASE WHEN k.beats THEN clock_timestamp() END
        FROM known k
        WHERE k.log_id IS NULL AND k.bot_name IS NOT NULL AND k.start_time IS NOT NULL AND k.end_time IS NULL
            AND (k.pid IS NOT NULL OR k.beats)  -- nobody can look after any other
        ON CONFLICT (run_id) DO NOTHING
    ), closed AS (
        DELETE FROM open_runs o USING known k WHERE k.end_time IS NOT NULL AND o.run_id = k.run_id
    )
    SELECT k.run_id, k.log_id, k.known_bot FROM known k WHERE k.log_id IS NOT NULL
    UNION ALL SELECT i.run_id, i.log_id, i.bot_name FROM inserted i;
END $$;

-- Record items of runs, each item (run and account) at most once a call. Of two reports of one item that counts which
-- has the later time (its end, or its start while it has none), or at the same time the higher counts.
CREATE FUNCTION batmon_record_items(
    run_ids uuid[], accounts text[], processed integer[], failed integer[], errors text[],
    starts timestamptz[], ends timestamptz[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run_items AS t (run_id, account, processed, failed, error, started_at, ended_at)
    SELECT g.run_id, g.account, coalesce(g.processed, 0), coalesce(g.failed, 0), coalesce(g.error, ''),
        coalesce(g.started_at, g.ended_at, clock_timestamp()), g.ended_at
    FROM unnest(run_ids, accounts, processed, failed, errors, starts, ends)
        AS g (run_id, account, processed, failed, error, started_at, ended_at)
    ORDER BY g.run_id, g.account
    ON CONFLICT (run_id, account) DO UPDATE SET processed = excluded.processed, failed = excluded.failed,
        error = excluded.error, started_at = excluded.started_at, ended_at = excluded.ended_at
    WHERE (coalesce(t.ended_at, t.started_at), t.processed::bigint + t.failed)
        < (coalesce(excluded.ended_at, excluded.started_at), excluded.processed::bigint + excluded.failed);
END $$;

-- These open runs live.
CREATE FUNCTION batmon_beat(run_ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE open_runs SET beat_at = clock_timestamp() WHERE run_id = ANY (run_ids);
END $$;
