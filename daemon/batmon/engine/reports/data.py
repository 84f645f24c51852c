"""Gathers what reports are made of: figures from the roll-up, incidents, findings, and rows for counting again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from batmon.engine.reports.hours import hour_loads
from batmon.engine.reports.insights import find_insights, looked_through
from batmon.engine.reports.names import programs_named
from batmon.engine.reports.rows import MOST_FAULTS, incidents_of, last_of_month, rows_to_count_again
from batmon.engine.statistics.program_figures import program_figures
from batmon.errors import BadRequest
from batmon.metrics.figures import IncidentTotals, ProgramFigures, total
from batmon.metrics.overall import Overall
from batmon.metrics.periods import DAY, Period
from batmon.refusals import because
from batmon.report.asked import Asked, ReportSettings, Template
from batmon.report.document import Finding
from batmon.report.gathered import Cell, Gathered, MonthEntry
from batmon.report.sections.capacity import CapacityFigures, Filling, HourLoad
from batmon.report.sections.days import MOST_ROWS, step_of
from batmon.report.sections.programs import by_faults
from batmon.store import Store
from batmon.store.incident_figures import IncidentFigures
from batmon.store.report_figures import ReportFigures

MONTHS = 6
"""Months of a trend, the last one up to the end of the period."""
CAPACITY_MONTHS = 12
MOST_INCIDENTS = 500
MOST_LOST_DAYS = 1000
MOST_FAILED_DAYS = 5_000
"""That are looked through for failures that repeat, the latest first."""
HOURS_DAYS = 28
"""Over how many days, at the end of the period, the load of the hours of the day is counted from history."""

_PARTS: Mapping[str, frozenset[str]] = {
    "weekly_ops": frozenset({"daily", "cells", "incidents", "findings", "data"}),
    "monthly_sla": frozenset({"daily", "cells", "lost", "incidents", "months", "findings", "data"}),
    "rpa_savings": frozenset({"daily", "data"}),
    "capacity_plan": frozenset({"months", "data"}),
}
"""What each template needs beside programs and the figures of incidents."""
ALL_PARTS = frozenset({"daily", "cells", "lost", "incidents", "months", "findings", "data"})


async def gather(
    store: Store, settings: ReportSettings, asked: Asked, template: Template, parts: frozenset[str] | None = None
) -> Gathered:
    """What ``template`` is made of, or ``parts`` of it (``ALL_PARTS``).

    Raises:
        BadRequest: the programs that are asked for are none, or the period has not begun.
        StoreError: as ``Store``.
    """
    wanted = _PARTS[template.name] if parts is None else parts
    period = asked.whole_period(template.span or "week")
    asked = replace(asked, period=period)
    found = Gathered(asked=asked, settings=settings, period=period)
    if found.since >= asked.now:
        raise BadRequest(because("period-ahead", start=period.start))
    every = await program_figures(store, period, asked.timezone, now=asked.now)
    chosen, names = every, None
    if asked.programs:
        names = await programs_named(store, asked.programs)
        folded = {name.casefold() for name in names}
        chosen = [one for one in every if one.program.casefold() in folded]
    shown = tuple(one for one in chosen if _has_runs(one))
    overall = Overall(chosen)
    found = replace(
        found,
        programs=shown,
        watched_seconds=sum(one.watched_seconds for one in chosen),
        watched_seconds_before=sum(one.watched_seconds_before for one in chosen),
        incident_totals=overall.incidents,
        incident_totals_before=overall.incidents_before,
    )
    more: dict[str, Any] = {}
    if "daily" in wanted:
        more["daily"] = tuple(await ReportFigures(store).by_day(period, names))
    if "cells" in wanted:
        more["cells"] = await _cells(store, found)
    if "lost" in wanted:
        more["lost"], more["lost_more"] = await _lost_days(store, found)
    if "months" in wanted:
        back = MONTHS if template.name == "monthly_sla" else CAPACITY_MONTHS
        more["months"] = await _months(store, found, names, back)
    if "findings" in wanted:
        more["findings"] = await _findings(store, found)
    more |= await _listed(store, found, names, wanted)
    return replace(found, **more)


async def gather_capacity(store: Store, found: Gathered) -> CapacityFigures:
    """What a capacity plan needs beside the rest."""
    figures, zone = ReportFigures(store), found.asked.timezone
    names = [one.program for one in found.programs] if found.asked.programs else None
    last = found.until.astimezone(ZoneInfo(zone)).date() - DAY
    first = max(found.period.start, last - timedelta(days=HOURS_DAYS - 1))
    hours: tuple[HourLoad, ...] = ()
    days = 0
    if last >= first:
        span = Period(first, last)
        since, until = span.moments(zone)
        hours = hour_loads(await figures.hours(since, until, names), since, until, zone)
        days = span.days
    seen: dict[str, list[Mapping[str, Any]]] = {}
    for row in await figures.fillings(found.since, found.until, zone):
        seen.setdefault(row["program"], []).append(row)
    return CapacityFigures(
        hours=hours,
        hours_days=days,
        budgets=await figures.budgets(),
        fillings=tuple(_filling(name, rows) for name, rows in sorted(seen.items())),
        database_bytes=await figures.database_size(),
    )


def _has_runs(one: ProgramFigures) -> bool:
    """Whether it is a program of this report: probes have incidents but no runs."""
    return one.configured or any(part.runs or part.missed or part.unfinished for part in (one.totals, one.before))


async def _cells(store: Store, found: Gathered) -> tuple[Cell, ...]:
    worst = [one for one in by_faults(found.programs) if one.totals.runs or one.totals.missed][:MOST_ROWS]
    spelled = {one.program.lower(): one.program for one in worst}
    rows = await ReportFigures(store).cells(found.period, list(spelled.values()), step_of(found.period))
    return tuple(_cell(row, spelled) for row in rows)


async def _lost_days(store: Store, found: Gathered) -> tuple[tuple[Cell, ...], int]:
    promised = [one.program for one in found.programs if one.scheduled and one.target is not None]
    spelled = {name.lower(): name for name in promised}
    rows, left_out = await ReportFigures(store).lost_days(found.period, promised, MOST_LOST_DAYS)
    return tuple(_cell(row, spelled) for row in rows), left_out


async def _listed(store: Store, found: Gathered, names: Sequence[str] | None, wanted: frozenset[str]) -> dict[str, Any]:
    """The incidents, and the rows for counting again, which they are among."""
    again = "data" in wanted and found.asked.data
    if not again and "incidents" not in wanted:
        return {}
    incidents, left_out = await incidents_of(store, found, names, MOST_FAULTS if again else MOST_INCIDENTS)
    more: dict[str, Any] = {}
    if "incidents" in wanted:
        more["incidents"] = incidents[:MOST_INCIDENTS]
        more["incidents_more"] = left_out + len(incidents[MOST_INCIDENTS:])
    if again:
        more["data"] = await rows_to_count_again(store, found, names, incidents, left_out)
    return more


async def _months(store: Store, found: Gathered, names: Sequence[str] | None, back: int) -> tuple[MonthEntry, ...]:
    index = found.period.end.year * 12 + found.period.end.month - back
    span = Period(date(index // 12, index % 12 + 1, 1), found.period.end)
    by_program = await ReportFigures(store).months(span, names)
    times = await ReportFigures(store).month_times(span, names)
    scheduled = {one.program.lower() for one in found.programs if one.scheduled}
    spelled = {one.program.lower(): one.program for one in found.programs}
    by_month = await IncidentFigures(store).by_month(span, found.asked.timezone, found.asked.now, names)
    broken = {day.replace(day=1): counted for day, counted in by_month}
    entries = []
    for first in dict.fromkeys(day.replace(day=1) for day in span):
        known = by_program.get(first, {})
        entries.append(
            MonthEntry(
                month=Period(first, min(last_of_month(first), span.end)),
                totals=replace(total(known.values()), histogram=times.get(first, {})),
                scheduled=total(part for name, part in known.items() if name.lower() in scheduled),
                programs={spelled.get(name.lower(), name): part for name, part in known.items()},
                incidents=broken.get(first, IncidentTotals()),
            )
        )
    return tuple(entries)


async def _findings(store: Store, found: Gathered) -> tuple[Finding, ...]:
    names = [one.program for one in found.programs]
    days = await ReportFigures(store).failed_days(looked_through(found.period), names, MOST_FAILED_DAYS)
    return await find_insights(store, found.programs, days, found.asked)


def _cell(row: Mapping[str, Any], spelled: Mapping[str, str]) -> Cell:
    name = spelled.get(row["program"].lower(), row["program"])
    return Cell(name, row["since"], row["succeeded"], row["failed"], row["missed"], row["due"], row["kept"])


def _filling(name: str, rows: Sequence[Mapping[str, Any]]) -> Filling:
    days = tuple((row["day"], float(row["value"])) for row in rows)
    return Filling(name=name, title=rows[0]["title"] or name, unit=rows[0]["unit"], days=days)
