"""Programs by days: the counts that a heatmap is drawn from, without anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from batmon.metrics.periods import Period
from batmon.store import statistics
from batmon.store.statements import sql
from batmon.store.statistics import few_enough
from batmon.store.store import Store

Counts = tuple[int, int, int, int]
"""Succeeded, failed, missed, unfinished."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """A program of the heatmap; ``key`` is its name in small letters."""

    key: str
    program: str
    title: str
    department: str
    configured: bool


class StatsGrid:
    """Questions about many programs' days; every method raises StoreError as ``Store`` does."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def programs(self, period: Period) -> list[GridRow]:
        """Those that had runs in the period or have a schedule, by title.

        Raises:
            Refused: there are more than MOST_NAMES.
        """
        async with self._store.connection() as connection:
            asked = (period.start, period.end, statistics.MOST_NAMES + 1)
            rows = few_enough(await connection.fetch(sql("stats_grid_programs"), *asked))
        return await asyncio.to_thread(lambda: [GridRow(*row.values()) for row in rows])

    async def counts(self, keys: Sequence[str], period: Period) -> dict[str, list[Counts | None]]:
        """By ``key``: the counts of each day of the period, None where there were none."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("stats_grid"), list(keys), period.start, period.end)
        found: dict[str, list[Counts | None]] = {key: [None] * period.days for key in keys}
        for row in rows:
            days = found[row["program"]]
            columns = (row[name] for name in ("days", "succeeded", "failed", "missed", "unfinished"))
            for index, *counts in zip(*columns, strict=True):
                days[index] = (counts[0], counts[1], counts[2], counts[3])
        return found
