"""Keeps the statistics: counts what has changed every moment, and what is older bit by bit, beside everything else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from batmon.config import Config
from batmon.errors import StoreError, StoreUnavailable
from batmon.judge.quiet import Subject, Window
from batmon.model import Program
from batmon.store import Store
from batmon.store.counting import Waiting
from batmon.store.statistics import Maintenance, Statistics

log = logging.getLogger(__name__)

LOOK_SEC = 2.0
"""How long it may take until somebody looks whether anything has changed."""
REST, HURRIED_REST = 9.0, 3.0
"""After each step so many times as long as it took, so that the others come first; the less where more waits."""
LONGEST_REST_SEC = 60.0
AGAIN_SEC = 5.0
SAY_SEC = 60.0
"""How often it is said how far a long count has come."""
SETTLE_SEC = 20.0
LOOK_AGAIN_SEC = 0.05
"""While somebody else counts."""
MAINTENANCE_SEC = 30.0
FIRST_LOOK = timedelta(days=31)
"""How far back planned maintenance is kept the first time, as it is configured then."""
LONGEST_AWAY = timedelta(days=92)


async def settle(statistics: Statistics, now: Callable[[], datetime], within: float = SETTLE_SEC) -> bool:
    """Count everything that has changed until now: True when that is done, False after ``within`` seconds.

    What is asked of the statistics afterwards is exact as of the call. Nothing is lost by giving up: somebody goes on.
    """
    clock = asyncio.get_running_loop().time
    last = clock() + within
    mark = await statistics.last_mark()
    while not await statistics.settled(mark):
        if clock() >= last:
            return False
        try:
            done = await statistics.settle_some(now())
        except StoreUnavailable as error:  # somebody holds something for longer than we wait
            log.info("the statistics cannot be counted now: %s", error)
            done = 0
        if not done:
            await asyncio.sleep(LOOK_AGAIN_SEC)
    return True


class Rollup:
    """The daemon's own: ``keep`` goes on for ever. ``programs`` gives those of this node as they are now."""

    def __init__(
        self,
        statistics: Statistics,
        *,
        node: str,
        programs: Callable[[], Mapping[str, Program]],
        windows: Sequence[Window],
        now: Callable[[], datetime],
    ) -> None:
        self._statistics = statistics
        self._node = node
        self._programs = programs
        self._windows = windows
        self._now = now
        self._maintenance_next = 0.0
        self._said_next = 0.0
        self._long = False
        self._away = False

    async def keep(self) -> None:
        """Count for ever. While there is nothing to count it asks one small question every ``LOOK_SEC``."""
        clock = asyncio.get_running_loop().time
        while True:
            begun = clock()
            try:
                if begun >= self._maintenance_next:
                    await self._keep_maintenance(note=True)
                    self._maintenance_next = begun + MAINTENANCE_SEC
                done = await self._statistics.settle_some(self._now())
                await self._say(done)
            except StoreError as error:
                level = logging.DEBUG if self._away else logging.WARNING  # that Postgres is away, others say too
                log.log(level, "the statistics cannot be counted now, will try again: %s", error)
                self._away = True
                await asyncio.sleep(AGAIN_SEC)
                continue
            self._away = False
            took = clock() - begun
            rest = took * HURRIED_REST if self._statistics.more else max(LOOK_SEC, took * REST)
            await asyncio.sleep(min(LONGEST_REST_SEC, rest))

    async def settle(self, within: float = SETTLE_SEC) -> bool:
        """See ``settle`` of this module; planned maintenance that has begun is kept first."""
        await self._keep_maintenance(note=False)
        return await settle(self._statistics, self._now, within)

    async def describe(self) -> dict[str, Any] | None:
        """For ``doctor``: ``waiting`` (changes), ``programs`` and ``until`` (a day; None: all is counted).

        None while the database cannot be asked.
        """
        try:
            waiting = await self._statistics.waiting()
        except StoreError as error:
            log.info("it cannot be said what is counted: %s", error)
            return None
        until = None if waiting.last is None else waiting.last.isoformat()
        return {"waiting": waiting.marks, "programs": waiting.programs, "until": until}

    async def _say(self, done: int) -> None:
        """Tell how far it has come with what takes long."""
        clock = asyncio.get_running_loop().time
        if not (done or self._long) or clock() < self._said_next:
            return
        self._said_next = clock() + SAY_SEC
        waiting: Waiting = await self._statistics.waiting()
        if waiting.programs and waiting.last is not None and waiting.last < self._now().date():
            log.info(
                "counting runs for the statistics: the days after %s are counted",
                waiting.last,
                extra={"programs": waiting.programs},
            )
        elif self._long and not waiting.every:
            log.info("all runs are counted for the statistics")
        self._long = bool(waiting.programs) or waiting.every

    async def _keep_maintenance(self, *, note: bool) -> None:
        """Keep what has begun since it was last looked; ``note`` that it was looked even if nothing has."""
        if not self._windows and not note:
            return
        now = self._now()
        looked = await self._statistics.maintenance_looked(self._node)
        since = now - FIRST_LOOK if looked is None else max(looked, now - LONGEST_AWAY)
        found = [
            Maintenance(program.name, begins, ends, window.name)
            for window in self._windows
            for begins, ends in came(window, since, now)
            for program in self._programs().values()
            if window.covers(Subject(program.name, program.tags))
        ]
        if found or note:
            await self._statistics.keep_maintenance(self._node, found, now)


def rollup_of(
    config: Config, store: Store, programs: Callable[[], Mapping[str, Program]], *, now: Callable[[], datetime]
) -> Rollup:
    """That of a daemon."""
    windows = config.alerts.maintenance
    return Rollup(Statistics(store), node=config.node, programs=programs, windows=windows, now=now)


def came(window: Window, since: datetime, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When a window began and ended each time that it began after ``since`` and up to ``now``, or goes on then."""
    at = since
    running = window.until(now)
    if running is not None:
        began = window.start if window.start is not None and window.end == running else running - window.duration
        if began <= since:
            yield began, running
    while (begins := window.next_start(at)) is not None and begins <= now:
        yield begins, window.end if begins == window.start and window.end is not None else begins + window.duration
        at = begins
