"""What a year of reports is made of: programs, their runs or what those come to, incidents with timelines."""

import os
import tempfile
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from batmon.engine.statistics.rollup import settle
from batmon.store import EmbeddedPostgres, Store
from batmon.store.statistics import Statistics
from tests.bench import stats_plant
from tests.bench.figures import say

PROGRAMS, DAYS, RUNS_A_DAY = 1000, 365, 55
LONGEST_COUNT_SEC = 3600.0
NOW = datetime(2026, 1, 1, 3, tzinfo=UTC)

_PROGRAMS = """
INSERT INTO programs (name, node, title, base_dir, schedule, timezone, grace_sec, max_runtime_sec, scheduler, logs,
    rerun, configured, seen_at, department, hourly_cost, availability_target)
SELECT 'batch-' || lpad(n::text, 4, '0'), 'n1', 'Batch ' || n, '', '{*/25 * * * *}', 'Asia/Seoul', 60, 600, '', '{}',
    '{}', true, $1, 'team ' || n % 12, 25000, 0.99 FROM generate_series(1, $2::integer) AS n;
"""
_AS_CONFIGURED = """
UPDATE programs SET node = 'n1', department = 'team ' || right(name, 1), hourly_cost = 25000,
    schedule = CASE WHEN name LIKE '%5' THEN ARRAY['0 6 * * *'] ELSE ARRAY['*/25 * * * *'] END,
    availability_target = 0.99, grace_sec = 60, max_runtime_sec = 600
"""
_STATES = """
INSERT INTO program_state (program, node, status, reason, since, checked_at, judged_until, watch_since)
SELECT name, 'n1', 'OK', 'succeeded', $1::timestamptz, $1, $1, $1 - interval '3 years' FROM programs
"""
_STATISTICS = """
INSERT INTO run_stats_daily (program, day, name, timezone, succeeded, failed, missed, unfinished, reruns,
    reruns_succeeded, excused, processed, timed, seconds, buckets, counts)
SELECT p.name, d.day, p.name, 'Asia/Seoul', $3 - f.failed, f.failed, (f.failed > 3)::integer, 0, 0, 0, 0, 2000,
    $3 - f.failed, 60.0 * ($3 - f.failed), b.buckets, b.counts
FROM programs p
CROSS JOIN LATERAL (SELECT date '2025-12-31' - n AS day FROM generate_series(0, $2::integer - 1) AS n) d
CROSS JOIN LATERAL (SELECT (hashtext(p.name || d.day) & 15) AS h) g
CROSS JOIN LATERAL (SELECT CASE WHEN g.h = 0 THEN 4 WHEN g.h < 3 THEN 1 ELSE 0 END AS failed) f
CROSS JOIN LATERAL (
    SELECT array_agg((70 + g.h + n)::smallint ORDER BY n) AS buckets, array_agg(3 ORDER BY n) AS counts
    FROM generate_series(1, 18) AS n) b
WHERE $1::timestamptz IS NOT NULL
"""
_MONTHS = """
INSERT INTO run_stats_monthly (program, month, name, succeeded, failed, missed, unfinished, reruns, reruns_succeeded,
    excused, processed, timed, seconds, buckets, counts)
SELECT s.*, h.buckets, h.counts FROM (
    SELECT program, date_trunc('month', day::timestamp)::date AS month, max(name), sum(succeeded), sum(failed),
        sum(missed), 0, 0, 0, 0, sum(processed), sum(timed), sum(seconds)
    FROM run_stats_daily GROUP BY 1, 2) s
JOIN (
    SELECT program, month, array_agg(bucket ORDER BY bucket) AS buckets,
        array_agg(n::integer ORDER BY bucket) AS counts FROM (
        SELECT d.program, date_trunc('month', d.day::timestamp)::date AS month, u.bucket, sum(u.n) AS n
        FROM run_stats_daily d CROSS JOIN LATERAL unnest(d.buckets, d.counts) AS u (bucket, n) GROUP BY 1, 2, 3) b
    GROUP BY 1, 2) h USING (program, month)
"""
_BATCHES = """
WITH steps AS (
    INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time, end_time, processed_count)
    SELECT 'nightly', 'single_step_' || step, 'SUCCESS', at, at + interval '9 minutes', 50
    FROM generate_series(1, 365) AS night, generate_series(1, 10) AS step
    CROSS JOIN LATERAL (
        SELECT timestamptz '2024-12-31 18:00Z' + night * interval '1 day' + step * interval '10 minutes' AS at) s
    RETURNING run_id, start_time
)
INSERT INTO run_items (run_id, account, processed, started_at, ended_at)
SELECT run_id, 'account-' || n, 10, start_time, start_time + interval '1 minute'
FROM steps CROSS JOIN generate_series(1, 5) AS n
"""
_INCIDENTS = """
WITH chosen AS (
    SELECT p.name, o.at, row_number() OVER (ORDER BY o.at, p.name) AS number FROM programs p
    CROSS JOIN LATERAL (
        SELECT timestamptz '2025-01-02 00:00Z' + (n * 24 + hashtext(p.name || n) % 12) * interval '1 hour' AS at
        FROM generate_series(1, 360, 18) AS n) o
), made AS (
    INSERT INTO incidents (program, node, reason, opened_at, begun_at, resolved_at, acknowledged_at, acknowledged_by,
        first_verdict, last_verdict, severity, facts)
    SELECT name, 'n1', 'failed', at, at, at + interval '40 minutes', at + interval '5 minutes', 'kim',
        2 * number - 1, 2 * number, 'ERROR', '{}' FROM chosen
    RETURNING incident_id, opened_at, resolved_at, acknowledged_at
), judged AS (
    INSERT INTO verdicts (verdict_id, program, node, status, reason, at)
    SELECT v.id, c.name, 'n1', v.status, v.reason, v.at FROM chosen c CROSS JOIN LATERAL (VALUES
        (2 * c.number - 1, 'ERROR', 'failed', c.at), (2 * c.number, 'OK', 'succeeded', c.at + interval '40 minutes')
    ) AS v (id, status, reason, at)
)
INSERT INTO incident_events (incident_id, at, kind, by, data)
SELECT m.incident_id, e.at, e.kind, e.by, '{"severity": "ERROR"}' FROM made m CROSS JOIN LATERAL (VALUES
    (m.opened_at, 'opened', ''), (m.acknowledged_at, 'acknowledged', 'kim'), (m.resolved_at, 'resolved', '')
) AS e (at, kind, by) ORDER BY e.at
"""
_KINDS = """
INSERT INTO error_signatures (id, template, sample, level)
SELECT s.id, 'Login failed: <*>', 'Login failed: code ' || n, 'ERROR'
FROM generate_series(0, $1::integer - 1) AS n CROSS JOIN LATERAL (SELECT 'kind-' || to_char(n, 'FM00') AS id) s
"""
_KINDS_SEEN = """
INSERT INTO error_signature_programs (signature, program, first_seen, last_seen, count)
SELECT evidence ->> 'signature', bot_name, min(start_time), max(start_time), count(*)
FROM rpa_execution_logs WHERE evidence ? 'signature' GROUP BY 1, 2
"""


