"""Gathers the rows of reports: incidents with their reasons in words, and all rows for counting again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from batmon.metrics.figures import Day
from batmon.metrics.periods import DAY, Period
from batmon.notify.mask import mask_start
from batmon.report.asked import Asked
from batmon.report.document import Column, Data, Kind, Row
from batmon.report.gathered import Gathered, IncidentEntry
from batmon.report.spool import Spool
from batmon.report.wording import Wording
from batmon.store import Store
from batmon.store.report_figures import ReportFigures
from batmon.store.statistics import Statistics
from batmon.words import say

MOST_DAYS = 60_000
"""Days of programs in a sheet of them; of more there are months."""
MOST_FAULTS = 5_000
"""Failed and missed runs, and incidents, in a sheet of them."""


_masked = lru_cache(maxsize=4096)(mask_start)
"""Without secrets and personal data, since files are sent around; most errors come again and again."""


async def incidents_of(
    store: Store, found: Gathered, names: Sequence[str] | None, most: int
) -> tuple[tuple[IncidentEntry, ...], int]:
    """The incidents of the period, the latest first, and how many were left out."""
    rows, left_out = await ReportFigures(store).incidents(found.since, found.until, names, most)
    return tuple(_incident(row, found.asked) for row in rows), left_out


async def rows_to_count_again(
    store: Store, found: Gathered, names: Sequence[str] | None, incidents: Sequence[IncidentEntry], left_out: int
) -> tuple[Data, ...]:
    """The sheets of rows: each program's days, failed and missed runs, and incidents (``left_out``: how many more)."""
    words = Wording(found.asked.language, found.settings.currency)
    titles = {one.program: one.title for one in found.programs}
    days, faults = Spool(), Spool()
    by_month = len(found.programs) * found.period.days > MOST_DAYS
    async for page in _months(store, found.period, names) if by_month else Statistics(store).pages(found.period, names):
        days.add([_day_row(day, titles) for day in page])
    async for rows in ReportFigures(store).faults(found.period, names, MOST_FAULTS):
        faults.add([_fault_row(row, titles) for row in rows])
    cut = words("data_runs_cut", most=words.count(MOST_FAULTS)) if faults.count >= MOST_FAULTS else ""
    return (
        Data(
            key="days",
            title=words("data_months" if by_month else "data_days"),
            columns=_day_columns(words),
            rows=days.rows,
            note=words("data_by_month") if by_month else "",
        ),
        Data(key="runs", title=words("data_runs"), columns=_fault_columns(words), rows=faults.rows, note=cut),
        Data(
            key="incidents",
            title=words("data_incidents"),
            columns=_incident_columns(words),
            rows=lambda: map(_incident_row, incidents),
            note=words("incidents_more", more=words.count(left_out)) if left_out else "",
        ),
    )


def last_of_month(day: date) -> date:
    """The last day of its month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - DAY


async def _months(store: Store, period: Period, names: Sequence[str] | None) -> AsyncIterator[list[Day]]:
    """Each program's months, or what of them is in the period, by the first of their days in it."""
    statistics = Statistics(store)
    for first in sorted({max(day.replace(day=1), period.start) for day in period}):
        months = Period(first, min(last_of_month(first), period.end))
        yield [Day(name, first, totals) for name, totals in (await statistics.totals(months, names)).items()]


def _incident(row: Mapping[str, Any], asked: Asked) -> IncidentEntry:
    zone = ZoneInfo(asked.timezone)
    return IncidentEntry(
        incident_id=row["incident_id"],
        program=row["program"],
        title=row["title"] or row["program"],
        severity=row["severity"],
        sentence=_masked(say(row["reason"], row["facts"], asked.language, zone, asked.now)),
        opened_at=row["opened_at"],
        acknowledged_at=row["first_acknowledged_at"],
        acknowledged_by=row["acknowledged_by"] or "",
        resolved_at=row["resolved_at"],
        resolved_by=row["resolved_by"],
        reopened=row["reopened"],
        seconds=row["seconds"],
    )


