"""A straight line through months, and what it comes to later. Pure.

The line is Theil and Sen's: the median of the slopes between all pairs of values, so that one odd month moves it
little. How well it fits is said as the mean distance of the values from it, as a share of their mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

FEWEST = 4
"""Whole months that a projection needs."""
AHEAD = 3
"""Months that are projected."""
POOR_FIT = 0.2
"""A mean distance from the line of more than this share of the mean is said to fit badly."""
HOPELESS = 0.5
"""With more than that nothing is projected of a program."""


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line through values at 0, 1, 2, ...; ``distance``: mean distance from it by the values' mean."""

    start: float
    slope: float
    distance: float

    def at(self, place: float) -> float:
        """Its value there, never below nothing."""
        return max(0.0, self.start + self.slope * place)


def fitted(values: Sequence[float], fewest: int = FEWEST, places: Sequence[int] | None = None) -> Line | None:
    """Theil and Sen's line; None of fewer than ``fewest`` values. ``places``: where, rising; None: 0, 1, ..."""
    if len(values) < max(2, fewest):
        return None
    points = list(zip(range(len(values)) if places is None else places, values, strict=True))
    slope = median((b - a) / (later - place) for n, (place, a) in enumerate(points) for later, b in points[n + 1 :])
    start = median(value - slope * place for place, value in points)
    mean = sum(values) / len(values)
    away = sum(abs(value - (start + slope * place)) for place, value in points) / len(values)
    return Line(start, slope, away / mean if mean else 0.0)


def projected(values: Sequence[float]) -> tuple[float | None, float]:
    """The mean of the months ahead, None where values are too few or too far from any line; and how far they are."""
    line = fitted(values)
    if line is None:
        return None, 0.0
    good = line.distance <= HOPELESS
    return line.at(len(values) + (AHEAD - 1) / 2) if good else None, line.distance
