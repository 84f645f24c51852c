"""What is to come: growth by month and what it comes to, busy hours, time budgets, and what fills up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from batmon.metrics.figures import ProgramFigures, Totals
from batmon.report.document import Block, Cell, Chart, Column, Figure, Figures, Kind, Paragraph, Section, Series, Table
from batmon.report.gathered import Gathered, MonthEntry
from batmon.report.projection import AHEAD, FEWEST, HOPELESS, POOR_FIT, Line, fitted, projected
from batmon.report.values import tenths
from batmon.report.wording import Wording

FEWEST_DAYS = 14
"""Of a disk, for what becomes of it."""
NEAR_BUDGET = (0.7, 0.9)
"""Share of the longest allowed run time from where on p95 is a warning, and bad."""
MOST = 100


@dataclass(frozen=True, slots=True)
class HourLoad:
    """One hour of the day in the readers' zone, over some days: runs that started, and how many ran at once."""

    hour: int
    starts: float
    """On an average day."""
    most_starts: int
    """In this hour of the busiest day."""
    at_once: float
    """Runs under way, on average over the hour."""
    most_at_once: float
    """The same on the busiest day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What a probe saw fill up: the median of each day, oldest first, in ``unit``."""

    name: str
    title: str
    unit: str
    days: tuple[tuple[date, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityFigures:
    """What a capacity plan needs beside the usual."""

    hours: tuple[HourLoad, ...] = ()
    hours_days: int = 0
    """Over how many days."""
    budgets: Mapping[str, float] = field(default_factory=dict)
    """The longest allowed run time of each program in seconds."""
    fillings: tuple[Filling, ...] = ()
    database_bytes: int | None = None


def whole_months(found: Gathered) -> list[MonthEntry]:
    """The complete months from the first one on in which anything ran."""
    today = found.until.astimezone(ZoneInfo(found.asked.timezone)).date()
    done = [one for one in found.months if one.month.end < today]
    while done and not done[0].totals.runs:
        done.pop(0)
    return done


def capacity_headline(found: Gathered, extra: CapacityFigures, words: Wording) -> Section:
    """What is projected, in words and figures."""
    months = whole_months(found)
    runs = fitted([float(one.totals.runs) for one in months])
    items = fitted([float(one.totals.processed) for one in months])
    blocks: list[Block] = []
    if runs is None or items is None:
        text = words("too_few_months", months=len(months), needed=FEWEST)
        blocks.append(Paragraph(text=text, tone="muted"))
    else:
        ahead = len(months) + (AHEAD - 1) / 2
        blocks.append(
            Paragraph(
                text=words(
                    "projected_was", runs=words.count(runs.at(ahead)), now=words.count(months[-1].totals.runs),
                    items=words.count(items.at(ahead)), months=len(months), distance=words.percent(runs.distance),
                    first=f"{_month_after(months[-1].month.end, 0):%Y-%m}",
                    last=f"{_month_after(months[-1].month.end, AHEAD - 1):%Y-%m}",
                )
            )
        )  # fmt: skip
        if max(runs.distance, items.distance) > POOR_FIT:
            blocks.append(Paragraph(text=words("fits_badly"), tone="warn"))
    busiest = max(extra.hours, key=lambda one: one.at_once, default=None)
    tight = [one for one in _budgets(found.programs, extra.budgets) if one[4] >= NEAR_BUDGET[0]]
    blocks.append(
        Figures(
            items=(
                Figure(key="runs", title=words("runs"), value=found.totals.runs,
                       before=found.totals_before.runs or None),
                Figure(key="processed", title=words("processed"), value=found.totals.processed,
                       before=found.totals_before.processed or None),
                Figure(key="p95", title=words("p95"), value=found.totals.quantile(0.95), kind=Kind.SECONDS,
                       before=found.totals_before.quantile(0.95), better="low"),
                Figure(key="busiest_hour", title=words("busiest_hour"), kind=Kind.TEXT,
                       value=None if busiest is None or not busiest.at_once else f"{busiest.hour:02}:00",
                       note="" if busiest is None else words("at_once_was", count=f"{busiest.at_once:.1f}")),
                Figure(key="tight", title=words("tight_programs"), value=len(tight), better="low",
                       tone="warn" if tight else ""),
                Figure(key="database", title=words("database_size"), value=extra.database_bytes, kind=Kind.BYTES),
            )
        )
    )  # fmt: skip
    return Section(key="overview", title=words("overview"), blocks=tuple(blocks), summary=True)


def growth(found: Gathered, words: Wording) -> Section:
    """Runs, items and times by month, and the line through them for the next quarter."""
    months = whole_months(found)
    rows: list[tuple[Cell, ...]] = [_month(one) for one in months]
    lines = [fitted([float(row[place] or 0) for row in rows]) for place in (1, 3, 4)]  # type: ignore[arg-type] # columns of numbers
    labels = [f"{one.month.start:%Y-%m}" for one in months]
    blocks: list[Block] = []
    runs, items, hours = lines
    projected: list[tuple[Cell, ...]] = []
    if runs is not None and items is not None and hours is not None:
        for step in range(AHEAD):
            place = len(months) + step
            label = f"{_month_after(months[-1].month.end, step):%Y-%m} {words('projected')}"
            projected.append((label, round(runs.at(place)), None, round(items.at(place)), hours.at(place), None, None))
            labels.append(label)
    if labels:
        known: tuple[float | None, ...] = tuple(float(one.totals.runs) for one in months)
        blank = (None,) * (len(labels) - len(months))
        series = [Series(title=words("runs"), values=(*known, *blank))]
        if runs is not None:
            line = tuple(runs.at(place) for place in range(len(labels)))
            series.append(Series(title=words("trend_line"), values=line, tone="muted"))
        blocks.append(
            Chart(key="growth", title=words("growth_runs"), shape="line", labels=tuple(labels), series=tuple(series))
        )
    blocks.append(
        Table(
            key="growth",
            title=words("growth"),
            columns=(
                Column(key="month", title=words("month"), width=14),
                Column(key="runs", title=words("runs"), kind=Kind.COUNT),
                Column(key="failed", title=words("failed"), kind=Kind.COUNT, better="low"),
                Column(key="processed", title=words("processed"), kind=Kind.COUNT),
                Column(key="run_hours", title=words("run_hours"), kind=Kind.HOURS),
                Column(key="p50", title="p50", kind=Kind.SECONDS),
                Column(key="p95", title="p95", kind=Kind.SECONDS),
            ),
            rows=[*rows, *projected],
            note=" ".join(_fit(line, what, words) for line, what in zip(lines, ("runs", "processed", "run_hours"),
                                                                        strict=True) if line is not None)
            or words("too_few_months", months=len(months), needed=FEWEST),
            empty=words("too_few_months", months=len(months), needed=FEWEST),
        )
    )  # fmt: skip
    return Section(key="growth", title=words("growth"), blocks=tuple(blocks))


def growing_programs(found: Gathered, words: Wording) -> Section:
    """The programs whose runs or run times grow the most by their months."""
    months = whole_months(found)
    rows: list[tuple[Cell, ...]] = []
    none = Totals()
    for one in found.programs:
        counted = [month.programs.get(one.program, none) for month in months]
        while counted and not counted[0].runs:
            counted.pop(0)
        if len(counted) < FEWEST:
            continue
        last = counted[-1]
        runs, runs_off = projected([float(part.runs) for part in counted])
        items, items_off = projected([float(part.processed) for part in counted])
        took, _ = projected([part.mean_seconds for part in counted if part.mean_seconds is not None])
        rows.append(
            (
                one.title, last.runs, None if runs is None else round(runs), last.processed,
                None if items is None else round(items), last.mean_seconds, took, max(runs_off, items_off),
            )
        )  # fmt: skip
    rows.sort(key=lambda row: (-_grown(row), str(row[0])))
    table = Table(
        key="growing_programs",
        title=words("growing_programs"),
        columns=(
            Column(key="program", title=words("program"), width=24),
            Column(key="runs", title=words("runs_last_month"), kind=Kind.COUNT),
            Column(key="runs_projected", title=words("runs_projected"), kind=Kind.COUNT),
            Column(key="processed", title=words("items_last_month"), kind=Kind.COUNT),
            Column(key="processed_projected", title=words("items_projected"), kind=Kind.COUNT),
            Column(key="mean", title=words("mean_last_month"), kind=Kind.SECONDS),
            Column(key="mean_projected", title=words("mean_projected"), kind=Kind.SECONDS),
            Column(
                key="distance", title=words("distance"), kind=Kind.PERCENT, better="low", limits=(POOR_FIT, HOPELESS)
            ),
        ),
        rows=rows[:MOST],
        note=words("method"),
        empty=words("too_few_months", months=len(months), needed=FEWEST),
    )
    return Section(key="growing_programs", title=words("growing_programs"), blocks=(table,))


def busy_hours(extra: CapacityFigures, words: Wording) -> Section:
    """At which hours of the day how much runs at once."""
    hours = sorted(extra.hours, key=lambda one: one.hour)
    if not any(one.starts or one.at_once for one in hours):
        empty = Paragraph(text=words("no_hours"), tone="muted")
        return Section(key="hours", title=words("busy_hours"), blocks=(empty,))
    labels = tuple(f"{one.hour:02}" for one in hours)
    chart = Chart(
        key="hours",
        title=words("at_once_by_hour"),
        shape="bars",
        labels=labels,
        series=(
            Series(title=words("at_once"), values=tuple(one.at_once for one in hours)),
            Series(title=words("most_at_once"), values=tuple(one.most_at_once for one in hours), tone="muted"),
        ),
        kind=Kind.NUMBER,
        note=words("hours_note", days=extra.hours_days),
    )
    table = Table(
        key="hours",
        title=words("busy_hours"),
        columns=(
            Column(key="hour", title=words("hour"), width=8),
            Column(key="starts", title=words("starts_a_day"), kind=Kind.NUMBER),
            Column(key="most_starts", title=words("most_starts"), kind=Kind.COUNT),
            Column(key="at_once", title=words("at_once"), kind=Kind.NUMBER),
            Column(key="most_at_once", title=words("most_at_once"), kind=Kind.NUMBER),
        ),
        rows=[(f"{one.hour:02}:00", one.starts, one.most_starts, one.at_once, one.most_at_once) for one in hours],
    )
    return Section(key="hours", title=words("busy_hours"), blocks=(chart, table))


def time_budget(found: Gathered, extra: CapacityFigures, words: Wording) -> Section:
    """How much of its longest allowed run time each program uses."""
    table = Table(
        key="time_budget",
        title=words("time_budget"),
        columns=(
            Column(key="program", title=words("program"), width=24),
            Column(key="budget", title=words("max_runtime"), kind=Kind.SECONDS),
            Column(key="p50", title="p50", kind=Kind.SECONDS),
            Column(key="p95", title="p95", kind=Kind.SECONDS),
            Column(key="used", title=words("budget_used"), kind=Kind.PERCENT, better="low", limits=NEAR_BUDGET),
            Column(key="p95_before", title=words("p95_before"), kind=Kind.SECONDS),
        ),
        rows=_budgets(found.programs, extra.budgets),
        empty=words("nothing_timed"),
    )
    return Section(key="time_budget", title=words("time_budget"), blocks=(table,))


def fillings(extra: CapacityFigures, words: Wording) -> Section | None:
    """What fills up, by its probe; None if no probe looked at such a thing."""
    rows: list[tuple[Cell, ...]] = []
    for one in extra.fillings:
        values = [value for _, value in one.days]
        places = [(day - one.days[0][0]).days for day, _ in one.days]
        line = fitted(values, FEWEST_DAYS, places)
        slope, ahead = (None, None) if line is None else (line.slope * 30, line.at(places[-1] + 90))
        rows.append((one.title, one.unit, values[0], values[-1], slope, ahead))
    if not rows:
        return None
    table = Table(
        key="fillings",
        title=words("fillings"),
        columns=(
            Column(key="probe", title=words("probe"), width=24),
            Column(key="unit", title=words("unit"), width=8),
            Column(key="first", title=words("first_value"), kind=Kind.NUMBER),
            Column(key="last", title=words("last_value"), kind=Kind.NUMBER),
            Column(key="month", title=words("a_month"), kind=Kind.NUMBER),
            Column(key="ahead", title=words("in_90_days"), kind=Kind.NUMBER),
        ),
        rows=rows,
        note=words("fillings_note"),
    )
    return Section(key="fillings", title=words("fillings"), blocks=(table,))


def _budgets(
    programs: Sequence[ProgramFigures], budgets: Mapping[str, float]
) -> list[tuple[str, float, float, float, float, float | None]]:
    found = []
    for one in programs:
        p50, p95, budget = one.totals.quantile(0.5), one.totals.quantile(0.95), budgets.get(one.program)
        if p50 is not None and p95 is not None and budget:
            found.append((one.title, budget, p50, p95, p95 / budget, one.before.quantile(0.95)))
    return sorted(found, key=lambda row: (-row[4], row[0]))


def _month(one: MonthEntry) -> tuple[Cell, ...]:
    totals = one.totals
    return (
        f"{one.month.start:%Y-%m}", totals.runs, totals.failed, totals.processed, totals.seconds / 3600,
        totals.quantile(0.5), totals.quantile(0.95),
    )  # fmt: skip


def _month_after(day: date, step: int) -> date:
    index = day.year * 12 + day.month + step
    return date(index // 12, index % 12 + 1, 1)


def _fit(line: Line, what: str, words: Wording) -> str:
    slope = f"{tenths(line.slope):+,}"
    if what == "run_hours":
        slope = f"{'+' if line.slope >= 0 else ''}{words.hours(line.slope)}"
    return words("fit", what=words(what), slope=slope, distance=words.percent(line.distance))


def _grown(row: Sequence[Cell]) -> float:
    """By how much of themselves runs are to change; nothing where that is not known."""
    before, ahead = row[1], row[2]
    if not isinstance(before, int) or not isinstance(ahead, int) or not before:
        return 0.0
    return abs(ahead - before) / before
