"""Real process trees: seen whole, told apart from strangers with the same number, ended whole."""

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from batmon.evidence.processes import Stopped, identify, is_alive, marked, stop_tree, tree

LIMIT = 10.0

CHILD = "import sys, time; print('ready', flush=True); time.sleep(600)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"
STUBBORN = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "ignore = 'import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);';"
    f"subprocess.run([sys.executable, '-c', ignore + {CHILD!r}])"
)


@pytest.fixture
async def start():
    started = []

    async def begin(code: str, *, new_session: bool = True):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdout=subprocess.PIPE, start_new_session=new_session
        )
        started.append((process, identify(process.pid)))
        assert process.stdout is not None
        await asyncio.wait_for(process.stdout.readline(), LIMIT)
        return process, identify(process.pid)

    yield begin
    for process, identity in started:
        await asyncio.to_thread(stop_tree, identity, grace=0)
        await asyncio.wait_for(process.wait(), LIMIT)
        process._transport.close()


async def until_dead(identity):
    async with asyncio.timeout(LIMIT):
        while is_alive(identity):
            await asyncio.sleep(0.01)


async def test_a_tree_is_seen_and_ended_whole(start):
    process, identity = await start(PARENT)
    members = tree(identity)
    assert members[0] == identity
    assert len(members) == 2
    assert await asyncio.to_thread(stop_tree, identity, grace=LIMIT) == Stopped(2)
    assert not any(is_alive(member) for member in members)
    assert await asyncio.wait_for(process.wait(), LIMIT) == -signal.SIGTERM


async def test_what_ignores_the_request_is_killed(start):
    process, identity = await start(STUBBORN)
    assert await asyncio.to_thread(stop_tree, identity, grace=0.2) == Stopped(2)
    assert await asyncio.wait_for(process.wait(), LIMIT) == -signal.SIGKILL


@pytest.mark.skipif(sys.platform == "win32", reason="sessions are POSIX")
async def test_children_are_found_after_their_parent_has_died(start):
    process, identity = await start(PARENT)
    child = tree(identity)[1]
    process.kill()
    await until_dead(identity)
    assert tree(identity) == (child,)
    assert await asyncio.to_thread(stop_tree, identity, grace=LIMIT) == Stopped(1)
    assert not is_alive(child)


async def test_a_stranger_with_the_same_number_is_left_alone(start):
    process, identity = await start(CHILD)
    stranger = replace(identity, created=identity.created - 100)
    assert not is_alive(stranger)
    assert tree(stranger) == ()
    assert await asyncio.to_thread(stop_tree, stranger) == Stopped(0)
    assert is_alive(identity)
    assert process.returncode is None


@pytest.mark.skipif(sys.platform == "win32", reason="zombies are POSIX")
def test_a_zombie_is_not_alive():
    pid = os.posix_spawn(
        sys.executable, [sys.executable, "-c", "input()"], os.environ, file_actions=[(os.POSIX_SPAWN_CLOSE, 0)]
    )
    identity = identify(pid)
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        assert not is_alive(identity)
    finally:
        os.waitpid(pid, 0)
    assert identify(pid) is None


ESCAPED = (
    "import os, signal, sys, time\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork(): os._exit(0)\n"
    "    os.setsid()\n"
    "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "    print(os.getpid(), flush=True)\n"
    "    time.sleep(600)\n"
    "os.wait()\n"
    "time.sleep(600)\n"
)


@pytest.mark.skipif(sys.platform == "win32", reason="sessions are POSIX")
async def test_what_left_the_tree_and_the_session_is_found_by_its_mark():
    mark = ("BATMON_TEST_MARK", os.urandom(8).hex())
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ESCAPED, stdout=subprocess.PIPE, start_new_session=True, env=os.environ | dict([mark])
    )
    identity = identify(process.pid)
    escaped = identify(int(await asyncio.wait_for(process.stdout.readline(), LIMIT)))
    async with asyncio.timeout(LIMIT):
        while escaped in tree(identity):  # its parent is on the way out
            await asyncio.sleep(0.01)
    assert set(marked(*mark)) == {identity, escaped}
    assert await asyncio.to_thread(stop_tree, identity, grace=0.2, mark=mark) == Stopped(2)
    assert not is_alive(escaped)
    await asyncio.wait_for(process.wait(), LIMIT)
    process._transport.close()
