"""The console over SSH with 50 sessions attached: connect -> first full frame, key -> frame, and memory a session."""

import asyncio
import contextlib
import itertools
import os
import sys
import time
from contextlib import asynccontextmanager

import asyncssh
import psutil

from batmon.gate.keyring import KeyRing
from batmon.model import Role
from tests.acceptance.installation import log_line
from tests.bench.crowd import Session
from tests.bench.figures import pause, quantile, say, spread, table, verdict
from tests.bench.plant import all_judged, name_of, planted
from tests.bench.terminal import Terminal

PROGRAMS = 20
DAYS = 30
SESSIONS = 50
CONNECTS = 40
OPENSSH_CONNECTS = 15
KEYS = 200
FULL = (name_of(0), name_of(PROGRAMS - 1), "acknowledge")
CURSOR = "▌"
PATIENCE_SEC = 30.0
GOAL_CONNECT_SEC, GOAL_KEY_SEC, GOAL_MB = 0.300, 0.050, 5
MB = 1024 * 1024


@asynccontextmanager
async def console():
    """A daemon with its SSH console: the installation, logs, the console's address and a key for it."""
    async with planted(PROGRAMS, DAYS) as (installation, logs):
        installation.tables[0] = '[ssh]\nlisten = "127.0.0.1:0"\n[ui]\nlanguage = "en"\n'
        installation.state.mkdir(mode=0o700)
        made = asyncssh.generate_private_key("ssh-ed25519")
        key = installation.home / "key"
        made.write_private_key(str(key))
        key.chmod(0o600)
        KeyRing(installation.state / "authorized_keys").add("bench", Role.OPERATOR, made.export_public_key().decode())
        await installation.start()
        try:
            await all_judged(installation)
            async with asyncio.timeout(PATIENCE_SEC):
                while not (listening := (await installation.ask("doctor"))["console"]):
                    await asyncio.sleep(0.1)
            host, _, port = listening.rpartition(":")
            yield installation, logs, host, int(port), key
        finally:
            await installation.stop()  # in order, so that the console ends too


@asynccontextmanager
async def crowd(host, port, key, count):
    """That many sessions in another process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.crowd", host, str(port), key, str(count), *FULL,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE_SEC + count):
            if not await process.stdout.readline():
                raise SystemExit("the sessions could not be attached")
        yield
    finally:
        process.stdin.close()
        await process.wait()


def console_processes(installation):
    """The console's processes: the one that accepts, and its workers."""
    daemon = psutil.Process(installation.process.pid)
    return [p for p in daemon.children(recursive=True) if "batmon_tui.ssh" in p.cmdline()]


def held(processes):
    """Their PSS together, in MB."""
    return sum(process.memory_full_info().pss for process in processes) / MB


async def connects(host, port, key):
    """Seconds until logged in, and until the first full frame, of asyncssh clients one after the other."""
    logins, frames = [], []
    for _ in range(CONNECTS):
        began = time.perf_counter()
        session = await Session.open(host, port, key)
        logins.append(time.perf_counter() - began)
        await session.wait_for(*FULL)
        frames.append(time.perf_counter() - began)
        await session.close()
        await pause(0.05, 0.15)
    return logins, frames


def openssh(host, port, key, *command):
    """The command line of OpenSSH's client."""
    return [
        "ssh", "-F", "none", "-p", str(port), "-i", str(key), "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
        "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
        "-o", "LogLevel=ERROR", f"bench@{host}", *command,
    ]  # fmt: skip


def openssh_frames(host, port, key):
    """Seconds from starting OpenSSH's client to the first full frame."""
    seconds = []
    for _ in range(OPENSSH_CONNECTS):
        terminal = Terminal(openssh(host, port, key), os.environ)
        seconds.append(terminal.wait_for(*FULL))
        terminal.leave()
    return seconds


async def openssh_logins(host, port, key):
    """Seconds of OpenSSH's client for a login and the shortest of verbs: the floor."""
    seconds = []
    for _ in range(OPENSSH_CONNECTS):
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *openssh(host, port, key, "check", name_of(0)), stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await process.wait()
        seconds.append(time.perf_counter() - began)
    return seconds


