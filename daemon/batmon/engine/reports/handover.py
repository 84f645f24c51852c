"""Makes the report ``handover``: what happened in a period, word for word as a handover is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from batmon.engine.handover import told_between
from batmon.engine.handover_text import markdown
from batmon.errors import BadRequest
from batmon.judge.incident_state import Incident
from batmon.notify.mask import mask_start
from batmon.refusals import because
from batmon.report.asked import Asked, ReportSettings
from batmon.report.document import Column, Document, Figure, Figures, Kind, Row, Section, Table
from batmon.report.templates import shipped
from batmon.report.wording import Wording
from batmon.store import Store
from batmon.store.handovers import Handovers
from batmon.store.incidents import Incidents
from batmon.store.statistics import Statistics
from batmon.words import Language, say

_LISTS = ("open", "opened", "resolved", "acknowledged", "changed", "automations", "acts")


async def compose_handover(store: Store, settings: ReportSettings, asked: Asked) -> Document:
    """What happened in the period, and what is open now.

    Raises:
        BadRequest: the period has not begun.
        StoreError: as ``Store``.
    """
    template = shipped("handover")
    period = asked.whole_period(template.span or "week")
    since, until = period.moments(asked.timezone)
    if since >= asked.now:
        raise BadRequest(because("period-ahead", start=period.start))
    titles = {one.program: one.title for one in await Statistics(store).programs()}
    told = await told_between(
        Handovers(store), Incidents(store), _Names(titles, asked), since, min(until, asked.now), now=asked.now,
        language=asked.language, user=asked.by,
    )  # fmt: skip
    words = Wording(asked.language, settings.currency)
    figures = Figures(
        items=tuple(Figure(key=name, title=words(f"told_{name}"), value=len(told[name])) for name in _LISTS)
    )
    lists = [_section(name, told[name], words) for name in _LISTS if told[name]]
    return Document(
        template=template.name,
        title=template.titles[asked.language],
        subtitle=words.period(period),
        language=asked.language,
        timezone=asked.timezone,
        period=period,
        organisation=settings.organisation,
        currency=settings.currency,
        made_at=asked.now,
        made_by=asked.by,
        node=asked.node,
        sections=(Section(key="overview", title=words("overview"), blocks=(figures,), summary=True), *lists),
        summary={
            "period": {"start": period.start.isoformat(), "end": period.end.isoformat()},
            **{name: len(told[name]) for name in _LISTS},
        },
        text=markdown(told, asked.language, ZoneInfo(asked.timezone)),
    )


class _Names:
    """What programs are called, and why incidents are open, as the database has it."""

    def __init__(self, titles: Mapping[str, str], asked: Asked) -> None:
        self._titles = titles
        self._zone = ZoneInfo(asked.timezone)
        self.language: Language = asked.language

    def title(self, name: str) -> str:
        return self._titles.get(name) or name

    def sentence(self, incident: Incident, language: Language, now: datetime) -> str:
        return say(incident.reason, incident.facts, language, self._zone, now)


def _section(name: str, entries: Sequence[Mapping[str, Any]], words: Wording) -> Section:
    title = words(f"told_{name}")
    table = Table(
        key=name,
        title=title,
        columns=(
            Column(key="at", title=words("at"), kind=Kind.TIME),
            Column(key="what", title=words("what"), width=24),
            Column(key="status", title=words("status"), kind=Kind.STATUS),
            Column(key="text", title=words("reason"), width=60),
            Column(key="by", title=words("by"), width=14),
        ),
        rows=[_row(one) for one in entries],
    )
    return Section(key=name, title=title, blocks=(table,))


def _row(one: Mapping[str, Any]) -> Row:
    """One entry of any of the lists, whose shapes are in docs/gate.md."""
    at = one.get("resolved_at") or one.get("begun_at") or one.get("execution_time") or one.get("at")
    return (
        None if at is None else datetime.fromisoformat(at),
        one.get("title") or one.get("job_name") or one.get("action"),
        one.get("severity") or one.get("now"),
        mask_start(one.get("sentence") or one.get("error_message") or one.get("target") or ""),
        one.get("acknowledged_by") or one.get("actor"),
    )
