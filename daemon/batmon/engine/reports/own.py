"""Makes the reports that people here wrote: shipped sections over chosen programs, and queries of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from batmon.engine.reports.data import gather, gather_capacity
from batmon.errors import StepFailed
from batmon.model import aware
from batmon.refusals import because
from batmon.report.asked import Asked, ReportSettings
from batmon.report.document import Block, Cell, Chart, Column, Document, Kind, Paragraph, Section, Series, Table
from batmon.report.gathered import Gathered
from batmon.report.own import OwnSection, OwnTemplate, Use
from batmon.report.sections import capacity, days, incidents, insights, overview, programs, savings
from batmon.report.templates import document
from batmon.report.wording import Wording
from batmon.store import Store
from batmon.store.report_figures import ReportFigures

_PARTS: Mapping[Use, frozenset[str]] = {
    "trend": frozenset({"daily"}), "days": frozenset({"cells"}), "incidents": frozenset({"incidents"}),
    "insights": frozenset({"findings"}), "capacity": frozenset({"months"}),
}  # fmt: skip
_MOST_BARS = 400


async def compose_own(store: Store, settings: ReportSettings, asked: Asked, own: OwnTemplate) -> Document:
    """The report of an own template.

    Raises:
        BadRequest: it, or who asks, names programs that there are not.
        StepFailed: one of its queries cannot be run, or does not give what its columns say.
        StoreError: as ``Store``.
    """
    words = Wording(asked.language, settings.currency)
    whole = replace(asked, programs=asked.programs or own.programs)
    found = await gather(store, settings, whole, own.template, frozenset({"data"}))
    gathered = await _gathered(store, settings, whole, own)
    sections: list[Section | None] = []
    for number, part in enumerate(own.sections):
        if part.use is None:
            sections.append(await _queried(store, found, part, number))
        elif part.use != "definitions":
            figures = gathered[part.programs or whole.programs]
            for place, section in enumerate(await _used(store, figures, part.use, words)):
                title = part.titles.get(asked.language, "") if place == 0 else ""
                key = f"{section.key}_{number}" if number else section.key
                lead = _text(part, asked) if place == 0 else ()
                sections.append(
                    replace(section, key=key, title=title or section.title, blocks=(*lead, *section.blocks),
                            new_page=(part.new_page or section.new_page) if place == 0 else section.new_page)
                )  # fmt: skip
    made = document(found, own.template, sections)
    if not any(part.use == "definitions" for part in own.sections):
        return replace(made, definitions=())
    return made


async def _gathered(
    store: Store, settings: ReportSettings, whole: Asked, own: OwnTemplate
) -> dict[tuple[str, ...], Gathered]:
    """What the shipped sections need, once for each choice of programs."""
    parts: dict[tuple[str, ...], frozenset[str]] = {}
    for part in own.sections:
        if part.use is not None:
            chosen = part.programs or whole.programs
            parts[chosen] = parts.get(chosen, frozenset()) | _PARTS.get(part.use, frozenset())
    return {
        chosen: await gather(store, settings, replace(whole, programs=chosen, data=False), own.template, needs)
        for chosen, needs in parts.items()
    }


async def _used(store: Store, found: Gathered, use: Use, words: Wording) -> list[Section]:
    parts: list[Section | None]
    match use:
        case "summary":
            parts = [overview.overview(found, words), programs.worst_programs(found, words)]
        case "trend":
            parts = [days.runs_chart(found, words)]
        case "programs":
            parts = [programs.program_table(found, words)]
        case "days":
            parts = [days.heatmap(found, words)]
        case "incidents":
            parts = [incidents.incident_section(found, words)]
        case "savings":
            parts = [savings.savings_section(found, words)]
        case "insights":
            parts = [insights.insights_section(found.findings, words.language)]
        case "capacity":
            extra = await gather_capacity(store, found)
            parts = [
                capacity.growth(found, words),
                capacity.growing_programs(found, words),
                capacity.busy_hours(extra, words),
                capacity.time_budget(found, extra, words),
            ]
        case "definitions":
            parts = []
    return [part for part in parts if part is not None]


def _text(part: OwnSection, asked: Asked) -> tuple[Block, ...]:
    text = part.texts.get(asked.language)
    return (Paragraph(text=text),) if text else ()


async def _queried(store: Store, found: Gathered, part: OwnSection, number: int) -> Section:
    """A section of words and a query."""
    asked = found.asked
    title = part.titles.get(asked.language, "")
    blocks: list[Block] = list(_text(part, asked))
    if part.sql is not None:
        since, until = found.period.moments(asked.timezone)
        values = {
            "from": found.period.start.isoformat(), "to": found.period.end.isoformat(), "since": since.isoformat(),
            "until": until.isoformat(), "timezone": asked.timezone,
        }  # fmt: skip
        result = await ReportFigures(store).people_sql(part.sql, values, asked.timezone)
        columns = _columns(part, result.columns, result.rows, asked)
        rows = [
            tuple(_cell(row[column.key], column, part, place) for column in columns)
            for place, row in enumerate(result.rows, start=1)
        ]
        if part.chart is not None:
            blocks.append(_chart(part, columns, rows, title, number))
        blocks.append(Table(key=f"own_{number}", title=title, columns=columns, rows=rows))
    return Section(key=f"own_{number}", title=title, blocks=tuple(blocks), new_page=part.new_page)


def _columns(
    part: OwnSection, given: Sequence[str], rows: Sequence[Mapping[str, Any]], asked: Asked
) -> tuple[Column, ...]:
    if not part.columns:
        return tuple(Column(key=name, title=name, kind=_kind(name, rows)) for name in given)
    for column, _ in part.columns:
        _known(column.key, given, part)
    return tuple(replace(column, title=titles[asked.language]) for column, titles in part.columns)


def _known(name: str, given: Sequence[str], part: OwnSection) -> None:
    if name not in given:
        place = part.sql.place if part.sql is not None else ""
        raise StepFailed(because("own-no-column", place=place, name=name, known=", ".join(given)))


def _kind(name: str, rows: Sequence[Mapping[str, Any]]) -> Kind:
    """That of a column which nobody named one for: by its first value."""
    value = next((row[name] for row in rows if row[name] is not None), None)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return Kind.TEXT
    return Kind.COUNT if isinstance(value, int) else Kind.NUMBER


def _cell(value: Any, column: Column, part: OwnSection, place: int) -> Cell:
    """A value of a query, which comes as JSON knows it, as its column's kind has it."""
    if value is None or isinstance(value, bool):
        return value
    try:
        if column.kind is Kind.DATE:
            return date.fromisoformat(str(value)[:10])
        if column.kind is Kind.TIME:
            return aware(datetime.fromisoformat(str(value)))
        if column.kind in (Kind.TEXT, Kind.STATUS):
            return str(value)
        return value if isinstance(value, (int, float)) else float(value)
    except (TypeError, ValueError):
        where = part.sql.place if part.sql is not None else ""
        raise StepFailed(
            because("own-wrong-cell", where=where, value=value, row=place, column=column.key, kind=column.kind.value)
        ) from None


def _chart(
    part: OwnSection, columns: Sequence[Column], rows: Sequence[tuple[Cell, ...]], title: str, number: int
) -> Chart:
    wanted = part.chart
    assert wanted is not None  # noqa: S101 - who calls has looked
    keys = [column.key for column in columns]
    for name in (wanted.labels, *wanted.values):
        _known(name, keys, part)
    shown = rows[:_MOST_BARS]
    series = []
    for name in wanted.values:
        place = keys.index(name)
        values = tuple(_height(row[place], part, name) for row in shown)
        series.append(Series(title=columns[place].title, values=values))
    place = keys.index(wanted.labels)
    labels = tuple("" if row[place] is None else str(row[place]) for row in shown)
    kind = columns[keys.index(wanted.values[0])].kind
    return Chart(
        key=f"own_chart_{number}", title=title, shape=wanted.shape, labels=labels, series=tuple(series), kind=kind
    )


def _height(value: Cell, part: OwnSection, name: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        where = part.sql.place if part.sql is not None else ""
        raise StepFailed(because("own-not-a-number", where=where, column=name, value=value))
    return float(value)
