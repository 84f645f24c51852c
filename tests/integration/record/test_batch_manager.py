"""BatchManager on real folders, threads and event loops; what BATMON hears of it is in test_batch_recorded.py."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from batmon.errors import RecordError
from batmon.judge.logscan import Scanner
from batmon.judge.scan_state import ScanState
from batmon.model import Program, RunStatus
from batmon.record.batch import BatchManager

BOUND_SEC = 20.0
"""On every wait: far more than any takes."""
ACCOUNTS = ["user1@example.com", "user2@example.com", "user3@example.com"]
LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - (INFO|WARNING|ERROR) - (.*)")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "logs"


@pytest.fixture
def manager(folder):
    return BatchManager(logs=folder, record=False)


def said(path):
    """Level and text of each line that has them, the others as they are."""
    lines = path.read_text("utf-8").splitlines()
    return [found.groups() if (found := LINE.fullmatch(line)) else line for line in lines]


def account_log(manager, folder, account):
    return folder / "accounts" / manager.start_time / f"{account}.log"


def error_log(manager, folder, account):
    return folder / "errors" / manager.start_time / f"{account}_errors.log"


def test_folders_and_files_are_those_of_the_document(manager, folder):
    @manager.step(1)
    def work(account, quantity, log):
        log.info("로그인 성공")
        if account == "user2@example.com":
            return {"success": False, "errors": ["로그인 실패"]}
        return {"processed": quantity, "failed": 0}

    result = manager.run_single_step(step=1, accounts=ACCOUNTS, quantity=100, concurrent=False)
    summary, start = manager.generate_summary_report(), manager.start_time
    assert datetime.strptime(start, "%Y%m%d_%H%M%S")  # noqa: DTZ007 - local time, as it is meant
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == sorted([
        *(f"accounts/{start}/{account}.log" for account in ACCOUNTS),
        *(f"errors/{start}/{account}_errors.log" for account in ACCOUNTS),
        f"reports/{start}/batch_report_single_step_1_{start}.md", f"reports/{start}/summary_report_{start}.md",
        f"batch_processor_{start}.log",
    ])  # fmt: skip
    assert result.report == folder / "reports" / start / f"batch_report_single_step_1_{start}.md"
    assert summary == folder / "reports" / start / f"summary_report_{start}.md"
    assert said(account_log(manager, folder, ACCOUNTS[0])) == [
        ("INFO", "[user1@example.com] === 1단계 실행 시작: 수량=100 ==="),
        ("INFO", "[user1@example.com] 로그인 성공"),
        ("INFO", "[user1@example.com] 1단계 실행 완료 - 처리: 100, 실패: 0"),
        ("INFO", "[user1@example.com] === 1단계 실행 완료 ==="),
    ]
    assert said(error_log(manager, folder, ACCOUNTS[0])) == []
    assert said(error_log(manager, folder, ACCOUNTS[1])) == [
        ("ERROR", "[user2@example.com] 로그인 실패"),
        ("ERROR", "[user2@example.com] === 1단계 실행 중 오류 ==="),
    ]
    assert [(one.account, one.success, one.processed) for one in result.accounts] == [
        (ACCOUNTS[0], True, 100), (ACCOUNTS[1], False, 0), (ACCOUNTS[2], True, 100),
    ]  # fmt: skip
    assert (result.success, result.successful, result.processed) == (False, 2, 200)


def test_account_loggers_work_after_the_step_and_know_no_others(manager, folder):
    manager.step(1)(lambda *_: 1)
    manager.run_single_step(1, ["100%s@example.com"], 1)
    logger = manager.account_loggers.get("100%s@example.com")
    logger.info("사용자 정의 로그 메시지")
    logger.error("오류 메시지")
    assert said(account_log(manager, folder, "100%s@example.com"))[-2:] == [
        ("INFO", "[100%s@example.com] 사용자 정의 로그 메시지"),
        ("ERROR", "[100%s@example.com] 오류 메시지"),
    ]
    assert said(error_log(manager, folder, "100%s@example.com")) == [("ERROR", "[100%s@example.com] 오류 메시지")]
    assert manager.account_loggers.get("user2@example.com") is None


@pytest.mark.parametrize("concurrent", [False, True])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_crash_stays_with_its_account(manager, folder, concurrent, asynchronous):
    def crash(account, quantity, _log):
        if account.startswith("user1"):
            raise KeyError("계정")
        if account.startswith("user2"):
            sys.exit("그만")
        return quantity

    async def crash_later(account, quantity, log):
        await asyncio.sleep(0)
        return crash(account, quantity, log)

    manager.step(1)(crash_later if asynchronous else crash)
    result = manager.run_single_step(1, ACCOUNTS, 7, concurrent)
    assert [one.errors for one in result.accounts] == [("KeyError: '계정'",), ("SystemExit: 그만",), ()]
    assert [one.success for one in result.accounts] == [False, False, True]
    errors = error_log(manager, folder, ACCOUNTS[0]).read_text("utf-8")
    assert "1단계 실행 중 예외 발생: KeyError: '계정'" in errors
    assert 'raise KeyError("계정")' in errors
    assert "batch_work.py" not in errors
    assert "KeyError" not in error_log(manager, folder, ACCOUNTS[2]).read_text("utf-8")


def test_concurrent_accounts_run_at_once_and_never_more_than_the_bound(folder):
    manager = BatchManager(logs=folder, max_workers=3, record=False)
    together, running, most, lock = threading.Barrier(3, timeout=BOUND_SEC), 0, 0, threading.Lock()

    @manager.step(2)
    def work(_account, _quantity, _log):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait()  # goes on only when three are here at once
        with lock:
            running -= 1

    result = manager.run_single_step(2, [f"user{n}" for n in range(12)], 1, concurrent=True)
    assert result.success
    assert most == 3


def test_asynchronous_accounts_run_at_once_and_never_more_than_the_bound(folder):
    manager = BatchManager(logs=folder, max_workers=5, record=False)
    running = most = 0

    @manager.step(1)
    async def work(_account, _quantity, _log):
        nonlocal running, most
        running += 1
        most = max(most, running)
        async with asyncio.timeout(BOUND_SEC):
            while most < 5:
                await asyncio.sleep(0)
        running -= 1
        return 1

    assert manager.run_single_step(1, [f"user{n}" for n in range(20)], 1, concurrent=True).processed == 20
    assert most == 5


def test_without_concurrency_accounts_run_in_order_in_the_calling_thread(manager):
    seen = []

    @manager.step(1)
    def work(account, _quantity, _log):
        seen.append((account, threading.current_thread()))

    manager.run_single_step(1, iter(ACCOUNTS), 1)
    assert seen == [(account, threading.current_thread()) for account in ACCOUNTS]


def test_a_task_that_cancels_itself_is_its_own_failure(manager):
    @manager.step(1)
    async def work(account, quantity, _log):
        if account == ACCOUNTS[0]:
            asyncio.current_task().cancel()
        await asyncio.sleep(0)
        return quantity

    result = manager.run_single_step(1, ACCOUNTS, 5, concurrent=True)
    assert [one.success for one in result.accounts] == [False, True, True]
    assert result.accounts[0].errors == ("중단됨",)


def test_a_step_that_runs_again_has_a_report_of_its_own_and_all_are_in_the_summary(manager):
    manager.step(1)(lambda *_: 3)
    manager.step(2)(lambda *_: {"failed": 1})
    first, second, third = (manager.run_single_step(step, ACCOUNTS[:2], 1) for step in (1, 2, 1))
    assert third.task_id == f"{first.task_id}_2"
    for one in (first, second, third):
        assert f"작업 ID:** {one.task_id}\n" in one.report.read_text("utf-8")
    summary = manager.generate_summary_report().read_text("utf-8")
    assert summary.index(first.task_id) < summary.index(second.task_id) < summary.index(third.task_id)
    assert "**전체 배치 작업 수:** 3개" in summary
    assert manager.results == (first, second, third)
    assert manager.generate_summary_report().read_text("utf-8").count("### ") == 3


def test_managers_of_the_same_second_do_not_mix(folder):
    managers = [BatchManager(logs=folder, record=False) for _ in range(4)]
    assert len({manager.start_time for manager in managers}) == 4
    for number, manager in enumerate(managers):
        manager.step(1)(lambda *_, n=number: n)
        manager.run_single_step(1, ["user"], 1)
    for number, manager in enumerate(managers):
        assert f"처리: {number}, 실패" in account_log(manager, folder, "user").read_text("utf-8")
        assert len(list(folder.glob(f"*/{manager.start_time}/*"))) == 3


def test_processes_of_the_same_second_do_not_mix(folder):
    code = f"from batmon.record.batch import BatchManager as B; print(B(logs={str(folder)!r}, record=False).start_time)"
    started = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    found = [process.communicate(timeout=BOUND_SEC)[0].strip() for process in started]
    assert len(set(found)) == 4
    assert all(found)


def test_accounts_get_files_of_their_own_whatever_they_are_called(manager, folder):
    hostile = [
        "../../up", "CON", "User@x", "user@x", "a/b", "a_b", "줄\n바꿈", "\x1b[2J", "가" * 200, "x" * 5000, "a\ud800",
    ]  # fmt: skip
    manager.step(1)(lambda account, *_: {"error": f"bad {account}"})
    result = manager.run_single_step(1, hostile, 1)
    files = list((folder / "accounts" / manager.start_time).iterdir())
    assert len(files) == len({file.name.casefold() for file in files}) == len(hostile)
    assert not (folder.parent / "up.log").exists()
    report = result.report.read_text("utf-8")
    assert report.count("\n### ❌ ") == len(hostile)
    assert "\x1b" not in report
    assert "- **로그 파일:** `a_b~" in report
    for file in files:
        assert all(isinstance(line, tuple) or not line.startswith("[") for line in said(file))


def test_an_account_given_twice_is_worked_on_once(manager):
    seen = []
    manager.step(1)(lambda account, *_: seen.append(account))
    assert len(manager.run_single_step(1, ["a", "b", "a"], 1, concurrent=True).accounts) == 2
    assert sorted(seen) == ["a", "b"]


def test_no_accounts_are_no_failure(manager):
    manager.step(1)(lambda *_: 1)
    result = manager.run_single_step(1, [], 1, concurrent=True)
    assert result.success
    assert "**총 계정 수:** 0개" in result.report.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"step": 9}, r"step 9 has no work \(registered: 1\)"),
        ({"step": "1"}, "step must be a whole number from 0"),
        ({"step": True}, "step must be a whole number"),
        ({"quantity": -1}, "quantity must be a whole number from 0, not -1"),
        ({"quantity": "100"}, "quantity must be a whole number"),
        ({"accounts": "user1"}, "not the single text 'user1'"),
        ({"accounts": ["a", 3]}, "an account must be a text that is not empty, not 3"),
        ({"accounts": [" "]}, "not empty"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_begins(manager, folder, arguments, words):
    manager.step(1)(lambda *_: 1)
    with pytest.raises(RecordError, match=words):
        manager.run_single_step(**{"step": 1, "accounts": ["a"], "quantity": 1} | arguments)
    assert not (folder / f"batch_processor_{manager.start_time}.log").exists()


@pytest.mark.parametrize("most", [0, -1, True, 1.5, "4"])
def test_a_bound_that_is_none_is_refused(folder, most):
    with pytest.raises(RecordError, match="max_workers must be a whole number from 1"):
        BatchManager(logs=folder, max_workers=most, record=False)


def test_work_that_cannot_be_called_is_refused(manager):
    with pytest.raises(RecordError, match="the work of step 1 must be a function, not 'work'"):
        manager.step(1)("work")


def test_what_the_work_returns_wrongly_is_that_accounts_failure(manager):
    manager.step(1)(lambda account, *_: "done" if account == "a" else SimpleNamespace(processed=2))
    result = manager.run_single_step(1, ["a", "b"], 1)
    assert result.accounts[0].errors[0].startswith("TypeError: the work returned 'done'")
    assert result.accounts[1].processed == 2


async def test_asynchronous_work_inside_a_running_loop_is_refused_with_the_way_out(manager):
    @manager.step(1)
    async def work(_account, quantity, _log):
        return quantity

    with pytest.raises(RecordError, match="inside a running event loop") as refused:
        manager.run_single_step(1, ["a"], 4)
    assert "asyncio.to_thread" in refused.value.hint
    assert manager.results == ()
    assert (await asyncio.to_thread(manager.run_single_step, 1, ["a"], 4)).processed == 4


def test_a_program_that_changes_its_folder_keeps_its_logs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    manager, elsewhere = BatchManager(record=False), tmp_path / "elsewhere"
    elsewhere.mkdir()
    manager.step(1)(lambda *_: os.chdir(elsewhere))
    result = manager.run_single_step(1, ["a"], 1)
    assert result.report.is_relative_to(tmp_path / "logs")
    assert list(elsewhere.iterdir()) == []
    assert f"`logs/accounts/{manager.start_time}/`" in result.report.read_text("utf-8")


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(RecordError, match="cannot be made") as refused:
        BatchManager(logs=tmp_path / "logs", record=False)
    assert "BatchManager(logs=...)" in refused.value.hint


def test_a_report_that_cannot_be_written_loses_no_result(manager, folder):
    manager.step(1)(lambda *_: 5)
    (folder / "reports" / manager.start_time).rmdir()
    result = manager.run_single_step(1, ["a"], 5)
    assert (result.processed, result.report) == (5, None)
    assert "보고서를 쓰지 못했습니다" in (folder / f"batch_processor_{manager.start_time}.log").read_text("utf-8")
    with pytest.raises(RecordError, match="cannot be written"):
        manager.generate_summary_report()


INTERRUPTED = """
import asyncio, os, signal, sys, threading
from batmon.record.batch import BatchManager
manager = BatchManager(logs=sys.argv[1], max_workers=2, record=False)
seen = threading.Event()
def handle(*signalled):
    seen.set()
    signal.default_int_handler(*signalled)
