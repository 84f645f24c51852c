-- name: owe_notifications
-- Owe messages; those whose key is known already are left out. Their ids and channels.
-- $1 uuid[]: notification_id
-- $2 text[]: channel
-- $3 text[]: recipient
-- $4 text[]: template
-- $5 text[]: language
-- $6 text[]: data, each a JSON object
-- $7 text[]: key; NULL for none
-- $8 text[]: incident_ids, each an array literal
-- $9 bigint[]: event_id
-- $10 bigint[]: automation_log_id
-- $11 smallint[]: how many files go with it
-- $12 timestamptz: now
INSERT INTO notifications (notification_id, channel, recipient, template, language, data, key, incident_ids, event_id,
    automation_log_id, attachments, owed_at, due_at)
SELECT g.id, g.channel, g.recipient, g.template, g.language, g.data::jsonb, g.key, g.incidents::bigint[], g.event,
    g.automation, g.attachments, $12, $12
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[],
    $10::bigint[], $11::smallint[]) WITH ORDINALITY
    AS g (id, channel, recipient, template, language, data, key, incidents, event, automation, attachments, place)
ORDER BY g.place
ON CONFLICT (key) WHERE key IS NOT NULL DO NOTHING
RETURNING notification_id, channel;

-- name: attach
-- A file goes with a message.
-- $1 uuid: notification_id
-- $2 smallint: place
-- $3 text: name
-- $4 text: media_type
-- $5 text: sha256
-- $6 bytea: data
INSERT INTO notification_attachments (notification_id, place, name, media_type, sha256, data) VALUES ($1, $2, $3, $4, $5, $6);

-- name: attachments_of
-- The files that go with a message.
-- $1 uuid: notification_id
SELECT name, media_type, data, sha256 FROM notification_attachments WHERE notification_id = $1 ORDER BY place;

-- name: forget_attachments
-- Remove the files of messages that were sent, or given up long ago.
-- $1 timestamptz: given up before
-- $2 bigint: how many at most
DELETE FROM notification_attachments WHERE (notification_id, place) IN (
    SELECT a.notification_id, a.place FROM notification_attachments a JOIN notifications n USING (notification_id)
    WHERE n.state = 'sent' OR (n.state = 'failed' AND n.settled_at < $1) LIMIT $2);

-- name: take_notification
-- Attempt a message, if it is owed and due. It need not wait for the disk: an attempt that a crash of Postgres takes back
-- is only counted once less.
-- $1 uuid: notification_id
-- $2 uuid: claim, new for each attempt
-- $3 timestamptz: now
UPDATE notifications n SET claim = $2, attempts = attempts + 1, tried_since = coalesce(tried_since, $3)
FROM (SELECT set_config('synchronous_commit', 'off', true)) AS quick
WHERE notification_id = $1 AND state = 'owed' AND due_at <= $3
RETURNING n.*;

-- name: notification_due
-- When a message is due that is still owed; no row if it is not.
-- $1 uuid: notification_id
SELECT due_at FROM notifications WHERE notification_id = $1 AND state = 'owed';

-- name: record_attempt
-- Log an attempt and say what became of the message, unless it is no longer this round's; what was sent is sent, whoever
-- holds the claim by now. The state that was set; no row if none was.
-- $1 uuid: notification_id
-- $2 integer: round
-- $3 uuid: claim
-- $4 text: state: owed, sent or failed
-- $5 timestamptz: now
-- $6 timestamptz: due_at, if it is still owed
-- $7 text: channel
-- $8 text: recipient
-- $9 text: subject
-- $10 text: template
-- $11 text: error
-- $12 boolean: permanent
-- $13 boolean: uncertain
-- $14 text: reference
-- $15 integer: duration_ms
-- $16 text: node
-- $17 boolean: the channel is mail
WITH mail AS (
    INSERT INTO email_logs (recipient_email, subject, template_name, sent_at, status, error_message, notification_id,
        duration_ms, permanent, uncertain, reference, node)
    SELECT $8, $9, $10, $5, CASE $4 WHEN 'sent' THEN 'sent' ELSE 'failed' END, nullif($11, ''), $1, $15, $12, $13, $14, $16
    WHERE $17
), other AS (
    INSERT INTO delivery_logs (channel, recipient, subject, template_name, sent_at, status, error_message, notification_id,
        duration_ms, permanent, uncertain, reference, node)
    SELECT $7, $8, $9, $10, $5, CASE $4 WHEN 'sent' THEN 'sent' ELSE 'failed' END, nullif($11, ''), $1, $15, $12, $13, $14, $16
    WHERE NOT $17
)
UPDATE notifications SET state = $4, due_at = coalesce($6, due_at), settled_at = CASE WHEN $4 <> 'owed' THEN $5 END,
    subject = CASE WHEN $9 = '' THEN subject ELSE $9 END, error = $11
