"""What wakes the checker: lines in logs, deadlines that pass, records that somebody writes.

Several programs are judged at a time, each in the order in which its evidence came.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from batmon.engine.checker import Checker
from batmon.engine.patience import patient
from batmon.engine.scheduler import Scheduler
from batmon.engine.tasks import Tasks
from batmon.engine.told import Told
from batmon.errors import StoreUnavailable
from batmon.evidence import LogBatch, LogFollower, SightChanged
from batmon.evidence.events import LogEvent
from batmon.store import Store

log = logging.getLogger(__name__)

AT_ONCE = 8
"""How many programs are judged at the same time: as many as the store has connections to spare."""
RETRY_SEC = 1.0
SWEEP_BACK = timedelta(hours=1)
"""How far back records are looked for that nobody announced; more than any transaction of a logger lasts."""


class Bounded:
    """Starts at most ``AT_ONCE`` pieces of work; whoever wants one more waits."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._room = asyncio.Semaphore(AT_ONCE)

    async def start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Start ``work`` once there is room."""
        await self._room.acquire()
        self._tasks.once(name, self._run(work))

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        finally:
            self._room.release()


async def feed_lines(follower: LogFollower, checker: Checker, tasks: Tasks) -> None:
    """Hand what the follower sees to the checker, for ever."""
    bounded = Bounded(tasks)

    async def handle(event: LogEvent) -> None:
        if isinstance(event, LogBatch):
            await checker.on_batch(event)
        elif isinstance(event, SightChanged):
            await checker.on_sight(event)
        else:
            await checker.on_caught_up(event, follower.sight(event.program))

    async for event in follower.batches():
        await bounded.start(f"logs of {event.program}", lambda event=event: handle(event))  # type: ignore[misc]


async def feed_deadlines(scheduler: Scheduler, follower: LogFollower, checker: Checker, tasks: Tasks) -> None:
    """Have each program judged when its deadline passes, for ever."""
    bounded = Bounded(tasks)

    async def check(name: str) -> None:
        if checker.programs[name].configured:
            await follower.recheck(name)  # a verdict must not rest on lines that nobody has read
        await checker.check(name)

    async for name in scheduler.due():
        await bounded.start(f"deadline of {name}", lambda name=name: check(name))  # type: ignore[misc]


async def feed_records(
    store: Store, checker: Checker, now: Callable[[], datetime], told: Told, busy: Callable[[], bool]
) -> None:
    """Have a program judged when somebody writes a record for it, or wrote one while we could not hear; for ever.

    ``told`` also hears from those who write records through the daemon. While many records come, looking at them takes
    at most half of the daemon's time, and a fifth while ``busy`` says that more records wait to be committed.
    """
    clock = asyncio.get_running_loop().time
    since = now() - SWEEP_BACK

    async def sweep() -> None:
        for bot in await store.foreign_changes_since(since):
            told.tell(bot)

    async def look() -> None:
        nonlocal since
        while True:
            bot = await told.next()
            since, begun = now() - SWEEP_BACK, clock()
            try:
                await checker.on_record(bot)
            except StoreUnavailable as error:
                log.warning("cannot look at a record, will try again: %s", error, extra={"bot": bot})
                told.tell(bot)
                await asyncio.sleep(RETRY_SEC)
            if told:
                await asyncio.sleep((clock() - begun) * (4 if busy() else 1))

    listening = await patient(store.listen, lambda _channel, bot: told.tell(bot), on_reconnect=sweep)
    await patient(sweep)
    looking = asyncio.create_task(look(), name="look at records")
    try:
        await asyncio.wait((listening, looking), return_when=asyncio.FIRST_COMPLETED)
        await (listening if listening.done() else looking)
    finally:
        looking.cancel()
