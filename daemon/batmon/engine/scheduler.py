"""Sleeps until the earliest stored deadline, never longer than the wall clock may jump.

Only *when* is decided here. What is due is judged by the checker, and what is done once is decided by Postgres.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable
from datetime import datetime

LONGEST_SLEEP_SEC = 30.0
"""A suspended machine or a corrected clock is noticed within this time."""


class Scheduler:
    """Deadlines by name, one a name; setting another replaces the first."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._heap: list[tuple[datetime, str]] = []
        self._deadlines: dict[str, datetime] = {}
        self._earlier = asyncio.Event()

    def set(self, name: str, deadline: datetime | None) -> None:
        """Wake for ``name`` at ``deadline``; None forgets it."""
        if deadline is None:
            self._deadlines.pop(name, None)
            return
        self._deadlines[name] = deadline
        heapq.heappush(self._heap, (deadline, name))
        if self._heap[0] == (deadline, name):
            self._earlier.set()

    async def due(self) -> AsyncIterator[str]:
        """The names whose deadline has passed, each once for each deadline, earliest first."""
        while True:
            self._earlier.clear()
            now = self._now()
            while self._heap and self._heap[0][0] <= now:
                deadline, name = heapq.heappop(self._heap)
                if self._deadlines.get(name) == deadline:
                    del self._deadlines[name]
                    yield name
            wait = LONGEST_SLEEP_SEC
            if self._heap:
                wait = min(wait, max(0.0, (self._heap[0][0] - self._now()).total_seconds()))
            try:
                async with asyncio.timeout(wait):
                    await self._earlier.wait()
            except TimeoutError:
                continue
