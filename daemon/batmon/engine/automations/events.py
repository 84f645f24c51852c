"""Handles events: each one's steps in one transaction with its mark, whatever happens to other events.

A NOTIFY of the trigger wakes it at once; a sweep finds what a lost notification would have announced. Any number of
daemons share the work. What fails is undone whole, tried again later, and given up in the end: shown, and for
``event.retry``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from batmon.config import Config
from batmon.config.events import EventRule
from batmon.engine.automations.event_given_up import tell
from batmon.engine.automations.steps import Context, admins, execute, message_language, places
from batmon.engine.patience import patient
from batmon.engine.tasks import Tasks
from batmon.errors import BatmonError, StoreError, StoreUnavailable
from batmon.store import feed
from batmon.store.event_triggers import synchronise
from batmon.store.events import CHANNEL, Event, Events
from batmon.store.judgements import Connection
from batmon.store.listening import Listener
from batmon.store.store import Store

log = logging.getLogger(__name__)

WORKERS = 4
"""Events that one daemon handles at a time."""
OF_ONE_RULE = 3
"""How many of them may be of one rule, so that one whose steps are slow does not stop the others."""
SWEEP_SEC = 5.0
AGAIN_SEC = 1.0
"""How soon it is looked again when the database is away."""
SYNCHRONISE_SEC = 60.0
"""How often it is seen that the triggers are there: a table that was missing, or was made anew, is watched so soon."""
BACKOFF = tuple(timedelta(seconds=s) for s in (5, 15, 60, 300, 900, 3600, 10800))
"""How long after each failure an event is tried again; after the last one it is given up."""
KEEP_DONE = timedelta(days=30)
KEEP_DEAD = timedelta(days=180)
KEEP_COUNTERS = timedelta(days=400)
KEEP_FEED = timedelta(days=90)
MOST_FEED = 10_000
PRUNE_EVERY = 60
"""Synchronisations between two looks for what is old: about an hour."""


class EventHandling:
    """The events of one daemon. ``owner_url`` is the database as somebody who may make triggers."""

    def __init__(
        self, store: Store, config: Config, *, owner_url: Callable[[], str], now: Callable[[], datetime]
    ) -> None:
        self.events = Events(store)
        self.rules: Mapping[str, EventRule] = {rule.name: rule for rule in config.events}
        self.problems: dict[str, str] = {}
        """Of each rule, why its trigger is not there; empty where it is."""
        self._store = store
        self._owner_url = owner_url
        self._config = config
        self._now = now
        self._claiming = asyncio.Lock()
        self._busy: Counter[str] = Counter()
        self._woken = [asyncio.Event() for _ in range(WORKERS)]

    async def start(self, tasks: Tasks) -> None:
        """Handle events from now on; ``synchronise`` has made the triggers."""
        tasks.keep("triggers of events", self._keep_synchronised())
        if not self.rules:
            return
        listener = Listener(self._store.url, lambda *_: self.wake(), self._reconnected, CHANNEL)
        connection, lost = await patient(listener.connect)
        tasks.keep("listen for events", listener.keep(connection, lost))
        for number in range(WORKERS):
            tasks.keep(f"events {number + 1}", self._work(number))

    def wake(self) -> None:
        """There may be something to do."""
        for woken in self._woken:
            woken.set()

    async def described(self) -> list[str]:
        """What is wrong, for people: with rules, and how many events were given up."""
        said = [problem for problem in self.problems.values() if problem]
        try:
            dead = sum(of["dead"] for of in (await self.events.counts()).values())
        except StoreError as error:
            log.debug("events cannot be counted now: %s", error)
            return said
        if dead:
            said.append(f"{dead} events were given up: batmon event list --only dead")
        return said

    async def handle_one(self) -> bool:
        """Handle the next event; False if there is none to be handled now.

        Raises:
            StoreUnavailable: the database is away; nothing is lost.
        """
        event: Event | None = None
        try:
            async with AsyncExitStack() as done:
                async with self._claiming:
                    free = [name for name in self.rules if self._busy[name] < OF_ONE_RULE]
                    found = await done.enter_async_context(self.events.claimed(free, self._now()))
                    if found is None:
                        return False
                    connection, event = found
                    self._busy[event.rule] += 1
                began = time.monotonic()
                rule = self.rules[event.rule]
                await execute(connection, rule.steps, _values(rule, event), self._context(rule, event))
                took = round((time.monotonic() - began) * 1000)
                await self.events.finish(connection, event, self._now(), took, self._config.node)
        except BatmonError as error:
            if event is None:
                raise
            await self._failed(event, error)
        except Exception as error:
            if event is None:
                raise
            log.exception("event %d of %s", event.id, event.rule)
            await self._failed(event, error)
        finally:
            if event is not None:
                self._busy[event.rule] -= 1
        return True

    async def _failed(self, event: Event, error: Exception) -> None:
        again = self._now() + BACKOFF[event.attempts] if event.attempts < len(BACKOFF) else None
        hint = getattr(error, "hint", "")
        said = f"{str(error) or type(error).__name__}" + (f" ({hint})" if hint else "")
        dead = await self.events.fail(
            event, said, again, now=self._now(), node=self._config.node, given_up=partial(self._tell, event, said)
        )
        level = logging.ERROR if dead else logging.WARNING
        log.log(
            level, "event %d of %s %s: %s", event.id, event.rule, "is given up" if dead else "has failed", said,
            extra={"attempts": event.attempts + 1, "again": again},
        )  # fmt: skip

    async def _tell(self, event: Event, error: str, connection: Connection) -> None:
        rule = self.rules[event.rule]
        context = self._context(rule, event)
        await tell(
            connection, rule, event, error, today=context.today, language=context.language, admins=context.admins,
            node=self._config.node, now=context.now,
        )  # fmt: skip

    def _context(self, rule: EventRule, event: Event) -> Context:
        return Context(
            source=f"event:{rule.name}",
            key=f"event:{event.id}",
            now=self._now(),
            timezone=ZoneInfo(rule.timezone),
            language=rule.language or message_language(self._config),
            admins=admins(self._config),
            places=places(self._config),
            event_id=event.id,
        )

    async def _work(self, number: int) -> None:
        """Handle what there is, for ever; one that finds something after a rest wakes the others to help."""
        woken, rested = self._woken[number], True
        while True:
            woken.clear()
            rest = AGAIN_SEC
            try:
                found = await self.handle_one()
                if not found:
                    rest = await self._rest()
            except StoreUnavailable as error:
                log.info("events cannot be handled now: %s", error)
                found = False
            except Exception:
                log.exception("while handling events")
                found = False
            if found and rested:
                self.wake()
            if not found:
                await _wait(woken, rest)
            rested = not found

    async def _rest(self) -> float:
        """Seconds until an event that waits is due, or the next sweep."""
        due = await self.events.next_try(list(self.rules))
        if due is None:
            return SWEEP_SEC
        return min(SWEEP_SEC, max(0.2, (due - self._now()).total_seconds()))

    async def _keep_synchronised(self) -> None:
        times = 0
        while True:
            await asyncio.sleep(SYNCHRONISE_SEC)
            times += 1
            if self.rules:
                await self.synchronise()
            if times % PRUNE_EVERY == 0:
                await self.prune()

    async def synchronise(self) -> None:
        """Make the triggers what the configuration says; what could not be made stands in ``problems``."""
        before = self.problems
        try:
            self.problems = await synchronise(
                self._owner_url(), self._config.node, list(self.rules.values()), self._now()
            )
        except StoreError as error:
            log.warning("the triggers of events could not be looked after: %s", error)
            if not isinstance(error, StoreUnavailable):
                self.problems = {name: f"{rule.place}: {error}" for name, rule in self.rules.items()}
        for name, problem in self.problems.items():
            if problem and problem != before.get(name):
                log.warning("no events from %s: %s", self.rules[name].table, problem, extra={"rule": name})

    async def prune(self) -> None:
        """Forget events, entries of the bell and days of counters that are old."""
        now = self._now()
        try:
            await self.events.prune(now - KEEP_DONE, now - KEEP_DEAD, (now - KEEP_COUNTERS).date())
            async with self._store.connection() as connection:
                await feed.prune(connection, now - KEEP_FEED, MOST_FEED)
        except StoreError as error:
            log.info("old events are not forgotten now: %s", error)

    async def _reconnected(self) -> None:
        self.wake()


def _values(rule: EventRule, event: Event) -> dict[str, Any]:
    about = {
        "id": event.id,
        "rule": event.rule,
        "title": rule.title,
        "table": event.source,
        "on": event.op,
        "at": event.created_at.isoformat(),
    }
    return {**rule.values, "row": event.row, "old": event.old, "event": about}


async def _wait(woken: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await woken.wait()
    except TimeoutError:
        return
