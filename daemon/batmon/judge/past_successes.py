"""A program's successful runs in memory, so that what is usual can be said of each of many runs. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from batmon.judge.baseline import (
    HISTORY,
    LEAST_RUNS,
    LEAST_WEEKDAYS,
    QUIET,
    Success,
    Usual,
    plainly_usual,
    question,
    usual,
)
from batmon.judge.calendar import Calendar
from batmon.judge.slots import EARLIEST, early
from batmon.model import Program, Run, RunStatus

_DAYS = HISTORY // timedelta(days=1)
_WEEK = 7


class PastSuccesses:
    """What is usual for any of a program's runs, as ``baseline.usual`` would say it of the same runs in the store.

    Slots are looked up by day and time of day in the place of windows, which makes a year of runs a matter of seconds.
    """

    def __init__(
        self, program: Program, runs: Sequence[Run], due: Sequence[datetime], calendar: Calendar | None
    ) -> None:
        """``runs`` and ``due`` (its due times, from before the first run on) oldest first."""
        self._program, self._calendar, self._due = program, calendar, due
        self._zone = ZoneInfo(program.timezone)
        self._found = [
            Success(run.start_time, _seconds(run), run.processed_count)
            for run in runs
            if run.status is RunStatus.SUCCESS
        ]
        self._starts = [one.start for one in self._found]
        self._odd: dict[UUID, bool] = {}
        by_day: dict[tuple[time, date], Success] = {}
        for one in self._found:
            slot, within = self._slot(one.start)
            if slot is not None and within:
                place = self._place(slot)
                first = by_day.get(place)
                by_day[place] = one if first is None else first.with_more(one.processed)
        self._by_day = {place: one for place, one in by_day.items() if not self._free(one.start)}

    def _slot(self, start: datetime) -> tuple[datetime | None, bool]:
        """The slot that a run belongs to, and whether it began in time for it."""
        due = self._due
        index = bisect_right(due, start + EARLIEST) - 1
        if index > 0 and start < due[index] - early(due[index] - due[index - 1]):
            index -= 1
        if index < 0:
            return None, False
        grace = self._program.grace
        if index + 1 < len(due):
            interval = due[index + 1] - due[index]
            grace = min(grace, interval - early(interval))
        return due[index], start < due[index] + grace

    def _free(self, at: datetime) -> bool:
        return self._calendar is not None and self._calendar.is_free(at.astimezone(self._zone).date())

    def _place(self, slot: datetime) -> tuple[time, date]:
        local = slot.astimezone(self._zone)
        return local.time(), local.date()

    def odd(self, run: Run) -> bool:
        """Whether a run is unusual; remembered, for the next rule asks again."""
        known = self._odd.get(run.run_id)
        if known is None:
            known = self._odd[run.run_id] = self._look(run)
        return known

    def _look(self, run: Run) -> bool:
        if not self._starts or run.start_time - self._starts[0] < QUIET or self._plain(run):
            return False
        held_against = self.usual(run)
        return held_against is not None and held_against.oddity(run) is not None

    def _plain(self, run: Run) -> bool:
        """Whether neither items nor time are far off, which is seen at once: most runs are not."""
        slot, _ = self._slot(run.start_time)
        if slot is None:
            return False
        clock, day = self._place(slot)
        like = self._on_days(clock, day, _WEEK)
        if len(like) < LEAST_WEEKDAYS:
            like = self._on_days(clock, day, 1)
            if len(like) < LEAST_RUNS:
                return False  # it is held against the latest runs
        return plainly_usual(_seconds(run), run.processed_count, like)

    def _on_days(self, clock: time, day: date, step: int) -> list[Success]:
        first = day.toordinal()
        found = (
            self._by_day.get((clock, date.fromordinal(first - back))) for back in range(step, _DAYS + 1, step)
        )  # fmt: skip
        return [one for one in found if one is not None]

    def usual(self, run: Run) -> Usual | None:
        """What ``run`` is held against; None if nothing."""
        asked = question(self._program, run, self._calendar, days=False)
        if asked is None:
            return None
        found = {}
        for number, (since, until, most) in enumerate(asked.windows):
            first, end = bisect_left(self._starts, since), bisect_left(self._starts, until)
            if first < end and most:
                found[number] = self._found[max(first, end - most) : end][::-1]
        days = []
        if asked.slot is not None:
            clock, day = self._place(asked.slot)
            days = self._on_days(clock, day, 1)
        return usual(asked, found, days)


def _seconds(run: Run) -> float | None:
    return None if run.duration is None else run.duration.total_seconds()
