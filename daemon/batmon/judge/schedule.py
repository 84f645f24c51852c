"""When a program is due: cron expressions in a time zone, right on change-over days too.

The only user of croniter, and only for the calendar: which days match, and which hours and minutes an expression
names. Wall-clock times become moments here, by the rules of Vixie cron:

- a job with a fixed minute and hour runs once a day. A time that the spring change skips runs at the moment of the
  change; one that the autumn change repeats runs the first time;
- a job whose minute or hour begins with ``*`` runs whenever the clock on the wall shows a matching time, so that
  every five minutes stays every five minutes.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import CroniterBadDateError, croniter

from batmon.errors import ModelError
from batmon.judge.calendar import Calendar
from batmon.model import aware
from batmon.refusals import because

ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_DAY = timedelta(days=1)
_DAYS_KEPT = 4
"""Days of due times that one expression remembers: yesterday, today, tomorrow and one looked at in passing."""
_MOST_FREE_DAYS = 366
"""Days in a row that an expression names and that are free: with more, it is taken to be never due. A whole year of
days, of Saturdays or of firsts of the month without a working day among them has none later either."""
_RANDOM = re.compile(r"(?:^|,)[hr](?:$|[(/,])", re.IGNORECASE)


def fields(expression: str) -> list[str] | None:
    """The five fields of ``expression``, an alias resolved; None if it is not five fields."""
    parts = ALIASES.get(expression.strip().lower(), expression).split()
    return parts if len(parts) == 5 else None


def check_expression(expression: str) -> str | None:
    """What is wrong with a cron expression, as a sentence for the user; None if nothing is."""
    parts = fields(expression)
    if parts is None:
        if expression.strip().startswith("@"):
            return f"{expression.strip()!r} is not known; use one of {', '.join(ALIASES)}"
        return (
            f"{expression!r} has {len(expression.split())} fields; five are needed: minute hour day month weekday, "
            'such as "0 6 * * *"'
        )
    if any(_RANDOM.search(part) for part in parts):
        return f"{expression!r} asks for a random or hashed time; name the time instead"
    try:
        croniter(" ".join(parts), datetime(2026, 1, 1, tzinfo=UTC), implement_cron_bug=True).get_next(datetime)
    except CroniterBadDateError:
        return f"{expression!r} names a day that never comes"
    except (ValueError, TypeError, KeyError) as error:
        return f"{expression!r} is not a cron expression: {error}"
    return None


class _Track:
    """The due times of one expression in one zone, a local day at a time."""

    def __init__(self, expression: str, timezone: str) -> None:
        problem = check_expression(expression)
        parts = fields(expression)
        if problem or parts is None:
            raise ModelError(problem or f"{expression!r} is not a cron expression")
        try:
            self._zone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ModelError(because("no-timezone", timezone=timezone)) from error
        expanded = croniter.expand(" ".join(parts))[0]
        minutes = _numbers(expanded[0], 60)
        hours = _numbers(expanded[1], 24)
        self._times = [time(hour, minute) for hour in hours for minute in minutes]
        self._elapsed = parts[0].startswith("*") or parts[1].startswith("*")
        self._every_day = parts[2:] == ["*", "*", "*"]
        self._days = f"0 0 {' '.join(parts[2:])}"
        self._kept: OrderedDict[date, list[datetime]] = OrderedDict()
        self._first: tuple[datetime, datetime | None] = (datetime.max.replace(tzinfo=UTC), None)

    def forward(self, after: datetime, calendar: Calendar | None = None) -> Iterator[datetime]:
        """Every due time strictly after ``after`` that is not on a free day, earliest first."""
        day = after.astimezone(self._zone).date() - _DAY
        last = after
        for matching in _working(self._matching(day, forward=True), calendar):
            due = self._of(matching)
            for moment in due[bisect_right(due, last) :]:
                yield moment
                last = moment

    def first_after(self, after: datetime, calendar: Calendar | None = None) -> datetime | None:
        """The first due time strictly after ``after``; found once for all that share it and ask within it."""
        if calendar is not None:
            return next(self.forward(after, calendar), None)
        since, found = self._first
        if found is None or not since <= after < found:
            found = next(self.forward(after), None)
            self._first = (after, found)
        return found

    def backward(self, at: datetime, calendar: Calendar | None = None) -> Iterator[datetime]:
        """Every due time at or before ``at`` that is not on a free day, latest first."""
        day = at.astimezone(self._zone).date() + _DAY
        end, seen = at, False
        for matching in _working(self._matching(day, forward=False), calendar):
            due = self._of(matching)
            for moment in reversed(due[: bisect_left(due, end) if seen else bisect_right(due, end)]):
                yield moment
                end, seen = moment, True

    def _matching(self, start: date, *, forward: bool) -> Iterator[date]:
        """The days from ``start`` on, itself included, that the expression names."""
        if self._every_day:
            step = _DAY if forward else -_DAY
            while date.min + _DAY < start < date.max - _DAY:
                yield start
                start += step
            return
        origin = datetime.combine(start, time(), UTC)
        days = croniter(self._days, origin + (-_DAY if forward else _DAY), ret_type=datetime, implement_cron_bug=True)
        try:
            while True:
                found = days.get_next(datetime) if forward else days.get_prev(datetime)
                yield found.date()
        except CroniterBadDateError:
            return

    def _of(self, day: date) -> list[datetime]:
        """The due times of one local day, ascending and distinct, in UTC."""
        kept = self._kept.get(day)
        if kept is None:
            kept = sorted({moment for wall in self._times for moment in self._moments(day, wall)})
            self._kept[day] = kept
            if len(self._kept) > _DAYS_KEPT:
                self._kept.popitem(last=False)
        return kept

    def _moments(self, day: date, wall: time) -> Iterator[datetime]:
        first = datetime.combine(day, wall, self._zone)
        moment = first.astimezone(UTC)
        if moment.astimezone(self._zone).replace(tzinfo=None) != first.replace(tzinfo=None):
            if not self._elapsed:
                yield _change(first)
            return
        yield moment
        if self._elapsed:
            second = first.replace(fold=1).astimezone(UTC)
            if second != moment:
                yield second


def _working(days: Iterator[date], calendar: Calendar | None) -> Iterator[date]:
    """The days that are not free; none any more after a year's worth of free ones."""
    if calendar is None:
        yield from days
        return
    free = 0
    for day in days:
        free = free + 1 if calendar.is_free(day) else 0
        if free > _MOST_FREE_DAYS:
            return
        if not free:
            yield day


