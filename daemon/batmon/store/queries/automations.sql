-- name: register_automations
-- Write a node's automations as configured. A pause that the configuration asks for, or asks for no more, takes effect
-- when the configuration changes; between that, people decide.
-- $1 text: node
-- $2 text[]: job_name, each once and in order
-- $3 text[]: title
-- $4 text[]: event that they wait for, empty for none
-- $5 boolean[]: paused
-- $6 timestamptz: now; what was due before an automation was first seen is not run
INSERT INTO automation_state AS t (job_name, title, on_event, nodes, paused, paused_in_config, paused_by, paused_at, last_slot)
SELECT g.job_name, g.title, g.on_event, ARRAY[$1::text], g.paused, g.paused, CASE WHEN g.paused THEN 'config' ELSE '' END,
    CASE WHEN g.paused THEN $6::timestamptz END, $6::timestamptz
FROM unnest($2::text[], $3::text[], $4::text[], $5::boolean[]) AS g (job_name, title, on_event, paused)
ORDER BY g.job_name
ON CONFLICT (job_name) DO UPDATE SET
    title = excluded.title,
    on_event = excluded.on_event,
    nodes = CASE WHEN $1::text = ANY (t.nodes) THEN t.nodes ELSE t.nodes || $1::text END,
    last_slot = CASE WHEN t.nodes = '{}' THEN $6::timestamptz ELSE t.last_slot END,
    paused_in_config = excluded.paused,
    paused = CASE WHEN t.paused_in_config <> excluded.paused THEN excluded.paused ELSE t.paused END,
    paused_by = CASE WHEN t.paused_in_config <> excluded.paused THEN excluded.paused_by ELSE t.paused_by END,
    paused_at = CASE WHEN t.paused_in_config <> excluded.paused THEN excluded.paused_at ELSE t.paused_at END,
    paused_why = CASE WHEN t.paused_in_config <> excluded.paused THEN '' ELSE t.paused_why END;

-- name: unregister_automations
-- This node has no others than these.
-- $1 text: node
-- $2 text[]: job_name
UPDATE automation_state SET nodes = array_remove(nodes, $1::text)
WHERE $1::text = ANY (nodes) AND job_name <> ALL ($2::text[]);

-- name: end_removed
-- What was to be executed of automations that nobody has in a configuration any more.
-- $1 text: why not
UPDATE automation_logs SET status = 'skipped', error_message = $1
WHERE status IN ('queued', 'running') AND job_name IN (SELECT job_name FROM automation_state WHERE nodes = '{}');

-- name: automation_states
-- $1 text: job_name; NULL for all
SELECT job_name, title, on_event, nodes, paused, paused_by, paused_at, paused_why, last_slot
FROM automation_state WHERE $1::text IS NULL OR job_name = $1::text ORDER BY job_name;

-- name: lock_automations
-- The states of these automations, held until the end of the transaction.
-- $1 text[]: job_name
SELECT job_name, paused FROM automation_state WHERE job_name = ANY ($1::text[]) ORDER BY job_name FOR UPDATE;

-- name: pause_automation
-- What was due while it was paused is not run later.
-- $1 text: job_name
-- $2 boolean: paused
-- $3 text: by
-- $4 text: why
-- $5 timestamptz: now
UPDATE automation_state SET paused = $2, paused_by = CASE WHEN $2 THEN $3::text ELSE '' END,
    paused_why = CASE WHEN $2 THEN $4::text ELSE '' END, paused_at = CASE WHEN $2 THEN $5::timestamptz END,
    last_slot = CASE WHEN paused AND NOT $2 THEN greatest(last_slot, $5::timestamptz) ELSE last_slot END
WHERE job_name = $1
RETURNING job_name;

-- name: claim_slots
-- Decide once what happens in these slots; what somebody else decided is left as it is. The states are locked.
-- $1 text[]: job_name
-- $2 timestamptz[]: slot, ascending for each job
-- $3 text[]: why it is skipped, NULL for one that is to run
-- $4 boolean[]: skipped too if an earlier execution has not ended
-- $5 timestamptz: now
-- $6 text: node
INSERT INTO automation_logs (job_name, execution_time, status, error_message, slot, trigger, node, asked_at)
SELECT g.job_name, $5, CASE WHEN g.skipped IS NULL AND NOT busy.busy THEN 'queued' ELSE 'skipped' END,
    coalesce(g.skipped, CASE WHEN busy.busy THEN 'the execution before it had not ended' END), g.slot, 'cron', $6, $5
FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::boolean[]) WITH ORDINALITY
    AS g (job_name, slot, skipped, alone, ord)