async def keys(host, port, key):
    """Seconds from a key to the frame with the cursor on another row."""
    session = await Session.open(host, port, key)
    await session.wait_for(*FULL)
    seconds = []
    for letter in itertools.islice(itertools.cycle(b"jjjjkkkk"), KEYS):
        await session.quiet(0.07)  # what the last key still draws is not this one's frame
        began = time.perf_counter()
        session.type(bytes((letter,)))
        await session.wait_for(CURSOR)
        seconds.append(time.perf_counter() - began)
    await session.close()
    return seconds


@asynccontextmanager
async def changing(logs):
    """A line a second in some log meanwhile: a row that each session draws again."""

    async def go_on():
        for number in itertools.count():
            with logs[number // 2 % PROGRAMS].open("a", encoding="utf-8") as file:
                file.write(log_line(f"공시정보 수집 작업 {'완료: 37건 처리' if number % 2 else '시작'}"))
            await asyncio.sleep(1.0)

    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def bench():
    """Print the tables."""
    rows = []
    async with console() as (installation, logs, host, port, key):
        before = held(console_processes(installation))
        alone, key_alone = await connects(host, port, key), await keys(host, port, key)
        async with crowd(host, port, key, SESSIONS):
            await asyncio.sleep(2.0)
            processes = console_processes(installation)
            after = held(processes)
            logins, frames = await connects(host, port, key)
            plain, whole = await openssh_logins(host, port, key), openssh_frames(host, port, key)
            idle = await keys(host, port, key)
            async with changing(logs):
                busy = await keys(host, port, key)
            later = held(console_processes(installation))
    for title, seconds in (
        ("asyncssh client, nobody else: logged in", alone[0]),
        ("asyncssh client, nobody else: full frame", alone[1]),
        (f"asyncssh client, {SESSIONS} attached: logged in (floor)", logins),
        (f"asyncssh client, {SESSIONS} attached: full frame", frames),
        (f"OpenSSH, {SESSIONS} attached: whole `ssh host check` (floor)", plain),
        (f"OpenSSH, {SESSIONS} attached: start of ssh -> full frame", whole),
        ("key -> frame, nobody else", key_alone),
        (f"key -> frame, {SESSIONS} attached", idle),
        (f"key -> frame, {SESSIONS} attached, a row changing each second", busy),
    ):
        rows.append((title, len(seconds), *spread(seconds)))
    table(("ms", "n", "p50", "p95", "max"), rows)
    say("")
    each = (after - before) / SESSIONS
    table(
        ("memory of the console's processes, PSS", "MB"),
        (
            ("nobody attached", f"{before:.1f}"),
            (f"{SESSIONS} attached, {len(processes)} processes", f"{after:.1f}"),
            ("each session more", f"{each:.2f}"),
            ("all of it, shared out among the sessions", f"{after / SESSIONS:.2f}"),
            (f"after {CONNECTS + OPENSSH_CONNECTS} more came and went", f"{later:.1f}"),
        ),
    )
    connect, key_time = quantile(frames, 0.95), quantile(busy, 0.95)
    say(f"\nA full frame takes {quantile(frames, 0.5) / quantile(logins, 0.5):.1f} x a login.")
    for words, measured, goal in (
        (f"p95 connect -> full frame <= {GOAL_CONNECT_SEC * 1000:.0f} ms", connect * 1000, GOAL_CONNECT_SEC * 1000),
        ("the same with OpenSSH, its own start included", quantile(whole, 0.95) * 1000, GOAL_CONNECT_SEC * 1000),
        (f"p95 key -> frame <= {GOAL_KEY_SEC * 1000:.0f} ms", quantile(idle, 0.95) * 1000, GOAL_KEY_SEC * 1000),
        ("the same with a row changing each second", key_time * 1000, GOAL_KEY_SEC * 1000),
        (f"<= {GOAL_MB} MB a session", each, GOAL_MB),
    ):
        say(f"Goal {words}: {verdict(measured, goal)} ({measured:.1f}).")
