"""Schedules of reports: added while daemons run, made once by one of several, sent with the mail in one transaction."""

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from batmon.engine.reports.making import compose, report_settings
from batmon.engine.reports.wanted import Wanted
from batmon.errors import BadRequest, ConfigError, NotFound, Refused
from batmon.model import Program
from batmon.refusals import told
from batmon.store.notifications import Notifications
from batmon.store.reports import NewSchedule
from tests.integration.report_world import ReportWorld, ended

WEEKLY = NewSchedule(
    name="weekly", template="weekly_ops", cron="0 9 * * 1", email=("kim@example.com", "lee@example.com"), format="md",
    language="", timezone="",
)  # fmt: skip
STEP = """
[[automations]]
name = "monthly"
schedule = "0 9 1 * *"
timezone = "Asia/Seoul"
[[automations.steps]]
do = "report"
template = "monthly_sla"
format = "json"
to = ["admins", "{{ 'park' }}@example.com"]
as = "made"
[[automations.steps]]
do = "feed"
title = "{{ made.title }} {{ made.period }} {{ made.sha256 }}"
"""


@pytest.fixture
def world(tmp_path, store, database_url, owner_url):
    return ReportWorld(tmp_path, store, database_url, owner_url)


async def test_a_schedule_makes_one_report_for_each_slot_whoever_is_there(world):
    world.set("2026-11-22T12:00+09:00")
    async with world.node("a") as one:
        added = await one.schedules.add(WEEKLY, "eve")
        assert (added.timezone, added.language, added.job) == ("Asia/Seoul", "ko", "report/weekly")
        assert one.automations.next_due("report/weekly").isoformat() == "2026-11-23T00:00:00+00:00"
    world.set("2026-11-23T09:00:20+09:00")
    async with world.node("a"), world.node("b"):
        [row] = await world.executions(ended)
    assert (row["status"], row["error_message"]) == ("success", None)
    [report] = await world.records.listed(10)
    assert (report.status, report.schedule, report.by) == ("DONE", "weekly", "schedule weekly")
    assert report.period == (date(2026, 11, 16), date(2026, 11, 22))
    file = (world.folder / f"state-{report.node}" / report.path.lstrip("/")).read_bytes()
    assert hashlib.sha256(file).hexdigest() == report.sha256
    mails = await world.fetch("SELECT * FROM notifications ORDER BY recipient")
    assert [one["recipient"] for one in mails] == ["kim@example.com", "lee@example.com"]
    assert {one["automation_log_id"] for one in mails} == {row["id"]}
    [attached] = await Notifications(world.store).attachments(mails[0]["notification_id"])
    assert (attached.data, attached.sha256) == (file, report.sha256)
    async with world.node("a"), world.node("b"):  # again: the slot is decided
        pass
    assert len(await world.records.listed(10)) == 1


async def test_what_was_missed_is_about_the_period_of_its_due_time(world):
    world.set("2026-11-22T12:00+09:00")
    async with world.node() as one:
        await one.schedules.add(replace(WEEKLY, period="last-month", cron="0 9 25 * *"), "eve")
    world.set("2026-12-03T12:00+09:00")  # nobody was there on the 25th
    async with world.node():
        [row] = await world.executions(ended)
    assert row["slot"].isoformat() == "2026-11-25T00:00:00+00:00"
    [report] = await world.records.listed(10)
    assert report.period == (date(2026, 10, 1), date(2026, 10, 31))


async def test_a_report_that_fails_is_tried_again_and_says_why(world):
    world.set("2026-11-22T12:00+09:00")
    async with world.node() as one:
        await one.schedules.add(replace(WEEKLY, name="bad", template="broken"), "eve")
    world.set("2026-11-23T09:00:20+09:00")
    async with world.node():
        [row] = await world.executions(lambda rows: rows and rows[0]["not_before"] is not None)
    [attempt] = row["attempts"]
    assert "there_is_no_such_table" in attempt["error"]
    [report] = await world.records.listed(10)
    assert (report.status, report.path) == ("FAILED", "")
    assert "there_is_no_such_table" in report.error
    assert await world.fetch("SELECT * FROM notifications") == []
    assert list((world.folder / "state-here").glob(".report-*")) == []


