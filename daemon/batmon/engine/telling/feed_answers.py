"""The bell at the gate: feed and feed.read, for each person by key, or by user on this machine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from batmon.errors import BadRequest
from batmon.gate.arguments import Args, number
from batmon.gate.fitting import fitting
from batmon.gate.verbs import Caller, Verb
from batmon.model import Role
from batmon.refusals import because
from batmon.store import feed
from batmon.store.feed import ShownEntry
from batmon.store.store import Store

SHOWN = 50
MOST_SHOWN = 500
_LARGEST = 2**63


class FeedAnswers:
    """The verbs about the bell, for viewers."""

    def __init__(self, store: Store, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it."""
        return {
            "feed": Verb(Role.VIEWER, answer=self.feed),
            "feed.read": Verb(Role.VIEWER, answer=self.read, audited=False),
        }

    async def feed(self, caller: Caller, args: Args) -> Args:
        """A page of entries, and how many the caller has not read."""
        limit = number(args, "limit", SHOWN, MOST_SHOWN)
        before = None if args.get("before") is None else number(args, "before", 0)
        only = args.get("unread", False)
        if not isinstance(only, bool):
            raise BadRequest(because("must-be-bool", key="unread"))
        person = _person(caller)
        async with self._store.connection() as connection:
            found = await feed.page(connection, person, limit + 1, before, unread=only) if limit else []
            unread = await feed.unread(connection, person)
        entries = fitting([_shown(one) for one in found[:limit]])
        return {"entries": entries, "unread": unread, "more": len(found) > len(entries)}

    async def read(self, caller: Caller, args: Args) -> Args:
        """The caller has read entries."""
        ids = args.get("ids")
        if (args.get("all") is True) == (ids is not None):
            raise BadRequest(because("ids-or-all"))
        if ids is not None and not (
            isinstance(ids, list)
            and len(ids) <= MOST_SHOWN
            and all(type(one) is int and 0 < one < _LARGEST for one in ids)
        ):
            raise BadRequest(because("too-many-numbers", key="ids", most=MOST_SHOWN))
        person = _person(caller)
        async with self._store.connection() as connection:
            await feed.mark_read(connection, person, ids, self._now())
            return {"unread": await feed.unread(connection, person)}


def _person(caller: Caller) -> str:
    return caller.key or f"local:{caller.user}"


def _shown(one: ShownEntry) -> dict[str, Any]:
    entry = one.entry
    return {
        "id": one.id,
        "at": entry.at.isoformat(),
        "level": entry.level,
        "title": entry.title,
        "text": entry.text,
        "source": entry.source,
        "program": entry.program,
        "incident": entry.incident,
        "inbox": entry.inbox,
        "unread": one.unread,
    }
