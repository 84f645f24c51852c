-- What the daemon does by itself: each automation's state, and a row for each execution.
CREATE TABLE automation_state (
    job_name varchar(100) PRIMARY KEY,
    title text NOT NULL DEFAULT '',
    on_event text NOT NULL DEFAULT '',
    nodes text[] NOT NULL DEFAULT '{}',
    paused boolean NOT NULL DEFAULT false,
    paused_in_config boolean NOT NULL DEFAULT false,
    paused_by text NOT NULL DEFAULT '',
    paused_at timestamptz,
    paused_why text NOT NULL DEFAULT '',
    last_slot timestamptz
);
COMMENT ON TABLE automation_state IS 'automations as some daemon has them configured, and whether they are paused';
COMMENT ON COLUMN automation_state.nodes IS 'whose daemons have it in their configuration; empty when nobody has';
COMMENT ON COLUMN automation_state.last_slot IS 'up to which due time, inclusive, it was decided what happens';

CREATE TABLE automation_logs (
    id bigserial PRIMARY KEY,
    job_name varchar(100) NOT NULL,
    execution_time timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    status varchar(20) NOT NULL,
    error_message text,
    duration_ms integer,
    slot timestamptz,
    trigger text NOT NULL DEFAULT 'manual',
    started_by text NOT NULL DEFAULT '',
    node text NOT NULL DEFAULT '',
    attempt integer NOT NULL DEFAULT 0,
    attempts jsonb NOT NULL DEFAULT '[]',
    data jsonb NOT NULL DEFAULT '{}',
    output text NOT NULL DEFAULT '',
    holder uuid,
    not_before timestamptz,
    asked_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (job_name, slot)
);
COMMENT ON TABLE automation_logs IS 'each execution of an automation; status: queued, running, success, failed or skipped';
COMMENT ON COLUMN automation_logs.execution_time IS 'when its latest attempt began; before that, when it was asked for';
COMMENT ON COLUMN automation_logs.slot IS 'the due time that it is for; NULL when a person or an event asked for it';
COMMENT ON COLUMN automation_logs.trigger IS 'cron, manual or event';
COMMENT ON COLUMN automation_logs.attempts IS 'the attempts that failed, with node, time and error';
COMMENT ON COLUMN automation_logs.holder IS 'drawn anew by each attempt: whoever finds another one here has lost the execution';
CREATE INDEX automation_logs_open ON automation_logs (job_name, id) WHERE status = 'queued' OR status = 'running';
CREATE INDEX automation_logs_job ON automation_logs (job_name, id DESC);
CREATE INDEX automation_logs_time ON automation_logs (execution_time);
