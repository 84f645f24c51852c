"""What runs came to by program and day (``run_stats_daily``): asked here, and counted anew where runs have changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

from asyncpg import Record

from batmon.errors import Refused
from batmon.metrics.durations import quantile_of
from batmon.metrics.figures import Day, DayCourse, ProgramFigures, Totals, Worth
from batmon.metrics.periods import Period
from batmon.refusals import because
from batmon.store.counting import Counting, Waiting
from batmon.store.statements import sql
from batmon.store.store import Store

PAGE_DAYS = 5_000
"""How many days of programs are read at a time."""
MOST_NAMES = 20_000
"""Programs and bots in one answer: whoever may write runs may make up names without end, and memory has one."""


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Planned maintenance of a program as it came: from ``since`` to before ``until``."""

    program: str
    since: datetime
    until: datetime
    name: str


class Statistics:
    """Over the store's pool. Names of programs match in any case; a list of none asks for none, None for all.

    Every method raises StoreError as ``Store`` does.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counting = Counting(store)

    # Counting

    async def settle_some(self, _now: datetime) -> int:
        """Count some of what has changed, in one short transaction: how much was dealt with.

        0: there is nothing, or somebody else counts at this moment.
        """
        return await self._counting.some()

    @property
    def more(self) -> bool:
        """Whether the last ``settle_some`` found more than it could do."""
        return self._counting.more

    async def waiting(self) -> Waiting:
        """What is still to be counted."""
        return await self._counting.waiting()

    async def settled(self, mark: int | None) -> bool:
        """Whether everything is counted that had changed when ``last_mark`` gave ``mark``, and no long span waits."""
        return await self._counting.settled(mark)

    async def last_mark(self) -> int | None:
        """The latest change that waits to be counted; None if there is none."""
        return await self._counting.last_mark()

    # Asking

    async def days(self, period: Period, programs: Sequence[str] | None = None) -> list[Day]:
        """Each day of each program that had anything, by program and day. Large for many programs: see ``pages``."""
        return [day async for page in self.pages(period, programs) for day in page]

    async def pages(
        self, period: Period, programs: Sequence[str] | None = None, size: int = PAGE_DAYS
    ) -> AsyncIterator[list[Day]]:
        """The same in pieces of whole programs, of up to ``size`` days or of one program."""
        async for rows in self._read("stats_days", period, programs, size):
            yield [Day(row["program"], row["day"], _totals(row)) for row in rows]

    async def courses(
        self, period: Period, programs: Sequence[str] | None = None
    ) -> AsyncIterator[tuple[str, dict[date, DayCourse]]]:
        """The days of one program after the other, with no more than trends need."""
        async for rows in self._read("stats_courses", period, programs, PAGE_DAYS):
            for _, days in groupby(rows, itemgetter("program")):
                own = list(days)
                yield own[-1]["name"], {row["day"]: _course(row) for row in own}

    async def _read(
        self, question: str, period: Period, programs: Sequence[str] | None, size: int
    ) -> AsyncIterator[list[Record]]:
        """Days in pieces of whole programs; none is empty."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("stats_names"), _names(programs))
        names, at_once = [row["program"] for row in rows], max(1, size // period.days)
        for place in range(0, len(names), at_once):
            some = names[place : place + at_once]
            async with self._store.connection() as connection:
                rows = await connection.fetch(sql(question), period.start, period.end, some)
            if rows:
                yield rows

    async def totals(self, period: Period, programs: Sequence[str] | None = None) -> dict[str, Totals]:
        """The sums of each program that had anything, by its shown name.

        Raises:
            Refused: there are more than MOST_NAMES.
        """
        named = (_names(programs), MOST_NAMES + 1)
        async with self._store.connection() as connection:
            if period.is_month:
                rows = few_enough(await connection.fetch(sql("stats_month"), period.start, *named))
            else:
                rows = few_enough(await connection.fetch(sql("stats_totals"), period.start, period.end, *named))
        return await asyncio.to_thread(lambda: {row["program"]: _totals(row) for row in rows})

    async def daily_totals(self, period: Period, programs: Sequence[str] | None = None) -> list[tuple[date, Totals]]:
        """The sums of all programs on each day of the period, days without anything too."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("stats_daily_totals"), period.start, period.end, _names(programs))
        found = {row["day"]: _totals(row) for row in rows}
        return [(day, found.get(day, Totals())) for day in period]

    async def programs(self, programs: Sequence[str] | None = None) -> list[ProgramFigures]:
        """Every program, and every bot that nobody configured and that has days, without figures; no probes.

        Raises:
            Refused: there are more than MOST_NAMES.
        """
        async with self._store.connection() as connection:
            rows = few_enough(await connection.fetch(sql("stats_programs"), MOST_NAMES + 1, _names(programs)))
        return await asyncio.to_thread(lambda: [_program(row) for row in rows])

    # Planned maintenance

    async def maintenance_looked(self, node: str) -> datetime | None:
        """Until when the maintenance of a node's programs was kept; None if never."""
        async with self._store.connection() as connection:
            at: datetime | None = await connection.fetchval(sql("maintenance_looked"), node)
        return at

    async def keep_maintenance(self, node: str, windows: Iterable[Maintenance], now: datetime) -> None:
        """Keep windows that have begun, each once; the runs in them are counted anew."""
        found = list(windows)
        columns = ([getattr(one, name) for one in found] for name in ("program", "since", "until", "name"))
        async with self._store.connection() as connection, connection.transaction():
            if found:
                await connection.execute(sql("keep_maintenance"), *columns, now)
            await connection.execute(sql("look_at_maintenance"), node, now)


def few_enough(rows: list[Row]) -> list[Row]:
    """The rows of as many programs.

    Raises:
        Refused: there are more than MOST_NAMES.
    """
    if len(rows) > MOST_NAMES:
        raise Refused(because("too-many-bots", most=MOST_NAMES))
    return rows


def _names(programs: Sequence[str] | None) -> list[str] | None:
    return None if programs is None else list(programs)


def _totals(row: Record) -> Totals:
    return Totals(
        succeeded=row["succeeded"],
        failed=row["failed"],
        missed=row["missed"],
        unfinished=row["unfinished"],
        reruns=row["reruns"],
        reruns_succeeded=row["reruns_succeeded"],
        excused=row["excused"],
        processed=row["processed"],
        timed=row["timed"],
        seconds=row["seconds"],
        histogram=dict(zip(row["buckets"], row["counts"], strict=True)),
    )


def _course(row: Record) -> DayCourse:
    _, _, _, succeeded, failed, missed, processed, timed, seconds, buckets, counts = row
    median = (seconds / timed if timed else None) if timed < 3 else quantile_of(buckets, counts, 0.5)
    return DayCourse(succeeded, failed, missed, processed, median)


def _program(row: Record) -> ProgramFigures:
    target = row["availability_target"]
    return ProgramFigures(
        program=row["name"],
        title=row["title"] or row["name"],
        department=row["department"],
        scheduled=row["scheduled"],
        configured=row["configured"],
        timezone=row["timezone"],
        target=None if target is None else float(target),
        worth=Worth(minutes_per_item=float(row["minutes_per_item"]), hourly_cost=float(row["hourly_cost"])),
    )