async def test_schedules_come_and_go_while_daemons_run(world):
    world.set("2026-11-22T12:00+09:00")
    async with world.node("a") as one, world.node("b") as other:
        await one.schedules.add(WEEKLY, "eve")
        assert other.automations.next_due("report/weekly") is None
        await other.schedules.follow()
        assert other.automations.next_due("report/weekly") is not None
        with pytest.raises(Refused, match="weekly already"):
            await other.schedules.add(WEEKLY, "eve")
        paused = await one.schedules.pause("weekly", paused=True, by="eve", why="the house is closed")
        assert (paused.paused, paused.paused_by, paused.paused_why) == (True, "eve", "the house is closed")
        [(_, _, due)] = await other.schedules.listed()
        assert due is None
        await one.schedules.remove("weekly")
        await other.schedules.follow()
        assert other.automations.next_due("report/weekly") is None
        assert "report/weekly" not in other.automations.mine
        with pytest.raises(NotFound):
            await other.schedules.remove("weekly")
        again = await one.schedules.add(replace(WEEKLY, cron="30 8 * * *"), "eve")
        assert not again.paused
        assert one.automations.next_due("report/weekly").isoformat() == "2026-11-22T23:30:00+00:00"


WRONG = [
    ({"template": "wekly_ops"}, NotFound, "weekly_ops"),
    ({"template": "batch_run"}, BadRequest, "about one run; batmon report generate makes it"),
    ({"template": "spoilt"}, ConfigError, "reports/spoilt.toml:3: sections[0].use: 'sumary' is no section"),
    ({"template": "spoilt"}, ConfigError, "; reports/spoilt.toml:5: sections[1].use: 'trnd' is no section"),
    ({"template": "of_nobody"}, BadRequest, "no program is called 'nobody_*'"),
    ({"programs": ("fnd_daily",)}, BadRequest, "did you mean fund_daily"),
    ({"programs": ("fund_*", "fundd_*")}, BadRequest, "'fundd_*'; did you mean Fund_Old"),
    ({"programs": ("zzz",)}, BadRequest, "no program is called 'zzz'; programs: fund_daily, Fund_Old, odd[1]"),
    ({"template": "handover", "programs": ("fund_daily",)}, BadRequest, "handover is not made of some programs alone"),
    ({"cron": "0 9 31 2 *"}, BadRequest, "never comes"),
    ({"cron": "*/5 9 1 * *"}, BadRequest, "more often than every 15 minutes"),
    ({"cron": "0 9 * * 1 " * 9999}, BadRequest, "fields"),
    ({"timezone": "Asia/Seoul" * 9999}, BadRequest, "unknown time zone"),
    ({"language": "fr"}, BadRequest, "language must be"),
    ({"cron": "0 9 * *"}, BadRequest, "five"),
    ({"name": "../x"}, BadRequest, "name"),
    ({"email": ()}, BadRequest, "nobody is to get it"),
    ({"format": "docx"}, BadRequest, "docx"),
    ({"timezone": "Asia/Soul"}, BadRequest, "Asia/Seoul"),
    ({"period": "2026-10"}, BadRequest, "the same period each time"),
    ({"period": "fortnight"}, BadRequest, "fortnight"),
]
SPOILT = 'title = "Ours"\n[[sections]]\nuse = "sumary"\n[[sections]]\nuse = "trnd"\n'
OF_NOBODY = 'title = "Ours"\n[[sections]]\nuse = "summary"\nprograms = ["nobody_*"]\n'


async def two_bots(world):
    """A program that never ran, and a bot that ran years ago."""
    (world.folder / "reports" / "spoilt.toml").write_text(SPOILT)
    (world.folder / "reports" / "of_nobody.toml").write_text(OF_NOBODY)
    await world.store.register(
        "n", [Program(name, Path("/x"), node="n") for name in ("fund_daily", "odd[1]")], world.at
    )
    await world.fetch(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time, end_time)"
        " VALUES ('Fund_Old', 't', 'SUCCESS', '2024-01-05 06:00Z', '2024-01-05 06:01Z') RETURNING log_id"
    )


