-- name: forget_event_rules
-- This node has these rules and no others; a node that was not here since long has none.
-- $1 text: node
-- $2 text[]: rules
-- $3 timestamptz: the moment since when a node that is still here has said so
DELETE FROM event_rules WHERE (node = $1 AND rule <> ALL ($2::text[])) OR synced_at < $3;

-- name: other_event_rule
-- A node before this one, which is here and has another trigger under the name of a rule.
-- $1 text: rule
-- $2 text: node
-- $3 text: fingerprint
-- $4 timestamptz: the moment since when a node that is here has said so
SELECT node FROM event_rules WHERE rule = $1 AND node < $2 AND fingerprint <> $3 AND synced_at > $4 ORDER BY node LIMIT 1;

-- name: event_rule_names
-- The rules that any node has.
SELECT DISTINCT rule FROM event_rules;

-- name: put_event_rule
-- A node has this rule.
-- $1 text: rule
-- $2 text: node
-- $3 text: table
-- $4 text: fingerprint
-- $5 text: problem, empty if there is none
-- $6 timestamptz: now
INSERT INTO event_rules (rule, node, source, fingerprint, problem, synced_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (rule, node) DO UPDATE SET source = excluded.source, fingerprint = excluded.fingerprint,
    problem = excluded.problem, synced_at = excluded.synced_at;

-- name: give_up_events
-- Events that wait for a rule that nobody has any more.
-- $1 text[]: rules that somebody has
-- $2 timestamptz: now
UPDATE events SET state = 'dead', error = 'the rule was removed from the configuration', done_at = $2
WHERE state = 'waiting' AND rule <> ALL ($1::text[]);

-- name: event_table
-- A table: its full name, its columns and those of its primary key.
-- $1 text: name
SELECT format('%I.%I', n.nspname, c.relname) AS name,
    ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    ARRAY(
        SELECT a.attname::text FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, n)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
        WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.n
    ) AS keys
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass($1);

-- name: event_triggers
-- The triggers of ours that are installed; those of partitions are their tables' own.
SELECT t.tgname::text AS name, format('%I.%I', n.nspname, c.relname) AS table,
    coalesce(obj_description(t.oid, 'pg_trigger'), '') AS fingerprint, t.tgenabled <> 'D' AS enabled
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.tgfoid = to_regproc('public.batmon_event') AND t.tgparentid = 0 AND NOT t.tgisinternal
ORDER BY t.tgname;

-- name: claim_event
-- The first event that may be handled now, held until the transaction ends.
-- $1 text[]: rules
-- $2 timestamptz: now
SELECT e.id, e.rule, e.source, e.op, e."row"::text AS row, e.old::text AS old, e.depth, e.attempts, e.created_at
FROM batmon_claim_event($1, $2) e;

-- name: next_event
-- When the next event that waits may be handled; NULL if none waits.
-- $1 text[]: rules
SELECT min(next_try) FROM events WHERE state = 'waiting' AND rule = ANY ($1::text[]);

-- name: event_depth
-- What the steps of an event change follows from it.
-- $1 text: how many events followed one from the other, this one too
SELECT set_config('batmon.event_depth', $1, true);

-- name: finish_event
-- An event's steps are done.
-- $1 bigint: id
-- $2 timestamptz: now
-- $3 integer: how long they took, milliseconds
-- $4 text: node
UPDATE events SET state = 'done', done_at = $2, took_ms = $3, node = $4, attempts = attempts + 1, error = '' WHERE id = $1;

-- name: fail_event
-- An event's steps could not be done; nothing, if somebody else has dealt with it meanwhile.
-- $1 bigint: id
-- $2 integer: attempts before this one
-- $3 text: error
-- $4 timestamptz: when it is tried again; NULL: never
-- $5 timestamptz: now
-- $6 text: node
UPDATE events SET attempts = attempts + 1, error = $3, next_try = coalesce($4, next_try), node = $6,
    state = CASE WHEN $4::timestamptz IS NULL THEN 'dead' ELSE 'waiting' END,
    done_at = CASE WHEN $4::timestamptz IS NULL THEN $5::timestamptz END
WHERE id = $1 AND state = 'waiting' AND attempts = $2
RETURNING state;

-- name: retry_event
-- A dead event, or one that waits for its next attempt, is handled at once.
-- $1 bigint: id
-- $2 timestamptz: now
UPDATE events SET state = 'waiting', attempts = 0, next_try = $2, done_at = NULL, depth = 0
WHERE id = $1 AND state IN ('dead', 'waiting') AND rule IN (SELECT r.rule FROM event_rules r)
RETURNING id;

-- name: events_page
-- Events, newest first, without their rows.
-- $1 text: rule; NULL: all
-- $2 text: state; NULL: all
-- $3 bigint: only older than this id; NULL: from the newest
-- $4 bigint: how many at most
SELECT id, rule, source, op, depth, state, attempts, next_try, left(error, 500) AS error, created_at, done_at, took_ms, node, row_key
FROM events
WHERE ($1::text IS NULL OR rule = $1) AND ($2::text IS NULL OR state = $2) AND ($3::bigint IS NULL OR id < $3)
ORDER BY id DESC LIMIT $4;

-- name: event
-- One event with its row.
-- $1 bigint: id
SELECT id, rule, source, op, depth, state, attempts, next_try, error, created_at, done_at, took_ms, node, row_key,
    "row"::text AS row, old::text AS old
FROM events WHERE id = $1;

-- name: event_counts
-- How many events of each rule wait, wait after a failure, and are dead.
SELECT rule, count(*) FILTER (WHERE state = 'waiting')::integer AS waiting,
    count(*) FILTER (WHERE state = 'waiting' AND attempts > 0)::integer AS failing,
    count(*) FILTER (WHERE state = 'dead')::integer AS dead
FROM events WHERE state IN ('waiting', 'dead') GROUP BY rule;

-- name: prune_events
-- Forget events that were done, and that were given up, before then; so many at most.
-- $1 timestamptz: done before then
-- $2 timestamptz: given up before then
-- $3 bigint: how many at most
DELETE FROM events WHERE id IN (
    SELECT e.id FROM events e WHERE (e.state = 'done' AND e.done_at < $1) OR (e.state = 'dead' AND e.created_at < $2) ORDER BY e.id LIMIT $3
);

-- name: prune_counters
-- Forget the days of counters before then.
-- $1 date: day
DELETE FROM counters WHERE day < $1 AND day <> '-infinity';
