"""This machine's processors and memory. Reading them takes far less than a millisecond."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import psutil

from batmon.config.probes import Probe
from batmon.judge.probe import Sample

FIRST_SEC = 0.5
"""Over how long the very first look measures; each later one over the time since the look before."""
_IDLE = ("idle", "iowait")
_COUNTED_TWICE = ("guest", "guest_nice")
"""Linux counts the time of virtual machines among that of users too."""


def look_of_cpu(_probe: Probe) -> Callable[[datetime], Awaitable[Sample]]:
    """Look how busy all processors together were since the look before, in per cent."""
    before: tuple[float, float] | None = None

    async def look(now: datetime) -> Sample:
        nonlocal before
        begun = before or _busy_and_all()
        if before is None:
            await asyncio.sleep(FIRST_SEC)
        before = busy, whole = _busy_and_all()
        spent = whole - begun[1]
        value = 100.0 * (busy - begun[0]) / spent if spent > 0 else 0.0
        return Sample(now, value=min(100.0, max(0.0, value)))

    return look


def _busy_and_all() -> tuple[float, float]:
    """Seconds since the start that the processors worked, and all seconds."""
    times = psutil.cpu_times()._asdict()
    whole = sum(seconds for name, seconds in times.items() if name not in _COUNTED_TWICE)
    return whole - sum(times.get(name, 0.0) for name in _IDLE), whole


def look_of_memory(_probe: Probe) -> Callable[[datetime], Awaitable[Sample]]:
    """Look how much memory cannot be had any more without swapping, in per cent."""

    async def look(now: datetime) -> Sample:
        memory = psutil.virtual_memory()
        return Sample(now, value=float(memory.percent), facts={"free": memory.available, "total": memory.total})

    return look
