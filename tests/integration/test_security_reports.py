"""Reports against people who may do some of it: rows changed by hand, links, schedules, own SQL, and viewers."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from batmon.config.sql_text import parse
from batmon.engine.reports import mail
from batmon.engine.reports.answers import ReportAnswers
from batmon.engine.reports.mail import mails_of
from batmon.engine.reports.reporting import Ready
from batmon.engine.reports.schedule_answers import ReportScheduleAnswers
from batmon.engine.reports.shelf import ReportShelf
from batmon.engine.reports.wanted import Usual, Wanted
from batmon.engine.statistics.answers import StatsAnswers
from batmon.errors import BadRequest, NotFound, ReportError, StepFailed
from batmon.gate.verbs import Caller
from batmon.model import Role
from batmon.store.notifications import Notifications
from batmon.store.report_figures import ReportFigures
from batmon.store.reports import NewSchedule
from tests.integration.report_world import ReportWorld

MD = Wanted(template="batch_summary", form="md", by="eve")
VIEWER = Caller("v", Role.VIEWER, "10.0.0.7", "SHA256:v")
OPERATOR = Caller("o", Role.OPERATOR, "10.0.0.7", "SHA256:o")
SCHEDULE = NewSchedule(
    name="s", template="batch_summary", cron="0 9 * * 1", email=("kimcs@example.com",), format="md", language="",
    timezone="", period="", programs=(),
)  # fmt: skip
FOREIGN = (
    "/reports/../secret.txt", "/reports/batch_summary/../../secret.txt", "../secret.txt", "/etc/passwd", "",
    "/reports/", "/reports//secret.txt", "/reports/batch_summary/", "/reports/./x.md", "/reports/..\\..\\secret.txt/x",
    "/reports/C:/secret.txt", "/reports/batch_summary/a\0b", "/reports/a/b/c.md",
)  # fmt: skip


@pytest.fixture
def world(tmp_path, store, database_url, owner_url):
    made = ReportWorld(tmp_path, store, database_url, owner_url)
    made.set("2026-11-21T12:00+09:00")
    return made


@pytest.mark.parametrize("path", FOREIGN)
def test_a_path_that_leads_elsewhere_is_neither_read_nor_removed(tmp_path, path):
    secret = tmp_path / "secret.txt"
    secret.write_text("geheim")
    shelf = ReportShelf(tmp_path)
    shelf.prepare("batch_summary", "batch_summary_2026", ".md")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ReportError, match="not where reports are"):
        shelf.read(path, 1000)
    assert shelf.size(path) is None
    shelf.remove(path)
    assert sorted(tmp_path.rglob("*")) == before


def test_links_laid_where_reports_are_lead_nobody_out(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.md").write_text("geheim")
    shelf = ReportShelf(tmp_path / "state")
    (tmp_path / "state" / "reports" / "plain").mkdir(parents=True)
    (tmp_path / "state" / "reports" / "linked").symlink_to(outside)
    (tmp_path / "state" / "reports" / "plain" / "a.md").symlink_to(outside / "a.md")
    for path in ("/reports/linked/a.md", "/reports/plain/a.md"):
        assert shelf.size(path) is None
        with pytest.raises(ReportError):
            shelf.read(path, 1000)
        shelf.remove(path)
    with pytest.raises(ReportError, match="is a link"):
        shelf.prepare("linked", "x", ".md")
    half, path = shelf.prepare("plain", "a", ".md")  # the name of the link is taken
    half.write_text("report")
    shelf.put(half, path)
    assert (path, (outside / "a.md").read_text()) == ("/reports/plain/a_2.md", "geheim")


def test_rows_on_their_way_are_for_nobody_else_and_go_with_what_they_were_for(tmp_path):
    shelf = ReportShelf(tmp_path)
    for ended in (shelf.give_up, shelf.put, lambda _half, _path: shelf.forget_halves()):
        half, path = shelf.prepare("weekly_ops", "a", ".xlsx")
        half.write_text("report")
        (half.parent / "openpyxl.a1b2c3").write_text("rows")  # as a child leaves them that is killed
        assert half.parent.stat().st_mode & 0o777 == 0o700
        ended(half, path)
        assert list(tmp_path.glob(".report-*")) == []
    assert [one.name for one in tmp_path.rglob("*.xlsx")] == ["a.xlsx"]


async def test_a_row_that_was_changed_by_hand_sends_and_removes_nothing_else(world):
    async with world.node() as here:
        made = (await here.reporting.make(MD)).report
        file = here.reporting.shelf.place(made.path)
        assert (oct(file.stat().st_mode)[-3:], oct(file.parent.stat().st_mode)[-3:]) == ("600", "700")
        assert world.url not in json.dumps(await world.fetch("SELECT * FROM report_records"), default=str)
        secret = Path(here.config.state, "gate.key")
        secret.write_bytes(b"x" * made.size)
        for path in ("/reports/../gate.key", "/reports/batch_summary/../../gate.key"):
            changed = replace(made, path=path)
            assert not await here.reporting.here(changed)
            with pytest.raises(ReportError):
                await mails_of(here.reporting, Ready(changed), ["a@example.com"])
            await world.fetch("UPDATE report_records SET path = $1, created_at = '2020-01-01' RETURNING id", path)
            with pytest.raises(NotFound, match="not there any more"):
                await here.reporting.need_file(await here.reporting.find(made.id))
        here.tasks.keep("reports", here.reporting.keep())
        await world.until(lambda rows: rows, "SELECT FROM report_records WHERE status = 'REMOVED'")
        assert secret.exists()


async def test_files_that_wait_for_a_mail_server_do_not_fill_the_disk(world, store, monkeypatch):
    async with world.node() as here:
        made = Ready((await here.reporting.make(MD)).report)
        to = ["a@example.com", "b@example.com"]
        monkeypatch.setattr(mail, "MOST_WAITING", 2 * made.report.size)
        first = await mails_of(here.reporting, made, to)
        await Notifications(store).owe(first, world.at)
        later = await mails_of(here.reporting, made, to)
        assert [len(one.attachments) for one in (*first, *later)] == [1, 1, 0, 0]
        assert (later[0].data["attached"], later[0].data["too_large"]) == (False, False)


async def test_schedules_are_no_bombs_and_viewers_see_no_addresses(world):
    async with world.node() as here:
        for cron in ("* * * * *", "*/5 * * * *", "0,14 * * * *", "50 23,22 * * 0-6", "59,0 * * * *"):
            wanted = here.schedules.checked(replace(SCHEDULE, cron=cron))
            if cron.startswith("50"):
                await wanted
            else:
                with pytest.raises(BadRequest, match="more often than every 15 minutes"):
                    await wanted
        answers = ReportScheduleAnswers(here.schedules, recipients=lambda args: tuple(args["email"]))
        asked = {"name": "s", "template": "batch_summary", "cron": "0 9 * * 1", "email": ["kimcs@example.com"]}
        await answers.add(OPERATOR, asked)
        assert (await answers.listed(OPERATOR, {}))["schedules"][0]["email"] == ["kimcs@example.com"]
        assert (await answers.listed(VIEWER, {}))["schedules"][0]["email"] == ["ki***@example.com"]


async def test_a_schedule_that_somebody_spoilt_by_hand_stops_no_other(world, caplog):
    async with world.node() as here:
        await here.schedules.add(SCHEDULE, "o")
        await here.schedules.add(replace(SCHEDULE, name="good"), "o")
        for change in ("cron = 'nonsense'", "cron = '0 9 * * 1', timezone = '../../etc/passwd'", "name = E'a\\nb'"):
            await world.fetch(f"UPDATE report_schedules SET {change} WHERE name <> 'good' RETURNING id")  # noqa: S608 - these three
            await here.schedules.follow()
            await here.schedules.follow()
            assert sorted(here.automations.mine) == ["report/good"]
            assert len(await here.schedules.listed()) == 2
        assert sum("is left out" in one.message for one in caplog.records) == 1


WRITING = (
    "WITH x AS (INSERT INTO report_schedules (template, cron, name) VALUES ('t', 'c', 'n') RETURNING 1) TABLE x",
    "WITH x AS (DELETE FROM report_records RETURNING 1) SELECT * FROM x",
    "SELECT batmon_make_partition('2027-05-01')",
    "SELECT nextval('report_records_id_seq')",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SELECT lo_create(0)",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT * FROM rpa_execution_logs FOR UPDATE",
)


async def test_own_sql_writes_nothing_whatever_it_calls(store):
    figures = ReportFigures(store)
    for text in WRITING:
        with pytest.raises(StepFailed):
            await figures.people_sql(parse(text, "own.toml"), {}, "UTC")
    for text in ("SELECT 1; DELETE FROM report_records", "SELECT 1 AS a; COMMIT"):
        with pytest.raises(ValueError, match="one statement"):
            parse(text)
    # what a question sets for its session does not outlive it
    await figures.people_sql(parse("SELECT set_config('search_path', 'pg_temp', false)"), {}, "UTC")
    async with store.connection() as connection:
        assert await connection.fetchval("SHOW search_path") == "public"


async def test_numbers_that_nobody_means_are_refused_in_words(world, store):
    async with world.node() as here:
        answers = ReportAnswers(
            here.reporting, Notifications(store), usual=lambda: Usual("ko", "UTC", "here"), has_mail=True,
            now=world.clock,
        )  # fmt: skip
        for verb, args in (
            (answers.listed, {"before": 10**30}), (answers.listed, {"before": -(10**30)}),
            (answers.show, {"id": 10**30}), (answers.remove, {"id": True}),
            (answers.send, {"id": 1, "email": "a@b.c\r\nBcc: x@y.z"}),
            (answers.send, {"id": 1, "email": ["a@example.com"] * 999 + ["hidden@example.com"]}),
            (answers.send, {"id": 1, "email": f"a@example.com,{' ' * 9999}hidden@example.com"}),
            (answers.send, {"id": 1, "email": ["a@example.com"] * 3 + [f"a{n}@example.com" for n in range(20)]}),
        ):  # fmt: skip
            with pytest.raises(BadRequest):
                await verb(OPERATOR, args)
        for args in ({"incident": 10**30}, {"run": "../../etc"}, {"programs": ["*"] * 101}, {"programs": ["x" * 101]},
                     {"template": "../../evil"}, {"email": " , "}, {"email": [""]},
                     {"format": "exe"}, {"timezone": "../../etc/passwd"}):  # fmt: skip
            with pytest.raises((BadRequest, NotFound)):
                async for _ in answers.generate(OPERATOR, {"template": "weekly_ops"} | args):
                    pass
        assert await world.fetch("SELECT FROM report_records") == []


async def test_who_may_only_look_does_not_take_the_judgements_connections(store):
    async def settle(_within):
        return True

    answers = StatsAnswers(
        store, settle=settle, timezone=lambda: "UTC", currency="KRW", now=lambda: datetime(2026, 11, 21, tzinfo=UTC)
    )
    async with store.connection() as connection, connection.transaction():
        await connection.execute("LOCK TABLE run_stats_daily, run_stats_monthly")  # every question hangs where it is
        asking = [asyncio.create_task(answers.programs(VIEWER, {})) for _ in range(30)]
        asking += [asyncio.create_task(answers.days(VIEWER, {"offset": 10**30})) for _ in range(30)]
        async with asyncio.timeout(2):
            for _ in range(20):
                await asyncio.sleep(0)
            async with store.connection() as other:
                await other.fetchval("SELECT 1")
    found = await asyncio.gather(*asking, return_exceptions=True)
    assert {type(one) for one in found} == {dict}
