-- name: put_probe_kinds
-- Write which programs of a node are probes, and of what kind.
-- $1 text: node
-- $2 text[]: names of its probes
-- $3 text[]: their kinds
UPDATE programs p SET probe = g.kind
FROM (SELECT q.name, k.kind FROM programs q LEFT JOIN unnest($2::text[], $3::text[]) AS k (name, kind) ON k.name = q.name
    WHERE q.node = $1) AS g
WHERE p.name = g.name AND p.probe IS DISTINCT FROM g.kind;

-- name: add_probe_sample
-- Keep one look; one of the same moment is kept once.
-- $1 text: program
-- $2 timestamptz: at
-- $3 text: node
-- $4 text: status
-- $5 double: value
-- $6 text: unit
-- $7 double: seconds
-- $8 text: fault
-- $9 boolean: blind
-- $10 text: said
-- $11 text: detail
-- $12 text: facts, JSON
INSERT INTO probe_samples (program, at, node, status, value, unit, seconds, fault, blind, said, detail, facts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::text::jsonb)
ON CONFLICT (program, at) DO NOTHING;

-- name: recent_probe_samples
-- The latest looks of several probes, newest first.
-- $1 text[]: programs
-- $2 bigint[]: how many at most of each
SELECT s.* FROM unnest($1::text[], $2::bigint[]) AS g (name, most)
CROSS JOIN LATERAL (SELECT * FROM probe_samples s WHERE s.program = g.name ORDER BY s.at DESC LIMIT g.most) AS s
ORDER BY s.program, s.at DESC;

-- name: probe_samples_page
-- A probe's looks before a moment, newest first.
-- $1 text: program
-- $2 timestamptz: before; NULL for the latest
-- $3 bigint: how many at most
SELECT * FROM probe_samples WHERE program = $1 AND at < coalesce($2::timestamptz, 'infinity'::timestamptz) ORDER BY at DESC LIMIT $3;

-- name: prune_probe_samples
-- Forget old looks.
-- $1 text[]: programs
-- $2 timestamptz[]: before, of each
DELETE FROM probe_samples s USING unnest($1::text[], $2::timestamptz[]) AS g (name, before)
WHERE s.program = g.name AND s.at < g.before;

-- name: drop_stray_samples
-- Forget the looks of what is a program by now.
-- $1 text: node
DELETE FROM probe_samples s USING programs p WHERE p.node = $1 AND p.probe IS NULL AND s.program = p.name;

-- name: mail_failures
-- How many mails were attempted, and how many of the attempts failed.
-- $1 timestamptz: since
SELECT count(*) AS total, count(*) FILTER (WHERE lower(status) = 'failed') AS failed FROM email_logs WHERE sent_at >= $1;

-- name: automation_ends
-- How each automation that somebody has configured ended last, and since when one of its executions waits.
SELECT s.job_name, s.paused OR s.paused_in_config AS paused, s.last_slot, l.status, l.execution_time, l.error_message,
    (SELECT min(coalesce(q.not_before, q.execution_time)) FROM automation_logs q
        WHERE q.job_name = s.job_name AND q.status = 'queued') AS waits_since
FROM automation_state s
LEFT JOIN LATERAL (
    SELECT status, execution_time, error_message FROM automation_logs l
    WHERE l.job_name = s.job_name AND l.status IN ('success', 'failed')
    ORDER BY l.id DESC
    LIMIT 1
) AS l ON true
WHERE s.nodes <> '{}'
ORDER BY s.job_name;
