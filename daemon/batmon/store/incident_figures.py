"""Figures of incidents over a period: how many, how long, how soon somebody took them on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from asyncpg import Record

from batmon.metrics.figures import IncidentTotals
from batmon.metrics.periods import DAY, Period, midnight
from batmon.store.statements import sql
from batmon.store.store import Store


@dataclass(frozen=True, slots=True)
class OneIncident:
    """An incident of a period. ``acknowledged_at``: for the first time; ``outage_seconds``: inside the period."""

    incident_id: int
    severity: str
    reason: str
    opened_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    reopened: int
    outage_seconds: float


@dataclass(frozen=True, slots=True)
class Watched:
    """A program or a probe, and from when on it has been watched."""

    program: str
    watch_since: datetime
    title: str
    timezone: str
    configured: bool
    probe: bool


class IncidentFigures:
    """Questions about incidents between moments; every method raises StoreError as ``Store`` does.

    ``until`` must not be after now: what is still open is taken to last until then. ``programs`` are names in any
    case; None: all, programs that are no longer configured and probes too.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def totals(
        self, since: datetime, until: datetime, programs: Sequence[str] | None = None
    ) -> dict[str, IncidentTotals]:
        """By program, those without any incident left out."""
        rows = await self._rows([since, until], programs, by_program=True)
        return {row["program"]: _totals(row) for row in rows}

    async def overall(self, since: datetime, until: datetime, programs: Sequence[str] | None = None) -> IncidentTotals:
        """Of all of them together; ``longest_seconds`` is the longest of one."""
        rows = await self._rows([since, until], programs)
        return _totals(rows[0]) if rows else IncidentTotals()

    async def by_day(
        self, period: Period, timezone: str, now: datetime, programs: Sequence[str] | None = None
    ) -> list[tuple[date, IncidentTotals]]:
        """Each day of the period as it was in ``timezone``, all programs together, up to that of ``now``."""
        return await self._by(period, timezone, now, programs, lambda _day: True)

    async def by_month(
        self, period: Period, timezone: str, now: datetime, programs: Sequence[str] | None = None
    ) -> list[tuple[date, IncidentTotals]]:
        """The same by calendar month, cut to the period; the day is the first of each month that is inside it."""
        return await self._by(period, timezone, now, programs, lambda day: day.day == 1)

    async def listed(self, program: str, since: datetime, until: datetime, limit: int) -> list[OneIncident]:
        """The incidents of a program that were open at any time between the moments, the latest first."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("incidents_in"), program, since, max(since, until), limit)
        return [
            OneIncident(
                row["incident_id"], row["severity"], row["reason"], row["opened_at"], row["resolved_at"],
                row["first_acknowledged_at"], row["reopened"], float(row["outage_seconds"]),
            )
            for row in rows
        ]  # fmt: skip

    async def watched(self) -> dict[str, Watched]:
        """Every program and probe that is watched, by its name in small letters."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("watched_programs"))
        return {row["program"].lower(): Watched(**row) for row in rows}

    async def _by(
        self,
        period: Period,
        timezone: str,
        now: datetime,
        programs: Sequence[str] | None,
        begins: Callable[[date], bool],
    ) -> list[tuple[date, IncidentTotals]]:
        zone = ZoneInfo(timezone)
        days = [day for day in period if (day == period.start or begins(day)) and midnight(day, zone) < now]
        if not days:
            return []
        moments = [*(midnight(day, zone) for day in days), min(midnight(period.end + DAY, zone), now)]
        found = {row["number"]: _totals(row) for row in await self._rows(moments, programs)}
        return [(day, found.get(number, IncidentTotals())) for number, day in enumerate(days, 1)]

    async def _rows(
        self, moments: list[datetime], programs: Sequence[str] | None, *, by_program: bool = False
    ) -> list[Record]:
        """``moments`` rise; where the last two are the wrong way round, nothing has been of the span yet."""
        if moments[-1] <= moments[0]:
            return []
        names = None if programs is None else list(programs)
        async with self._store.connection() as connection:
            return list(await connection.fetch(sql("incident_figures"), moments, names, by_program))


def _totals(row: Record) -> IncidentTotals:
    return IncidentTotals(
        opened=row["opened"],
        resolved=row["resolved"],
        open_at_end=row["open_at_end"],
        acknowledged=row["acknowledged"],
        repair_seconds=float(row["repair_seconds"]),
        acknowledge_seconds=float(row["acknowledge_seconds"]),
        outage_seconds=float(row["outage_seconds"]),
        longest_seconds=float(row["longest_seconds"]),
        errors_opened=row["errors_opened"],
    )
