-- Reports: each one that was made, when they are made by themselves, and the files that go with messages. The columns that
-- the requirements give to report_records and report_schedules are kept exactly, ours stand beside them.
CREATE TABLE report_schedules (
    id bigserial PRIMARY KEY,
    template varchar(100) NOT NULL,
    cron varchar(200) NOT NULL,
    email text NOT NULL DEFAULT '',
    format varchar(20) NOT NULL DEFAULT 'excel',
    name varchar(50) NOT NULL,
    language text NOT NULL DEFAULT 'ko',
    timezone text NOT NULL DEFAULT 'UTC',
    period text NOT NULL DEFAULT '',
    programs text[] NOT NULL DEFAULT '{}',
    created_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
COMMENT ON TABLE report_schedules IS 'reports that are made by themselves; each is the automation report/NAME, whose state says whether it is paused';
COMMENT ON COLUMN report_schedules.email IS 'addresses, with a comma and a blank between them';
COMMENT ON COLUMN report_schedules.period IS 'a word for it, such as last-month; empty: what the template is about, complete by then';
CREATE UNIQUE INDEX report_schedules_name ON report_schedules (name);

CREATE TABLE report_records (
    id bigserial PRIMARY KEY,
    template varchar(100) NOT NULL,
    period_start date,
    period_end date,
    format varchar(20) NOT NULL,
    file_size bigint,
    status varchar(20) NOT NULL DEFAULT 'PENDING'
        CHECK (status = 'PENDING' OR status = 'RUNNING' OR status = 'DONE' OR status = 'FAILED' OR status = 'REMOVED'),
    generated_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    title text NOT NULL DEFAULT '',
    language text NOT NULL DEFAULT 'ko',
    node text NOT NULL DEFAULT '',
    path text NOT NULL DEFAULT '',
    sha256 text NOT NULL DEFAULT '',
    error text NOT NULL DEFAULT '',
    ended_at timestamptz,
    took_ms integer,
    summary jsonb NOT NULL DEFAULT '{}',
    asked jsonb NOT NULL DEFAULT '{}',
    key text,
    schedule_id bigint REFERENCES report_schedules (id) ON DELETE SET NULL
);
COMMENT ON COLUMN report_records.path IS 'in the tree of the daemon of its node, such as /reports/weekly_ops/...; it may be gone once the status is not DONE';
COMMENT ON COLUMN report_records.key IS 'what it was made for, where that must not be made twice: an execution of an automation';
CREATE INDEX report_records_template ON report_records (template, id DESC);
CREATE INDEX report_records_open ON report_records (node) WHERE status = 'PENDING' OR status = 'RUNNING';
CREATE INDEX report_records_kept ON report_records (node, created_at) WHERE status = 'DONE';
CREATE INDEX report_records_schedule ON report_records (schedule_id, id DESC) WHERE schedule_id IS NOT NULL;
CREATE INDEX report_records_key ON report_records (key) WHERE key IS NOT NULL;

CREATE TABLE report_texts (
    report_id bigint PRIMARY KEY REFERENCES report_records (id) ON DELETE CASCADE,
    markdown text NOT NULL,
    cut boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE report_texts IS 'what is in a report, as Markdown whatever its format, for as long as its file is kept';

-- A file that goes with a message: there as long as it may be sent, so that any daemon can.
ALTER TABLE notifications ADD COLUMN attachments smallint NOT NULL DEFAULT 0;
CREATE TABLE notification_attachments (
    notification_id uuid NOT NULL REFERENCES notifications (notification_id) ON DELETE CASCADE,
    place smallint NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    sha256 text NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (notification_id, place)
);
ALTER TABLE notification_attachments ALTER COLUMN data SET STORAGE EXTERNAL;
COMMENT ON COLUMN notifications.attachments IS 'how many files go with it; they are removed once it is sent, and a month after it was given up';