_HISTORY = """
SELECT sum(greatest(c.reltuples, 0))::bigint FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'rpa_execution_logs'::regclass
"""


@asynccontextmanager
async def year():
    """A server with the year in it, and a folder for files; ``BATMON_BENCH_KEEP`` is where it is kept."""
    with tempfile.TemporaryDirectory(prefix="bm-report-") as scratch:
        home = Path(os.environ.get("BATMON_BENCH_KEEP", scratch))
        server = await EmbeddedPostgres.start(home / "state")
        try:
            await (await Store.open(server.url, server.owner_url)).close()
            owner = await asyncpg.connect(server.owner_url)
            await owner.execute("SET timezone = 'UTC'")
            planted = home / "planted"
            if not planted.exists():
                asked = os.environ.get("BATMON_BENCH_RUNS")
                await plant(server.url, owner, None if asked is None else int(asked))
                planted.touch()
            days, ended = await owner.fetchrow("SELECT count(*), sum(succeeded + failed) FROM run_stats_daily")
            rows, size = await owner.fetchval(_HISTORY), await owner.fetchval("SELECT pg_database_size('batmon')")
            await owner.close()
            say(
                f"{days:,} days of programs, {ended / 1e6:.1f} million runs that ended; {rows:,} runs in the history,"
                f" {size >> 20:,} MB of database\n"
            )
            yield server, Path(scratch)
        finally:
            await server.stop()


async def plant(url, owner, runs):
    """All of it. ``runs``: so many runs of 500 programs, counted; None: what 20 million of 1,000 come to."""
    if runs is None:
        await owner.execute(_PROGRAMS.replace("$1", f"'{NOW.isoformat()}'").replace("$2", str(PROGRAMS)))
        await owner.execute(_STATISTICS, NOW, DAYS, RUNS_A_DAY, timeout=600)
        await owner.execute(_MONTHS, timeout=600)
        await owner.execute("TRUNCATE run_stats_queue")
    else:
        await stats_plant.plant(owner, runs, NOW)
        await owner.execute(_AS_CONFIGURED)
        await owner.execute(_BATCHES, timeout=600)
        await _counted(url)
        await owner.execute(_KINDS, stats_plant.KINDS)
        await owner.execute(_KINDS_SEEN, timeout=LONGEST_COUNT_SEC)
    await owner.execute(_STATES, NOW, timeout=60)
    await owner.execute(_INCIDENTS, timeout=600)
    await owner.execute("VACUUM ANALYZE", timeout=LONGEST_COUNT_SEC)


async def _counted(url):
    store = await Store.open(url)
    try:
        if not await settle(Statistics(store), lambda: datetime.now(UTC), LONGEST_COUNT_SEC):
            raise SystemExit("the runs were not counted in time")
    finally:
        await store.close()
