-- What the runtime role may do; run by the owner after the migrations, where that role exists.
-- No DDL, no change to what is only ever added to: audit_log and verdicts.
GRANT USAGE ON SCHEMA public TO batmon_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    rpa_execution_logs, run_items, open_runs, nodes, programs, program_state, incidents, log_cursors,
    error_signatures, error_signature_programs TO batmon_app;
GRANT SELECT, INSERT ON audit_log, verdicts TO batmon_app;
GRANT SELECT ON batmon_migrations, rpa_execution_logs_rest, v_latest_runs, v_program_state, v_bot_savings_month,
    v_error_signatures TO batmon_app;
GRANT USAGE ON
    rpa_execution_logs_log_id_seq, verdicts_verdict_id_seq, incidents_incident_id_seq, audit_log_audit_id_seq TO batmon_app;
GRANT EXECUTE ON FUNCTION batmon_make_partition(timestamptz) TO batmon_app;
-- Incidents: the timeline is only ever added to.
GRANT SELECT, INSERT, UPDATE, DELETE ON incident_notices, incident_groups, silences, visits TO batmon_app;
GRANT SELECT, INSERT ON incident_events TO batmon_app;
GRANT USAGE ON incident_events_event_id_seq, incident_notices_notice_id_seq, silences_silence_id_seq TO batmon_app;
-- Notifications, and the jobs that deliver them.
GRANT SELECT, INSERT, UPDATE, DELETE ON notifications, email_logs, delivery_logs, delivery_nodes TO batmon_app;
GRANT SELECT ON v_deliveries TO batmon_app;
GRANT USAGE ON email_logs_id_seq, delivery_logs_id_seq TO batmon_app;
GRANT USAGE ON SCHEMA batmon_jobs TO batmon_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA batmon_jobs TO batmon_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA batmon_jobs TO batmon_app;
-- Automations.
GRANT SELECT, INSERT, UPDATE, DELETE ON automation_logs, automation_state TO batmon_app;
GRANT USAGE ON automation_logs_id_seq TO batmon_app;
-- Events from tables, the bell, counters and the inbox; what was done with an item is only ever added to.
GRANT SELECT, INSERT, UPDATE, DELETE ON events, event_rules, feed_entries, feed_reads, counters TO batmon_app;
GRANT SELECT, INSERT ON inbox_actions TO batmon_app;
-- Probes.
GRANT SELECT, INSERT, UPDATE, DELETE ON probe_samples TO batmon_app;
-- Reports, their schedules, and the files that go with messages.
GRANT SELECT, INSERT, UPDATE, DELETE ON report_records, report_schedules, report_texts, notification_attachments TO batmon_app;
GRANT USAGE ON report_records_id_seq, report_schedules_id_seq TO batmon_app;
-- Statistics.
GRANT SELECT, INSERT, UPDATE, DELETE ON run_stats_daily, run_stats_monthly, run_stats_backlog, run_stats_months, maintenance_kept, maintenance_looks TO batmon_app;
GRANT SELECT, INSERT, DELETE ON run_stats_queue TO batmon_app;
GRANT SELECT ON v_run_daily, v_program_month, v_run_monthly, v_department_savings_month, v_incident_figures_month TO batmon_app;
