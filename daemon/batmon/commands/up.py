"""``batmon up``: database, daemon and console in one go."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.child_daemon import ChildDaemon
from batmon.commands.foreground import tui_command
from batmon.commands.local_session import LocalSession
from batmon.commands.session import DONE, FAILED
from batmon.commands.table import duration, moment, table
from batmon.config import Config, prepare_folders
from batmon.errors import BatmonError, DaemonUnreachable
from batmon.gate.client import GateClient
from batmon.refusals import because

GATE_WITHIN = 60.0
"""Seconds for the first start: initdb on a slow disk, and reading the logs of years."""

CONSOLE_WITHIN = 40.0
CONSOLE_AGAIN = 5.0
"""Seconds for the daemon to try again after the console's first failure."""
FIRST_RUNS_MARGIN = timedelta(seconds=60)
GLANCE = 0.1
"""Seconds between two looks at something that nobody announces."""


async def up(session: LocalSession, *, once: bool, keep: bool) -> int:
    """Start what is not running; with a terminal open the console, else wait for the first verdicts and stay.

    Raises:
        BatmonError: something could not be started.
    """
    config = session.places.load()
    await asyncio.to_thread(prepare_folders, config)
    with _ended_by_signal() as ended:
        async with _running_daemon(session, config, ended, keep=keep) as child:
            if ended.is_set():
                return DONE
            if session.interactive and session.width and not once:
                return await _open_console(session, ended)
            if not await _first_verdicts(session, config, ended):
                return DONE if ended.is_set() else FAILED
            if once or ended.is_set():
                return DONE
            _say_how_to_attach(session, await _console_address(session))
            session.err("Ctrl+C ends it.")
            return await _stay(session, child, ended)


