"""The step ``command``: a program run without a shell, its whole process tree ended when its time is over."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from batmon.errors import StepFailed
from batmon.evidence.decode import decode_line
from batmon.evidence.processes import ProcessIdentity, identify, marked, stop_tree
from batmon.refusals import because

log = logging.getLogger(__name__)

MARK = "BATMON_EXECUTION"
"""The variable by which the processes of an attempt are known, wherever they went."""
KEPT_BYTES = 64 * 1024
"""Of what it prints: the end."""
BLOCK = 16 * 1024
LOOK_SEC = 0.1
REST_SEC = 1.0
"""How long its output is read on when it has ended: a child that it left behind may hold the pipe open for ever."""
STOP_GRACE_SEC = 5.0
_NOT_ITS_OWN = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", MARK)


async def run_command(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], limit: timedelta, mark: str, place: str
) -> tuple[int, str]:
    """Run a program to its end: its exit code, and the end of what it printed.

    Raises:
        StepFailed: it cannot be started, or took longer than ``limit``; then nothing of it runs any more.
    """
    environ = {key: value for key, value in os.environ.items() if key not in _NOT_ITS_OWN}
    environ |= {"PYTHONUNBUFFERED": "1", **env, MARK: mark}
    apart = (
        {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        if sys.platform == "win32"
        else {"start_new_session": True}
    )
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, cwd=cwd, env=environ, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, **apart,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise StepFailed(
            because("command-not-started", place=place, command=argv[0], why=getattr(error, "strerror", None) or error)
        ) from error
    identity = identify(process.pid)
    output = bytearray()
    reading = asyncio.create_task(_read(process, output), name=f"output of {argv[0]}")
    ended = False
    try:
        async with asyncio.timeout(limit.total_seconds()):
            code = await _ended(process)
        ended = True
        await asyncio.wait((reading,), timeout=REST_SEC)
    except TimeoutError:
        about = {"place": place, "command": argv[0], "seconds": limit.total_seconds()}
        if last := _last_line(bytes(output)):
            raise StepFailed(because("command-too-slow-saying", **about, last=last)) from None
        raise StepFailed(because("command-too-slow", **about)) from None
    finally:
        if not ended:
            await end_leftovers(mark, identity)
        reading.cancel()
        await asyncio.wait((reading,))
        process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001 - nothing public lets go of a pipe that a child of its keeps open
    return code, text_of(bytes(output))


async def _ended(process: asyncio.subprocess.Process) -> int:
    """Its exit code, once it has ended: ``wait`` alone waits for whoever holds its output open too."""
    waiting = asyncio.ensure_future(process.wait())
    try:
        while process.returncode is None:
            await asyncio.wait((waiting,), timeout=LOOK_SEC)
    finally:
        waiting.cancel()
    return process.returncode


async def end_leftovers(mark: str, leader: ProcessIdentity | None = None) -> int:
    """End what still runs of an attempt, whoever is its parent now; how many processes were ended."""

    def end() -> int:
        found = [leader] if leader is not None else list(marked(MARK, mark))
        ended = 0
        for process in found:
            stopped = stop_tree(process, grace=STOP_GRACE_SEC, mark=(MARK, mark))
            ended += stopped.ended
            if stopped.survivors:
                log.error("cannot end processes of a command", extra={"pids": [one.pid for one in stopped.survivors]})
        return ended

    return await asyncio.shield(asyncio.to_thread(end))


def text_of(output: bytes) -> str:
    """Output as text, line by line in its encoding."""
    lines = [decode_line(line, "auto") for line in output.replace(b"\r\n", b"\n").split(b"\n")]
    return "\n".join(lines).strip("\n")


def _last_line(output: bytes) -> str:
    lines = [line for line in text_of(output).splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else ""


async def _read(process: asyncio.subprocess.Process, output: bytearray) -> None:
    if process.stdout is None:
        return
    while block := await process.stdout.read(BLOCK):
        output += block
        del output[: max(0, len(output) - KEPT_BYTES)]
