-- The sum of the migrations, for reading; a test holds it so (BATMON_WRITE_SCHEMA=1 lets it write this file).
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
    seen_at timestamp with time zone NOT NULL
);
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
ALTER TABLE ONLY public.incidents
    ADD CONSTRAINT incidents_pkey PRIMARY KEY (incident_id);
ALTER TABLE ONLY public.log_cursors
    ADD CONSTRAINT log_cursors_pkey PRIMARY KEY (node, program, fingerprint);
ALTER TABLE ONLY public.nodes
    ADD CONSTRAINT nodes_pkey PRIMARY KEY (name);
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
CREATE TRIGGER batmon_run_changed BEFORE INSERT OR UPDATE ON public.rpa_execution_logs FOR EACH ROW EXECUTE FUNCTION public.batmon_run_changed();
ALTER TABLE ONLY public.program_state
    ADD CONSTRAINT program_state_program_fkey FOREIGN KEY (program) REFERENCES public.programs(name) ON DELETE CASCADE;
