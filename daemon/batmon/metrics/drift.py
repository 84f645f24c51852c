"""Whether a daily figure drifts over weeks, and by how much. Pure.

The test is the seasonal Kendall test (Hirsch, Slack and Smith 1982) with weekdays as seasons: a day is held only
against the same weekday of other weeks, so that a weekly rhythm is no drift. Its variance takes in that the days of a
week go together (Dietz and Killeen 1981; Hirsch and Slack 1984), after the drift itself has been taken out. The slope
is Theil and Sen's: the median over all pairs. Medians throughout: what happens once a month does not move them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from statistics import fmean, median

WEEKS = 12
"""Weeks that are looked at: a quarter holds three turns of the month."""
ENDS = 4
"""Weeks at either end that are compared: each holds one turn of the month at the most."""
LEAST_VALUES = 8
"""Of a weekday in these weeks; with fewer its order says little."""
LEAST_AT_ENDS = 2
Z = 3.0
"""Standard deviations: by chance one steady figure in 740 is so far on one side."""

Week = tuple[date, float]
"""The first day of seven, and their median."""
Grid = Sequence[Sequence[float | None]]
"""A row for each weekday, a column for each week."""


@dataclass(frozen=True, slots=True)
class Drift:
    """``before`` and ``after`` are a usual day of the first and of the last four weeks; ``z`` is how far from chance.

    ``trend`` is by which share of the usual day the figure moved from the first to the last week by the slope.
    """

    since: date
    until: date
    before: float
    after: float
    trend: float
    z: float
    days: int
    """Days that had a figure."""
    weeks: tuple[Week, ...]

    @property
    def change(self) -> float:
        """By which share of ``before`` it grew."""
        return (self.after - self.before) / self.before


def drift(values: Mapping[date, float], until: date, *, least: float, z: float = Z) -> Drift | None:
    """How the figure drifted over the ``WEEKS`` weeks up to ``until``, inclusive; None if it did not.

    It did when a usual day at the end is by ``least`` (a share) more or less than at the beginning, at least half of
    that lies on the slope, and the test is ``z`` away from chance. None too where there are too few days to say: a
    weekday counts that has ``LEAST_VALUES`` of them, some at either end. Values are positive or 0.
    """
    since, grid = _grid(values, until)
    counted = [row for row in grid if _enough(row)]
    if not counted:
        return None
    before, after = _usual(counted)
    if before <= 0:
        return None
    if abs(after - before) < least * before:
        return None  # most figures: the rest need not be worked out
    levels = [median(_known(row)) or before for row in counted]
    scaled = [[None if one is None else one / level for one in row] for row, level in zip(counted, levels, strict=True)]
    slope, way = _slope(scaled), _sign(after - before)
    trend, found = slope * (WEEKS - 1), _z(scaled, slope)
    if way * trend < least / 2 or way * found < z:
        return None
    days = sum(len(_known(row)) for row in counted)
    return Drift(since, until, before, after, trend, found, days, _weeks(grid, since))


def ends(values: Mapping[date, float], until: date) -> tuple[float, float] | None:
    """A usual day of the first and of the last four of these weeks; None where they are too few to say."""
    counted = [row for row in _grid(values, until)[1] if _enough(row)]
    return _usual(counted) if counted else None


def _grid(values: Mapping[date, float], until: date) -> tuple[date, Grid]:
    since = until - timedelta(days=7 * WEEKS - 1)
    return since, [
        [values.get(since + timedelta(days=7 * week + weekday)) for week in range(WEEKS)] for weekday in range(7)
    ]


def _usual(counted: Grid) -> tuple[float, float]:
    before = fmean(median(_known(row[:ENDS])) for row in counted)
    return before, fmean(median(_known(row[-ENDS:])) for row in counted)


def _enough(row: Sequence[float | None]) -> bool:
    ends = min(len(_known(row[:ENDS])), len(_known(row[-ENDS:])))
    return len(_known(row)) >= LEAST_VALUES and ends >= LEAST_AT_ENDS


def _known(row: Sequence[float | None]) -> list[float]:
    return [one for one in row if one is not None]


def _weeks(grid: Grid, since: date) -> tuple[Week, ...]:
    found = []
    for week in range(WEEKS):
        values = _known([row[week] for row in grid])
        if values:
            found.append((since + timedelta(days=7 * week), median(values)))
    return tuple(found)


def _slope(grid: Grid) -> float:
    """How much a value grows a week: the median over all pairs of weeks of one weekday."""
    slopes = []
    for row in grid:
        known = [(week, one) for week, one in enumerate(row) if one is not None]
        slopes += [(b - a) / (later - week) for (week, a), (later, b) in combinations(known, 2)]
    return median(slopes)


def _z(grid: Grid, slope: float) -> float:
    """The test's statistic in standard deviations of chance, corrected for being whole numbers."""
    statistic = sum(_sign(b - a) for row in grid for a, b in combinations(_known(row), 2))
    variance = sum(_covariance(row, row) for row in grid)
    flat = [[None if one is None else one - slope * week for week, one in enumerate(row)] for row in grid]
    together = 2 * sum(_covariance(one, other) for one, other in combinations(flat, 2))
    spread = math.sqrt(variance + max(0.0, together))
    return 0.0 if spread == 0 else (statistic - _sign(statistic)) / spread


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _covariance(one: Sequence[float | None], other: Sequence[float | None]) -> float:
    """That of the statistics of two weekdays; of one with itself its variance, ties and gaps taken in."""
    both = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    agree = sum(_sign(later[0] - first[0]) * _sign(later[1] - first[1]) for first, later in combinations(both, 2))
    ranks = sum(a * b for a, b in zip(_ranks(one), _ranks(other), strict=True))
    middle = len(one) * (len(_known(one)) + 1) * (len(_known(other)) + 1)
    return (agree + 4 * ranks - middle) / 3


def _ranks(row: Sequence[float | None]) -> list[float]:
    """Ranks from 1, the middle one where several are equal and where nothing is known."""
    known = _known(row)
    return [(len(known) + 1 + (0 if one is None else sum(_sign(one - each) for each in known))) / 2 for one in row]
