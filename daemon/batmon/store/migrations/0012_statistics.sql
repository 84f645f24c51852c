-- What runs came to by program and day, counted from the runs themselves whenever some of them have changed.
CREATE TABLE run_stats_daily (
    program text NOT NULL,
    day date NOT NULL,
    name text NOT NULL,
    timezone text NOT NULL,
    succeeded integer NOT NULL,
    failed integer NOT NULL,
    missed integer NOT NULL,
    unfinished integer NOT NULL,
    reruns integer NOT NULL,
    reruns_succeeded integer NOT NULL,
    excused integer NOT NULL,
    processed bigint NOT NULL,
    timed integer NOT NULL,
    seconds double precision NOT NULL,
    buckets smallint[] NOT NULL,
    counts integer[] NOT NULL,
    PRIMARY KEY (program, day)
) WITH (fillfactor = 80);
CREATE INDEX run_stats_daily_day ON run_stats_daily (day);
CREATE INDEX run_stats_daily_name ON run_stats_daily (name, day);

COMMENT ON TABLE run_stats_daily IS 'runs by program and day; a run belongs to the day of its start';
COMMENT ON COLUMN run_stats_daily.program IS 'bot_name in small letters';
COMMENT ON COLUMN run_stats_daily.day IS 'in timezone';
COMMENT ON COLUMN run_stats_daily.name IS 'how the program, or else a run of that day, spelled it';
COMMENT ON COLUMN run_stats_daily.unfinished IS 'runs that have not said how they ended';
COMMENT ON COLUMN run_stats_daily.excused IS 'scheduled runs that failed or were missed in planned maintenance';
COMMENT ON COLUMN run_stats_daily.processed IS 'of runs that succeeded';
COMMENT ON COLUMN run_stats_daily.timed IS 'runs that succeeded and of which it is known how long they took';
COMMENT ON COLUMN run_stats_daily.buckets IS 'how long those took: batmon_bucket of each, in order, each once';
COMMENT ON COLUMN run_stats_daily.counts IS 'how many of them fell into each of buckets';

-- The same by month, so that years are asked for little; written with the days that it is the sum of.
CREATE TABLE run_stats_monthly (
    program text NOT NULL,
    month date NOT NULL,
    name text NOT NULL,
    succeeded integer NOT NULL,
    failed integer NOT NULL,
    missed integer NOT NULL,
    unfinished integer NOT NULL,
    reruns integer NOT NULL,
    reruns_succeeded integer NOT NULL,
    excused integer NOT NULL,
    processed bigint NOT NULL,
    timed integer NOT NULL,
    seconds double precision NOT NULL,
    buckets smallint[] NOT NULL,
    counts integer[] NOT NULL,
    PRIMARY KEY (program, month)
) WITH (fillfactor = 80);
CREATE INDEX run_stats_monthly_month ON run_stats_monthly (month);
COMMENT ON TABLE run_stats_monthly IS 'run_stats_daily by program and month';

