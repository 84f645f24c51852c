"""Whether a schedule says what happens: due times at which nothing ever starts, or always at another time. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import median
from typing import Literal
from zoneinfo import ZoneInfo

from batmon.judge.schedule import Schedule
from batmon.judge.slots import early

WINDOW = timedelta(weeks=6)
"""How far back slots are looked at: there are five of each weekday at least."""
LEAST_SLOTS = 5
"""Of one time of day, or of one weekday and time; the latest so many must agree without exception."""
ALWAYS = 0.9
MOSTLY = 0.8
AWAY = timedelta(minutes=10)
"""A start that is nearer to its slot is on time: schedulers queue and spread their tasks."""
MOST_A_DAY = 8
"""Of slots: a program that is due more often is never always late for one of them."""

Way = Literal["never", "never_on", "moved"]
"""``never`` at a time of day, ``never_on`` one weekday at a time of day that is kept on others, ``moved`` elsewhere."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A due time, the first start that belongs to it (None: none), and whether it was missed."""

    due: datetime
    start: datetime | None
    missed: bool
    away: timedelta = timedelta(0)
    """How much later than due it started; negative if it was before the slot it is nearest to."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A time of day at which the schedule does not say what happens; ``slots`` are those looked at, oldest first."""

    way: Way
    clock: str
    """The time of day on the program's clocks."""
    weekday: int | None
    """0 is Monday; None: any."""
    slots: tuple[Slot, ...]
    hit: int
    """How many of them show it."""
    away: timedelta = timedelta(0)
    """How much later than due it usually starts, of ``moved``."""
    exact: bool = False
    """Whether that is the same every time, to the minute."""


def misfits(
    expressions: Sequence[str],
    timezone: str,
    starts: Iterable[datetime],
    missed: Collection[datetime],
    *,
    since: datetime,
    until: datetime,
) -> tuple[Misfit, ...]:
    """What does not fit among the slots from ``since`` to ``until``; slots with neither start nor miss say nothing.

    ``starts`` are those of runs that nobody asked for; ``missed`` are slots that were found to be missed.

    Raises:
        ModelError: an expression or the zone means nothing.
    """
    due = slots_of(tuple(expressions), timezone, since, until)
    if not due:
        return ()
    zone, by_clock = ZoneInfo(timezone), defaultdict[str, list[Slot]](list)
    for slot in _slots(due, sorted(starts), frozenset(missed)):
        by_clock[f"{slot.due.astimezone(zone):%H:%M}"].append(slot)
    found: list[Misfit] = []
    for clock, slots in sorted(by_clock.items()):
        whole = _moved(clock, slots) or _never("never", clock, None, slots)
        found += [whole] if whole is not None else _weekdays(clock, slots, zone)
    return tuple(found)


@lru_cache(maxsize=256)
def slots_of(expressions: tuple[str, ...], timezone: str, since: datetime, until: datetime) -> tuple[datetime, ...]:
    """The slots of a schedule, which many programs share; none of one that is due more often than ``MOST_A_DAY``.

    Raises:
        ModelError: an expression or the zone means nothing.
    """
    most = MOST_A_DAY * max(1, (until - since) // timedelta(days=1))
    due = Schedule(expressions, timezone).due_between(since, until, limit=most + 1)
    return tuple(due) if len(due) <= most else ()


def _slots(due: Sequence[datetime], starts: Sequence[datetime], missed: frozenset[datetime]) -> list[Slot]:
    """The slots that say something, each with its start."""
    found = []
    for index, at in enumerate(due):
        interval = at - due[index - 1] if index else due[1] - at if len(due) > 1 else None
        following = due[index + 1] if index + 1 < len(due) else None
        end = None if following is None else following - early(following - at)
        place = bisect_left(starts, at - early(interval))
        start = starts[place] if place < len(starts) and (end is None or starts[place] < end) else None
        if start is None and at not in missed:
            continue
        away = timedelta(0) if start is None else start - at
        if following is not None and away > (following - at) / 2:
            away -= following - at
        found.append(Slot(at, start, at in missed, away))
    return found


def _moved(clock: str, slots: Sequence[Slot]) -> Misfit | None:
    """Always started, and always at another time, in one direction."""
    begun = [slot for slot in slots if slot.start is not None]
    if len(begun) < LEAST_SLOTS or len(begun) < ALWAYS * len(slots):
        return None
    usual = timedelta(seconds=median(slot.away.total_seconds() for slot in begun))
    later = usual > timedelta(0)
    hits = [slot for slot in begun if abs(slot.away) >= AWAY and (slot.away > timedelta(0)) == later]
    if len(hits) < ALWAYS * len(begun) or any(slot not in hits for slot in begun[-LEAST_SLOTS:]):
        return None
    exact = sum(abs(slot.away - usual) <= timedelta(minutes=1) for slot in hits) >= ALWAYS * len(hits)
    return Misfit("moved", clock, None, tuple(slots), len(hits), usual, exact)


def _never(way: Way, clock: str, weekday: int | None, slots: Sequence[Slot]) -> Misfit | None:
    """Always missed, and nothing ever started for it."""
    hits = [slot for slot in slots if slot.missed and slot.start is None]
    if len(slots) < LEAST_SLOTS or len(hits) < ALWAYS * len(slots):
        return None
    if any(slot not in hits for slot in slots[-LEAST_SLOTS:]):
        return None
    return Misfit(way, clock, weekday, tuple(slots), len(hits))


def _weekdays(clock: str, slots: Sequence[Slot], zone: ZoneInfo) -> list[Misfit]:
    """Weekdays on which it is always missed at a time that is mostly kept on the others."""
    by_day = defaultdict[int, list[Slot]](list)
    for slot in slots:
        by_day[slot.due.astimezone(zone).weekday()].append(slot)
    never = {day: misfit for day, own in by_day.items() if (misfit := _never("never_on", clock, day, own)) is not None}
    others = [slot for day, own in by_day.items() if day not in never for slot in own]
    kept = sum(slot.start is not None for slot in others)
    return [never[day] for day in sorted(never)] if others and kept >= MOSTLY * len(others) else []
