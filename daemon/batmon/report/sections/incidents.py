"""The incidents of a report, which stand for the service requests of other houses."""

from __future__ import annotations

from batmon.report.document import Column, Figure, Figures, Kind, Section, Table
from batmon.report.gathered import Gathered
from batmon.report.sections.overview import incident_figures
from batmon.report.wording import Wording


def incident_section(found: Gathered, words: Wording) -> Section:
    """Their key figures and all of them, the latest first."""
    now, before = found.incident_totals, found.incident_totals_before
    figures = Figures(items=(*incident_figures(now, before, words), *repair_figures(found, words)))
    note = words("incidents_more", more=words.count(found.incidents_more)) if found.incidents_more else ""
    table = Table(
        key="incidents",
        title=words("incident_list"),
        columns=(
            Column(key="incident_id", title=words("number"), width=7),
            Column(key="program", title=words("program"), width=20),
            Column(key="severity", title=words("severity"), kind=Kind.STATUS),
            Column(key="sentence", title=words("reason"), width=48),
            Column(key="opened_at", title=words("opened_at"), kind=Kind.TIME),
            Column(key="acknowledged_by", title=words("acknowledged_by"), width=12),
            Column(key="resolved_at", title=words("resolved_at"), kind=Kind.TIME),
            Column(key="seconds", title=words("open_in_period"), kind=Kind.SECONDS, better="low"),
            Column(key="reopened", title=words("reopened"), kind=Kind.COUNT, better="low"),
        ),
        rows=[
            (
                str(one.incident_id), one.title, one.severity, one.sentence, one.opened_at, one.acknowledged_by or None,
                one.resolved_at, one.seconds, one.reopened,
            )
            for one in found.incidents
        ],
        note=note,
        empty=words("no_incidents"),
    )  # fmt: skip
    return Section(key="incidents", title=words("incidents"), blocks=(figures, table))


def repair_figures(found: Gathered, words: Wording) -> tuple[Figure, ...]:
    """How fast people were, and how long something was down."""
    now, before = found.incident_totals, found.incident_totals_before
    return (
        Figure(key="mtta", title=words("mtta"), value=now.mtta_hours, kind=Kind.HOURS, before=before.mtta_hours,
               better="low"),
        Figure(key="mtbf", title=words("mtbf"), value=now.mtbf_hours(found.watched_seconds), kind=Kind.HOURS,
               before=before.mtbf_hours(found.watched_seconds_before), better="high"),
        Figure(key="longest_outage", title=words("longest_outage"), value=now.longest_seconds, kind=Kind.SECONDS,
               before=before.longest_seconds or None, better="low"),
    )  # fmt: skip
