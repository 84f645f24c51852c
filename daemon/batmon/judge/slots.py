"""When runs of a program were due, and which of those times had one. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from batmon.judge.calendar import Calendar
from batmon.judge.schedule import Schedule
from batmon.model import Program, Run, RunStatus

MOST_MISSED = 500
EARLIEST = timedelta(seconds=60)
"""How long before its due time a run may start at the most."""
_INSTANT = timedelta(microseconds=1)


def early(interval: timedelta | None) -> timedelta:
    """How long before a slot, which follows another after ``interval``, a run may start and still be that slot's."""
    return EARLIEST if interval is None else min(EARLIEST, interval / 4)


class Slots:
    """The due times of a program and the runs that satisfy them."""

    def __init__(self, program: Program, runs: Sequence[Run], calendar: Calendar | None = None) -> None:
        self.schedule = Schedule(program.schedule, program.timezone, calendar)
        self.grace = program.grace
        self._starts = sorted(run.start_time for run in runs if run.status is not RunStatus.MISSED)

    def satisfied(self, slot: datetime) -> bool:
        """Whether a run started within a little before ``slot`` and the end of its grace."""
        index = bisect_left(self._starts, slot - self.early(slot))
        return index < len(self._starts) and self._starts[index] <= slot + self.grace

    def early(self, slot: datetime) -> timedelta:
        """How long before ``slot`` a run may start and still be that slot's."""
        return early(self.schedule.interval(slot))

    def unsatisfied(self, after: datetime, now: datetime, *, since: datetime) -> list[datetime]:
        """The slots later than ``after`` and not before ``since`` whose grace is over and that had no run."""
        start = max(after, since - _INSTANT)
        due = self.schedule.due_between(start, now - self.grace, limit=MOST_MISSED)
        return [slot for slot in due if not self.satisfied(slot)]

    def pending(self, now: datetime) -> list[datetime]:
        """The slots that are due, within their grace, and have had no run."""
        due = self.schedule.due_between(now - self.grace, now, limit=MOST_MISSED)
        return [slot for slot in due if not self.satisfied(slot)]

    def coming(self, now: datetime) -> Iterator[datetime]:
        """The next slot that no run satisfies yet; those before it that a run satisfies early are passed over."""
        slot = self.schedule.next_due(now)
        while slot is not None and self.satisfied(slot):
            slot = self.schedule.next_due(slot)
        if slot is not None:
            yield slot
