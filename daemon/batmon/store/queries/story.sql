-- name: story_programs
-- What is known of programs by these names; of two that differ in case the configured one.
-- $1 text[]: names, in any case; NULL for all
SELECT DISTINCT ON (lower(name)) name, title, node, base_dir, schedule, timezone, grace_sec, logs, configured, probe
FROM programs WHERE $1::text[] IS NULL OR lower(name) = ANY (SELECT lower(given) FROM unnest($1::text[]) AS given)
ORDER BY lower(name), configured DESC, name;

-- name: story_failures
-- Runs of programs that failed in spans of time, the latest of each span first.
-- $1 text[]: names, in any case
-- $2 timestamptz[]: beginnings, inclusive
-- $3 timestamptz[]: ends, exclusive
-- $4 text[]: words, in capitals, of runs that did not fail
-- $5 bigint: how many at most of each span
SELECT r.bot_name, r.run_id, r.log_id, r.start_time, r.signature
FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS g (program, since, until)
CROSS JOIN LATERAL (
    SELECT bot_name, run_id, log_id, start_time, evidence ->> 'signature' AS signature FROM rpa_execution_logs
    WHERE lower(bot_name) = lower(g.program) AND start_time >= g.since AND start_time < g.until
        AND upper(btrim(status)) <> ALL ($4::text[]) AND origin NOT IN ('schedule', 'probe')
    ORDER BY start_time DESC LIMIT $5
) r;

-- name: story_starts
-- When runs of programs started that nobody had asked for, and which due times were missed, the latest first.
-- $1 text[]: names, in any case
-- $2 timestamptz: since, inclusive
-- $3 timestamptz: until, exclusive
-- $4 text[]: words, in capitals, for missed
-- $5 bigint: how many at most of each program
SELECT r.bot_name, r.start_time, r.missed
FROM unnest($1::text[]) AS g (program)
CROSS JOIN LATERAL (
    SELECT bot_name, coalesce(slot, start_time) AS start_time, upper(btrim(status)) = ANY ($4::text[]) AS missed
    FROM rpa_execution_logs
    WHERE lower(bot_name) = lower(g.program) AND start_time >= $2 AND start_time < $3 AND origin NOT IN ('rerun', 'probe')
    ORDER BY start_time DESC LIMIT $5
) r;

-- name: story_incidents
-- Incidents that were open at any time in a span: errors first, of those the ones that were open in it for longest.
-- $1 timestamptz: since, inclusive
-- $2 timestamptz: until, exclusive
-- $3 text[]: programs in small letters; NULL for all
-- $4 bigint: how many at most
SELECT i.*, chosen.total FROM (
    SELECT incident_id, severity = 'ERROR' AS error, least(coalesce(resolved_at, $2), $2) - greatest(opened_at, $1) AS open,
        count(*) OVER () AS total
    FROM incidents
    WHERE opened_at < $2 AND (resolved_at IS NULL OR resolved_at >= $1)
        AND ($3::text[] IS NULL OR lower(program) = ANY ($3::text[]))
    ORDER BY error DESC, open DESC, incident_id DESC LIMIT $4
) chosen
JOIN incidents i USING (incident_id)
ORDER BY chosen.error DESC, chosen.open DESC, i.incident_id DESC;

-- name: story_incident
-- $1 bigint: incident_id
SELECT * FROM incidents WHERE incident_id = $1;

-- name: story_timeline
-- The first and the last entries of a timeline, oldest first, and how many there are.
-- $1 bigint: incident_id
-- $2 bigint: how many at most from either end
SELECT event_id, at, kind, by, text, data, total FROM (
    SELECT *, count(*) OVER () AS total, row_number() OVER (ORDER BY event_id) AS number
    FROM incident_events WHERE incident_id = $1) entries
WHERE number <= $2 OR number > total - $2 ORDER BY event_id;

-- name: story_acknowledged
-- When each incident was acknowledged first, and by whom.
-- $1 bigint[]: incident_id
SELECT DISTINCT ON (incident_id) incident_id, at, by FROM incident_events
WHERE incident_id = ANY ($1::bigint[]) AND kind = 'acknowledged' ORDER BY incident_id, event_id;

-- name: story_verdicts
-- How the verdict on a program changed in a span, oldest first.
-- $1 text: program
-- $2 timestamptz: since, inclusive
-- $3 timestamptz: until, inclusive
-- $4 bigint: how many at most
SELECT status, reason, at, facts FROM verdicts WHERE program = $1 AND at BETWEEN $2 AND $3 ORDER BY at, verdict_id LIMIT $4;

-- name: story_runs
-- The runs of a program that started in a span, oldest first.
-- $1 text: the program's name, in any case
-- $2 timestamptz: since, inclusive
-- $3 timestamptz: until, inclusive
-- $4 boolean: only those that somebody asked for
-- $5 bigint: how many at most
SELECT log_id, run_id, bot_name, task_name, status, left(message, 8000) AS message,
    right(error_details, 32000) AS error_details, start_time, end_time, processed_count,
    origin, started_by, slot, exit_code, verified_late, evidence
