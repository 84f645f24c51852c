-- The sum of the migrations, for reading; a test holds it so (BATMON_WRITE_SCHEMA=1 lets it write this file).
CREATE SCHEMA batmon_jobs;
COMMENT ON SCHEMA batmon_jobs IS 'PgQueuer 1.6.0';
CREATE TYPE batmon_jobs.pgqueuer_status AS ENUM (
    'queued',
    'picked',
    'successful',
    'exception',
    'canceled',
    'deleted',
    'failed'
);
CREATE FUNCTION batmon_jobs.fn_pgqueuer_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    to_emit BOOLEAN := false;  -- Flag to decide whether to emit a notification
BEGIN
    -- Check operation type and set the emit flag accordingly
    IF TG_OP = 'UPDATE' AND OLD IS DISTINCT FROM NEW THEN
        to_emit := true;
    ELSIF TG_OP = 'DELETE' THEN
        to_emit := true;
    ELSIF TG_OP = 'INSERT' THEN
        to_emit := true;
    ELSIF TG_OP = 'TRUNCATE' THEN
        to_emit := true;
    END IF;
    -- Perform notification if the emit flag is set
    IF to_emit THEN
        PERFORM pg_notify(
            'batmon_jobs',
            json_build_object(
                'channel', 'batmon_jobs',
                'operation', lower(TG_OP),
                'sent_at', NOW(),
                'table', TG_TABLE_NAME,
                'type', 'table_changed_event'
            )::text
        );
    END IF;
    -- Return appropriate value based on the operation
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' THEN
        RETURN OLD;
    ELSE
        RETURN NULL; -- For TRUNCATE and other non-row-specific contexts
    END IF;
END;
$$;
CREATE FUNCTION public.batmon_beat(run_ids uuid[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE open_runs SET beat_at = clock_timestamp() WHERE run_id = ANY (run_ids);
END $$;
CREATE FUNCTION public.batmon_bucket(seconds double precision) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (seconds IS NOT NULL) THEN (ceil(((ln(LEAST(GREATEST(seconds, (0.001)::double precision), ('1000000000'::numeric)::double precision)) / ln((1.05)::double precision)) - (0.000000001)::double precision)))::smallint ELSE NULL::smallint END;
CREATE TABLE public.events (
    id bigint NOT NULL,
    rule text NOT NULL,
    source text NOT NULL,
    op text NOT NULL,
    "row" jsonb NOT NULL,
    old jsonb,
    row_key text,
    depth smallint DEFAULT 0 NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_try timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    done_at timestamp with time zone,
    took_ms integer,
    node text DEFAULT ''::text NOT NULL,
    CONSTRAINT events_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'done'::text, 'dead'::text])))
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.02');
COMMENT ON TABLE public.events IS 'rows inserted or changed in watched tables; written by triggers, handled once by a daemon';
COMMENT ON COLUMN public.events.row_key IS 'the primary key of the row as JSON text: events of one rule and row are handled in order (a long one as its SHA-256); NULL: no order';
COMMENT ON COLUMN public.events.depth IS 'how many events the change that made it followed from, one from the other';
CREATE FUNCTION public.batmon_claim_event(rules text[], at timestamp with time zone) RETURNS SETOF public.events
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET enable_sort TO 'off'
    SET enable_bitmapscan TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
BEGIN
    RETURN QUERY
    SELECT e.* FROM events e
    WHERE e.state = 'waiting' AND e.rule = ANY (rules) AND e.next_try <= at
        AND NOT EXISTS (
            SELECT FROM events o WHERE o.state = 'waiting' AND o.rule = e.rule AND o.row_key = e.row_key AND o.id < e.id
        )
    ORDER BY e.next_try, e.id
    LIMIT 1
    FOR UPDATE OF e SKIP LOCKED;
END $$;
CREATE FUNCTION public.batmon_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    after_row jsonb := '{}';
    before_row jsonb;
    key text;
    problem text := '';
    above text := current_setting('batmon.event_depth', true);
    deep smallint := CASE WHEN above ~ '^[0-9]{1,4}$' THEN above::smallint ELSE 0 END;
BEGIN
    BEGIN
        after_row := to_jsonb(NEW);
        before_row := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) END;
        IF TG_ARGV[2] <> '' THEN
            SELECT jsonb_agg(after_row -> c.name ORDER BY c.n)::text INTO key
            FROM jsonb_array_elements_text(TG_ARGV[2]::jsonb) WITH ORDINALITY AS c (name, n);
            key := CASE WHEN length(key) > 600 THEN encode(sha256(convert_to(key, 'UTF8')), 'hex') ELSE key END;
        END IF;
        IF TG_ARGV[1] <> '' THEN
            SELECT coalesce(jsonb_object_agg(c.name, after_row -> c.name), '{}'),
                CASE WHEN before_row IS NOT NULL THEN coalesce(jsonb_object_agg(c.name, before_row -> c.name), '{}') END
            INTO after_row, before_row
            FROM jsonb_array_elements_text(TG_ARGV[1]::jsonb) AS c (name);
        END IF;
    EXCEPTION WHEN OTHERS THEN  -- that the row cannot be said in JSON is no reason not to write it
        problem := 'the row cannot be carried: ' || SQLERRM;
    END;
    IF pg_column_size(after_row) + coalesce(pg_column_size(before_row), 0) > 4194304 THEN
        problem := 'the row cannot be carried: it is larger than 4 MB; name the columns that are needed with columns = [...]';
    END IF;
    IF problem <> '' THEN
        after_row := '{}';
        before_row := NULL;
    ELSIF deep > TG_ARGV[3]::smallint THEN
        problem := 'a loop: the steps of events have changed rows that are events again, ' || deep || ' times one from the other';
    END IF;
    INSERT INTO public.events (rule, source, op, "row", old, row_key, depth, state, error)
    VALUES (TG_ARGV[0], TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, lower(TG_OP), after_row, before_row, key, deep,
        CASE WHEN problem = '' THEN 'waiting' ELSE 'dead' END, problem);
    PERFORM pg_notify('batmon_events', '');
    RETURN NULL;
END $_$;
CREATE TABLE public.incidents (
    incident_id bigint NOT NULL,
    program character varying(50) NOT NULL,
    reason character varying(20) NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    acknowledged_at timestamp with time zone,
    acknowledged_by text,
    resolved_at timestamp with time zone,
    first_verdict bigint NOT NULL,
    last_verdict bigint NOT NULL,
    node text DEFAULT ''::text NOT NULL,
    severity character varying(20) DEFAULT 'ERROR'::character varying NOT NULL,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    run_id uuid,
    begun_at timestamp with time zone NOT NULL,
    resolved_by text DEFAULT ''::text NOT NULL,
    reopened integer DEFAULT 0 NOT NULL,
    acknowledged_until timestamp with time zone,
    acknowledged_note text DEFAULT ''::text NOT NULL,
    quiet_kind text DEFAULT ''::text NOT NULL,
    quiet_name text DEFAULT ''::text NOT NULL,
    quiet_until timestamp with time zone,
    quiet_by text DEFAULT ''::text NOT NULL,
    quiet_why text DEFAULT ''::text NOT NULL,
    held_by text[] DEFAULT '{}'::text[] NOT NULL,
    flapping boolean DEFAULT false NOT NULL,
    good_since timestamp with time zone,
    history text DEFAULT ''::text NOT NULL,
    changed_at timestamp with time zone,
    step integer DEFAULT 0 NOT NULL,
    sequence integer DEFAULT 0 NOT NULL,
    told_at timestamp with time zone,
    next_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    writer text DEFAULT ''::text NOT NULL,
    first_acknowledged_at timestamp with time zone,
    was_error boolean DEFAULT false NOT NULL,
    outages tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    lifetime tstzrange GENERATED ALWAYS AS (
CASE
    WHEN (resolved_at IS NULL) THEN tstzrange(opened_at, NULL::timestamp with time zone)
    ELSE tstzrange(LEAST(opened_at, resolved_at), GREATEST(opened_at, resolved_at), '[]'::text)
END) STORED NOT NULL
);
COMMENT ON COLUMN public.incidents.begun_at IS 'when it was last reopened, else opened';
COMMENT ON COLUMN public.incidents.quiet_kind IS 'silence or maintenance; empty: neither';
COMMENT ON COLUMN public.incidents.history IS 'what was observed, 0 good and 1 bad, the newest last';
COMMENT ON COLUMN public.incidents.step IS 'rungs of the ladder that were told since begun_at';
COMMENT ON COLUMN public.incidents.sequence IS 'how often anything was owed for it';
COMMENT ON COLUMN public.incidents.next_at IS 'when it must be looked at again, whatever happens';
COMMENT ON COLUMN public.incidents.writer IS 'the process that changed it last, so that it need not learn of it';
COMMENT ON COLUMN public.incidents.first_acknowledged_at IS 'kept when an acknowledgement ends, and when the incident is resolved';
COMMENT ON COLUMN public.incidents.was_error IS 'whether it was ever an ERROR; else it was only a WARNING';
COMMENT ON COLUMN public.incidents.outages IS 'when it was open, from when on it was an ERROR; what is open has no end';
COMMENT ON COLUMN public.incidents.lifetime IS 'from first opened to last resolved';
CREATE FUNCTION public.batmon_incident_figures(moments timestamp with time zone[], names text[], by_program boolean) RETURNS TABLE(program text, number integer, opened bigint, resolved bigint, open_at_end bigint, acknowledged bigint, repair_seconds numeric, acknowledge_seconds numeric, outage_seconds numeric, longest_seconds numeric, errors_opened bigint)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH found AS MATERIALIZED (
          SELECT (i.program)::text AS program,
             i.opened_at,
             i.resolved_at,
             i.first_acknowledged_at,
             i.was_error,
             i.outages
            FROM public.incidents i
           WHERE ((batmon_incident_figures.names IS NULL) AND (i.lifetime && tstzrange((batmon_incident_figures.moments)[1], (batmon_incident_figures.moments)[cardinality(batmon_incident_figures.moments)])))
         UNION ALL
          SELECT i.program,
             i.opened_at,
             i.resolved_at,
             i.first_acknowledged_at,
             i.was_error,
             i.outages
            FROM public.incidents i
           WHERE ((lower((i.program)::text) = ANY (batmon_incident_figures.names)) AND (i.lifetime && tstzrange((batmon_incident_figures.moments)[1], (batmon_incident_figures.moments)[cardinality(batmon_incident_figures.moments)])))
         ), outages AS (
          SELECT f.program,
             unnest(range_agg(f.outages)) AS span
            FROM found f
           WHERE (NOT isempty(f.outages))
           GROUP BY f.program
         ), parts AS (
          SELECT f.program,
             width_bucket(f.opened_at, batmon_incident_figures.moments) AS number,
             1 AS opened,
             0 AS resolved,
             0 AS open_at_end,
             ((f.first_acknowledged_at IS NOT NULL))::integer AS acknowledged,
             (f.was_error)::integer AS errors_opened,
             NULL::interval AS repair,
             GREATEST('00:00:00'::interval, (f.first_acknowledged_at - f.opened_at)) AS acknowledge,
             NULL::interval AS outage
            FROM found f
         UNION ALL
          SELECT f.program,
             width_bucket(f.resolved_at, batmon_incident_figures.moments) AS width_bucket,
             0,
             1,
             0,
             0,
             0,
             GREATEST('00:00:00'::interval, (f.resolved_at - f.opened_at)) AS repair,
             NULL::interval AS acknowledge,
             NULL::interval AS outage
            FROM found f
           WHERE (f.resolved_at IS NOT NULL)
         UNION ALL
          SELECT f.program,
             n.n,
             0,
             0,
             1,
             0,
             0,
             NULL::interval AS repair,
             NULL::interval AS acknowledge,
             NULL::interval AS outage
            FROM found f,
             LATERAL generate_series(GREATEST(1, width_bucket(f.opened_at, batmon_incident_figures.moments)),
                 CASE
                     WHEN (f.resolved_at IS NULL) THEN (cardinality(batmon_incident_figures.moments) - 1)
                     ELSE (width_bucket(f.resolved_at, batmon_incident_figures.moments) - 1)
                 END) n(n)
           WHERE ((f.resolved_at IS NULL) OR (width_bucket(f.resolved_at, batmon_incident_figures.moments) > GREATEST(1, width_bucket(f.opened_at, batmon_incident_figures.moments))))
         UNION ALL
          SELECT o.program,
             n.n,
             0,
             0,
             0,
             0,
             0,
             NULL::interval AS repair,
             NULL::interval AS acknowledge,
             (LEAST(upper(o.span), (batmon_incident_figures.moments)[(n.n + 1)]) - GREATEST(lower(o.span), (batmon_incident_figures.moments)[n.n]))
            FROM outages o,
             LATERAL generate_series(GREATEST(1, width_bucket(lower(o.span), batmon_incident_figures.moments)), LEAST((cardinality(batmon_incident_figures.moments) - 1),
                 CASE
                     WHEN upper_inf(o.span) THEN (cardinality(batmon_incident_figures.moments) - 1)
                     ELSE width_bucket(upper(o.span), batmon_incident_figures.moments)
                 END)) n(n)
         )
  SELECT
         CASE
             WHEN batmon_incident_figures.by_program THEN p.program
             ELSE ''::text
         END AS "case",
     p.number,
     sum(p.opened) AS sum,
     sum(p.resolved) AS sum,
     sum(p.open_at_end) AS sum,
     sum(p.acknowledged) AS sum,
     COALESCE(EXTRACT(epoch FROM sum(p.repair)), (0)::numeric) AS "coalesce",
     COALESCE(EXTRACT(epoch FROM sum(p.acknowledge)), (0)::numeric) AS "coalesce",
     COALESCE(EXTRACT(epoch FROM sum(p.outage)), (0)::numeric) AS "coalesce",
     COALESCE(EXTRACT(epoch FROM max(p.outage)), (0)::numeric) AS "coalesce",
     sum(p.errors_opened) AS sum
    FROM parts p
   WHERE ((p.number >= 1) AND (p.number <= (cardinality(batmon_incident_figures.moments) - 1)))
   GROUP BY
         CASE
             WHEN batmon_incident_figures.by_program THEN p.program
             ELSE ''::text
         END, p.number;
