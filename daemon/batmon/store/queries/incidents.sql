-- name: latest_incident
-- A program's latest incident, locked; its open one if it has one.
-- $1 text: program
SELECT * FROM incidents WHERE program = $1 ORDER BY incident_id DESC LIMIT 1 FOR NO KEY UPDATE;

-- name: incident_locked
-- $1 bigint: incident_id
SELECT * FROM incidents WHERE incident_id = $1 FOR NO KEY UPDATE;

-- name: incident_by_id
-- $1 bigint: incident_id
SELECT * FROM incidents WHERE incident_id = $1;

-- name: active_silences
-- $1 timestamptz: now
SELECT silence_id, program, tag, pattern, why, by, until FROM silences WHERE ended_at IS NULL AND until > $1;

-- name: programs_down
-- Those of these programs that have an open incident.
-- $1 text[]: programs
SELECT program FROM incidents WHERE program = ANY($1::text[]) AND resolved_at IS NULL;

-- name: notices_of_episode
-- The notices of an incident since it was opened or reopened, locked: what is being sent is waited for.
-- $1 bigint: incident_id
-- $2 integer: episode
SELECT kind, channel, recipient, state FROM incident_notices WHERE incident_id = $1 AND episode = $2 FOR UPDATE;

-- name: add_incident
-- $1 text: JSON object with the columns of incidents that the state machine knows
-- $2 bigint: verdict_id
INSERT INTO incidents (program, node, severity, reason, facts, tags, run_id, opened_at, begun_at, history, changed_at, step,
    sequence, told_at, next_at, quiet_kind, quiet_name, quiet_until, quiet_by, quiet_why, held_by, writer, first_verdict,
    last_verdict)
SELECT program, node, severity, reason, facts, tags, run_id, opened_at, begun_at, history, changed_at, step,
    sequence, told_at, next_at, quiet_kind, quiet_name, quiet_until, quiet_by, quiet_why, held_by, writer, $2, $2
FROM jsonb_populate_record(NULL::incidents, $1::text::jsonb)
RETURNING incident_id;

-- name: put_incident
-- $1 bigint: incident_id
-- $2 text: JSON object with the columns of incidents that the state machine knows
-- $3 bigint: verdict_id, NULL if none was written
UPDATE incidents i SET severity = r.severity, reason = r.reason, facts = r.facts, tags = r.tags, run_id = r.run_id,
    begun_at = r.begun_at, resolved_at = r.resolved_at, resolved_by = r.resolved_by, reopened = r.reopened,
    acknowledged_by = r.acknowledged_by, acknowledged_at = r.acknowledged_at, acknowledged_until = r.acknowledged_until,
    acknowledged_note = r.acknowledged_note, quiet_kind = r.quiet_kind, quiet_name = r.quiet_name,
    quiet_until = r.quiet_until, quiet_by = r.quiet_by, quiet_why = r.quiet_why, held_by = r.held_by,
    flapping = r.flapping, good_since = r.good_since, history = r.history, changed_at = r.changed_at, step = r.step,
    sequence = r.sequence, told_at = r.told_at, next_at = r.next_at, last_verdict = coalesce($3, i.last_verdict),
    updated_at = clock_timestamp(), writer = r.writer
FROM jsonb_populate_record(NULL::incidents, $2::text::jsonb) r WHERE i.incident_id = $1;

-- name: add_incident_events
-- $1 bigint: incident_id
-- $2 timestamptz: at
-- $3 text: JSON list of {kind, by, text, data}
INSERT INTO incident_events (incident_id, at, kind, by, text, data)
SELECT $1, $2, kind, by, text, data
FROM jsonb_to_recordset($3::text::jsonb) AS e (kind text, by text, text text, data jsonb);

-- name: add_notices
-- $1 bigint: incident_id
-- $2 integer: episode
-- $3 integer: sequence
-- $4 text: route
-- $5 text: language
-- $6 timestamptz: created_at
-- $7 text: JSON list of {kind, channel, recipient, due_at}
INSERT INTO incident_notices (incident_id, episode, sequence, kind, route, channel, recipient, language, created_at, due_at)
SELECT $1, $2, $3, kind, $4, channel, recipient, $5, $6, due_at
FROM jsonb_to_recordset($7::text::jsonb) AS n (kind text, channel text, recipient text, due_at timestamptz)
ON CONFLICT (incident_id, sequence, channel, recipient) DO NOTHING;

-- name: withdraw_notices
-- What waits to be sent about an incident is not sent any more.
-- $1 bigint: incident_id
-- $2 text: why
UPDATE incident_notices SET state = 'withdrawn', why = $2 WHERE incident_id = $1 AND state = 'waiting';

-- name: wake_held
-- Look soon at what waited for a program. What somebody is changing now is left out: it is looked at by them.
-- $1 text: program
-- $2 timestamptz: when
UPDATE incidents SET next_at = $2, updated_at = clock_timestamp() WHERE incident_id IN (
    SELECT incident_id FROM incidents
    WHERE resolved_at IS NULL AND held_by <> '{}' AND $1::text = ANY(held_by) AND (next_at IS NULL OR next_at > $2)
    FOR NO KEY UPDATE SKIP LOCKED);

-- name: wake_incidents
-- Look at open incidents at once.
-- $1 bigint[]: incident_id
-- $2 timestamptz: now
UPDATE incidents SET next_at = $2 WHERE incident_id = ANY($1::bigint[]) AND resolved_at IS NULL;

