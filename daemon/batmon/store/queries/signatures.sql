-- name: read_so_far
-- How far these files of a program were read as far as it is committed.
-- $1 text: node
-- $2 text: program
-- $3 text[]: fingerprint
SELECT fingerprint, "offset" FROM log_cursors WHERE node = $1 AND program = $2 AND fingerprint = ANY ($3::text[]);

-- name: count_signatures
-- Count errors of a program, and note kinds that are not known yet.
-- $1 text: program
-- $2 text[]: signature, each once and in order
-- $3 text[]: template
-- $4 text[]: sample
-- $5 text[]: level
-- $6 timestamptz[]: first_seen
-- $7 timestamptz[]: last_seen
-- $8 bigint[]: count, negative where errors turned out to be of another kind
-- $9 uuid[]: last_run, NULL for an error outside any run
WITH noted AS (
    INSERT INTO error_signatures (id, template, sample, level)
    SELECT g.id, g.template, g.sample, g.level
    FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS g (id, template, sample, level)
    WHERE NOT EXISTS (SELECT FROM error_signatures s WHERE s.id = g.id)
    ON CONFLICT (id) DO NOTHING
)
INSERT INTO error_signature_programs AS t (signature, program, first_seen, last_seen, count, last_run)
SELECT g.signature, $1, g.first_seen, g.last_seen, g.count, g.last_run
FROM unnest($2::text[], $6::timestamptz[], $7::timestamptz[], $8::bigint[], $9::uuid[])
    AS g (signature, first_seen, last_seen, count, last_run)
ON CONFLICT (signature, program) DO UPDATE SET
    first_seen = CASE WHEN t.count <= 0 THEN excluded.first_seen ELSE least(t.first_seen, excluded.first_seen) END,
    last_seen = CASE WHEN excluded.count <= 0 THEN t.last_seen ELSE greatest(t.last_seen, excluded.last_seen) END,
    count = t.count + excluded.count,
    last_run = CASE WHEN excluded.count > 0 AND excluded.last_seen >= t.last_seen THEN coalesce(excluded.last_run, t.last_run)
        ELSE t.last_run END;

-- name: forget_uncounted
-- Forget kinds of error that a program turned out not to have.
-- $1 text: program
-- $2 text[]: signature
DELETE FROM error_signature_programs WHERE program = $1 AND signature = ANY ($2::text[]) AND count <= 0;

-- name: move_last_runs
-- Runs that were found to be the same execution as others.
-- $1 text: program
-- $2 uuid[]: run_id as it was
-- $3 uuid[]: run_id that it is part of now
UPDATE error_signature_programs t SET last_run = g.now
FROM unnest($2::uuid[], $3::uuid[]) AS g (was, now) WHERE t.program = $1 AND t.last_run = g.was;

-- name: signatures
-- Kinds of error, with their figures in one program or in all.
-- $1 text: program; NULL for all
-- $2 timestamptz: only those seen since then; NULL for all
-- $3 text: order: last, count or first
-- $4 bigint: how many at most
SELECT s.id, s.template, s.sample, s.level, f.first_seen, f.last_seen, f.count, a.programs, a.first_seen AS first_ever
FROM (
    SELECT signature, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(count)::bigint AS count
    FROM error_signature_programs
    WHERE count > 0 AND ($1::text IS NULL OR lower(program) = lower($1::text))
    GROUP BY signature
    HAVING $2::timestamptz IS NULL OR max(last_seen) >= $2::timestamptz
    ORDER BY CASE $3::text WHEN 'count' THEN -sum(count)::double precision WHEN 'first' THEN -extract(epoch FROM min(first_seen))
        ELSE -extract(epoch FROM max(last_seen)) END, signature
    LIMIT $4
) f
JOIN error_signatures s ON s.id = f.signature
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS programs, min(p.first_seen) AS first_seen
    FROM error_signature_programs p WHERE p.signature = s.id AND p.count > 0
) a
ORDER BY CASE $3::text WHEN 'count' THEN -f.count::double precision WHEN 'first' THEN -extract(epoch FROM f.first_seen)
    ELSE -extract(epoch FROM f.last_seen) END, s.id;

-- name: signatures_of
-- These kinds of error.
-- $1 text[]: id
SELECT s.id, s.template, s.sample, s.level, min(p.first_seen) AS first_seen, max(p.last_seen) AS last_seen,
    sum(p.count)::bigint AS count, count(*)::integer AS programs
FROM error_signatures s JOIN error_signature_programs p ON p.signature = s.id
WHERE s.id = ANY ($1::text[]) AND p.count > 0
GROUP BY s.id;

-- name: signature_programs
-- The programs that had a kind of error, those that had it last first.
-- $1 text: id
-- $2 bigint: how many at most
SELECT program, first_seen, last_seen, count, last_run FROM error_signature_programs
WHERE signature = $1 AND count > 0
ORDER BY last_seen DESC, program
LIMIT $2;

-- name: signature_runs
-- The latest runs of some programs that failed by a kind of error, or had it last.
-- $1 text: id
-- $2 text[]: programs
-- $3 uuid[]: the run of each that had it last, NULL where there is none
-- $4 bigint: how many of a program's latest runs are looked at
-- $5 bigint: how many at most
SELECT r.log_id, r.run_id, r.bot_name, r.task_name, r.status, left(r.message, 8000) AS message,
    right(r.error_details, 32000) AS error_details, r.start_time, r.end_time, r.processed_count,
    r.origin, r.started_by, r.slot, r.exit_code, r.verified_late, r.evidence
FROM unnest($2::text[], $3::uuid[]) AS g (program, last_run)
CROSS JOIN LATERAL (
    SELECT l.* FROM (
        SELECT * FROM rpa_execution_logs WHERE lower(bot_name) = lower(g.program) ORDER BY start_time DESC LIMIT $4
    ) l WHERE l.evidence ->> 'signature' = $1 OR l.run_id = g.last_run
) r
ORDER BY r.start_time DESC, r.log_id DESC
LIMIT $5;

-- name: prune_signatures
-- Forget the kinds of error that were not seen for longest.
-- $1 bigint: how many are kept
WITH gone AS (
    SELECT signature FROM error_signature_programs GROUP BY signature
    ORDER BY max(last_seen) DESC, signature OFFSET $1
), uncounted AS (
    DELETE FROM error_signature_programs p USING gone WHERE p.signature = gone.signature
)
DELETE FROM error_signatures s USING gone WHERE s.id = gone.signature;
