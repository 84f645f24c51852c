-- name: add_silence
-- $1 text: program
-- $2 text: tag
-- $3 text: pattern
-- $4 text: why
-- $5 text: by
-- $6 timestamptz: now
-- $7 timestamptz: until
INSERT INTO silences (program, tag, pattern, why, by, created_at, until) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *;

-- name: end_silence
-- End one before its time; nothing if it is over.
-- $1 bigint: silence_id
-- $2 timestamptz: now
-- $3 text: by
UPDATE silences SET ended_at = $2, ended_by = $3 WHERE silence_id = $1 AND ended_at IS NULL AND until > $2 RETURNING *;

-- name: silence
-- $1 bigint: silence_id
SELECT * FROM silences WHERE silence_id = $1;

-- name: silences
-- Silences, the newest first.
-- $1 timestamptz: now
-- $2 boolean: those that are over too
-- $3 bigint: how many at most
SELECT * FROM silences WHERE $2 OR (ended_at IS NULL AND until > $1) ORDER BY silence_id DESC LIMIT $3;

-- name: silenced_incidents
-- How many open incidents each silence keeps quiet now.
SELECT quiet_name AS silence, count(*) AS n FROM incidents WHERE resolved_at IS NULL AND quiet_kind = 'silence' GROUP BY 1;

-- name: incidents_of_silence
-- The open incidents that a silence keeps quiet.
-- $1 text: silence_id as text
SELECT incident_id FROM incidents WHERE resolved_at IS NULL AND quiet_kind = 'silence' AND quiet_name = $1;
