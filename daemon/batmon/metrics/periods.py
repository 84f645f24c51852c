"""Periods of whole days: what a report is about, and the one before it that it is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from batmon.errors import ModelError

Span = Literal["week", "month", "quarter", "year"]
"""What a template is about where nobody names a period."""

DAY = timedelta(days=1)
WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Period:
    """The days from ``start`` to ``end``, both included, each as it was in the time zone of whatever is counted."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ModelError(f"a period cannot end ({self.end}) before it begins ({self.start})")

    @property
    def days(self) -> int:
        """How many days it has, 1 at least."""
        return (self.end - self.start).days + 1

    def __iter__(self) -> Iterator[date]:
        return (self.start + timedelta(days=index) for index in range(self.days))

    def before(self) -> Period:
        """What it is compared with: the calendar months before where it is whole months, else as many days before.

        A month so far (the first to some day that is not its last) is compared with the same days of the month before.
        """
        end = self.start - DAY
        months = _months(self)
        if months:
            return Period(_first(end, months - 1), end)
        if self.start.day == 1 and self.end < _first(self.start, -1):
            return Period(end.replace(day=1), min(end, end.replace(day=1) + (self.end - self.start)))
        return Period(self.start - timedelta(days=self.days), end)

    def moments(self, timezone: str) -> tuple[datetime, datetime]:
        """From when to before when it lasts in ``timezone``: aware times; a day may have 23 or 25 hours."""
        zone = ZoneInfo(timezone)
        return midnight(self.start, zone), midnight(self.end + DAY, zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of ``day`` in ``zone``, also where the clocks skip midnight."""
    return datetime.combine(day, time.min, tzinfo=zone)


def so_far(span: Span, today: date) -> Period:
    """That of a report that somebody asks for: the last 7 complete days, or this month, quarter or year so far."""
    if span == "week":
        return Period(today - timedelta(days=WEEK_DAYS), today - DAY)
    return Period(_begin(span, today), today)


def completed(span: Span, today: date) -> Period:
    """That of a report that a schedule makes: the last 7 complete days, or the last whole month, quarter or year."""
    if span == "week":
        return so_far(span, today)
    end = _begin(span, today) - DAY
    return Period(_begin(span, end), end)


def _begin(span: Span, day: date) -> date:
    if span == "year":
        return day.replace(month=1, day=1)
    if span == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(day=1)


def _months(period: Period) -> int:
    """How many whole calendar months it is; 0 if it is none."""
    after = period.end + DAY
    if period.start.day != 1 or after.day != 1:
        return 0
    return (after.year - period.start.year) * 12 + after.month - period.start.month


def _first(day: date, back: int) -> date:
    """The first of the month ``back`` months before that of ``day``."""
    index = day.year * 12 + day.month - 1 - back
    return date(index // 12, index % 12 + 1, 1)
