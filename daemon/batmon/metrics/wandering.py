"""How a figure moves by itself: how much a day is like the day before, how far a level went and came back. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from statistics import fmean, median

LEAST_KNOWN = 24
"""Values; of fewer it cannot be said how much they are alike."""
SIGNIFICANT = 1.645
"""Standard deviations from which days are taken to be alike: by chance one figure in 20."""
MOST_ALIKE = 0.95
"""What is more alike than that cannot be told from a drift within 12 weeks."""


def spread_factor(stretches: Sequence[Sequence[float]], count: int) -> float:
    """By which factor the variance of a trend statistic of ``count`` values is larger than if each stood by itself.

    ``stretches`` are values in order, each stretch without its own level and trend (Yue and Wang 2004). Their ranks are
    compared (Hamed and Rao 1998), so that single large values do not matter, and of the stretches the median counts, so
    that a jump within one does not matter either. The likeness at lag k is taken to be
    r1 d^(k-1), where d is how r2 + r3 stand to r1 + r2: days that vary by themselves around a level that wanders. The
    factor is 1 + 2 sum (1 - k/n) r1 d^(k-1) (Bayley and Hammersley 1946); 1 where days are not alike or too few to say.
    """
    known = sum(len(one) for one in stretches)
    if known < LEAST_KNOWN:
        return 1.0
    mean, likeness = known / len(stretches), [_likeness(one) for one in stretches]
    first, second, third = (
        # values of a short stretch look less alike than they are: Hamed 2009
        min(MOST_ALIKE, (mean * median(one) + 2) / (mean - 4))
        for one in zip(*likeness, strict=True)
    )
    if first < SIGNIFICANT / math.sqrt(known):
        return 1.0
    decay = min(MOST_ALIKE, max(first, (second + third) / (first + second))) if second > 0 else first
    alike = (first * math.pow(decay, lag - 1) for lag in range(1, count))
    return 1 + 2 * math.fsum((1 - lag / count) * one for lag, one in enumerate(alike, 1))


def _likeness(values: Sequence[float]) -> list[float]:
    """The correlation of the ranks with those one, two and three places on."""
    ordered = sorted(values)
    ranks = [bisect_left(ordered, one) + bisect_right(ordered, one) for one in values]
    middle = fmean(ranks)
    away = [one - middle for one in ranks]
    variance = sum(one * one for one in away)
    if variance == 0:
        return [0.0] * 3
    return [sum(a * b for a, b in zip(away, away[lag:], strict=False)) / variance for lag in (1, 2, 3)]


def swing(levels: Sequence[float], way: int) -> float:
    """By how much the levels at most rose (``way`` 1) or fell (-1) and came back, as the logarithm of their ratio.

    Levels are positive and in order. 0 if they only went one way, and where there are fewer than three.
    """
    heights = [way * math.log(one) for one in levels]
    peaks = range(1, len(heights) - 1)
    return max([0.0, *(heights[at] - max(min(heights[:at]), min(heights[at + 1 :])) for at in peaks)])
