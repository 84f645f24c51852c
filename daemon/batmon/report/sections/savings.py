"""What the programs spared people: hours and money, by department and by bot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from batmon.metrics.figures import ProgramFigures, change
from batmon.report.document import Block, Cell, Chart, Column, Figure, Figures, Kind, Paragraph, Section, Series, Table
from batmon.report.gathered import Gathered
from batmon.report.sections.overview import saved_words
from batmon.report.wording import Wording

BARS = 12


@dataclass(slots=True)
class _Sum:
    programs: int = 0
    processed: int = 0
    hours: float = 0.0
    money: float = 0.0
    hours_before: float = 0.0


def savings_section(found: Gathered, words: Wording, *, summary: bool = False) -> Section:
    """By department and by bot; a bot of no department is counted under a name for those."""
    spared = sorted(
        (one for one in found.programs if one.totals.processed or one.before.processed),
        key=lambda one: (-one.saved_hours, one.title),
    )
    by_department: dict[str, _Sum] = {}
    for one in spared:
        part = by_department.setdefault(one.department, _Sum())
        part.programs += 1
        part.processed += one.totals.processed
        part.hours += one.saved_hours
        part.money += one.saved_money
        part.hours_before += one.saved_hours_before
    departments: list[tuple[Cell, ...]] = [
        (name or words("no_department"), part.programs, part.processed, part.hours, part.money,
         change(part.hours, part.hours_before))
        for name, part in sorted(by_department.items(), key=lambda item: (-item[1].hours, item[0]))
    ]  # fmt: skip
    bots: list[tuple[Cell, ...]] = [
        (one.title, one.department or words("no_department"), one.totals.succeeded, one.totals.processed,
         one.worth.minutes_per_item, one.saved_hours, one.saved_money, one.totals.mean_seconds,
         change(one.saved_hours, one.saved_hours_before))
        for one in spared
    ]  # fmt: skip
    processed = sum(one.totals.processed for one in spared)
    hours, money = sum(one.saved_hours for one in spared), sum(one.saved_money for one in spared)
    hours_before = sum(one.saved_hours_before for one in spared)
    grown = change(hours, hours_before)
    paid = any(one.worth.hourly_cost for one in found.programs)
    people = words("working_months", count=f"{hours / WORKING_MONTH:,.1f}")
    blocks: list[Block] = [
        *(headline(found, spared, grown, words) if summary else ()),
        Figures(
            items=(
                Figure(key="processed", title=words("processed"), value=processed, better="high",
                       before=sum(one.before.processed for one in spared)),
                Figure(key="saved_hours", title=words("saved_hours"), value=hours, kind=Kind.HOURS, better="high",
                       before=hours_before, note=people),
                Figure(key="saved_money", title=words("saved_money"), value=money if paid else None,
                       kind=Kind.MONEY, better="high", before=found.overall.saved_money_before or None,
                       note="" if paid else words("no_hourly_cost")),
            )
        ),
        *([_chart(departments, words)] if len(departments) > 1 else []),
        Table(
            key="savings_by_department",
            title=words("savings_by_department"),
            columns=(
                Column(key="department", title=words("department"), width=16),
                Column(key="programs", title=words("programs"), kind=Kind.COUNT),
                Column(key="processed", title=words("processed"), kind=Kind.COUNT),
                Column(key="saved_hours", title=words("saved_hours"), kind=Kind.HOURS),
                Column(key="saved_money", title=words("saved_money"), kind=Kind.MONEY),
                Column(key="change", title=words("change"), kind=Kind.CHANGE, better="high"),
            ),
            rows=departments,
            total=(words("total"), len(spared), processed, hours, money, grown) if spared else None,
            empty=words("nothing_processed"),
        ),
        Table(
            key="savings_by_bot",
            title=words("savings_by_bot"),
            columns=(
                Column(key="program", title=words("program"), width=24),
                Column(key="department", title=words("department"), width=16),
                Column(key="succeeded", title=words("succeeded"), kind=Kind.COUNT),
                Column(key="processed", title=words("processed"), kind=Kind.COUNT),
                Column(key="minutes_per_item", title=words("minutes_per_item"), kind=Kind.NUMBER),
                Column(key="saved_hours", title=words("saved_hours"), kind=Kind.HOURS),
                Column(key="saved_money", title=words("saved_money"), kind=Kind.MONEY),
                Column(key="mean", title=words("mean"), kind=Kind.SECONDS),
                Column(key="change", title=words("change"), kind=Kind.CHANGE, better="high"),
            ),
            rows=bots,
            total=(
                words("total"), "", sum(one.totals.succeeded for one in spared), processed, None, hours, money, None,
                grown,
            ) if spared else None,
            empty=words("nothing_processed"),
        ),
    ]  # fmt: skip
    return Section(key="savings", title=words("savings"), blocks=tuple(blocks), summary=summary)


def headline(
    found: Gathered, spared: Sequence[ProgramFigures], grown: float | None, words: Wording
) -> tuple[Paragraph, ...]:
    """What was spared in words, against the period before, and by which bots most."""
    parts = saved_words(found, words)
    if not parts:
        return (Paragraph(text=words("nothing_processed"), tone="muted"),)
    if grown is not None:
        change_words = words.change(abs(grown)).removeprefix("+")
        before = words.hours(found.overall.saved_hours_before)
        key = "saved_up" if grown > 0 else "saved_down"
        parts.append(words(key, than=words.than(found.period), before=before, change=change_words))
    best = [f"{words.short(one.title)} {words.hours(one.saved_hours)}" for one in spared[:3] if one.saved_hours]
    parts.append(words("saved_most", names=", ".join(best)))
    return (Paragraph(text=" ".join(parts)),)


WORKING_MONTH = 209.0
"""The hours of a person's month, for a figure that one can imagine: 40 a week with paid rest, as Korean law counts."""


def _chart(departments: list[tuple[Cell, ...]], words: Wording) -> Chart:
    shown = departments[:BARS]
    return Chart(
        key="saved_by_department",
        title=words("saved_hours_by_department"),
        shape="rows",
        labels=tuple(str(row[0]) for row in shown),
        series=(Series(title=words("saved_hours"), values=tuple(float(row[3] or 0) for row in shown)),),  # type: ignore[arg-type] # the column of hours
        kind=Kind.HOURS,
    )
