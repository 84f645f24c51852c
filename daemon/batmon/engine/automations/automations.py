"""The daemon's automations: when each is due, decided once in Postgres, and executed as jobs by any daemon.

*When* is in memory: the scheduler. *Once* is in Postgres: the slot's row. A job that is lost, or whose daemon died, is
found by a look at the table again and again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from batmon.config.automations import Automation
from batmon.engine.automations.execution import House, attempt
from batmon.engine.patience import patient
from batmon.engine.scheduler import Scheduler
from batmon.engine.tasks import Tasks
from batmon.errors import BatmonError, NotFound, StoreError
from batmon.judge.catching_up import decide
from batmon.judge.schedule import Schedule
from batmon.refusals import because
from batmon.store import Store
from batmon.store.automations import FAMILY, AutomationState, Registered, SlotClaim, entrypoint_of
from batmon.store.automations import Automations as Stored
from batmon.store.executing import Lead
from batmon.store.workers import Again, Job, Workers

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Executions of one daemon at a time: each has a connection of its own to Postgres."""
SLOTS_AT_ONCE = 2
"""Jobs of one automation: one that executes, and one that finds that its daemon is gone."""
FAMILY_AT_ONCE = 3
"""Jobs of all automations that come and go together."""
UNKNOWN_YET = timedelta(seconds=5)
"""When it is looked again at a job whose automation came so lately that it is not known here."""
MOST_SLOTS = 500
"""Due times of one automation that are looked at after a long absence: the latest."""
CLAIMS_AT_ONCE = 2_000
RETRY_SEC = 1.0
LED_BY_ANOTHER = timedelta(seconds=3)
"""When it is looked again whether whoever executes is still there."""
ROUSE_EVERY_SEC = 15.0
FORGOTTEN_AFTER = timedelta(seconds=30)
"""What could have begun so long ago and nobody executes has lost its job."""
KEPT = timedelta(days=400)
PRUNE_EVERY = 4 * 60 * 24
"""Looks at the table between two times that what is old is forgotten: about six hours."""
GRACE_SEC = 10.0
"""How long executions may go on when the daemon stops; then they are given back."""


