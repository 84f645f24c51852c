from __future__ import annotations

import contextlib
import re
import signal
import threading
import time

import psutil
import pytest
from ssh_bed import BOUND, Console, Gate, Keys, Terminal, ssh_command, until

UNDONE = tuple(
    f"\x1b[{code}".encode()
    for code in ("?1049l", "?25h", "?1000l", "?1003l", "?1006l", "?1015l", "?1004l", "?2004l", "<u", "?7h")
)


@pytest.fixture(scope="module")
def bed(tmp_path_factory):
    state = tmp_path_factory.mktemp("state", numbered=True)
    state.chmod(0o700)
    keys = Keys(tmp_path_factory.mktemp("keys"), state)
    key = keys.add("kim")
    with Gate(state), Console(state) as console:
        yield console, key, keys


def opened(bed, *options, size=(80, 24), environment=None):
    console, key, _ = bed
    return Terminal(ssh_command(console, key, *options, "-tt", ""), size, environment)


def test_the_app_is_shown_at_the_clients_size_and_follows_it(bed):
    with opened(bed, size=(100, 30)) as terminal:
        terminal.wait_for("SIZE 100x30")
        terminal.wait_for("HELLO kim operator")
        terminal.resize(132, 50)
        terminal.wait_for("SIZE 132x50")
        terminal.send(b"\x1b[A")
        terminal.wait_for("KEY up")
        terminal.send(b"\x1b")
        terminal.wait_for("KEY escape")
        terminal.send(b"q")
        assert terminal.ended() == 7
        for sequence in UNDONE:
            assert terminal.seen.rindex(sequence) > terminal.seen.index(b"SIZE 132x50")


def test_a_window_of_no_size_gets_the_usual_one(bed):
    with opened(bed, size=(0, 0)) as terminal:
        terminal.wait_for("SIZE 80x24")
        terminal.send(b"q")
        assert terminal.ended() == 7


def test_a_crash_shows_one_line_and_restores_the_terminal(bed):
    console, _, _ = bed
    with opened(bed) as terminal:
        terminal.wait_for("HELLO kim")
        terminal.send(b"x")
        assert terminal.ended() == 1
        after = terminal.seen[terminal.seen.rindex(b"\x1b[?1049l") :]
        assert b"the screen ended with an error" in after
        assert b"Traceback" not in terminal.seen
        assert after.count(b"\n") == 1
        assert all(sequence in terminal.seen for sequence in UNDONE)
    assert any("breaks as asked" in entry["error"] for entry in console.says("the app of a session broke"))


def test_what_an_app_prints_reaches_neither_terminal_nor_neighbour(bed):
    with opened(bed) as one, opened(bed) as other:
        one.wait_for("HELLO kim")
        other.wait_for("HELLO kim")
        one.send(b"p")
        one.wait_for("KEY p 1")
        other.send(b"a")
        other.wait_for("KEY a 1")
        assert b"printed by" not in one.seen + other.seen


@pytest.mark.parametrize(
    ("term", "environment", "shown"),
    [
        ("xterm-256color", {"COLORTERM": "truecolor"}, b"48;2;18;52;86"),
        ("xterm-256color", {}, b"48;5;"),
        ("xterm", {}, b"\x1b[3"),
    ],
)
def test_colours_are_those_of_each_terminal(bed, term, environment, shown):
    with opened(bed, "-o", "SendEnv=COLORTERM", environment={"TERM": term} | environment) as terminal:
        terminal.wait_for("HELLO kim")
        terminal.send(b"q")
        terminal.ended()
        assert shown in terminal.seen
        assert (b";2;18;52;86" in terminal.seen) is bool(environment)
        assert (b"8;5;" in terminal.seen) is (term != "xterm" and not environment)


def test_the_language_is_the_clients(bed):
    with opened(bed, "-o", "SendEnv=LANG", environment={"LANG": "ko_KR.UTF-8"}) as terminal:
        terminal.wait_for("HELLO kim operator ko")


def test_a_paste_arrives_whole_and_one_too_large_ends_the_session(bed):
    console, _, _ = bed
    with opened(bed) as terminal:
        terminal.wait_for("HELLO kim")
        terminal.send(b"\x1b[200~" + "한글 ".encode() * 1000 + b"\x1b[201~")
        terminal.wait_for("PASTE 3000")
        terminal.send(b"\x1b[200~")
        flood(terminal, lambda: terminal.process.poll() is not None)
        assert terminal.ended() != 0
    assert console.says("were pasted at once")


