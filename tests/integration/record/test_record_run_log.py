import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import pytest

from batmon.record import RunLog, current_run
from batmon.record.line import ANSWER_SEC, Line, NoAnswer
from batmon.record.outbox import Outbox
from batmon.record.spool import Spool
from tests.integration.record.record_server import RecordServer

BOUND_SEC = 0.05


def kinds(ops):
    return [op["op"] for op in ops]


def test_three_lines(server):
    with RunLog().run("Invoice_Bot", "Daily") as run:
        run.item("user1@example.com", processed=100, failed=1)
        run.item("user2@example.com", processed=5, error=ValueError("로그인 실패"))
        run.message = "105건"
    start, first, second, end = server.ops
    assert (start["op"], start["bot_name"], start["task_name"], start["pid"]) == (
        "start",
        "Invoice_Bot",
        "Daily",
        os.getpid(),
    )
    assert (first["account"], first["processed"], first["failed"]) == ("user1@example.com", 100, 1)
    assert second["error"] == "ValueError: 로그인 실패"
    assert (end["status"], end["message"], end["processed_count"]) == ("SUCCESS", "105건", 105)
    assert {op["run_id"] for op in server.ops} == {run.id}
    assert run.log_id == 4711
    assert (end["bot_name"], end["start_time"]) == ("Invoice_Bot", start["start_time"])
    assert datetime.fromisoformat(start["start_time"]).tzinfo is not None


def test_the_documents_own_calls(server):
    log = RunLog()
    run_id = log.start_log("Invoice_Bot", "Daily_Extraction")
    log.end_log(run_id, "SUCCESS", message="100건 처리 완료", processed_count=100)
    log.end_log(4711, "FAILED", error_details=KeyError("x"))
    log.end_log("4712", "성공", processed_count=None)
    start, end, by_number, by_digits = server.ops
    assert start["run_id"] == end["run_id"] == run_id
    assert (end["message"], end["processed_count"], end["bot_name"]) == ("100건 처리 완료", 100, "Invoice_Bot")
    assert (by_number["log_id"], by_number["error_details"]) == (4711, "KeyError: 'x'\n")
    assert (by_digits["log_id"], by_digits["status"], by_digits["processed_count"]) == (4712, "성공", None)


def test_an_exception_ends_the_run_with_its_traceback(server):
    with pytest.raises(ZeroDivisionError), RunLog("Bot").run():
        1 / 0  # noqa: B018 - meant to fail
    end = server.ops[-1]
    assert (end["status"], end["message"]) == ("FAILED", "ZeroDivisionError: division by zero")
    assert "1 / 0" in end["error_details"]
    assert end["error_details"].startswith("Traceback (most recent call last):")


@pytest.mark.parametrize(
    ("code", "status", "exit_code", "message"),
    [(None, "SUCCESS", 0, ""), (0, "SUCCESS", 0, ""), (3, "FAILED", 3, "exit code 3"),
     (-1, "FAILED", 255, "exit code 255"), ("no file", "FAILED", 1, "no file")],
)  # fmt: skip
def test_sys_exit(server, code, status, exit_code, message):
    with pytest.raises(SystemExit), RunLog("Bot").run():
        sys.exit(code)
    end = server.ops[-1]
    assert (end["status"], end["exit_code"], end["message"]) == (status, exit_code, message)


def test_ctrl_c_is_a_failure(server):
    with pytest.raises(KeyboardInterrupt), RunLog("Bot").run():
        raise KeyboardInterrupt
    assert (server.ops[-1]["status"], server.ops[-1]["message"]) == ("FAILED", "KeyboardInterrupt")


def test_a_wrong_count_does_not_hide_the_programs_own_exception(server):
    run = RunLog("Bot").run()
    run.processed_count = "many"
    with pytest.raises(KeyError), run:
        raise KeyError("gone")
    assert server.ops[-1]["status"] == "FAILED"


def test_a_run_ends_once(server):
    with RunLog("Bot").run() as run:
        run.end("FAILED", "no rows")
    assert kinds(server.ops) == ["start", "end"]
    assert server.ops[-1]["message"] == "no rows"


def test_items_said_again_are_later_even_when_the_clock_stands_still(server, monkeypatch):
    monkeypatch.setattr("batmon.record.ops.datetime", Frozen)
    with RunLog("Bot").run() as run:
        run.item("a", processed=1)
        run.item("a", processed=2)
    times = [op.get("ended_at") or op.get("end_time") for op in server.ops[1:]]
    assert times == sorted(set(times))
    assert server.ops[-1]["processed_count"] == 2


