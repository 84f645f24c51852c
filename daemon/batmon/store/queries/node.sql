-- name: ping
SELECT 1;

-- name: start_node
-- A daemon has started on a node: blind_from becomes when the one before was last seen.
-- $1 text: name
-- $2 text: version
-- $3 timestamptz: now
INSERT INTO nodes (name, version, started_at, last_seen) VALUES ($1, $2, $3, $3)
ON CONFLICT (name) DO UPDATE SET version = excluded.version, started_at = excluded.started_at,
    last_seen = excluded.last_seen, blind_from = nodes.last_seen;

-- name: heartbeat
-- $1 text: name
-- $2 timestamptz: now
UPDATE nodes SET last_seen = $2 WHERE name = $1;

-- name: node_last_seen
-- $1 text: name
SELECT last_seen FROM nodes WHERE name = $1;

-- name: cursors
-- How far the logs of a node's programs were read.
-- $1 text: node
SELECT node, program, fingerprint, path, "offset", scan_state FROM log_cursors WHERE node = $1;

-- name: forget_cursors
-- Forget files that are gone and were not read for long.
-- $1 text: node
-- $2 text[]: path
-- $3 timestamptz: before
DELETE FROM log_cursors WHERE node = $1 AND path = ANY ($2::text[]) AND updated_at < $3;

-- name: put_cursors
-- $1 text[]: node
-- $2 text[]: program
-- $3 text[]: fingerprint
-- $4 text[]: path
-- $5 bigint[]: offset, bytes
-- $6 text[]: scan_state, JSON
INSERT INTO log_cursors (node, program, fingerprint, path, "offset", scan_state)
SELECT node, program, fingerprint, path, "offset", scan_state::jsonb
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
    AS g (node, program, fingerprint, path, "offset", scan_state)
ORDER BY node, program, fingerprint
ON CONFLICT (node, program, fingerprint) DO UPDATE SET path = excluded.path, "offset" = excluded."offset",
    scan_state = excluded.scan_state, updated_at = CURRENT_TIMESTAMP;

-- name: audit
-- $1 timestamptz: at
-- $2 text: actor
-- $3 text: role
-- $4 text: peer
-- $5 text: action
-- $6 text: target
-- $7 text: outcome
-- $8 text: detail, JSON
INSERT INTO audit_log (at, actor, role, peer, action, target, outcome, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb);

-- name: audit_entries
-- The latest entries, newest first.
-- $1 bigint: how many at most
SELECT at, actor, role, peer, action, target, outcome, detail FROM audit_log ORDER BY audit_id DESC LIMIT $1;
