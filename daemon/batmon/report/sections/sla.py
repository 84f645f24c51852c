"""Promises kept and broken: targets per program, the days on which they were lost, outages, and the months before."""

from __future__ import annotations

from batmon.metrics.figures import ProgramFigures, Totals
from batmon.report.document import Block, Cell, Chart, Column, Figure, Figures, Kind, Paragraph, Section, Series, Table
from batmon.report.gathered import Gathered, IncidentEntry
from batmon.report.sections.incidents import repair_figures
from batmon.report.sections.overview import incident_figures
from batmon.report.wording import Wording

OUTAGES = 50
DAYS_IN_A_CELL = 6


def sla_headline(found: Gathered, words: Wording) -> Section:
    """Whether the promises were kept, in words and key figures."""
    promised = [one for one in found.programs if one.target is not None]
    judged = [one for one in promised if one.met is not None]
    broken = [one for one in judged if one.met is False]
    parts: list[Block] = []
    if not promised:
        parts.append(Paragraph(text=words("no_targets"), tone="muted"))
    elif not judged:
        parts.append(Paragraph(text=words("nothing_due"), tone="muted"))
    elif broken:
        names = [
            f"{words.short(one.title)} {words.percent(one.availability)}" for one in sorted(broken, key=_shortfall)
        ]
        text = words(
            "sla_broken", met=len(judged) - len(broken), of=len(judged), missed=len(broken), names=words.listed(names)
        )
        parts.append(Paragraph(text=text, tone="bad"))
    else:
        parts.append(Paragraph(text=words("sla_kept", of=len(judged)), tone="good"))
    parts.append(
        Figures(
            items=(
                Figure(key="availability", title=words("availability"), value=found.availability, kind=Kind.PERCENT,
                       before=found.availability_before, better="high"),
                Figure(key="targets_met", title=words("targets_met_title"), value=len(judged) - len(broken),
                       note=words("of_programs", of=len(judged)), tone="bad" if broken else "good" if judged else ""),
                Figure(key="lost_days", title=words("lost_days"), value=len(found.lost) + found.lost_more,
                       note=words("lost_of_each"), better="low"),
                Figure(key="outage", title=words("outage_hours"), kind=Kind.HOURS, better="low",
                       value=found.incident_totals.outage_seconds / 3600,
                       before=found.incident_totals_before.outage_seconds / 3600),
                *repair_figures(found, words),
            )
        )
    )  # fmt: skip
    parts.append(Figures(items=incident_figures(found.incident_totals, found.incident_totals_before, words)))
    return Section(key="overview", title=words("overview"), blocks=tuple(parts), summary=True)


def target_table(found: Gathered, words: Wording) -> Section:
    """Each program with a schedule: what was promised, what was kept, and on which days it was lost."""
    lost: dict[str, list[str]] = {}
    for cell in found.lost:
        lost.setdefault(cell.program, []).append(f"{words.day(cell.since)} ({cell.kept}/{cell.due})")
    scheduled = sorted(
        (one for one in found.programs if one.scheduled and one.totals.due > 0),
        key=lambda one: (one.met is not False, one.availability if one.availability is not None else 2.0, one.title),
    )
    answer = {True: words("met"), False: words("not_met"), None: words("no_target")}
    rows: list[tuple[Cell, ...]] = [
        (
            one.title, one.target, one.availability, answer[one.met], one.totals.due, one.totals.kept,
            one.totals.due - one.totals.kept, one.totals.excused, words.listed(lost.get(one.program, []),
                                                                               DAYS_IN_A_CELL),
            one.incidents.outage_seconds, one.incidents.longest_seconds, one.incidents.mttr_hours,
            one.incidents.mtta_hours, one.mtbf_hours,
        )
        for one in scheduled
    ]  # fmt: skip
    table = Table(
        key="targets",
        title=words("targets"),
        columns=(
            Column(key="program", title=words("program"), width=24),
            Column(key="target", title=words("target"), kind=Kind.PERCENT),
            Column(key="availability", title=words("availability"), kind=Kind.PERCENT, better="high"),
            Column(key="met", title=words("met_title"), width=8),
            Column(key="due", title=words("due"), kind=Kind.COUNT),
            Column(key="kept", title=words("kept"), kind=Kind.COUNT),
            Column(key="not_kept", title=words("not_kept"), kind=Kind.COUNT, better="low"),
            Column(key="excused", title=words("excused"), kind=Kind.COUNT),
            Column(key="lost_days", title=words("lost_days"), width=30),
            Column(key="outage", title=words("outage"), kind=Kind.SECONDS, better="low"),
            Column(key="longest_outage", title=words("longest_outage"), kind=Kind.SECONDS, better="low"),
            Column(key="mttr", title="MTTR", kind=Kind.HOURS, better="low"),
            Column(key="mtta", title="MTTA", kind=Kind.HOURS, better="low"),
            Column(key="mtbf", title="MTBF", kind=Kind.HOURS, better="high"),
        ),
        rows=rows,
        note=words("targets_note"),
        empty=words("nothing_due"),
    )
    return Section(key="targets", title=words("targets"), blocks=(table,))


