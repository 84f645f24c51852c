"""A whole daemon on a real database: runs that succeeded and yet are not as usual, rows of failures, free days."""

import asyncio
import sys
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from batmon.config import Config, SshConfig
from batmon.config.calendars import CalendarConfig
from batmon.engine.daemon import Daemon
from batmon.engine.database import opened
from batmon.errors import BadRequest, NotFound
from batmon.gate.client import GateClient
from batmon.judge.baseline import FIRST_DAY, LONG_AGO, NEWEST, OWN, question
from batmon.model import Origin, Program, Run, RunStatus
from batmon.places import gate_address
from batmon.store.history import History
from batmon.words import say

SEOUL = ZoneInfo("Asia/Seoul")
MONDAY = date(2026, 11, 16)
KOREA = CalendarConfig("korea", country="KR", company_days=("12-31",), weekend=True)


def clock_from(start):
    """A clock that shows ``start`` now and goes on from there."""
    begun = datetime.now(UTC)
    return lambda: start.astimezone(UTC) + (datetime.now(UTC) - begun)


def six(day):
    return datetime(day.year, day.month, day.day, 6, 0, tzinfo=SEOUL)


def lines(start, *, items=120, seconds=41, error=""):
    end = start + timedelta(seconds=seconds)
    last = f"ERROR - 공시정보 수집 실패: {error}" if error else f"INFO - 공시정보 수집 완료: {items}건 처리"
    return f"{start:%Y-%m-%d %H:%M:%S},000 - INFO - 공시정보 수집 시작\n{end:%Y-%m-%d %H:%M:%S},000 - {last}\n"


@asynccontextmanager
async def daemon_at(start, tmp_path, database_url, **extra):
    """A daemon that watches one daily program; it, and the program's log."""
    folder = tmp_path / "kindscrap"
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    program = Program("kindscrap", folder, ("0 6 * * *",), node="n", timezone="Asia/Seoul", **extra)
    config = Config(
        state=tmp_path, node="n", database_url=database_url, ssh=SshConfig(enabled=False), programs=(program,),
        calendars=(KOREA,),
    )  # fmt: skip
    async with opened(config) as database, (daemon := Daemon(config, database, now=clock_from(start))).running():
        async with asyncio.timeout(30):
            await daemon.checker.ready.wait()
        yield daemon, folder / "logs" / "kindscrap.log"


def write(log, text):
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(text)


async def until(daemon, wanted):
    subscription = daemon.board.subscribe()
    async with asyncio.timeout(30):
        while not wanted(daemon.board.rows["kindscrap"]):
            await subscription.take()
    daemon.board.unsubscribe(subscription)
    return daemon.board.rows["kindscrap"]


async def until_reason(daemon, reason):
    return await until(daemon, lambda row: row["reason"] == reason)


def words(row, language):
    now = datetime.fromisoformat(row["checked_at"])
    return say(row["reason"], row["facts"], language, SEOUL, now)


async def test_a_run_without_its_usual_items_is_a_warning_until_the_next_run(tmp_path, owner_url):
    log = tmp_path / "kindscrap" / "logs" / "kindscrap.log"
    for back in range(90, 0, -1):
        day = MONDAY - timedelta(days=back)
        write(log, lines(six(day), items=110 + back % 20, seconds=38 + back % 7))
    write(log, lines(six(MONDAY), items=0))
    later = six(MONDAY) + timedelta(minutes=5)
    async with daemon_at(later, tmp_path, owner_url) as (daemon, _):
        row = daemon.board.rows["kindscrap"]
        assert (row["status"], row["reason"]) == ("WARNING", "unusual_output")
        assert words(row, "en") == "06:00 run succeeded with 0 of the usual 118 items (median of 12 runs, Mon 06:00)"
        assert words(row, "ko") == "06:00 실행은 성공했으나 평소 118건 중 0건만 처리 (월요일 06:00 12회의 중앙값)"
        assert row["since"] == (six(MONDAY) + timedelta(seconds=41)).astimezone(UTC).isoformat()
    async with daemon_at(later + timedelta(hours=1), tmp_path, owner_url) as (daemon, _):  # after a restart, too
        assert daemon.board.rows["kindscrap"]["reason"] == "unusual_output"
    tuesday = six(MONDAY + timedelta(days=1))
    async with daemon_at(tuesday + timedelta(minutes=1), tmp_path, owner_url) as (daemon, log):
        write(log, lines(tuesday, items=121))
        row = await until_reason(daemon, "succeeded")
        assert row["status"] == "OK"
        wednesday_like = tuesday + timedelta(seconds=50)
        write(log, lines(wednesday_like, items=1, seconds=3))  # a repetition: the slot had its items
        await until(daemon, lambda row: row["last_run"]["processed_count"] == 1)
        assert daemon.board.rows["kindscrap"]["status"] == "OK"


