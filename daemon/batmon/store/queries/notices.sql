-- name: waiting_groups
-- Groups with notices that are due, and when each group may be told: group_wait after its first notice was due, and not
-- sooner than group_interval after it was last told.
-- $1 timestamptz: now
-- $2 interval: group_wait
-- $3 interval: group_interval
SELECT n.route, n.channel, n.recipient, n.language,
    greatest(min(n.due_at) + $2::interval, max(g.sent_at) + $3::interval) AS ready_at
FROM incident_notices n
LEFT JOIN incident_groups g USING (route, channel, recipient, language)
WHERE n.state = 'waiting' AND n.due_at <= $1
GROUP BY 1, 2, 3, 4 ORDER BY 5 LIMIT 1000;

-- name: next_notice
-- When the next notice becomes due.
-- $1 timestamptz: now
SELECT min(due_at) AS due_at FROM incident_notices WHERE state = 'waiting' AND due_at > $1;

-- name: take_group
-- Lock a group, so that one daemon at a time tells it anything; the moment when it was last told.
-- $1 text: route
-- $2 text: channel
-- $3 text: recipient
-- $4 text: language
SELECT pg_try_advisory_xact_lock(hashtextextended(concat_ws(E'\x1f', 'batmon notices', $1::text, $2::text, $3::text, $4::text), 0)) AS mine,
    (SELECT sent_at FROM incident_groups WHERE (route, channel, recipient, language) = ($1, $2, $3, $4)) AS sent_at;

-- name: take_notices
-- The due notices of a group, locked, with how their incidents stand; oldest first.
-- $1 text: route
-- $2 text: channel
-- $3 text: recipient
-- $4 text: language
-- $5 timestamptz: now
-- $6 bigint: how many at most
SELECT n.notice_id, n.kind, n.episode, i.incident_id, i.program, i.severity, i.begun_at, i.reopened,
    i.resolved_at IS NOT NULL AS resolved
FROM incident_notices n JOIN incidents i USING (incident_id)
WHERE n.state = 'waiting' AND n.route = $1 AND n.channel = $2 AND n.recipient = $3 AND n.language = $4 AND n.due_at <= $5
ORDER BY n.due_at, n.notice_id LIMIT $6 FOR UPDATE OF n SKIP LOCKED;

-- name: told_incidents
-- What a message says of incidents.
-- $1 bigint[]: incident_id
SELECT i.*, coalesce(p.title, i.program) AS title, coalesce(p.timezone, 'UTC') AS timezone,
    coalesce(e.template, '') AS signature, r.log_id
FROM incidents i
LEFT JOIN programs p ON p.name = i.program
LEFT JOIN program_state s ON s.program = i.program
LEFT JOIN LATERAL (SELECT (s.last_run ->> 'log_id')::bigint AS log_id, s.last_run ->> 'signature' AS kind
    WHERE s.last_run ->> 'run_id' = i.run_id::text) r ON true
LEFT JOIN error_signatures e ON e.id = r.kind
WHERE i.incident_id = ANY($1::bigint[]);

-- name: group_sent
-- $1 text: route
-- $2 text: channel
-- $3 text: recipient
-- $4 text: language
-- $5 timestamptz: now
INSERT INTO incident_groups VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (route, channel, recipient, language) DO UPDATE SET sent_at = excluded.sent_at;

-- name: notices_owed
-- These notices went into a message.
-- $1 bigint[]: notice_id
-- $2 uuid: notification_id
-- $3 timestamptz: now
UPDATE incident_notices SET state = 'owed', notification_id = $2, owed_at = $3 WHERE notice_id = ANY($1::bigint[]);

-- name: notices_not_sent
-- These notices are not worth a message any more.
-- $1 bigint[]: notice_id
-- $2 text: why
UPDATE incident_notices SET state = 'withdrawn', why = $2 WHERE notice_id = ANY($1::bigint[]);

-- name: add_sent_events
-- That a message went out, on the timeline of each incident that it is about.
-- $1 bigint[]: incident_id
-- $2 timestamptz: at
-- $3 text: data, JSON
INSERT INTO incident_events (incident_id, at, kind, data) SELECT id, $2, 'sent', $3::text::jsonb FROM unnest($1::bigint[]) AS id;
