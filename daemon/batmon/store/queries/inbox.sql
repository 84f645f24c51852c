-- name: hold_item
-- One person at a time acts on an item; until the transaction ends.
-- $1 text: inbox and item
SELECT pg_advisory_xact_lock(hashtextextended('batmon inbox ' || $1, 0));

-- name: note_item
-- Somebody has acted on an item.
-- $1 text: inbox
-- $2 text: item
-- $3 text: title
-- $4 text: action
-- $5 text: by
-- $6 timestamptz: now
-- $7 jsonb: what was asked
INSERT INTO inbox_actions (inbox, item, title, action, by, at, asks) VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb) RETURNING id;

-- name: last_item_action
-- What was done last with an item.
-- $1 text: inbox
-- $2 text: item
SELECT action, by, at FROM inbox_actions WHERE inbox = $1 AND item = $2 ORDER BY id DESC LIMIT 1;
