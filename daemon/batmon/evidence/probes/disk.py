"""How much of a file system is free: for users without rights of their own, in per cent or in bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import psutil

from batmon.config.probe_targets import DiskTarget
from batmon.config.probes import Probe
from batmon.evidence.probes.blocking import Busy, in_thread
from batmon.evidence.probes.faults import fault_of
from batmon.judge.probe import Sample


def look_of(probe: Probe) -> Callable[[datetime], Awaitable[Sample]]:
    """Look at the file system of the probe's path."""
    target = probe.target
    assert isinstance(target, DiskTarget)  # noqa: S101 - its kind says so

    async def look(now: datetime) -> Sample:
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            async with asyncio.timeout(probe.rule.timeout.total_seconds()):
                usage = await in_thread(f"disk {target.path}", lambda: psutil.disk_usage(str(target.path)))
        except (OSError, Busy) as error:  # the drive hangs or is not there: whether it is full is not known
            fault, detail = fault_of(error)
            return Sample(now, clock() - begun, fault=fault, detail=detail, blind=True)
        share = 100.0 - usage.percent
        value = float(usage.free) if probe.rule.unit == "B" else share
        return Sample(now, clock() - begun, value=value, facts={"free": usage.free, "total": usage.total})

    return look
