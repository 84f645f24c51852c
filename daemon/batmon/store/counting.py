"""Counting runs into ``run_stats_daily``: days that have changed first, then long spans from the latest day back.

A day is always counted anew as a whole, so that it does not matter how often, in what order or by how many daemons it
is done. One advisory lock lets one transaction count at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from batmon.metrics.periods import DAY
from batmon.store.judgements import Connection
from batmon.store.statements import sql
from batmon.store.store import Store
from batmon.store.timestamps import EARLIEST, LATEST

LOCK = 0x6261_7473
"""The advisory lock of whoever counts: 'bats' in ASCII."""
FEWEST_MARKS, MARKS = 50, 2_000
"""Changes that one transaction takes up."""
NAMES = 200
"""Bots whose whole history is put behind at a time."""
LONG_DAYS = 7
"""A change over more days than this is not counted at once, but joins the backlog."""
FIRST_STEP, LONGEST_STEP = 31, 31 * 64
"""Days of programs that one transaction counts of the backlog."""
CHUNK_DAYS = 31
LONGEST_SEC = 900.0
"""One day of one bot may have millions of runs."""
QUICK_SEC, SLOW_SEC = 0.1, 0.3
"""A step that took less grows, one that took more shrinks."""

Span = tuple[str, date, date]
"""A program in small letters, its first and its last day."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is still to be counted: changes, and programs whose days up to ``last`` are not all counted."""

    marks: int
    programs: int
    every: bool
    """Whether it is not even known yet of which programs."""
    last: date | None

    def __bool__(self) -> bool:
        return bool(self.marks or self.programs)


class Counting:
    """One daemon's share in counting; what it learns of how long a step takes it keeps to itself."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._step = FIRST_STEP
        self._marks = MARKS
        self.more = False
        """Whether the last step found more than it could do."""

    async def some(self) -> int:
        """See ``Statistics.settle_some``."""
        async with self._store.connection() as connection:
            there = await connection.fetchrow(sql("have_marks"))
            if there is None or not (there["queue"] or there["backlog"]):
                self.more = False
                return 0
            async with connection.transaction():
                if not await connection.fetchval(sql("try_counting"), LOCK):
                    return 0
                await connection.execute(sql("hold_partitions"))
                await connection.execute(sql("know_months"))
                gone = [row["month"] for row in await connection.fetch(sql("gone_months"))]
                most = self._marks
                marks = await self._marked(connection, gone) if there["queue"] else 0
                spans = await self._backlog(connection, gone) if there["backlog"] and marks < most else 0
        self.more = marks == most or spans > 0
        return marks + spans

    async def _marked(self, connection: Connection, gone: Sequence[date]) -> int:
        begun = time.perf_counter()
        rows = await connection.fetch(sql("take_marks"), self._marks, EARLIEST, LATEST)
        spans, long = [], []
        for row in rows:
            if row["first"] is None:
                continue
            if row["program"] is None:
                long += await self._everybody(connection, row["beyond"], row["first"], row["last"])
            elif (row["last"] - row["first"]).days > LONG_DAYS:
                long.append((row["program"], row["first"], row["last"]))
            else:
                spans.append((row["program"], row["first"], row["last"]))
        await _put_behind(connection, long)
        await _count(connection, spans, gone)
        self._marks = _paced(self._marks, begun, FEWEST_MARKS, MARKS)
        return int(rows[0]["taken"])

    async def _everybody(self, connection: Connection, beyond: str, first: date, last: date) -> list[Span]:
        names = [row["name"] for row in await connection.fetch(sql("names_beyond"), beyond, NAMES)]
        if len(names) == NAMES:
            await connection.execute(sql("mark_beyond"), names[-1])
        if not beyond:
            names.append("")  # nothing comes before it, and somebody may call a bot so
        return [(name, first, last) for name in names]

    async def _backlog(self, connection: Connection, gone: Sequence[date]) -> int:
        begun = time.perf_counter()
        rows = await connection.fetch(sql("next_backlog"), max(1, self._step // CHUNK_DAYS))
        spans = []
        for row in rows:
            first = row["first"]
            if row["newest"] is not None:
                first = max(first, min(row["newest"], row["last"]) - min(self._step, CHUNK_DAYS) * DAY + DAY)
            spans.append((row["program"], first, row["last"]))
        await _count(connection, spans, gone)
        await connection.execute(sql("shorten_backlog"), [span[0] for span in spans], [span[1] for span in spans])
        self._step = _paced(self._step, begun, 1, LONGEST_STEP)
        return len(rows)

    async def waiting(self) -> Waiting:
        """See ``Statistics.waiting``."""
        async with self._store.connection() as connection:
            (row,) = await connection.fetch(sql("counting_waits"))
        return Waiting(row["marks"], row["programs"], row["every"], row["last"])

    async def last_mark(self) -> int | None:
        """See ``Statistics.last_mark``."""
        async with self._store.connection() as connection:
            mark: int | None = await connection.fetchval(sql("last_mark"))
        return mark

    async def settled(self, mark: int | None) -> bool:
        """See ``Statistics.settled``."""
        async with self._store.connection() as connection:
            there = await connection.fetchrow(sql("have_marks"))
            if there is None or there["backlog"]:
                return False
            return mark is None or not await connection.fetchval(sql("marks_until"), mark)


def _paced(much: int, begun: float, least: int, most: int) -> int:
    """How much to do the next time, for what began at ``begun`` to take no longer than it should."""
    took = time.perf_counter() - begun
    if took < QUICK_SEC:
        return min(much * 2, most)
    return max(much // 2, least) if took > SLOW_SEC else much


async def _put_behind(connection: Connection, spans: Iterable[Span]) -> None:
    longest: dict[str, tuple[date, date]] = {}
    for program, first, last in spans:
        known = longest.get(program, (first, last))
        longest[program] = (min(known[0], first), max(known[1], last))
    if longest:
        names = sorted(longest)
        days = zip(*(longest[name] for name in names), strict=True)
        await connection.execute(sql("add_backlog"), names, *(list(column) for column in days))


async def _count(connection: Connection, spans: Iterable[Span], gone: Sequence[date]) -> None:
    """Count days anew but for those whose runs were dropped with their month."""
    wanted = [part for span in merged(spans) for part in without(span, gone)]
    if wanted:
        columns = [list(column) for column in zip(*wanted, strict=True)]
        if await connection.fetchval(sql("count_days"), *columns, timeout=LONGEST_SEC):
            await connection.execute(sql("count_months"), *columns)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same days, of each program in as few spans as can be, none of which overlap."""
    found: list[Span] = []
    for program, first, last in sorted(spans):
        if found and found[-1][0] == program and first <= found[-1][2] + DAY:
            found[-1] = (program, found[-1][1], max(found[-1][2], last))
        else:
            found.append((program, first, last))
    return found


def without(span: Span, months: Sequence[date]) -> list[Span]:
    """A span without the days that lie in these months (their first days), in UTC or in any other zone."""
    program, first, last = span
    found = []
    for month in sorted(months):
        begins = month - timedelta(days=1)
        ends = (month + timedelta(days=31)).replace(day=1)
        if ends < first or begins > last:
            continue
        if first < begins:
            found.append((program, first, begins - DAY))
        first = ends + DAY
    return [*found, (program, first, last)] if first <= last else found
