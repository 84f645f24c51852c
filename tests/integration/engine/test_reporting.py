"""What becomes of reports: kept once, found again, forgotten when old; how many at a time; mails that are too large."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from batmon.engine.reports.mail import mails_of
from batmon.engine.reports.reporting import MOST_OPEN
from batmon.engine.reports.wanted import Wanted
from batmon.errors import NotFound, Refused, ReportError
from batmon.notify.templates import Templates
from batmon.store.notifications import MOST_ATTACHED
from batmon.store.reports import NewReport
from tests.integration.report_world import ReportWorld

MD = Wanted(template="batch_summary", form="md", by="eve")
SLOW = 'title = "Slow"\nformats = ["md"]\n[[sections]]\ntitle = "a"\nsql = "SELECT 1 AS a FROM pg_sleep(25)"\n'


@pytest.fixture
def world(tmp_path, store, database_url, owner_url):
    made = ReportWorld(tmp_path, store, database_url, owner_url)
    (tmp_path / "reports" / "slow.toml").write_text(SLOW)
    made.set("2026-11-21T12:00+09:00")
    return made


async def test_what_was_made_for_something_is_taken_again_as_long_as_it_is_there(world):
    async with world.node() as here:
        wanted = replace(MD, key="execution 7")
        first = (await here.reporting.make(wanted)).report
        assert (await here.reporting.make(wanted)).report == first
        here.reporting.shelf.remove(first.path)
        second = (await here.reporting.make(wanted)).report
        assert (second.id != first.id, second.path) == (True, first.path)  # its name is free again
        assert not await here.reporting.here(replace(first, path="/reports/batch_summary/gone.md"))


async def test_old_files_go_and_rows_stay(world):
    async with world.node() as here:
        old = (await here.reporting.make(MD)).report
        world.at += timedelta(days=399)
        kept = (await here.reporting.make(MD)).report
        assert kept.path != old.path
        world.at += timedelta(days=2)
        here.tasks.keep("reports", here.reporting.keep())
        await world.until(lambda rows: rows, "SELECT FROM report_records WHERE status = 'REMOVED'")
        assert (await here.reporting.find(old.id)).status == "REMOVED"
        assert await here.reporting.here(kept)
        assert here.reporting.shelf.size(old.path) is None
        assert await world.records.text(old.id) == ("", False)
        with pytest.raises(NotFound, match="REMOVED"):
            await here.reporting.need_file(await here.reporting.find(old.id))
    async with world.node("other") as other:
        with pytest.raises(NotFound, match="is on here"):
            await other.reporting.remove(kept.id)


async def test_two_are_made_others_wait_and_too_many_are_told_so(world):
    async with world.node() as here:
        slow = Wanted(template="slow", by="eve")
        making = [asyncio.create_task(here.reporting.make(slow)) for _ in range(MOST_OPEN)]
        await world.until(
            lambda rows: [row["count"] for row in rows] == [MOST_OPEN - 2, 2],
            "SELECT status, count(*) FROM report_records GROUP BY status ORDER BY status",
        )
        with pytest.raises(Refused, match="wait already"):
            await here.reporting.make(slow)
        with pytest.raises(Refused, match="is being made"):
            await here.reporting.remove((await world.records.listed(1))[0].id)
        for one in making:
            one.cancel()
        await asyncio.gather(*making, return_exceptions=True)
    rows = await world.fetch("SELECT DISTINCT status, error LIKE '%given up%' AS given_up FROM report_records")
    assert rows == [{"status": "FAILED", "given_up": True}]


async def test_what_a_killed_daemon_left_has_failed_and_no_file_of_it_is_left(world):
    async with world.node() as here:
        ready = await here.reporting.make(MD)
        half, path = here.reporting.shelf.prepare("weekly_ops", "weekly_ops_x", ".md")
        half.write_text("half")
        here.reporting.shelf.place(path).write_text("whole, and nobody could say so any more")
        number = await world.records.add(replace(_new(ready.report), node="here"), world.clock())
        await world.records.begin(number, path)
        other = await world.records.add(replace(_new(ready.report), node="elsewhere"), world.clock())
    async with world.node() as again:
        report = await again.reporting.find(number)
        assert (report.status, report.path) == ("FAILED", "")
        assert "the daemon ended" in report.error
        assert (await again.reporting.find(other)).status == "PENDING"  # another daemon's, which may be making it
        assert not half.exists()
        assert again.reporting.shelf.size(path) is None
        assert await again.reporting.here(ready.report)


def _new(report):
    return NewReport(
        template=report.template, period=report.period, format=report.format, by=report.by, title=report.title,
        language=report.language, node=report.node,
    )  # fmt: skip


async def test_a_file_that_no_mail_takes_stays_and_the_mail_says_where(world):
    async with world.node() as here:
        ready = await here.reporting.make(MD)
        again = (await here.reporting.make(MD)).report
        assert again.path == ready.report.path.replace(".md", "_2.md")  # of the same days
        here.reporting.shelf.place(ready.report.path).write_bytes(bytes(MOST_ATTACHED + 1))
        large = replace(ready, report=replace(ready.report, size=MOST_ATTACHED + 1))
        here.reporting.shelf.place(again.path).write_text("somebody wrote here")
        with pytest.raises(ReportError, match="was changed"):
            await mails_of(here.reporting, replace(ready, report=again), ["kim@example.com"])
        for language in ("ko", "en"):
            [owed] = await mails_of(here.reporting, large, ["kim@example.com"], language=language)
            assert (owed.attachments, owed.data["attached"], owed.data["too_large"]) == ((), False, True)
            said = Templates(None).render(owed.template, language, owed.data).text
            assert f"here:{ready.report.path}" in said
            assert "10,485,761" in said
            assert f"batmon report export {ready.report.id}" in said