async def test_programs_that_ask_for_no_baseline_have_none(tmp_path, owner_url):
    log = tmp_path / "kindscrap" / "logs" / "kindscrap.log"
    for back in range(90, -1, -1):
        write(log, lines(six(MONDAY - timedelta(days=back)), items=120 if back else 0))
    async with daemon_at(six(MONDAY) + timedelta(minutes=5), tmp_path, owner_url, baseline=False) as (daemon, _):
        assert daemon.board.rows["kindscrap"]["status"] == "OK"


async def test_a_run_faster_than_allowed_is_a_warning(tmp_path, owner_url):
    log = tmp_path / "kindscrap" / "logs" / "kindscrap.log"
    write(log, lines(six(MONDAY), seconds=3))
    least = timedelta(seconds=20)
    async with daemon_at(six(MONDAY) + timedelta(minutes=5), tmp_path, owner_url, min_runtime=least) as (daemon, log):
        row = daemon.board.rows["kindscrap"]
        assert (row["status"], row["reason"]) == ("WARNING", "too_short")
        assert words(row, "en") == "06:00 run succeeded too fast: took 3s, should take at least 20s, 120 processed"
        assert words(row, "ko") == "06:00 실행이 너무 빨리 끝남: 3초 걸림, 최소 실행 시간 20초, 120건 처리"


async def test_failures_in_a_row_are_counted_with_those_missed_in_between(tmp_path, owner_url):
    log = tmp_path / "kindscrap" / "logs" / "kindscrap.log"
    days = [MONDAY + timedelta(days=ahead) for ahead in range(4)]
    write(log, lines(six(days[0] - timedelta(days=1))))
    write(log, lines(six(days[0]), error="로그인할 수 없습니다"))
    async with daemon_at(six(days[0]) + timedelta(minutes=5), tmp_path, owner_url) as (daemon, _):
        row = daemon.board.rows["kindscrap"]
        assert (row["reason"], row["facts"]["failures"]) == ("failed", 1)
        assert words(row, "en").startswith("06:00 run failed: ")
    async with daemon_at(six(days[1]) + timedelta(hours=1), tmp_path, owner_url) as (daemon, _):
        assert daemon.board.rows["kindscrap"]["reason"] == "missed"
    write(log, lines(six(days[2]), error="로그인할 수 없습니다"))
    async with daemon_at(six(days[2]) + timedelta(minutes=5), tmp_path, owner_url) as (daemon, _):
        row = daemon.board.rows["kindscrap"]
        assert (row["reason"], row["facts"]["failures"]) == ("failed", 3)
        assert words(row, "en").startswith("06:00 run failed, 3rd failure in a row")
        assert words(row, "ko").startswith("06:00 실행 실패, 3회 연속 실패")


async def test_nothing_is_due_on_free_days_and_a_run_then_is_welcome(tmp_path, owner_url):
    friday, eve = date(2026, 9, 23), date(2026, 9, 24)  # Chuseok: 24 to 26 September 2026, then a Sunday
    log = tmp_path / "kindscrap" / "logs" / "kindscrap.log"
    write(log, lines(six(friday)))
    async with daemon_at(six(friday) + timedelta(minutes=5), tmp_path, owner_url, calendar="korea") as (daemon, _):
        row = daemon.board.rows["kindscrap"]
        assert datetime.fromisoformat(row["next_due"]) == six(date(2026, 9, 28))
    noon = six(eve + timedelta(days=2)) + timedelta(hours=6)
    async with daemon_at(noon, tmp_path, owner_url, calendar="korea") as (daemon, log):
        assert daemon.board.rows["kindscrap"]["status"] == "OK"  # two mornings without a run
        write(log, lines(noon - timedelta(minutes=1), items=3))
        row = await until(daemon, lambda row: row["last_run"]["processed_count"] == 3)
        assert (row["status"], row["reason"]) == ("OK", "succeeded")
    async with daemon_at(six(date(2026, 9, 28)) + timedelta(hours=1), tmp_path, owner_url, calendar="korea") as (
        daemon,
        _,
    ):
        row = daemon.board.rows["kindscrap"]
        assert (row["reason"], row["facts"]["missed"]) == ("missed", 1)


