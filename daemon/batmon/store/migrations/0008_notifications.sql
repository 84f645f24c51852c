-- What people are told: each message to one recipient on one channel, and each attempt to deliver it. The columns that
-- the requirements give to email_logs are kept exactly, ours stand beside them.
CREATE TABLE notifications (
    notification_id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    channel text NOT NULL,
    recipient text NOT NULL,
    template text NOT NULL,
    language text NOT NULL,
    data jsonb NOT NULL DEFAULT '{}',
    key text,
    incident_ids bigint[] NOT NULL DEFAULT '{}',
    event_id bigint,
    automation_log_id bigint,
    state text NOT NULL DEFAULT 'owed' CHECK (state IN ('owed', 'sent', 'failed')),
    owed_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    tried_since timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    round integer NOT NULL DEFAULT 0,
    claim uuid,
    settled_at timestamptz,
    subject text NOT NULL DEFAULT '',
    error text NOT NULL DEFAULT ''
) WITH (fillfactor = 70);
COMMENT ON COLUMN notifications.key IS 'a second notification with the same key is not owed';
COMMENT ON COLUMN notifications.due_at IS 'not attempted before';
COMMENT ON COLUMN notifications.tried_since IS 'the first attempt of this round';
COMMENT ON COLUMN notifications.round IS 'how often somebody asked to send it again';
COMMENT ON COLUMN notifications.claim IS 'who attempts it, or was the last to do so';
COMMENT ON COLUMN notifications.settled_at IS 'when it was sent or given up; NULL while it is owed';
CREATE UNIQUE INDEX notifications_key ON notifications (key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX notifications_number ON notifications (number DESC);
CREATE INDEX notifications_unsettled ON notifications (state, due_at) WHERE state <> 'sent';
CREATE INDEX notifications_settled ON notifications (state, settled_at) WHERE state <> 'owed';
CREATE INDEX notifications_incidents ON notifications USING gin (incident_ids) WITH (fastupdate = off);

CREATE TABLE email_logs (
    id serial PRIMARY KEY,
    recipient_email varchar NOT NULL,
    subject varchar,
    template_name varchar,
    sent_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    status varchar NOT NULL,
    error_message text,
    notification_id uuid,
    duration_ms integer,
    permanent boolean NOT NULL DEFAULT false,
    uncertain boolean NOT NULL DEFAULT false,
    reference text NOT NULL DEFAULT '',
    node text NOT NULL DEFAULT ''
);
COMMENT ON TABLE email_logs IS 'each attempt to send a mail';
COMMENT ON COLUMN email_logs.uncertain IS 'it failed, but the other side may have taken it all the same';
CREATE INDEX email_logs_sent_at ON email_logs (sent_at DESC);
CREATE INDEX email_logs_notification ON email_logs (notification_id) WHERE notification_id IS NOT NULL;

CREATE TABLE delivery_logs (
    id bigserial PRIMARY KEY,
    channel varchar NOT NULL,
    recipient varchar NOT NULL,
    subject varchar,
    template_name varchar,
    sent_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    status varchar NOT NULL,
    error_message text,
    notification_id uuid,
    duration_ms integer,
    permanent boolean NOT NULL DEFAULT false,
    uncertain boolean NOT NULL DEFAULT false,
    reference text NOT NULL DEFAULT '',
    node text NOT NULL DEFAULT ''
);
COMMENT ON TABLE delivery_logs IS 'each attempt on a channel that is not mail';
CREATE INDEX delivery_logs_sent_at ON delivery_logs (sent_at DESC);
CREATE INDEX delivery_logs_notification ON delivery_logs (notification_id) WHERE notification_id IS NOT NULL;

-- Which daemon delivers on which channels: what none of those that live can deliver is a dead letter.
CREATE TABLE delivery_nodes (
    node text PRIMARY KEY,
    channels text[] NOT NULL,
    seen_at timestamptz NOT NULL
);

CREATE VIEW v_deliveries AS
SELECT 'email' AS channel, recipient_email AS recipient, subject, template_name, sent_at, status, error_message,
    notification_id, duration_ms, permanent, uncertain, reference, node, id::bigint AS id
FROM email_logs
UNION ALL
SELECT channel, recipient, subject, template_name, sent_at, status, error_message,
    notification_id, duration_ms, permanent, uncertain, reference, node, id
FROM delivery_logs;
COMMENT ON VIEW v_deliveries IS 'each attempt to deliver on any channel';