JOIN automation_state s ON s.job_name = g.job_name AND NOT s.paused AND g.slot > coalesce(s.last_slot, '-infinity')
CROSS JOIN LATERAL (
    SELECT g.alone AND EXISTS (
        SELECT FROM automation_logs l WHERE l.job_name = g.job_name AND l.status IN ('queued', 'running')
    ) AS busy
) busy
ORDER BY g.ord
ON CONFLICT (job_name, slot) DO NOTHING
RETURNING id, job_name, slot, status;

-- name: move_last_slots
-- It was decided what happens up to these due times.
-- $1 text[]: job_name, each once
-- $2 timestamptz[]: slot
UPDATE automation_state s SET last_slot = greatest(s.last_slot, g.slot)
FROM unnest($1::text[], $2::timestamptz[]) AS g (job_name, slot) WHERE s.job_name = g.job_name;

-- name: add_execution
-- One that somebody asked for.
-- $1 text: job_name
-- $2 timestamptz: now
-- $3 text: started_by
-- $4 text: node
INSERT INTO automation_logs (job_name, execution_time, status, trigger, started_by, node, asked_at)
VALUES ($1, $2, 'queued', 'manual', $3, $4, $2) RETURNING id;

-- name: open_executions
-- How many executions of an automation have not ended.
-- $1 text: job_name
SELECT count(*) FROM automation_logs WHERE job_name = $1 AND status IN ('queued', 'running');

-- name: add_event_executions
-- One for each automation that waits for an event and is not paused.
-- $1 text: event
-- $2 text: data of the event, JSON
INSERT INTO automation_logs (job_name, status, trigger, started_by, data)
SELECT job_name, 'queued', 'event', $1, $2::text::jsonb FROM automation_state
WHERE on_event = $1 AND NOT paused AND nodes <> '{}' ORDER BY job_name
RETURNING id, job_name;

-- name: lead_execution
-- Become the one who executes this: false while another does. Held until the connection ends or lets go.
-- $1 integer: the class of these locks
-- $2 bigint: id of the execution
SELECT pg_try_advisory_lock($1, ($2 % 2147483648)::integer) AS mine;

-- name: end_silent_lead
-- End the connection of who executes this and says nothing: the server waits for its next word, for this long.
-- $1 integer: the class of these locks
-- $2 bigint: id of the execution
-- $3 float8: seconds
SELECT pg_terminate_backend(a.pid) FROM pg_locks k JOIN pg_stat_activity a ON a.pid = k.pid
WHERE k.locktype = 'advisory' AND k.classid = $1::integer::oid AND k.objid = (($2 % 2147483648)::integer)::oid
    AND k.objsubid = 2 AND k.granted AND a.datname = current_database()
    AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND a.wait_event = 'ClientRead' AND a.state_change < clock_timestamp() - make_interval(secs => $3::float8);

-- name: end_silent_transactions
-- End connections of daemons that were stopped in the middle of a transaction: others wait for what they hold.
-- $1 float8: seconds that the server has waited for the next word
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
    AND application_name IN ('batmon', 'batmon automation', 'batmon jobs') AND xact_start IS NOT NULL
    AND wait_event = 'ClientRead' AND state_change < clock_timestamp() - make_interval(secs => $1::float8);

-- name: execution
-- $1 bigint: id
SELECT id, job_name, execution_time, status, error_message, duration_ms, slot, trigger, started_by, node, attempt,
    attempts, data, output, holder, not_before, asked_at
FROM automation_logs WHERE id = $1;

-- name: executions
-- The latest executions of an automation, newest first.
-- $1 text: job_name; NULL for all
-- $2 bigint: only those with a smaller id; NULL for all
-- $3 bigint: how many at most
SELECT id, job_name, execution_time, status, error_message, duration_ms, slot, trigger, started_by, node, attempt,
    attempts, data, output, holder, not_before, asked_at
FROM automation_logs WHERE ($1::text IS NULL OR job_name = $1::text) AND ($2::bigint IS NULL OR id < $2::bigint)
ORDER BY id DESC LIMIT $3;

-- name: latest_executions
-- Of each of these automations: the first that has not ended, the last that has (skipped ones apart), and the last success.
-- $1 text[]: job_name
SELECT g.job_name, open.id AS open_id, ended.id AS ended_id, good.execution_time AS last_success
FROM unnest($1::text[]) AS g (job_name)
LEFT JOIN LATERAL (
    SELECT id FROM automation_logs l WHERE l.job_name = g.job_name AND l.status IN ('queued', 'running') ORDER BY id LIMIT 1
) open ON true
LEFT JOIN LATERAL (
    SELECT id FROM automation_logs l WHERE l.job_name = g.job_name AND l.status IN ('success', 'failed')
    ORDER BY id DESC LIMIT 1
) ended ON true
LEFT JOIN LATERAL (
    SELECT execution_time FROM automation_logs l WHERE l.job_name = g.job_name AND l.status = 'success'
    ORDER BY id DESC LIMIT 1
) good ON true;

