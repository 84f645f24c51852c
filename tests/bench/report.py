"""A year of 1,000 programs, 55 runs a day each, as reports: how long they take to compose, and how much memory.

With ``BATMON_BENCH_RUNS`` the history itself is there too: so many runs of 500 programs, counted first (a quarter of an
hour for 20,000,000).
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from batmon.engine.statistics.rollup import settle
from batmon.store import EmbeddedPostgres, Store
from batmon.store.statistics import Statistics
from tests.bench import stats_plant
from tests.bench.figures import say, table, verdict

PROGRAMS, DAYS, RUNS_A_DAY = 1000, 365, 55
GOAL_SEC, GOAL_MB = 5.0, 300.0
LONGEST_COUNT_SEC = 3600.0
NOW = datetime(2026, 1, 1, 3, tzinfo=UTC)
TEMPLATES = ("weekly_ops", "monthly_sla", "rpa_savings", "capacity_plan")

_PLANT = """
INSERT INTO programs (name, node, title, base_dir, schedule, timezone, grace_sec, max_runtime_sec, scheduler, logs,
    rerun, configured, seen_at, department, hourly_cost, availability_target)
SELECT 'batch-' || lpad(n::text, 4, '0'), 'n1', 'Batch ' || n, '', '{*/25 * * * *}', 'Asia/Seoul', 60, 600, '', '{}',
    '{}', true, $1, 'team ' || n % 12, 25000, 0.99 FROM generate_series(1, $2::integer) AS n;
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
_INCIDENTS = """
INSERT INTO incidents (program, reason, opened_at, begun_at, resolved_at, first_verdict, last_verdict, severity,
    was_error, outages, facts)
SELECT p.name, 'failed', o.at, o.at, o.at + interval '40 minutes', 1, 1, 'ERROR', true,
    tstzmultirange(tstzrange(o.at, o.at + interval '40 minutes')), '{}'
FROM programs p
CROSS JOIN LATERAL (
    SELECT timestamptz '2025-01-02 00:00Z' + (n * 24 + hashtext(p.name || n) % 12) * interval '1 hour' AS at
    FROM generate_series(1, 360, 18) AS n) o
WHERE $1::timestamptz IS NOT NULL
"""

_CHILD = """
import asyncio, json, resource, sys, time
from datetime import UTC, date, datetime
from batmon.engine.reports.making import Asked, ReportSettings, compose
from batmon.metrics.periods import Period
from batmon.report.render import render
from batmon.store import Store
from pathlib import Path

async def main(url, template, form, file):
    store = await Store.open(url)
    asked = Asked(template=template, period=Period(date(2025, 1, 1), date(2025, 12, 31)), timezone="Asia/Seoul",
                  now=datetime(2026, 1, 1, 3, tzinfo=UTC), data=form == "excel")
    began, cpu = time.perf_counter(), time.process_time()
    made = await compose(store, ReportSettings(), asked)
    composed, cpu = time.perf_counter() - began, time.process_time() - cpu
    composed_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    await store.close()
    if form:
        render(made, form, Path(file))
    whole = time.perf_counter() - began
    print(json.dumps([composed, cpu, composed_mb, whole, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                      made.summary["runs"]]))

asyncio.run(main(*sys.argv[1:]))
"""


async def bench() -> None:
    """Plant the statistics of 20 million runs, then make each report of the year in a process of its own."""
    folder = Path(tempfile.mkdtemp(prefix="bm-report-"))
    server = await EmbeddedPostgres.start(folder / "state")
    try:
        await (await Store.open(server.url, server.owner_url)).close()
        owner = await asyncpg.connect(server.owner_url)
        await owner.execute("SET timezone = 'UTC'")
        if "BATMON_BENCH_RUNS" in os.environ:
            await _history(server.url, owner, int(os.environ["BATMON_BENCH_RUNS"]))
        else:
            await _statistics(owner)
        await owner.execute(_STATES, NOW, timeout=60)
        await owner.execute(_INCIDENTS, NOW, timeout=60)
        await owner.execute("VACUUM ANALYZE", timeout=600)
        days, runs = await owner.fetchrow("SELECT count(*), sum(succeeded + failed) FROM run_stats_daily")
        await owner.close()
        say(f"{days:,} days of programs, {runs / 1e6:.1f} million runs that ended\n")
        found = []
        for name in TEMPLATES:
            for form in ("", "excel", "pdf") if name == "weekly_ops" else ("",):
                composed, cpu, composed_mb, whole, whole_mb, runs = await _made(server.url, name, form, folder / "file")
                found.append(
                    (
                        name,
                        form or "composed alone",
                        f"{runs:,}",
                        f"{composed:.2f} s",
                        f"{cpu:.2f} s",
                        verdict(composed, GOAL_SEC),
                        f"{composed_mb:.0f} MB",
                        verdict(composed_mb, GOAL_MB),
                        f"{whole:.2f} s",
                        f"{whole_mb:.0f} MB",
                    )
                )
        heads = (
            "report",
            "as",
            "runs",
            "composed",
            "of it CPU",
            "<= 5 s",
            "memory",
            "<= 300 MB",
            "with its file",
            "memory",
        )
        table(heads, found)
    finally:
        await server.stop()
        shutil.rmtree(folder)


async def _statistics(owner: asyncpg.Connection) -> None:
    """What the runs come to, without the runs."""
    await owner.execute(_PLANT.replace("$1", f"'{NOW.isoformat()}'").replace("$2", str(PROGRAMS)))
    await owner.execute(_STATISTICS, NOW, DAYS, RUNS_A_DAY, timeout=600)
    await owner.execute(_MONTHS, timeout=600)
    await owner.execute("TRUNCATE run_stats_queue")


async def _history(url: str, owner: asyncpg.Connection, runs: int) -> None:
    """The runs themselves, counted."""
    await stats_plant.plant(owner, runs, NOW)
    await owner.execute(
        "UPDATE programs SET node = 'n1', department = 'team ' || right(name, 1), hourly_cost = 25000,"
        " availability_target = 0.99, schedule = '{*/25 * * * *}', grace_sec = 60, max_runtime_sec = 600"
    )
    store = await Store.open(url)
    try:
        if not await settle(Statistics(store), lambda: datetime.now(UTC), LONGEST_COUNT_SEC):
            raise SystemExit("the runs were not counted in time")
    finally:
        await store.close()


async def _made(url: str, template: str, form: str, file: Path) -> tuple[float, ...]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CHILD, url, template, form, str(file), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await child.communicate()
    if child.returncode:
        raise SystemExit(f"{template} could not be made")
    return tuple(json.loads(said))
