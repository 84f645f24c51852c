"""Events: claimed and handled in one transaction with their mark, tried again after a failure, given up in the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from batmon.store.judgements import Connection
from batmon.store.statements import sql
from batmon.store.step_values import from_row
from batmon.store.store import Store
from batmon.store.texts import storable

CHANNEL = "batmon_events"
"""Where the triggers say that there is something to do."""
_LONGEST_ERROR = 4000
_PRUNED_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Event:
    """A row that was inserted or changed. ``old`` is the row as it was, None for an insert."""

    id: int
    rule: str
    source: str
    op: str
    row: Mapping[str, Any]
    old: Mapping[str, Any] | None
    depth: int
    attempts: int
    created_at: datetime


Told = Callable[[Connection], Awaitable[None]]


class Events:
    """The events of one database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @asynccontextmanager
    async def claimed(self, rules: Sequence[str], now: datetime) -> AsyncIterator[tuple[Connection, Event] | None]:
        """A transaction that holds the next event of these rules, or None if there is none to be handled now.

        What the block does is committed with it, or undone by an exception.
        """
        async with self._store.connection() as connection, connection.transaction():
            row = await connection.fetchrow(sql("claim_event"), list(rules), now)
            if row is None:
                yield None
                return
            event = Event(**{**row, "row": from_row(row["row"]), "old": from_row(row["old"])})
            await connection.execute(sql("event_depth"), str(event.depth + 1))
            yield connection, event

    async def finish(self, connection: Connection, event: Event, now: datetime, took_ms: int, node: str) -> None:
        """Mark the event as done, in the transaction that did its steps."""
        await connection.execute(sql("finish_event"), event.id, now, took_ms, node)

    async def fail(
        self, event: Event, error: str, again: datetime | None, *, now: datetime, node: str, given_up: Told
    ) -> bool:
        """Note that the event could not be handled, and when it is tried ``again`` (None: never); True: it is dead.

        ``given_up`` is awaited in the transaction that gives it up.
        """
        said = storable(error)[:_LONGEST_ERROR]
        async with self._store.connection() as connection, connection.transaction():
            state = await connection.fetchval(sql("fail_event"), event.id, event.attempts, said, again, now, node)
            if state == "dead":
                await given_up(connection)
        return bool(state == "dead")

    async def next_try(self, rules: Sequence[str]) -> datetime | None:
        """When the next event of these rules may be handled; None if none waits."""
        async with self._store.connection() as connection:
            found: datetime | None = await connection.fetchval(sql("next_event"), list(rules))
        return found

    async def page(self, rule: str | None, state: str | None, before: int | None, limit: int) -> list[dict[str, Any]]:
        """Events, newest first, without their rows: the columns of ``events``."""
        async with self._store.connection() as connection:
            return [dict(row) for row in await connection.fetch(sql("events_page"), rule, state, before, limit)]

    async def get(self, number: int) -> dict[str, Any] | None:
        """One event with its row, and the row as it was."""
        async with self._store.connection() as connection:
            row = await connection.fetchrow(sql("event"), number)
        return None if row is None else {**row, "row": from_row(row["row"]), "old": from_row(row["old"])}

    async def retry(self, number: int, now: datetime) -> bool:
        """Handle an event now that is dead or waits for another attempt; whether there is such a one."""
        async with self._store.connection() as connection:
            return await connection.fetchval(sql("retry_event"), number, now) is not None

    async def counts(self) -> dict[str, dict[str, int]]:
        """Of each rule that has any: events that are ``waiting``, of those ``failing``, and ``dead``."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("event_counts"))
        return {row["rule"]: {key: row[key] for key in ("waiting", "failing", "dead")} for row in rows}

    async def prune(self, done_before: datetime, dead_before: datetime, counted_before: date) -> None:
        """Forget old events, and counters of old days; some thousand events at a time."""
        async with self._store.connection() as connection:
            await connection.execute(sql("prune_events"), done_before, dead_before, _PRUNED_AT_ONCE)
            await connection.execute(sql("prune_counters"), counted_before)
