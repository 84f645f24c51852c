"""Deadlines and absences: a whole daemon in this process, on a real database, with a clock that begins where we say."""

import asyncio
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from batmon.config import Config, SshConfig
from batmon.engine.daemon import Daemon
from batmon.engine.database import opened
from batmon.model import ProcessEvidence, Program, RunStatus

SEOUL = ZoneInfo("Asia/Seoul")
SIX = datetime(2026, 11, 21, 6, 0, tzinfo=SEOUL)


def clock_from(start):
    """A clock that shows ``start`` now and goes on from there."""
    begun = datetime.now(UTC)
    return lambda: start.astimezone(UTC) + (datetime.now(UTC) - begun)


class Place:
    """A state folder, a database and programs, over several lives of the daemon."""

    def __init__(self, state, database_url):
        self.state = state
        self.database_url = database_url
        self.programs = []

    def add(self, name, schedule, grace=timedelta(minutes=20)):
        folder = self.state / "programs" / name
        (folder / "logs").mkdir(parents=True)
        self.programs.append(
            Program(name, folder, (schedule,), node="n", timezone="Asia/Seoul", grace=grace, title=name)
        )
        return folder / "logs" / f"{name}.log"

    @asynccontextmanager
    async def daemon(self, start):
        config = Config(
            state=self.state, node="n", database_url=self.database_url, ssh=SshConfig(enabled=False),
            programs=tuple(self.programs),
        )  # fmt: skip
        async with opened(config) as database, (daemon := Daemon(config, database, now=clock_from(start))).running():
            async with asyncio.timeout(30):
                await daemon.checker.ready.wait()
            yield daemon

    async def live_until(self, start):
        """A life of the daemon that ends at once."""
        async with self.daemon(start):
            pass


@pytest.fixture
def place(tmp_path, owner_url):
    return Place(tmp_path, owner_url)


async def until(daemon, name, wanted):
    subscription = daemon.board.subscribe()
    async with asyncio.timeout(30):
        while not wanted(daemon.board.rows[name]):
            await subscription.take()
    daemon.board.unsubscribe(subscription)
    return daemon.board.rows[name]


def run_lines(start, *, fails=False):
    end = start + timedelta(seconds=5)
    last = f"{end:%Y-%m-%d %H:%M:%S},000 - " + (
        "ERROR - 메일 수집 실패: 연결 끊김" if fails else "INFO - 메일 수집 완료"
    )
    return f"{start:%Y-%m-%d %H:%M:%S},000 - INFO - 메일 수집 시작\n{last}\n"


async def test_a_run_that_does_not_start_is_late_then_missed_when_its_deadline_passes(place):
    place.add("kindscrap", "0 6 * * *")
    async with place.daemon(SIX - timedelta(minutes=1)) as daemon:
        assert daemon.board.rows["kindscrap"]["reason"] == "never_seen"
    async with place.daemon(SIX + timedelta(seconds=59)) as daemon:
        row = await until(daemon, "kindscrap", lambda row: row["reason"] == "late")
        assert row["status"] == "WARNING"
    async with place.daemon(SIX + timedelta(minutes=19, seconds=59)) as daemon:
        row = await until(daemon, "kindscrap", lambda row: row["reason"] == "missed")
        assert row["status"] == "ERROR"
        runs = await daemon.store.recent_runs("kindscrap")
        assert [(run.status, run.slot, run.verified_late) for run in runs] == [(RunStatus.MISSED, SIX, False)]


async def test_twenty_six_hours_of_absence_are_judged_from_what_was_left(place):
    mail = place.add("fund_mail", "*/5 * * * *", timedelta(minutes=3))
    dead = place.add("gone", "*/5 * * * *", timedelta(minutes=3))
    start = SIX - timedelta(hours=26)
    for log in (mail, dead):
        log.write_text(run_lines(start))
    await place.live_until(start + timedelta(minutes=1))
    slots = [start + timedelta(minutes=5 * number) for number in range(1, 26 * 12)]
    with mail.open("a") as file:
        for number, slot in enumerate(slots):
            file.write(run_lines(slot, fails=number == 100))
    async with place.daemon(SIX - timedelta(minutes=1)) as daemon:
        assert daemon.board.rows["fund_mail"]["status"] == "OK"
        row = daemon.board.rows["gone"]
        assert (row["status"], row["reason"]) == ("ERROR", "missed")
        await asyncio.wait_for(daemon.follower.recheck("fund_mail"), 30)
        mails = await daemon.store.runs_between("fund_mail", start, SIX)
        nothing = await daemon.store.runs_between("gone", start, SIX)
        assert len(await daemon.store.verdicts("gone")) <= 3
    assert len(mails) == len(slots) + 1
    assert [run.status for run in mails].count(RunStatus.FAILED) == 1
    assert not any(run.status is RunStatus.MISSED for run in mails)
    assert all(run.verified_late for run in mails[:-1])
    missed = [run for run in nothing if run.status is RunStatus.MISSED]
    assert len(missed) > 300
    assert all(run.verified_late for run in missed[1:])


async def test_a_process_that_ended_while_no_daemon_looked_does_not_run_for_ever(place):
    log = place.add("fund_mail", "*/5 * * * *", timedelta(minutes=3))
    begun, _ = run_lines(SIX).splitlines(keepends=True)
    log.write_text(begun)
    ended = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await ended.wait()
    async with place.daemon(SIX + timedelta(seconds=30)) as daemon:
        seen = ProcessEvidence(pid=ended.pid, alive=True)
        await daemon.checker.on_process("fund_mail", seen, SIX)
        assert daemon.board.rows["fund_mail"]["running"]["pid"] == ended.pid
    with log.open("a") as file:
        file.write(run_lines(SIX + timedelta(hours=1)))
    async with place.daemon(SIX + timedelta(hours=1, seconds=30)) as daemon:
        row = await until(daemon, "fund_mail", lambda row: row["running"] is None)
        assert (row["status"], row["reason"]) == ("OK", "succeeded")
        first = (await daemon.store.recent_runs("fund_mail"))[-1]
        assert (first.status, first.start_time) == (RunStatus.FAILED, SIX)


async def test_history_is_filled_in_on_the_first_start_and_reading_again_changes_nothing(place):
    log = place.add("fund_mail", "*/5 * * * *", timedelta(minutes=3))
    starts = [SIX - timedelta(minutes=5 * number) for number in range(2000, 0, -1)]
    log.write_text("".join(run_lines(start, fails=number % 10 == 0) for number, start in enumerate(starts)))
    async with place.daemon(SIX - timedelta(minutes=1)) as daemon:
        first = await daemon.store.runs_between("fund_mail", starts[0], SIX)
        assert daemon.board.rows["fund_mail"]["status"] == "OK"
        assert len(daemon.board.rows["fund_mail"]["strip"]) == 30
    assert len(first) == 2000
    assert [run.status for run in first].count(RunStatus.FAILED) == 200
    log.rename(log.with_name("fund_mail.log.1"))
    async with place.daemon(SIX - timedelta(seconds=30)) as daemon:
        again = await daemon.store.runs_between("fund_mail", starts[0], SIX)
    assert [run.run_id for run in again] == [run.run_id for run in first]


async def test_old_history_alone_is_never_green(place):
    log = place.add("kindscrap", "0 6 * * *")
    log.write_text(run_lines(SIX - timedelta(days=3)))
    async with place.daemon(SIX - timedelta(minutes=1)) as daemon:
        row = daemon.board.rows["kindscrap"]
    assert (row["status"], row["reason"]) == ("UNKNOWN", "never_seen")
