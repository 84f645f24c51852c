"""Findings on a real database: what was recorded is judged, and nothing is said of what is steady."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from batmon.engine.reports.insights import find_insights
from batmon.metrics.periods import Period
from batmon.model import Program
from batmon.report.asked import Asked
from batmon.store.statistics import Statistics

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
WEEK = Period(date(2026, 11, 14), date(2026, 11, 20))
DAYS = [date(2026, 11, 20) - timedelta(days=back) for back in range(90, -1, -1)]
ASKED = Asked(template="weekly_ops", period=WEEK, language="en", timezone="Asia/Seoul", now=NOW)


def program(name, schedule="0 6 * * *"):
    return Program(name, Path("/srv"), (schedule,), node="n", timezone="Asia/Seoul", title=name.title())


async def write(owner_url, rows):
    """Runs as (bot, start, seconds, items, status, signature, origin)."""
    connection = await asyncpg.connect(owner_url)
    await connection.executemany(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time, end_time, duration_sec,"
        " processed_count, evidence, origin, slot) VALUES ($1, 't', $5, $2, $3, $4, $6, $7, $8::text,"
        " CASE WHEN $8::text = 'schedule' THEN $2::timestamptz END)",
        [
            (bot, start, None if seconds is None else start + timedelta(seconds=seconds), seconds, status, items,
             json.dumps({"signature": signature} if signature else {}), origin)
            for bot, start, seconds, items, status, signature, origin in rows
        ],
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO error_signatures (id, template, sample, level)"
        " VALUES ('a1', 'login failed', 'ERROR login failed', 'error')"
    )
    await connection.execute(
        "INSERT INTO error_signature_programs (signature, program, first_seen, last_seen, count)"
        " VALUES ('a1', 'repeats', $1, $2, 9)", NOW - timedelta(days=30), NOW,
    )  # fmt: skip
    await connection.close()


def six(day, hour=6):
    return datetime(day.year, day.month, day.day, hour, tzinfo=SEOUL)


def history():
    source, rows = random.Random(1), []  # noqa: S311 - no secret
    for number, day in enumerate(DAYS):
        noise = source.lognormvariate(0, 0.05)
        rows.append(("steady", six(day), round(600 * noise), round(100 * noise), "SUCCESS", "", "record"))
        rows.append(("grows", six(day), round(600 * 1.6 ** (number / 90) * noise), 100, "SUCCESS", "", "record"))
        rows.append(("shrinks", six(day), 600, round(400 * 0.5 ** (number / 90) * noise), "SUCCESS", "", "record"))
        fails = day in (date(2026, 11, 15), date(2026, 11, 17), date(2026, 11, 19))
        rows.append(("repeats", six(day), 60, 0, *(("FAILED", "a1") if fails else ("완료", "")), "record"))
        rows.append(("moved", six(day, 15), 60, 5, "SUCCESS", "", "record"))
        rows.append(("moved", six(day), None, 0, "MISSED", "", "schedule"))
    return rows


@pytest.fixture
async def figures(store, owner_url):
    names = ("steady", "grows", "shrinks", "repeats", "moved")
    await store.register("n", [program(name) for name in names], NOW - timedelta(days=200))
    await write(owner_url, history())
    statistics = Statistics(store)
    while await statistics.settle_some(NOW):
        pass
    return await statistics.programs()


async def test_what_was_recorded_is_found_and_nothing_else(store, figures):
    days = await Statistics(store).days(WEEK)
    found = await find_insights(store, figures, days, ASKED)
    assert [(one.key, one.program) for one in found] == [
        ("repeated_failures", "Repeats"), ("schedule_mismatch", "Moved"), ("fewer", "Shrinks"), ("slower", "Grows"),
    ]  # fmt: skip
    repeated, moved, less, slow = found
    assert repeated.evidence[0] == "The line: ERROR login failed"
    assert repeated.evidence[1] == "On 3 days: 11-15 (1), 11-17 (1), 11-19 (1)"
    assert moved.data["way"] == "moved"
    assert moved.data["away_seconds"] == 9 * 3600
    assert -0.45 < less.data["change"] < -0.3
    assert 0.3 < slow.data["change"] < 0.45


async def test_some_programs_a_short_history_and_no_history_say_only_what_they_can(store, figures):
    days = await Statistics(store).days(WEEK)
    some = [one for one in figures if one.program in ("steady", "grows")]
    assert [one.key for one in await find_insights(store, some, days, ASKED)] == ["slower"]
    assert await find_insights(store, (), days, ASKED) == ()
    early = Period(DAYS[0], DAYS[6])
    asked = Asked(template="weekly_ops", period=early, language="ko", timezone="Asia/Seoul", now=NOW)
    found = await find_insights(store, figures, await Statistics(store).days(early), asked)
    assert [one.key for one in found] == ["schedule_mismatch"]
