"""How often a rule would have fired: the recorded runs judged again, as if it had held all the time. Pure.

Runs are told to the judge as they would have been found out: one that is under way is running, and its end is known
when it comes. Only moments at which an incident could open or end are judged. What the logs said beside the runs,
silences and what a program depends on are not replayed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from batmon.judge.calendar import Calendar
from batmon.judge.incident import alarm, is_good
from batmon.judge.incident_state import Policy
from batmon.judge.past_successes import PastSuccesses
from batmon.judge.schedule import Schedule
from batmon.judge.slots import early
from batmon.judge.verdict import NO_END, judge, missed_row
from batmon.model import LogSight, LogState, Origin, Program, Reason, Run, RunStatus, Verdict

MOST_SLOTS = 100_000
"""More due times than a program that runs every minute has in ``_SLICE``."""
_SLICE = timedelta(days=10)
_IN_VIEW = 8
"""Runs before the one in question that a verdict is made from, beside those whose failures are counted."""
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """What of a program's configuration decides when an incident opens."""

    grace: timedelta
    max_runtime: timedelta
    min_runtime: timedelta | None
    alert_after: int
    baseline: bool

    @classmethod
    def of(cls, program: Program) -> Rule:
        """The rule that holds for ``program`` now."""
        return cls(program.grace, program.max_runtime, program.min_runtime, program.alert_after, program.baseline)

    def on(self, program: Program) -> Program:
        """``program`` as if this rule held for it.

        Raises:
            ModelError: the rule has values that no program can have.
        """
        return replace(
            program, grace=self.grace, max_runtime=self.max_runtime, min_runtime=self.min_runtime,
            alert_after=self.alert_after, baseline=self.baseline,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Firing:
    """An incident that would have opened ``at``, on ``run`` or, where none started, on what was ``due``."""

    at: datetime
    reason: Reason
    facts: Mapping[str, Any]
    run: Run | None
    due: datetime | None
    resolved_at: datetime | None = None


class History:
    """What a program did: its runs, its due times and its successes, prepared once for any number of rules."""

    def __init__(
        self, program: Program, runs: Iterable[Run], *, since: datetime, until: datetime, calendar: Calendar | None
    ) -> None:
        """``runs`` from ``baseline.HISTORY`` before ``since`` on, in any order. Slots before the first are left out."""
        real = (_as_seen(run) for run in runs if run.status is not RunStatus.MISSED and run.start_time <= until)
        self.runs = sorted(real, key=lambda run: run.start_time)
        self.starts = [run.start_time for run in self.runs]
        self.since = max(since, self.starts[0]) if self.starts else until
        self.until = until
        self.calendar = calendar
        schedule = Schedule(program.schedule, program.timezone, calendar)
        first = self.starts[0] - timedelta(days=1) if self.starts else until
        self._successes: dict[timedelta, PastSuccesses] = {}
        self.due: list[datetime] = []
        while first < until:  # in slices: sorting all of them at once would hold up everybody else
            end = min(first + _SLICE, until)
            self.due += schedule.due_between(first, end, limit=MOST_SLOTS)
            first = end

    def successes(self, program: Program) -> PastSuccesses:
        """The successes as ``program``'s grace parts them into slots; made once for all rules of the same grace."""
        found = self._successes.get(program.grace)
        if found is None:
            found = self._successes[program.grace] = PastSuccesses(program, self.runs, self.due, self.calendar)
        return found

    def slots(self) -> Iterator[tuple[datetime, timedelta | None]]:
        """The due times that are judged, each with the time since the one before it."""
        for before, slot in pairwise(self.due):
            if slot >= self.since:
                yield slot, slot - before


def _as_seen(run: Run) -> Run:
    """The run as it was found out: one that was closed because its end never came had no end."""
    if run.origin is Origin.LOG and run.status is RunStatus.FAILED and run.message == NO_END:
        return replace(run, status=RunStatus.RUNNING, end_time=None, message="")
    return run


def replay(program: Program, rule: Rule, history: History) -> list[Firing]:
    """When an incident would have opened on ``program`` if ``rule`` had held, oldest first."""
    return _Replay(rule.on(program), history).firings()


class _Replay:
    def __init__(self, program: Program, history: History) -> None:
        self._program, self._history = program, history
        self._policy = Policy(program.name, alert_after=program.alert_after)
        self._successes = history.successes(program)
        self._missed: list[Run] = []
        self._sight = LogSight(LogState.PRESENT)

    def firings(self) -> list[Firing]:
        """All of them, oldest first."""
        found: list[Firing] = []
        fired: Firing | None = None
        for at, run, slot in self._events():
            if slot is not None:
                self._missed.append(missed_row(self._program, slot))
            well = run if run is not None and run.status is RunStatus.SUCCESS and _ended(run) == at else None
            if (fired is not None and well is None) or (fired is None and well and not self._suspicious(well)):
                continue  # as bad or as well as before
            verdict = self._verdict(at, run)
            if fired is not None:
                if is_good(verdict):
                    found[-1] = replace(fired, resolved_at=at)
                    fired = None
            elif alarm(verdict, self._policy) is not None:
                fired = _firing(verdict)
                found.append(fired)
        return found

    def _events(self) -> list[tuple[datetime, Run | None, datetime | None]]:
        """What could change a verdict: a run's end or its overrun, a slot's grace that ended without a run."""
        history, program = self._history, self._program
        events: list[tuple[datetime, Run | None, datetime | None]] = []
        for run in history.runs:
            end = _ended(run)
            over = run.start_time + program.max_runtime
            if end is None or end > over:
                events.append((over, run, None))
            if end is not None:
                events.append((end, run, None))
        for slot, interval in history.slots():
            index = bisect_left(history.starts, slot - early(interval))
            if index == len(history.starts) or history.starts[index] > slot + program.grace:
                events.append((slot + program.grace, None, slot))
        within = [event for event in events if history.since <= event[0] <= history.until]
        return sorted(within, key=lambda event: event[0])

    def _suspicious(self, run: Run) -> bool:
        """Whether an incident could open on a run that succeeded."""
        least = self._program.min_runtime
        if least is not None and run.duration is not None and run.duration < least:
            return True
        return self._program.baseline and self._successes.odd(run)

    def _verdict(self, at: datetime, run: Run | None) -> Verdict:
        history = self._history
        last = bisect_right(history.starts, at)
        first = max(0, last - _IN_VIEW - self._program.alert_after)
        known_since = history.starts[first] if first else None
        begin = history.starts[first] if first < last else at
        missed = [row for row in self._missed[-self._program.alert_after - 1 :] if row.start_time >= begin]
        seen = [_at(one, at) for one in history.runs[first:last]]
        usual = None
        if self._program.baseline and run is not None:
            usual = self._successes.usual(run)
        return judge(
            self._program,
            sorted([*seen, *missed], key=lambda one: one.start_time, reverse=True),
            self._sight,
            watch_since=history.since,
            judged_until=at - _INSTANT,
            now=at,
            known_since=known_since,
            calendar=history.calendar,
            usual=usual,
        ).verdict


def _ended(run: Run) -> datetime | None:
    """When it was known how a run ended; None if it never was."""
    if run.status is RunStatus.RUNNING:
        return None
    return max(run.start_time, run.end_time or run.start_time)


def _at(run: Run, at: datetime) -> Run:
    """The run as it was known at a moment."""
    end = _ended(run)
    return run if end is not None and end <= at else replace(run, status=RunStatus.RUNNING, end_time=None, message="")


def _firing(verdict: Verdict) -> Firing:
    if verdict.reason is Reason.MISSED:
        return Firing(verdict.at, verdict.reason, verdict.facts, None, verdict.facts["due"])
    run = verdict.running if verdict.reason in (Reason.HUNG, Reason.DIED) else verdict.last_run
    return Firing(verdict.at, verdict.reason, verdict.facts, run, None)


def only_in(firings: Sequence[Firing], others: Sequence[Firing]) -> list[Firing]:
    """Those of ``firings`` during which none of ``others`` was open; both oldest first, neither overlapping itself."""
    starts = [other.at for other in others]
    found = []
    for one in firings:
        before = bisect_left(starts, one.resolved_at) if one.resolved_at is not None else len(starts)
        near = others[before - 1] if before else None
        if near is None or (near.resolved_at is not None and near.resolved_at <= one.at):
            found.append(one)
    return found
