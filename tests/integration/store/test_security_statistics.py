"""Whoever may only write runs can neither stop the statistics nor reach anything through what counts them."""

from datetime import UTC, date, datetime

import asyncpg
import pytest

from batmon.engine.statistics.program_figures import program_figures
from batmon.engine.statistics.rollup import settle
from batmon.errors import Refused
from batmon.metrics.periods import Period
from batmon.store import statistics
from batmon.store.report_figures import ReportFigures
from batmon.store.statistics import Statistics
from batmon.store.stats_grid import StatsGrid

TIMES = (
    "infinity", "-infinity", "4713-01-01 BC", "0044-03-15 BC", "0001-01-01", "1969-12-31", "2026-11-21", "9999-12-31",
    "20000-01-01", "294276-12-31 23:59:59+00",
)  # fmt: skip
ENDS = ("NULL", "'infinity'", "'-infinity'", "'294276-12-31'", "'4713-01-01 BC'")
DURATIONS = ("NULL", "2147483647", "-2147483648")
FORBIDDEN = (
    "INSERT INTO run_stats_queue (since, until) VALUES ('-infinity', 'infinity')",
    "DELETE FROM run_stats_queue",
    "SELECT FROM run_stats_daily",
    "SELECT FROM v_run_daily",
    "SELECT FROM v_department_savings_month",
    "SELECT FROM report_records",
    "SELECT FROM report_schedules",
    "SELECT FROM notification_attachments",
    "TRUNCATE rpa_execution_logs",
    "CREATE TABLE public.became (bot_name text, start_time timestamptz)",
    "CREATE TRIGGER own BEFORE INSERT ON rpa_execution_logs FOR EACH ROW EXECUTE FUNCTION batmon_program_days()",
)
DAY = Period(date(2026, 11, 21), date(2026, 11, 21))


@pytest.fixture
async def bot(owner_url):
    """A session that may insert runs, as docs/recording.md has bots do, and nothing else."""
    connection = await asyncpg.connect(owner_url)
    await connection.execute("DROP ROLE IF EXISTS hostile_bot")
    await connection.execute("CREATE ROLE hostile_bot")
    await connection.execute("GRANT INSERT ON rpa_execution_logs TO hostile_bot")
    await connection.execute("GRANT USAGE ON rpa_execution_logs_log_id_seq TO hostile_bot")
    await connection.execute("SET ROLE hostile_bot")
    yield connection
    await connection.execute("RESET ROLE")
    await connection.execute("DROP OWNED BY hostile_bot")
    await connection.execute("DROP ROLE hostile_bot")
    await connection.close()


async def test_no_time_that_postgres_knows_stops_the_count(store, bot):
    for status in ("SUCCESS", "FAILED"):
        await bot.execute(  # every value stands in this file
            "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time, end_time, duration_sec,"  # noqa: S608
            " processed_count) VALUES "
            + ", ".join(
                f"(E'\\x1b=İẞ''\"{start[:3]}', 't', '{status}', '{start}', {end}, {duration}, 2147483647)"
                for start in TIMES
                for end in ENDS
                for duration in DURATIONS
            )
        )
    known = Statistics(store)
    assert await settle(known, lambda: datetime.now(UTC), 15.0)
    ((name, totals),) = (await known.totals(DAY)).items()
    assert name == "\x1b=İẞ'\"202"
    assert (totals.succeeded, totals.failed, totals.processed) == (15, 15, 15 * 2147483647)
    rows = [row async for page in ReportFigures(store).faults(DAY, None, 100) for row in page]
    assert len(rows) == 15
    assert {row["seconds"] for row in rows} == {None}  # nobody can say how long these took


async def test_the_triggers_give_nothing_away(bot):
    for tried in FORBIDDEN:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await bot.execute(tried)


async def test_what_a_bot_lays_into_the_path_is_not_run_by_the_triggers(store, bot):
    await bot.execute("CREATE TEMP TABLE became (bot_name text, start_time timestamptz)")
    await bot.execute("INSERT INTO pg_temp.became VALUES ('evil', '2020-01-01')")
    await bot.execute("CREATE TEMP TABLE run_stats_queue (program text, since timestamptz, until timestamptz)")
    for kind in ("varchar", "text"):
        await bot.execute(
            f"CREATE FUNCTION pg_temp.lower({kind}) RETURNS text LANGUAGE sql AS $$ SELECT 'run by ' || current_user $$"
        )
    await bot.execute("SET search_path = pg_temp, public")
    await bot.execute(
        "INSERT INTO public.rpa_execution_logs (bot_name, task_name, status) VALUES ('AA', 't', 'SUCCESS')"
    )
    assert await bot.fetchval("SELECT count(*) FROM pg_temp.run_stats_queue") == 0
    async with store.connection() as connection:
        marks = await connection.fetch("SELECT DISTINCT program FROM public.run_stats_queue WHERE program IS NOT NULL")
    assert [row["program"] for row in marks] == ["aa"]


async def test_names_without_end_are_refused_and_not_held_in_memory(store, owner_url, monkeypatch):
    monkeypatch.setattr(statistics, "MOST_NAMES", 50)
    owner = await asyncpg.connect(owner_url)
    await owner.execute(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time)"
        " SELECT 'bot' || n, 't', 'SUCCESS', '2026-11-21 06:00Z' FROM generate_series(1, 51) n"
    )
    await owner.close()
    known = Statistics(store)
    assert await settle(known, lambda: datetime.now(UTC), 15.0)
    for asked in (known.totals(DAY), known.programs(), StatsGrid(store).programs(DAY)):
        with pytest.raises(Refused, match="more than 50 names"):
            await asked
    assert set(await known.totals(DAY, ["BOT7", "bot8"])) == {"bot7", "bot8"}
    # who asks for one is told of it, whatever else is there, and the sum of all is made where they are
    assert [one.program for one in await known.programs(["BOT7", "bot8", "nobody"])] == ["bot7", "bot8"]
    [one] = await program_figures(store, DAY, "UTC", ["BOT7"])
    assert (one.program, one.totals.succeeded) == ("bot7", 1)
