-- What is watched, what is thought of it now, and what was thought before.
CREATE TABLE nodes (
    name text PRIMARY KEY,
    version text NOT NULL,
    started_at timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    blind_from timestamptz
);
COMMENT ON COLUMN nodes.blind_from IS 'when the daemon before this one was last seen; NULL on a first start';

CREATE TABLE programs (
    name varchar(50) PRIMARY KEY,
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
    seen_at timestamptz NOT NULL
);

CREATE TABLE program_state (
    program varchar(50) PRIMARY KEY REFERENCES programs (name) ON DELETE CASCADE,
    node text NOT NULL,
    status varchar(20) NOT NULL,
    reason varchar(20) NOT NULL,
    facts jsonb NOT NULL DEFAULT '{}',
    since timestamptz NOT NULL,
    checked_at timestamptz NOT NULL,
    next_due timestamptz,
    deadline timestamptz,
    judged_until timestamptz NOT NULL,
    watch_since timestamptz NOT NULL,
    last_run jsonb,
    running jsonb,
    strip jsonb NOT NULL DEFAULT '[]',
    last_log text NOT NULL DEFAULT '',
    log_seen boolean NOT NULL DEFAULT false,
    version bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 60);

CREATE TABLE verdicts (
    verdict_id bigserial PRIMARY KEY,
    program varchar(50) NOT NULL,
    node text NOT NULL,
    status varchar(20) NOT NULL,
    reason varchar(20) NOT NULL,
    at timestamptz NOT NULL,
    facts jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX verdicts_program ON verdicts (program, at DESC);

CREATE TABLE incidents (
    incident_id bigserial PRIMARY KEY,
    program varchar(50) NOT NULL,
    reason varchar(20) NOT NULL,
    opened_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text,
    resolved_at timestamptz,
    first_verdict bigint NOT NULL,
    last_verdict bigint NOT NULL
);
CREATE UNIQUE INDEX incidents_open ON incidents (program) WHERE resolved_at IS NULL;

CREATE TABLE log_cursors (
    node text NOT NULL,
    program varchar(50) NOT NULL,
    fingerprint text NOT NULL,
    path text NOT NULL,
    "offset" bigint NOT NULL,
    scan_state jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (node, program, fingerprint)
) WITH (fillfactor = 60);

CREATE TABLE audit_log (
    audit_id bigserial PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    role text NOT NULL,
    peer text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    outcome text NOT NULL,
    detail jsonb NOT NULL DEFAULT '""'
);