@pytest.mark.parametrize("name", ["kindscrap", "KINDSCRAP"])
async def test_the_store_finds_what_the_question_asks_for(store, name):
    program = Program("kindscrap", Path("/srv"), ("0 6 * * *",), timezone="Asia/Seoul")

    def ran(start, **extra):
        values = {
            "status": RunStatus.SUCCESS,
            "end_time": start + timedelta(seconds=41.5),
            "processed_count": 7,
            **extra,
        }
        return Run(run_id=uuid.uuid4(), program=name, start_time=start, **values)

    days = [six(MONDAY - timedelta(days=back)) for back in range(1, 100)]
    runs = [ran(day) for day in days]
    runs += [ran(days[4] + timedelta(minutes=2), status=RunStatus.FAILED)]
    runs += [ran(days[5] + timedelta(minutes=2), status=RunStatus.MISSED, origin=Origin.SCHEDULE)]
    runs += [ran(days[6] + timedelta(hours=2), origin=Origin.RERUN)]
    today = ran(six(MONDAY) + timedelta(minutes=9))
    runs += [ran(six(MONDAY), processed_count=2), today]
    await store.put_runs(runs, ())
    asked = question(program, today)
    found = await History(store).successes("kindscrap", asked.windows)
    assert [(one.processed, one.seconds) for one in found[OWN]] == [(2, 41.5)]
    assert len(found[LONG_AGO]) == 1
    assert len(found[NEWEST]) == 60
    assert sorted(found)[3:] == list(range(FIRST_DAY, FIRST_DAY + 84))
    assert {len(found[number]) for number in range(FIRST_DAY, FIRST_DAY + 84)} == {1}


async def test_a_backtest_over_the_gate_and_on_the_command_line(tmp_path, owner_url):
    log = tmp_path / "kindscrap" / "logs" / "kindscrap.log"
    for back in range(100, -1, -1):
        start = six(MONDAY - timedelta(days=back)) + timedelta(minutes=12 if back == 40 else 0)
        if back != 20:
            write(log, lines(start, items=0 if back == 5 else 120, error="x" if back in (10, 11, 30) else ""))
    later = six(MONDAY) + timedelta(minutes=5)
    async with daemon_at(later, tmp_path, owner_url) as (_daemon, _), await connect(tmp_path) as client:
        found = await client.request("incident.backtest", program="kindscrap", alert_after=2, grace_sec=600)
        assert [one["reason"] for one in found["present"]["firings"]] == [
            "failed", "missed", "failed", "unusual_output",
        ]  # fmt: skip
        assert [one["reason"] for one in found["changed"]["firings"]] == [
            "missed", "missed", "failed", "unusual_output",
        ]  # fmt: skip
        assert [one["due"] for one in found["more"]] == [
            six(MONDAY - timedelta(days=40)).astimezone(UTC).isoformat()
        ]  # fmt: skip
        assert len(found["fewer"]) == 1
        assert (found["runs"], found["slots"], found["cut"]) == (89, 90, False)
        assert all(one["log_id"] for one in found["present"]["firings"] if one["reason"] != "missed")
        for wrong in (
            {"grace_sec": -1},
            {"alert_after": 0},
            {"since": "2027-01-01T00:00:00+00:00"},
            {"max_runtime_sec": 0},
        ):
            with pytest.raises(BadRequest):
                await client.request("incident.backtest", program="kindscrap", **wrong)
        with pytest.raises(NotFound):
            await client.request("incident.backtest", program="nobody")
        command = "incident backtest kindscrap --alert-after 2 --grace 10m --since 2026-08-01 --language ko"
        said = await batmon(tmp_path, *command.split())
        assert "현재 규칙: 4회 발생" in said
        assert "바꾼 규칙: 4회 발생 (grace 10분, alert_after 2)" in said
        assert [line[0] for line in said.splitlines()[4:]] == [" ", "+", "-", " ", " ", " "]
        assert "평소 120건 중 0건만 처리" in said


async def connect(state):
    return await GateClient.connect(gate_address(str(state)), client="test")


async def batmon(state, *words):
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "batmon", "--state", str(state), *words, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, cwd=state,
    )  # fmt: skip
    out, err = await asyncio.wait_for(child.communicate(), 60)
    assert child.returncode == 0, err.decode()
    return out.decode()