class Frozen(datetime):
    """A clock that stands."""

    @classmethod
    def now(cls, tz=None):
        return datetime(2026, 1, 1, tzinfo=tz)


def test_recorded_functions(server):
    log = RunLog("Bot")

    @log.recorded()
    def collect(rows):
        """Collects."""
        current_run().item("rows", processed=rows)
        return rows

    @log.recorded("Other", "named")
    async def collect_later():
        await asyncio.sleep(0)
        assert current_run().bot_name == "Other"
        raise LookupError("late")

    assert collect(3) == 3
    assert (collect.__name__, collect.__doc__) == ("collect", "Collects.")
    with pytest.raises(LookupError):
        asyncio.run(collect_later())
    assert current_run() is None
    assert kinds(server.ops) == ["start", "item", "end", "start", "end"]
    assert [op["task_name"] for op in server.ops if op["op"] == "start"] == ["collect", "named"]
    assert server.ops[-1]["status"] == "FAILED"
    with pytest.raises(TypeError, match="generator"):

        @log.recorded()
        def rows():
            yield 1


def test_each_task_of_a_loop_has_its_own_run(server):
    log = RunLog("Bot")

    @log.recorded()
    async def one(number):
        run = current_run()
        await asyncio.sleep(0)
        assert current_run() is run
        run.item(str(number), processed=number)

    async def both():
        await asyncio.gather(one(1), one(2))

    asyncio.run(both())
    counts = {op["run_id"]: op["processed_count"] for op in server.ops if op["op"] == "end"}
    assert sorted(counts.values()) == [1, 2]


@pytest.mark.usefixtures("state")
def test_without_anything_it_goes_into_the_spool(spooled):
    with RunLog().run("Bot", "Task") as run:
        run.item("a", processed=1)
    assert kinds(spooled()) == ["start", "item", "end"]
    assert RunLog().durable


def test_a_daemon_that_was_killed_is_not_waited_for(server, spooled):
    log = RunLog("Bot")
    log.start_log()
    server.stop()
    took = [1.0]
    while min(took) >= BOUND_SEC:
        assert len(took) < 60, took  # the machine may be busy with something else, but not all the time
        began = time.monotonic()
        log.end_log(log.start_log(), "SUCCESS")
        took.append(time.monotonic() - began)
    assert kinds(spooled()) == ["start", "end"] * (len(took) - 1)


def test_a_daemon_that_hangs_costs_a_moment_once(server, state):
    server.manner = "silent"
    first, later = [1.0], [1.0]
    while min(first) >= BOUND_SEC or min(later) >= ANSWER_SEC / 2:
        attempt = len(first)
        assert attempt < 60, (first, later)  # the machine may be busy with something else, but not all the time
        log = RunLog("Bot", spool=state / f"spool{attempt}")
        for took in (first, later, later):
            began = time.monotonic()
            log.start_log()
            took.append(time.monotonic() - began)
        assert len(server.ops) == attempt  # only the first of them asked
        assert Spool(state / f"spool{attempt}").waiting_count() == 3
    assert min(first) >= ANSWER_SEC


def test_a_daemon_that_answers_again_is_asked_again(server, spooled):
    log = RunLog("Bot")
    server.manner = "silent"
    log.start_log()
    server.manner = "answer"
    asked = len(server.ops)
    deadline = time.monotonic() + 10
    while len(server.ops) == asked:
        assert time.monotonic() < deadline
        log.start_log()
    assert len(spooled()) >= 1


@pytest.mark.parametrize("manner", ["refuse", "nonsense", "busy"])
def test_what_the_daemon_does_not_take_is_kept(server, spooled, manner, caplog):
    server.manner = manner
    RunLog().start_log("Bot", "Task")
    assert kinds(spooled()) == ["start"]
    assert (manner == "refuse") == ("no such thing" in caplog.text)


def test_a_daemon_that_was_restarted_gets_a_new_connection(server):
    log = RunLog("Bot")
    log.start_log()
    server.remove()
    again = RecordServer(server.address)
    log.start_log()
    assert kinds(again.ops) == ["start"]
    again.drop()
    again.until(lambda server: server.closed == 1)
    log.start_log()
    assert len(again.ops) == 2
    again.remove()


