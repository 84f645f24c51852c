import hashlib
import os
import pty
import signal
import subprocess
import sys
import time

import pytest

from tests.integration.record.record_server import RecordServer

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX programs and signals")
BATMON = [sys.executable, "-m", "batmon"]
PATIENCE_SEC = 20


def batmon_exec(*command, **options):
    options = {"capture_output": True, "timeout": PATIENCE_SEC, **options}
    return subprocess.run([*BATMON, "exec", "Bot", "Task", "--", *command], check=False, **options)


def sh(script, **options):
    return batmon_exec("sh", "-c", script, **options)


def test_it_succeeds(server):
    done = sh("echo out; echo err >&2")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"out\n", b"err\n")
    start, end = server.ops
    assert (start["bot_name"], start["task_name"]) == ("Bot", "Task")
    assert (end["status"], end["exit_code"], end["error_details"]) == ("SUCCESS", 0, "")
    assert end["message"] in {"out", "err"}


def test_it_fails_and_its_last_lines_are_kept(server):
    done = sh(r"echo one; printf '\033[31m10%%\r20%%\rLogin failed: \260\241\033[0m\n'; exit 3")
    assert done.returncode == 3
    end = server.ops[-1]
    assert (end["status"], end["exit_code"], end["message"]) == ("FAILED", 3, "exit code 3: Login failed: 가")
    assert end["error_details"] == "one\nLogin failed: 가"


def test_only_the_end_of_much_output_is_kept(server):
    done = sh("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; exit 1")
    assert done.stdout.count(b"\n") == 20000
    lines = server.ops[-1]["error_details"].splitlines()
    assert lines[-1] == "line 19999"
    assert len(lines) == 200


@pytest.mark.usefixtures("state")
def test_binary_output_is_the_same_byte_for_byte(tmp_path):
    data = os.urandom(3_000_001)
    (tmp_path / "data").write_bytes(data)
    done = batmon_exec("cat", str(tmp_path / "data"))
    assert hashlib.sha256(done.stdout).digest() == hashlib.sha256(data).digest()


@pytest.mark.usefixtures("state")
def test_standard_input_is_the_programs():
    assert batmon_exec("cat", input=b"a\0b").stdout == b"a\0b"