signal.signal(signal.SIGINT, handle)
def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
def work(account, quantity, log):
    if account == "user2@example.com":
        threading.Thread(target=interrupt).start()
    if account != "user1@example.com":
        seen.wait(20)  # the others are not done before the interrupt has come,
        threading.Event().wait(0.4 if sys.argv[2] == "threads" else 20)  # nor at once after it
    return quantity
async def work_async(account, quantity, log):
    if account == "user2@example.com":
        interrupt()
        await asyncio.sleep(20)
    return quantity
manager.step(1)(work_async if sys.argv[2] == "tasks" else work)
accounts = [f"user{n}@example.com" for n in range(1, 9)]
manager.run_single_step(1, accounts, 10, concurrent=sys.argv[2] == "threads")
"""


@pytest.mark.parametrize("kind", ["one", "threads", "tasks"])
def test_an_interrupt_ends_the_batch_with_a_report_of_what_was_done(folder, kind):
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(folder), kind], capture_output=True, text=True, timeout=BOUND_SEC,
        check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGINT, done.stderr
    (report,) = folder.glob("reports/*/batch_report_*.md")
    text = report.read_text("utf-8")
    assert "### ✅ user1@example.com" in text
    assert "### ❌ user8@example.com" in text
    assert "- 실행되지 않음" in text
    if kind != "threads":  # a thread cannot be stopped: its account ends as it ends
        assert text.count("- 중단됨") == 1


def runs_in(path):
    """What BATMON reads from a log by itself."""
    scanner = Scanner(Program("batch", Path("/x")))
    lines, offset = [], 0
    for raw in path.read_bytes().splitlines(keepends=True):
        lines.append(SimpleNamespace(offset=offset, end=offset + len(raw), text=raw.decode().rstrip("\n")))
        offset += len(raw)
    return scanner.scan(ScanState(), lines, str(path)).runs


def test_batmon_reads_the_batches_own_log_as_one_run_a_step_with_the_same_outcome(manager, folder):
    @manager.step(1)
    def work(account, quantity, _log):
        if quantity == 13 and account == ACCOUNTS[1]:
            raise RuntimeError("작업 완료 후 종료 실패")
        return {"processed": quantity}

    for quantity in (10, 13, 20):
        manager.run_single_step(1, ACCOUNTS, quantity)
    manager.generate_summary_report()
    runs = runs_in(folder / f"batch_processor_{manager.start_time}.log")
    assert [run.status for run in runs] == [RunStatus.SUCCESS, RunStatus.FAILED, RunStatus.SUCCESS]
    assert [run.processed_count for run in runs] == [30, 26, 60]
    assert all(run.end_time is not None for run in runs)


def test_a_thousand_accounts_hold_no_files_open(manager):
    manager.step(1)(lambda *_: 1)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - the folder shrinks while it is read
    assert manager.run_single_step(1, [f"user{n}" for n in range(1000)], 1, concurrent=True).processed == 1000
    assert len(os.listdir("/proc/self/fd")) <= before + 2  # noqa: PTH208 - as above
