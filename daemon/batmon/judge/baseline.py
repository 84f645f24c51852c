"""What a run usually yields and how long it usually takes, and whether one that succeeded did not. Pure.

A run is held against earlier successful runs of its program on the same weekday and slot, where there are not enough of
them against those of the same slot on any weekday, and else against the latest runs. The rules and what they cost in
false alarms are argued in docs/decisions/0012-baseline.md. In short: medians and median deviations, so that one bad day
does not move what is usual; a figure counts only if it is far off in proportion *and* far outside of how much the
figures vary by themselves *and* has not been seen before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from statistics import fmean, median
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from batmon.judge.calendar import Calendar
from batmon.judge.schedule import Schedule
from batmon.judge.slots import EARLIEST, early
from batmon.model import Origin, Program, Reason, Run, RunStatus

Scope = Literal["weekday", "slot", "runs"]
Window = tuple[datetime, datetime, int]
"""From when (inclusive), until when (exclusive), and how many of the latest successful runs in between are wanted."""

HISTORY = timedelta(weeks=12)
"""How far back a slot is looked at: a quarter holds three turns of the month; what was longer ago is another time."""
QUIET = timedelta(weeks=2)
"""Nothing is unusual before a program has succeeded for so long: then each weekday has been seen twice."""
LATEST = 60
"""Of runs that belong to no slot so many are looked at."""
LATEST_SINCE = timedelta(days=460)
"""A monthly run has so many as ``LEAST_RUNS`` in this time."""
LEAST_WEEKDAYS = 8
"""Below it a median deviation is mostly chance, and all weekdays of the slot together say more."""
LEAST_RUNS = 14
IN_WINDOW = 4
"""A slot's run and its repetitions within the grace."""

FEWEST_USUAL = 10
"""Where fewer items than these are usual, none at all comes by chance: of what arrives ten a day one day in 22,000 has
none, of five one in 150. Where the count is the same every time any number will do."""
HALF = 0.5
MANY = 3.0
"""A run that takes less than half, or more than three times, of what is usual is worth a look; a busy machine or a
slow server doubles a time by itself."""
FAR = 4.0
"""Robust standard deviations. From 8 to 12 values they are known to a quarter, so that 4 stands for at least 3."""
LEAST_SECONDS = 5.0
"""Times in logs are whole seconds, and starting a program takes some: differences below it say nothing."""
SEEN_BEFORE = 2
SEEN_SHARE = 0.05
"""A figure that came twice before, and in one of twenty runs, belongs to what is usual."""


@dataclass(frozen=True, slots=True)
class Success:
    """A run that succeeded: when it began, how long it took (None: not known), and what it processed."""

    start: datetime
    seconds: float | None
    processed: int

    def with_more(self, processed: int) -> Success:
        """The same with what a repetition of it processed: the time stays the first one's."""
        return Success(self.start, self.seconds, max(0, self.processed) + max(0, processed))


@dataclass(frozen=True, slots=True)
class Question:
    """Which earlier successes are needed to say what is usual for a run.

    ``slot`` is the due time that the run belongs to, None if to none. ``windows``, numbered from 0: what succeeded
    earlier for the same slot, one success long ago, the latest ones, and then the same slot on each day before it.
    """

    run_id: UUID
    program: str
    slot: datetime | None
    timed: bool
    """Whether the run is its slot's own, whose time can be compared; a repetition later is not."""
    timezone: str
    windows: tuple[Window, ...]
    free: Callable[[datetime], bool]
    """Whether a moment is on a free day: what runs then is not usual."""


OWN, LONG_AGO, NEWEST, FIRST_DAY = 0, 1, 2, 3
"""Numbers of windows."""


def question(program: Program, run: Run, calendar: Calendar | None = None, *, days: bool = True) -> Question | None:
    """What must be known to hold ``run`` against the usual; None for a run that is not held against anything.

    That is: one that did not succeed, one on a free day, one that somebody asked for and that belongs to no slot, and
    one that began more than a day after its slot. Without ``days`` the windows of the days before are left out, for an
    asker who knows them otherwise.
    """
    if not program.baseline or program.probe or run.status is not RunStatus.SUCCESS:
        return None
    zone = ZoneInfo(program.timezone)

    def free(at: datetime) -> bool:
        return calendar is not None and calendar.is_free(at.astimezone(zone).date())

    if free(run.start_time):
        return None
    start = run.start_time
    general = ((start - LATEST_SINCE, start - QUIET, 1), (start - LATEST_SINCE, start, LATEST))
    schedule = Schedule(program.schedule, program.timezone, calendar)
    slot = schedule.last_due(start + EARLIEST)
    if slot is not None and start < slot - early(schedule.interval(slot)):
        slot = schedule.last_due(slot - timedelta(microseconds=1))
    if slot is None:
        if program.schedule or run.origin is Origin.RERUN:
            return None
        nothing = (start, start, 0)
        return Question(run.run_id, program.name, None, True, program.timezone, (nothing, *general), free)
    if start > slot + timedelta(days=1):
        return None
    before = early(schedule.interval(slot))
    following = schedule.next_due(slot)
    width = program.grace if following is None else min(program.grace, following - slot - before)
    own = (slot - before, start, IN_WINDOW)
    clocks = _same_clock(slot, zone) if days else ()
    windows = tuple((at - before, at + width, IN_WINDOW) for at in clocks if not free(at))
    timed = start <= slot + program.grace
    return Question(run.run_id, program.name, slot, timed, program.timezone, (own, *general, *windows), free)


