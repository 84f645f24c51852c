"""Kinds of error through a whole daemon: counted once whatever happens, shown on the rows, compared with a good run."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from batmon.commands import diff, errors
from batmon.commands.session import Session
from batmon.errors import NotFound
from batmon.gate.client import GateClient
from batmon.model import Origin, RunStatus
from batmon.places import gate_address
from tests.integration.engine.test_time_goes_by import SEOUL, SIX, place, until  # noqa: F401 - place is a fixture

LOGIN = "로그인 실패: 비밀번호가 올바르지 않습니다 (시도 <n>)"


def wrote(log, at, *texts):
    with log.open("a", encoding="utf-8") as file:
        for number, text in enumerate(texts):
            file.write(f"{at.astimezone(SEOUL) + timedelta(seconds=number):%Y-%m-%d %H:%M:%S} {text}\n")


def failed_run(log, at, attempt=1):
    wrote(
        log,
        at,
        "INFO 수집 작업 시작",
        "INFO 3페이지 조회",
        f"ERROR 로그인 실패: 비밀번호가 올바르지 않습니다 (시도 {attempt})",
    )


def good_run(log, at, count=37):
    wrote(log, at, "INFO 수집 작업 시작", "INFO 17페이지 조회", f"INFO 문서 {count}건 저장", "INFO 수집 작업 완료")


async def connected(daemon):
    return await GateClient.connect(gate_address(str(daemon.config.state)), client="test")


async def ask(daemon, verb, **args):
    async with await connected(daemon) as client, asyncio.timeout(20):
        return await client.request(verb, **args)


async def counts(daemon, **args):
    return {one["template"]: one["count"] for one in (await ask(daemon, "signatures", **args))["signatures"]}


async def test_an_error_is_first_ever_then_known_and_counted_once_over_restarts(place):  # noqa: F811 - the fixture
    log = place.add("kindscrap", "0 6 * * *")
    good_run(log, SIX - timedelta(days=1))
    async with place.daemon(SIX) as daemon:
        failed_run(log, SIX)
        row = await until(daemon, "kindscrap", lambda row: row["status"] == "ERROR" and row["signature"])
        note = row["signature"]
        assert (note["template"], note["first_ever"], note["programs"], note["count"]) == (LOGIN, True, 1, 1)
        assert note["id"] == row["last_run"]["signature"]
        assert "(first ever seen)" in (await ask(daemon, "check", language="en"))["programs"][0]["message"]
    for _ in range(2):
        async with place.daemon(SIX + timedelta(minutes=1)) as daemon:
            row = await until(daemon, "kindscrap", lambda row: row["signature"])
            assert row["signature"]["first_ever"]
            assert await counts(daemon) == {LOGIN: 1}
    async with place.daemon(SIX + timedelta(days=1)) as daemon:
        good_run(log, SIX + timedelta(days=1) - timedelta(minutes=5))
        row = await until(daemon, "kindscrap", lambda row: row["status"] == "OK")
        assert row["signature"] is None
        failed_run(log, SIX + timedelta(days=1), attempt=2)
        row = await until(daemon, "kindscrap", lambda row: row["status"] == "ERROR" and row["signature"])
        assert (row["signature"]["first_ever"], row["signature"]["count"]) == (False, 2)


async def test_rows_that_show_one_cause_say_in_how_many_programs(place):  # noqa: F811 - as above
    logs = [place.add(f"bot-{number}", "0 6 * * *") for number in range(4)]
    async with place.daemon(SIX) as daemon:
        for number, log in enumerate(logs):
            failed_run(log, SIX - timedelta(seconds=10 - number), attempt=number)
        for number in range(4):
            row = await until(
                daemon,
                f"bot-{number}",
                lambda row: row["signature"] and row["signature"]["programs"] == row["signature"]["count"] == 4,
            )
            assert row["signature"]["since"] == (SIX - timedelta(seconds=8)).astimezone(UTC).isoformat()
        text = (await ask(daemon, "check", language="ko"))["text"]
        assert text.count("처음 보는 오류, 05:59부터 프로그램 4개") == 5
        good_run(logs[0], SIX - timedelta(seconds=5))
        await until(daemon, "bot-3", lambda row: row["signature"]["programs"] == 3)
        found = (await ask(daemon, "signatures"))["signatures"][0]
        answer = await ask(daemon, "signature", id=found["id"])
        assert [place["program"] for place in answer["programs"]] == ["bot-3", "bot-2", "bot-1", "bot-0"]
        assert {run["bot_name"] for run in answer["runs"]} == {f"bot-{number}" for number in range(4)}
        assert all(run["signature"] == found["id"] for run in answer["runs"])


async def test_errors_outside_runs_and_of_all_history_are_counted(place):  # noqa: F811 - as above
    log = place.add("kindscrap", "0 6 * * *")
    for day in range(30, 0, -1):
        failed_run(log, SIX - timedelta(days=day), attempt=day)
        wrote(log, SIX - timedelta(days=day) + timedelta(hours=3), f"ERROR 디스크 {day}% 사용")
    async with place.daemon(SIX) as daemon:
        assert await counts(daemon) == {LOGIN: 30, "디스크 <n> 사용": 30}
        wrote(log, SIX + timedelta(hours=1), "ERROR 디스크 99% 사용")
        await until(daemon, "kindscrap", lambda row: "99%" in row["last_log"])
        await daemon.checker.save_cursors()
        assert (await counts(daemon))["디스크 <n> 사용"] == 31
    async with place.daemon(SIX + timedelta(hours=2)) as daemon:
        assert await counts(daemon, program="kindscrap", order="count") == {LOGIN: 30, "디스크 <n> 사용": 31}


async def recorded(
    owner_url, status="FAILED", details="첫 줄\n로그인 실패: 비밀번호가 올바르지 않습니다 (시도 3)", start=SIX
):
    connection = await asyncpg.connect(owner_url)
    await connection.execute(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, error_details, start_time, end_time)"
        " VALUES ('kindscrap', '', $1, $2, $3, $4)",
        status, details, start.astimezone(UTC), start.astimezone(UTC) + timedelta(seconds=9),
    )  # fmt: skip
    await connection.close()


async def test_a_failure_that_is_only_recorded_counts_once(place, owner_url):  # noqa: F811 - as above
    place.add("kindscrap", "0 6 * * *")
    async with place.daemon(SIX) as daemon:
        await recorded(owner_url)
        row = await until(daemon, "kindscrap", lambda row: row["status"] == "ERROR" and row["signature"])
        assert row["signature"]["template"] == LOGIN
        for _ in range(3):
            await daemon.checker.check("kindscrap")
        assert await counts(daemon) == {LOGIN: 1}
    async with place.daemon(SIX + timedelta(minutes=1)) as daemon:
        assert await counts(daemon) == {LOGIN: 1}


async def test_a_failure_that_is_recorded_and_logged_counts_once_whichever_comes_first(place, owner_url):  # noqa: F811
    log = place.add("kindscrap", "0 6 * * *")
    async with place.daemon(SIX) as daemon:
        await recorded(owner_url)
        await until(daemon, "kindscrap", lambda row: row["signature"])
        failed_run(log, SIX + timedelta(seconds=1))
        await until(daemon, "kindscrap", lambda row: row["last_run"] and row["last_run"]["log"])
        assert await counts(daemon) == {LOGIN: 1}
        (run,) = [run for run in await daemon.store.recent_runs("kindscrap") if run.status is RunStatus.FAILED]
        assert (run.origin, bool(run.log)) == (Origin.RECORD, True)
        answer = await ask(daemon, "signature", id=run.signature)
        assert [place["last_run"] for place in answer["programs"]] == [str(run.run_id)]
        failed_run(log, SIX + timedelta(minutes=5))
        await until(daemon, "kindscrap", lambda row: row["last_run"]["origin"] == "log")
        await recorded(owner_url, start=SIX + timedelta(minutes=5))
        await until(daemon, "kindscrap", lambda row: row["last_run"]["origin"] == "record")
        assert await counts(daemon) == {LOGIN: 2}
        answer = await ask(daemon, "signature", id=run.signature)
        newest = (await daemon.store.recent_runs("kindscrap"))[0]
        assert [place["last_run"] for place in answer["programs"]] == [str(newest.run_id)]


async def test_a_commit_of_which_nobody_knows_whether_it_happened_counts_once(place):  # noqa: F811 - as above
    log = place.add("kindscrap", "0 6 * * *")
    async with place.daemon(SIX) as daemon:
        store, commit, lost = daemon.store, daemon.store.commit, []

        async def committed_but_nobody_heard(judgement):
            await commit(judgement)
            if judgement.errors and not lost:
                lost.append(judgement)
                store.commit = commit
                raise StoreUnavailableAfterwards
            return await store.state(judgement.program)

        from batmon.errors import StoreUnavailable  # noqa: PLC0415 - only here

        class StoreUnavailableAfterwards(StoreUnavailable):
            def __init__(self):
                super().__init__("the connection was lost")

        store.commit = committed_but_nobody_heard
        failed_run(log, SIX)
        wrote(log, SIX + timedelta(seconds=4), "ERROR 로그인 실패: 비밀번호가 올바르지 않습니다 (시도 9)")
        await until(daemon, "kindscrap", lambda row: row["status"] == "ERROR" and row["signature"])
        await daemon.checker.save_cursors()
        assert lost
        assert await counts(daemon) == {LOGIN: 2}


async def test_a_run_is_compared_with_the_last_good_one(place):  # noqa: F811 - as above
    log = place.add("kindscrap", "0 6 * * *")
    good_run(log, SIX - timedelta(days=2), count=12)
    good_run(log, SIX - timedelta(days=1))
    failed_run(log, SIX - timedelta(minutes=1), attempt=3)
    async with place.daemon(SIX) as daemon:
        found = await ask(daemon, "log.diff", program="kindscrap")
        assert found["run"]["status"] == "FAILED"
        assert found["against"]["start_time"] == (SIX - timedelta(days=1)).astimezone(UTC).isoformat()
        assert [(line["text"][20:], line["count"], line["level"]) for line in found["new"]] == [
            ("ERROR 로그인 실패: 비밀번호가 올바르지 않습니다 (시도 3)", 1, "error")
        ]
        assert [line["text"][20:] for line in found["missing"]] == ["INFO 문서 37건 저장", "INFO 수집 작업 완료"]
        assert (found["same"], found["cut"]) == (2, False)
        text = log.read_bytes()
        assert text[found["new"][0]["offset"] :].decode().startswith(found["new"][0]["text"])
        by_number = await ask(
            daemon, "log.diff", program="kindscrap", run_id=found["run"]["log_id"], against=found["against"]["run_id"]
        )
        assert by_number == found
        oldest = (await daemon.store.recent_runs("kindscrap"))[-1]
        for args in ({"run_id": str(oldest.run_id)}, {"run_id": str(uuid.uuid4())}, {"run_id": 2**30}):
            with pytest.raises(NotFound) as caught:
                await ask(daemon, "log.diff", program="kindscrap", **args)
            assert caught.value.hint


async def test_a_long_run_is_compared_in_part_and_says_so(place, monkeypatch):  # noqa: F811 - as above
    log = place.add("kindscrap", "0 6 * * *")
    good_run(log, SIX - timedelta(days=1))
    wrote(log, SIX - timedelta(hours=1), "INFO 수집 작업 시작", *(f"INFO {n}페이지 조회" for n in range(3000)))
    wrote(log, SIX - timedelta(minutes=5), "ERROR 수집 작업 실패")
    monkeypatch.setattr("batmon.engine.log_files.difference_answers.MOST_LINES", 1000)
    async with place.daemon(SIX) as daemon:
        found = await ask(daemon, "log.diff", program="kindscrap")
        assert (found["cut"], found["same"]) == (True, 1000)


class Typed(Session):
    """Verbs typed where everything printed is kept."""

    def __init__(self, client):
        self.client, self.said, self.words = client, [], []

    async def gate(self):
        return self.client

    def out(self, text, end="\n"):
        self.said.append(text + end)

    def err(self, text):
        self.words.append(text)

    async def ask_password(self, prompt):
        raise NotImplementedError(prompt)

    async def read_file(self, path):
        raise NotImplementedError(path)


async def test_the_commands_print_kinds_and_differences(place):  # noqa: F811 - as above
    now = datetime.now(SEOUL).replace(microsecond=0)  # the commands read the real clock
    log = place.add("kindscrap", "0 6 * * *")
    wrote(log, now - timedelta(days=9), "ERROR 디스크 90% 사용")
    good_run(log, now - timedelta(days=1))
    failed_run(log, now - timedelta(minutes=5), attempt=3)
    wrote(log, now - timedelta(minutes=4), "ERROR 디스크 95% 사용")
    async with place.daemon(now) as daemon, await connected(daemon) as client:
        typed = Typed(client)
        typed.width = 0
        await errors.errors(typed, None, since=None, new=False, limit=50, as_json=False)
        heads, first, second = typed.said
        assert heads.split()[:2] == ["count", "programs"]
        assert first.split()[:2] == ["2", "1"]
        assert first.rstrip().endswith("디스크 <n> 사용")
        assert second.rstrip().endswith(LOGIN)
        typed.said.clear()
        await errors.errors(typed, "kindscrap", since=None, new=True, limit=50, as_json=True)
        assert [one["template"] for one in json.loads(typed.said[0])] == [LOGIN]
        typed.said.clear()
        await errors.errors(typed, None, since="1m", new=False, limit=50, as_json=False)
        assert (typed.said, typed.words[-1].startswith("no errors since")) == ([], True)
        assert await diff.diff(typed, "kindscrap", None, against=None, as_json=False) == 0
        signs = [line[:1] for line in typed.said]
        assert signs == ["+", "-", "+", "-", "-"]
        assert "로그인 실패" in typed.said[2]
        assert typed.words[-1] == "2 lines are the same"


async def test_a_record_that_says_success_over_a_log_that_failed_shows_the_kind_of_the_log(place, owner_url):  # noqa: F811
    log = place.add("kindscrap", "0 6 * * *")
    async with place.daemon(SIX) as daemon:
        failed_run(log, SIX)
        await until(daemon, "kindscrap", lambda row: row["reason"] == "failed")
        await recorded(owner_url, status="SUCCESS", details="")
        row = await until(daemon, "kindscrap", lambda row: row["reason"] == "contradiction" and row["signature"])
        assert row["signature"]["template"] == LOGIN
        assert await counts(daemon) == {LOGIN: 1}