-- Only ever added to by those who write runs, and without a unique index, so that they never wait for one another.
CREATE TABLE run_stats_queue (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    program text,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    beyond text NOT NULL DEFAULT ''
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
COMMENT ON TABLE run_stats_queue IS 'which runs have changed since run_stats_daily was counted, by their start';
COMMENT ON COLUMN run_stats_queue.program IS 'in small letters; NULL: every one whose name comes after beyond';

CREATE TABLE run_stats_backlog (
    program text PRIMARY KEY,
    first date NOT NULL,
    last date NOT NULL
);
COMMENT ON TABLE run_stats_backlog IS 'long spans of days that are still to be counted, from the last to the first';

CREATE TABLE run_stats_months (
    month date PRIMARY KEY,
    partition regclass NOT NULL
);
COMMENT ON TABLE run_stats_months IS 'where the runs of each month are; where it is dropped or detached, the days stay as they were counted';

CREATE TABLE maintenance_kept (
    program text NOT NULL,
    since timestamptz NOT NULL,
    name text NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (program, since, name)
);
COMMENT ON TABLE maintenance_kept IS 'planned maintenance as it came, so that the past does not change with the configuration; program in small letters';

CREATE TABLE maintenance_looks (
    node text PRIMARY KEY,
    at timestamptz NOT NULL
);
COMMENT ON TABLE maintenance_looks IS 'until when the maintenance of a node''s programs has been kept';

-- What a status means: SUCCESS, FAILED, RUNNING or MISSED; a word that nobody knows is a failure.
CREATE FUNCTION batmon_run_status(word text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE upper(btrim(word, E' \t\n\r\f\v'))
    WHEN 'SUCCESS' THEN 'SUCCESS' WHEN 'FAILED' THEN 'FAILED' WHEN 'MISSED' THEN 'MISSED' WHEN 'RUNNING' THEN 'RUNNING'
    WHEN 'SUCCEEDED' THEN 'SUCCESS' WHEN 'OK' THEN 'SUCCESS' WHEN 'COMPLETED' THEN 'SUCCESS' WHEN 'DONE' THEN 'SUCCESS'
    WHEN '성공' THEN 'SUCCESS' WHEN '완료' THEN 'SUCCESS' WHEN '정상' THEN 'SUCCESS'
    WHEN 'STARTED' THEN 'RUNNING' WHEN 'IN_PROGRESS' THEN 'RUNNING' WHEN '실행중' THEN 'RUNNING' WHEN '진행중' THEN 'RUNNING'
    WHEN '실행 중' THEN 'RUNNING' WHEN '진행 중' THEN 'RUNNING' WHEN '미실행' THEN 'MISSED'
    ELSE 'FAILED' END;

-- The bucket of a time in seconds: n holds those above 1.05^(n-1) and up to 1.05^n; what is shorter than a millisecond
-- or longer than 1e9 seconds counts as that.
CREATE FUNCTION batmon_bucket(seconds double precision) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN seconds IS NOT NULL  -- greatest and least pass over NULL
    THEN ceil(ln(least(greatest(seconds, 0.001), 1e9)) / ln(1.05::double precision) - 1e-9)::smallint END;

-- The seconds that a share (0 to 1) of the times did not exceed, good to 2.5 %; NULL where there are none.
CREATE FUNCTION batmon_quantile(buckets smallint[], counts integer[], share double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    total bigint := 0;
    seen bigint := 0;
    rank double precision;
BEGIN
    FOR place IN 1 .. cardinality(counts) LOOP
        total := total + counts[place];
    END LOOP;
    rank := greatest(1, ceil(share * total - 1e-9));
    FOR place IN 1 .. cardinality(counts) LOOP
        seen := seen + counts[place];
        IF seen >= rank THEN
            RETURN 2 * power(1.05::double precision, buckets[place]) / 2.05;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- The same time zone, or UTC where this server does not know it.
CREATE FUNCTION batmon_zone(timezone text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM timestamp '2000-01-01' AT TIME ZONE timezone;
    RETURN timezone;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN 'UTC';
END $$;

-- These run with their owner's rights: whoever may write runs need not be able to write here.
CREATE FUNCTION batmon_runs_inserted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.run_stats_queue (program, since, until)
    SELECT lower(bot_name), min(start_time), max(start_time) FROM became
    GROUP BY lower(bot_name), date_trunc('day', start_time, 'UTC');
    RETURN NULL;
END $$;

CREATE FUNCTION batmon_runs_updated() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.run_stats_queue (program, since, until)
    SELECT lower(bot_name), min(start_time), max(start_time)
    FROM (SELECT bot_name, start_time FROM was UNION ALL SELECT bot_name, start_time FROM became) AS changed
    GROUP BY lower(bot_name), date_trunc('day', start_time, 'UTC');
    RETURN NULL;
END $$;

CREATE FUNCTION batmon_runs_deleted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.run_stats_queue (program, since, until)
    SELECT lower(bot_name), min(start_time), max(start_time) FROM was
    GROUP BY lower(bot_name), date_trunc('day', start_time, 'UTC');
    RETURN NULL;
END $$;

CREATE FUNCTION batmon_runs_truncated() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.run_stats_queue (since, until) VALUES ('-infinity', 'infinity');
    RETURN NULL;
END $$;

-- A program's days are those of its time zone and bear its name; those of a bot that is no program are days of UTC.
CREATE FUNCTION batmon_program_days() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.run_stats_queue (program, since, until)
    VALUES (lower(CASE WHEN TG_OP = 'DELETE' THEN OLD.name ELSE NEW.name END), '-infinity', 'infinity');
    RETURN NULL;
END $$;

REVOKE ALL ON FUNCTION batmon_runs_inserted(), batmon_runs_updated(), batmon_runs_deleted(), batmon_runs_truncated(),
    batmon_program_days() FROM PUBLIC;

CREATE TRIGGER batmon_runs_inserted AFTER INSERT ON rpa_execution_logs
    REFERENCING NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION batmon_runs_inserted();
CREATE TRIGGER batmon_runs_updated AFTER UPDATE ON rpa_execution_logs
    REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION batmon_runs_updated();
CREATE TRIGGER batmon_runs_deleted AFTER DELETE ON rpa_execution_logs
    REFERENCING OLD TABLE AS was FOR EACH STATEMENT EXECUTE FUNCTION batmon_runs_deleted();
CREATE TRIGGER batmon_runs_truncated AFTER TRUNCATE ON rpa_execution_logs
    FOR EACH STATEMENT EXECUTE FUNCTION batmon_runs_truncated();

CREATE TRIGGER batmon_program_added AFTER INSERT ON programs
    FOR EACH ROW EXECUTE FUNCTION batmon_program_days();
CREATE TRIGGER batmon_program_changed AFTER UPDATE ON programs
    FOR EACH ROW WHEN (OLD.timezone <> NEW.timezone) EXECUTE FUNCTION batmon_program_days();
CREATE TRIGGER batmon_program_gone AFTER DELETE ON programs
    FOR EACH ROW EXECUTE FUNCTION batmon_program_days();

-- Whatever is there already.
INSERT INTO run_stats_queue (since, until) VALUES ('-infinity', 'infinity');

-- For people's own SQL and dashboards: these columns stay, whatever the tables become.
CREATE VIEW v_run_daily AS
SELECT name AS program, day, timezone, succeeded + failed AS runs, succeeded, failed, missed, unfinished, reruns, excused,
    succeeded::double precision / nullif(succeeded + failed, 0) AS success_rate,
    succeeded + failed - reruns + missed - excused AS due, succeeded - reruns_succeeded AS kept,
    processed, timed, seconds / nullif(timed, 0) AS mean_seconds,
    batmon_quantile(buckets, counts, 0.5) AS p50_seconds, batmon_quantile(buckets, counts, 0.95) AS p95_seconds
FROM run_stats_daily;
COMMENT ON VIEW v_run_daily IS 'runs by program and day of the program''s time zone';

CREATE VIEW v_program_month AS
WITH known AS (
    SELECT DISTINCT ON (lower(name)) lower(name) AS folded, title, schedule <> '{}' AS scheduled
    FROM programs ORDER BY lower(name), configured DESC, name
)
SELECT m.name AS program, coalesce(k.title, '') AS title, m.month, m.succeeded + m.failed AS runs, m.succeeded, m.failed,
    m.missed, m.unfinished, m.reruns, m.excused,
    m.succeeded::double precision / nullif(m.succeeded + m.failed, 0) AS success_rate,
    m.succeeded + m.failed - m.reruns + m.missed - m.excused AS due, m.succeeded - m.reruns_succeeded AS kept,
    CASE WHEN k.scheduled THEN (m.succeeded - m.reruns_succeeded)::double precision
        / nullif(greatest(m.succeeded + m.failed - m.reruns + m.missed - m.excused, 0), 0) END AS availability,
    m.processed, m.timed, m.seconds / nullif(m.timed, 0) AS mean_seconds,
    batmon_quantile(m.buckets, m.counts, 0.5) AS p50_seconds, batmon_quantile(m.buckets, m.counts, 0.95) AS p95_seconds
FROM run_stats_monthly m LEFT JOIN known k ON k.folded = m.program;
COMMENT ON VIEW v_program_month IS 'runs by program and month of the program''s time zone';

CREATE VIEW v_run_monthly AS
SELECT month, count(*) AS programs, sum(succeeded + failed) AS runs, sum(succeeded) AS succeeded, sum(failed) AS failed,
    sum(missed) AS missed, sum(unfinished) AS unfinished, sum(reruns) AS reruns, sum(excused) AS excused,
    sum(succeeded)::double precision / nullif(sum(succeeded + failed), 0) AS success_rate,
    sum(processed) AS processed, sum(timed) AS timed, sum(seconds) / nullif(sum(timed), 0) AS mean_seconds
FROM run_stats_monthly GROUP BY month;
COMMENT ON VIEW v_run_monthly IS 'runs of all programs by month of each program''s time zone';

CREATE OR REPLACE VIEW v_bot_savings_month AS
WITH known AS (
    SELECT DISTINCT ON (lower(name)) lower(name) AS folded, minutes_per_item
    FROM programs ORDER BY lower(name), configured DESC, name
)
SELECT m.name AS bot_name, m.month, m.succeeded::bigint AS runs, m.processed AS total_count,
    coalesce(k.minutes_per_item, 5.0) AS minutes_per_item,
    round(m.processed * coalesce(k.minutes_per_item, 5.0) / 60, 1) AS saved_hours,
    round((m.seconds / nullif(m.timed, 0))::numeric, 0) AS avg_runtime_sec
FROM run_stats_monthly m LEFT JOIN known k ON k.folded = m.program
WHERE m.succeeded > 0;
COMMENT ON VIEW v_bot_savings_month IS 'hours that people were spared, by bot and month in the time zone of its program';
DROP FUNCTION batmon_savings(timestamptz, timestamptz);