def _same_clock(slot: datetime, zone: ZoneInfo) -> Iterable[datetime]:
    """The moments at which clocks showed the slot's time on each day of the history before it, latest first."""
    local = slot.astimezone(zone)
    wall = local.replace(tzinfo=None, fold=0)
    for back in range(1, HISTORY // timedelta(days=1) + 1):
        yield (wall - timedelta(days=back)).replace(tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual for one run: ``like`` are the runs that it is held against, ``wide`` those of its slot on any day.

    ``before`` are the items of earlier successful runs for the same slot: a repetition finds what those left over.
    """

    run_id: UUID
    scope: Scope
    like: tuple[Success, ...]
    wide: tuple[Success, ...]
    before: int = 0
    timed: bool = True
    weekday: int | None = None
    """0 is Monday."""
    clock: str = ""
    """The slot's time of day, as clocks of the program show it."""
    groups: tuple[tuple[Success, ...], ...] = ()
    """``wide`` by weekday: how much figures vary about the median of their weekday is seen best over all of them."""

    def oddity(self, run: Run) -> tuple[Reason, dict[str, Any]] | None:
        """What is unusual about ``run``, with the facts for the words; None if nothing is."""
        found = self._output(run) or self._time(run)
        if found is None:
            return None
        reason, facts = found
        own = {"scope": self.scope, "samples": len(self.like), "weekday": self.weekday, "clock": self.clock}
        return reason, {"start": run.start_time, "end": run.end_time, **facts, **own}

    def _total(self, run: Run) -> int:
        return self.before + run.processed_count

    def _output(self, run: Run) -> tuple[Reason, dict[str, Any]] | None:
        total, usual = self._total(run), self._usual_output()
        if not _counts(self.like) or total > usual * HALF:
            return None
        counts = [_steady(one.processed) for one in self.like]
        groups = [[_steady(one.processed) for one in group] for group in self.groups]
        if not _far_below(_steady(total), counts, groups):
            return None
        return Reason.UNUSUAL_OUTPUT, {"processed": total, "usual": round(usual), "duration_sec": _seconds(run)}

    def _usual_output(self) -> float:
        return median(one.processed for one in self.like)

    def _time(self, run: Run) -> tuple[Reason, dict[str, Any]] | None:
        seconds = _seconds(run)
        times = [one.seconds for one in self.like if one.seconds is not None]
        if not self.timed or seconds is None or len(times) < min(LEAST_WEEKDAYS, len(self.like)):
            return None
        usual, output = median(times), self._usual_output()
        share = self._total(run) / output if _counts(self.like) else 1.0
        logs = [_log(one) for one in times]
        shorter = seconds / min(1.0, share) if share > 0 else usual  # fewer items explain a shorter time
        longer = seconds / max(1.0, share)
        short = shorter <= usual * HALF and usual - shorter >= LEAST_SECONDS
        long = longer >= usual * MANY and longer - usual >= LEAST_SECONDS
        if not short and not long:
            return None
        groups = [[_log(one.seconds) for one in group if one.seconds is not None] for group in self.groups]
        if not (_far_below(_log(shorter), logs, groups) if short else self._far_above(longer, logs, groups)):
            return None
        return Reason.UNUSUAL_TIME, {"duration_sec": seconds, "usual_sec": usual, "processed": self._total(run)}

    def _far_above(self, seconds: float, logs: Sequence[float], groups: Sequence[Sequence[float]]) -> bool:
        """A long run may come once a month: it has been seen before if any of the slot's runs were so."""
        value, (centre, spread) = _log(seconds), _robust(logs, groups)
        wide = (_log(one.seconds) for one in self.wide if one.seconds is not None)
        between = (value + centre) / 2
        return value - centre >= FAR * spread and sum(one >= between for one in wide) < SEEN_BEFORE


def usual(
    asked: Question, found: Mapping[int, Sequence[Success]], days: Sequence[Success] | None = None
) -> Usual | None:
    """What is usual for the run of ``asked``, from the successes by number of window; None if too little is known.

    ``days``: the successes of the days before, a day each, where they were not asked for.
    """
    if not found.get(LONG_AGO):
        return None
    zone = ZoneInfo(asked.timezone)
    before = sum(max(0, one.processed) for one in found.get(OWN, ()))
    newest = tuple(one for one in found.get(NEWEST, ()) if not asked.free(one.start))
    if asked.slot is None:
        return Usual(asked.run_id, "runs", newest, newest) if len(newest) >= LEAST_RUNS else None
    local = asked.slot.astimezone(zone)
    if days is None:
        days = [_day(found[number]) for number in range(FIRST_DAY, len(asked.windows)) if found.get(number)]
    groups: tuple[list[Success], ...] = tuple([] for _ in range(7))
    for one in days:
        groups[one.start.astimezone(zone).weekday()].append(one)
    same = groups[local.weekday()]
    timed = asked.timed and not found.get(OWN)
    clock = f"{local:%H:%M}"

    def of(scope: Scope, like: Sequence[Success], wide: Sequence[Success], weekday: int | None = None) -> Usual:
        named = "" if scope == "runs" else clock
        return Usual(asked.run_id, scope, tuple(like), tuple(wide), before, timed, weekday, named)

    if len(same) >= LEAST_WEEKDAYS:
        return replace(of("weekday", same, days, local.weekday()), groups=tuple(map(tuple, groups)))
    if len(days) >= LEAST_RUNS:
        return of("slot", days, days)
    return of("runs", newest, newest) if len(newest) >= LEAST_RUNS else None


def _day(runs: Sequence[Success]) -> Success:
    """A slot's run with what its repetitions added: the time is the first one's."""
    first, *others = sorted(runs, key=lambda one: one.start)
    return first.with_more(sum(max(0, one.processed) for one in others))


def plainly_usual(seconds: float | None, processed: int, like: Sequence[Success]) -> bool:
    """Whether ``Usual.oddity`` has nothing to say of such a run that is held against ``like``.

    What it looks at beside these only makes a run less odd: what repetitions yielded, a share of the items that
    explains the time, the other weekdays, and what was seen before.
    """
    items = median(one.processed for one in like)
    if _counts(like) and processed <= items * HALF:
        centre, spread = _robust([_steady(one.processed) for one in like])
        if centre - _steady(processed) >= FAR * spread:
            return False
    times = [one.seconds for one in like if one.seconds is not None]
    if seconds is None or not times or median(times) * HALF < seconds < median(times) * MANY:
        return True
    centre, spread = _robust([_log(one) for one in times])
    return abs(_log(seconds) - centre) < FAR * spread


def _seconds(run: Run) -> float | None:
    return None if run.duration is None else run.duration.total_seconds()


def _steady(count: float) -> float:
    """A count on the scale on which what arrives by chance varies alike, whether few or many (Anscombe 1948)."""
    return 2.0 * math.sqrt(max(0.0, count) + 0.375)


def _log(seconds: float) -> float:
    """A time on the scale on which half and twice as long are equally far; below a second nothing is distinguished."""
    return math.log(max(1.0, seconds))


def _counts(like: Sequence[Success]) -> bool:
    """Whether enough items are usual for their absence to say something."""
    middle = median(one.processed for one in like)
    return middle >= FEWEST_USUAL or (middle > 0 and len({one.processed for one in like}) == 1)


def _robust(values: Sequence[float], groups: Sequence[Sequence[float]] = ()) -> tuple[float, float]:
    """The median, and a standard deviation: of the values, or of all ``groups`` about their medians if that is more."""
    centre = median(values)
    return centre, max(_deviation([value - centre for value in values]), _deviation(_around(groups)))


def _deviation(differences: Sequence[float]) -> float:
    """A standard deviation from the median deviation; from the mean one where that is 0.

    The factors make both estimate a normal distribution's (Iglewicz and Hoaglin 1993, the modified z-score).
    """
    away = [abs(difference) for difference in differences]
    return (1.4826 * median(away) or 1.2533 * fmean(away)) if away else 0.0


def _around(groups: Sequence[Sequence[float]]) -> list[float]:
    """How far the values of each group lie from its median."""
    return [value - centre for group in groups if len(group) > 2 for centre in (median(group),) for value in group]


def _far_below(value: float, values: Sequence[float], groups: Sequence[Sequence[float]]) -> bool:
    """Whether ``value`` is far below ``values`` and does not come now and then, on other weekdays like this one too."""
    centre, spread = _robust(values, groups)
    if centre - value < FAR * spread:
        return False
    between = (value + centre) / 2
    alike = [one for group in groups if group and median(group) > between for one in group] or values
    return sum(one <= between for one in alike) < max(SEEN_BEFORE, SEEN_SHARE * len(alike))
