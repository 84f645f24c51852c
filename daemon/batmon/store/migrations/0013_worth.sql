-- What a program's work is worth and what was promised of it; what figures of incidents are made of.
ALTER TABLE programs
    ADD COLUMN department text NOT NULL DEFAULT '',
    ADD COLUMN hourly_cost numeric NOT NULL DEFAULT 0,
    ADD COLUMN availability_target numeric;
COMMENT ON COLUMN programs.department IS 'whose work it does; empty: nobody said';
COMMENT ON COLUMN programs.hourly_cost IS 'of a person''s work; 0: nobody said';
COMMENT ON COLUMN programs.availability_target IS 'the share of what is due that must succeed, 0 to 1; NULL: nothing was promised';

ALTER TABLE incidents
    ADD COLUMN first_acknowledged_at timestamptz,
    ADD COLUMN was_error boolean NOT NULL DEFAULT false,
    ADD COLUMN outages tstzmultirange NOT NULL DEFAULT '{}',
    ADD COLUMN lifetime tstzrange NOT NULL GENERATED ALWAYS AS (CASE
        WHEN resolved_at IS NULL THEN tstzrange(opened_at, NULL)
        ELSE tstzrange(least(opened_at, resolved_at), greatest(opened_at, resolved_at), '[]') END) STORED;
COMMENT ON COLUMN incidents.first_acknowledged_at IS 'kept when an acknowledgement ends, and when the incident is resolved';
COMMENT ON COLUMN incidents.was_error IS 'whether it was ever an ERROR; else it was only a WARNING';
COMMENT ON COLUMN incidents.outages IS 'when it was open, from when on it was an ERROR; what is open has no end';
COMMENT ON COLUMN incidents.lifetime IS 'from first opened to last resolved';
CREATE INDEX incidents_lifetime ON incidents USING gist (lifetime);
CREATE INDEX incidents_folded ON incidents (lower(program), incident_id DESC);

