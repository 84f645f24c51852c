"""Periods of whole days: what a report is about, and the one before it that it is compared with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from batmon.errors import ModelError
from batmon.refusals import because

Span = Literal["week", "month", "quarter", "year"]
"""What a template is about where nobody names a period."""

DAY = timedelta(days=1)
WEEK_DAYS = 7
LONGEST_DAYS = 1100
"""Of a period that somebody names: three years."""
NAMES = ("week", "month", "last-month", "quarter", "last-quarter", "year", "last-year")
FORMS = f"{', '.join(NAMES)}, 2026-11, 2026-Q4, 2026, 30d"
"""What ``named`` understands, for people."""
FIRST_YEAR, LAST_YEAR = 1970, 9998
_CALENDAR = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])|-[Qq]([1-4]))?", re.ASCII)
_LAST_DAYS = re.compile(r"([1-9]\d{0,3})d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from ``start`` to ``end``, both included, each as it was in the time zone of whatever is counted."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ModelError(because("period-backwards", end=self.end, start=self.start))

    @property
    def is_month(self) -> bool:
        """Whether it is a whole calendar month."""
        return _months(self) == 1

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


def named(text: str, today: date) -> Period:
    """The period that people call so on ``today``: one of ``NAMES``, a month, quarter or year, or the last days.

    ``week`` is the last 7 complete days and ``30d`` the last 30 with today; what is under way goes up to today.

    Raises:
        ModelError: nobody calls a period so, or it has not begun.
    """
    word = text.strip().lower()
    for span in ("week", "month", "quarter", "year"):
        if word == span:
            return so_far(span, today)
        if word == f"last-{span}" and word in NAMES:
            return completed(span, today)
    if days := _LAST_DAYS.fullmatch(word):
        return chosen(today - timedelta(days=int(days[1]) - 1), today, today)
    found = _CALENDAR.fullmatch(word)
    if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        raise ModelError(because("no-period", text=text, forms=FORMS))
    year, month, quarter = int(found[1]), found[2], found[3]
    start = date(year, int(month) if month else 3 * int(quarter) - 2 if quarter else 1, 1)
    months = 1 if month else 3 if quarter else 12
    return chosen(start, min(_first(start, -months) - DAY, max(today, start)), today)


def chosen(start: date, end: date, today: date) -> Period:
    """A period that somebody names by its days.

    Raises:
        ModelError: it ends before it begins, has not begun, or is too long or too far away.
    """
    period = Period(start, end)
    if start.year < FIRST_YEAR or end.year > LAST_YEAR:
        raise ModelError(because("years-from-to", start=start, end=end, first_year=FIRST_YEAR, last_year=LAST_YEAR))
    if start > today:
        raise ModelError(because("period-not-begun", start=start, today=today))
    if period.days > LONGEST_DAYS:
        raise ModelError(because("period-too-long", start=start, end=end, days=period.days, longest_days=LONGEST_DAYS))
    return period


def asked_for(
    today: date, *, name: str | None = None, start: str | None = None, end: str | None = None, usual: Span = "month"
) -> Period:
    """What ``--period NAME`` or ``--from DAY --to DAY`` say (texts; ``end`` None: today), else ``usual`` so far.

    Raises:
        ModelError: they say something else, or both.
    """
    if name is not None and (start is not None or end is not None):
        raise ModelError(because("period-or-days"))
    if name is not None:
        return named(name, today)
    if start is None and end is None:
        return so_far(usual, today)
    if start is None:
        raise ModelError(because("no-first-day", end=end))
    first = _day(start)
    return chosen(first, max(first, today) if end is None else _day(end), today)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ModelError(because("no-day", text=text)) from None


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