def test_one_connection_for_all_threads_and_logs(server):
    def record(number):
        log = RunLog()
        for _ in range(20):
            log.end_log(log.start_log(f"Bot{number}", "Task"), "SUCCESS")

    threads = [threading.Thread(target=record, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.accepted == 1
    ends = [op for op in server.ops if op["op"] == "end"]
    assert len(ends) == 160
    assert len({op["seq"] for op in server.ops}) == len(server.ops)


def test_answers_in_any_order(state):
    pair = RecordServer(state / "run" / "x.sock", manner="silent")
    line = Line(pair.address)
    found = {}
    threads = [
        threading.Thread(target=lambda n=n: found.update({n: line.say('{"op":"beat"}', 10.0)})) for n in (1, 2, 3)
    ]
    for thread in threads:
        thread.start()
    pair.until(lambda server: len(server.ops) == 3)
    (channel,) = pair._channels
    pair.manner = "answer"
    for op in reversed(pair.ops):
        pair._answer(channel, op["seq"])
    for thread in threads:
        thread.join(10)
    assert {answer["seq"] for answer in found.values()} == {1, 2, 3}
    line.close()
    pair.remove()


def test_a_line_of_two_halves_is_never_sent(state):
    """A daemon that reads nothing fills the socket: what could not be sent whole ends the connection."""
    quiet = RecordServer(state / "run" / "x.sock", manner="silent")
    line = Line(quiet.address)
    with pytest.raises(NoAnswer):
        line.say('{"op":"beat"}', 0.2)
    quiet.drop()
    quiet.until(lambda server: server.closed == 1)
    quiet.manner = "answer"
    deadline = time.monotonic() + 10
    while True:
        try:
            assert line.say('{"op":"beat","filler":"' + "x" * 900_000 + '"}', 2.0)["ok"]
            break
        except NoAnswer:
            assert time.monotonic() < deadline
    line.close()
    quiet.remove()


def test_a_loopback_port_with_a_token(state):
    server = RecordServer(state / "record.json")
    line = Line(server.address)
    assert line.say('{"op":"beat"}', 5.0)["ok"] is True
    assert server.first_lines == [{"token": "t0ken"}]
    line.close()
    server.remove()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
def test_after_a_fork_each_has_its_own_connection_and_the_run_stays_the_parents(server):
    log = RunLog()
    with log.run("Bot", "Parent"):
        child = os.fork()
        if child == 0:
            try:
                with log.run("Bot", "Child"):
                    os._exit(0 if server.accepted else 1)
            finally:
                os._exit(9)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        server.until(lambda server: server.accepted == 2 and server.closed == 1)
    assert [op["task_name"] for op in server.ops] == ["Parent", "Child", "Parent"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
def test_a_forked_child_that_leaves_the_block_does_not_end_the_run(server):
    program = (
        "import os, sys\nfrom batmon.record import RunLog\n"
        "with RunLog().run('Bot', 'Task'):\n"
        "    child = os.fork()\n"
        "    if child == 0: sys.exit(3)\n"
        "    os.waitpid(child, 0)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
    assert kinds(server.ops) == ["start", "end"]
    assert server.ops[-1]["status"] == "SUCCESS"


def test_a_killed_program_closes_its_connection(server):
    program = (
        "import time\nfrom batmon.record import RunLog\n"
        "with RunLog().run('Bot', 'Task'):\n    print('begun', flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        child.send_signal(signal.SIGKILL)
    server.until(lambda server: server.closed == 1)
    assert kinds(server.ops) == ["start"]


def test_a_signal_handler_may_record_while_recording(server, spooled):
    log, handled = RunLog("Bot"), []

    def handler(*_):
        handled.append(log.start_log(task_name="handler"))

    before = signal.signal(signal.SIGALRM, handler)
    try:
        said = []
        for number in range(30):
            signal.setitimer(signal.ITIMER_REAL, 0.00005 * (number + 1))
            said.append(log.start_log())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert handled
    log.start_log()  # what had to wait in memory goes now
    known = {op["run_id"] for op in [*server.ops, *spooled()]}
    assert known >= {*said, *handled}
    assert log.durable


@pytest.mark.usefixtures("server")
def test_times_given_must_be_aware():
    with RunLog("Bot").run() as run:
        run.item("a", started_at=datetime(2026, 1, 1, tzinfo=UTC))
        with pytest.raises(ValueError, match="time zone"):
            run.item("a", started_at=datetime(2026, 1, 1))  # noqa: DTZ001 - that is the test


@pytest.mark.usefixtures("state")
def test_what_breaks_inside_never_reaches_the_program(monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(Outbox, "_said", broken)
    RunLog().start_log("Bot", "Task")
    assert "a fault of ours" in caplog.text
