-- name: sequences_of
-- The sequences that give a table's columns their numbers, quoted as needed.
-- $1 text: the table, quoted
SELECT s.oid::regclass::text AS name
FROM pg_class s
JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
WHERE s.relkind = 'S' AND d.refobjid = $1::text::regclass;
