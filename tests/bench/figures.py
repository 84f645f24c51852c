"""Figures as people read them: quantiles, a small table, and what the machine was doing meanwhile."""

import asyncio
import os
import platform
import random
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime


def say(text: str) -> None:
    """Print one text."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def pause(least: float, most: float) -> None:
    """Sleep for a time between the two, in seconds, so that no timer is always met in the same phase."""
    await asyncio.sleep(random.uniform(least, most))  # noqa: S311 - no secret


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of all lie (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, min(len(ranked) - 1, round(share * len(ranked) + 0.5) - 1))]


def spread(seconds: Sequence[float], digits: int = 0) -> tuple[str, str, str]:
    """p50, p95 and the largest, in milliseconds."""
    return tuple(
        f"{value * 1000:.{digits}f}" for value in (quantile(seconds, 0.5), quantile(seconds, 0.95), max(seconds))
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a Markdown table: the first column to the left, the others to the right."""
    cells = [tuple(map(str, heads)), *(tuple(map(str, row)) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    lines = [
        " | ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    rule = " | ".join("-" * w if i == 0 else "-" * max(1, w - 1) + ":" for i, w in enumerate(widths))
    for line in (lines[0], rule, *lines[1:]):
        say(f"| {line} |")


def verdict(measured: float, goal: float) -> str:
    """Whether a goal that is an upper bound was met, in words."""
    return "met" if measured <= goal else "MISSED"


def surroundings() -> str:
    """When, on what, and how busy it was."""
    one, five, _ = os.getloadavg()
    return (
        f"{datetime.now().astimezone():%Y-%m-%d %H:%M}, {os.cpu_count()} cores, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}, load average {one:.2f} (1 min) {five:.2f} (5 min)"
    )