def test_a_flood_of_keys_does_not_stall_a_neighbour(bed):
    with opened(bed) as flooding, opened(bed) as neighbour:
        flooding.wait_for("HELLO kim")
        neighbour.wait_for("HELLO kim")
        done = threading.Event()
        writer = threading.Thread(target=lambda: flood(flooding, done.is_set))
        writer.start()
        flooding.wait_for("KEY a")
        for number in range(1, 21):
            before = time.monotonic()
            neighbour.send(b"b")
            neighbour.wait_for(f"KEY b {number}")
            assert time.monotonic() - before < 2.0
        done.set()
        writer.join(BOUND)


def flood(terminal, done):
    """Type a good megabyte as fast as it is taken."""
    for _ in range(2600):
        while not terminal.takes_input():
            if done():
                return
        terminal.send(b"a" * 512)


def test_two_channels_share_one_connection(bed, tmp_path):
    console, _, _ = bed
    shared = ("-o", f"ControlPath={tmp_path}/c", "-o", "ControlMaster=auto")
    logins = len(console.says("login"))
    with opened(bed, *shared) as first:
        first.wait_for("HELLO kim")
        with opened(bed, *shared, size=(90, 20)) as second:
            second.wait_for("SIZE 90x20")
            second.send(b"q")
            assert second.ended() == 7
        first.send(b"z")
        first.wait_for("KEY z 1")
        first.send(b"q")
        first.ended()
    assert len(console.says("login")) == logins + 1


TENTH = re.compile(rb"\b0{3}(?!0000\d )\d{5} ")


def test_a_client_that_stops_reading_is_cut_off_and_memory_stays_bounded(tmp_path):
    state = tmp_path / "s"
    state.mkdir(mode=0o700)
    keys = Keys(tmp_path, state)
    key = keys.add("kim")
    with Gate(state), Console(state, "--stall-limit", "2") as console:
        with Terminal(ssh_command(console, key, "-tt", ""), (200, 60)) as stalled:
            stalled.wait_for("HELLO kim")
            stalled.send(b"f")
            until(lambda: TENTH.search(stalled.seen), "the tenth frame of the flood, or one behind it")
            before = console.server().memory_info().rss
            stalled.process.send_signal(signal.SIGSTOP)
            until(lambda: console.says("the client has stopped reading"), "the cut")
            assert console.server().memory_info().rss - before < 16 * 1024 * 1024
            until(lambda: console.says("logout"), "the end of the connection")
        with Terminal(ssh_command(console, key, "-tt", "")) as another:
            another.wait_for("HELLO kim")


def test_a_dropped_client_leaves_no_socket_and_no_descriptor(bed):
    console, _, _ = bed
    until(lambda: console.sockets() == 0, "quiet")
    before = console.server().num_fds()
    for _ in range(3):
        with opened(bed) as terminal:
            terminal.wait_for("HELLO kim")
            terminal.process.kill()
            terminal.ended()
    until(lambda: console.sockets() == 0 and console.server().num_fds() <= before, "all let go")


def test_stopping_the_console_restores_terminals_and_a_dead_worker_is_replaced(tmp_path):
    state = tmp_path / "s"
    state.mkdir(mode=0o700)
    key = Keys(tmp_path, state).add("kim")
    with Gate(state), Console(state) as console:
        first = console.server()
        with Terminal(ssh_command(console, key, "-tt", "")) as lost:
            lost.wait_for("HELLO kim")
            first.kill()
            assert lost.ended() == 255
        until(lambda: console.server().pid not in (first.pid, console.process.pid), "another worker")
        with Terminal(ssh_command(console, key, "-tt", "")) as terminal:
            terminal.wait_for("HELLO kim")
            assert console.stop() == 0
            terminal.ended()
            assert all(sequence in terminal.seen for sequence in UNDONE)
            assert "stopped on the server" in terminal.text()


def test_one_process_serves_where_there_is_no_fork(tmp_path):
    state = tmp_path / "s"
    state.mkdir(mode=0o700)
    key = Keys(tmp_path, state).add("kim")
    with Gate(state), Console(state, "--one-process") as console:
        assert console.server().pid == console.process.pid
        with Terminal(ssh_command(console, key, "-tt", "")) as terminal:
            terminal.wait_for("HELLO kim")
            assert console.stop() == 0
            terminal.ended()
            assert all(sequence in terminal.seen for sequence in UNDONE)


def test_more_sessions_than_a_worker_holds_get_another(tmp_path):
    state = tmp_path / "s"
    state.mkdir(mode=0o700)
    key = Keys(tmp_path, state).add("kim")
    with Gate(state), Console(state, "--sessions-per-worker", "1") as console, contextlib.ExitStack() as open_:
        for number in (1, 2):
            terminal = open_.enter_context(Terminal(ssh_command(console, key, "-tt", "")))
            terminal.wait_for("HELLO kim")
            until(lambda n=number: len(psutil.Process(console.process.pid).children()) == n + 1, "another worker")
        assert len({entry["pid"] for entry in console.says("login")}) == 2
