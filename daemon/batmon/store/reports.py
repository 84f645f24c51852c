"""Reports in Postgres: a row for each that was asked for, and the schedules that ask for them by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

from asyncpg import Record as Row

from batmon.store.automations import FAMILY
from batmon.store.statements import sql
from batmon.store.statistics import MOST_NAMES, few_enough
from batmon.store.store import Store
from batmon.store.texts import from_json, storable, to_json

State = Literal["PENDING", "RUNNING", "DONE", "FAILED", "REMOVED"]
STATES: tuple[State, ...] = ("PENDING", "RUNNING", "DONE", "FAILED", "REMOVED")
_LONGEST_ERROR = 4000
_LONGEST_MS = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """A report that is to be made. ``asked`` is how, as JSON knows it; ``key``: see ``Reports.of_key``."""

    template: str
    period: tuple[date, date] | None
    format: str
    by: str
    title: str
    language: str
    node: str
    asked: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    schedule_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A row of ``report_records``. ``schedule`` is the name of the one that asked for it, or empty."""

    id: int
    template: str
    period: tuple[date, date] | None
    format: str
    size: int | None
    status: State
    by: str
    created_at: datetime
    title: str
    language: str
    node: str
    path: str
    sha256: str
    error: str
    ended_at: datetime | None
    took_ms: int | None
    summary: Mapping[str, Any]
    asked: Mapping[str, Any]
    schedule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchedule:
    """When a report is made by itself, and who gets it. ``period`` is a word for it, empty for the template's own."""

    name: str
    template: str
    cron: str
    email: tuple[str, ...]
    format: str
    language: str
    timezone: str
    period: str = ""
    programs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSchedule(NewSchedule):
    """A row of ``report_schedules``, with what is known of its automation."""

    id: int
    created_by: str
    created_at: datetime
    paused: bool
    paused_by: str
    paused_why: str
    last_report: int | None

    @property
    def job(self) -> str:
        """The automation that it is."""
        return FAMILY + self.name


