-- name: add_feed_entry
-- Add an entry to the bell.
-- $1 timestamptz: at
-- $2 text: level
-- $3 text: title
-- $4 text: text
-- $5 text: source
-- $6 text: program or NULL
-- $7 bigint: incident or NULL
-- $8 text: inbox or NULL
INSERT INTO feed_entries (at, level, title, text, source, program, incident, inbox)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id;

-- name: feed_page
-- Entries of the bell, newest first.
-- $1 text: person
-- $2 bigint: only older than this id; NULL: from the newest
-- $3 bigint: how many at most
-- $4 boolean: only what the person has not read
SELECT f.id, f.at, f.level, f.title, f.text, f.source, f.program, f.incident, f.inbox, r.entry IS NULL AS unread
FROM feed_entries f LEFT JOIN feed_reads r ON r.entry = f.id AND r.person = $1
WHERE ($2::bigint IS NULL OR f.id < $2) AND (NOT $4::boolean OR r.entry IS NULL)
ORDER BY f.id DESC LIMIT $3;

-- name: feed_unread
-- How many entries a person has not read.
-- $1 text: person
-- $2 bigint: counted up to here
SELECT count(*)::integer FROM (
    SELECT FROM feed_entries f WHERE NOT EXISTS (SELECT FROM feed_reads r WHERE r.person = $1 AND r.entry = f.id)
    ORDER BY f.id DESC LIMIT $2
) n;

-- name: feed_mark_read
-- A person has read entries.
-- $1 text: person
-- $2 bigint[]: which; NULL: all
-- $3 timestamptz: now
INSERT INTO feed_reads (person, entry, read_at)
SELECT $1, f.id, $3 FROM feed_entries f WHERE $2::bigint[] IS NULL OR f.id = ANY ($2::bigint[])
ON CONFLICT DO NOTHING RETURNING entry;

-- name: prune_feed
-- Forget old entries.
-- $1 timestamptz: those from before then
-- $2 bigint: and all but the newest so many
DELETE FROM feed_entries
WHERE at < $1 OR id <= (SELECT f.id FROM feed_entries f ORDER BY f.id DESC OFFSET $2 LIMIT 1);

-- name: feed_is_there
-- Whether an entry stands there.
-- $1 text: source
-- $2 text: title
-- $3 timestamptz: since then
SELECT EXISTS (SELECT FROM feed_entries WHERE at >= $3 AND source = $1 AND title = $2);
