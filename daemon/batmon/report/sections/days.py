"""Days of a report: runs by outcome over time, and programs by days as a heatmap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from batmon.metrics.figures import Totals, total
from batmon.metrics.periods import Period
from batmon.report.document import Chart, Heatmap, Section, Series
from batmon.report.gathered import Gathered
from batmon.report.wording import Wording

Step = Literal["day", "week", "month"]
MOST_DAYS = 45
MOST_WEEKS = 40
MOST_ROWS = 60
"""Programs in a heatmap: those in which something went wrong most often."""


def step_of(period: Period) -> Step:
    """By what the days of a period are put together, so that they can be told apart in a picture."""
    if period.days <= MOST_DAYS:
        return "day"
    return "week" if period.days <= MOST_WEEKS * 7 else "month"


def starts(period: Period) -> tuple[date, ...]:
    """The first day of each column of a period: each day, each Monday or each first of a month, and its own first."""
    step = step_of(period)
    return tuple(dict.fromkeys(column(day, period, step) for day in period))


def column(day: date, period: Period, step: Step) -> date:
    """The first day of the column that ``day`` belongs to."""
    if step == "week":
        day -= timedelta(days=day.weekday())
    elif step == "month":
        day = day.replace(day=1)
    return max(day, period.start)


def runs_chart(found: Gathered, words: Wording, *, summary: bool = True) -> Section:
    """Runs by day, week or month, each bar stacked by outcome."""
    period, step = found.period, step_of(found.period)
    columns = starts(period)
    parts: dict[date, list[Totals]] = {first: [] for first in columns}
    for day, counted in found.daily:
        first = column(day, period, step)
        if first in parts:
            parts[first].append(counted)
    sums = [total(parts[first]) for first in columns]
    chart = Chart(
        key="runs_by_day",
        title=words(f"runs_by_{step}"),
        shape="stacked",
        labels=labels(columns, step, words),
        series=(
            Series(title=words("succeeded"), values=tuple(one.succeeded for one in sums), tone="good"),
            Series(title=words("failed"), values=tuple(one.failed for one in sums), tone="bad"),
            Series(title=words("missed"), values=tuple(one.missed for one in sums), tone="warn"),
        ),
        note=words("days_of_zones"),
    )
    return Section(key="runs_by_day", title=words(f"runs_by_{step}"), blocks=(chart,), summary=summary)


def heatmap(found: Gathered, words: Wording) -> Section | None:
    """Programs by days; None if nothing ran."""
    columns = starts(found.period)
    known: dict[str, dict[date, float | None]] = {}
    faults: dict[str, int] = {}
    for cell in found.cells:
        known.setdefault(cell.program, {})[cell.since] = cell.share
        faults[cell.program] = faults.get(cell.program, 0) + cell.failed + cell.missed
    if not known:
        return None
    titles = {one.program: one.title for one in found.programs}
    order = sorted(known, key=lambda name: (-faults[name], titles.get(name, name)))
    shown = order[:MOST_ROWS]
    ran = sum(bool(one.totals.runs or one.totals.missed) for one in found.programs)
    block = Heatmap(
        key="heatmap",
        title=words(f"heatmap_{step_of(found.period)}"),
        rows=tuple(titles.get(name, name) for name in shown),
        columns=labels(columns, step_of(found.period), words),
        values=tuple(tuple(known[name].get(first) for first in columns) for name in shown),
        note=words("heatmap_some", shown=len(shown), of=ran) if ran > len(shown) else words("heatmap_note"),
    )
    return Section(key="heatmap", title=words("heatmap"), blocks=(block,))


def labels(columns: Sequence[date], step: Step, words: Wording) -> tuple[str, ...]:
    """The columns' first days as an axis has them."""
    return tuple(f"{first:%Y-%m}" if step == "month" else words.day(first) for first in columns)
