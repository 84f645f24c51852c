"""The incidents of a period before their stories, and the key figures of the report. Pure."""

from __future__ import annotations

from typing import Any

from batmon.judge.incident_state import Incident
from batmon.metrics.definitions import meanings
from batmon.report.document import Block, Column, Definition, Figure, Figures, Kind, Paragraph, Section, Table
from batmon.report.sections.overview import incident_figures
from batmon.report.story import IncidentStory, Overview, harmless
from batmon.report.voice import Voice
from batmon.report.wording import Wording
from batmon.words import Language

DEFINED = ("period", "sr_total", "sr_done", "sr_open", "completion_rate", "mttr", "mtta", "longest_outage")
"""Figures of the overview."""


def overview_section(overview: Overview, voice: Voice, currency: str) -> Section:
    """Key figures, and the list of the incidents with the worst first."""
    totals, before = overview.totals, overview.before
    figures = (
        *incident_figures(totals, before, Wording(voice.language, currency)),
        Figure(
            key="mtta", title=voice.words("mtta"), value=totals.mtta_hours, kind=Kind.HOURS, before=before.mtta_hours,
            better="low",
        ),
        Figure(
            key="longest_outage", title=voice.words("longest"), value=totals.longest_seconds or None, kind=Kind.SECONDS,
            before=before.longest_seconds or None, better="low",
        ),
    )  # fmt: skip
    blocks: list[Block] = [Figures(items=figures)]
    if overview.total > overview.told:
        blocks.append(Paragraph(text=voice.words("worst_told", n=overview.total, shown=overview.told)))
    left = overview.total - len(overview.incidents)
    columns = (
        Column(key="id", title=voice.words("col.id"), kind=Kind.COUNT),
        Column(key="severity", title=voice.words("col.severity"), kind=Kind.STATUS),
        Column(key="program", title=voice.words("col.program"), width=18),
        Column(key="opened", title=voice.words("col.opened"), kind=Kind.TIME),
        Column(key="resolved", title=voice.words("col.resolved"), kind=Kind.TIME),
        Column(key="lasted", title=voice.words("col.lasted"), kind=Kind.SECONDS),
        Column(key="noticed", title=voice.words("col.noticed"), kind=Kind.SECONDS),
        Column(key="reason", title=voice.words("col.reason"), width=44),
    )
    blocks.append(
        Table(
            key="incidents", title=voice.words("incidents"), columns=columns,
            rows=tuple(_row(overview, one) for one in overview.incidents), empty=voice.words("no_incidents"),
            note=voice.words("incidents_left", n=left) if left else "",
        )
    )  # fmt: skip
    return Section(key="overview", title=voice.words("overview"), blocks=tuple(blocks), summary=True)


def _row(overview: Overview, one: Incident) -> tuple[Any, ...]:
    first, sentence = overview.acknowledged.get(one.id), harmless(overview.sentences[one.id], 300)
    return (
        one.id, one.severity.value, overview.titles.get(one.program.lower(), one.program), one.opened_at,
        one.resolved_at, ((one.resolved_at or overview.until) - one.opened_at).total_seconds(),
        None if first is None else (first[0] - one.opened_at).total_seconds(), sentence,
    )  # fmt: skip


def defined(language: Language) -> tuple[Definition, ...]:
    """What the figures of the overview mean."""
    return tuple(
        Definition(key=one.key, title=one.titles[language], text=one.texts[language]) for one in meanings(DEFINED)
    )


def summary_of(overview: Overview) -> dict[str, Any]:
    """The key figures by name, as every report with incidents has them."""
    totals, period = overview.totals, overview.period
    rate, mttr = totals.completion_rate, totals.mttr_hours
    return {
        "period": {"start": period.start.isoformat(), "end": period.end.isoformat()},
        "sr_total": totals.opened,
        "sr_done": totals.resolved,
        "sr_open": totals.open_at_end,
        "completion_rate": 0.0 if rate is None else round(rate * 100, 1),
        "mttr_hours": 0.0 if mttr is None else round(mttr, 1),
        "incidents": overview.total,
        "told": [one.id for one in overview.incidents[: overview.told]],
    }


def subtitle_of(story: IncidentStory, voice: Voice) -> str:
    """Which incident it is and when it was, under the report's title."""
    end = "" if story.incident.open else voice.at(story.end)
    return f"{story.title} · #{story.incident.id} · {voice.at(story.incident.opened_at)} – {end}".rstrip()


def summary_of_one(story: IncidentStory) -> dict[str, Any]:
    """What is known of one incident, in short."""
    incident = story.incident
    acknowledged = None if story.acknowledged is None else story.acknowledged[0]
    return {
        "incident": incident.id,
        "program": incident.program,
        "severity": incident.severity.value,
        "reason": incident.reason.value,
        "state": incident.state.value,
        "opened_at": incident.opened_at.isoformat(),
        "resolved_at": None if incident.resolved_at is None else incident.resolved_at.isoformat(),
        "seconds": round(story.lasted.total_seconds()),
        "acknowledged_at": None if acknowledged is None else acknowledged.isoformat(),
        "signature": story.signature,
        "new_kind": story.new_kind if story.kind is not None else None,
        "programs_with_it": len(story.places),
        "reruns": len(story.reruns),
    }
