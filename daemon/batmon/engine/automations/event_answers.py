"""What the daemon answers at the gate about events and counters: events, event, event.retry and counters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from batmon.engine.automations.events import EventHandling
from batmon.engine.automations.shortened import shortened
from batmon.errors import BadRequest, NotFound, Refused
from batmon.gate.arguments import Args, identity, maybe_text, number
from batmon.gate.fitting import fitting
from batmon.gate.verbs import Caller, Verb
from batmon.model import Role
from batmon.notify.mask import mask_start
from batmon.refusals import because
from batmon.store import counters
from batmon.store.store import Store

STATES = ("waiting", "done", "dead")
SHOWN = 50
MOST_SHOWN = 500
_TIMES = ("created_at", "done_at", "next_try")


class EventAnswers:
    """The verbs about events. Their rows hold people's data, so a viewer does not see them."""

    def __init__(self, handling: EventHandling, store: Store, *, now: Callable[[], datetime]) -> None:
        self._handling = handling
        self._events = handling.events
        self._store = store
        self._now = now

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it."""
        return {
            "events": Verb(Role.VIEWER, answer=self.events),
            "event": Verb(Role.OPERATOR, answer=self.event, audited=False),
            "event.retry": Verb(Role.OPERATOR, answer=self.retry),
            "counters": Verb(Role.VIEWER, answer=self.counters),
        }

    async def events(self, caller: Caller, args: Args) -> Args:
        """The rules, and a page of events."""
        rule, state, before = maybe_text(args, "rule"), args.get("state"), args.get("before")
        if state is not None and state not in STATES:
            raise BadRequest(because("must-be-one-of", key="state", known=", ".join(STATES)))
        before = None if before is None else number(args, "before", 0)
        limit = max(1, number(args, "limit", SHOWN, MOST_SHOWN))
        counts = await self._events.counts()
        found = await self._events.page(rule, state, before, limit + 1)
        if rule is not None and not found and rule not in self._handling.rules:
            raise NotFound(because("no-rule", rule=rule, known=", ".join(sorted(self._handling.rules))))
        none = {"waiting": 0, "failing": 0, "dead": 0}
        rules = [
            {
                "name": one.name,
                "title": one.title,
                "table": one.table,
                "on": one.on,
                "when": one.when,
                "problem": self._handling.problems.get(one.name, ""),
                **counts.get(one.name, none),
            }
            for one in self._handling.rules.values()
            if rule is None or one.name == rule
        ]
        page = fitting([_seen_by(caller, _shown(one)) for one in found[:limit]])
        return {"rules": rules, "events": page, "more": len(found) > len(page)}

    async def event(self, _caller: Caller, args: Args) -> Args:
        """One event with its row."""
        found = await self._events.get(identity(args, "id", "an event"))
        if found is None:
            raise NotFound(because("no-event", number=args["id"]))
        rows = {key: None if found[key] is None else shortened(found[key]) for key in ("row", "old")}
        return {"event": _shown(found) | rows}

    async def retry(self, _caller: Caller, args: Args) -> Args:
        """Handle an event now that was given up or waits for another attempt."""
        wanted = identity(args, "id", "an event")
        found = await self._events.get(wanted)
        if found is None:
            raise NotFound(because("no-event", number=wanted))
        if not await self._events.retry(wanted, self._now()):
            if found["state"] == "done":
                raise Refused(because("event-is-done", number=wanted))
            raise Refused(because("event-without-rule", number=wanted, rule=found["rule"]))
        self._handling.wake()
        again = await self._events.get(wanted)
        return {"event": _shown({key: value for key, value in (again or found).items() if key not in ("row", "old")})}

    async def counters(self, _caller: Caller, _args: Args) -> Args:
        """Counters as they stand."""
        async with self._store.connection() as connection:
            found = await counters.listed(connection, MOST_SHOWN)
        return {
            "counters": [
                {
                    **one,
                    "day": None if one["day"] is None else one["day"].isoformat(),
                    "changed_at": one["changed_at"].isoformat(),
                }
                for one in found
            ]
        }


def _shown(event: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value.isoformat() if key in _TIMES and value is not None else value for key, value in event.items()}
    waits_for_attempt = event["state"] == "waiting" and event["attempts"]
    return shown if waits_for_attempt else {**shown, "next_try": None}


def _seen_by(caller: Caller, event: dict[str, Any]) -> dict[str, Any]:
    """What a caller sees of an event: its words and its row's key may be people's data, which are not for viewers."""
    if caller.role.allows(Role.OPERATOR):
        return event
    return {**event, "error": mask_start(event["error"]), "row_key": event["row_key"] and mask_start(event["row_key"])}