class Reports:
    """The reports of one database; every method raises StoreError as ``Store`` does."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def store(self) -> Store:
        """Where they are."""
        return self._store

    async def add(self, new: NewReport, now: datetime) -> int:
        """Write down a report that is to be made (PENDING); its id."""
        start, end = new.period or (None, None)
        async with self._store.connection() as connection:
            number: int = await connection.fetchval(
                sql("add_report"), new.template, start, end, new.format, storable(new.by), now, storable(new.title),
                new.language, new.node, to_json(new.asked), new.key or None, new.schedule_id,
            )  # fmt: skip
        return number

    async def begin(self, number: int, path: str) -> None:
        """It is being made now, and will be at ``path`` of the tree."""
        async with self._store.connection() as connection:
            await connection.execute(sql("begin_report"), number, storable(path))

    async def done(
        self,
        number: int,
        *,
        title: str,
        size: int,
        sha256: str,
        summary: Mapping[str, Any],
        now: datetime,
        took: timedelta,
        markdown: str,
        cut: bool,
    ) -> None:
        """It is there whole; ``markdown`` is what is in it, up to where it is ``cut``."""
        async with self._store.connection() as connection:
            await connection.execute(
                sql("done_report"), number, storable(title), size, sha256, to_json(summary), now, _ms(took),
                storable(markdown), cut,
            )  # fmt: skip

    async def fail(self, number: int, error: str, now: datetime, took: timedelta | None) -> None:
        """It could not be made, and ``error`` says why; nothing if it is not open any more."""
        async with self._store.connection() as connection:
            words = storable(error)[:_LONGEST_ERROR]
            await connection.execute(sql("fail_report"), number, words, now, None if took is None else _ms(took))

    async def fail_open(self, node: str, error: str, now: datetime) -> list[str]:
        """What a daemon of ``node`` left in the middle has failed; the paths at which files may be all the same."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("fail_open_reports"), node, storable(error), now)
        return [row["path"] for row in rows if row["path"]]

    async def remove(self, number: int) -> bool:
        """Its file is not there any more; False if it was not DONE."""
        async with self._store.connection() as connection:
            return await connection.fetchval(sql("remove_report"), number) is not None

    async def find(self, number: int) -> Report | None:
        """One report, or None."""
        async with self._store.connection() as connection:
            row = await connection.fetchrow(sql("report"), number)
        return None if row is None else _report(row)

    async def text(self, number: int) -> tuple[str, bool]:
        """What is in a report, as Markdown, and whether there is more; empty of one that has no file."""
        async with self._store.connection() as connection:
            row = await connection.fetchrow(sql("report_text"), number)
        return ("", False) if row is None else (row["markdown"], row["cut"])

    async def program_names(self) -> list[str]:
        """What programs and probes are called, and bots that have runs or incidents, by name.

        Raises:
            Refused: there are more than MOST_NAMES.
        """
        async with self._store.connection() as connection:
            rows = few_enough(await connection.fetch(sql("report_names"), MOST_NAMES + 1))
        return [row["name"] for row in rows]

    async def attached(self) -> int:
        """Bytes of the files that wait to be sent with messages."""
        async with self._store.connection() as connection:
            return int(await connection.fetchval(sql("attached_bytes")))

    async def of_key(self, key: str, node: str) -> Report | None:
        """The one that was made on ``node`` for what ``key`` names, or None."""
        async with self._store.connection() as connection:
            row = await connection.fetchrow(sql("report_of_key"), key, node)
        return None if row is None else _report(row)

    async def listed(
        self,
        limit: int,
        *,
        template: str | None = None,
        status: str | None = None,
        schedule: str | None = None,
        before: int | None = None,
    ) -> list[Report]:
        """Up to ``limit`` reports with an id below ``before``, the newest first."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("reports"), template, status, schedule, before, limit)
        return [_report(row) for row in rows]

    async def old(self, node: str, before: datetime, limit: int) -> list[Report]:
        """Those whose file is kept on ``node`` and that were made before then, the oldest first."""
        async with self._store.connection() as connection:
            return [_report(row) for row in await connection.fetch(sql("old_reports"), node, before, limit)]

    async def schedules(self, name: str | None = None) -> list[ReportSchedule]:
        """Every schedule by name, or that of one."""
        async with self._store.connection() as connection:
            return [_schedule(row) for row in await connection.fetch(sql("report_schedules"), name)]

    async def add_schedule(self, new: NewSchedule, by: str, now: datetime) -> bool:
        """Add a schedule; False if the name is taken."""
        async with self._store.connection() as connection:
            added = await connection.fetchval(
                sql("add_report_schedule"), new.name, new.template, new.cron, ", ".join(new.email), new.format,
                new.language, new.timezone, new.period, list(new.programs), storable(by), now,
            )  # fmt: skip
        return added is not None

    async def remove_schedule(self, name: str) -> bool:
        """Remove a schedule; False if there is none of that name. What it made stays."""
        async with self._store.connection() as connection:
            return await connection.fetchval(sql("remove_report_schedule"), name) is not None


def split_addresses(text: str) -> tuple[str, ...]:
    """The addresses of a row's ``email``."""
    return tuple(filter(None, (one.strip() for one in text.split(","))))


def _ms(took: timedelta) -> int:
    return min(max(0, round(took.total_seconds() * 1000)), _LONGEST_MS)


def _report(row: Row) -> Report:
    return Report(
        id=row["id"],
        template=row["template"],
        period=None if row["period_start"] is None else (row["period_start"], row["period_end"]),
        format=row["format"],
        size=row["file_size"],
        status=row["status"],
        by=row["generated_by"],
        created_at=row["created_at"],
        title=row["title"],
        language=row["language"],
        node=row["node"],
        path=row["path"],
        sha256=row["sha256"],
        error=row["error"],
        ended_at=row["ended_at"],
        took_ms=row["took_ms"],
        summary=from_json(row["summary"]),
        asked=from_json(row["asked"]),
        schedule=row["schedule"],
    )


def _schedule(row: Row) -> ReportSchedule:
    return ReportSchedule(
        id=row["id"],
        name=row["name"],
        template=row["template"],
        cron=row["cron"],
        email=split_addresses(row["email"]),
        format=row["format"],
        language=row["language"],
        timezone=row["timezone"],
        period=row["period"],
        programs=tuple(row["programs"]),
        created_by=row["created_by"],
        created_at=row["created_at"],
        paused=row["paused"],
        paused_by=row["paused_by"],
        paused_why=row["paused_why"],
        last_report=row["last_report"],
    )
