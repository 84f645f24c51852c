"""An incident as it stands, what is to be done about it, and what came of a step: frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from batmon.judge.quiet import Quiet
from batmon.judge.routing import Rung, Target
from batmon.model import Reason, Status

NoticeKind = Literal["opened", "worse", "escalated", "reminder", "flapping", "acknowledged", "resolved"]
"""What one notice tells."""


class State(StrEnum):
    """What keeps an incident's notices back, if anything; the strongest first where several do."""

    RESOLVED = "resolved"
    SILENCED = "silenced"
    MAINTENANCE = "maintenance"
    FLAPPING = "flapping"
    ACKNOWLEDGED = "acknowledged"
    HELD = "held"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Policy:
    """A program, and what the configuration says about its incidents.

    ``hold``: how long something that depends on others waits before it tells anybody, so that it does not matter which
    of them is found out first. ``calm``: how long nothing may change until flapping is over. ``remind`` None: never.
    """

    program: str
    node: str = ""
    tags: tuple[str, ...] = ()
    alert_after: int = 1
    probe: bool = False
    route: str = ""
    language: str = "en"
    ladder: tuple[Rung, ...] = ()
    remind: timedelta | None = timedelta(hours=4)
    resolved: bool = True
    acknowledged: bool = False
    reopen: timedelta = timedelta(hours=1)
    hold: timedelta = timedelta(0)
    flapping_high: float = 30.0
    flapping_low: float = 20.0
    calm: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody has taken an incident on, until ``until``."""

    by: str
    at: datetime
    until: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """A verdict gone bad and not yet good again. ``id`` 0: not stored yet.

    An incident that comes back soon is the same one: ``opened_at`` is when it first went bad, ``begun_at`` when it did
    so last, and ``reopened`` counts; ladder, reminders and who was told begin anew each time.
    """

    program: str
    node: str
    severity: Status
    reason: Reason
    opened_at: datetime
    begun_at: datetime
    id: int = 0
    tags: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    run_id: UUID | None = None
    resolved_at: datetime | None = None
    resolved_by: str = ""
    reopened: int = 0
    acknowledged: Acknowledgement | None = None
    quiet: Quiet | None = None
    held_by: tuple[str, ...] = ()
    flapping: bool = False
    good_since: datetime | None = None
    """Since when a flapping one is well, if it is just now."""
    history: str = ""
    """What was observed, ``0`` good and ``1`` bad, the newest last (``judge.flapping``)."""
    changed_at: datetime | None = None
    """When it last went from good to bad or back."""
    step: int = 0
    """Rungs of the ladder that have been told since ``begun_at``."""
    sequence: int = 0
    """How often anything was owed for it; each notice carries it."""
    told_at: datetime | None = None
    """When anything was last owed since ``begun_at``."""
    next_at: datetime | None = None
    """When it must be looked at again, whatever happens; None: only when something happens."""
    told: tuple[Target, ...] = ()
    """Who has been sent a message since ``begun_at``. Known from the notices; not stored."""

    @property
    def open(self) -> bool:
        """Whether it is not resolved."""
        return self.resolved_at is None

    @property
    def state(self) -> State:
        """What it is called on the screen."""
        if self.resolved_at is not None:
            return State.RESOLVED
        if self.quiet is not None:
            return State.SILENCED if self.quiet.kind == "silence" else State.MAINTENANCE
        if self.flapping:
            return State.FLAPPING
        if self.acknowledged is not None:
            return State.ACKNOWLEDGED
        return State.HELD if self.held_by else State.OPEN

    @property
    def until(self) -> datetime | None:
        """When what keeps it quiet ends by itself."""
        if self.quiet is not None:
            return self.quiet.until
        return self.acknowledged.until if self.acknowledged is not None else None

    @property
    def line(self) -> str:
        """The evidence that speaks for itself; may be empty."""
        return str(self.facts.get("line") or self.facts.get("detail") or "")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else is so: ``quiet`` now, and which programs that this one depends on have open incidents."""

    quiet: Quiet | None = None
    down: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the timeline."""

    kind: str
    text: str = ""
    by: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """One recipient is to be told something, not before ``due_at``."""

    kind: NoticeKind
    target: Target
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What a step comes to, to be written together.

    ``withdraw``: notices that wait to be sent are not sent any more. ``opened``: it was opened or reopened by this
    step; ``resolved``: it was ended by it.
    """

    incident: Incident
    events: tuple[Event, ...] = ()
    notices: tuple[Notice, ...] = ()
    withdraw: bool = False
    opened: bool = False
    resolved: bool = False
