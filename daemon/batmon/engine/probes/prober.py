"""Looks at every probe when it is due, judges what was found and commits it, as the checker does with programs.

Each probe has one look at a time, with a bound on how long it may take; a look that hangs holds up no other. What could
not be committed because Postgres was away is committed when it is back.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from batmon.config.probes import Probe
from batmon.engine.board import Board, Facts, Row
from batmon.engine.incidents.alerting import Alerting
from batmon.engine.probes.looks import Looks
from batmon.engine.probes.rows import STRIP_LOOKS, probe_row, strip
from batmon.engine.probes.times import first_look, next_look
from batmon.engine.scheduler import Scheduler
from batmon.engine.tasks import Tasks
from batmon.errors import NotFound, StoreError, StoreUnavailable
from batmon.evidence.probes import Look
from batmon.judge.probe import Sample, judge, level
from batmon.model import Program, Reason
from batmon.refusals import because
from batmon.store import Judgement, Store, StoredState
from batmon.store.probes import Probes
from batmon.store.shapes import KeptSample

log = logging.getLogger(__name__)

AT_ONCE = 256
"""How many looks are under way at the same time."""
COMMANDS_AT_ONCE = 8
"""How many of them may be programs that were started."""
COMMITS_AT_ONCE = 4
COMMIT_TRIES = 4
SLACK_SEC = 5.0
"""How much longer than its timeout a look may take to come back: the second bound, should the first one fail."""
LATE = timedelta(seconds=30)
"""A probe that comes up so much later than planned was not waited for: the machine was suspended."""
SWEEP_SEC = 5.0
PRUNE_SEC = 3600.0
UNSAVED = 100
"""Looks of one probe that are kept in memory while Postgres is away."""
_AT_A_STRETCH = 50
"""Probes that are held, and looks that are begun, before others get their turn."""


@dataclass(slots=True)
class Held:
    """What the daemon holds in memory of one probe. ``samples`` are its latest looks, newest first."""

    probe: Probe
    look: Look
    state: StoredState
    samples: deque[Sample]
    planned: datetime
    known_at: float
    """When it was looked at last or first planned, by the loop's clock, which stands still while the machine sleeps."""
    looking: asyncio.Task[None] | None = None
    settling: asyncio.Task[None] | None = None
    unsaved: deque[Sample] = field(default_factory=lambda: deque(maxlen=UNSAVED))
    owed: bool = False
    """Whether a judgement of it is not committed."""
    deferred: bool = False
    doubt: Facts | None = field(default_factory=lambda: {"cause": "not_looked"})


