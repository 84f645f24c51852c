"""What is owed to people about incidents, until it goes into a message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asyncpg import Record

from batmon.judge.incident_state import Incident
from batmon.model import Status
from batmon.store.incident_rows import incident_of
from batmon.store.notifications import Owed, owe
from batmon.store.statements import sql
from batmon.store.store import Store
from batmon.store.texts import to_json

MOST = 20_000
"""How many notices go into one message at most; of most of them it only says how many there are."""


@dataclass(frozen=True, slots=True)
class Group:
    """What is told together: the same route, to the same recipient on the same channel, in the same language."""

    route: str
    channel: str
    recipient: str
    language: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """One due notice, and how its incident stands now."""

    id: int
    kind: str
    stale: str
    """Why it is not worth a message any more; empty: it is."""
    incident_id: int
    program: str
    severity: Status
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class ToldIncident:
    """What a message says of one incident. ``signature``: what errors like its own have in common, if that is known."""

    incident: Incident
    title: str
    timezone: str
    signature: str
    log_id: int | None


class Notices:
    """The notices that wait; every method raises StoreError as ``Store`` does."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def groups(self, now: datetime, wait: timedelta, interval: timedelta) -> list[tuple[Group, datetime]]:
        """Groups with due notices, and when each may be told; the first to be told first."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("waiting_groups"), now, wait, interval)
        return [(Group(r["route"], r["channel"], r["recipient"], r["language"]), r["ready_at"]) for r in rows]

    async def next_due(self, now: datetime) -> datetime | None:
        """When the next notice that is not due yet becomes so."""
        async with self._store.connection() as connection:
            at: datetime | None = await connection.fetchval(sql("next_notice"), now)
            return at

    async def send(
        self,
        group: Group,
        now: datetime,
        *,
        interval: timedelta,
        most: int,
        chosen: Callable[[Sequence[Waiting]], Sequence[int]],
        written: Callable[[Sequence[Waiting], Sequence[ToldIncident]], Sequence[Owed]],
    ) -> int:
        """Owe the messages of a group in one transaction, together with the marks on its notices; how many notices.

        ``chosen``: of which incidents the messages say more than that there are so many; ``written`` makes the
        messages, in a thread.
        Nothing happens while another daemon tells the group, or has just done so.
        """
        place = (group.route, group.channel, group.recipient, group.language)
        async with self._store.connection() as connection, connection.transaction():
            lock = await connection.fetchrow(sql("take_group"), *place)
            if lock is None or not lock["mine"] or (lock["sent_at"] and lock["sent_at"] + interval > now):
                return 0
            rows = await connection.fetch(sql("take_notices"), *place, now, most)
            waiting = await asyncio.to_thread(lambda: [_waiting(row) for row in rows])
            for why in {one.stale for one in waiting if one.stale}:
                await connection.execute(sql("notices_not_sent"), [w.id for w in waiting if w.stale == why], why)
            worth = [one for one in waiting if not one.stale]
            if not worth:
                return len(waiting)
            details = await connection.fetch(sql("told_incidents"), list(await asyncio.to_thread(chosen, worth)))
            outgoing = await asyncio.to_thread(written, worth, [_told(row) for row in details])
            notices: dict[int, list[int]] = {}
            for one in worth:
                notices.setdefault(one.incident_id, []).append(one.id)
            for owed in outgoing:
                ids = await owe(connection, [owed], now)
                about = list(owed.incident_ids)
                marked = [notice for incident in about for notice in notices[incident]]
                await connection.execute(sql("notices_owed"), marked, ids[0] if ids else None, now)
                data = {
                    "event": owed.data.get("event"),
                    "channel": group.channel,
                    "recipient": group.recipient,
                    "notification_id": str(ids[0]) if ids else None,
                    "incidents": len(about),
                }
                await connection.execute(sql("add_sent_events"), about, now, to_json(data))
            await connection.execute(sql("group_sent"), *place, now)
        return len(waiting)


def _waiting(row: Record) -> Waiting:
    return Waiting(
        id=row["notice_id"],
        kind=row["kind"],
        stale=_stale(row),
        incident_id=row["incident_id"],
        program=row["program"],
        severity=Status(row["severity"]),
        begun_at=row["begun_at"],
    )


def _stale(row: Record) -> str:
    if row["kind"] == "resolved":
        return "" if row["resolved"] else "open again"
    if row["resolved"]:
        return "resolved"
    return "reopened" if row["episode"] != row["reopened"] else ""


def _told(row: Record) -> ToldIncident:
    return ToldIncident(incident_of(row), row["title"], row["timezone"], row["signature"], row["log_id"])
