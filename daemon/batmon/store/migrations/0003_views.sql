-- For people's own SQL and dashboards: these columns stay, whatever the tables become.
CREATE VIEW v_latest_runs AS
SELECT p.name AS program, p.node, r.log_id, r.run_id, r.bot_name, r.task_name, r.status, r.message, r.error_details,
    r.start_time, r.end_time, r.duration_sec, r.processed_count, r.origin
FROM programs p
CROSS JOIN LATERAL (
    SELECT * FROM rpa_execution_logs l
    WHERE lower(l.bot_name) = lower(p.name::text)
    ORDER BY l.start_time DESC
    LIMIT 1
) r;
COMMENT ON VIEW v_latest_runs IS 'the latest run of each program, one row a program that ever ran';

CREATE VIEW v_program_state AS
SELECT p.name AS program, p.title, p.node,
    CASE WHEN n.last_seen < now() - interval '1 minute' THEN 'UNKNOWN' ELSE s.status END AS status, s.reason, s.facts, s.since, s.checked_at, s.next_due, s.last_log,
    (s.last_run ->> 'status') AS last_status,
    (s.last_run ->> 'start_time')::timestamptz AS last_start,
    (s.last_run ->> 'end_time')::timestamptz AS last_end,
    (s.last_run ->> 'duration_sec')::integer AS last_duration_sec,
    (s.last_run ->> 'message') AS last_message,
    s.running IS NOT NULL AS is_running,
    i.opened_at AS incident_opened_at,
    n.last_seen AS node_last_seen,
    p.schedule, p.timezone, p.scheduler, p.base_dir, p.configured
FROM programs p
JOIN program_state s ON s.program = p.name
LEFT JOIN incidents i ON i.program = p.name AND i.resolved_at IS NULL
LEFT JOIN nodes n ON n.name = p.node;
COMMENT ON VIEW v_program_state IS 'what is thought of each program now; UNKNOWN when its daemon was last seen more than a minute ago';
