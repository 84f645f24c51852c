-- The sum of the migrations, for reading; a test holds it so (BATMON_WRITE_SCHEMA=1 lets it write this file).
CREATE FUNCTION public.batmon_beat(run_ids uuid[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE open_runs SET beat_at = clock_timestamp() WHERE run_id = ANY (run_ids);
END $$;
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
    minutes_per_item numeric DEFAULT 5.0 NOT NULL
);
COMMENT ON COLUMN public.programs.minutes_per_item IS 'how long a person takes for what a run counts as one';
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
CREATE FUNCTION public.batmon_savings(since timestamp with time zone, until_ timestamp with time zone) RETURNS TABLE(bot_name text, month date, runs bigint, total_count bigint, minutes_per_item numeric, saved_hours numeric, avg_runtime_sec numeric)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH known AS (
          SELECT DISTINCT ON ((lower((programs.name)::text))) lower((programs.name)::text) AS folded,
             (programs.name)::text AS name,
             programs.timezone,
             programs.minutes_per_item
            FROM public.programs
           ORDER BY (lower((programs.name)::text)), programs.configured DESC, (programs.name)::text
         ), counted AS (
          SELECT COALESCE(k.name, min((l.bot_name)::text)) AS bot_name,
             (date_trunc('month'::text, (l.start_time AT TIME ZONE COALESCE(k.timezone, 'UTC'::text))))::date AS month,
             count(*) AS runs,
             COALESCE(sum(l.processed_count), (0)::bigint) AS total_count,
             avg(l.duration_sec) AS seconds,
             COALESCE(k.minutes_per_item, 5.0) AS minutes
            FROM (public.rpa_execution_logs l
              LEFT JOIN known k ON ((k.folded = lower((l.bot_name)::text))))
           WHERE ((l.start_time >= batmon_savings.since) AND (l.start_time < batmon_savings.until_) AND (upper(btrim((l.status)::text)) = ANY (ARRAY['SUCCESS'::text, 'SUCCEEDED'::text, 'OK'::text, 'COMPLETED'::text, 'DONE'::text, '성공'::text, '완료'::text, '정상'::text])))
           GROUP BY (lower((l.bot_name)::text)), k.name, ((date_trunc('month'::text, (l.start_time AT TIME ZONE COALESCE(k.timezone, 'UTC'::text))))::date), COALESCE(k.minutes_per_item, 5.0)
         )
  SELECT counted.bot_name,
     counted.month,
     counted.runs,
     counted.total_count,
     counted.minutes,
     round((((counted.total_count)::numeric * counted.minutes) / (60)::numeric), 1) AS round,
     round(counted.seconds, 0) AS round
    FROM counted;
END;
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
CREATE TABLE public.batmon_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
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
CREATE TABLE public.incidents (
    incident_id bigint NOT NULL,
    program character varying(50) NOT NULL,
    reason character varying(20) NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    acknowledged_at timestamp with time zone,
    acknowledged_by text,
    resolved_at timestamp with time zone,
    first_verdict bigint NOT NULL,
    last_verdict bigint NOT NULL
);
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
CREATE TABLE public.nodes (
    name text NOT NULL,
    version text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    blind_from timestamp with time zone
);
COMMENT ON COLUMN public.nodes.blind_from IS 'when the daemon before this one was last seen; NULL on a first start';
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
CREATE VIEW public.v_bot_savings_month AS
 SELECT bot_name,
    month,
    runs,
    total_count,
    minutes_per_item,
    saved_hours,
    avg_runtime_sec
   FROM public.batmon_savings('-infinity'::timestamp with time zone, 'infinity'::timestamp with time zone) batmon_savings(bot_name, month, runs, total_count, minutes_per_item, saved_hours, avg_runtime_sec);
COMMENT ON VIEW public.v_bot_savings_month IS 'hours that people were spared, by bot and month in the time zone of its program; it reads all history';
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
ALTER TABLE ONLY public.rpa_execution_logs ATTACH PARTITION public.rpa_execution_logs_rest DEFAULT;
ALTER TABLE ONLY public.audit_log ALTER COLUMN audit_id SET DEFAULT nextval('public.audit_log_audit_id_seq'::regclass);
ALTER TABLE ONLY public.incidents ALTER COLUMN incident_id SET DEFAULT nextval('public.incidents_incident_id_seq'::regclass);
ALTER TABLE ONLY public.rpa_execution_logs ALTER COLUMN log_id SET DEFAULT nextval('public.rpa_execution_logs_log_id_seq'::regclass);
ALTER TABLE ONLY public.verdicts ALTER COLUMN verdict_id SET DEFAULT nextval('public.verdicts_verdict_id_seq'::regclass);
ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (audit_id);
ALTER TABLE ONLY public.batmon_migrations
    ADD CONSTRAINT batmon_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.error_signature_programs
    ADD CONSTRAINT error_signature_programs_pkey PRIMARY KEY (signature, program);
ALTER TABLE ONLY public.error_signatures
    ADD CONSTRAINT error_signatures_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.incidents
    ADD CONSTRAINT incidents_pkey PRIMARY KEY (incident_id);
ALTER TABLE ONLY public.log_cursors
    ADD CONSTRAINT log_cursors_pkey PRIMARY KEY (node, program, fingerprint);
ALTER TABLE ONLY public.nodes
    ADD CONSTRAINT nodes_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.open_runs
    ADD CONSTRAINT open_runs_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY public.program_state
    ADD CONSTRAINT program_state_pkey PRIMARY KEY (program);
ALTER TABLE ONLY public.programs
    ADD CONSTRAINT programs_pkey PRIMARY KEY (name);
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
ALTER TABLE ONLY public.verdicts
    ADD CONSTRAINT verdicts_pkey PRIMARY KEY (verdict_id);
CREATE INDEX error_signature_programs_program ON public.error_signature_programs USING btree (program);
CREATE UNIQUE INDEX incidents_open ON public.incidents USING btree (program) WHERE (resolved_at IS NULL);
CREATE INDEX rpa_execution_logs_bot ON ONLY public.rpa_execution_logs USING btree (bot_name, start_time DESC);
CREATE INDEX rpa_execution_logs_changed ON ONLY public.rpa_execution_logs USING brin (changed_at) WITH (pages_per_range='16', autosummarize='on');
CREATE INDEX rpa_execution_logs_program ON ONLY public.rpa_execution_logs USING btree (lower((bot_name)::text), start_time DESC);
CREATE INDEX rpa_execution_logs_rest_bot_name_start_time_idx ON public.rpa_execution_logs_rest USING btree (bot_name, start_time DESC);
CREATE INDEX rpa_execution_logs_rest_changed_at_idx ON public.rpa_execution_logs_rest USING brin (changed_at) WITH (pages_per_range='16', autosummarize='on');
CREATE INDEX rpa_execution_logs_rest_lower_start_time_idx ON public.rpa_execution_logs_rest USING btree (lower((bot_name)::text), start_time DESC);
CREATE INDEX verdicts_program ON public.verdicts USING btree (program, at DESC);
ALTER INDEX public.rpa_execution_logs_bot ATTACH PARTITION public.rpa_execution_logs_rest_bot_name_start_time_idx;
ALTER INDEX public.rpa_execution_logs_changed ATTACH PARTITION public.rpa_execution_logs_rest_changed_at_idx;
ALTER INDEX public.rpa_execution_logs_program ATTACH PARTITION public.rpa_execution_logs_rest_lower_start_time_idx;
ALTER INDEX public.rpa_execution_logs_pkey ATTACH PARTITION public.rpa_execution_logs_rest_pkey;
ALTER INDEX public.rpa_execution_logs_run_id_start_time_key ATTACH PARTITION public.rpa_execution_logs_rest_run_id_start_time_key;
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
CREATE TRIGGER batmon_run_changed BEFORE INSERT OR UPDATE ON public.rpa_execution_logs FOR EACH ROW WHEN ((current_setting('batmon.quiet'::text, true) IS DISTINCT FROM 'on'::text)) EXECUTE FUNCTION public.batmon_run_changed();
ALTER TABLE ONLY public.program_state
    ADD CONSTRAINT program_state_program_fkey FOREIGN KEY (program) REFERENCES public.programs(name) ON DELETE CASCADE;
