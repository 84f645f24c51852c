-- name: visited
-- Somebody is here: another visit if the last sign of them is longer ago than an hour or so; the visit before.
-- $1 text: person
-- $2 text: name
-- $3 timestamptz: now
-- $4 timestamptz: a visit before then is another one
INSERT INTO visits (person, name, at) VALUES ($1, $2, $3)
ON CONFLICT (person) DO UPDATE SET name = excluded.name, at = greatest(visits.at, excluded.at),
    before_at = CASE WHEN visits.at < $4 THEN visits.at ELSE visits.before_at END
RETURNING before_at;

-- name: handover_incidents
-- Incidents that something happened to in a span, the newest first.
-- $1 text: opened, resolved or acknowledged
-- $2 timestamptz: since
-- $3 timestamptz: until
-- $4 bigint: how many at most
SELECT i.* FROM incidents i JOIN (
    SELECT incident_id, max(event_id) AS latest FROM incident_events 
    WHERE at > $2 AND at <= $3
        AND CASE $1::text WHEN 'opened' THEN kind IN ('opened', 'reopened') ELSE kind = $1 END
    GROUP BY incident_id ORDER BY latest DESC LIMIT $4) found USING (incident_id)
ORDER BY found.latest DESC;

-- name: handover_verdicts
-- Programs whose verdict at the end of a span is another than at its beginning.
-- $1 timestamptz: since
-- $2 timestamptz: until
-- $3 bigint: how many at most
SELECT p.name AS program, p.title, p.timezone, b.status AS before, v.status, v.reason, v.at, v.facts
FROM programs p
CROSS JOIN LATERAL (SELECT status, reason, at, facts FROM verdicts WHERE program = p.name AND at <= $2
    ORDER BY at DESC, verdict_id DESC LIMIT 1) v
LEFT JOIN LATERAL (SELECT status FROM verdicts WHERE program = p.name AND at <= $1
    ORDER BY at DESC, verdict_id DESC LIMIT 1) b ON true
WHERE v.at > $1 AND v.status <> coalesce(b.status, 'UNKNOWN')
ORDER BY v.at DESC LIMIT $3;

-- name: handover_silences
-- Silences that began or ended in a span, the newest first.
-- $1 timestamptz: since
-- $2 timestamptz: until
-- $3 boolean: those that ended rather than began
-- $4 bigint: how many at most
SELECT * FROM silences WHERE CASE WHEN $3 THEN coalesce(ended_at, until) ELSE created_at END > $1
    AND CASE WHEN $3 THEN coalesce(ended_at, until) ELSE created_at END <= $2
ORDER BY silence_id DESC LIMIT $4;

-- name: handover_acts
-- What people did in a span, the newest first: coming in is no act, being refused at the door is one.
-- $1 timestamptz: since
-- $2 timestamptz: until
-- $3 bigint: how many at most
SELECT at, actor, action, target, outcome FROM audit_log
WHERE at > $1 AND at <= $2 AND (action <> 'ssh login' OR outcome <> 'done') ORDER BY at DESC, audit_id DESC LIMIT $3;

-- name: handover_automations
-- Executions of automations that failed in a span, the newest first.
-- $1 timestamptz: since
-- $2 timestamptz: until
-- $3 bigint: how many at most
SELECT id, job_name, execution_time, error_message FROM automation_logs
WHERE status = 'failed' AND execution_time > $1 AND execution_time <= $2 ORDER BY execution_time DESC LIMIT $3;
