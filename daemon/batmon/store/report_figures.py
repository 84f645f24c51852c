"""What reports ask for beyond the usual figures: cells of a calendar, lost days, months, faults, hours, batches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from batmon.metrics.figures import Day, Totals
from batmon.metrics.periods import Period
from batmon.model import Run
from batmon.store.run_rows import run_of
from batmon.store.statements import sql
from batmon.store.store import Store
from batmon.store.texts import from_json

if TYPE_CHECKING:
    from batmon.config.sql_text import Sql
    from batmon.store import steps

PAGE_ROWS = 1000
TEXT_CHARS = 2000
"""Of a message or an error in a sheet of rows."""
LONG_SEC = 60.0
"""For how long a question about whole months of history may take."""

Row = dict[str, Any]


class ReportFigures:
    """Over the store's pool; every method raises StoreError as ``Store`` does.

    ``programs`` are names in any case; None where it may be: all.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def cells(self, period: Period, programs: Sequence[str], step: str) -> list[Row]:
        """Counts by ``step`` (day, week or month): program, since, succeeded, failed, missed, due, kept."""
        return await self._rows("report_cells", period.start, period.end, list(programs), step)

    async def by_day(self, period: Period, programs: Sequence[str] | None) -> list[tuple[date, Totals]]:
        """Runs by outcome on each day that had any, all programs together; nothing else is counted."""
        rows = await self._rows("report_days", period.start, period.end, _names(programs))
        return [(row.pop("day"), Totals(**row)) for row in rows]

    async def lost_days(self, period: Period, programs: Sequence[str], most: int) -> tuple[list[Row], int]:
        """Days on which not all was kept that was due, the columns of ``cells``; and how many were left out."""
        rows = await self._rows("report_lost_days", period.start, period.end, list(programs), most)
        return rows, (rows[0]["every"] - len(rows) if rows else 0)

    async def months(self, months: Period, programs: Sequence[str] | None) -> dict[date, dict[str, Totals]]:
        """Each program's counts by the first of the month, without a histogram; ``months`` begins with a month."""
        found: dict[date, dict[str, Totals]] = {}
        for row in await self._rows("report_months", months.start, months.end, _names(programs)):
            month, program = row.pop("month"), row.pop("program")
            found.setdefault(month, {})[program] = Totals(**row)
        return found

    async def month_times(self, months: Period, programs: Sequence[str] | None) -> dict[date, dict[int, int]]:
        """The histogram of all programs together by the first of the month."""
        found: dict[date, dict[int, int]] = {}
        for row in await self._rows("report_month_times", months.start, months.end, _names(programs)):
            found.setdefault(row["month"], {})[row["bucket"]] = row["n"]
        return found

    async def failed_days(self, period: Period, programs: Sequence[str] | None, most: int) -> list[Day]:
        """Days on which something failed, the latest first, with nothing but how often."""
        rows = await self._rows("report_failed_days", period.start, period.end, _names(programs), most)
        return [Day(row["program"], row["day"], Totals(failed=row["failed"])) for row in rows]

    async def faults(self, period: Period, programs: Sequence[str] | None, most: int) -> AsyncIterator[list[Row]]:
        """Failed and missed runs, the latest days first, in pages: program, log_id, task_name, status, start_time,
        end_time, seconds, started_by, message, error_details."""
        async with self._store.connection() as connection, connection.transaction(readonly=True):
            asked = (period.start, period.end, _names(programs), TEXT_CHARS, most)
            cursor = await connection.cursor(sql("report_faults"), *asked, timeout=LONG_SEC)
            while page := await cursor.fetch(PAGE_ROWS, timeout=LONG_SEC):
                yield [dict(row) for row in page]

    async def incidents(
        self, since: datetime, until: datetime, programs: Sequence[str] | None, most: int
    ) -> tuple[list[Row], int]:
        """Incidents that were open in a span, the latest first, and how many were left out; see the query."""
        rows = await self._rows("report_incidents", since, until, _names(programs), most)
        for row in rows:
            row["facts"] = from_json(row["facts"])
        return rows, (rows[0]["every"] - len(rows) if rows else 0)

    async def budgets(self) -> dict[str, float]:
        """The longest allowed run time of each program, in seconds."""
        return {row["program"]: row["max_runtime_sec"] for row in await self._rows("report_budgets")}

    async def hours(self, since: datetime, until: datetime, programs: Sequence[str] | None) -> list[Row]:
        """Runs by the hours in which they began and ended: began, ended, runs, before_start, after_end (seconds)."""
        async with self._store.connection() as connection, connection.transaction(readonly=True):
            await connection.execute("SET LOCAL enable_seqscan = on")  # whole partitions are read
            rows = await connection.fetch(sql("report_hours"), since, until, _names(programs), timeout=LONG_SEC)
        return [dict(row) for row in rows]

    async def fillings(self, since: datetime, until: datetime, timezone: str) -> list[Row]:
        """Daily medians of disks: program, title, unit, day, value."""
        return await self._rows("report_fillings", since, until, timezone)

    async def database_size(self) -> int:
        """Bytes of this database."""
        return int((await self._rows("report_database_size"))[0]["pg_database_size"])

    async def batches(self, since: datetime, until: datetime, programs: Sequence[str] | None, most: int) -> list[Run]:
        """The latest runs of batches' steps that have ended, newest first."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("report_batches"), since, until, _names(programs), most)
        return [run_of(row) for row in rows]

    async def items(self, runs: Sequence[UUID], most: int) -> list[Row]:
        """The items of runs: run_id, account, processed, failed, error, started_at, ended_at."""
        return await self._rows("report_items", list(runs), most)

    async def people_sql(self, question: Sql, values: Mapping[str, Any], timezone: str) -> steps.Result:
        """What somebody's own SQL brings back, in a transaction that cannot change anything.

        It is taken back in the end: settings and notices outlive no question.

        Raises:
            StepFailed: it cannot be run, takes too long, or brings back too much.
        """
        from batmon.store import steps  # noqa: PLC0415 - with it comes the whole configuration, which few reports need

        async with self._store.connection() as connection:
            transaction = connection.transaction(readonly=True)
            await transaction.start()
            try:
                await steps.begin(connection, timezone)
                return await steps.execute(connection, question, values)
            finally:
                await transaction.rollback()

    async def _rows(self, name: str, *values: Any) -> list[Row]:
        async with self._store.connection() as connection:
            return [dict(row) for row in await connection.fetch(sql(name), *values)]


def _names(programs: Sequence[str] | None) -> list[str] | None:
    return None if programs is None else list(programs)
