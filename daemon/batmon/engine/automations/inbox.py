"""The inbox at the gate, what waits and what is decided about it: inboxes, inbox.items and inbox.act."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from batmon.config import Config
from batmon.config.inboxes import Inbox, InboxAction
from batmon.engine.automations.shortened import shortened
from batmon.engine.automations.steps import Context, admins, execute, message_language, places
from batmon.errors import BadRequest, DoneAlready, NeedsRole, NotFound, StoreError
from batmon.gate.arguments import Args, number
from batmon.gate.fitting import fitting
from batmon.gate.verbs import Caller, Verb
from batmon.model import Role
from batmon.refusals import because
from batmon.store import inbox as items
from batmon.store.inbox import Item
from batmon.store.store import Store

log = logging.getLogger(__name__)

SHOWN = 50
MOST_SHOWN = 500
LONGEST_ANSWER = 20_000
"""Characters of a text that an action asks for."""
LONGEST_TITLE = 500
COUNT_LIMIT = timedelta(seconds=5)
"""For how long the items of one inbox may be counted: whoever looks makes it happen."""
ACTED_AT_ONCE = 3
"""Decisions that are carried out at a time: one person can send many, and each takes a connection to Postgres."""
COUNTED_AT_ONCE = 2
"""Inboxes whose items are counted at a time, so that they do not take all connections."""


class InboxAnswers:
    """The verbs about inboxes."""

    def __init__(self, store: Store, config: Config, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._config = config
        self._inboxes = {inbox.name: inbox for inbox in config.inboxes}
        self._now = now
        self._counting = asyncio.Semaphore(COUNTED_AT_ONCE)
        self._acting = asyncio.Semaphore(ACTED_AT_ONCE)
        self._counts: dict[str, asyncio.Task[tuple[int | None, str]]] = {}

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it. Items hold people's data, so a viewer sees only how many there are."""
        return {
            "inboxes": Verb(Role.VIEWER, answer=self.inboxes),
            "inbox.items": Verb(Role.OPERATOR, answer=self.items, audited=False),
            "inbox.act": Verb(Role.OPERATOR, answer=self.act),
        }

    async def inboxes(self, _caller: Caller, _args: Args) -> Args:
        """Every inbox with how many items wait."""
        return {"inboxes": await asyncio.gather(*map(self._counted, self._inboxes.values()))}

    async def items(self, _caller: Caller, args: Args) -> Args:
        """A page of an inbox's items."""
        inbox = self._inbox(args)
        offset, limit = number(args, "offset", 0), max(1, number(args, "limit", SHOWN, MOST_SHOWN))
        async with self._store.connection() as connection:
            found = await items.items(connection, inbox, self._values(inbox), offset, limit + 1)
        shown = fitting([_shown(one) for one in found[:limit]])
        return {"inbox": await self._counted(inbox), "items": shown, "more": len(found) > len(shown)}

    async def act(self, caller: Caller, args: Args) -> Args:
        """Carry out a decision about an item that waits."""
        inbox = self._inbox(args)
        action = self._action(inbox, args)
        if not caller.role.allows(action.role):
            raise NeedsRole(
                because("action-needs-role", title=action.title, role=action.role.value, own=caller.role.value)
            )
        wanted, asks = args.get("id"), _asks(action, args)
        if not isinstance(wanted, str | int) or isinstance(wanted, bool) or len(str(wanted)) > 500:
            raise BadRequest(because("must-be-id", key="id", what="an item"))
        now = self._now()
        async with self._acting, self._store.connection() as connection, connection.transaction():
            values = self._values(inbox)
            item = await items.held(connection, inbox, str(wanted), values)
            if item is None:
                raise self._done_already(
                    inbox, str(wanted), await items.last_action(connection, inbox.name, str(wanted))
                )
            about = {"name": inbox.name, "title": inbox.title, "action": action.name}
            given = {**values, "row": item.row, "asks": asks, "by": caller.user, "inbox": about}
            # noted first: its number makes the messages of this action its own
            noted = await items.note(connection, inbox, item, action=action.name, by=caller.user, asks=asks, now=now)
            await execute(connection, action.steps, given, self._context(inbox, noted, now))
        return {"id": item.id, "title": item.title, "action": action.name}

    def _context(self, inbox: Inbox, noted: int, now: datetime) -> Context:
        return Context(
            source=f"inbox:{inbox.name}",
            key=f"inbox:{noted}",
            now=now,
            timezone=ZoneInfo(inbox.timezone),
            language=inbox.language or message_language(self._config),
            admins=admins(self._config),
            places=places(self._config),
        )

    def _values(self, inbox: Inbox) -> dict[str, Any]:
        now = self._now()
        today = now.astimezone(ZoneInfo(inbox.timezone)).date()
        return {**inbox.values, "now": now.isoformat(), "today": today.isoformat(), "timezone": inbox.timezone}

    async def _counted(self, inbox: Inbox) -> Args:
        """An inbox as it is shown; several who ask at a time are told the same count."""
        task = self._counts.get(inbox.name)
        if task is None:
            task = self._counts[inbox.name] = asyncio.create_task(self._count(inbox), name=f"count {inbox.name}")
            task.add_done_callback(lambda _: self._counts.pop(inbox.name, None))
        waiting, problem = await asyncio.shield(task)
        actions = [
            {"name": one.name, "title": one.title, "role": one.role.value, "asks": list(one.asks)}
            for one in inbox.actions
        ]
        return {"name": inbox.name, "title": inbox.title, "count": waiting, "problem": problem, "actions": actions}

    async def _count(self, inbox: Inbox) -> tuple[int | None, str]:
        """How many items wait, or why that is not known."""
        try:
            async with self._counting, self._store.connection() as connection:
                return await items.count(connection, inbox, self._values(inbox), COUNT_LIMIT), ""
        except StoreError as error:
            return None, str(error)
        except Exception as error:  # noqa: BLE001 - one inbox's query must not hide the others
            log.info("the items of %s cannot be counted: %s", inbox.name, error)
            return None, str(error)

    def _done_already(self, inbox: Inbox, wanted: str, last: dict[str, Any] | None) -> DoneAlready:
        if last is None:
            return DoneAlready(because("not-waiting", item=wanted, title=inbox.title))
        action = inbox.action(last["action"])
        at = last["at"].astimezone(ZoneInfo(inbox.timezone))
        done = action.title if action else last["action"]
        when = f"{at:%Y-%m-%d %H:%M}"
        return DoneAlready(
            because("done-by-another", item=wanted, title=inbox.title, done=done, by=last["by"], at=when)
        )

    def _inbox(self, args: Args) -> Inbox:
        name = args.get("inbox")
        inbox = self._inboxes.get(name) if isinstance(name, str) else None
        if inbox is None:
            known = ", ".join(sorted(self._inboxes)[:20])
            if not known:
                raise NotFound(because("no-inbox-at-all", name=name))
            raise NotFound(because("no-inbox", name=name, known=known))
        return inbox

    def _action(self, inbox: Inbox, args: Args) -> InboxAction:
        name = args.get("action")
        action = inbox.action(name) if isinstance(name, str) else None
        if action is None:
            known = ", ".join(one.name for one in inbox.actions)
            raise NotFound(because("no-action", inbox=inbox.name, name=name, known=known))
        return action


def _shown(item: Item) -> Args:
    return {"id": item.id, "title": item.title[:LONGEST_TITLE], "row": shortened(item.row)}


def _asks(action: InboxAction, args: Args) -> dict[str, str]:
    """What was asked and answered.

    Raises:
        BadRequest: something was not answered, was not asked, or is no text of a usable length.
    """
    given = args.get("asks") or {}
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise BadRequest(because("must-be-texts-by-name", key="asks"))
    missing = [name for name in action.asks if not given.get(name, "").strip()]
    if missing:
        raise BadRequest(because("action-asks", action=action.name, known=", ".join(missing), first=missing[0]))
    strange = sorted(set(given) - set(action.asks))
    if strange:
        asked = ", ".join(action.asks) or "nothing"
        raise BadRequest(because("action-asks-not", action=action.name, known=", ".join(strange)[:200], asked=asked))
    for name, value in given.items():
        if len(value) > LONGEST_ANSWER:
            raise BadRequest(because("answer-too-long", name=name, count=len(value), most=LONGEST_ANSWER))
    return {name: given[name].replace("\r\n", "\n").strip() for name in action.asks}
