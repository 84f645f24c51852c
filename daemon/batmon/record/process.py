"""When a process was created: with its pid that is its identity, because pids are used again."""

from __future__ import annotations

import os
import sys
from functools import cache


def began_at(pid: int) -> float | None:
    """Seconds since the epoch, within one clock tick (10 ms); None where that cannot be known.

    On Linux it is the start time in ``/proc/PID/stat`` after ``btime`` of ``/proc/stat``, as psutil reckons it too.
    """
    return _began_at(pid, os.getpid())


@cache
def _began_at(pid: int, _asking: int) -> float | None:
    """Remembered for the process that asks: one that was forked has another pid."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        with open("/proc/stat", "rb") as file:
            booted = next(float(line.split()[1]) for line in file if line.startswith(b"btime"))
        return booted + ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, StopIteration):
        return None
