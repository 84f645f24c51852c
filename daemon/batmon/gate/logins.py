"""The verb ``login``: the SSH console tells the audit trail who came in and who was not let in.

Only the console process can say so, and it speaks as the owner of the state folder: whoever is spoken for by hello's
``as`` cannot, whatever their role, for they could write other people's names into the trail.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from batmon.errors import BadRequest, Refused
from batmon.gate.keyring import KeyRing
from batmon.gate.sanitize import clean
from batmon.gate.verbs import AuditEntry, Caller, Verb
from batmon.model import Role, aware

ACTION = "ssh login"
OUTCOMES = ("done", "refused")
_LENGTHS = {"user": 64, "peer": 64, "key": 64, "why": 300}


def login_verb(ring: KeyRing, write: Callable[[AuditEntry], Awaitable[None]]) -> Verb:
    """The verb, writing with ``write``; roles are those of ``ring``, ``none`` for somebody whom it does not know."""

    async def login(caller: Caller, args: dict[str, Any]) -> dict[str, Any]:
        if caller.key:
            raise Refused("login is said by the console itself")
        outcome, said = args.get("outcome"), {name: _text(args, name, longest) for name, longest in _LENGTHS.items()}
        if outcome not in OUTCOMES:
            raise BadRequest(f"outcome must be one of {', '.join(OUTCOMES)}")
        known = ring.find(said["user"], said["key"])
        await write(
            AuditEntry(
                at=_moment(args),
                actor=said["user"],
                role="none" if known is None else known.role.value,
                peer=said["peer"],
                action=ACTION,
                target=said["key"],
                outcome=outcome,
                detail=said["why"],
            )
        )
        return {}

    return Verb(Role.ADMIN, answer=login, audited=False)


def _text(args: dict[str, Any], name: str, longest: int) -> str:
    value = args.get(name, "")
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be a text")
    return clean(value)[:longest]


def _moment(args: dict[str, Any]) -> datetime:
    try:
        return aware(datetime.fromisoformat(args["at"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BadRequest("at must be a time such as 2026-11-21T06:00:00+09:00") from error
