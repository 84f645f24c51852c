"""A monitoring plug-in: its exit code is the state (0, 1, 2, 3), its first line the words (nagios-plugins.org)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from batmon.config.probe_targets import CommandTarget
from batmon.config.probes import Probe
from batmon.evidence.decode import decode_line
from batmon.evidence.probes.faults import fault_of
from batmon.evidence.processes import ProcessIdentity, identify, stop_tree
from batmon.judge.probe import Sample
from batmon.model import Status

MOST_OUTPUT = 64 << 10
"""Bytes that are kept of each stream; the rest is read and dropped."""
_LINE_CHARS = 500
_GRACE_SEC, _KILL_SEC = 1.0, 1.0
_POLL_SEC = 0.02
_STATES = {0: Status.OK, 1: Status.WARNING, 2: Status.ERROR}


def look_of(probe: Probe) -> Callable[[datetime], Awaitable[Sample]]:
    """Run the probe's command."""
    target = probe.target
    assert isinstance(target, CommandTarget)  # noqa: S101 - its kind says so

    async def look(now: datetime) -> Sample:
        clock = asyncio.get_running_loop().time
        begun = clock()
        environment = os.environ | {name: value.reveal() for name, value in target.env.items()}
        try:
            process = await asyncio.create_subprocess_exec(
                *target.command, cwd=target.folder, env=environment, start_new_session=True,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            fault, detail = fault_of(error)
            return Sample(now, clock() - begun, fault=fault, detail=detail or target.command[0], blind=True)
        itself = identify(process.pid)
        out, wrong = bytearray(), bytearray()
        heads = [asyncio.create_task(_head(process.stdout, out)), asyncio.create_task(_head(process.stderr, wrong))]
        try:
            async with asyncio.timeout(probe.rule.timeout.total_seconds()):
                code = await _ended(process)
            await asyncio.wait(heads, timeout=_GRACE_SEC)  # what it left behind may hold its output open
        except TimeoutError:
            return Sample(now, clock() - begun, fault="timeout", blind=True)
        finally:
            await _end(process, itself, heads)
        return _read(now, clock() - begun, code, bytes(out or wrong))

    return look


async def _head(stream: asyncio.StreamReader | None, kept: bytearray) -> None:
    """Read what comes to its end, and keep the beginning."""
    while stream is not None and (chunk := await stream.read(16 << 10)):
        kept += chunk[: MOST_OUTPUT - len(kept)]


async def _ended(process: asyncio.subprocess.Process) -> int:
    """Its exit code once it has ended; ``wait`` would wait for whoever else holds its output open, too."""
    while process.returncode is None:  # noqa: ASYNC110 - asyncio tells of an end only together with the output's
        await asyncio.sleep(_POLL_SEC)
    return process.returncode


async def _end(
    process: asyncio.subprocess.Process, itself: ProcessIdentity | None, heads: Sequence[asyncio.Task[None]]
) -> None:
    """End it and all that it started, if any of it is left."""
    if process.returncode is None or not all(head.done() for head in heads):
        if itself is not None:
            await asyncio.shield(asyncio.to_thread(stop_tree, itself, grace=_GRACE_SEC, kill_wait=_KILL_SEC))
        await asyncio.wait(heads, timeout=_KILL_SEC)
    for head in heads:
        head.cancel()
    process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001 - as in engine.automations.command_step: nothing public lets go


def _read(now: datetime, took: float, code: int, output: bytes) -> Sample:
    first, _, figures = decode_line(output.lstrip().partition(b"\n")[0]).partition("|")
    line = first.strip()[:_LINE_CHARS]
    facts = {"perfdata": figures.strip()[:_LINE_CHARS]} if figures.strip() else {}
    state = _STATES.get(code)
    if state is None:
        return Sample(now, took, fault="exit", detail=line, blind=True, facts={**facts, "exit_code": code})
    return Sample(now, took, status=state, detail=line, facts=facts)
