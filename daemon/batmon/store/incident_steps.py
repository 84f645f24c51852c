"""One step of an incident, in the transaction that is open: locked, decided, written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import asyncpg

from batmon.errors import BatmonError
from batmon.judge.incident_state import Decision, Incident, Notice
from batmon.judge.quiet import Silence
from batmon.judge.routing import Target
from batmon.store.incident_rows import IncidentChange, incident_json, incident_of, silence_of
from batmon.store.statements import sql
from batmon.store.texts import storable, to_json

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

AddVerdict = Callable[[], Awaitable[int]]
"""Writes the verdict that is being committed, if it has not been written yet; its id."""
RELEASE_AFTER = timedelta(seconds=30)
"""How soon it is looked at what waited for a program that is well again: its own recovery may be on its way."""


class Undecided(Exception):
    """The state machine failed for a reason nobody expected, which is the cause; nothing was written."""


async def judged(connection: Connection, change: IncidentChange, now: datetime, add_verdict: AddVerdict) -> None:
    """A verdict's step: of the program's latest incident, or of a new one."""
    row = await connection.fetchrow(sql("latest_incident"), change.program)
    await _step(connection, change, row, now, add_verdict)


async def stepped(connection: Connection, change: IncidentChange, row: asyncpg.Record, now: datetime) -> None:
    """A step of the incident of ``row``, which is locked."""
    await _step(connection, change, row, now, None)


async def _step(
    connection: Connection,
    change: IncidentChange,
    row: asyncpg.Record | None,
    now: datetime,
    add_verdict: AddVerdict | None,
) -> None:
    told = () if row is None or row["resolved_at"] is not None else await _told(connection, row)
    before = None if row is None else incident_of(row, told)
    down: list[str] = []
    if change.depends_on:
        rows = await connection.fetch(sql("programs_down"), list(change.depends_on))
        down = [found["program"] for found in rows]
    in_force = await silences(connection, now)
    try:
        decision = change.decide(before, in_force, down)
    except BatmonError:
        raise
    except Exception as error:
        raise Undecided from error
    if decision is not None:
        change.outcome = await _write(connection, change, decision, now, add_verdict)


async def _told(connection: Connection, row: asyncpg.Record) -> tuple[Target, ...]:
    """Who was sent a message since the incident was opened or reopened; whoever is being sent one is waited for."""
    notices = await connection.fetch(sql("notices_of_episode"), row["incident_id"], row["reopened"])
    sent = ((n["channel"], n["recipient"]) for n in notices if n["state"] == "owed" and n["kind"] != "resolved")
    return tuple(dict.fromkeys(sent))


async def silences(connection: Connection, now: datetime) -> list[Silence]:
    """Those that are in force."""
    return [silence_of(row) for row in await connection.fetch(sql("active_silences"), now)]


async def _write(
    connection: Connection, change: IncidentChange, decision: Decision, now: datetime, add_verdict: AddVerdict | None
) -> Decision:
    """Write what was decided; the decision with the incident's number."""
    after = decision.incident
    verdict = await add_verdict() if add_verdict is not None and decision.events else None
    if after.id == 0:
        number = await connection.fetchval(sql("add_incident"), incident_json(after, change.writer), verdict)
    else:
        number = after.id
        await connection.execute(sql("put_incident"), number, incident_json(after, change.writer), verdict)
    if decision.withdraw and after.id:
        why = "resolved" if decision.resolved else decision.events[-1].kind if decision.events else after.state.value
        await connection.execute(sql("withdraw_notices"), number, why)
    if decision.events:
        events = [{"kind": one.kind, "by": one.by, "text": one.text, "data": dict(one.data)} for one in decision.events]
        await connection.execute(sql("add_incident_events"), number, now, to_json(events))
    if decision.notices:
        await connection.execute(
            sql("add_notices"), number, after.reopened, after.sequence, storable(change.route), change.language, now,
            to_json([_notice(one) for one in decision.notices]),
        )  # fmt: skip
    if decision.resolved:
        await connection.execute(sql("wake_held"), change.program, now + RELEASE_AFTER)
    written = decision if after.id else replace(decision, incident=replace(after, id=number))
    if written.opened or written.resolved:
        await _announce(connection, change, written, now)
    return written


async def _announce(connection: Connection, change: IncidentChange, decision: Decision, now: datetime) -> None:
    """To the bell, and to the automations that wait for it."""
    from batmon.store import automations, feed  # noqa: PLC0415 - they stand on the store, which stands on this

    entry = None if change.entry is None else change.entry(decision, now)
    if entry is not None:
        await feed.add(connection, entry)
    event = "incident.opened" if decision.opened else "incident.resolved"
    await automations.automations_owed(connection, event, event_data(decision.incident))


def event_data(incident: Incident) -> dict[str, object]:
    """What the steps of an automation see of an incident."""
    return {
        "id": incident.id,
        "program": incident.program,
        "node": incident.node,
        "tags": list(incident.tags),
        "state": incident.state.value,
        "severity": incident.severity.value,
        "reason": incident.reason.value,
        "line": incident.line,
        "opened_at": incident.opened_at,
        "begun_at": incident.begun_at,
        "resolved_at": incident.resolved_at,
        "resolved_by": incident.resolved_by,
        "reopened": incident.reopened,
        "run_id": None if incident.run_id is None else str(incident.run_id),
    }


def _notice(notice: Notice) -> dict[str, object]:
    channel, recipient = notice.target
    return {"kind": notice.kind, "channel": channel, "recipient": recipient, "due_at": notice.due_at}
