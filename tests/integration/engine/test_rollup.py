"""The task that keeps the statistics: soon after every change, through everything that happens to the database."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from batmon.engine.statistics.rollup import Rollup, settle
from batmon.judge.quiet import Window
from batmon.metrics.periods import Period
from batmon.model import Program
from batmon.store.counting import LOCK
from batmon.store.statistics import Statistics

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
ALL = Period(date(2026, 1, 1), date(2026, 12, 31))
PROGRAMS = {
    "Night": Program("Night", Path("/x"), tags=("server",)),
    "Day": Program("Day", Path("/y")),
}


@pytest.fixture
async def owner(owner_url):
    connection = await asyncpg.connect(owner_url)
    yield connection
    await connection.close()


def rollup(store, *, windows=(), now=lambda: NOW):
    return Rollup(Statistics(store), node="n", programs=lambda: PROGRAMS, windows=windows, now=now)


async def put(connection, bot, start, status="SUCCESS"):
    await connection.execute(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, start_time, status) VALUES ($1, 't', $2, $3)",
        bot, start, status,
    )  # fmt: skip


async def until(found, expected):
    async with asyncio.timeout(20):
        while await found() != expected:
            await asyncio.sleep(0.02)


async def test_what_is_committed_is_counted_soon_and_a_lost_connection_is_no_end(store, owner):
    async def counted():
        return await owner.fetchval("SELECT coalesce(sum(succeeded), 0) FROM run_stats_daily")

    task = asyncio.create_task(rollup(store).keep())
    await put(owner, "a", NOW)
    await until(counted, 1)
    await owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'batmon' AND datname = current_database()"
    )
    await put(owner, "a", NOW)
    await until(counted, 2)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_settling_is_exact_or_says_that_it_is_not(store, owner, owner_url):
    kept = rollup(store)
    await put(owner, "a", NOW)
    assert await kept.settle()
    assert (await Statistics(store).totals(ALL))["a"].succeeded == 1
    other = await asyncpg.connect(owner_url)
    await other.execute("SELECT pg_advisory_lock($1)", LOCK)
    await put(owner, "a", NOW)
    assert not await kept.settle(within=0.1)
    waiting = asyncio.create_task(settle(Statistics(store), lambda: NOW))
    assert (await kept.describe())["waiting"] == 1
    await other.close()
    assert await waiting
    assert (await Statistics(store).totals(ALL))["a"].succeeded == 2
    assert await kept.describe() == {"waiting": 0, "programs": 0, "until": None}


async def test_planned_maintenance_is_kept_as_it_came_whatever_the_configuration_says_later(store, owner):
    night = Window("night", tags=("server",), schedule=("0 2 * * *",), duration=timedelta(hours=1))
    begins = NOW.replace(hour=2)
    for days in (40, 3, 0):
        await put(owner, "night", begins - timedelta(days=days) + timedelta(minutes=5), "FAILED")
        await put(owner, "Day", begins - timedelta(days=days) + timedelta(minutes=5), "FAILED")
    await put(owner, "night", begins + timedelta(minutes=70), "FAILED")
    await rollup(store, windows=[night]).settle()
    totals = await Statistics(store).totals(ALL)
    assert {name: one.excused for name, one in totals.items()} == {"night": 2, "Day": 0}  # 40 days ago nobody kept it

    tomorrow = NOW + timedelta(days=1)
    await put(owner, "Night", begins + timedelta(days=1), "FAILED")
    other = Window("all", schedule=("0 12 * * *",), duration=timedelta(hours=1))
    await put(owner, "day", NOW.replace(hour=12), "MISSED")
    await put(owner, "day", begins, "MISSED")
    await rollup(store, windows=[other], now=lambda: tomorrow).settle()
    totals = await Statistics(store).totals(ALL)
    assert {name.lower(): one.excused for name, one in totals.items()} == {"night": 2, "day": 1}