def _change(skipped: datetime) -> datetime:
    """The moment of the spring change that skipped a local time."""
    zone = skipped.tzinfo
    low = skipped.replace(fold=1).astimezone(UTC)  # read with the offset after the change: before it
    high = skipped.replace(fold=0).astimezone(UTC)  # read with the offset before the change: after it
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _numbers(field: Sequence[int | str], count: int) -> list[int]:
    """The numbers that an expanded field names; ``*`` is all of them."""
    if "*" in field:
        return list(range(count))
    return sorted(number for number in field if isinstance(number, int))


@lru_cache(maxsize=4096)
def _track(expression: str, timezone: str) -> _Track:
    """One track for all programs that share an expression and a zone."""
    return _Track(expression, timezone)


class Schedule:
    """Cron expressions (any of them makes a program due) in a time zone by name; none at all is never due.

    Nothing is due on a free day of ``calendar``: the local date of the due time counts.

    Raises:
        ModelError: an expression or the zone means nothing.
    """

    def __init__(self, expressions: tuple[str, ...], timezone: str, calendar: Calendar | None = None) -> None:
        self._tracks = [_track(expression, timezone) for expression in dict.fromkeys(expressions)]
        self._calendar = calendar

    def next_due(self, after: datetime) -> datetime | None:
        """The first due time strictly after ``after``."""
        after = aware(after)
        found = [track.first_after(after, self._calendar) for track in self._tracks]
        return min((due for due in found if due is not None), default=None)

    def last_due(self, at: datetime) -> datetime | None:
        """The last due time at or before ``at``."""
        at = aware(at)
        found = [next(track.backward(at, self._calendar), None) for track in self._tracks]
        return max((due for due in found if due is not None), default=None)

    def due_between(self, start: datetime, end: datetime, limit: int = 500) -> list[datetime]:
        """The due times in ``(start, end]``, ascending; when there are more than ``limit``, the latest of them."""
        start, end = aware(start), aware(end)
        found: set[datetime] = set()
        for track in self._tracks:
            found.update(islice(takewhile(lambda due: due > start, track.backward(end, self._calendar)), limit))
        ordered = sorted(found)
        return ordered[max(0, len(ordered) - limit) :]

    def interval(self, due: datetime) -> timedelta | None:
        """How long before ``due`` the slot before it was; None if it is the first."""
        before = self.last_due(aware(due) - timedelta(microseconds=1))
        return None if before is None else due - before
