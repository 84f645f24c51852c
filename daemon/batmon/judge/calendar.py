"""Which days are free: on a free day of its calendar a program is not due. Pure.

A day is a date of the local calendar, in whatever zone the asker lives. Working days win over everything else; then a
day is free that is a weekend, a public holiday or a day of the company.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

HolidaysOf = Callable[[int], Collection[date]]
"""The public holidays of a year."""
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class YearDay:
    """A day of the year; ``year`` None: of every year."""

    month: int
    day: int
    year: int | None = None

    def is_on(self, day: date) -> bool:
        """Whether ``day`` is that day."""
        return (day.month, day.day) == (self.month, self.day) and self.year in (None, day.year)


def _no_holidays(_year: int) -> Collection[date]:
    return ()


@dataclass(frozen=True)
class Calendar:
    """The free days of everybody who names it. ``holidays_of`` is asked once a year that somebody looks at."""

    name: str
    holidays_of: HolidaysOf = _no_holidays
    company_days: tuple[YearDay, ...] = ()
    working_days: tuple[YearDay, ...] = ()
    weekend: bool = False
    """Whether Saturdays and Sundays are free too."""
    _free_in: Callable[[int], frozenset[date]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        kept = lru_cache(maxsize=8)(lambda year: frozenset(self.holidays_of(year)))
        object.__setattr__(self, "_free_in", kept)

    def is_free(self, day: date) -> bool:
        """Whether nothing is due on ``day``."""
        if any(one.is_on(day) for one in self.working_days):
            return False
        if self.weekend and day.weekday() >= _SATURDAY:
            return True
        return day in self._free_in(day.year) or any(one.is_on(day) for one in self.company_days)