-- What the incidents so far were, as their timelines say; those that are older than timelines, as their row says.
WITH turns AS (
    SELECT incident_id, kind, at, data ->> 'severity' AS severity, min(at) FILTER (WHERE kind = 'resolved') OVER (
        PARTITION BY incident_id ORDER BY event_id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS ended
    FROM incident_events WHERE kind IN ('opened', 'reopened', 'worse', 'resolved', 'acknowledged')
), told AS (
    SELECT incident_id, bool_or(kind = 'opened') AS whole, coalesce(bool_or(severity = 'ERROR'), false) AS was_error,
        range_agg(tstzrange(at, CASE WHEN ended IS NOT NULL THEN greatest(at, ended) END))
            FILTER (WHERE severity = 'ERROR') AS outages,
        min(at) FILTER (WHERE kind = 'acknowledged') AS first_acknowledged_at
    FROM turns GROUP BY incident_id
), of_row AS (
    SELECT i.incident_id, t.outages, coalesce(t.first_acknowledged_at, i.acknowledged_at) AS first_acknowledged_at,
        t.was_error IS TRUE AS was_error, t.whole IS NOT TRUE AND i.severity = 'ERROR' AS as_row_says
    FROM incidents i LEFT JOIN told t USING (incident_id)
)
UPDATE incidents i SET
    was_error = r.was_error OR r.as_row_says,
    outages = coalesce(r.outages, '{}') + CASE WHEN r.as_row_says
        THEN tstzmultirange(tstzrange(i.opened_at, NULL)) * tstzmultirange(tstzrange(NULL, i.resolved_at)) ELSE '{}' END,
    first_acknowledged_at = r.first_acknowledged_at
FROM of_row r WHERE r.incident_id = i.incident_id;

CREATE FUNCTION batmon_incident_turned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    begun timestamptz;
BEGIN
    NEW.was_error := NEW.was_error OR NEW.severity = 'ERROR';
    NEW.first_acknowledged_at := coalesce(NEW.first_acknowledged_at, NEW.acknowledged_at);
    IF NEW.severity = 'ERROR' AND (TG_OP = 'INSERT' OR NEW.resolved_at IS NULL) THEN
        IF TG_OP = 'INSERT' THEN
            begun := NEW.opened_at;
        ELSIF OLD.resolved_at IS NOT NULL THEN
            begun := NEW.begun_at;
        ELSIF OLD.severity <> 'ERROR' THEN  -- it became worse: by the verdict that has just been written
            begun := coalesce((SELECT v.at FROM public.verdicts v WHERE v.verdict_id = NEW.last_verdict), clock_timestamp());
        END IF;
        IF begun IS NOT NULL THEN
            NEW.outages := NEW.outages + tstzmultirange(tstzrange(begun, NULL));
        END IF;
    END IF;
    IF NEW.resolved_at IS NOT NULL THEN
        NEW.outages := NEW.outages * tstzmultirange(tstzrange(NULL, NEW.resolved_at));
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION batmon_incident_turned IS 'keeps was_error, outages and first_acknowledged_at';
CREATE TRIGGER batmon_incident_turned BEFORE INSERT OR UPDATE OF severity, resolved_at, acknowledged_at ON incidents
    FOR EACH ROW EXECUTE FUNCTION batmon_incident_turned();

-- What was counted of incidents in each of the spans between moments that rise, by program or all together. A span has all
-- from its first to before its last moment; spans without anything are left out. names are in small letters, NULL for all.
CREATE FUNCTION batmon_incident_figures(moments timestamptz[], names text[], by_program boolean) RETURNS TABLE (
    program text, number integer, opened bigint, resolved bigint, open_at_end bigint, acknowledged bigint, repair_seconds numeric,
    acknowledge_seconds numeric, outage_seconds numeric, longest_seconds numeric, errors_opened bigint)
    LANGUAGE sql STABLE
BEGIN ATOMIC
WITH found AS MATERIALIZED (
    SELECT i.program::text AS program, i.opened_at, i.resolved_at, i.first_acknowledged_at, i.was_error, i.outages
    FROM incidents i
    WHERE names IS NULL AND i.lifetime && tstzrange(moments[1], moments[cardinality(moments)])
    UNION ALL
    SELECT i.program, i.opened_at, i.resolved_at, i.first_acknowledged_at, i.was_error, i.outages
    FROM incidents i
    WHERE lower(i.program) = ANY (names) AND i.lifetime && tstzrange(moments[1], moments[cardinality(moments)])
), outages AS (  -- of each program, overlapping and touching ones made one
    SELECT f.program, unnest(range_agg(f.outages)) AS span FROM found f WHERE NOT isempty(f.outages) GROUP BY f.program
), parts AS (
    SELECT f.program, width_bucket(f.opened_at, moments) AS number, 1 AS opened, 0 AS resolved, 0 AS open_at_end,
        (f.first_acknowledged_at IS NOT NULL)::integer AS acknowledged, f.was_error::integer AS errors_opened,
        NULL::interval AS repair, greatest(interval '0', f.first_acknowledged_at - f.opened_at) AS acknowledge,
        NULL::interval AS outage
    FROM found f
    UNION ALL
    SELECT f.program, width_bucket(f.resolved_at, moments), 0, 1, 0, 0, 0,
        greatest(interval '0', f.resolved_at - f.opened_at) AS repair, NULL::interval AS acknowledge, NULL::interval AS outage
    FROM found f WHERE f.resolved_at IS NOT NULL
    UNION ALL
    SELECT f.program, n, 0, 0, 1, 0, 0, NULL::interval AS repair, NULL::interval AS acknowledge, NULL::interval AS outage
    FROM found f, generate_series(
        greatest(1, width_bucket(f.opened_at, moments)),
        CASE WHEN f.resolved_at IS NULL THEN cardinality(moments) - 1 ELSE width_bucket(f.resolved_at, moments) - 1 END) n
    WHERE f.resolved_at IS NULL OR width_bucket(f.resolved_at, moments) > greatest(1, width_bucket(f.opened_at, moments))
    UNION ALL
    SELECT o.program, n, 0, 0, 0, 0, 0, NULL::interval AS repair, NULL::interval AS acknowledge,
        least(upper(o.span), moments[n + 1]) - greatest(lower(o.span), moments[n])
    FROM outages o, generate_series(
        greatest(1, width_bucket(lower(o.span), moments)), least(cardinality(moments) - 1, CASE
            WHEN upper_inf(o.span) THEN cardinality(moments) - 1 ELSE width_bucket(upper(o.span), moments) END)) n
)
SELECT CASE WHEN by_program THEN p.program ELSE '' END, p.number, sum(p.opened), sum(p.resolved), sum(p.open_at_end),
    sum(p.acknowledged), coalesce(extract(epoch FROM sum(p.repair)), 0), coalesce(extract(epoch FROM sum(p.acknowledge)), 0),
    coalesce(extract(epoch FROM sum(p.outage)), 0), coalesce(extract(epoch FROM max(p.outage)), 0), sum(p.errors_opened)
FROM parts p WHERE p.number BETWEEN 1 AND cardinality(moments) - 1
GROUP BY 1, 2;
END;

-- The same by program and calendar month of a time zone, up to now, with what is made of it.
CREATE FUNCTION batmon_incident_months(zone text) RETURNS TABLE (
    program text, month date, opened bigint, resolved bigint, open_at_end bigint, acknowledged bigint, mttr_hours numeric,
    mtta_hours numeric, outage_hours numeric, longest_outage_hours numeric, errors_opened bigint)
    LANGUAGE sql STABLE
BEGIN ATOMIC
WITH months AS (
    SELECT m, m AT TIME ZONE zone AS begun FROM generate_series(
        date_trunc('month', (SELECT min(opened_at) FROM incidents) AT TIME ZONE zone),
        date_trunc('month', now() AT TIME ZONE zone), interval '1 month') AS m
), spans AS (
    SELECT array_agg(begun ORDER BY begun) || now() AS moments, array_agg(m::date ORDER BY begun) AS firsts FROM months
)
SELECT f.program, s.firsts[f.number], f.opened, f.resolved, f.open_at_end, f.acknowledged,
    round(f.repair_seconds / nullif(f.resolved, 0) / 3600, 2), round(f.acknowledge_seconds / nullif(f.acknowledged, 0) / 3600, 2),
    round(f.outage_seconds / 3600, 2), round(f.longest_seconds / 3600, 2), f.errors_opened
FROM spans s, batmon_incident_figures(s.moments, NULL, true) f;
END;
CREATE VIEW v_incident_figures_month AS SELECT * FROM batmon_incident_months('UTC');
COMMENT ON VIEW v_incident_figures_month IS 'incidents by program and month of UTC; batmon_incident_months(zone) cuts them at another midnight';
