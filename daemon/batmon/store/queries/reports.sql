-- name: add_report
-- A report that is to be made.
-- $1 text: template
-- $2 date: period_start
-- $3 date: period_end
-- $4 text: format
-- $5 text: generated_by
-- $6 timestamptz: now
-- $7 text: title
-- $8 text: language
-- $9 text: node
-- $10 text: asked, JSON
-- $11 text: key; NULL for none
-- $12 bigint: schedule_id; NULL for none
INSERT INTO report_records (template, period_start, period_end, format, generated_by, created_at, title, language, node, asked,
    key, schedule_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::jsonb, $11, (SELECT id FROM report_schedules WHERE id = $12))
RETURNING id;

-- name: begin_report
-- It is being made now, as a file that will be there.
-- $1 bigint: id
-- $2 text: path
UPDATE report_records SET status = 'RUNNING', path = $2 WHERE id = $1 AND status = 'PENDING';

-- name: done_report
-- $1 bigint: id
-- $2 text: title
-- $3 bigint: file_size
-- $4 text: sha256
-- $5 text: summary, JSON
-- $6 timestamptz: now
-- $7 integer: took_ms
-- $8 text: what is in it, Markdown
-- $9 boolean: there is more in it
WITH text AS (
    INSERT INTO report_texts (report_id, markdown, cut) SELECT id, $8, $9 FROM report_records WHERE id = $1 AND status = 'RUNNING'
    ON CONFLICT (report_id) DO UPDATE SET markdown = excluded.markdown, cut = excluded.cut
)
UPDATE report_records SET status = 'DONE', title = $2, file_size = $3, sha256 = $4, summary = $5::text::jsonb, ended_at = $6,
    took_ms = $7
WHERE id = $1 AND status = 'RUNNING';

-- name: fail_report
-- $1 bigint: id
-- $2 text: error
-- $3 timestamptz: now
-- $4 integer: took_ms; NULL where nobody knows
UPDATE report_records SET status = 'FAILED', error = $2, ended_at = $3, took_ms = $4, path = ''
WHERE id = $1 AND status IN ('PENDING', 'RUNNING');

-- name: fail_open_reports
-- What a daemon that ended in the middle was making; the files that may be there all the same.
-- $1 text: node
-- $2 text: error
-- $3 timestamptz: now
WITH open AS (
    SELECT id, path FROM report_records WHERE node = $1 AND status IN ('PENDING', 'RUNNING') FOR UPDATE
)
UPDATE report_records r SET status = 'FAILED', error = $2, ended_at = $3, path = '' FROM open WHERE r.id = open.id
RETURNING open.path;

-- name: attached_bytes
-- Bytes of the files of messages that are not sent yet, or were given up and may be sent again.
SELECT coalesce(sum(octet_length(data)), 0)::bigint FROM notification_attachments;

-- name: report_text
-- $1 bigint: id
SELECT markdown, cut FROM report_texts WHERE report_id = $1;

-- name: remove_report
-- Its file is not there any more.
-- $1 bigint: id
WITH text AS (DELETE FROM report_texts WHERE report_id = $1)
UPDATE report_records SET status = 'REMOVED' WHERE id = $1 AND status = 'DONE'
RETURNING id;

-- name: report
-- $1 bigint: id
SELECT r.*, coalesce(s.name, '') AS schedule FROM report_records r LEFT JOIN report_schedules s ON s.id = r.schedule_id
WHERE r.id = $1;

-- name: report_of_key
-- The one that was made for this, if its file is on this node.
-- $1 text: key
-- $2 text: node
SELECT r.*, coalesce(s.name, '') AS schedule FROM report_records r LEFT JOIN report_schedules s ON s.id = r.schedule_id
WHERE r.key = $1 AND r.node = $2 AND r.status = 'DONE' ORDER BY r.id DESC LIMIT 1;

-- name: reports
-- The newest first.
-- $1 text: template; NULL for all
-- $2 text: status; NULL for all
-- $3 text: the schedule's name; NULL for all
-- $4 bigint: only those with a smaller id; NULL for all
-- $5 bigint: how many at most
SELECT r.*, coalesce(s.name, '') AS schedule FROM report_records r LEFT JOIN report_schedules s ON s.id = r.schedule_id
WHERE ($1::text IS NULL OR r.template = $1) AND ($2::text IS NULL OR r.status = $2)
    AND ($3::text IS NULL OR s.name = $3) AND ($4::bigint IS NULL OR r.id < $4)
ORDER BY r.id DESC LIMIT $5;

-- name: old_reports
-- Those of a node that were made long ago and whose file is still kept.
-- $1 text: node
-- $2 timestamptz: made before
-- $3 bigint: how many at most
SELECT r.*, coalesce(s.name, '') AS schedule FROM report_records r LEFT JOIN report_schedules s ON s.id = r.schedule_id
WHERE r.node = $1 AND r.status = 'DONE' AND r.created_at < $2 ORDER BY r.created_at LIMIT $3;

-- name: report_schedules
-- Each with the last report that it made, and whether people let it rest.
-- $1 text: name; NULL for all
SELECT s.*, coalesce(a.paused, false) AS paused, coalesce(a.paused_by, '') AS paused_by,
    coalesce(a.paused_why, '') AS paused_why,
    (SELECT max(r.id) FROM report_records r WHERE r.schedule_id = s.id) AS last_report
FROM report_schedules s LEFT JOIN automation_state a ON a.job_name = 'report/' || s.name
WHERE $1::text IS NULL OR s.name = $1 ORDER BY s.name;

-- name: add_report_schedule
-- No row if the name is taken.
-- $1 text: name
-- $2 text: template
-- $3 text: cron
-- $4 text: email
-- $5 text: format
-- $6 text: language
-- $7 text: timezone
-- $8 text: period
-- $9 text[]: programs
-- $10 text: created_by
-- $11 timestamptz: now
INSERT INTO report_schedules (name, template, cron, email, format, language, timezone, period, programs, created_by, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (name) DO NOTHING
RETURNING id;

-- name: remove_report_schedule
-- $1 text: name
DELETE FROM report_schedules WHERE name = $1 RETURNING id;

-- name: report_names
-- What a report may be about: programs and probes, and bots that only have days or incidents, as they are written, by name.
-- $1 bigint: how many bots at most
WITH RECURSIVE counted (program) AS (
    SELECT (SELECT program FROM run_stats_daily ORDER BY program LIMIT 1)
    UNION ALL
    SELECT (SELECT d.program FROM run_stats_daily d WHERE d.program > c.program ORDER BY d.program LIMIT 1)
    FROM counted c WHERE c.program IS NOT NULL
), broken (program) AS (
    SELECT (SELECT lower(program) FROM incidents ORDER BY lower(program) LIMIT 1)
    UNION ALL
    SELECT (SELECT lower(i.program) FROM incidents i WHERE lower(i.program) > b.program ORDER BY lower(i.program) LIMIT 1)
    FROM broken b WHERE b.program IS NOT NULL
), named (folded, name) AS (
    SELECT lower(name), name::text FROM programs
    UNION ALL
    SELECT c.program, (SELECT d.name FROM run_stats_daily d WHERE d.program = c.program ORDER BY day DESC LIMIT 1)
    FROM (SELECT program FROM counted WHERE program IS NOT NULL LIMIT $1) c
    UNION ALL
    SELECT program, program FROM broken WHERE program IS NOT NULL
)
SELECT DISTINCT ON (folded) name FROM named ORDER BY folded, name LIMIT $1;