FROM rpa_execution_logs
WHERE lower(bot_name) = lower($1::text) AND start_time BETWEEN $2 AND $3 AND (NOT $4 OR origin = 'rerun')
ORDER BY start_time, log_id LIMIT $5;

-- name: story_run_counts
-- How many runs of a program started in a span, by the word of their status in capitals.
-- $1 text: the program's name, in any case
-- $2 timestamptz: since, inclusive
-- $3 timestamptz: until, inclusive
SELECT upper(btrim(status)) AS word, count(*) AS n FROM rpa_execution_logs
WHERE lower(bot_name) = lower($1::text) AND start_time BETWEEN $2 AND $3 GROUP BY 1;

-- name: story_good_run
-- The latest successful run of a program before a moment.
-- $1 text: the program's name, in any case
-- $2 timestamptz: before
-- $3 text[]: words for success, in capitals
-- $4 bigint: among so many runs
SELECT log_id, run_id, bot_name, task_name, status, left(message, 8000) AS message,
    right(error_details, 32000) AS error_details, start_time, end_time, processed_count,
    origin, started_by, slot, exit_code, verified_late, evidence
FROM (SELECT * FROM rpa_execution_logs WHERE lower(bot_name) = lower($1::text) AND start_time < $2
    ORDER BY start_time DESC LIMIT $4) latest
WHERE upper(btrim(status)) = ANY ($3::text[])
ORDER BY start_time DESC, log_id DESC LIMIT 1;

-- name: story_related
-- Other incidents that were open in a span, those that opened nearest to its beginning first, with the kind of error of
-- the run that each is about.
-- $1 bigint: incident_id that is left out
-- $2 timestamptz: since, inclusive
-- $3 timestamptz: until, inclusive
-- $4 bigint: how many at most
SELECT i.*, (SELECT r.evidence ->> 'signature' FROM rpa_execution_logs r WHERE r.run_id = i.run_id LIMIT 1) AS signature,
    ARRAY(SELECT DISTINCT p.name FROM incident_events e,
        jsonb_array_elements_text(CASE jsonb_typeof(e.data -> 'by_programs') WHEN 'array' THEN e.data -> 'by_programs'
            ELSE '[]' END) AS p (name)
        WHERE e.incident_id = i.incident_id AND e.kind = 'held') AS waited_for
FROM incidents i
WHERE i.incident_id <> $1 AND i.opened_at <= $3 AND (i.resolved_at IS NULL OR i.resolved_at >= $2)
ORDER BY abs(extract(epoch FROM i.opened_at - $2)), i.incident_id LIMIT $4;

-- name: story_acts
-- What people did to a program in a span, oldest first; what they did to an incident stands in its timeline.
-- $1 text: program, in small letters
-- $2 timestamptz: since, inclusive
-- $3 timestamptz: until, inclusive
-- $4 text[]: actions
-- $5 bigint: how many at most
SELECT at, actor, action, target, outcome FROM audit_log
WHERE at BETWEEN $2 AND $3 AND lower(target) = $1 AND action = ANY ($4::text[]) ORDER BY at, audit_id LIMIT $5;

-- name: story_silences
-- Silences that were in force at any time of a span, oldest first.
-- $1 timestamptz: since, inclusive
-- $2 timestamptz: until, inclusive
-- $3 bigint: how many at most
SELECT * FROM silences WHERE created_at <= $2 AND coalesce(ended_at, until) >= $1 ORDER BY silence_id LIMIT $3;

-- name: story_neighbours
-- Of the same program: how many incidents were opened in a span before this one, and the next one after it.
-- $1 text: program
-- $2 bigint: incident_id
-- $3 timestamptz: the span's beginning
SELECT (SELECT count(*) FROM incidents WHERE program = $1 AND incident_id < $2 AND opened_at >= $3) AS before,
    n.incident_id, n.opened_at
FROM (SELECT) one
LEFT JOIN LATERAL (SELECT incident_id, opened_at FROM incidents WHERE program = $1 AND incident_id > $2
    ORDER BY incident_id LIMIT 1) n ON true;

-- name: story_looks
-- What a probe found around a moment, oldest first.
-- $1 text: program
-- $2 timestamptz: the moment
-- $3 bigint: how many at most on either side
SELECT * FROM (
    (SELECT at, status, value, unit, seconds, fault, detail FROM probe_samples WHERE program = $1 AND at <= $2
        ORDER BY at DESC LIMIT $3)
    UNION ALL
    (SELECT at, status, value, unit, seconds, fault, detail FROM probe_samples WHERE program = $1 AND at > $2
        ORDER BY at LIMIT $3)
) looks ORDER BY at;