WHERE notification_id = $1 AND round = $2 AND state = 'owed' AND ($4 = 'sent' OR claim = $3)
RETURNING state;

-- name: log_attempt
-- Log an attempt that no notification was owed for.
-- $1 text: channel
-- $2 text: recipient
-- $3 text: subject
-- $4 text: template
-- $5 timestamptz: now
-- $6 text: error; empty if it was sent
-- $7 boolean: permanent
-- $8 boolean: uncertain
-- $9 text: reference
-- $10 integer: duration_ms
-- $11 text: node
-- $12 boolean: the channel is mail
WITH mail AS (
    INSERT INTO email_logs (recipient_email, subject, template_name, sent_at, status, error_message, duration_ms, permanent,
        uncertain, reference, node)
    SELECT $2, $3, $4, $5, CASE $6 WHEN '' THEN 'sent' ELSE 'failed' END, nullif($6, ''), $10, $7, $8, $9, $11
    WHERE $12
)
INSERT INTO delivery_logs (channel, recipient, subject, template_name, sent_at, status, error_message, duration_ms, permanent,
    uncertain, reference, node)
SELECT $1, $2, $3, $4, $5, CASE $6 WHEN '' THEN 'sent' ELSE 'failed' END, nullif($6, ''), $10, $7, $8, $9, $11
WHERE NOT $12;

-- name: resend_notification
-- Owe a message again that was settled.
-- $1 uuid: notification_id
-- $2 timestamptz: now
UPDATE notifications SET state = 'owed', round = round + 1, attempts = 0, tried_since = NULL, claim = NULL, settled_at = NULL,
    due_at = $2, error = ''
WHERE notification_id = $1 AND state <> 'owed'
RETURNING *;

-- name: lost_notifications
-- Messages that are owed and due and have no job; those due for longest first. The key of a job is that of ``jobs.enqueue``.
-- $1 timestamptz: due before
-- $2 bigint: how many at most
SELECT notification_id, channel, round FROM notifications n
WHERE state = 'owed' AND due_at < $1 AND NOT EXISTS (
    SELECT FROM batmon_jobs.pgqueuer j
    WHERE j.dedupe_key = 'deliver:' || n.channel || ':' || n.notification_id || ':' || n.round
        AND j.status = ANY (ARRAY['queued', 'picked']::batmon_jobs.pgqueuer_status[]))
ORDER BY due_at LIMIT $2;

-- name: undeliverable_notifications
-- Messages that are owed and due, on channels that no daemon delivers on which was seen lately.
-- $1 timestamptz: due before
-- $2 timestamptz: seen after
-- $3 bigint: how many at most
SELECT notification_id FROM notifications
WHERE state = 'owed' AND due_at < $1
    AND channel <> ALL (SELECT unnest(channels) FROM delivery_nodes WHERE seen_at > $2)
ORDER BY due_at LIMIT $3;

-- name: delivering
-- This daemon delivers on these channels.
-- $1 text: node
-- $2 text[]: channels
-- $3 timestamptz: now
INSERT INTO delivery_nodes (node, channels, seen_at) VALUES ($1, $2, $3)
ON CONFLICT (node) DO UPDATE SET channels = excluded.channels, seen_at = excluded.seen_at;

-- name: notification_by_id
-- One message.
-- $1 uuid: notification_id
SELECT * FROM notifications WHERE notification_id = $1;

-- name: notification_by_number
-- One message.
-- $1 bigint: number
SELECT * FROM notifications WHERE number = $1;

-- name: notifications
-- Messages, the last owed first, without their data, which may be megabytes each.
-- $1 text: state: sent; NULL for all
-- $2 text: channel; NULL for all
-- $3 timestamptz: owed since; NULL for all
-- $4 bigint: only those with a smaller number; NULL for all
-- $5 bigint: how many at most
SELECT notification_id, number, channel, recipient, template, language, '{}' AS data, state, owed_at, due_at, tried_since, attempts,
    round, claim, settled_at, subject, error, incident_ids, event_id, automation_log_id, attachments
FROM notifications
WHERE ($1::text IS NULL OR state = $1)
    AND ($2::text IS NULL OR channel = $2)
    AND ($3::timestamptz IS NULL OR owed_at >= $3)
    AND ($4::bigint IS NULL OR number < $4)