-- name: executions_of
-- $1 bigint[]: id
SELECT id, job_name, execution_time, status, error_message, duration_ms, slot, trigger, started_by, node, attempt,
    attempts, data, output, holder, not_before, asked_at
FROM automation_logs WHERE id = ANY ($1::bigint[]);

-- name: earlier_execution
-- The first execution of an automation that has not ended, before this one.
-- $1 text: job_name
-- $2 bigint: id
SELECT id FROM automation_logs WHERE job_name = $1 AND id < $2 AND status IN ('queued', 'running') ORDER BY id LIMIT 1;

-- name: begin_execution
-- An attempt begins.
-- $1 bigint: id
-- $2 timestamptz: now
-- $3 text: node
-- $4 uuid: holder
-- $5 text: the attempts that failed, JSON
-- $6 integer: 1, or 0 for one that is only to be ended
UPDATE automation_logs SET status = 'running', execution_time = $2, node = $3, holder = $4, attempt = attempt + $6,
    attempts = $5::text::jsonb, not_before = NULL
WHERE id = $1 AND status IN ('queued', 'running')
RETURNING attempt;

-- name: held_execution
-- Whether this attempt is still the one; its row is held until the end of the transaction.
-- $1 bigint: id
-- $2 uuid: holder
SELECT true FROM automation_logs WHERE id = $1 AND holder = $2 AND status = 'running' FOR UPDATE;

-- name: end_execution
-- $1 bigint: id
-- $2 text: status: success, failed, or queued to try again
-- $3 text: error_message, NULL for none
-- $4 integer: duration, ms
-- $5 text: output
-- $6 text: the attempts that failed, JSON
-- $7 timestamptz: when it may be tried again; NULL where it ends
UPDATE automation_logs SET status = $2, error_message = $3::text, duration_ms = $4, output = $5, attempts = $6::text::jsonb,
    not_before = $7::timestamptz
WHERE id = $1;

-- name: next_execution
-- The first execution of an automation that waits for its turn.
-- $1 text: job_name
SELECT id FROM automation_logs WHERE job_name = $1 AND status IN ('queued', 'running') ORDER BY id LIMIT 1;

-- name: orphans
-- Executions that are first in their line and that nobody executes though it is time.
-- $1 text[]: job_name
-- $2 timestamptz: what was asked for, or could begin, before this
-- $3 integer: the class of the locks of those who execute
-- $4 float8: after how many seconds of silence who executes is taken for gone
SELECT DISTINCT ON (l.job_name) l.id, l.job_name, l.status FROM automation_logs l
WHERE l.job_name = ANY ($1::text[]) AND l.status IN ('queued', 'running')
    AND (l.status = 'running' OR coalesce(l.not_before, l.execution_time) < $2)
    AND NOT EXISTS (
        SELECT FROM pg_locks k JOIN pg_stat_activity a ON a.pid = k.pid
            AND (a.wait_event IS DISTINCT FROM 'ClientRead'
                OR a.state_change > clock_timestamp() - make_interval(secs => $4::float8))
        WHERE k.locktype = 'advisory' AND k.classid = $3::integer::oid
            AND k.objid = ((l.id % 2147483648)::integer)::oid AND k.objsubid = 2 AND k.granted
            AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
ORDER BY l.job_name, l.id;

-- name: prune_executions
-- Forget what ended long ago; the latest of each automation stays.
-- $1 timestamptz: before
-- $2 bigint: how many at a time
DELETE FROM automation_logs WHERE id IN (
    SELECT l.id FROM automation_logs l
    WHERE l.execution_time < $1 AND l.status NOT IN ('queued', 'running')
        AND EXISTS (SELECT FROM automation_logs n WHERE n.job_name = l.job_name AND n.id > l.id AND n.status = l.status)
    LIMIT $2
);

-- name: failed_before
-- Whether the last execution of an automation that ended, well or badly, before another one failed.
-- $1 text: automation
-- $2 bigint: the other one
SELECT status = 'failed' FROM automation_logs
WHERE job_name = $1 AND id < $2 AND status IN ('success', 'failed')
ORDER BY id DESC LIMIT 1;