class Automations:
    """Those of a configuration that this daemon may execute, and beside them such as come and go while it runs.

    ``start``, and in the end ``stop``.
    """

    def __init__(
        self, automations: Sequence[Automation], store: Store, *, node: str, now: Callable[[], datetime], house: House
    ) -> None:
        self._given = tuple(automations)
        self._beside: tuple[Automation, ...] = ()
        self.configured: Mapping[str, Automation] = {one.name: one for one in automations}
        self.mine = self._ours(automations, node)
        self.stored = Stored(store)
        self._url = store.url
        self._node = node
        self._now = now
        self._house = house
        self._scheduler = Scheduler(now)
        self._schedules: dict[str, Schedule] = {}
        self._decided: dict[str, datetime] = {}
        self._pending: dict[str, None] = {}
        self._due = asyncio.Event()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._workers = Workers(store.url)
        self._tasks: Tasks | None = None
        self._working = False
        self._changing = asyncio.Lock()

    async def start(self, tasks: Tasks) -> None:
        """Make them known, look at what was due meanwhile, and go on for ever.

        Raises:
            StoreError: Postgres cannot be used.
        """
        async with self._changing:
            states = await patient(self._register, self._beside)
            self._tasks = tasks
            self._have(self._beside, states)

    async def take_up(self, beside: Sequence[Automation]) -> None:
        """Have these beside those of the configuration, in the place of those that were beside them before.

        Their names begin with ``FAMILY``. Before ``start`` they are only noted. What the database knows already goes
        on where it was left; what is new, or changes its times, is due from now on.

        Raises:
            StoreError: Postgres cannot be used; nothing has changed.
        """
        wanted = tuple(beside)
        async with self._changing:
            if self._tasks is None:
                self._beside = wanted
            elif wanted != self._beside:
                self._have(wanted, await self._register(wanted))

    async def _register(self, beside: Sequence[Automation]) -> dict[str, AutomationState]:
        ours = self._ours((*self._given, *beside), self._node).values()
        known = [Registered(one.name, one.title, one.on, one.paused) for one in ours]
        return await self.stored.register(self._node, known, self._now())

    @staticmethod
    def _ours(automations: Sequence[Automation], node: str) -> dict[str, Automation]:
        return {one.name: one for one in automations if one.node in ("", node)}

    def _have(self, beside: tuple[Automation, ...], states: Mapping[str, AutomationState]) -> None:
        """Be awake for what is ours by now, and for nothing else."""
        now, before, times = self._now(), self.mine, self._schedules
        self._beside = beside
        self.configured = {one.name: one for one in (*self._given, *beside)}
        self.mine = self._ours((*self._given, *beside), self._node)
        self._schedules = {}
        for name, one in self.mine.items():
            if not one.schedule:
                continue
            same = name in times and (before[name].schedule, before[name].timezone) == (one.schedule, one.timezone)
            self._schedules[name] = times[name] if same else Schedule(one.schedule, one.timezone)
            if not same:
                last = states[name].last_slot or now
                self._decided[name] = now if name in times else min(last, now)
                self._pending[name] = None
        for name in times.keys() - self._schedules.keys():
            self._scheduler.set(name, None)
            self._pending.pop(name, None)
            self._decided.pop(name, None)
        self._due.set()
        if self.mine and not self._working:
            self._begin()

    def _begin(self) -> None:
        """Work from now on: there is something to work on."""
        if self._tasks is None:
            raise RuntimeError("automations begin to work before they are started")
        self._working = True
        for one in self._given:
            if one.name in self.mine:
                self._workers.serve(entrypoint_of(one.name), self._work, slots=SLOTS_AT_ONCE)
        self._workers.serve(entrypoint_of(FAMILY), self._work, slots=FAMILY_AT_ONCE)
        self._tasks.keep("automations: deadlines", self._watch_deadlines())
        self._tasks.keep("automations: slots", self._decide_slots())
        self._tasks.keep("automations: jobs", self._workers.keep())
        self._tasks.keep("automations: forgotten", self._rouse_forgotten())

    def watched(self) -> None:
        """From now on a probe looks after them, whose incident tells of their failures."""
        self._house = replace(self._house, watched=True)

    async def stop(self) -> None:
        """Execute no more; what does not end soon is given back."""
        await self._workers.stop(GRACE_SEC)

    def next_due(self, name: str) -> datetime | None:
        """The next due time of one of ours."""
        schedule = self._schedules.get(name)
        return None if schedule is None else schedule.next_due(self._now())

    async def run_now(self, name: str, by: str) -> int:
        """Ask for an execution, paused or not; its id.

        Raises:
            NotFound: it is not in this daemon's configuration.
            RunningAlready: it is running, and its overlap is not ``queue``.
        """
        automation = self.mine.get(name)
        if automation is None:
            elsewhere = self.configured.get(name)
            if elsewhere is not None:
                raise NotFound(because("automation-elsewhere", name=name, node=elsewhere.node))
            raise NotFound(because("automation-not-here", name=name, known=", ".join(sorted(self.mine)[:20])))
        return await self.stored.start(name, self._now(), by, self._node, alone=automation.overlap == "skip")

    async def _watch_deadlines(self) -> None:
        async for name in self._scheduler.due():
            self._pending[name] = None
            self._due.set()

    async def _decide_slots(self) -> None:
        """Decide what happens in the slots that have come, in the order in which they came."""
        while True:
            await self._due.wait()
            self._due.clear()
            while self._pending:
                names = list(self._pending)[:CLAIMS_AT_ONCE]
                try:
                    await self._decide(names)
                except StoreError as error:
                    log.warning("cannot decide on automations that are due, will try again: %s", error)
                    await asyncio.sleep(RETRY_SEC)

    async def _decide(self, names: Sequence[str]) -> None:
        """Decide up to now for these, and have each woken at its next due time."""
        now = self._now()
        claims: list[SlotClaim] = []
        for name in names:
            claims += self._claims(name, now)
        for name, number in await self.stored.claim(claims, now, self._node):
            log.info("automation due", extra={"automation": name, "execution": number})
        for name in names:
            self._pending.pop(name, None)
            if name in self._schedules:  # it may have gone meanwhile
                self._decided[name] = max(now, self._decided[name])
                self._scheduler.set(name, self._schedules[name].next_due(self._decided[name]))

    def _claims(self, name: str, now: datetime) -> list[SlotClaim]:
        """What happens in the slots of one automation since it was last decided.

        Where several have to be caught up with they wait for each other, whatever ``overlap`` says of those on time.
        """
        automation = self.mine[name]
        slots = self._schedules[name].due_between(self._decided[name], now, MOST_SLOTS)
        decided = decide(slots, now, automation.catch_up)
        alone = automation.overlap == "skip" and sum(not one.skipped for one in decided) == 1
        return [SlotClaim(name, one.slot, one.skipped, alone) for one in decided]

    async def _rouse_forgotten(self) -> None:
        """Find executions that nobody executes and whose job is lost or waits for a dead daemon's lease; for ever."""
        looks = 0
        while True:
            try:
                roused = await self.stored.rouse(list(self.mine), self._now() - FORGOTTEN_AFTER)
                if roused:
                    log.info("executions that nobody executed are taken up", extra={"executions": roused})
                if await self.stored.end_silent():
                    log.warning("a daemon is stopped in the middle of a transaction; what it held is free again")
                if looks % PRUNE_EVERY == 0:
                    await self.stored.prune(self._now() - KEPT)
                looks += 1
            except StoreError as error:
                log.warning("cannot look for forgotten executions: %s", error)
            await asyncio.sleep(ROUSE_EVERY_SEC)

    async def _work(self, job: Job) -> None:
        """Execute what a job names, if it is its turn.

        Raises:
            Again: somebody else executes it, or it is too early.
        """
        async with self._room:
            lead = await Lead.take(self._url, int(job.payload))
            if lead is None:
                raise Again(LED_BY_ANOTHER, "another daemon executes it")
            try:
                await self._lead(lead)
            finally:
                await lead.leave()

    async def _lead(self, lead: Lead) -> None:
        execution = await lead.execution()
        if execution is None or execution.status not in ("queued", "running"):
            return
        automation = self.mine.get(execution.name)
        if automation is None and execution.name.startswith(FAMILY):
            raise Again(UNKNOWN_YET, "it is not known here yet, or not any more")
        if automation is None:
            raise BatmonError(because("automation-not-configured", name=execution.name))
        now = self._now()
        if execution.not_before is not None and execution.not_before > now:
            raise Again(execution.not_before - now, "it is too early to try again")
        if await lead.may_begin(automation.name):
            await attempt(lead, automation, execution, self._house)
