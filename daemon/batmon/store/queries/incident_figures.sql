-- name: incident_figures
-- What was counted of incidents in each of the spans between moments that follow on one another, by program or together.
-- A span has everything from its first to before its last moment; spans without anything are left out.
-- $1 timestamptz[]: the moments, rising; one more than there are spans
-- $2 text[]: programs in any case; NULL for all
-- $3 boolean: by program; else the program is empty
SELECT * FROM batmon_incident_figures(
    $1, CASE WHEN $2::text[] IS NOT NULL THEN ARRAY(SELECT lower(n) FROM unnest($2::text[]) AS n) END, $3)
ORDER BY program, number;

-- name: incidents_in
-- The incidents of a program that were open at any time in a span, the latest first, with how long of it was an outage.
-- $1 text: program in any case
-- $2 timestamptz: since
-- $3 timestamptz: until
-- $4 bigint: how many at most
SELECT i.incident_id, i.severity, i.reason, i.opened_at, i.resolved_at, i.first_acknowledged_at, i.reopened, coalesce((
        SELECT sum(extract(epoch FROM upper(o.span) - lower(o.span)))
        FROM unnest(i.outages * tstzmultirange(tstzrange($2, $3))) AS o (span)), 0) AS outage_seconds
FROM incidents i WHERE lower(i.program) = lower($1) AND i.lifetime && tstzrange($2, $3)
ORDER BY i.incident_id DESC LIMIT $4;

-- name: watched_programs
-- From when on each program and probe has been watched, and which are probes.
SELECT s.program, s.watch_since, p.title, p.timezone, p.configured, p.probe IS NOT NULL AS probe
FROM program_state s JOIN programs p ON p.name = s.program;
