"""The programs of a report: the worst of them, how available each was, and all of them as a table."""

from __future__ import annotations

from batmon.metrics.figures import ProgramFigures, change
from batmon.report.document import Cell, Chart, Column, Kind, Section, Series, Table
from batmon.report.gathered import Gathered
from batmon.report.wording import Wording

WORST = 5
"""Programs on the first page."""
BARS = 10
"""Programs in a chart."""
LIMITS = (0.99, 0.95)
"""From where on a success rate is a warning, and bad."""


def worst_programs(found: Gathered, words: Wording) -> Section:
    """Those with the most failed and missed runs, at most ``WORST``."""
    worst = [one for one in by_faults(found.programs) if one.totals.failed or one.totals.missed][:WORST]
    table = Table(
        key="worst",
        title=words("worst_programs"),
        columns=(
            Column(key="program", title=words("program"), width=24),
            Column(key="failed", title=words("failed"), kind=Kind.COUNT, better="low"),
            Column(key="missed", title=words("missed"), kind=Kind.COUNT, better="low"),
            Column(key="faults_before", title=words("faults_before"), kind=Kind.COUNT, better="low"),
            Column(
                key="success_rate", title=words("success_rate"), kind=Kind.PERCENT, better="high", limits=LIMITS
            ),
            Column(key="availability", title=words("availability"), kind=Kind.PERCENT, better="high"),
            Column(key="open", title=words("sr_open"), kind=Kind.COUNT, better="low"),
        ),
        rows=[
            (one.title, one.totals.failed, one.totals.missed, one.before.failed + one.before.missed,
             one.totals.success_rate, one.availability, one.incidents.open_at_end)
            for one in worst
        ],
        empty=words("no_faults"),
    )  # fmt: skip
    return Section(key="worst", title=words("worst_programs"), blocks=(table,), summary=True)


def availability_chart(found: Gathered, words: Wording, *, summary: bool = True) -> Section | None:
    """The least available programs as lying bars; None if nothing was due."""
    due = sorted(
        (one for one in found.programs if one.availability is not None),
        key=lambda one: (one.availability or 0.0, one.title),
    )
    if not due:
        return None
    shown = due[:BARS]
    chart = Chart(
        key="availability",
        title=words("availability_by_program"),
        shape="rows",
        labels=tuple(one.title for one in shown),
        series=(Series(title=words("availability"), values=tuple(one.availability for one in shown)),),
        kind=Kind.PERCENT,
        note=words("least_available", shown=len(shown), of=len(due)) if len(due) > BARS else "",
    )
    return Section(key="availability", title=words("availability_by_program"), blocks=(chart,), summary=summary)


def program_table(found: Gathered, words: Wording) -> Section:
    """Every program with its figures, the worst first, and their sum."""
    rows: list[tuple[Cell, ...]] = [_row(one) for one in by_faults(found.programs)]
    totals, before = found.totals, found.totals_before
    total = (
        words("total"), "", totals.runs, totals.succeeded, totals.failed, totals.missed, totals.success_rate,
        found.availability, None, _half(totals.quantile(0.5)), _half(totals.quantile(0.95)), totals.processed,
        sum(one.saved_hours for one in found.programs), change(totals.processed, before.processed),
    )  # fmt: skip
    table = Table(
        key="programs",
        title=words("all_programs"),
        columns=(
            Column(key="program", title=words("program"), width=24),
            Column(key="department", title=words("department"), width=12),
            Column(key="runs", title=words("runs"), kind=Kind.COUNT),
            Column(key="succeeded", title=words("succeeded"), kind=Kind.COUNT),
            Column(key="failed", title=words("failed"), kind=Kind.COUNT, better="low"),
            Column(key="missed", title=words("missed"), kind=Kind.COUNT, better="low"),
            Column(key="success_rate", title=words("success_rate"), kind=Kind.PERCENT, better="high", limits=LIMITS),
            Column(key="availability", title=words("availability"), kind=Kind.PERCENT, better="high"),
            Column(key="success_change", title=words("change_points"), kind=Kind.POINTS, better="high"),
            Column(key="p50", title="p50", kind=Kind.SECONDS, better="low"),
            Column(key="p95", title="p95", kind=Kind.SECONDS, better="low"),
            Column(key="processed", title=words("processed"), kind=Kind.COUNT),
            Column(key="saved_hours", title=words("saved_hours"), kind=Kind.HOURS),
            Column(key="processed_change", title=words("change_processed"), kind=Kind.CHANGE, better="high"),
        ),
        rows=rows,
        total=total if rows else None,
        note=words("compared_with", period=words.period(found.period.before())),
        empty=words("no_programs"),
    )
    return Section(key="programs", title=words("all_programs"), blocks=(table,), new_page=True)


def by_faults(programs: tuple[ProgramFigures, ...]) -> list[ProgramFigures]:
    """The worst first: by failed and missed runs, then by how few succeeded, then by name."""
    return sorted(
        programs,
        key=lambda one: (
            -(one.totals.failed + one.totals.missed),
            2.0 if one.totals.success_rate is None else one.totals.success_rate,
            one.title,
        ),
    )


def _row(one: ProgramFigures) -> tuple[Cell, ...]:
    now, before = one.totals, one.before
    rate, rate_before = now.success_rate, before.success_rate
    return (
        one.title, one.department, now.runs, now.succeeded, now.failed, now.missed, rate, one.availability,
        None if rate is None or rate_before is None else rate - rate_before,
        _half(now.quantile(0.5)), _half(now.quantile(0.95)), now.processed, one.saved_hours,
        change(now.processed, before.processed),
    )  # fmt: skip


def _half(seconds: float | None) -> float | None:
    """Three figures are what a histogram is good for."""
    return None if seconds is None else float(f"{seconds:.3g}")
