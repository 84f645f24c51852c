-- The run table of the RPA document, its columns and types exactly, and ours beside them.
CREATE TABLE rpa_execution_logs (
    log_id serial NOT NULL,
    bot_name varchar(50) NOT NULL,
    task_name varchar(100) NOT NULL,
    status varchar(20) NOT NULL,
    message text,
    error_details text,
    start_time timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    end_time timestamptz,
    duration_sec integer,
    processed_count integer DEFAULT 0,
    run_id uuid NOT NULL DEFAULT gen_random_uuid(),
    origin varchar(16) NOT NULL DEFAULT 'record',
    node text NOT NULL DEFAULT '',
    started_by text NOT NULL DEFAULT '',
    slot timestamptz,
    exit_code integer,
    verified_late boolean NOT NULL DEFAULT false,
    evidence jsonb NOT NULL DEFAULT '{}',
    changed_at timestamptz,
    PRIMARY KEY (log_id, start_time),
    UNIQUE (run_id, start_time)
) PARTITION BY RANGE (start_time);

COMMENT ON COLUMN rpa_execution_logs.changed_at IS 'when somebody other than the daemon last wrote the row; NULL: never';

-- No index may hold a column that changes during a run (status, end_time): it would end HOT updates.
-- A BRIN index does not (PostgreSQL 16 and newer).
CREATE INDEX rpa_execution_logs_bot ON rpa_execution_logs (bot_name, start_time DESC);
CREATE INDEX rpa_execution_logs_program ON rpa_execution_logs (lower(bot_name), start_time DESC);
CREATE INDEX rpa_execution_logs_changed ON rpa_execution_logs USING brin (changed_at) WITH (pages_per_range = 16, autosummarize = on);

CREATE TABLE rpa_execution_logs_rest PARTITION OF rpa_execution_logs DEFAULT WITH (fillfactor = 85);

-- Announce what others write. The daemon's own sessions set batmon.quiet.
CREATE FUNCTION batmon_run_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('batmon.quiet', true) IS DISTINCT FROM 'on' THEN
        NEW.changed_at := clock_timestamp();
        -- bot_name holds 50 characters at most: far below the 8,000 bytes that a notification may have
        PERFORM pg_notify('batmon_runs', json_build_object(
            'bot_name', NEW.bot_name, 'log_id', NEW.log_id, 'run_id', NEW.run_id)::text);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER batmon_run_changed BEFORE INSERT OR UPDATE ON rpa_execution_logs
    FOR EACH ROW EXECUTE FUNCTION batmon_run_changed();

-- Make the partition of the month (UTC) that holds a moment, with what of it lies in the rest. True if it was made.
-- The runtime role may call this and no other DDL.
CREATE FUNCTION batmon_make_partition(moment timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month timestamp := date_trunc('month', moment AT TIME ZONE 'UTC');
    since timestamptz := month AT TIME ZONE 'UTC';
    until timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
    partition text := 'rpa_execution_logs_' || to_char(month, '"y"YYYY"m"MM');
BEGIN
    IF moment IS NULL OR abs(extract(epoch FROM moment - clock_timestamp())) > 20 * 366 * 86400.0 THEN
        RETURN false;  -- nobody's true time: it stays in the rest
    END IF;
    IF to_regclass(partition) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- Writers wait here, before they choose a partition: one that had chosen the rest would fail when it is narrowed.
    LOCK TABLE ONLY rpa_execution_logs IN SHARE ROW EXCLUSIVE MODE;
    IF to_regclass(partition) IS NOT NULL THEN
        RETURN false;
    END IF;
    LOCK TABLE rpa_execution_logs_rest IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE %I (LIKE rpa_execution_logs INCLUDING DEFAULTS INCLUDING CONSTRAINTS) WITH (fillfactor = 85)', partition);
    EXECUTE format('WITH moved AS (DELETE FROM rpa_execution_logs_rest WHERE start_time >= %L AND start_time < %L RETURNING *)'
        ' INSERT INTO %I SELECT * FROM moved', since, until, partition);
    EXECUTE format('ALTER TABLE rpa_execution_logs ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition, since, until);
    RETURN true;
END $$;

REVOKE ALL ON FUNCTION batmon_make_partition(timestamptz) FROM PUBLIC;

CREATE TABLE run_items (
    run_id uuid NOT NULL,
    account text NOT NULL,
    processed integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0,
    error text NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    ended_at timestamptz,
    PRIMARY KEY (run_id, account)
);