def _day_columns(words: Wording) -> tuple[Column, ...]:
    return (
        Column(key="program", title=words("program"), width=24),
        Column(key="day", title=words("day"), kind=Kind.DATE),
        Column(key="runs", title=words("runs"), kind=Kind.COUNT),
        Column(key="succeeded", title=words("succeeded"), kind=Kind.COUNT),
        Column(key="failed", title=words("failed"), kind=Kind.COUNT, better="low"),
        Column(key="missed", title=words("missed"), kind=Kind.COUNT, better="low"),
        Column(key="unfinished", title=words("unfinished"), kind=Kind.COUNT),
        Column(key="reruns", title=words("reruns"), kind=Kind.COUNT),
        Column(key="excused", title=words("excused"), kind=Kind.COUNT),
        Column(key="due", title=words("due"), kind=Kind.COUNT),
        Column(key="kept", title=words("kept"), kind=Kind.COUNT),
        Column(key="success_rate", title=words("success_rate"), kind=Kind.PERCENT, better="high"),
        Column(key="processed", title=words("processed"), kind=Kind.COUNT),
        Column(key="mean", title=words("mean"), kind=Kind.SECONDS),
        Column(key="p50", title=words("p50"), kind=Kind.SECONDS),
        Column(key="p95", title=words("p95"), kind=Kind.SECONDS),
    )


def _day_row(day: Day, titles: Mapping[str, str]) -> Row:
    one = day.totals
    return (
        titles.get(day.program, day.program), day.day, one.runs, one.succeeded, one.failed, one.missed, one.unfinished,
        one.reruns, one.excused, one.due, one.kept, one.success_rate, one.processed, one.mean_seconds,
        one.quantile(0.5), one.quantile(0.95),
    )  # fmt: skip


def _fault_columns(words: Wording) -> tuple[Column, ...]:
    return (
        Column(key="log_id", title=words("log_id"), width=9),
        Column(key="program", title=words("program"), width=24),
        Column(key="task", title=words("task"), width=16),
        Column(key="status", title=words("status"), kind=Kind.STATUS),
        Column(key="start_time", title=words("start_time"), kind=Kind.TIME),
        Column(key="end_time", title=words("end_time"), kind=Kind.TIME),
        Column(key="seconds", title=words("seconds"), kind=Kind.SECONDS),
        Column(key="started_by", title=words("started_by"), width=12),
        Column(key="message", title=words("message"), width=48),
        Column(key="error", title=words("error"), width=60),
    )


def _fault_row(row: Mapping[str, Any], titles: Mapping[str, str]) -> Row:
    return (
        row["log_id"], titles.get(row["program"], row["program"]), row["task_name"], row["status"], row["start_time"],
        row["end_time"], row["seconds"], row["started_by"] or None, _masked(row["message"] or ""),
        _masked(row["error_details"] or ""),
    )  # fmt: skip


def _incident_columns(words: Wording) -> tuple[Column, ...]:
    return (
        Column(key="incident_id", title=words("number"), kind=Kind.TEXT),
        Column(key="program", title=words("program"), width=24),
        Column(key="severity", title=words("severity"), kind=Kind.STATUS),
        Column(key="sentence", title=words("reason"), width=60),
        Column(key="opened_at", title=words("opened_at"), kind=Kind.TIME),
        Column(key="acknowledged_at", title=words("acknowledged_at"), kind=Kind.TIME),
        Column(key="acknowledged_by", title=words("acknowledged_by"), width=12),
        Column(key="resolved_at", title=words("resolved_at"), kind=Kind.TIME),
        Column(key="resolved_by", title=words("resolved_by"), width=12),
        Column(key="reopened", title=words("reopened"), kind=Kind.COUNT),
        Column(key="seconds", title=words("open_in_period"), kind=Kind.SECONDS),
    )


def _incident_row(one: IncidentEntry) -> Row:
    return (
        one.incident_id, one.title, one.severity, one.sentence, one.opened_at, one.acknowledged_at,
        one.acknowledged_by or None, one.resolved_at, one.resolved_by or None, one.reopened, one.seconds,
    )  # fmt: skip