ORDER BY number DESC LIMIT $5;

-- name: unsettled_notifications
-- Those of ``notifications`` that are few among many: not sent.
-- $1 text: state: owed, retrying or failed
-- $2 text: channel; NULL for all
-- $3 bigint: incident_id; NULL for all
-- $4 timestamptz: owed since; NULL for all
-- $5 bigint: only those with a smaller number; NULL for all
-- $6 bigint: how many at most
SELECT notification_id, number, channel, recipient, template, language, '{}' AS data, state, owed_at, due_at, tried_since, attempts,
    round, claim, settled_at, subject, error, incident_ids, event_id, automation_log_id, attachments
FROM notifications
WHERE state <> 'sent' AND state = CASE $1 WHEN 'retrying' THEN 'owed' ELSE $1 END AND ($1 <> 'retrying' OR attempts > 0)
    AND ($2::text IS NULL OR channel = $2)
    AND ($3::bigint IS NULL OR incident_ids @> ARRAY[$3])
    AND ($4::timestamptz IS NULL OR owed_at >= $4)
    AND ($5::bigint IS NULL OR number < $5)
ORDER BY number DESC LIMIT $6;

-- name: notifications_of_incident
-- Those of ``notifications`` that are few among many: about one incident.
-- $1 text: state: sent; NULL for all
-- $2 text: channel; NULL for all
-- $3 bigint: incident_id
-- $4 timestamptz: owed since; NULL for all
-- $5 bigint: only those with a smaller number; NULL for all
-- $6 bigint: how many at most
SELECT notification_id, number, channel, recipient, template, language, '{}' AS data, state, owed_at, due_at, tried_since, attempts,
    round, claim, settled_at, subject, error, incident_ids, event_id, automation_log_id, attachments
FROM notifications
WHERE incident_ids @> ARRAY[$3::bigint]
    AND ($1::text IS NULL OR state = $1)
    AND ($2::text IS NULL OR channel = $2)
    AND ($4::timestamptz IS NULL OR owed_at >= $4)
    AND ($5::bigint IS NULL OR number < $5)
ORDER BY number DESC LIMIT $6;

-- name: notification_counts
-- How many messages are owed, of them tried already, and given up.
SELECT count(*) FILTER (WHERE state = 'owed') AS owed, count(*) FILTER (WHERE state = 'owed' AND attempts > 0) AS retrying,
    count(*) FILTER (WHERE state = 'failed') AS failed
FROM notifications WHERE state <> 'sent';

-- name: attempts_of
-- The latest attempts to deliver a message, the last first.
-- $1 uuid: notification_id
-- $2 bigint: how many at most
SELECT sent_at, status, error_message, permanent, uncertain, subject, reference, duration_ms, node FROM v_deliveries
WHERE notification_id = $1 ORDER BY sent_at DESC, id DESC LIMIT $2;

-- name: forget_notifications
-- Remove messages that were settled long ago.
-- $1 timestamptz: sent before
-- $2 timestamptz: given up before
-- $3 bigint: how many at most
DELETE FROM notifications WHERE notification_id IN (
    (SELECT notification_id FROM notifications WHERE state = 'sent' AND settled_at < $1 LIMIT $3)
    UNION ALL
    (SELECT notification_id FROM notifications WHERE state = 'failed' AND settled_at < $2 LIMIT $3));

-- name: forget_email_logs
-- Remove old attempts.
-- $1 timestamptz: made before
-- $2 bigint: how many at most
DELETE FROM email_logs WHERE id IN (SELECT id FROM email_logs WHERE sent_at < $1 ORDER BY sent_at LIMIT $2);

-- name: forget_delivery_logs
-- Remove old attempts.
-- $1 timestamptz: made before
-- $2 bigint: how many at most
DELETE FROM delivery_logs WHERE id IN (SELECT id FROM delivery_logs WHERE sent_at < $1 ORDER BY sent_at LIMIT $2);

-- name: forget_delivery_nodes
-- Forget daemons that have not been seen for long.
-- $1 timestamptz: seen before
DELETE FROM delivery_nodes WHERE seen_at < $1;

-- name: forget_job_log
-- Remove what PgQueuer noted of jobs long ago.
-- $1 interval: how long ago, by Postgres's clock
-- $2 bigint: how many at most
DELETE FROM batmon_jobs.pgqueuer_log WHERE id IN (
    SELECT id FROM batmon_jobs.pgqueuer_log WHERE created < now() - $1::interval ORDER BY created LIMIT $2);