END;
CREATE FUNCTION public.batmon_incident_months(zone text) RETURNS TABLE(program text, month date, opened bigint, resolved bigint, open_at_end bigint, acknowledged bigint, mttr_hours numeric, mtta_hours numeric, outage_hours numeric, longest_outage_hours numeric, errors_opened bigint)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH months AS (
          SELECT m.m,
             (m.m AT TIME ZONE batmon_incident_months.zone) AS begun
            FROM generate_series(date_trunc('month'::text, (( SELECT min(incidents.opened_at) AS min
                    FROM public.incidents) AT TIME ZONE batmon_incident_months.zone)), date_trunc('month'::text, (now() AT TIME ZONE batmon_incident_months.zone)), '1 mon'::interval) m(m)
         ), spans AS (
          SELECT (array_agg(months.begun ORDER BY months.begun) || now()) AS moments,
             array_agg((months.m)::date ORDER BY months.begun) AS firsts
            FROM months
         )
  SELECT f.program,
     s.firsts[f.number] AS firsts,
     f.opened,
     f.resolved,
     f.open_at_end,
     f.acknowledged,
     round(((f.repair_seconds / (NULLIF(f.resolved, 0))::numeric) / (3600)::numeric), 2) AS round,
     round(((f.acknowledge_seconds / (NULLIF(f.acknowledged, 0))::numeric) / (3600)::numeric), 2) AS round,
     round((f.outage_seconds / (3600)::numeric), 2) AS round,
     round((f.longest_seconds / (3600)::numeric), 2) AS round,
     f.errors_opened
    FROM spans s,
     LATERAL public.batmon_incident_figures(s.moments, NULL::text[], true) f(program, number, opened, resolved, open_at_end, acknowledged, repair_seconds, acknowledge_seconds, outage_seconds, longest_seconds, errors_opened);
END;
CREATE FUNCTION public.batmon_incident_turned() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    begun timestamptz;
BEGIN
    NEW.was_error := NEW.was_error OR NEW.severity = 'ERROR';
    NEW.first_acknowledged_at := coalesce(NEW.first_acknowledged_at, NEW.acknowledged_at);
    IF NEW.severity = 'ERROR' AND (TG_OP = 'INSERT' OR NEW.resolved_at IS NULL) THEN
        IF TG_OP = 'INSERT' THEN
            begun := NEW.opened_at;
        ELSIF OLD.resolved_at IS NOT NULL THEN
            begun := NEW.begun_at;
        ELSIF OLD.severity <> 'ERROR' THEN  -- it became worse: by the verdict that has just been written
            begun := coalesce((SELECT v.at FROM public.verdicts v WHERE v.verdict_id = NEW.last_verdict), clock_timestamp());
        END IF;
        IF begun IS NOT NULL THEN
            NEW.outages := NEW.outages + tstzmultirange(tstzrange(begun, NULL));
        END IF;
    END IF;
    IF NEW.resolved_at IS NOT NULL THEN
        NEW.outages := NEW.outages * tstzmultirange(tstzrange(NULL, NEW.resolved_at));
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION public.batmon_incident_turned() IS 'keeps was_error, outages and first_acknowledged_at';
CREATE FUNCTION public.batmon_items_processed(of_run uuid) RETURNS integer
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN (
        SELECT greatest(-2147483647, least(2147483647, sum(processed))) FROM run_items WHERE run_id = of_run
        HAVING count(*) > 0  -- least and greatest pass over NULL
    );