@contextmanager
def _ended_by_signal() -> Iterator[asyncio.Event]:
    """An event that Ctrl+C, SIGTERM or a closed terminal sets, so that what was started is stopped in order."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    handled = []
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            with contextlib.suppress(NotImplementedError):  # Windows: Ctrl+C arrives as a cancellation instead
                loop.add_signal_handler(number, ended.set)
                handled.append(number)
    try:
        yield ended
    finally:
        for number in handled:
            loop.remove_signal_handler(number)


@asynccontextmanager
async def _running_daemon(
    session: LocalSession, config: Config, ended: asyncio.Event, *, keep: bool
) -> AsyncIterator[ChildDaemon | None]:
    """A daemon that answers at the gate: the one that runs already (None), or a child that is stopped afterwards."""
    try:
        await session.gate()
    except DaemonUnreachable:
        pass
    else:
        session.err("a daemon is running already")
        yield None
        return
    began = time.monotonic()
    child = await ChildDaemon.start(session.places.flags(), config.state)
    session.err(f"starting the daemon (pid {child.pid}, log {child.log})")
    try:
        await _gate_opens(session, child, ended)
        if not ended.is_set():
            session.err(f"the daemon is up after {time.monotonic() - began:.1f} s")
        yield child
    finally:
        await session.close()
        if keep and child.is_alive:
            session.err(f"the daemon goes on as pid {child.pid}")
        else:
            session.err("stopping the daemon")
            await child.stop()


async def _gate_opens(session: LocalSession, child: ChildDaemon, ended: asyncio.Event) -> None:
    deadline = time.monotonic() + GATE_WITHIN
    said = time.monotonic()
    while not ended.is_set():
        try:
            await session.gate()
        except DaemonUnreachable as error:
            if not child.is_alive:
                raise BatmonError(because("daemon-ended", code=child.code, last=child.last_words())) from error
            if time.monotonic() > deadline:
                raise BatmonError(
                    because("daemon-not-up", seconds=GATE_WITHIN, last=child.last_words(), log=child.log)
                ) from error
        else:
            return
        if time.monotonic() - said > 5:
            said = time.monotonic()
            session.err("... still waiting for the daemon")
        await asyncio.sleep(GLANCE)


async def _open_console(session: LocalSession, ended: asyncio.Event) -> int:
    console = await asyncio.create_subprocess_exec(*tui_command(session))
    await _first(console.wait(), ended.wait())
    if console.returncode is None:
        console.terminate()
        await console.wait()
    return DONE if console.returncode == 0 or ended.is_set() else FAILED


async def _first_verdicts(session: LocalSession, config: Config, ended: asyncio.Event) -> bool:
    """Wait until each sample program has run, print the verdicts; whether all that came true in time."""
    gate = await session.gate()
    waiting = {p.name for p in config.programs if p.node == config.node} if config.demo else set()
    if config.demo and waiting:
        limit = config.demo.every + config.demo.max_runtime + FIRST_RUNS_MARGIN
        session.err(f"waiting for the first run of {', '.join(sorted(waiting))}")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit.total_seconds()):
                await _first(_each_has_run(session, gate, waiting), ended.wait())
        if ended.is_set():
            return False
        for name in sorted(waiting):
            session.err(f"{name} has not run within {duration(limit.total_seconds())}")
    console_up = not config.ssh.enabled or await _console_opens(session, gate, ended)
    await _print_verdicts(session, gate)
    return not waiting and console_up


async def _each_has_run(session: LocalSession, gate: GateClient, waiting: set[str]) -> None:
    """Take each program out of ``waiting`` when a run of it has ended since the daemon started."""
    since = datetime.fromisoformat(str(gate.hello["started_at"])).replace(microsecond=0)
    async with gate.stream("watch") as changes:
        async for change in changes:
            for row in change.get("snapshot") or change.get("rows") or ():
                run = row["last_run"]
                if row["name"] in waiting and _ended_since(run, since):
                    waiting.discard(row["name"])
                    session.err(f"{row['name']} has run: {run['status']} after {duration(run['duration_sec'])}")
            if not waiting:
                return


def _ended_since(run: dict[str, Any] | None, since: datetime) -> bool:
    if run is None or run["origin"] == "schedule" or run["end_time"] is None:
        return False
    return datetime.fromisoformat(run["end_time"]) >= since


async def _console_opens(session: LocalSession, gate: GateClient, ended: asyncio.Event) -> bool:
    """Wait for the SSH console, which the daemon starts last; whether it came."""
    problems: list[str] = []
    tried_until = 0.0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CONSOLE_WITHIN):
            while not ended.is_set() and (not problems or time.monotonic() < tried_until):
                known = await gate.request("doctor")
                if known.get("console"):
                    return True
                if not problems:
                    tried_until = time.monotonic() + CONSOLE_AGAIN
                problems = known["problems"]
                await asyncio.sleep(GLANCE)
    for problem in problems or [f"the SSH console did not come up within {CONSOLE_WITHIN:g} s"]:
        session.err(problem)
    return False


async def _print_verdicts(session: LocalSession, gate: GateClient) -> None:
    found = await gate.request("check", language=session.language)
    zone = ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    rows = []
    for program in found["programs"]:
        run = program["last_run"] or {"start_time": None, "duration_sec": None}
        rows.append(
            (
                program["status"],
                program["name"],
                moment(run["start_time"], zone),
                duration(run["duration_sec"]),
                moment(program["next_due"], zone),
                program["message"],
            )
        )
    for line in table(("status", "program", f"last run ({zone.key})", "took", "next due", "why"), rows, session.width):
        session.out(line)


async def _console_address(session: LocalSession) -> str:
    gate = await session.gate()
    return str((await gate.request("doctor")).get("console") or "")


def _say_how_to_attach(session: LocalSession, console: str) -> None:
    batmon = shlex.join(["batmon", *session.places.flags()])
    session.err(f"attach here:   {batmon} tui")
    if console:
        host, _, port = console.rpartition(":")
        session.err(f"over SSH:      {batmon} user add NAME --key FILE.pub --role viewer|operator|admin")
        session.err(f"               ssh -p {port} NAME@{host.strip('[]')}")


async def _stay(session: LocalSession, child: ChildDaemon | None, ended: asyncio.Event) -> int:
    """Stay until a signal comes, or until the daemon ends, which is a failure."""
    gate = await session.gate()
    await _first(ended.wait(), child.wait() if child is not None else gate.wait_lost())
    if ended.is_set():
        return DONE
    session.err(
        "the daemon has ended" + (f" with code {child.code}: {child.last_words()}" if child is not None else "")
    )
    return FAILED


async def _first(*waits: Awaitable[Any]) -> None:
    """Wait for the first of several things; the others are given up, and an error of the first is raised."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
