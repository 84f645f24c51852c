"""Incidents and silences in the shapes of docs/gate.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from batmon.engine.board import moment
from batmon.judge.incident_state import Incident
from batmon.words import Language

Shape = dict[str, Any]
_LONGEST = 2000
_SHORT = 150


class Teller(Protocol):
    """Who knows what programs are called and why incidents are open: ``Alerting``, or a report."""

    @property
    def language(self) -> Language:
        """The usual one."""

    def title(self, name: str) -> str:
        """What a program is called."""

    def sentence(self, incident: Incident, language: Language, now: datetime) -> str:
        """Why it is open, in words."""


def incident_shape(incident: Incident, alerting: Teller, now: datetime, language: Language | None = None) -> Shape:
    """``Incident``; its sentence in ``language``, by default the daemon's."""
    given, quiet = incident.acknowledged, incident.quiet
    return {
        "id": incident.id,
        "program": incident.program,
        "title": alerting.title(incident.program),
        "node": incident.node,
        "tags": list(incident.tags),
        "state": incident.state.value,
        "severity": incident.severity.value,
        "reason": incident.reason.value,
        "facts": shown_facts(incident.facts),
        "sentence": alerting.sentence(incident, language or alerting.language, now)[:_LONGEST],
        "line": incident.line[:_LONGEST],
        "opened_at": moment(incident.opened_at),
        "begun_at": moment(incident.begun_at),
        "resolved_at": moment(incident.resolved_at),
        "resolved_by": incident.resolved_by,
        "reopened": incident.reopened,
        "acknowledged_by": given.by if given else "",
        "acknowledged_note": given.note if given else "",
        "acknowledged_at": moment(given.at) if given else None,
        "until": moment(incident.until),
        "silenced_by": f"{quiet.kind} {quiet.name}" if quiet else "",
        "held_by": list(incident.held_by),
        "flapping": incident.flapping,
        "good_since": moment(incident.good_since),
        "step": incident.step,
        "told_at": moment(incident.told_at),
        "next_at": moment(incident.next_at),
        "run_id": None if incident.run_id is None else str(incident.run_id),
    }


def short_shape(incident: Incident, alerting: Teller, now: datetime, language: Language | None = None) -> Shape:
    """``Incident`` where many stand in one answer: without ``facts`` and ``line``, the sentence cut."""
    shape = incident_shape(incident, alerting, now, language)
    return {**shape, "facts": {}, "line": "", "sentence": shape["sentence"][:_SHORT]}


def shown_facts(facts: Mapping[str, Any]) -> Shape:
    """The facts of a verdict as they go over the gate: times as text, long texts cut."""
    shown: Shape = {}
    for name, value in facts.items():
        if isinstance(value, datetime):
            shown[name] = moment(value)
        else:
            shown[name] = value[:_LONGEST] if isinstance(value, str) else value
    return shown


def silence_shape(row: Mapping[str, Any], quietens: int, now: datetime) -> Shape:
    """``Silence``, of the columns of ``silences``."""
    return {
        "id": row["silence_id"],
        "program": row["program"],
        "tag": row["tag"],
        "pattern": row["pattern"],
        "why": row["why"],
        "by": row["by"],
        "created_at": moment(row["created_at"]),
        "until": moment(row["until"]),
        "ended_at": moment(row["ended_at"]),
        "ended_by": row["ended_by"],
        "active": row["ended_at"] is None and row["until"] > now,
        "incidents": quietens,
    }
