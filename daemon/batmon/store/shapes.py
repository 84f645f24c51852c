"""What goes into the store and comes out of it, beside runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from asyncpg import Record

from batmon.judge.probe import Sample
from batmon.model import Program, Reason, Run, Status, Verdict
from batmon.store.incident_rows import IncidentChange
from batmon.store.texts import from_json


@dataclass(frozen=True, slots=True)
class StoredState:
    """What is thought of a program: the row of ``program_state``.

    ``facts`` are as JSON knows them (times are ISO 8601 text); ``last_run`` and ``running`` are the shape ``Run`` of
    docs/gate.md; ``strip`` is ``[[status, seconds or None], ...]``, oldest first.
    """

    program: str
    node: str
    status: Status
    reason: Reason
    facts: dict[str, Any]
    since: datetime
    checked_at: datetime
    next_due: datetime | None
    deadline: datetime | None
    judged_until: datetime
    watch_since: datetime
    last_run: dict[str, Any] | None
    running: dict[str, Any] | None
    strip: list[Any]
    last_log: str
    log_seen: bool
    version: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a log file was read: ``offset`` bytes of the file named by ``fingerprint``; the scanner's state there."""

    node: str
    program: str
    fingerprint: str
    path: str
    offset: int
    scan_state: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ErrorSeen:
    """Errors of one kind (``signature``) in one program: ``count`` from ``first`` to ``last``, the last in ``run_id``.

    A negative count takes back what was counted before. ``fingerprint`` and ``offset``: the log file that was read so
    far when they were found; what is committed of that file to there or further has been counted already. Empty for
    errors that stand in no log.
    """

    signature: str
    template: str
    sample: str
    level: str
    first: datetime
    last: datetime
    count: int
    run_id: UUID | None = None
    fingerprint: str = ""
    offset: int = 0


class AuditEntry(Protocol):
    """Somebody tried something: any value with these attributes can be written down."""

    @property
    def at(self) -> datetime:
        """When; aware."""

    @property
    def actor(self) -> str:
        """Who."""

    @property
    def role(self) -> str:
        """What they are allowed."""

    @property
    def peer(self) -> str:
        """Where they came from."""

    @property
    def action(self) -> str:
        """What they tried."""

    @property
    def target(self) -> str:
        """On what."""

    @property
    def outcome(self) -> str:
        """``done``, ``refused`` or ``failed``."""

    @property
    def detail(self) -> Any:
        """More, as text or as anything JSON knows."""


@dataclass(frozen=True, slots=True)
class KeptSample:
    """A look of a probe to be kept: ``status`` is what it says by itself, ``unit`` that of its value."""

    program: str
    node: str
    sample: Sample
    status: Status
    unit: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that one judgement changes, to be committed together or not at all.

    ``expected_version`` is that of the state it was made from. Of ``runs`` that others own (origin record) only our
    columns are written. ``removed_runs`` are ids of rows of ours that were merged into others, ``merged_runs`` says
    into which. ``errors`` that were counted already are left out. ``incident`` is decided in the transaction and then
    says what came of it.
    """

    program: str
    node: str
    expected_version: int
    verdict: Verdict
    since: datetime
    judged_until: datetime
    runs: Sequence[Run] = ()
    removed_runs: Sequence[UUID] = ()
    cursors: Sequence[Cursor] = ()
    last_log: str = ""
    log_seen: bool = False
    strip: Sequence[Any] = ()
    incident: IncidentChange | None = None
    audits: Sequence[AuditEntry] = field(default=())
    errors: Sequence[ErrorSeen] = ()
    merged_runs: Mapping[UUID, UUID] = field(default_factory=dict)
    samples: Sequence[KeptSample] = ()


def state_of(row: Record) -> StoredState:
    """The state that a row of ``program_state`` holds."""
    return StoredState(
        program=row["program"],
        node=row["node"],
        status=Status(row["status"]),
        reason=Reason(row["reason"]),
        facts=from_json(row["facts"]),
        since=row["since"],
        checked_at=row["checked_at"],
        next_due=row["next_due"],
        deadline=row["deadline"],
        judged_until=row["judged_until"],
        watch_since=row["watch_since"],
        last_run=from_json(row["last_run"]),
        running=from_json(row["running"]),
        strip=from_json(row["strip"]),
        last_log=row["last_log"],
        log_seen=row["log_seen"],
        version=row["version"],
    )


def cursor_of(row: Record) -> Cursor:
    """The cursor that a row of ``log_cursors`` holds."""
    return Cursor(
        node=row["node"],
        program=row["program"],
        fingerprint=row["fingerprint"],
        path=row["path"],
        offset=row["offset"],
        scan_state=from_json(row["scan_state"]),
    )


def program_json(program: Program, node: str, now: datetime) -> dict[str, Any]:
    """The row of ``programs``; the environment is left out, for it may hold secrets."""
    return {
        "name": program.name,
        "node": node,
        "title": program.title or program.name,
        "base_dir": str(program.base_dir),
        "schedule": program.schedule,
        "timezone": program.timezone,
        "grace_sec": program.grace.total_seconds(),
        "max_runtime_sec": program.max_runtime.total_seconds(),
        "scheduler": program.scheduler,
        "logs": program.logs,
        "rerun": program.rerun,
        "configured": program.configured,
        "seen_at": now,
        "minutes_per_item": program.minutes_per_item,
        "department": program.department,
        "hourly_cost": program.hourly_cost,
        "availability_target": program.availability_target,
    }
