-- name: export_snapshot
SELECT pg_export_snapshot();

-- name: countable_tables
-- Every table with rows of its own that is not the server's.
SELECT format('%I.%I', n.nspname, c.relname) AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
ORDER BY 1;

-- name: lock_restores
-- $1 bigint: the lock
SELECT pg_advisory_lock($1);

-- name: own_database
SELECT oid::bigint FROM pg_database WHERE datname = current_database();

-- name: scratch_databases
-- What tests of a restore left behind.
-- $1 text: how their names begin
SELECT datname FROM pg_database WHERE starts_with(datname, $1::text);