def lost_days(found: Gathered, words: Wording) -> Section:
    """Every day on which a program with a target did not do all that was due."""
    titles = {one.program: one.title for one in found.programs}
    table = Table(
        key="lost_days",
        title=words("lost_days"),
        columns=(
            Column(key="program", title=words("program"), width=24),
            Column(key="day", title=words("day"), kind=Kind.DATE),
            Column(key="due", title=words("due"), kind=Kind.COUNT),
            Column(key="kept", title=words("kept"), kind=Kind.COUNT),
            Column(key="failed", title=words("failed"), kind=Kind.COUNT, better="low"),
            Column(key="missed", title=words("missed"), kind=Kind.COUNT, better="low"),
        ),
        rows=[
            (titles.get(one.program, one.program), one.since, one.due, one.kept, one.failed, one.missed)
            for one in found.lost
        ],
        note=words("lost_more", more=words.count(found.lost_more)) if found.lost_more else "",
        empty=words("no_lost_days"),
    )
    return Section(key="lost_days", title=words("lost_days"), blocks=(table,))


def outages(found: Gathered, words: Wording) -> Section:
    """The ERROR incidents of the period, the longest first."""
    errors = sorted((one for one in found.incidents if one.severity == "ERROR"), key=_longest)
    table = Table(
        key="outages",
        title=words("outages"),
        columns=(
            Column(key="incident_id", title=words("number"), width=7),
            Column(key="program", title=words("program"), width=20),
            Column(key="sentence", title=words("reason"), width=48),
            Column(key="opened_at", title=words("opened_at"), kind=Kind.TIME),
            Column(key="resolved_at", title=words("resolved_at"), kind=Kind.TIME),
            Column(key="seconds", title=words("open_in_period"), kind=Kind.SECONDS, better="low"),
        ),
        rows=[
            (str(one.incident_id), one.title, one.sentence, one.opened_at, one.resolved_at, one.seconds)
            for one in errors[:OUTAGES]
        ],
        note=words("outages_some", shown=OUTAGES, of=words.count(len(errors))) if len(errors) > OUTAGES else "",
        empty=words("no_outages"),
    )
    return Section(key="outages", title=words("outages"), blocks=(table,))


def months_section(found: Gathered, words: Wording, *, summary: bool = False) -> Section | None:
    """Availability and success rate over the last months as lines, and each program's availability as a table."""
    months = [one for one in found.months if one.totals.runs or one.totals.missed]
    if len(months) < 2:
        return None
    labels = tuple(f"{one.month.start:%Y-%m}" for one in months)
    chart = Chart(
        key="months",
        title=words("trend_months"),
        shape="line",
        labels=labels,
        series=(
            Series(title=words("availability"), values=tuple(one.scheduled.availability for one in months)),
            Series(title=words("success_rate"), values=tuple(one.totals.success_rate for one in months)),
        ),
        kind=Kind.PERCENT,
    )
    figures = Table(
        key="months",
        title=words("months"),
        columns=(
            Column(key="month", title=words("month"), width=9),
            Column(key="runs", title=words("runs"), kind=Kind.COUNT),
            Column(key="failed", title=words("failed"), kind=Kind.COUNT, better="low"),
            Column(key="missed", title=words("missed"), kind=Kind.COUNT, better="low"),
            Column(key="success_rate", title=words("success_rate"), kind=Kind.PERCENT, better="high"),
            Column(key="availability", title=words("availability"), kind=Kind.PERCENT, better="high"),
            Column(key="sr_total", title=words("sr_total"), kind=Kind.COUNT, better="low"),
            Column(key="sr_done", title=words("sr_done"), kind=Kind.COUNT),
            Column(key="sr_open", title=words("sr_open"), kind=Kind.COUNT, better="low"),
            Column(key="mttr", title="MTTR", kind=Kind.HOURS, better="low"),
            Column(key="mtta", title="MTTA", kind=Kind.HOURS, better="low"),
        ),
        rows=[
            (
                label, one.totals.runs, one.totals.failed, one.totals.missed, one.totals.success_rate,
                one.scheduled.availability, one.incidents.opened, one.incidents.resolved, one.incidents.open_at_end,
                one.incidents.mttr_hours, one.incidents.mtta_hours,
            )
            for label, one in zip(labels, months, strict=True)
        ],
        note=words("months_note"),
    )  # fmt: skip
    blocks: tuple[Block, ...] = (chart,) if summary else (chart, figures, *_by_program(found, words))
    return Section(key="months", title=words("trend_months"), blocks=blocks, summary=summary)


def _by_program(found: Gathered, words: Wording) -> list[Table]:
    """Each program's availability, month by month."""
    scheduled = sorted((one for one in found.programs if one.scheduled), key=lambda one: one.title)
    none = Totals()
    rows: list[tuple[Cell, ...]] = []
    for one in scheduled:
        shares = [month.programs.get(one.program, none).availability for month in found.months]
        if any(share is not None for share in shares):
            rows.append((one.title, one.target, *shares))
    columns = (
        Column(key="program", title=words("program"), width=24),
        Column(key="target", title=words("target"), kind=Kind.PERCENT),
        *(
            Column(
                key=f"{month.month.start:%Y-%m}", title=f"{month.month.start:%Y-%m}", kind=Kind.PERCENT, better="high"
            )
            for month in found.months
        ),
    )
    return (
        [Table(key="months_by_program", title=words("months_by_program"), columns=columns, rows=rows)] if rows else []
    )


def _longest(one: IncidentEntry) -> tuple[float, int]:
    return (-one.seconds, one.incident_id)


def _shortfall(one: ProgramFigures) -> float:
    return (one.availability or 0.0) - (one.target or 0.0)