-- name: due_incidents
-- Open incidents whose deadline has passed and that nobody else looks at now, the longest overdue first; locked.
-- $1 timestamptz: now
-- $2 text: node whose programs are ours
-- $3 text[]: programs of other nodes that are in the configuration here
-- $4 bigint: how many at most
SELECT * FROM incidents WHERE resolved_at IS NULL AND next_at <= $1 AND (node = $2 OR program = ANY($3::text[]))
ORDER BY next_at LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED;

-- name: next_incident_deadline
-- $1 text: node whose programs are ours
-- $2 text[]: programs of other nodes that are in the configuration here
SELECT next_at FROM incidents WHERE resolved_at IS NULL AND next_at IS NOT NULL AND (node = $1 OR program = ANY($2::text[]))
ORDER BY next_at LIMIT 1;

-- name: incidents_that_matter
-- The incidents of a node's programs that are open or were resolved lately, the latest of each program.
-- $1 text: node
-- $2 timestamptz: resolved after
SELECT DISTINCT ON (program) * FROM incidents
WHERE node = $1 AND (resolved_at IS NULL OR resolved_at > $2) ORDER BY program, incident_id DESC;

-- name: incidents_changed
-- Incidents of a node's programs that others have changed since a moment (by Postgres's clock), the oldest change first.
-- $1 text: node
-- $2 timestamptz: since
-- $3 text: who asks
-- $4 bigint: how many at most
SELECT * FROM incidents WHERE updated_at > $2 AND node = $1 AND writer <> $3 ORDER BY updated_at LIMIT $4;

-- name: open_incidents
-- Every incident that is not resolved.
SELECT * FROM incidents WHERE resolved_at IS NULL ORDER BY incident_id;

-- name: incident_page
-- Incidents, the newest first.
-- $1 boolean: only those that are resolved
-- $2 text: program; NULL for every one
-- $3 timestamptz: opened or reopened since; NULL for ever
-- $4 bigint: incident_id to go on below; NULL for the first page
-- $5 bigint: how many at most
SELECT * FROM incidents
WHERE ($2::text IS NULL OR program = $2) AND ($3::timestamptz IS NULL OR begun_at >= $3)
    AND ($4::bigint IS NULL OR incident_id < $4) AND (NOT $1 OR resolved_at IS NOT NULL)
ORDER BY incident_id DESC LIMIT $5;

-- name: open_incident_page
-- Incidents that are not resolved, the newest first.
-- $1 text: open, acknowledged, silenced, maintenance, held, flapping or unresolved
-- $2 text: program; NULL for every one
-- $3 timestamptz: opened or reopened since; NULL for ever
-- $4 bigint: incident_id to go on below; NULL for the first page
-- $5 bigint: how many at most
SELECT * FROM incidents
WHERE resolved_at IS NULL AND ($2::text IS NULL OR program = $2) AND ($3::timestamptz IS NULL OR begun_at >= $3)
    AND ($4::bigint IS NULL OR incident_id < $4)
    AND CASE $1::text
        WHEN 'unresolved' THEN true
        WHEN 'silenced' THEN quiet_kind = 'silence'
        WHEN 'maintenance' THEN quiet_kind = 'maintenance'
        WHEN 'flapping' THEN quiet_kind = '' AND flapping
        WHEN 'acknowledged' THEN quiet_kind = '' AND NOT flapping AND acknowledged_by IS NOT NULL
        WHEN 'held' THEN quiet_kind = '' AND NOT flapping AND acknowledged_by IS NULL AND held_by <> '{}'
        ELSE quiet_kind = '' AND NOT flapping AND acknowledged_by IS NULL AND held_by = '{}'
    END
ORDER BY incident_id DESC LIMIT $5;

-- name: incident_counts
SELECT CASE
    WHEN quiet_kind = 'silence' THEN 'silenced'
    WHEN quiet_kind = 'maintenance' THEN 'maintenance'
    WHEN flapping THEN 'flapping'
    WHEN acknowledged_by IS NOT NULL THEN 'acknowledged'
    WHEN held_by <> '{}' THEN 'held'
    ELSE 'open' END AS state, count(*) AS n
FROM incidents WHERE resolved_at IS NULL GROUP BY 1;

-- name: incident_timeline
-- The latest entries of a timeline, newest first.
-- $1 bigint: incident_id
-- $2 bigint: how many at most
SELECT event_id, at, kind, by, text, data FROM incident_events WHERE incident_id = $1 ORDER BY event_id DESC LIMIT $2;

-- name: incident_verdicts
-- $1 bigint[]: verdict_id
SELECT verdict_id, status, reason, at, facts FROM verdicts WHERE verdict_id = ANY($1::bigint[]);

-- name: incident_told
-- What was or is to be told of an incident, and what became of it, oldest first.
-- $1 bigint: incident_id
-- $2 bigint: how many at most, the latest
SELECT * FROM (
    SELECT n.notice_id, n.kind, n.channel, n.recipient, n.created_at, n.due_at, n.state, n.why, n.notification_id,
        m.state AS message_state, m.attempts, m.settled_at, m.error
    FROM incident_notices n LEFT JOIN notifications m USING (notification_id)
    WHERE n.incident_id = $1 ORDER BY n.notice_id DESC LIMIT $2) latest
ORDER BY notice_id;

-- name: open_incidents_of
-- The open incidents of programs.
-- $1 text[]: programs
SELECT * FROM incidents WHERE program = ANY($1::text[]) AND resolved_at IS NULL ORDER BY incident_id;

-- name: incidents_held_by
-- The open incidents that wait for a program.
-- $1 text: program
-- $2 bigint: how many at most
SELECT * FROM incidents WHERE resolved_at IS NULL AND held_by <> '{}' AND $1::text = ANY(held_by)
ORDER BY incident_id LIMIT $2;
