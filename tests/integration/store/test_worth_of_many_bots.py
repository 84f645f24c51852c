"""What work was worth, of more bots than any daemon watches: the same sum everywhere, and that of a count by hand."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest

from batmon.engine.reports.making import Asked, ReportSettings, compose
from batmon.engine.statistics.program_figures import program_figures
from batmon.engine.statistics.rollup import settle
from batmon.engine.statistics.savings_answers import SavingsAnswers
from batmon.gate.verbs import Caller
from batmon.metrics.periods import Period
from batmon.model import Program, Role
from batmon.store.statistics import Statistics

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
CONFIGURED, WATCHED, ALL = 20, 220, 290
"""Bots up to which they are configured, have a row because a daemon watches them, and have runs."""
USUAL_MINUTES, USUAL_COST = 5, 30_000


def history(chance):
    """Each bot's worth as (minutes for an item, cost of an hour), and its runs as (bot, status, start, processed)."""
    worth, runs = {}, []
    for number in range(ALL):
        name = f"Bot_{number:03}"
        minutes, cost = USUAL_MINUTES, USUAL_COST
        if number < CONFIGURED:
            minutes, cost = chance.choice((1, 2.5, 12)), chance.choice((0, 18_000, 45_000.5))
        worth[name] = minutes, cost
        for _ in range(chance.randint(1, 4)):
            start = datetime(2026, 10, 2, tzinfo=UTC) + timedelta(minutes=chance.randint(0, 28 * 1440))
            status = chance.choice(("SUCCESS", "SUCCESS", "FAILED"))
            runs.append((chance.choice((name, name.upper())), status, start, chance.choice((0, 1, 37, 5_000))))
    return worth, runs


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_money_of_every_bot_with_runs_is_counted(store, owner_url, seed):
    worth, runs = history(random.Random(seed))  # noqa: S311 - no secret
    programs = [
        Program(name, Path("/x"), node="n", minutes_per_item=minutes, hourly_cost=cost)
        for name, (minutes, cost) in list(worth.items())[:CONFIGURED]
    ]
    await store.start_node("old", "1", NOW - timedelta(days=9))
    await store.register("old", [], NOW, 1)
    await store.start_node("n", "1", NOW - timedelta(days=1))
    await store.register("n", programs, NOW, USUAL_COST)
    await store.start_node("says nothing", "1", NOW)
    await store.register("says nothing", [], NOW, 0)
    for name in list(worth)[CONFIGURED:WATCHED:20]:
        await store.register_unconfigured(name, "n", NOW, "UTC", USUAL_COST)
    connection = await asyncpg.connect(owner_url)
    await connection.executemany(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time, end_time, processed_count)"
        " VALUES ($1, 't', $2, $3, $3, $4)",
        runs,
    )
    await settle(Statistics(store), lambda: NOW)

    minutes, money = Decimal(0), Decimal(0)
    for bot, status, _, processed in runs:
        each, cost = worth[bot.capitalize()]
        if status == "SUCCESS":
            minutes += processed * Decimal(str(each))
            money += processed * Decimal(str(each)) / 60 * Decimal(str(cost))
    hours = float(minutes) / 60

    found = await program_figures(store, OCTOBER, "UTC", now=NOW)
    assert len(found) == ALL
    assert sum(one.saved_hours for one in found) == pytest.approx(hours)
    assert sum(one.saved_money for one in found) == pytest.approx(float(money))
    row = await connection.fetchrow(
        "SELECT sum(saved_hours) AS h, sum(saved_money) AS m FROM v_department_savings_month"
    )
    assert (float(row["h"]), float(row["m"])) == (pytest.approx(hours, abs=0.06), pytest.approx(float(money), abs=0.6))
    asked = Asked(template="rpa_savings", period=OCTOBER, timezone="UTC", now=NOW, data=False)
    made = await compose(store, ReportSettings(currency="KRW"), asked)
    assert made.summary["saved_money"] == pytest.approx(float(money), abs=1)
    assert made.summary["saved_hours"] == pytest.approx(hours, abs=0.06)
    verb = SavingsAnswers(store=store, settle=lambda: settle(Statistics(store), lambda: NOW), timezone=lambda: "UTC",
                          now=lambda: NOW)  # fmt: skip
    said = await verb.savings(Caller("v", Role.VIEWER, "", ""), {"month": "2026-10"})
    assert said["hours"] == pytest.approx(hours, abs=1e-3)
    await store.register("n", programs, NOW, 0)  # nobody names a cost any more but the one that was started before
    assert sum(one.saved_money for one in await program_figures(store, OCTOBER, "UTC", now=NOW)) < float(money)
    await connection.close()
