"""A TCP port: how long it takes to connect, and until it says what it should."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime

from batmon.config.probe_targets import TcpTarget
from batmon.config.probes import Probe
from batmon.evidence.probes.faults import fault_of, is_local
from batmon.evidence.probes.names import connect
from batmon.judge.probe import Sample

MOST_HEARD = 64 << 10
"""Bytes that are read while waiting for the expected text."""


def look_of(probe: Probe) -> Callable[[datetime], Awaitable[Sample]]:
    """Look at the probe's port."""
    target = probe.target
    assert isinstance(target, TcpTarget)  # noqa: S101 - its kind says so

    async def look(now: datetime) -> Sample:
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            async with asyncio.timeout(probe.rule.timeout.total_seconds()):
                heard = await _talk(target)
        except (OSError, asyncio.IncompleteReadError) as error:
            fault, detail = fault_of(error)
            return Sample(now, clock() - begun, fault=fault, detail=detail, blind=is_local(error))
        took = clock() - begun
        if not heard:
            return Sample(now, took, fault="text")
        return Sample(now, took, value=took)

    return look


async def _talk(target: TcpTarget) -> bool:
    """Whether it said what it should; True at once when nothing is expected."""
    reader, writer = await connect(target.host, target.port)
    try:
        if sent := target.send.reveal():
            writer.write(sent.encode())
            await writer.drain()
        wanted, heard = target.expect.encode(), b""
        while wanted not in heard and len(heard) < MOST_HEARD:
            more = await reader.read(4096)
            if not more:
                return False
            heard += more
        return wanted in heard
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            writer.transport.abort()