END $$;
CREATE FUNCTION public.batmon_make_partition(moment timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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
CREATE FUNCTION public.batmon_program_days() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO public.run_stats_queue (program, since, until)
    VALUES (lower(CASE WHEN TG_OP = 'DELETE' THEN OLD.name ELSE NEW.name END), '-infinity', 'infinity');
    RETURN NULL;
END $$;
CREATE FUNCTION public.batmon_quantile(buckets smallint[], counts integer[], share double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
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
CREATE FUNCTION public.batmon_record_items(run_ids uuid[], accounts text[], processed integer[], failed integer[], errors text[], starts timestamp with time zone[], ends timestamp with time zone[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.batmon_record_runs(run_ids uuid[], start_times timestamp with time zone[], bot_names text[], task_names text[], nodes text[], users text[], pids integer[], process_starts double precision[], cwds text[], beats boolean[], end_times timestamp with time zone[], statuses text[], messages text[], details text[], counts integer[], exit_codes integer[]) RETURNS TABLE(run_id uuid, log_id integer, bot_name character varying)
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
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
CREATE FUNCTION public.batmon_run_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF current_setting('batmon.quiet', true) IS DISTINCT FROM 'on' THEN
        NEW.changed_at := clock_timestamp();
        -- bot_name holds 50 characters at most: far below the 8,000 bytes that a notification may have
        PERFORM pg_notify('batmon_runs', json_build_object(
            'bot_name', NEW.bot_name, 'log_id', NEW.log_id, 'run_id', NEW.run_id)::text);
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION public.batmon_run_status(word text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE upper(btrim(word, ' 	
'::text)) WHEN 'SUCCESS'::text THEN 'SUCCESS'::text WHEN 'FAILED'::text THEN 'FAILED'::text WHEN 'MISSED'::text THEN 'MISSED'::text WHEN 'RUNNING'::text THEN 'RUNNING'::text WHEN 'SUCCEEDED'::text THEN 'SUCCESS'::text WHEN 'OK'::text THEN 'SUCCESS'::text WHEN 'COMPLETED'::text THEN 'SUCCESS'::text WHEN 'DONE'::text THEN 'SUCCESS'::text WHEN '성공'::text THEN 'SUCCESS'::text WHEN '완료'::text THEN 'SUCCESS'::text WHEN '정상'::text THEN 'SUCCESS'::text WHEN 'STARTED'::text THEN 'RUNNING'::text WHEN 'IN_PROGRESS'::text THEN 'RUNNING'::text WHEN '실행중'::text THEN 'RUNNING'::text WHEN '진행중'::text THEN 'RUNNING'::text WHEN '실행 중'::text THEN 'RUNNING'::text WHEN '진행 중'::text THEN 'RUNNING'::text WHEN '미실행'::text THEN 'MISSED'::text ELSE 'FAILED'::text END;
CREATE FUNCTION public.batmon_runs_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO public.run_stats_queue (program, since, until)
    SELECT lower(bot_name), min(start_time), max(start_time) FROM was
    GROUP BY lower(bot_name), date_trunc('day', start_time, 'UTC');
    RETURN NULL;
END $$;
CREATE FUNCTION public.batmon_runs_inserted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO public.run_stats_queue (program, since, until)
    SELECT lower(bot_name), min(start_time), max(start_time) FROM became
    GROUP BY lower(bot_name), date_trunc('day', start_time, 'UTC');
    RETURN NULL;
END $$;
CREATE FUNCTION public.batmon_runs_truncated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO public.run_stats_queue (since, until) VALUES ('-infinity', 'infinity');
    RETURN NULL;
END $$;
CREATE FUNCTION public.batmon_runs_updated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO public.run_stats_queue (program, since, until)
    SELECT lower(bot_name), min(start_time), max(start_time)
    FROM (SELECT bot_name, start_time FROM was UNION ALL SELECT bot_name, start_time FROM became) AS changed
    GROUP BY lower(bot_name), date_trunc('day', start_time, 'UTC');
    RETURN NULL;
END $$;
CREATE FUNCTION public.batmon_zone(timezone text) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    PERFORM timestamp '2000-01-01' AT TIME ZONE timezone;
    RETURN timezone;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN 'UTC';
END $$;
CREATE TABLE batmon_jobs.pgqueuer (
    id bigint NOT NULL,
    priority integer NOT NULL,
    queue_manager_id uuid,
    created timestamp with time zone DEFAULT now() NOT NULL,
    updated timestamp with time zone DEFAULT now() NOT NULL,
    heartbeat timestamp with time zone DEFAULT now() NOT NULL,
    execute_after timestamp with time zone DEFAULT now() NOT NULL,
    status batmon_jobs.pgqueuer_status NOT NULL,
    entrypoint text NOT NULL,
    dedupe_key text,
    payload bytea,
    headers jsonb,
    attempts integer DEFAULT 0 NOT NULL,
    slot bigint
)
WITH (autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0.02', autovacuum_analyze_threshold='500', autovacuum_vacuum_cost_limit='10000', autovacuum_vacuum_cost_delay='0', fillfactor='70');
CREATE SEQUENCE batmon_jobs.pgqueuer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE batmon_jobs.pgqueuer_id_seq OWNED BY batmon_jobs.pgqueuer.id;
CREATE UNLOGGED TABLE batmon_jobs.pgqueuer_log (
    id bigint NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    job_id bigint NOT NULL,
    status batmon_jobs.pgqueuer_status NOT NULL,
    priority integer NOT NULL,
    entrypoint text NOT NULL,
    traceback jsonb,
    aggregated boolean DEFAULT false
)
WITH (autovacuum_analyze_scale_factor='0.05', autovacuum_analyze_threshold='10000');
ALTER TABLE batmon_jobs.pgqueuer_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME batmon_jobs.pgqueuer_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE batmon_jobs.pgqueuer_schedules (
    id bigint NOT NULL,
    expression text NOT NULL,
    entrypoint text NOT NULL,
    heartbeat timestamp with time zone DEFAULT now() NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    updated timestamp with time zone DEFAULT now() NOT NULL,
    next_run timestamp with time zone DEFAULT now() NOT NULL,
    last_run timestamp with time zone,
    status batmon_jobs.pgqueuer_status DEFAULT 'queued'::batmon_jobs.pgqueuer_status
)
WITH (autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0.02', autovacuum_analyze_threshold='500', autovacuum_vacuum_cost_limit='10000', autovacuum_vacuum_cost_delay='0', fillfactor='70');
CREATE SEQUENCE batmon_jobs.pgqueuer_schedules_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE batmon_jobs.pgqueuer_schedules_id_seq OWNED BY batmon_jobs.pgqueuer_schedules.id;
CREATE UNLOGGED TABLE batmon_jobs.pgqueuer_statistics (
    id bigint NOT NULL,
    created timestamp with time zone DEFAULT date_trunc('sec'::text, now()) NOT NULL,
    count bigint NOT NULL,
    priority integer NOT NULL,
    status batmon_jobs.pgqueuer_status NOT NULL,
    entrypoint text NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.95', autovacuum_vacuum_threshold='1000000', autovacuum_analyze_scale_factor='0.05', autovacuum_analyze_threshold='10000');
CREATE UNLOGGED SEQUENCE batmon_jobs.pgqueuer_statistics_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE batmon_jobs.pgqueuer_statistics_id_seq OWNED BY batmon_jobs.pgqueuer_statistics.id;
CREATE TABLE public.audit_log (
    audit_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    role text NOT NULL,
    peer text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    outcome text NOT NULL,
    detail jsonb DEFAULT '""'::jsonb NOT NULL
);
CREATE SEQUENCE public.audit_log_audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.audit_log_audit_id_seq OWNED BY public.audit_log.audit_id;
CREATE TABLE public.automation_logs (
    id bigint NOT NULL,
    job_name character varying(100) NOT NULL,
    execution_time timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    status character varying(20) NOT NULL,
    error_message text,
    duration_ms integer,
    slot timestamp with time zone,
    trigger text DEFAULT 'manual'::text NOT NULL,
    started_by text DEFAULT ''::text NOT NULL,
    node text DEFAULT ''::text NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    attempts jsonb DEFAULT '[]'::jsonb NOT NULL,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    output text DEFAULT ''::text NOT NULL,
    holder uuid,
    not_before timestamp with time zone,
    asked_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
COMMENT ON TABLE public.automation_logs IS 'each execution of an automation; status: queued, running, success, failed or skipped';
COMMENT ON COLUMN public.automation_logs.execution_time IS 'when its latest attempt began; before that, when it was asked for';
COMMENT ON COLUMN public.automation_logs.slot IS 'the due time that it is for; NULL when a person or an event asked for it';
COMMENT ON COLUMN public.automation_logs.trigger IS 'cron, manual or event';
COMMENT ON COLUMN public.automation_logs.attempts IS 'the attempts that failed, with node, time and error';
COMMENT ON COLUMN public.automation_logs.holder IS 'drawn anew by each attempt: whoever finds another one here has lost the execution';
CREATE SEQUENCE public.automation_logs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.automation_logs_id_seq OWNED BY public.automation_logs.id;
CREATE TABLE public.automation_state (
    job_name character varying(100) NOT NULL,
    title text DEFAULT ''::text NOT NULL,
    on_event text DEFAULT ''::text NOT NULL,
    nodes text[] DEFAULT '{}'::text[] NOT NULL,
    paused boolean DEFAULT false NOT NULL,
    paused_in_config boolean DEFAULT false NOT NULL,
    paused_by text DEFAULT ''::text NOT NULL,
    paused_at timestamp with time zone,
    paused_why text DEFAULT ''::text NOT NULL,
    last_slot timestamp with time zone
);
COMMENT ON TABLE public.automation_state IS 'automations as some daemon has them configured, and whether they are paused';
COMMENT ON COLUMN public.automation_state.nodes IS 'whose daemons have it in their configuration; empty when nobody has';
COMMENT ON COLUMN public.automation_state.last_slot IS 'up to which due time, inclusive, it was decided what happens';
CREATE TABLE public.batmon_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
CREATE TABLE public.counters (
    name text NOT NULL,
    day date NOT NULL,
    value bigint NOT NULL,
    changed_at timestamp with time zone NOT NULL
)
WITH (fillfactor='70');
CREATE TABLE public.delivery_logs (
    id bigint NOT NULL,
    channel character varying NOT NULL,
    recipient character varying NOT NULL,
    subject character varying,
    template_name character varying,
    sent_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    status character varying NOT NULL,
    error_message text,
    notification_id uuid,
    duration_ms integer,
    permanent boolean DEFAULT false NOT NULL,
    uncertain boolean DEFAULT false NOT NULL,
    reference text DEFAULT ''::text NOT NULL,
    node text DEFAULT ''::text NOT NULL
);
COMMENT ON TABLE public.delivery_logs IS 'each attempt on a channel that is not mail';
CREATE SEQUENCE public.delivery_logs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.delivery_logs_id_seq OWNED BY public.delivery_logs.id;
CREATE TABLE public.delivery_nodes (
    node text NOT NULL,
    channels text[] NOT NULL,
    seen_at timestamp with time zone NOT NULL
);
CREATE TABLE public.email_logs (
    id integer NOT NULL,
    recipient_email character varying NOT NULL,
    subject character varying,
    template_name character varying,
    sent_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    status character varying NOT NULL,
    error_message text,
    notification_id uuid,
    duration_ms integer,
    permanent boolean DEFAULT false NOT NULL,
    uncertain boolean DEFAULT false NOT NULL,
    reference text DEFAULT ''::text NOT NULL,
    node text DEFAULT ''::text NOT NULL
);
COMMENT ON TABLE public.email_logs IS 'each attempt to send a mail';
COMMENT ON COLUMN public.email_logs.uncertain IS 'it failed, but the other side may have taken it all the same';
CREATE SEQUENCE public.email_logs_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.email_logs_id_seq OWNED BY public.email_logs.id;
CREATE TABLE public.error_signature_programs (
    signature text NOT NULL,
    program character varying(50) NOT NULL,
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    count bigint NOT NULL,
    last_run uuid
)
WITH (fillfactor='70');
CREATE TABLE public.error_signatures (
    id text NOT NULL,
    template text NOT NULL,
    sample text NOT NULL,
    level text NOT NULL,
    noted_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
COMMENT ON TABLE public.error_signatures IS 'kinds of error; id is made from the template, which never changes';
COMMENT ON COLUMN public.error_signatures.sample IS 'one such line as it was written';
CREATE TABLE public.event_rules (
    rule text NOT NULL,
    node text NOT NULL,
    source text NOT NULL,
    fingerprint text NOT NULL,
    problem text DEFAULT ''::text NOT NULL,
    synced_at timestamp with time zone NOT NULL
);
ALTER TABLE public.events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.feed_entries (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    level text NOT NULL,
    title text NOT NULL,
    text text DEFAULT ''::text NOT NULL,
    source text DEFAULT ''::text NOT NULL,
    program text,
    incident bigint,
    inbox text,
    CONSTRAINT feed_entries_level_check CHECK ((level = ANY (ARRAY['urgent'::text, 'attention'::text, 'info'::text])))
);
COMMENT ON TABLE public.feed_entries IS 'what the bell shows to everybody';
ALTER TABLE public.feed_entries ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.feed_entries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.feed_reads (
    person text NOT NULL,
    entry bigint NOT NULL,
    read_at timestamp with time zone NOT NULL
);
COMMENT ON TABLE public.feed_reads IS 'who has read which entry; a person is a key''s fingerprint or a local user';
CREATE TABLE public.inbox_actions (
    id bigint NOT NULL,
    inbox text NOT NULL,
    item text NOT NULL,
    title text DEFAULT ''::text NOT NULL,
    action text NOT NULL,
    by text NOT NULL,
    at timestamp with time zone NOT NULL,
    asks jsonb DEFAULT '{}'::jsonb NOT NULL
);
ALTER TABLE public.inbox_actions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.inbox_actions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.incident_events (
    event_id bigint NOT NULL,
    incident_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    by text DEFAULT ''::text NOT NULL,
    text text DEFAULT ''::text NOT NULL,
    data jsonb DEFAULT '{}'::jsonb NOT NULL
);
COMMENT ON TABLE public.incident_events IS 'the timeline of each incident; only ever added to';
CREATE SEQUENCE public.incident_events_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.incident_events_event_id_seq OWNED BY public.incident_events.event_id;
CREATE TABLE public.incident_groups (
    route text NOT NULL,
    channel text NOT NULL,
    recipient text NOT NULL,
    language text NOT NULL,
    sent_at timestamp with time zone NOT NULL
);
CREATE TABLE public.incident_notices (
    notice_id bigint NOT NULL,
    incident_id bigint NOT NULL,
    episode integer NOT NULL,
    sequence integer NOT NULL,
    kind text NOT NULL,
    route text NOT NULL,
    channel text NOT NULL,
    recipient text NOT NULL,
    language text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    why text DEFAULT ''::text NOT NULL,
    owed_at timestamp with time zone,
    notification_id uuid,
    CONSTRAINT incident_notices_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'owed'::text, 'withdrawn'::text])))
)
WITH (fillfactor='70');
COMMENT ON COLUMN public.incident_notices.episode IS 'how often the incident had been reopened then';
COMMENT ON COLUMN public.incident_notices.why IS 'why it was withdrawn';
CREATE SEQUENCE public.incident_notices_notice_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.incident_notices_notice_id_seq OWNED BY public.incident_notices.notice_id;
CREATE SEQUENCE public.incidents_incident_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.incidents_incident_id_seq OWNED BY public.incidents.incident_id;
CREATE TABLE public.log_cursors (
    node text NOT NULL,
    program character varying(50) NOT NULL,
    fingerprint text NOT NULL,
    path text NOT NULL,
    "offset" bigint NOT NULL,
    scan_state jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
)
WITH (fillfactor='60');
CREATE TABLE public.maintenance_kept (
    program text NOT NULL,
    since timestamp with time zone NOT NULL,
    name text NOT NULL,
    until timestamp with time zone NOT NULL
);
COMMENT ON TABLE public.maintenance_kept IS 'planned maintenance as it came, so that the past does not change with the configuration; program in small letters';
CREATE TABLE public.maintenance_looks (
    node text NOT NULL,
    at timestamp with time zone NOT NULL
);
COMMENT ON TABLE public.maintenance_looks IS 'until when the maintenance of a node''s programs has been kept';
CREATE TABLE public.nodes (
    name text NOT NULL,
    version text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    blind_from timestamp with time zone,
    hourly_cost numeric DEFAULT 0 NOT NULL
);
COMMENT ON COLUMN public.nodes.blind_from IS 'when the daemon before this one was last seen; NULL on a first start';
COMMENT ON COLUMN public.nodes.hourly_cost IS 'of a person''s work, of bots without a row in programs; 0: nobody said';
CREATE TABLE public.notification_attachments (
    notification_id uuid NOT NULL,
    place smallint NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    sha256 text NOT NULL,
    data bytea NOT NULL
);
ALTER TABLE ONLY public.notification_attachments ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE TABLE public.notifications (
    notification_id uuid NOT NULL,
    number bigint NOT NULL,
    channel text NOT NULL,
    recipient text NOT NULL,
    template text NOT NULL,
    language text NOT NULL,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    key text,
    incident_ids bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    event_id bigint,
    automation_log_id bigint,
    state text DEFAULT 'owed'::text NOT NULL,
    owed_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    tried_since timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    round integer DEFAULT 0 NOT NULL,
    claim uuid,
    settled_at timestamp with time zone,
    subject text DEFAULT ''::text NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    attachments smallint DEFAULT 0 NOT NULL,
    CONSTRAINT notifications_state_check CHECK ((state = ANY (ARRAY['owed'::text, 'sent'::text, 'failed'::text])))
)
WITH (fillfactor='70');
COMMENT ON COLUMN public.notifications.key IS 'a second notification with the same key is not owed';
COMMENT ON COLUMN public.notifications.due_at IS 'not attempted before';
COMMENT ON COLUMN public.notifications.tried_since IS 'the first attempt of this round';
COMMENT ON COLUMN public.notifications.round IS 'how often somebody asked to send it again';
COMMENT ON COLUMN public.notifications.claim IS 'who attempts it, or was the last to do so';
COMMENT ON COLUMN public.notifications.settled_at IS 'when it was sent or given up; NULL while it is owed';
COMMENT ON COLUMN public.notifications.attachments IS 'how many files go with it; they are removed once it is sent, and a month after it was given up';
ALTER TABLE public.notifications ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.notifications_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.open_runs (
    run_id uuid NOT NULL,
    start_time timestamp with time zone NOT NULL,
    bot_name character varying(50) NOT NULL,
    node text NOT NULL,
    pid integer,
    process_started double precision,
    cwd text DEFAULT ''::text NOT NULL,
    beat_at timestamp with time zone
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='10000');
COMMENT ON TABLE public.open_runs IS 'recorded runs that have not said that they ended, and how to find out whether they live';
COMMENT ON COLUMN public.open_runs.process_started IS 'when the process pid of node was created, seconds since the epoch';
COMMENT ON COLUMN public.open_runs.beat_at IS 'when it last said that it lives, by the clock of this server; NULL: it is watched by its process';
CREATE TABLE public.probe_samples (
    program character varying(50) NOT NULL,
    at timestamp with time zone NOT NULL,
    node text NOT NULL,
    status character varying(20) NOT NULL,
    value double precision,
    unit text NOT NULL,
    seconds double precision NOT NULL,
    fault text DEFAULT ''::text NOT NULL,
    blind boolean DEFAULT false NOT NULL,
    said character varying(20),
    detail text DEFAULT ''::text NOT NULL,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL
);
COMMENT ON TABLE public.probe_samples IS 'each look of each probe';
COMMENT ON COLUMN public.probe_samples.status IS 'what the look says by itself: OK, WARNING, ERROR or UNKNOWN';
COMMENT ON COLUMN public.probe_samples.unit IS 'of value: s, %, B (bytes), d (days) or empty for a count';
COMMENT ON COLUMN public.probe_samples.fault IS 'what went wrong, empty if nothing did';
COMMENT ON COLUMN public.probe_samples.blind IS 'we could not look: what is looked at may be well';
COMMENT ON COLUMN public.probe_samples.said IS 'the state that a check command or a container named itself';
CREATE TABLE public.program_state (
    program character varying(50) NOT NULL,
    node text NOT NULL,
    status character varying(20) NOT NULL,
    reason character varying(20) NOT NULL,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL,
    since timestamp with time zone NOT NULL,
    checked_at timestamp with time zone NOT NULL,
    next_due timestamp with time zone,
    deadline timestamp with time zone,
    judged_until timestamp with time zone NOT NULL,
    watch_since timestamp with time zone NOT NULL,
    last_run jsonb,
    running jsonb,
    strip jsonb DEFAULT '[]'::jsonb NOT NULL,
    last_log text DEFAULT ''::text NOT NULL,
    log_seen boolean DEFAULT false NOT NULL,
    version bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='60');
CREATE TABLE public.programs (
    name character varying(50) NOT NULL,
    node text NOT NULL,
    title text NOT NULL,
    base_dir text NOT NULL,
    schedule text[] NOT NULL,
    timezone text NOT NULL,
    grace_sec double precision NOT NULL,
    max_runtime_sec double precision NOT NULL,
    scheduler text NOT NULL,
    logs text[] NOT NULL,
    rerun text[] NOT NULL,
    configured boolean NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    minutes_per_item numeric DEFAULT 5.0 NOT NULL,
    probe text,
    department text DEFAULT ''::text NOT NULL,
    hourly_cost numeric DEFAULT 0 NOT NULL,
    availability_target numeric
);
COMMENT ON COLUMN public.programs.minutes_per_item IS 'how long a person takes for what a run counts as one';
COMMENT ON COLUMN public.programs.probe IS 'the kind of a probe; NULL for a program';
COMMENT ON COLUMN public.programs.department IS 'whose work it does; empty: nobody said';
COMMENT ON COLUMN public.programs.hourly_cost IS 'of a person''s work; 0: nobody said';
COMMENT ON COLUMN public.programs.availability_target IS 'the share of what is due that must succeed, 0 to 1; NULL: nothing was promised';
CREATE TABLE public.report_records (
    id bigint NOT NULL,
    template character varying(100) NOT NULL,
    period_start date,
    period_end date,
    format character varying(20) NOT NULL,
    file_size bigint,
    status character varying(20) DEFAULT 'PENDING'::character varying NOT NULL,
    generated_by text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    title text DEFAULT ''::text NOT NULL,
    language text DEFAULT 'ko'::text NOT NULL,
    node text DEFAULT ''::text NOT NULL,
    path text DEFAULT ''::text NOT NULL,
    sha256 text DEFAULT ''::text NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    ended_at timestamp with time zone,
    took_ms integer,
    summary jsonb DEFAULT '{}'::jsonb NOT NULL,
    asked jsonb DEFAULT '{}'::jsonb NOT NULL,
    key text,
    schedule_id bigint,
    CONSTRAINT report_records_status_check CHECK ((((status)::text = 'PENDING'::text) OR ((status)::text = 'RUNNING'::text) OR ((status)::text = 'DONE'::text) OR ((status)::text = 'FAILED'::text) OR ((status)::text = 'REMOVED'::text)))
);
COMMENT ON COLUMN public.report_records.path IS 'in the tree of the daemon of its node, such as /reports/weekly_ops/...; it may be gone once the status is not DONE';
COMMENT ON COLUMN public.report_records.key IS 'what it was made for, where that must not be made twice: an execution of an automation';
CREATE SEQUENCE public.report_records_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.report_records_id_seq OWNED BY public.report_records.id;
CREATE TABLE public.report_schedules (
    id bigint NOT NULL,
    template character varying(100) NOT NULL,
    cron character varying(200) NOT NULL,
    email text DEFAULT ''::text NOT NULL,
    format character varying(20) DEFAULT 'excel'::character varying NOT NULL,
    name character varying(50) NOT NULL,
    language text DEFAULT 'ko'::text NOT NULL,
    timezone text DEFAULT 'UTC'::text NOT NULL,
    period text DEFAULT ''::text NOT NULL,
    programs text[] DEFAULT '{}'::text[] NOT NULL,
    created_by text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
COMMENT ON TABLE public.report_schedules IS 'reports that are made by themselves; each is the automation report/NAME, whose state says whether it is paused';
COMMENT ON COLUMN public.report_schedules.email IS 'addresses, with a comma and a blank between them';
COMMENT ON COLUMN public.report_schedules.period IS 'a word for it, such as last-month; empty: what the template is about, complete by then';
CREATE SEQUENCE public.report_schedules_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.report_schedules_id_seq OWNED BY public.report_schedules.id;
CREATE TABLE public.report_texts (
    report_id bigint NOT NULL,
    markdown text NOT NULL,
    cut boolean DEFAULT false NOT NULL
);
COMMENT ON TABLE public.report_texts IS 'what is in a report, as Markdown whatever its format, for as long as its file is kept';
CREATE TABLE public.rpa_execution_logs (
    log_id integer NOT NULL,
    bot_name character varying(50) NOT NULL,
    task_name character varying(100) NOT NULL,
    status character varying(20) NOT NULL,
    message text,
    error_details text,
    start_time timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    end_time timestamp with time zone,
    duration_sec integer,
    processed_count integer DEFAULT 0,
    run_id uuid DEFAULT gen_random_uuid() NOT NULL,
    origin character varying(16) DEFAULT 'record'::character varying NOT NULL,
    node text DEFAULT ''::text NOT NULL,
    started_by text DEFAULT ''::text NOT NULL,
    slot timestamp with time zone,
    exit_code integer,
    verified_late boolean DEFAULT false NOT NULL,
    evidence jsonb DEFAULT '{}'::jsonb NOT NULL,
    changed_at timestamp with time zone
)
PARTITION BY RANGE (start_time);
COMMENT ON COLUMN public.rpa_execution_logs.changed_at IS 'when somebody other than the daemon last wrote the row; NULL: never';
CREATE SEQUENCE public.rpa_execution_logs_log_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.rpa_execution_logs_log_id_seq OWNED BY public.rpa_execution_logs.log_id;
CREATE TABLE public.rpa_execution_logs_rest (
    log_id integer DEFAULT nextval('public.rpa_execution_logs_log_id_seq'::regclass) CONSTRAINT rpa_execution_logs_log_id_not_null NOT NULL,
    bot_name character varying(50) CONSTRAINT rpa_execution_logs_bot_name_not_null NOT NULL,
    task_name character varying(100) CONSTRAINT rpa_execution_logs_task_name_not_null NOT NULL,
    status character varying(20) CONSTRAINT rpa_execution_logs_status_not_null NOT NULL,
    message text,
    error_details text,
    start_time timestamp with time zone DEFAULT CURRENT_TIMESTAMP CONSTRAINT rpa_execution_logs_start_time_not_null NOT NULL,
    end_time timestamp with time zone,
    duration_sec integer,
    processed_count integer DEFAULT 0,
    run_id uuid DEFAULT gen_random_uuid() CONSTRAINT rpa_execution_logs_run_id_not_null NOT NULL,
    origin character varying(16) DEFAULT 'record'::character varying CONSTRAINT rpa_execution_logs_origin_not_null NOT NULL,
    node text DEFAULT ''::text CONSTRAINT rpa_execution_logs_node_not_null NOT NULL,
    started_by text DEFAULT ''::text CONSTRAINT rpa_execution_logs_started_by_not_null NOT NULL,
    slot timestamp with time zone,
    exit_code integer,
    verified_late boolean DEFAULT false CONSTRAINT rpa_execution_logs_verified_late_not_null NOT NULL,
    evidence jsonb DEFAULT '{}'::jsonb CONSTRAINT rpa_execution_logs_evidence_not_null NOT NULL,
    changed_at timestamp with time zone
)
WITH (fillfactor='85');
CREATE TABLE public.run_items (
    run_id uuid NOT NULL,
    account text NOT NULL,
    processed integer DEFAULT 0 NOT NULL,
    failed integer DEFAULT 0 NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    started_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    ended_at timestamp with time zone
);
CREATE TABLE public.run_stats_backlog (
    program text NOT NULL,
    first date NOT NULL,
    last date NOT NULL
);
COMMENT ON TABLE public.run_stats_backlog IS 'long spans of days that are still to be counted, from the last to the first';
CREATE TABLE public.run_stats_daily (
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
    counts integer[] NOT NULL
)
WITH (fillfactor='80');
COMMENT ON TABLE public.run_stats_daily IS 'runs by program and day; a run belongs to the day of its start';
COMMENT ON COLUMN public.run_stats_daily.program IS 'bot_name in small letters';
COMMENT ON COLUMN public.run_stats_daily.day IS 'in timezone';
COMMENT ON COLUMN public.run_stats_daily.name IS 'how the program, or else a run of that day, spelled it';
COMMENT ON COLUMN public.run_stats_daily.unfinished IS 'runs that have not said how they ended';
COMMENT ON COLUMN public.run_stats_daily.excused IS 'scheduled runs that failed or were missed in planned maintenance';
COMMENT ON COLUMN public.run_stats_daily.processed IS 'of runs that succeeded';
COMMENT ON COLUMN public.run_stats_daily.timed IS 'runs that succeeded and of which it is known how long they took';
COMMENT ON COLUMN public.run_stats_daily.buckets IS 'how long those took: batmon_bucket of each, in order, each once';
COMMENT ON COLUMN public.run_stats_daily.counts IS 'how many of them fell into each of buckets';
CREATE TABLE public.run_stats_monthly (
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
    counts integer[] NOT NULL
)
WITH (fillfactor='80');
COMMENT ON TABLE public.run_stats_monthly IS 'run_stats_daily by program and month';
CREATE TABLE public.run_stats_months (
    month date NOT NULL,
    partition regclass NOT NULL
);
COMMENT ON TABLE public.run_stats_months IS 'where the runs of each month are; where it is dropped or detached, the days stay as they were counted';
CREATE TABLE public.run_stats_queue (
    id bigint NOT NULL,
    program text,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    beyond text DEFAULT ''::text NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='10000');
COMMENT ON TABLE public.run_stats_queue IS 'which runs have changed since run_stats_daily was counted, by their start';
COMMENT ON COLUMN public.run_stats_queue.program IS 'in small letters; NULL: every one whose name comes after beyond';
ALTER TABLE public.run_stats_queue ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.run_stats_queue_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.silences (
    silence_id bigint NOT NULL,
    program text DEFAULT ''::text NOT NULL,
    tag text DEFAULT ''::text NOT NULL,
    pattern text DEFAULT ''::text NOT NULL,
    why text NOT NULL,
    by text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ended_by text DEFAULT ''::text NOT NULL,
    CONSTRAINT silences_check CHECK (((program <> ''::text) OR (tag <> ''::text) OR (pattern <> ''::text)))
);
CREATE SEQUENCE public.silences_silence_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.silences_silence_id_seq OWNED BY public.silences.silence_id;
CREATE VIEW public.v_bot_savings_month AS
 WITH known AS (
         SELECT DISTINCT ON ((lower((programs.name)::text))) lower((programs.name)::text) AS folded,
            programs.minutes_per_item
           FROM public.programs
          ORDER BY (lower((programs.name)::text)), programs.configured DESC, programs.name
        )
 SELECT m.name AS bot_name,
    m.month,
    (m.succeeded)::bigint AS runs,
    m.processed AS total_count,
    COALESCE(k.minutes_per_item, 5.0) AS minutes_per_item,
    round((((m.processed)::numeric * COALESCE(k.minutes_per_item, 5.0)) / (60)::numeric), 1) AS saved_hours,
    round(((m.seconds / (NULLIF(m.timed, 0))::double precision))::numeric, 0) AS avg_runtime_sec
   FROM (public.run_stats_monthly m
     LEFT JOIN known k ON ((k.folded = m.program)))
  WHERE (m.succeeded > 0);
COMMENT ON VIEW public.v_bot_savings_month IS 'hours that people were spared, by bot and month in the time zone of its program';
CREATE VIEW public.v_deliveries AS
 SELECT 'email'::character varying AS channel,
    email_logs.recipient_email AS recipient,
    email_logs.subject,
    email_logs.template_name,
    email_logs.sent_at,
    email_logs.status,
    email_logs.error_message,
    email_logs.notification_id,
    email_logs.duration_ms,
    email_logs.permanent,
    email_logs.uncertain,
    email_logs.reference,
    email_logs.node,
    (email_logs.id)::bigint AS id
   FROM public.email_logs
UNION ALL
 SELECT delivery_logs.channel,
    delivery_logs.recipient,
    delivery_logs.subject,
    delivery_logs.template_name,
    delivery_logs.sent_at,
    delivery_logs.status,
    delivery_logs.error_message,
    delivery_logs.notification_id,
    delivery_logs.duration_ms,
    delivery_logs.permanent,
    delivery_logs.uncertain,
    delivery_logs.reference,
    delivery_logs.node,
    delivery_logs.id
   FROM public.delivery_logs;
COMMENT ON VIEW public.v_deliveries IS 'each attempt to deliver on any channel';
CREATE VIEW public.v_department_savings_month AS
 WITH known AS (
         SELECT DISTINCT ON ((lower((programs.name)::text))) lower((programs.name)::text) AS folded,
            programs.department,
            programs.minutes_per_item,
            programs.hourly_cost
           FROM public.programs
          ORDER BY (lower((programs.name)::text)), programs.configured DESC, programs.name
        ), usual AS (
         SELECT ( SELECT nodes.hourly_cost
                   FROM public.nodes
                  WHERE (nodes.hourly_cost > (0)::numeric)
                  ORDER BY nodes.started_at DESC, nodes.name
                 LIMIT 1) AS hourly_cost
        )
 SELECT COALESCE(k.department, ''::text) AS department,
    m.month,
    count(*) AS bots,
    sum(m.succeeded) AS runs,
    sum(m.processed) AS total_count,
    round((sum(((m.processed)::numeric * COALESCE(k.minutes_per_item, 5.0))) / (60)::numeric), 1) AS saved_hours,
    round((sum((((m.processed)::numeric * COALESCE(k.minutes_per_item, 5.0)) * COALESCE(k.hourly_cost, u.hourly_cost, (0)::numeric))) / (60)::numeric), 0) AS saved_money
   FROM ((public.run_stats_monthly m
     CROSS JOIN usual u)
     LEFT JOIN known k ON ((k.folded = m.program)))
  WHERE (m.succeeded > 0)
  GROUP BY COALESCE(k.department, ''::text), m.month;
COMMENT ON VIEW public.v_department_savings_month IS 'hours that people were spared and what they would have cost, by department and month';
CREATE VIEW public.v_error_signatures AS
SELECT
    NULL::text AS id,
    NULL::text AS template,
    NULL::text AS sample,
    NULL::text AS level,
    NULL::timestamp with time zone AS first_seen,
    NULL::timestamp with time zone AS last_seen,
    NULL::bigint AS count,
    NULL::integer AS programs;
COMMENT ON VIEW public.v_error_signatures IS 'kinds of error with how often, where, since and until when each was seen';
CREATE VIEW public.v_incident_figures_month AS
 SELECT program,
    month,
    opened,
    resolved,
    open_at_end,
    acknowledged,
    mttr_hours,
    mtta_hours,
    outage_hours,
    longest_outage_hours,
    errors_opened
   FROM public.batmon_incident_months('UTC'::text) batmon_incident_months(program, month, opened, resolved, open_at_end, acknowledged, mttr_hours, mtta_hours, outage_hours, longest_outage_hours, errors_opened);
COMMENT ON VIEW public.v_incident_figures_month IS 'incidents by program and month of UTC; batmon_incident_months(zone) cuts them at another midnight';
CREATE VIEW public.v_latest_runs AS
 SELECT p.name AS program,
    p.node,
    r.log_id,
    r.run_id,
    r.bot_name,
    r.task_name,
    r.status,
    r.message,
    r.error_details,
    r.start_time,
    r.end_time,
    r.duration_sec,
    r.processed_count,
    r.origin
   FROM (public.programs p
     CROSS JOIN LATERAL ( SELECT l.log_id,
            l.bot_name,
            l.task_name,
            l.status,
            l.message,
            l.error_details,
            l.start_time,
            l.end_time,
            l.duration_sec,
            l.processed_count,
            l.run_id,
            l.origin,
            l.node,
            l.started_by,
            l.slot,
            l.exit_code,
            l.verified_late,
            l.evidence,
            l.changed_at
           FROM public.rpa_execution_logs l
          WHERE (lower((l.bot_name)::text) = lower((p.name)::text))
          ORDER BY l.start_time DESC
         LIMIT 1) r);
COMMENT ON VIEW public.v_latest_runs IS 'the latest run of each program, one row a program that ever ran';
CREATE VIEW public.v_program_month AS
 WITH known AS (
         SELECT DISTINCT ON ((lower((programs.name)::text))) lower((programs.name)::text) AS folded,
            programs.title,
            (programs.schedule <> '{}'::text[]) AS scheduled
           FROM public.programs
          ORDER BY (lower((programs.name)::text)), programs.configured DESC, programs.name
        )
 SELECT m.name AS program,
    COALESCE(k.title, ''::text) AS title,
    m.month,
    (m.succeeded + m.failed) AS runs,
    m.succeeded,
    m.failed,
    m.missed,
    m.unfinished,
    m.reruns,
    m.excused,
    ((m.succeeded)::double precision / (NULLIF((m.succeeded + m.failed), 0))::double precision) AS success_rate,
    ((((m.succeeded + m.failed) - m.reruns) + m.missed) - m.excused) AS due,
    (m.succeeded - m.reruns_succeeded) AS kept,
        CASE
            WHEN k.scheduled THEN (((m.succeeded - m.reruns_succeeded))::double precision / (NULLIF(GREATEST(((((m.succeeded + m.failed) - m.reruns) + m.missed) - m.excused), 0), 0))::double precision)
            ELSE NULL::double precision
        END AS availability,
    m.processed,
    m.timed,
    (m.seconds / (NULLIF(m.timed, 0))::double precision) AS mean_seconds,
    public.batmon_quantile(m.buckets, m.counts, (0.5)::double precision) AS p50_seconds,
    public.batmon_quantile(m.buckets, m.counts, (0.95)::double precision) AS p95_seconds
   FROM (public.run_stats_monthly m
     LEFT JOIN known k ON ((k.folded = m.program)));
COMMENT ON VIEW public.v_program_month IS 'runs by program and month of the program''s time zone';
CREATE VIEW public.v_program_state AS
 SELECT p.name AS program,
    p.title,
    p.node,
        CASE
            WHEN (n.last_seen < (now() - '00:01:00'::interval)) THEN 'UNKNOWN'::character varying
            ELSE s.status
        END AS status,
    s.reason,
    s.facts,
    s.since,
    s.checked_at,
    s.next_due,
    s.last_log,
    (s.last_run ->> 'status'::text) AS last_status,
    ((s.last_run ->> 'start_time'::text))::timestamp with time zone AS last_start,
    ((s.last_run ->> 'end_time'::text))::timestamp with time zone AS last_end,
    ((s.last_run ->> 'duration_sec'::text))::integer AS last_duration_sec,
    (s.last_run ->> 'message'::text) AS last_message,
    (s.running IS NOT NULL) AS is_running,
    i.opened_at AS incident_opened_at,
    n.last_seen AS node_last_seen,
    p.schedule,
    p.timezone,
    p.scheduler,
    p.base_dir,
    p.configured
   FROM (((public.programs p
     JOIN public.program_state s ON (((s.program)::text = (p.name)::text)))
     LEFT JOIN public.incidents i ON ((((i.program)::text = (p.name)::text) AND (i.resolved_at IS NULL))))
     LEFT JOIN public.nodes n ON ((n.name = p.node)));
COMMENT ON VIEW public.v_program_state IS 'what is thought of each program now; UNKNOWN when its daemon was last seen more than a minute ago';
CREATE VIEW public.v_run_daily AS
 SELECT name AS program,
    day,
    timezone,
    (succeeded + failed) AS runs,
    succeeded,
    failed,
    missed,
    unfinished,
    reruns,
    excused,
    ((succeeded)::double precision / (NULLIF((succeeded + failed), 0))::double precision) AS success_rate,
    ((((succeeded + failed) - reruns) + missed) - excused) AS due,
    (succeeded - reruns_succeeded) AS kept,
    processed,
    timed,
    (seconds / (NULLIF(timed, 0))::double precision) AS mean_seconds,
    public.batmon_quantile(buckets, counts, (0.5)::double precision) AS p50_seconds,
    public.batmon_quantile(buckets, counts, (0.95)::double precision) AS p95_seconds
   FROM public.run_stats_daily;
COMMENT ON VIEW public.v_run_daily IS 'runs by program and day of the program''s time zone';
CREATE VIEW public.v_run_monthly AS
 SELECT month,
    count(*) AS programs,
    sum((succeeded + failed)) AS runs,
    sum(succeeded) AS succeeded,
    sum(failed) AS failed,
    sum(missed) AS missed,
    sum(unfinished) AS unfinished,
    sum(reruns) AS reruns,
    sum(excused) AS excused,
    ((sum(succeeded))::double precision / (NULLIF(sum((succeeded + failed)), 0))::double precision) AS success_rate,
    sum(processed) AS processed,
    sum(timed) AS timed,
    (sum(seconds) / (NULLIF(sum(timed), 0))::double precision) AS mean_seconds
   FROM public.run_stats_monthly
  GROUP BY month;
COMMENT ON VIEW public.v_run_monthly IS 'runs of all programs by month of each program''s time zone';
CREATE TABLE public.verdicts (
    verdict_id bigint NOT NULL,
    program character varying(50) NOT NULL,
    node text NOT NULL,
    status character varying(20) NOT NULL,
    reason character varying(20) NOT NULL,
    at timestamp with time zone NOT NULL,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL
);
CREATE SEQUENCE public.verdicts_verdict_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.verdicts_verdict_id_seq OWNED BY public.verdicts.verdict_id;
CREATE TABLE public.visits (
    person text NOT NULL,
    name text NOT NULL,
    at timestamp with time zone NOT NULL,
    before_at timestamp with time zone
);
COMMENT ON COLUMN public.visits.person IS 'the fingerprint of a key, or local: and the name of a user of the operating system';
COMMENT ON COLUMN public.visits.before_at IS 'the visit before this one; NULL if there was none';
ALTER TABLE ONLY public.rpa_execution_logs ATTACH PARTITION public.rpa_execution_logs_rest DEFAULT;
ALTER TABLE ONLY batmon_jobs.pgqueuer ALTER COLUMN id SET DEFAULT nextval('batmon_jobs.pgqueuer_id_seq'::regclass);
ALTER TABLE ONLY batmon_jobs.pgqueuer_schedules ALTER COLUMN id SET DEFAULT nextval('batmon_jobs.pgqueuer_schedules_id_seq'::regclass);
ALTER TABLE ONLY batmon_jobs.pgqueuer_statistics ALTER COLUMN id SET DEFAULT nextval('batmon_jobs.pgqueuer_statistics_id_seq'::regclass);
ALTER TABLE ONLY public.audit_log ALTER COLUMN audit_id SET DEFAULT nextval('public.audit_log_audit_id_seq'::regclass);
ALTER TABLE ONLY public.automation_logs ALTER COLUMN id SET DEFAULT nextval('public.automation_logs_id_seq'::regclass);
ALTER TABLE ONLY public.delivery_logs ALTER COLUMN id SET DEFAULT nextval('public.delivery_logs_id_seq'::regclass);
ALTER TABLE ONLY public.email_logs ALTER COLUMN id SET DEFAULT nextval('public.email_logs_id_seq'::regclass);
ALTER TABLE ONLY public.incident_events ALTER COLUMN event_id SET DEFAULT nextval('public.incident_events_event_id_seq'::regclass);
ALTER TABLE ONLY public.incident_notices ALTER COLUMN notice_id SET DEFAULT nextval('public.incident_notices_notice_id_seq'::regclass);
ALTER TABLE ONLY public.incidents ALTER COLUMN incident_id SET DEFAULT nextval('public.incidents_incident_id_seq'::regclass);
ALTER TABLE ONLY public.report_records ALTER COLUMN id SET DEFAULT nextval('public.report_records_id_seq'::regclass);
ALTER TABLE ONLY public.report_schedules ALTER COLUMN id SET DEFAULT nextval('public.report_schedules_id_seq'::regclass);
ALTER TABLE ONLY public.rpa_execution_logs ALTER COLUMN log_id SET DEFAULT nextval('public.rpa_execution_logs_log_id_seq'::regclass);
ALTER TABLE ONLY public.silences ALTER COLUMN silence_id SET DEFAULT nextval('public.silences_silence_id_seq'::regclass);
ALTER TABLE ONLY public.verdicts ALTER COLUMN verdict_id SET DEFAULT nextval('public.verdicts_verdict_id_seq'::regclass);
ALTER TABLE ONLY batmon_jobs.pgqueuer_log
    ADD CONSTRAINT pgqueuer_log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY batmon_jobs.pgqueuer
    ADD CONSTRAINT pgqueuer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY batmon_jobs.pgqueuer_schedules
    ADD CONSTRAINT pgqueuer_schedules_expression_entrypoint_key UNIQUE (expression, entrypoint);
ALTER TABLE ONLY batmon_jobs.pgqueuer_schedules
    ADD CONSTRAINT pgqueuer_schedules_pkey PRIMARY KEY (id);
ALTER TABLE ONLY batmon_jobs.pgqueuer_statistics
    ADD CONSTRAINT pgqueuer_statistics_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (audit_id);
ALTER TABLE ONLY public.automation_logs
    ADD CONSTRAINT automation_logs_job_name_slot_key UNIQUE (job_name, slot);
ALTER TABLE ONLY public.automation_logs
    ADD CONSTRAINT automation_logs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.automation_state
    ADD CONSTRAINT automation_state_pkey PRIMARY KEY (job_name);
ALTER TABLE ONLY public.batmon_migrations
    ADD CONSTRAINT batmon_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.counters
    ADD CONSTRAINT counters_pkey PRIMARY KEY (name, day);
ALTER TABLE ONLY public.delivery_logs
    ADD CONSTRAINT delivery_logs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.delivery_nodes
    ADD CONSTRAINT delivery_nodes_pkey PRIMARY KEY (node);
ALTER TABLE ONLY public.email_logs
    ADD CONSTRAINT email_logs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.error_signature_programs
    ADD CONSTRAINT error_signature_programs_pkey PRIMARY KEY (signature, program);
ALTER TABLE ONLY public.error_signatures
    ADD CONSTRAINT error_signatures_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.event_rules
    ADD CONSTRAINT event_rules_pkey PRIMARY KEY (rule, node);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.feed_entries
    ADD CONSTRAINT feed_entries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.feed_reads
    ADD CONSTRAINT feed_reads_pkey PRIMARY KEY (person, entry);
ALTER TABLE ONLY public.inbox_actions
    ADD CONSTRAINT inbox_actions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.incident_events
    ADD CONSTRAINT incident_events_pkey PRIMARY KEY (event_id);
ALTER TABLE ONLY public.incident_groups
    ADD CONSTRAINT incident_groups_pkey PRIMARY KEY (route, channel, recipient, language);
ALTER TABLE ONLY public.incident_notices
    ADD CONSTRAINT incident_notices_incident_id_sequence_channel_recipient_key UNIQUE (incident_id, sequence, channel, recipient);
ALTER TABLE ONLY public.incident_notices
    ADD CONSTRAINT incident_notices_pkey PRIMARY KEY (notice_id);
ALTER TABLE ONLY public.incidents
    ADD CONSTRAINT incidents_pkey PRIMARY KEY (incident_id);
ALTER TABLE ONLY public.log_cursors
    ADD CONSTRAINT log_cursors_pkey PRIMARY KEY (node, program, fingerprint);
ALTER TABLE ONLY public.maintenance_kept
    ADD CONSTRAINT maintenance_kept_pkey PRIMARY KEY (program, since, name);
ALTER TABLE ONLY public.maintenance_looks
    ADD CONSTRAINT maintenance_looks_pkey PRIMARY KEY (node);
ALTER TABLE ONLY public.nodes
    ADD CONSTRAINT nodes_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.notification_attachments
    ADD CONSTRAINT notification_attachments_pkey PRIMARY KEY (notification_id, place);
ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_pkey PRIMARY KEY (notification_id);
ALTER TABLE ONLY public.open_runs
    ADD CONSTRAINT open_runs_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY public.probe_samples
    ADD CONSTRAINT probe_samples_pkey PRIMARY KEY (program, at);
ALTER TABLE ONLY public.program_state
    ADD CONSTRAINT program_state_pkey PRIMARY KEY (program);
ALTER TABLE ONLY public.programs
    ADD CONSTRAINT programs_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.report_records
    ADD CONSTRAINT report_records_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.report_schedules
    ADD CONSTRAINT report_schedules_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.report_texts
    ADD CONSTRAINT report_texts_pkey PRIMARY KEY (report_id);
ALTER TABLE ONLY public.rpa_execution_logs
    ADD CONSTRAINT rpa_execution_logs_pkey PRIMARY KEY (log_id, start_time);
ALTER TABLE ONLY public.rpa_execution_logs_rest
    ADD CONSTRAINT rpa_execution_logs_rest_pkey PRIMARY KEY (log_id, start_time);
ALTER TABLE ONLY public.rpa_execution_logs
    ADD CONSTRAINT rpa_execution_logs_run_id_start_time_key UNIQUE (run_id, start_time);
ALTER TABLE ONLY public.rpa_execution_logs_rest
    ADD CONSTRAINT rpa_execution_logs_rest_run_id_start_time_key UNIQUE (run_id, start_time);
ALTER TABLE ONLY public.run_items
    ADD CONSTRAINT run_items_pkey PRIMARY KEY (run_id, account);
ALTER TABLE ONLY public.run_stats_backlog
    ADD CONSTRAINT run_stats_backlog_pkey PRIMARY KEY (program);
ALTER TABLE ONLY public.run_stats_daily
    ADD CONSTRAINT run_stats_daily_pkey PRIMARY KEY (program, day);
ALTER TABLE ONLY public.run_stats_monthly
    ADD CONSTRAINT run_stats_monthly_pkey PRIMARY KEY (program, month);
ALTER TABLE ONLY public.run_stats_months
    ADD CONSTRAINT run_stats_months_pkey PRIMARY KEY (month);
ALTER TABLE ONLY public.run_stats_queue
    ADD CONSTRAINT run_stats_queue_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.silences
    ADD CONSTRAINT silences_pkey PRIMARY KEY (silence_id);
ALTER TABLE ONLY public.verdicts
    ADD CONSTRAINT verdicts_pkey PRIMARY KEY (verdict_id);
ALTER TABLE ONLY public.visits
    ADD CONSTRAINT visits_pkey PRIMARY KEY (person);
CREATE INDEX pgqueuer_ep_ea_idx ON batmon_jobs.pgqueuer USING btree (entrypoint, execute_after) WHERE (status = 'queued'::batmon_jobs.pgqueuer_status);
CREATE INDEX pgqueuer_ep_prio_id_idx ON batmon_jobs.pgqueuer USING btree (entrypoint, priority DESC, id) WHERE (status = 'queued'::batmon_jobs.pgqueuer_status);
CREATE INDEX pgqueuer_log_created ON batmon_jobs.pgqueuer_log USING btree (created);
CREATE INDEX pgqueuer_log_job_id_status ON batmon_jobs.pgqueuer_log USING btree (job_id, created DESC);
CREATE INDEX pgqueuer_log_not_aggregated ON batmon_jobs.pgqueuer_log USING btree ((1)) WHERE (NOT aggregated);
CREATE INDEX pgqueuer_log_status ON batmon_jobs.pgqueuer_log USING btree (status);
CREATE INDEX pgqueuer_picked_heartbeat_idx ON batmon_jobs.pgqueuer USING btree (heartbeat) WHERE (status = 'picked'::batmon_jobs.pgqueuer_status);
CREATE UNIQUE INDEX pgqueuer_picked_slot_idx ON batmon_jobs.pgqueuer USING btree (entrypoint, slot) WHERE ((status = 'picked'::batmon_jobs.pgqueuer_status) AND (slot IS NOT NULL));
CREATE INDEX pgqueuer_priority_id_id1_idx ON batmon_jobs.pgqueuer USING btree (priority, id DESC) INCLUDE (id) WHERE (status = 'queued'::batmon_jobs.pgqueuer_status);
CREATE INDEX pgqueuer_queue_manager_id_idx ON batmon_jobs.pgqueuer USING btree (queue_manager_id) WHERE (queue_manager_id IS NOT NULL);
CREATE UNIQUE INDEX pgqueuer_statistics_unique_count ON batmon_jobs.pgqueuer_statistics USING btree (priority, date_trunc('sec'::text, timezone('UTC'::text, created)), status, entrypoint);
CREATE UNIQUE INDEX pgqueuer_unique_dedupe_key ON batmon_jobs.pgqueuer USING btree (dedupe_key) WHERE ((status = ANY (ARRAY['queued'::batmon_jobs.pgqueuer_status, 'picked'::batmon_jobs.pgqueuer_status])) AND (dedupe_key IS NOT NULL));
CREATE INDEX pgqueuer_updated_id_id1_idx ON batmon_jobs.pgqueuer USING btree (updated, id DESC) INCLUDE (id) WHERE (status = 'picked'::batmon_jobs.pgqueuer_status);
CREATE INDEX audit_log_at ON public.audit_log USING btree (at);
CREATE INDEX automation_logs_job ON public.automation_logs USING btree (job_name, id DESC);
CREATE INDEX automation_logs_open ON public.automation_logs USING btree (job_name, id) WHERE (((status)::text = 'queued'::text) OR ((status)::text = 'running'::text));
CREATE INDEX automation_logs_time ON public.automation_logs USING btree (execution_time);
CREATE INDEX delivery_logs_notification ON public.delivery_logs USING btree (notification_id) WHERE (notification_id IS NOT NULL);
CREATE INDEX delivery_logs_sent_at ON public.delivery_logs USING btree (sent_at DESC);
CREATE INDEX email_logs_notification ON public.email_logs USING btree (notification_id) WHERE (notification_id IS NOT NULL);
CREATE INDEX email_logs_sent_at ON public.email_logs USING btree (sent_at DESC);
CREATE INDEX error_signature_programs_program ON public.error_signature_programs USING btree (program);
CREATE INDEX events_dead ON public.events USING btree (id DESC) WHERE (state = 'dead'::text);
CREATE INDEX events_rule ON public.events USING btree (rule, id DESC);
CREATE INDEX events_waiting ON public.events USING btree (next_try, id) WHERE (state = 'waiting'::text);
CREATE INDEX events_waiting_of_row ON public.events USING btree (rule, row_key, id) WHERE (state = 'waiting'::text);
CREATE INDEX feed_entries_at ON public.feed_entries USING btree (at, id);
CREATE INDEX feed_reads_entry ON public.feed_reads USING btree (entry);
CREATE INDEX inbox_actions_item ON public.inbox_actions USING btree (inbox, item, id DESC);
CREATE INDEX incident_events_at ON public.incident_events USING btree (at);
CREATE INDEX incident_events_incident ON public.incident_events USING btree (incident_id, event_id);
CREATE INDEX incident_notices_notification ON public.incident_notices USING btree (notification_id) WHERE (notification_id IS NOT NULL);
CREATE INDEX incident_notices_waiting ON public.incident_notices USING btree (route, channel, recipient, language, due_at) WHERE (state = 'waiting'::text);
CREATE INDEX incidents_folded ON public.incidents USING btree (lower((program)::text), incident_id DESC);
CREATE INDEX incidents_held ON public.incidents USING btree (incident_id) WHERE ((resolved_at IS NULL) AND (held_by <> '{}'::text[]));
CREATE INDEX incidents_lifetime ON public.incidents USING gist (lifetime);
CREATE INDEX incidents_next ON public.incidents USING btree (next_at) WHERE ((resolved_at IS NULL) AND (next_at IS NOT NULL));
CREATE UNIQUE INDEX incidents_open ON public.incidents USING btree (program) WHERE (resolved_at IS NULL);
CREATE INDEX incidents_program ON public.incidents USING btree (program, incident_id DESC);
CREATE INDEX incidents_resolved ON public.incidents USING btree (resolved_at) WHERE (resolved_at IS NOT NULL);
CREATE INDEX incidents_updated ON public.incidents USING btree (updated_at);
CREATE INDEX notifications_incidents ON public.notifications USING gin (incident_ids) WITH (fastupdate=off);
CREATE UNIQUE INDEX notifications_key ON public.notifications USING btree (key) WHERE (key IS NOT NULL);
CREATE UNIQUE INDEX notifications_number ON public.notifications USING btree (number DESC);
CREATE INDEX notifications_settled ON public.notifications USING btree (state, settled_at) WHERE (state <> 'owed'::text);
CREATE INDEX notifications_unsettled ON public.notifications USING btree (state, due_at) WHERE (state <> 'sent'::text);
CREATE INDEX report_records_kept ON public.report_records USING btree (node, created_at) WHERE ((status)::text = 'DONE'::text);
CREATE INDEX report_records_key ON public.report_records USING btree (key) WHERE (key IS NOT NULL);
CREATE INDEX report_records_open ON public.report_records USING btree (node) WHERE (((status)::text = 'PENDING'::text) OR ((status)::text = 'RUNNING'::text));
CREATE INDEX report_records_schedule ON public.report_records USING btree (schedule_id, id DESC) WHERE (schedule_id IS NOT NULL);
CREATE INDEX report_records_template ON public.report_records USING btree (template, id DESC);
CREATE UNIQUE INDEX report_schedules_name ON public.report_schedules USING btree (name);
CREATE INDEX rpa_execution_logs_batches ON ONLY public.rpa_execution_logs USING btree (start_time) WHERE ((task_name)::text ~~ 'single\_step\_%'::text);
CREATE INDEX rpa_execution_logs_bot ON ONLY public.rpa_execution_logs USING btree (bot_name, start_time DESC);
CREATE INDEX rpa_execution_logs_changed ON ONLY public.rpa_execution_logs USING brin (changed_at) WITH (pages_per_range='16', autosummarize='on');
CREATE INDEX rpa_execution_logs_program ON ONLY public.rpa_execution_logs USING btree (lower((bot_name)::text), start_time DESC);
CREATE INDEX rpa_execution_logs_rest_bot_name_start_time_idx ON public.rpa_execution_logs_rest USING btree (bot_name, start_time DESC);
CREATE INDEX rpa_execution_logs_rest_changed_at_idx ON public.rpa_execution_logs_rest USING brin (changed_at) WITH (pages_per_range='16', autosummarize='on');
CREATE INDEX rpa_execution_logs_rest_lower_start_time_idx ON public.rpa_execution_logs_rest USING btree (lower((bot_name)::text), start_time DESC);
CREATE INDEX rpa_execution_logs_rest_start_time_idx ON public.rpa_execution_logs_rest USING btree (start_time) WHERE ((task_name)::text ~~ 'single\_step\_%'::text);
CREATE INDEX run_stats_daily_day ON public.run_stats_daily USING btree (day);
CREATE INDEX run_stats_daily_name ON public.run_stats_daily USING btree (name, day);
CREATE INDEX run_stats_monthly_month ON public.run_stats_monthly USING btree (month);
CREATE INDEX silences_active ON public.silences USING btree (until) WHERE (ended_at IS NULL);
CREATE INDEX verdicts_program ON public.verdicts USING btree (program, at DESC);
ALTER INDEX public.rpa_execution_logs_bot ATTACH PARTITION public.rpa_execution_logs_rest_bot_name_start_time_idx;
ALTER INDEX public.rpa_execution_logs_changed ATTACH PARTITION public.rpa_execution_logs_rest_changed_at_idx;
ALTER INDEX public.rpa_execution_logs_program ATTACH PARTITION public.rpa_execution_logs_rest_lower_start_time_idx;
ALTER INDEX public.rpa_execution_logs_pkey ATTACH PARTITION public.rpa_execution_logs_rest_pkey;
ALTER INDEX public.rpa_execution_logs_run_id_start_time_key ATTACH PARTITION public.rpa_execution_logs_rest_run_id_start_time_key;
ALTER INDEX public.rpa_execution_logs_batches ATTACH PARTITION public.rpa_execution_logs_rest_start_time_idx;
CREATE OR REPLACE VIEW public.v_error_signatures AS
 SELECT s.id,
    s.template,
    s.sample,
    s.level,
    min(p.first_seen) AS first_seen,
    max(p.last_seen) AS last_seen,
    (sum(p.count))::bigint AS count,
    (count(*))::integer AS programs
   FROM (public.error_signatures s
     JOIN public.error_signature_programs p ON ((p.signature = s.id)))
  WHERE (p.count > 0)
  GROUP BY s.id;
CREATE TRIGGER tg_pgqueuer_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON batmon_jobs.pgqueuer FOR EACH STATEMENT EXECUTE FUNCTION batmon_jobs.fn_pgqueuer_changed();
CREATE TRIGGER batmon_incident_turned BEFORE INSERT OR UPDATE OF severity, resolved_at, acknowledged_at ON public.incidents FOR EACH ROW EXECUTE FUNCTION public.batmon_incident_turned();
CREATE TRIGGER batmon_program_added AFTER INSERT ON public.programs FOR EACH ROW EXECUTE FUNCTION public.batmon_program_days();
CREATE TRIGGER batmon_program_changed AFTER UPDATE ON public.programs FOR EACH ROW WHEN ((old.timezone <> new.timezone)) EXECUTE FUNCTION public.batmon_program_days();
CREATE TRIGGER batmon_program_gone AFTER DELETE ON public.programs FOR EACH ROW EXECUTE FUNCTION public.batmon_program_days();
CREATE TRIGGER batmon_run_changed BEFORE INSERT OR UPDATE ON public.rpa_execution_logs FOR EACH ROW WHEN ((current_setting('batmon.quiet'::text, true) IS DISTINCT FROM 'on'::text)) EXECUTE FUNCTION public.batmon_run_changed();
CREATE TRIGGER batmon_runs_deleted AFTER DELETE ON public.rpa_execution_logs REFERENCING OLD TABLE AS was FOR EACH STATEMENT EXECUTE FUNCTION public.batmon_runs_deleted();
CREATE TRIGGER batmon_runs_inserted AFTER INSERT ON public.rpa_execution_logs REFERENCING NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION public.batmon_runs_inserted();
CREATE TRIGGER batmon_runs_truncated AFTER TRUNCATE ON public.rpa_execution_logs FOR EACH STATEMENT EXECUTE FUNCTION public.batmon_runs_truncated();
CREATE TRIGGER batmon_runs_updated AFTER UPDATE ON public.rpa_execution_logs REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION public.batmon_runs_updated();
ALTER TABLE ONLY public.feed_reads
    ADD CONSTRAINT feed_reads_entry_fkey FOREIGN KEY (entry) REFERENCES public.feed_entries(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.incident_events
    ADD CONSTRAINT incident_events_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.incidents(incident_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.incident_notices
    ADD CONSTRAINT incident_notices_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.incidents(incident_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.notification_attachments
    ADD CONSTRAINT notification_attachments_notification_id_fkey FOREIGN KEY (notification_id) REFERENCES public.notifications(notification_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.probe_samples
    ADD CONSTRAINT probe_samples_program_fkey FOREIGN KEY (program) REFERENCES public.programs(name) ON DELETE CASCADE;
ALTER TABLE ONLY public.program_state
    ADD CONSTRAINT program_state_program_fkey FOREIGN KEY (program) REFERENCES public.programs(name) ON DELETE CASCADE;
ALTER TABLE ONLY public.report_records
    ADD CONSTRAINT report_records_schedule_id_fkey FOREIGN KEY (schedule_id) REFERENCES public.report_schedules(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.report_texts
    ADD CONSTRAINT report_texts_report_id_fkey FOREIGN KEY (report_id) REFERENCES public.report_records(id) ON DELETE CASCADE;