async def test_a_schedule_that_could_never_make_a_report_is_refused(world):
    world.set("2026-11-22T12:00+09:00")
    await two_bots(world)
    async with world.node() as one:
        for wrong, error, words in WRONG:
            with pytest.raises(error) as caught:
                await one.schedules.add(replace(WEEKLY, **wrong), "eve")
            assert words in f"{caught.value}; {caught.value.hint}", (wrong, caught.value, caught.value.hint)
            assert len(str(caught.value)) < 500
        assert await world.records.schedules() == []
        await one.schedules.add(replace(WEEKLY, programs=("FUND_*", "fund_old", "odd[1]")), "eve")


@pytest.mark.parametrize(
    ("wrong", "words"), [({"cron": "매일 9시"}, "일정이 아니거나"), ({"name": "a/b"}, "이름으로 쓸 수 없습니다: a/b")]
)
async def test_in_korean_too_it_is_said_whether_the_name_or_the_times_are_wrong(world, wrong, words):
    async with world.node() as one:
        with pytest.raises(BadRequest) as caught:
            await one.schedules.add(replace(WEEKLY, **wrong), "eve")
    assert words in told(caught.value, "ko")[0]
    assert "weekly " not in caught.value.hint  # no template is called so


async def test_a_report_that_could_never_be_made_is_refused_before_anything_is_written_down(world):
    world.set("2026-11-22T12:00+09:00")
    await two_bots(world)
    wrong = (
        ({"template": "spoilt"}, ConfigError, "reports/spoilt.toml:3"),
        ({"programs": ("fund_dialy",)}, BadRequest, "did you mean fund_daily"),
        ({"template": "incident_rca", "incident_id": 12}, NotFound, "no incident 12"),
        ({"template": "incident_rca", "incident_id": 12, "period": "month"}, BadRequest, "without days and programs"),
        ({"template": "batch_run", "run": "4711"}, NotFound, "no run 4711"),
        ({"template": "batch_run", "run": "4" * 19}, NotFound, "no run 444"),
        ({"template": "batch_run", "run": "0f8c2a10-7d1c-4c1b-9f43-0a4b8f1f2e11"}, NotFound, "no run 0f8c2a10"),
        ({"template": "batch_run", "run": "1", "programs": ("fund_old",)}, BadRequest, "not made of some programs"),
    )
    async with world.node() as one:
        for asked, error, words in wrong:
            with pytest.raises(error) as caught:
                await one.reporting.make(Wanted(**{"template": "weekly_ops", "form": "md"} | asked))
            assert words in f"{caught.value}; {caught.value.hint}", (asked, caught.value, caught.value.hint)
        assert await world.records.listed(10) == []
        for template in ("weekly_ops", "batch_summary", "incident_rca"):  # who has not run lately is known all the same
            to_make = await one.reporting.check(Wanted(template=template, form="md", programs=("fund_o?d",)))
            made = await compose(world.store, report_settings(one.config), to_make.asked)
            assert made.sections


async def test_the_step_of_an_automation_makes_sends_and_tells_later_steps(world):
    world.set("2026-11-30T12:00+09:00")
    async with world.node(tables=STEP):
        pass
    world.set("2026-12-01T09:00:10+09:00")
    async with world.node(tables=STEP):
        [row] = await world.executions(ended)
    assert row["status"] == "success", row["error_message"]
    [report] = await world.records.listed(10)
    assert report.period == (date(2026, 11, 1), date(2026, 11, 30))
    assert report.by == "automation monthly"
    assert report.sha256 in row["output"]
    mails = await world.fetch("SELECT recipient, attachments FROM notifications ORDER BY recipient")
    assert [(one["recipient"], one["attachments"]) for one in mails] == [
        ("ops@example.com", 1),
        ("park@example.com", 1),
    ]
    [entry] = await world.fetch("SELECT title FROM feed_entries")
    assert report.sha256 in entry["title"]
