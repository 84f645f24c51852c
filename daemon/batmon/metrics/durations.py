"""How long runs took, as a histogram whose buckets grow by 5 %: it adds up, and its quantiles are good to 2.5 %.

The buckets are those of DDSketch (Masson, Rim, Lee 2019): bucket ``n`` holds times above ``GROWTH ** (n - 1)`` and up
to ``GROWTH ** n`` seconds. SQL has the same as ``batmon_bucket``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil, log

GROWTH = 1.05
SHORTEST = 0.001
"""Seconds; whatever is shorter counts as that."""
LONGEST = 1e9
"""Seconds; whatever is longer counts as that."""

Histogram = Mapping[int, int]
"""Bucket to how many times fell into it."""


def bucket(seconds: float) -> int:
    """The bucket of a time."""
    return ceil(log(min(max(seconds, SHORTEST), LONGEST)) / log(GROWTH) - 1e-9)


def middle(number: int) -> float:
    """The seconds that stand for a bucket: no time in it is further than 2.5 % away."""
    return 2.0 * GROWTH**number / (1.0 + GROWTH)


def merged(histograms: Iterable[Histogram]) -> dict[int, int]:
    """All of them as one."""
    found: dict[int, int] = {}
    for histogram in histograms:
        for number, count in histogram.items():
            found[number] = found.get(number, 0) + count
    return found


def quantile(histogram: Histogram, share: float) -> float | None:
    """The seconds that ``share`` (0 to 1) of the times did not exceed; None of an empty histogram.

    It is the nearest rank: the smallest time that at least ``share`` of all times do not exceed.
    """
    numbers = sorted(histogram)
    return quantile_of(numbers, [histogram[number] for number in numbers], share)


def quantile_of(buckets: Sequence[int], counts: Sequence[int], share: float) -> float | None:
    """The same of a histogram as it is stored: its buckets, rising, and how many times fell into each."""
    total = sum(counts)
    if not total:
        return None
    rank, seen = max(1, ceil(share * total - 1e-9)), 0
    for place, count in enumerate(counts):
        seen += count
        if seen >= rank:
            return middle(buckets[place])
    raise AssertionError("unreachable: the rank is no more than the total")