class Prober:
    """Holds every probe of this node. ``keep`` and ``sweep`` are tasks of the daemon."""

    def __init__(
        self,
        probes: Sequence[Probe],
        *,
        store: Store,
        board: Board,
        looks: Looks,
        tasks: Tasks,
        alerting: Alerting,
        node: str,
        now: Callable[[], datetime],
    ) -> None:
        self._probes = list(probes)
        self._store = store
        self._kept = Probes(store)
        self._board = board
        self._looks = looks
        self._tasks = tasks
        self._alerting = alerting
        self._node = node
        self._now = now
        self._scheduler = Scheduler(now)
        self._held: dict[str, Held] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._commands = asyncio.Semaphore(COMMANDS_AT_ONCE)
        self._commits = asyncio.Semaphore(COMMITS_AT_ONCE)
        self._unfinished: set[str] = set()
        self.ready = asyncio.Event()
        """Set once every probe has been looked at since the daemon started."""

    @property
    def programs(self) -> Mapping[str, Program]:
        """Name to the program that stands for the probe."""
        return {name: held.probe.program for name, held in self._held.items()}

    def probe(self, name: str) -> Probe | None:
        """The probe of that name, if there is one."""
        held = self._held.get(name)
        return None if held is None else held.probe

    async def watch(self, states: Mapping[str, StoredState]) -> None:
        """Begin to hold the probes as an earlier daemon left them; each row is shown as not looked at until it is."""
        await self._kept.register(self._node, {probe.name: probe.kind for probe in self._probes})
        samples = await self._kept.recent({probe.name: _remembered(probe) for probe in self._probes})
        for number, probe in enumerate(self._probes, start=1):
            self._unfinished.add(probe.name)
            self._hold(probe, states[probe.name], samples[probe.name])
            if number % _AT_A_STRETCH == 0:
                await asyncio.sleep(0)
        if not self._unfinished:
            self.ready.set()

    async def add(self, probe: Probe, state: StoredState) -> None:
        """Hold one more from now on."""
        probes = [*self._probes, probe]
        await self._kept.register(self._node, {one.name: one.kind for one in probes})
        samples = await self._kept.recent({probe.name: _remembered(probe)})
        self._probes = probes
        self._hold(probe, state, samples[probe.name])

    def _hold(self, probe: Probe, state: StoredState, samples: Sequence[Sample]) -> None:
        planned = first_look(probe.name, probe.rule.every, len(self._probes), self._now())
        known = deque(samples, maxlen=_remembered(probe))
        held = Held(probe, self._looks.of(probe), state, known, planned, asyncio.get_running_loop().time())
        self._held[probe.name] = held
        self._scheduler.set(probe.name, planned)
        self._publish(held)

    async def keep(self) -> None:
        """Look at each probe when it is due, for ever."""
        begun = 0
        async for name in self._scheduler.due():
            self._due(self._held[name])
            begun += 1
            if begun % _AT_A_STRETCH == 0:
                await asyncio.sleep(0)

    def _due(self, held: Held) -> None:
        probe, now = held.probe, self._now()
        if now - held.planned > LATE and not held.deferred:  # all would be looked at in one moment
            held.deferred = True
            self._scheduler.set(probe.name, first_look(probe.name, probe.rule.every, len(self._held), now))
            return
        held.deferred = False
        held.planned = next_look(probe.name, probe.rule.every, held.planned, now)
        self._scheduler.set(probe.name, held.planned)
        self._begin(held)

    def _begin(self, held: Held) -> asyncio.Task[None]:
        """Look now, unless a look is under way."""
        if held.looking is None or held.looking.done():
            held.looking = self._tasks.once(f"probe {held.probe.name}", self._look(held))
        return held.looking

    async def look_now(self, name: str) -> Row:
        """Look at a probe now, whenever it is due; its row.

        Raises:
            NotFound: there is no such probe.
        """
        held = self._held.get(name)
        if held is None:
            raise NotFound(because("no-probe", name=name))
        await asyncio.shield(self._begin(held))
        if held.settling is not None:
            await asyncio.shield(held.settling)
        return self._board.rows[name]

    async def _look(self, held: Held) -> None:
        async with self._commands if held.probe.kind == "command" else self._room:
            sample = await self._sample(held)
        held.known_at = asyncio.get_running_loop().time()
        held.samples.appendleft(sample)
        held.unsaved.append(sample)
        self._settle_soon(held)

    async def _sample(self, held: Held) -> Sample:
        """What the look finds; whatever goes wrong inside it is its own fault and nobody else's."""
        began, seconds = self._now(), held.probe.rule.timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds + SLACK_SEC):
                return await held.look(began)
        except TimeoutError:
            return Sample(began, seconds + SLACK_SEC, fault="timeout", blind=True)
        except StoreError as error:
            return Sample(began, fault="internal", blind=True, detail=str(error))
        except Exception as error:
            # a look that breaks must not blind us for all other probes
            log.exception("a look failed", extra={"program": held.probe.name})
            return Sample(began, fault="internal", blind=True, detail=type(error).__name__)

    def _settle_soon(self, held: Held) -> None:
        """Have it judged; looking goes on meanwhile, however long Postgres takes."""
        if held.settling is None or held.settling.done():
            held.settling = self._tasks.once(f"verdict on {held.probe.name}", self._settle(held))

    async def _settle(self, held: Held) -> None:
        """Judge and commit until nothing waits; what cannot be committed is owed."""
        held.owed = True
        while await self._settle_once(held):
            if not held.unsaved:
                held.owed = False
                return

    async def _settle_once(self, held: Held) -> bool:
        """Judge and commit; False if that has to be tried again later."""
        name, done = held.probe.name, False
        try:
            async with self._commits:
                for _ in range(COMMIT_TRIES):
                    if await self._judge_once(held):
                        held.doubt, done = None, True
                        break
                else:
                    log.error("the state kept changing under us", extra={"program": name})
        except StoreUnavailable as error:
            log.warning("cannot commit a look, will try again: %s", error, extra={"program": name})
        except Exception as error:
            # one probe that cannot be judged must not blind us for all others: it is UNKNOWN, and says why
            log.exception("cannot judge", extra={"program": name})
            held.doubt = {"cause": "fault", "detail": f"it could not be judged: {error}"}
            held.unsaved.clear()  # what cannot be written now cannot be written later
            done = True
        self._publish(held)
        self._unfinished.discard(name)
        if not self._unfinished:
            self.ready.set()
        return done

    async def _judge_once(self, held: Held) -> bool:
        """Judge and commit; False if another writer changed the state first (it is loaded afresh)."""
        probe, before, now = held.probe, held.state, self._now()
        if held.samples and not _waited_too_long(held, asyncio.get_running_loop().time()):
            now = min(now, held.samples[0].at + probe.rule.stale_after)  # no look is stale because the machine slept
        verdict = judge(probe.name, probe.rule, held.samples, now=now, next_due=held.planned)
        moved = verdict.status is not before.status or verdict.reason is not before.reason
        unsaved = list(held.unsaved)
        judgement = Judgement(
            program=probe.name,
            node=self._node,
            expected_version=before.version,
            verdict=verdict,
            since=verdict.at if verdict.status is not before.status else before.since,
            judged_until=verdict.at,
            strip=strip(probe.rule, list(held.samples)[:STRIP_LOOKS]),
            samples=[
                KeptSample(probe.name, self._node, sample, level(probe.rule, sample), probe.rule.unit)
                for sample in unsaved
            ],
            incident=self._alerting.weigh(probe.program, before, verdict, now),
        )
        state = await self._store.commit(judgement)
        if state is None:
            held.state = await self._store.state(probe.name)
            return False
        held.state = state
        self._alerting.committed(judgement.incident, probe.name)
        written = {sample.at for sample in unsaved}
        held.unsaved = deque((sample for sample in held.unsaved if sample.at not in written), maxlen=UNSAVED)
        if moved:
            log.info(
                "verdict",
                extra={"program": probe.name, "status": verdict.status.value, "reason": verdict.reason.value},
            )
        return True

    async def sweep(self) -> None:
        """Judge what is owed or stale again, and forget old looks, for ever."""
        clock = asyncio.get_running_loop().time
        pruned = clock()
        while True:
            await asyncio.sleep(SWEEP_SEC)
            for held in list(self._held.values()):
                silent = held.doubt is None and held.state.reason is not Reason.NOT_PROBED
                if held.owed or (silent and _waited_too_long(held, clock())):
                    self._settle_soon(held)
            if clock() - pruned >= PRUNE_SEC:
                pruned = clock()
                await self._prune()

    async def _prune(self) -> None:
        now = self._now()
        before = {name: now - held.probe.keep for name, held in self._held.items()}
        try:
            await self._kept.prune(before)
        except StoreError as error:
            log.warning("old looks cannot be forgotten now: %s", error)

    def show(self, name: str) -> None:
        """Show the row of ``name`` again, if it is one of ours: something beside its verdict has changed."""
        if (held := self._held.get(name)) is not None:
            self._publish(held)

    def _publish(self, held: Held) -> None:
        row = probe_row(
            held.probe,
            held.state,
            held.samples,
            planned=held.planned,
            doubt=held.doubt,
            incident=self._alerting.note(held.probe.name),
        )
        self._board.publish(held.probe.name, row)


def _waited_too_long(held: Held, clock: float) -> bool:
    """Whether it has not been looked at for too long, while the machine was awake."""
    return clock - held.known_at > held.probe.rule.stale_after.total_seconds()


def _remembered(probe: Probe) -> int:
    """How many looks its verdict and its strip need."""
    rule = probe.rule
    return max(STRIP_LOOKS, probe.program.alert_after, rule.lasting // rule.every + 2)
