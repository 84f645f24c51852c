"""What reports ask of large tables, against the same asked plainly."""

import random
import re
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from batmon.store.report_figures import ReportFigures
from batmon.store.statements import sql
from batmon.store.story import Stories

SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
HOURS = """
SELECT date_trunc('hour', start_time) AS began, date_trunc('hour', end_time) AS ended, count(*) AS runs,
    sum(extract(epoch FROM start_time - date_trunc('hour', start_time)))::float8 AS before_start,
    sum(extract(epoch FROM end_time - date_trunc('hour', end_time)))::float8 AS after_end
FROM rpa_execution_logs
WHERE start_time >= $1 AND start_time < $2 AND end_time >= start_time AND end_time < start_time + interval '7 days'
    AND origin NOT IN ('schedule', 'probe') GROUP BY 1, 2
"""
LATEST = """
SELECT incident_id FROM incidents WHERE lifetime && tstzrange($1, $2) ORDER BY opened_at DESC, incident_id DESC
"""
WORST = """
SELECT incident_id FROM incidents WHERE opened_at < $2 AND (resolved_at IS NULL OR resolved_at >= $1)
ORDER BY severity = 'ERROR' DESC, least(coalesce(resolved_at, $2), $2) - greatest(opened_at, $1) DESC, incident_id DESC
"""


@pytest.fixture
async def owner(owner_url):
    connection = await asyncpg.connect(owner_url)
    await connection.execute("SET timezone = 'UTC'")
    yield connection
    await connection.close()


async def add_runs(owner, chance, count):
    """Runs of a month, some of which end before they start, never, or after a week."""
    rows = []
    for _ in range(count):
        start = SINCE + timedelta(seconds=chance.uniform(-2, 20) * 86400)
        took = chance.choice((-1.5, 0, 0.000001, 59.9, 3600, 7200.5, 86400 * 2, 86400 * 7, 86400 * 7 - 1))
        end = None if chance.random() < 0.1 else start + timedelta(seconds=took)
        rows.append((f"bot-{chance.randint(1, 3)}", start, end, chance.choice(("log", "record", "schedule", "probe"))))
    on_the_hour = (SINCE + timedelta(hours=5), SINCE + timedelta(hours=6))
    await owner.executemany(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time, end_time, origin)"
        " VALUES ($1, 't', 'SUCCESS', $2, $3, $4)",
        [*rows, ("bot-1", *on_the_hour, "log")],
    )


async def add_incidents(owner, chance, count):
    """Incidents of many lengths, each of a program of its own, some of them open."""
    rows = []
    for number in range(count):
        opened = SINCE + timedelta(hours=chance.randint(-400, 400))
        resolved = None if chance.random() < 0.3 else opened + timedelta(hours=chance.choice((1, 1, 5, 300)))
        rows.append((f"p-{number}", opened, resolved, chance.choice(("ERROR", "WARNING"))))
    await owner.executemany(
        "INSERT INTO incidents (program, reason, opened_at, begun_at, resolved_at, first_verdict, last_verdict,"
        " severity) VALUES ($1, 'failed', $2, $2, $3, 1, 1, $4)",
        rows,
    )


async def test_busy_hours_are_those_of_every_run(store, owner):
    await add_runs(owner, random.Random(4), 400)  # noqa: S311 - no secret
    found = await ReportFigures(store).hours(SINCE, UNTIL, None)
    expected = await owner.fetch(HOURS, SINCE, UNTIL)
    assert len(expected) > 100
    assert sorted(tuple(row.values()) for row in found) == sorted(map(tuple, expected))


async def test_of_many_incidents_the_right_ones_are_listed(store, owner):
    await add_incidents(owner, random.Random(5), 80)  # noqa: S311 - no secret
    latest = [row[0] for row in await owner.fetch(LATEST, SINCE, UNTIL)]
    worst = [row[0] for row in await owner.fetch(WORST, SINCE, UNTIL)]
    assert 20 < len(latest) < 80
    for most in (1, 10, len(latest), 200):
        rows, left_out = await ReportFigures(store).incidents(SINCE, UNTIL, None, most)
        assert [row["incident_id"] for row in rows] == latest[:most]
        assert left_out == max(0, len(latest) - most)
        incidents, total = await Stories(store).incidents(SINCE, UNTIL, None, most)
        assert [one.id for one in incidents] == worst[:most]
        assert total == len(worst)


async def test_runs_of_batches_are_found_without_reading_the_others(store, owner):
    await add_runs(owner, random.Random(6), 100)  # noqa: S311 - no secret
    await owner.execute(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time, end_time)"
        " SELECT 'nightly', 'single_step_' || n, 'RUNNING', $1::timestamptz + n * interval '1 day', NULL"
        " FROM generate_series(1, 30) AS n",
        SINCE,
    )
    await owner.execute("SELECT pg_stat_reset()")
    ended = "UPDATE rpa_execution_logs SET status = 'SUCCESS', end_time = start_time + interval '9 minutes'"
    await owner.execute(f"{ended} WHERE task_name = 'single_step_30'")
    await owner.execute("SELECT pg_stat_force_next_flush()")
    counted = "SELECT sum(n_tup_hot_upd) FROM pg_stat_user_tables WHERE relname LIKE 'rpa_execution_logs%'"
    assert await owner.fetchval(counted) == 1
    await owner.execute(f"{ended} WHERE bot_name = 'nightly'")
    runs = await ReportFigures(store).batches(SINCE, UNTIL, None, 5)
    assert [run.task_name for run in runs] == [f"single_step_{n}" for n in (18, 17, 16, 15, 14)]
    async with store.connection() as connection:
        plan = await connection.fetch(f"EXPLAIN {sql('report_batches')}", SINCE, UNTIL, None, 5)
    scans = [row[0] for row in plan if " on rpa_execution_logs_" in row[0]]
    assert scans
    assert all(re.search(r"using rpa_execution_logs_(rest|y\d+m\d+)_start_time_idx ", line) for line in scans)