@pytest.mark.usefixtures("state")
def test_both_streams_to_one_place_keep_their_order():
    script = "for i in 1 2 3 4 5 6 7 8 9; do echo $i; echo $i >&2; done"
    done = sh(script, capture_output=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.stdout.split() == [str(n).encode() for n in range(1, 10) for _ in range(2)]


@pytest.mark.parametrize(("command", "code", "words"), [
    ("no-such-command", 127, "no-such-command: command not found"), ("/", 126, "/: Permission denied"),
])  # fmt: skip
def test_a_command_that_cannot_be_started(server, command, code, words):
    done = batmon_exec(command)
    assert (done.returncode, done.stderr.decode()) == (code, f"batmon exec: {words}\n")
    end = server.ops[-1]
    assert (end["status"], end["exit_code"], end["message"]) == ("FAILED", code, words)


def test_a_program_that_a_signal_ends(server):
    assert sh("kill -KILL $$").returncode == 137
    assert (server.ops[-1]["exit_code"], server.ops[-1]["message"]) == (137, "ended by SIGKILL")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_signals_reach_the_program(server, number):
    name = signal.Signals(number).name[3:]
    script = f"trap 'echo got {name}; exit 9' {name}; echo ready; while :; do sleep 0.05; done"
    command = [*BATMON, "exec", "Bot", "Task", "--", "sh", "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as child:
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(number)
        assert child.stdout.read() == f"got {name}\n".encode()
        assert child.wait(PATIENCE_SEC) == 9
    assert server.ops[-1]["message"] == f"exit code 9: got {name}"


def test_it_ends_as_the_program_does_by_a_signal_that_it_does_not_catch(server):
    command = [*BATMON, "exec", "Bot", "Task", "--", "sh", "-c", "echo ready; exec sleep 60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as child:
        child.stdout.readline()
        child.terminate()
        assert child.wait(PATIENCE_SEC) == 143
    assert server.ops[-1]["message"] == "ended by SIGTERM: ready"


def test_whoever_reads_the_output_may_go(server):
    command = [*BATMON, "exec", "Bot", "Task", "--", "sh", "-c", "exec yes"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"y\n"
        child.stdout.close()
        assert child.wait(PATIENCE_SEC) == 128 + signal.SIGPIPE
    assert server.ops[-1]["status"] == "FAILED"


def test_closed_streams(server):
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *BATMON, "exec", "Bot", "Task", "--", "sh", "-c", "echo x; exit 4"],
        timeout=PATIENCE_SEC, check=False,
    )  # fmt: skip
    assert done.returncode == 4
    assert server.ops[-1]["exit_code"] == 4


@pytest.mark.usefixtures("server")
def test_what_a_program_leaves_behind_does_not_hold_it_up():
    began = time.monotonic()
    assert sh("sleep 30 & echo done").stdout == b"done\n"
    assert time.monotonic() - began < 15


@pytest.mark.usefixtures("server")
def test_at_a_terminal_the_program_has_a_terminal():
    ours, theirs = pty.openpty()
    script = 'test -t 1 && test -t 2 && echo "$(stty size <&2)"; printf "a\\nb\\n" >&2'
    with subprocess.Popen(
        [*BATMON, "exec", "Bot", "Task", "--", "sh", "-c", script], stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    ) as child:  # fmt: skip
        os.close(theirs)
        got = b""
        while True:
            try:
                got += os.read(ours, 4096)
            except OSError:
                break
        assert child.wait(PATIENCE_SEC) == 0
    os.close(ours)
    assert got == b"0 0\r\na\r\nb\r\n"  # the carriage returns are the outer terminal's, once


def test_it_runs_when_nothing_of_batmon_works(tmp_path):
    (tmp_path / "state").write_text("in the way")
    environ = {**os.environ, "BATMON_STATE": str(tmp_path / "state"), "HOME": "/nonexistent"}
    done = sh("echo ran; exit 6", env=environ)
    assert (done.returncode, done.stdout) == (6, b"ran\n")


def test_the_daemon_watches_the_program_and_not_the_wrapper(server):
    command = [*BATMON, "exec", "Bot", "Task", "--", "sh", "-c", "echo $$; exec sleep 60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        pid = int(child.stdout.readline())
        server.until(lambda server: server.ops)
        child.kill()
        child.wait()
        server.until(lambda server: server.closed == 1)
        os.kill(pid, signal.SIGKILL)
    (start,) = server.ops
    assert start["pid"] == pid
    assert start["process_started"] is not None


def test_the_program_may_record_items_of_the_run(server):
    batmon = " ".join(BATMON)
    done = sh(f'{batmon} record item "$BATMON_RUN_ID" user1 --processed 3')
    assert done.returncode == 0
    assert [op["op"] for op in server.ops] == ["start", "item", "end"]
    assert len({op["run_id"] for op in server.ops}) == 1


@pytest.mark.usefixtures("state")
def test_a_wrong_name_is_said_before_anything_is_started(tmp_path):
    done = subprocess.run(
        [*BATMON, "exec", "x" * 51, "Task", "--", "touch", str(tmp_path / "ran")], capture_output=True, text=True,
        timeout=PATIENCE_SEC, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "at most 50" in done.stderr
    assert not (tmp_path / "ran").exists()


def record(*words, **options):
    done = subprocess.run(
        [*BATMON, "record", *words], capture_output=True, text=True, timeout=PATIENCE_SEC, check=False, **options
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("away", [False, True])
def test_record_for_tools_that_call_a_command(state, spooled, away):
    server = None if away else RecordServer(state / "run" / "record.sock")
    run_id = record("start", "Invoice_Bot", "Daily", "--pid", str(os.getpid()))
    record("item", run_id, "user1@example.com", "--processed", "100", "--failed", "1", "--error", "late")
    record(
        "end", run_id, "--status", "FAILED", "--message", "m", "--error-details", "-", "--processed-count", "100",
        input="Traceback\n",
    )  # fmt: skip
    start, item, end = spooled() if away else server.ops
    assert (start["run_id"], start["pid"]) == (run_id, os.getpid())
    assert (item["account"], item["processed"], item["failed"], item["error"]) == ("user1@example.com", 100, 1, "late")
    assert (end["run_id"], end["status"], end["error_details"]) == (run_id, "FAILED", "Traceback\n")
    assert (end["message"], end["processed_count"]) == ("m", 100)
    if server:
        server.remove()


@pytest.mark.usefixtures("state")
def test_a_run_that_a_command_begins_has_no_process_to_watch(spooled):
    record("start", "Bot", "Task")
    assert [op["pid"] for op in spooled()] == [None]


def test_what_could_not_be_recorded_is_said(tmp_path):
    (tmp_path / "state").write_text("in the way")
    done = subprocess.run(
        [*BATMON, "--state", str(tmp_path / "state"), "record", "start", "B", "T"], capture_output=True, text=True,
        timeout=PATIENCE_SEC, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert len(done.stdout.strip()) == 36
    assert "not recorded" in done.stderr
