-- name: count
-- Add to a counter.
-- $1 text: name
-- $2 date: day, -infinity: for ever
-- $3 bigint: how much
-- $4 timestamptz: now
INSERT INTO counters AS c (name, day, value, changed_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (name, day) DO UPDATE SET value = c.value + excluded.value, changed_at = excluded.changed_at
RETURNING value;

-- name: counters
-- Counters, those changed last first.
-- $1 bigint: how many at most
SELECT name, day, value, changed_at FROM counters ORDER BY changed_at DESC, name, day DESC LIMIT $1;

-- name: lock_codes
-- One execution at a time makes up codes for a column; until its transaction ends.
-- $1 text: table and column
SELECT pg_advisory_xact_lock(hashtextextended('batmon code ' || $1, 0));
