"""The views that are documented for others' SQL: each example runs, as a role that may read views and nothing else."""

import re
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from batmon.model import Program
from batmon.store.statistics import Statistics

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "sql.md").read_text("utf-8")
NOW = datetime.now(UTC)
EXAMPLES = re.findall(r"^```sql\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
SECTIONS = re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)


@pytest.fixture
async def owner(owner_url):
    connection = await asyncpg.connect(owner_url)
    yield connection
    await connection.close()


@pytest.fixture
async def reader(owner, postgres, database):
    """Somebody's dashboard: a role with the rights that the document gives it."""
    await owner.execute(f"CREATE ROLE reader_{database} LOGIN")
    views = ", ".join(name for name, _ in SECTIONS)
    await owner.execute(f"GRANT SELECT ON {views}, incidents TO reader_{database}")
    url = postgres.owner_url.replace("/batmon?", f"/{database}?").replace("user=batmon", f"user=reader_{database}")
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()
    await owner.execute(f"DROP OWNED BY reader_{database}; DROP ROLE reader_{database}")


@pytest.fixture
async def _runs(store, owner):
    """Two programs of a department and a bot of nobody, with runs of this month, counted."""
    programs = [
        Program("kindscrap", Path("/x"), node="n", schedule=("0 6 * * *",), title="공시", minutes_per_item=3.0),
        Program("mail", Path("/y"), node="n"),
    ]
    await store.register("n", programs, NOW)
    await owner.execute("UPDATE programs SET department = '재무', hourly_cost = 30000 WHERE name = 'kindscrap'")
    for bot, status, seconds, count in (
        ("kindscrap", "SUCCESS", 20, 40), ("Kindscrap", "SUCCESS", 40, 60), ("kindscrap", "FAILED", 9, 99),
        ("mail", "SUCCESS", 1, 12), ("other", "SUCCESS", 1, 12), ("other", "MISSED", None, 0),
    ):  # fmt: skip
        await owner.execute(
            "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time, duration_sec, processed_count)"
            " VALUES ($1, 't', $2, date_trunc('day', now()), $3, $4)",
            bot, status, seconds, count,
        )  # fmt: skip
    while await Statistics(store).settle_some(NOW):
        pass


@pytest.mark.usefixtures("_runs")
async def test_each_example_runs_for_whoever_may_read_the_views(reader):
    for example in EXAMPLES:
        if "run_stats_daily" not in example:
            await reader.fetch(example)


@pytest.mark.usefixtures("_runs")
async def test_the_example_with_histograms_gives_the_quantile_of_all_of_them(owner):
    (example,) = [e for e in EXAMPLES if "run_stats_daily" in e]
    assert await owner.fetchval(example) == pytest.approx(40, rel=0.026)


async def test_the_columns_are_those_that_are_documented(owner):
    for view, text in SECTIONS:
        documented = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
        there = await owner.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 ORDER BY attnum", view
        )
        assert documented in ([], [row[0] for row in there]), view
        assert re.search(rf"FROM {view}\b", text), f"no example of {view}"


@pytest.mark.usefixtures("_runs")
async def test_what_the_views_say_is_right(owner):
    month = NOW.date().replace(day=1)
    row = await owner.fetchrow("SELECT * FROM v_run_daily WHERE program = 'kindscrap'")
    assert (row["runs"], row["succeeded"], row["failed"], row["processed"], row["timed"]) == (3, 2, 1, 100, 2)
    assert (row["success_rate"], row["mean_seconds"]) == (pytest.approx(2 / 3), 30)
    assert row["p50_seconds"] == pytest.approx(20, rel=0.026)
    rows = await owner.fetch("SELECT program, title, month, availability FROM v_program_month ORDER BY program")
    assert [tuple(one) for one in rows] == [
        ("kindscrap", "공시", month, pytest.approx(2 / 3)), ("mail", "mail", month, None), ("other", "", month, None),
    ]  # fmt: skip
    row = await owner.fetchrow("SELECT month, programs, runs, missed FROM v_run_monthly")
    assert tuple(row) == (month, 3, 5, 1)
    rows = await owner.fetch(
        "SELECT department, month, bots, saved_hours, saved_money FROM v_department_savings_month ORDER BY 1"
    )
    assert [tuple(one) for one in rows] == [("", month, 2, 2, 0), ("재무", month, 1, 5, 150000)]


async def test_all_statistics_are_asked_by_index(owner):
    """With a year of a hundred programs: what a dashboard asks reads what it shows, not everything."""
    await owner.execute(
        "INSERT INTO run_stats_daily"
        " SELECT 'bot-' || b, date '2026-11-20' - d, 'bot-' || b, 'UTC', 1, 0, 0, 0, 0, 0, 0, 1, 1, 1.0, '{1}', '{1}'"
        " FROM generate_series(1, 100) AS b, generate_series(0, 364) AS d"
    )
    await owner.execute("ANALYZE run_stats_daily")
    for question in (
        "SELECT * FROM v_run_daily WHERE program = 'bot-7' AND day > '2026-10-01'",
        "SELECT day, sum(runs) FROM v_run_daily WHERE day > '2026-11-10' GROUP BY day",
    ):
        said = "\n".join(row[0] for row in await owner.fetch(f"EXPLAIN {question}"))
        assert "Index" in said
        assert "Seq Scan" not in said
