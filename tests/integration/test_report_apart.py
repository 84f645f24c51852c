"""The process that makes a report: what stops it is said in a sentence, and nothing heavy is left in its parent."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from batmon.engine.reports.apart import Order, make_apart
from batmon.errors import ReportError
from batmon.report.asked import Asked, ReportSettings

HEAVY = ("openpyxl", "reportlab", "lxml", "PIL")


def order(url, file, template="weekly_ops", folder=None, form="md"):
    asked = Asked(template=template, language="en", now=datetime.now(UTC), by="eve")
    return Order(url, asked, ReportSettings(folder=folder), form, str(file))


def silent(_step):
    """Nobody listens."""


async def test_steps_are_told_and_the_file_is_what_is_said_of_it(database_url, tmp_path):
    steps = []
    made = await make_apart(order(database_url, tmp_path / "a.md"), steps.append)
    assert steps == ["collecting", "writing"]
    assert made.size == (tmp_path / "a.md").stat().st_size > 0
    assert made.summary["runs"] == 0
    assert all(len(pair) == 2 for pair in made.figures)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only where the system has a full disk to write to")
async def test_a_full_disk_is_said(database_url):
    with pytest.raises(ReportError, match="cannot be written: No space left on device"):
        await make_apart(order(database_url, "/dev/full"), silent)


async def test_a_folder_that_is_gone_is_said(database_url, tmp_path):
    with pytest.raises(ReportError, match="cannot be written: No such file"):
        await make_apart(order(database_url, tmp_path / "nowhere" / "a.md"), silent)


async def test_what_takes_too_long_is_given_up(database_url, tmp_path):
    (tmp_path / "slow.toml").write_text(
        'title = "Slow"\nformats = ["md"]\n[[sections]]\ntitle = "a"\nsql = "SELECT 1 AS a FROM pg_sleep(25)"\n'
    )
    asked = order(database_url, tmp_path / "a.md", "slow", tmp_path)
    with pytest.raises(ReportError, match=r"takes longer than 1\.5 seconds"):
        await make_apart(asked, silent, seconds=1.5)
    task = asyncio.create_task(make_apart(asked, silent))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_database_that_is_away_is_said(tmp_path):
    with pytest.raises(ReportError):
        await make_apart(order("postgresql://nobody@127.0.0.1:1/none", tmp_path / "a.md"), silent)


async def test_a_child_of_another_version_changes_nothing_and_says_what_to_do(owner_url, tmp_path):
    owner = await asyncpg.connect(owner_url)
    newest = await owner.fetchval("SELECT name FROM batmon_migrations ORDER BY version DESC LIMIT 1")
    await owner.execute("DELETE FROM batmon_migrations WHERE name = $1", newest)
    with pytest.raises(ReportError, match=newest) as refused:
        await make_apart(order(owner_url, tmp_path / "a.md"), silent)
    assert refused.value.hint == "restart the daemon"
    assert not await owner.fetchval("SELECT count(*) FROM batmon_migrations WHERE name = $1", newest)
    await owner.close()


def test_a_daemon_knows_its_templates_without_what_writes_files():
    code = (
        "import sys, batmon.engine.daemon, batmon.engine.reports.step\n"
        "from batmon.engine.reports.making import templates\n"
        f"assert templates(None); print([one for one in {HEAVY!r} if one in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
