-- name: put_programs
-- Write programs as they are configured now.
-- $1 text: JSON list of objects with the columns of programs
INSERT INTO programs
SELECT * FROM jsonb_populate_recordset(NULL::programs, $1::text::jsonb)
ON CONFLICT (name) DO UPDATE SET node = excluded.node, title = excluded.title, base_dir = excluded.base_dir,
    schedule = excluded.schedule, timezone = excluded.timezone, grace_sec = excluded.grace_sec,
    max_runtime_sec = excluded.max_runtime_sec, scheduler = excluded.scheduler, logs = excluded.logs,
    rerun = excluded.rerun, configured = excluded.configured, seen_at = excluded.seen_at,
    minutes_per_item = excluded.minutes_per_item, department = excluded.department, hourly_cost = excluded.hourly_cost,
    availability_target = excluded.availability_target;

-- name: add_unconfigured
-- Write a program that nobody configured, unless there is one of that name.
-- $1 text: name
-- $2 text: node
-- $3 timestamptz: now
-- $4 text: time zone
-- $5 float8: what an hour of a person's work costs
INSERT INTO programs (name, node, title, base_dir, schedule, timezone, grace_sec, max_runtime_sec, scheduler, logs, rerun, configured,
    seen_at, hourly_cost)
VALUES ($1::text, $2, $1::text, '', '{}', $4, 0, 0, '', '{}', '{}', false, $3, $5::float8)
ON CONFLICT (name) DO NOTHING;

-- name: cost_of_unconfigured
-- What an hour of a person's work costs, of bots that nobody configured: those of a node, and those that no node watches.
-- $1 text: node
-- $2 float8: what it costs
WITH said AS (UPDATE nodes SET hourly_cost = $2::float8 WHERE name = $1)
UPDATE programs SET hourly_cost = $2::float8 WHERE node = $1 AND NOT configured AND hourly_cost <> ($2::float8)::numeric;

-- name: add_states
-- Begin to watch programs: a state for each that has none; the node of those that have one.
-- $1 text[]: names
-- $2 text: node
-- $3 timestamptz: now
INSERT INTO program_state (program, node, status, reason, since, checked_at, judged_until, watch_since)
SELECT name, $2, 'UNKNOWN', 'never_seen', $3, $3, $3, $3 FROM unnest($1::text[]) AS name ORDER BY name
ON CONFLICT (program) DO UPDATE SET node = excluded.node WHERE program_state.node <> excluded.node;

-- name: remove_programs
-- Forget the programs of a node that are no longer configured, and their states; bots that nobody configured stay.
-- $1 text: node
-- $2 text[]: names that are configured
DELETE FROM programs WHERE node = $1 AND configured AND name <> ALL($2::text[]) RETURNING name;

-- name: states
-- What is thought of every program of a node.
-- $1 text: node; NULL for every node
SELECT program, node, status, reason, facts, since, checked_at, next_due, deadline, judged_until, watch_since, last_run,
    running, strip, last_log, log_seen, version
FROM program_state WHERE node = coalesce($1::text, node);

-- name: state
-- $1 text: program
SELECT program, node, status, reason, facts, since, checked_at, next_due, deadline, judged_until, watch_since, last_run,
    running, strip, last_log, log_seen, version
FROM program_state WHERE program = $1;

-- name: lock_state
-- Take a program's state for this transaction if nobody has changed it.
-- $1 text: program
-- $2 bigint: the version that is expected
SELECT status, reason FROM program_state WHERE program = $1 AND version = $2 FOR UPDATE;

-- name: put_state
-- Write what is thought now; the state has been locked.
-- $1 text: program
-- $2 text: node
-- $3 text: status
-- $4 text: reason
-- $5 text: facts, JSON
-- $6 timestamptz: since
-- $7 timestamptz: checked_at
-- $8 timestamptz: next_due
-- $9 timestamptz: deadline
-- $10 timestamptz: judged_until
-- $11 text: last_run, JSON or NULL
-- $12 text: running, JSON or NULL
-- $13 text: strip, JSON
-- $14 text: last_log
-- $15 boolean: log_seen
UPDATE program_state SET node = $2, status = $3, reason = $4, facts = $5::text::jsonb, since = $6, checked_at = $7,
    next_due = $8, deadline = $9, judged_until = $10, last_run = $11::text::jsonb, running = $12::text::jsonb,
    strip = $13::text::jsonb, last_log = $14, log_seen = $15, version = version + 1
WHERE program = $1
RETURNING program, node, status, reason, facts, since, checked_at, next_due, deadline, judged_until, watch_since,
    last_run, running, strip, last_log, log_seen, version;

-- name: add_verdict
-- $1 text: program
-- $2 text: node
-- $3 text: status
-- $4 text: reason
-- $5 timestamptz: at
-- $6 text: facts, JSON
INSERT INTO verdicts (program, node, status, reason, at, facts) VALUES ($1, $2, $3, $4, $5, $6::text::jsonb)
RETURNING verdict_id;

-- name: note_incident
-- Name the latest verdict of a program's open incident, if there is one.
-- $1 text: program
-- $2 bigint: verdict_id
UPDATE incidents SET last_verdict = $2 WHERE program = $1 AND resolved_at IS NULL;

-- name: resolve_incidents
-- End the open incidents of programs.
-- $1 text[]: programs
-- $2 timestamptz: resolved_at
WITH ended AS (
    UPDATE incidents SET resolved_at = $2, next_at = NULL, acknowledged_by = NULL, acknowledged_at = NULL,
        acknowledged_until = NULL, quiet_kind = '', quiet_until = NULL, held_by = '{}', flapping = false,
        good_since = NULL, updated_at = clock_timestamp()
    WHERE program = ANY($1::text[]) AND resolved_at IS NULL RETURNING incident_id)
INSERT INTO incident_events (incident_id, at, kind, text) SELECT incident_id, $2, 'resolved', 'not configured any more' FROM ended;

-- name: incidents
-- The latest incidents of a program, newest first.
-- $1 text: program
-- $2 bigint: how many at most
SELECT incident_id, program, reason, opened_at, acknowledged_at, acknowledged_by, resolved_at, first_verdict, last_verdict
FROM incidents WHERE program = $1 ORDER BY incident_id DESC LIMIT $2;

-- name: verdicts
-- The latest verdicts on a program, newest first.
-- $1 text: program
-- $2 bigint: how many at most
SELECT verdict_id, program, node, status, reason, at, facts
FROM verdicts WHERE program = $1 ORDER BY at DESC, verdict_id DESC LIMIT $2;

-- name: watch_afresh
-- Programs that recorded runs before anybody configured them: what was due before now was not asked of them.
-- $1 text[]: names that are configured now
-- $2 timestamptz: now
UPDATE program_state s SET watch_since = $2, judged_until = $2, version = s.version + 1
FROM programs p WHERE p.name = s.program AND p.name = ANY($1::text[]) AND NOT p.configured;
