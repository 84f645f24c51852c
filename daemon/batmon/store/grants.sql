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
