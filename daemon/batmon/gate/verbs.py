"""What the engine hands to the gate: verbs, who calls them, and what is written down about it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from batmon.model import Role


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    ``key`` is the SSH key's fingerprint; empty for the operating-system user at the local socket, whose ``peer`` is
    ``local``.
    """

    user: str
    role: Role
    peer: str
    key: str


@dataclass(frozen=True, slots=True)
class Done:
    """What a stream may yield last: its ok frame."""

    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verb:
    """What the gate can be asked: exactly one of ``answer`` and ``stream``.

    ``audited`` says whether every call is written down; left out, every call is that takes more than a viewer.
    """

    role: Role
    answer: Callable[[Caller, dict[str, Any]], Awaitable[dict[str, Any]]] | None = None
    stream: Callable[[Caller, dict[str, Any]], AsyncIterator[dict[str, Any] | Done]] | None = None
    audited: bool | None = None

    @property
    def written_down(self) -> bool:
        """Whether every call goes to the audit trail."""
        return self.role is not Role.VIEWER if self.audited is None else self.audited


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Somebody tried something. ``outcome`` is ``done``, ``refused`` or ``failed``; never holds a password."""

    at: datetime
    actor: str
    role: str
    peer: str
    action: str
    target: str
    outcome: str
    detail: str


Audit = Callable[[AuditEntry], Awaitable[None]]
