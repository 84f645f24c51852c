"""Whether a daily figure drifts over weeks, and by how much. Pure.

The test is the seasonal Kendall test (Hirsch, Slack and Smith 1982) with weekdays as seasons: a day is held only
against the same weekday of other weeks, so that a weekly rhythm is no drift. Its variance takes in
that days are like the day before (Yue and Wang 2004). The slope is Theil and Sen's: the median over all pairs. Medians
throughout: what happens once a month does not move them. A drift also goes further than the figure went in the weeks
before when it came back.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from statistics import fmean, median

from batmon.metrics.wandering import spread_factor, swing

WEEKS = 12
"""Weeks that are looked at: a quarter holds three turns of the month."""
PAST = 36
"""Weeks before them, for how the figure moves by itself. As many of them count as are known."""
ENDS = 4
"""Weeks at either end that are compared: each holds one turn of the month at the most."""
LEAST_VALUES = 8
"""Of a weekday in these weeks; with fewer its order says little."""
LEAST_AT_ENDS = 2
Z = 3.0
"""Standard deviations: by chance one steady figure in 740 is so far on one side."""
BEYOND = 1.2
"""Times the furthest that the figure went and came back."""

Week = tuple[date, float]
"""The first day of seven, and their median."""
Row = Sequence[float | None]
"""The values of one weekday, week by week."""


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
    past: date | None
    """Since when the weeks before ``since`` are known; None if fewer than four of them are."""
    swing: float
    """By which share at most it went the same way in those weeks and came back; with the sign of the drift."""

    @property
    def change(self) -> float:
        """By which share of ``before`` it grew."""
        return (self.after - self.before) / self.before


@dataclass(frozen=True, slots=True)
class _Look:
    """What the weeks show if each day stood by itself."""

    weekdays: tuple[int, ...]
    before: float
    after: float
    trend: float
    z: float
    days: int

    @property
    def way(self) -> int:
        return _sign(self.after - self.before)


def drift(values: Mapping[date, float], until: date, *, least: float, z: float = Z) -> Drift | None:
    """How the figure drifted over the ``WEEKS`` weeks up to ``until``, inclusive; None if it did not.

    It did when a usual day at the end is by ``least`` (a share, not 0) more or less than at the beginning, at least
    half of that lies on the slope, the test is ``z`` away from chance, and it went ``BEYOND`` what it did in the
    ``PAST`` weeks before and took back. None too where there are too few days to say: a weekday counts that has
    ``LEAST_VALUES`` of them, some at either end. Values are positive or 0; older ones do not matter.
    """
    look = _look(values, until, least, z)
    if look is None:
        return None
    since = _since(until)
    found = look.z / math.sqrt(spread_factor(_stretches(values, since, look), look.days))
    floor = look.before / 1000  # 0 has no logarithm
    levels = [max(level, floor) for level in _levels(values, since, look.weekdays)]
    swung = swing([*levels, look.before], look.way)
    gone = look.way * math.log(max(look.after, floor) / look.before)
    if look.way * found < z or gone < BEYOND * swung:
        return None
    past = min(day for day in values if day >= since - timedelta(weeks=PAST))
    return Drift(
        since, until, look.before, look.after, look.trend, found, look.days, _weeks(values, since),
        past if past <= since - timedelta(weeks=ENDS) else None, math.exp(look.way * swung) - 1,
    )  # fmt: skip


def moves(values: Mapping[date, float], until: date, *, least: float, z: float = Z) -> bool:
    """Whether ``drift`` may find one: it does not without, and the weeks before need be known only then. Cheap."""
    return _look(values, until, least, z) is not None


def ends(values: Mapping[date, float], until: date) -> tuple[float, float] | None:
    """A usual day of the first and of the last four of these weeks; None where they are too few to say."""
    counted = [row for row in _grid(values, _since(until), WEEKS) if _enough(row)]
    return _usual(counted) if counted else None


def _look(values: Mapping[date, float], until: date, least: float, z: float) -> _Look | None:
    grid = _grid(values, _since(until), WEEKS)
    weekdays = tuple(weekday for weekday, row in enumerate(grid) if _enough(row))
    if not weekdays:
        return None
    counted = [grid[weekday] for weekday in weekdays]
    before, after = _usual(counted)
    if before <= 0 or abs(after - before) < least * before:
        return None  # most figures: the rest need not be worked out
    scaled = _scaled(counted)
    way, trend, found = _sign(after - before), _slope(scaled) * (WEEKS - 1), _z(scaled)
    if way * trend < least / 2 or way * found < z:
        return None
    return _Look(weekdays, before, after, trend, found, sum(len(_known(row)) for row in counted))


def _stretches(values: Mapping[date, float], since: date, look: _Look) -> list[list[int]]:
    """Days of the weeks before, twelve weeks at a time, without level and trend; where nothing is known of those, of
    these weeks, six at a time: a jump or a growth that begins within them is in one of two stretches at the most.
    """
    before = [_rest(values, since - timedelta(weeks=back), WEEKS, look) for back in range(PAST, 0, -WEEKS)]
    half = WEEKS // 2
    own = [_rest(values, since + timedelta(weeks=later), half, look) for later in (0, half)]
    return [one for one in before if one] or [one for one in own if one]


def _rest(values: Mapping[date, float], since: date, weeks: int, look: _Look) -> list[int]:
    """What is left without levels and slope, day by day, in tenths of the drift: what is smaller cannot make one."""
    grid, least, unit = _grid(values, since, weeks), LEAST_VALUES * weeks // WEEKS, abs(look.trend) / 10
    scaled = _scaled([grid[weekday] for weekday in look.weekdays if len(_known(grid[weekday])) >= least])
    slope = _slope(scaled)
    return [
        round((one - slope * week) / unit) for week in range(weeks) for row in scaled if (one := row[week]) is not None
    ]


def _levels(values: Mapping[date, float], since: date, weekdays: Sequence[int]) -> list[float]:
    """A usual day of each four weeks that begin in the weeks before ``since``, one week after the other."""
    found = []
    for back in range(PAST, 0, -1):
        rows = [_known(row) for row in _grid(values, since - timedelta(weeks=back), ENDS)]
        if all(len(rows[weekday]) >= LEAST_AT_ENDS for weekday in weekdays):
            found.append(fmean(median(rows[weekday]) for weekday in weekdays))
    return found


def _since(until: date) -> date:
    return until - timedelta(days=7 * WEEKS - 1)


def _grid(values: Mapping[date, float], since: date, weeks: int) -> list[Row]:
    """A row for each weekday, that of ``since`` first."""
    return [[values.get(since + timedelta(days=7 * week + weekday)) for week in range(weeks)] for weekday in range(7)]


def _usual(counted: Sequence[Row]) -> tuple[float, float]:
    before = fmean(median(_known(row[:ENDS])) for row in counted)
    return before, fmean(median(_known(row[-ENDS:])) for row in counted)


def _enough(row: Row) -> bool:
    ends = min(len(_known(row[:ENDS])), len(_known(row[-ENDS:])))
    return len(_known(row)) >= LEAST_VALUES and ends >= LEAST_AT_ENDS


def _known(row: Row) -> list[float]:
    return [one for one in row if one is not None]


def _weeks(values: Mapping[date, float], since: date) -> tuple[Week, ...]:
    found = []
    for week in range(WEEKS):
        begin = since + timedelta(weeks=week)
        known = [one for day in range(7) if (one := values.get(begin + timedelta(days=day))) is not None]
        if known:
            found.append((begin, median(known)))
    return tuple(found)


def _scaled(counted: Sequence[Row]) -> list[Row]:
    """Each weekday in shares of its own level."""
    levels = [median(_known(row)) or fmean(_known(row)) or 1.0 for row in counted]
    return [[None if one is None else one / level for one in row] for row, level in zip(counted, levels, strict=True)]


def _slope(scaled: Sequence[Row]) -> float:
    """How much a value grows a week: the median over all pairs of weeks of one weekday."""
    slopes = []
    for row in scaled:
        known = [(week, one) for week, one in enumerate(row) if one is not None]
        slopes += [(b - a) / (later - week) for (week, a), (later, b) in combinations(known, 2)]
    return median(slopes) if slopes else 0.0


def _z(scaled: Sequence[Row]) -> float:
    """The test's statistic in standard deviations of chance, corrected for being whole numbers and for ties."""
    rows = [_known(row) for row in scaled]
    statistic = sum(_sign(b - a) for row in rows for a, b in combinations(row, 2))
    variance = sum(_variance(len(row)) - sum(map(_variance, Counter(row).values())) for row in rows)
    return 0.0 if variance == 0 else (statistic - _sign(statistic)) / math.sqrt(variance)


def _variance(count: int) -> float:
    """Kendall's, of so many values in any order."""
    return count * (count - 1) * (2 * count + 5) / 18


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
