-- name: begin_steps
-- The settings of a transaction that runs SQL of the configuration.
-- $1 text: time zone
-- $2 text: statement_timeout, milliseconds
SELECT set_config('TimeZone', $1, true), set_config('statement_timeout', $2, true), set_config('batmon.quiet', 'off', true),
    set_config('enable_seqscan', 'on', true), set_config('plan_cache_mode', 'auto', true),
    set_config('standard_conforming_strings', 'on', true);

-- name: step_types
-- What parameters' types are called, and of what kind they are.
-- $1 oid[]: types
SELECT t.oid::bigint AS oid, format_type(t.oid, -1) AS name, t.typcategory = 'A' AS is_array,
    t.oid IN ('json'::regtype, 'jsonb'::regtype) AS is_json,
    t.oid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) AS is_text
FROM pg_type t WHERE t.oid = ANY ($1::oid[]);

-- name: bad_inputs
-- Which values their types do not take, and why; n counts from 1.
-- $1 text[]: types
-- $2 text[]: values
SELECT g.n::integer AS n, e.message
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS g (type, value, n)
CROSS JOIN LATERAL pg_input_error_info(g.value, g.type) e
WHERE e.message IS NOT NULL
ORDER BY g.n;
