"""Incidents and silences as they stand in the database, and what a judgement wants of an incident."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from asyncpg import Record

from batmon.judge.incident_state import Acknowledgement, Decision, Incident
from batmon.judge.quiet import Quiet, Silence
from batmon.judge.routing import Target
from batmon.model import Reason, Status
from batmon.store.texts import from_json, to_json

if TYPE_CHECKING:
    from batmon.store.feed import Entry

Decide = Callable[[Incident | None, Sequence[Silence], Sequence[str]], Decision | None]
"""What is to become of a program's latest incident (None: it never had one), given the silences that are in force and
which of the programs that it depends on have open incidents; None: nothing. It is called in the transaction that writes
what it says, with the incident locked, and must not wait for anything."""


@dataclass(slots=True)
class IncidentChange:
    """A step of a program's incident, decided where it is written, so that any number of daemons may take steps."""

    program: str
    decide: Decide
    route: str = ""
    language: str = "en"
    entry: Callable[[Decision, datetime], Entry | None] | None = None
    """What the bell says of a step."""
    writer: str = ""
    """The process that takes the step: it need not be told of it."""
    depends_on: tuple[str, ...] = ()
    """All that it depends on, directly or through others."""
    outcome: Decision | None = field(default=None, compare=False)
    """What was written: set by the store."""


def incident_of(row: Record, told: Sequence[Target] = ()) -> Incident:
    """The incident that a row of ``incidents`` holds; ``told`` from its notices."""
    acknowledged = None
    if row["acknowledged_by"] is not None:
        given = row["acknowledged_at"] or row["opened_at"]
        until = row["acknowledged_until"] or given
        acknowledged = Acknowledgement(row["acknowledged_by"], given, until, row["acknowledged_note"])
    quiet = None
    if row["quiet_kind"] and row["quiet_until"] is not None:
        quiet = Quiet(row["quiet_kind"], row["quiet_name"], row["quiet_until"], row["quiet_by"], row["quiet_why"])
    return Incident(
        id=row["incident_id"],
        program=row["program"],
        node=row["node"],
        severity=Status(row["severity"]),
        reason=Reason(row["reason"]),
        opened_at=row["opened_at"],
        begun_at=row["begun_at"],
        tags=tuple(row["tags"]),
        facts=cast("dict[str, Any]", from_json(row["facts"])),
        run_id=row["run_id"],
        resolved_at=row["resolved_at"],
        resolved_by=row["resolved_by"],
        reopened=row["reopened"],
        acknowledged=acknowledged,
        quiet=quiet,
        held_by=tuple(row["held_by"]),
        flapping=row["flapping"],
        good_since=row["good_since"],
        history=row["history"],
        changed_at=row["changed_at"],
        step=row["step"],
        sequence=row["sequence"],
        told_at=row["told_at"],
        next_at=row["next_at"],
        told=tuple(told),
    )


def incident_json(incident: Incident, writer: str) -> str:
    """The columns of ``incidents`` that the state machine knows, and who writes them."""
    given, quiet = incident.acknowledged, incident.quiet
    return to_json(
        {
            "program": incident.program,
            "node": incident.node,
            "severity": incident.severity.value,
            "reason": incident.reason.value,
            "facts": incident.facts,
            "tags": incident.tags,
            "run_id": incident.run_id,
            "opened_at": incident.opened_at,
            "begun_at": incident.begun_at,
            "resolved_at": incident.resolved_at,
            "resolved_by": incident.resolved_by,
            "reopened": incident.reopened,
            "acknowledged_by": given.by if given else None,
            "acknowledged_at": given.at if given else None,
            "acknowledged_until": given.until if given else None,
            "acknowledged_note": given.note if given else "",
            "quiet_kind": quiet.kind if quiet else "",
            "quiet_name": quiet.name if quiet else "",
            "quiet_until": quiet.until if quiet else None,
            "quiet_by": quiet.by if quiet else "",
            "quiet_why": quiet.why if quiet else "",
            "held_by": incident.held_by,
            "flapping": incident.flapping,
            "good_since": incident.good_since,
            "history": incident.history,
            "changed_at": incident.changed_at,
            "step": incident.step,
            "sequence": incident.sequence,
            "told_at": incident.told_at,
            "next_at": incident.next_at,
            "writer": writer,
        }
    )


def silence_of(row: Record) -> Silence:
    """The silence that a row of ``silences`` holds."""
    return Silence(row["silence_id"], row["until"], row["by"], row["why"], row["program"], row["tag"], row["pattern"])
