"""Items that wait for a decision: asked of the configured query, held while somebody acts, and what was done noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from batmon.config.inboxes import Inbox
from batmon.config.sql_text import Sql
from batmon.errors import StepFailed
from batmon.refusals import because
from batmon.store import steps
from batmon.store.judgements import Connection
from batmon.store.statements import sql
from batmon.store.texts import storable, to_json

_ID = "batmon_item"
_ITEMS = "SELECT q.*, q.id::text AS batmon_item FROM ("
"""The text of an id is Postgres's own, so that it names the same item when it comes back."""


@dataclass(frozen=True, slots=True)
class Item:
    """One that waits. ``row`` is what the query says of it."""

    id: str
    title: str
    row: Mapping[str, Any]


async def items(connection: Connection, inbox: Inbox, values: Mapping[str, Any], offset: int, limit: int) -> list[Item]:
    """Up to ``limit`` items from the ``offset``-th on, in the order of the query; read only."""
    question = inbox.query.wrapped(_ITEMS, f") AS q OFFSET {int(offset)} LIMIT {int(limit)}")
    async with connection.transaction(readonly=True):
        await steps.begin(connection, inbox.timezone)
        return [_item(inbox, row) for row in await steps.run(connection, question, values)]


async def count(connection: Connection, inbox: Inbox, values: Mapping[str, Any], limit: timedelta) -> int:
    """How many items wait; it takes ``limit`` at most."""
    question = inbox.query.wrapped("SELECT count(*) AS n FROM (", ") AS q")
    async with connection.transaction(readonly=True):
        await steps.begin(connection, inbox.timezone, limit)
        found = await steps.execute(connection, question, values, limit)
    return int(found.rows[0]["n"])


async def held(connection: Connection, inbox: Inbox, number: str, values: Mapping[str, Any]) -> Item | None:
    """The item, nobody else acting on it until the transaction ends; None if it does not wait any more."""
    await connection.execute(sql("hold_item"), f"{inbox.name} {number}")
    inner = inbox.query.wrapped(_ITEMS, ") AS q WHERE q.id::text = ")
    question = Sql((*inner.pieces, " LIMIT 1"), (*inner.names, "item_id"), inner.place)
    rows = await steps.run(connection, question, {**values, "item_id": number})
    return _item(inbox, rows[0]) if rows else None


async def note(
    connection: Connection, inbox: Inbox, item: Item, *, action: str, by: str, asks: Mapping[str, str], now: datetime
) -> int:
    """Write down who did what, in the transaction that does it; the number of the note."""
    words = (inbox.name, item.id, item.title[:300], action, by)
    number: int = await connection.fetchval(sql("note_item"), *map(storable, words), now, to_json(asks))
    return number


async def last_action(connection: Connection, inbox: str, number: str) -> dict[str, Any] | None:
    """What was done last with an item: ``action``, ``by`` and ``at``; None if nothing was."""
    row = await connection.fetchrow(sql("last_item_action"), inbox, number)
    return None if row is None else dict(row)


def _item(inbox: Inbox, row: Mapping[str, Any]) -> Item:
    number = row[_ID]
    if number is None:
        raise StepFailed(because("item-without-id", place=inbox.place))
    return Item(number, str(row.get("title") or number), {key: value for key, value in row.items() if key != _ID})
