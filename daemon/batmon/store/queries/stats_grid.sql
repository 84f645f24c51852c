-- name: stats_grid
-- What was counted of programs, a row each: the days as numbers from since, and beside them the counts of each.
-- $1 text[]: programs, folded to lower case
-- $2 date: since
-- $3 date: until, included
SELECT program, array_agg(day - $2::date) AS days, array_agg(succeeded) AS succeeded, array_agg(failed) AS failed,
    array_agg(missed) AS missed, array_agg(unfinished) AS unfinished
FROM run_stats_daily WHERE program = ANY ($1::text[]) AND day BETWEEN $2 AND $3 GROUP BY program;

-- name: stats_grid_programs
-- Programs that had runs or should have had some, by their names in lower case, and how people call them.
-- $1 date: since
-- $2 date: until, included
-- $3 bigint: how many at most
WITH counted AS (
    SELECT program, max(name) AS name FROM run_stats_daily WHERE day BETWEEN $1 AND $2 GROUP BY program
), known AS (
    SELECT DISTINCT ON (lower(name)) lower(name) AS program, name::text AS name, title, department, configured,
        configured AND probe IS NULL AND schedule <> '{}' AS due
    FROM programs ORDER BY lower(name), configured DESC, name
)
SELECT coalesce(k.program, c.program) AS program, coalesce(k.name, c.name) AS name, coalesce(k.title, c.name) AS title,
    coalesce(k.department, '') AS department, coalesce(k.configured, false) AS configured
FROM known k FULL JOIN counted c USING (program) WHERE k.due OR c.program IS NOT NULL
ORDER BY lower(coalesce(k.title, c.name)), 1 LIMIT $3;
