-- Work on incidents: who took one on, what keeps it quiet, when it must be looked at again, and who was told what.
ALTER TABLE incidents
    ADD COLUMN node text NOT NULL DEFAULT '',
    ADD COLUMN severity varchar(20) NOT NULL DEFAULT 'ERROR',
    ADD COLUMN facts jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
    ADD COLUMN run_id uuid,
    ADD COLUMN begun_at timestamptz,
    ADD COLUMN resolved_by text NOT NULL DEFAULT '',
    ADD COLUMN reopened integer NOT NULL DEFAULT 0,
    ADD COLUMN acknowledged_until timestamptz,
    ADD COLUMN acknowledged_note text NOT NULL DEFAULT '',
    ADD COLUMN quiet_kind text NOT NULL DEFAULT '',
    ADD COLUMN quiet_name text NOT NULL DEFAULT '',
    ADD COLUMN quiet_until timestamptz,
    ADD COLUMN quiet_by text NOT NULL DEFAULT '',
    ADD COLUMN quiet_why text NOT NULL DEFAULT '',
    ADD COLUMN held_by text[] NOT NULL DEFAULT '{}',
    ADD COLUMN flapping boolean NOT NULL DEFAULT false,
    ADD COLUMN good_since timestamptz,
    ADD COLUMN history text NOT NULL DEFAULT '',
    ADD COLUMN changed_at timestamptz,
    ADD COLUMN step integer NOT NULL DEFAULT 0,
    ADD COLUMN sequence integer NOT NULL DEFAULT 0,
    ADD COLUMN told_at timestamptz,
    ADD COLUMN next_at timestamptz,
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN writer text NOT NULL DEFAULT '';
UPDATE incidents i SET begun_at = opened_at, node = coalesce((SELECT p.node FROM programs p WHERE p.name = i.program), '');
ALTER TABLE incidents ALTER COLUMN begun_at SET NOT NULL;
COMMENT ON COLUMN incidents.begun_at IS 'when it was last reopened, else opened';
COMMENT ON COLUMN incidents.quiet_kind IS 'silence or maintenance; empty: neither';
COMMENT ON COLUMN incidents.history IS 'what was observed, 0 good and 1 bad, the newest last';
COMMENT ON COLUMN incidents.step IS 'rungs of the ladder that were told since begun_at';
COMMENT ON COLUMN incidents.sequence IS 'how often anything was owed for it';
COMMENT ON COLUMN incidents.next_at IS 'when it must be looked at again, whatever happens';
COMMENT ON COLUMN incidents.writer IS 'the process that changed it last, so that it need not learn of it';
CREATE INDEX incidents_program ON incidents (program, incident_id DESC);
CREATE INDEX incidents_next ON incidents (next_at) WHERE resolved_at IS NULL AND next_at IS NOT NULL;
CREATE INDEX incidents_held ON incidents (incident_id) WHERE resolved_at IS NULL AND held_by <> '{}';
CREATE INDEX incidents_updated ON incidents (updated_at);
CREATE INDEX incidents_resolved ON incidents (resolved_at) WHERE resolved_at IS NOT NULL;

CREATE TABLE incident_events (
    event_id bigserial PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incidents (incident_id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    by text NOT NULL DEFAULT '',
    text text NOT NULL DEFAULT '',
    data jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE incident_events IS 'the timeline of each incident; only ever added to';
CREATE INDEX incident_events_at ON incident_events (at);
CREATE INDEX audit_log_at ON audit_log (at);
CREATE INDEX incident_events_incident ON incident_events (incident_id, event_id);

-- One recipient is to be told something of one incident; what waits is gathered into one message a group.
CREATE TABLE incident_notices (
    notice_id bigserial PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incidents (incident_id) ON DELETE CASCADE,
    episode integer NOT NULL,
    sequence integer NOT NULL,
    kind text NOT NULL,
    route text NOT NULL,
    channel text NOT NULL,
    recipient text NOT NULL,
    language text NOT NULL,
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'owed', 'withdrawn')),
    why text NOT NULL DEFAULT '',
    owed_at timestamptz,
    notification_id uuid,
    UNIQUE (incident_id, sequence, channel, recipient)
) WITH (fillfactor = 70);
COMMENT ON COLUMN incident_notices.episode IS 'how often the incident had been reopened then';
COMMENT ON COLUMN incident_notices.why IS 'why it was withdrawn';
CREATE INDEX incident_notices_waiting ON incident_notices (route, channel, recipient, language, due_at) WHERE state = 'waiting';
CREATE INDEX incident_notices_notification ON incident_notices (notification_id) WHERE notification_id IS NOT NULL;

-- When each group was last told anything.
CREATE TABLE incident_groups (
    route text NOT NULL,
    channel text NOT NULL,
    recipient text NOT NULL,
    language text NOT NULL,
    sent_at timestamptz NOT NULL,
    PRIMARY KEY (route, channel, recipient, language)
);

CREATE TABLE silences (
    silence_id bigserial PRIMARY KEY,
    program text NOT NULL DEFAULT '',
    tag text NOT NULL DEFAULT '',
    pattern text NOT NULL DEFAULT '',
    why text NOT NULL,
    by text NOT NULL,
    created_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text NOT NULL DEFAULT '',
    CHECK (program <> '' OR tag <> '' OR pattern <> '')
);
CREATE INDEX silences_active ON silences (until) WHERE ended_at IS NULL;

-- When each person was last here: what a handover begins from.
CREATE TABLE visits (
    person text PRIMARY KEY,
    name text NOT NULL,
    at timestamptz NOT NULL,
    before_at timestamptz
);
COMMENT ON COLUMN visits.person IS 'the fingerprint of a key, or local: and the name of a user of the operating system';
COMMENT ON COLUMN visits.before_at IS 'the visit before this one; NULL if there was none';
