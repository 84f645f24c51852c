"""The house that sessions live in: hung and worn workers are replaced, dead peers go, memory comes back."""

from __future__ import annotations

import signal

import psutil
import pytest
from ssh_bed import Console, Gate, Keys, Terminal, ssh, ssh_command, until


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def kim(tmp_path, state):
    return Keys(tmp_path, state).add("kim")


def test_a_dead_peer_is_cut_off(state, kim):
    with Gate(state), Console(state, "--keepalive", "0.3") as console:
        with Terminal(ssh_command(console, kim, "-tt", "")) as terminal:
            terminal.wait_for("HELLO kim")
            terminal.process.send_signal(signal.SIGSTOP)
            until(lambda: console.says("logout", user="kim"), "the end of a client that says nothing")
        until(lambda: console.sockets() == 0, "its socket closed")
        assert ssh(console, kim, "check").returncode == 2


def test_a_hung_worker_is_killed_and_replaced(state, kim):
    with Gate(state), Console(state, "--silent-limit", "6") as console:
        first = console.server()
        with Terminal(ssh_command(console, kim, "-tt", "")) as terminal:
            terminal.wait_for("HELLO kim")
            first.suspend()
            until(lambda: not psutil.pid_exists(first.pid), "the end of the hung worker")
            assert terminal.ended() == 255
        assert console.says("a worker hangs and is killed", worker=first.pid)
        until(lambda: console.server().pid not in (first.pid, console.process.pid), "another worker")
        assert ssh(console, kim, "check").returncode == 2


def test_a_worn_worker_is_replaced_and_nobody_notices(state, kim):
    with Gate(state), Console(state, "--recycle-after", "3") as console:
        seen = set()
        for _ in range(8):
            seen.add(console.server().pid)
            assert ssh(console, kim, "check").returncode == 2
        assert len(seen) >= 3
        until(lambda: len(psutil.Process(console.process.pid).children()) == 1, "the worn ones gone")
        assert console.says("a worker has retired")
        assert not console.says("a worker has ended")


def test_memory_and_descriptors_come_back_after_many_sessions(state, kim):
    with Gate(state), Console(state, "--max-unauthenticated", "30") as console:

        def come_and_go(times):
            for _ in range(times):
                with Terminal(ssh_command(console, kim, "-tt", "")) as terminal:
                    terminal.wait_for("HELLO kim")
                    terminal.send(b"x")  # a key goes through Textual's parser, which must not keep the session
            until(lambda: console.sockets() == 0, "all gone")

        worker = console.server()
        come_and_go(20)
        before, files = worker.memory_info().rss, worker.num_fds()
        come_and_go(20)
        until(lambda: worker.num_fds() <= files + 1, "its descriptors back")
        assert worker.memory_info().rss - before < 6 * 1024 * 1024
