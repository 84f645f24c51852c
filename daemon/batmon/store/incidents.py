"""Incidents, their timelines, what was told about them, and silences: what the engine asks and what it changes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from batmon.judge.incident_state import Incident
from batmon.judge.quiet import Silence
from batmon.store import incident_steps
from batmon.store.incident_rows import IncidentChange, incident_of, silence_of
from batmon.store.statements import sql
from batmon.store.store import Store
from batmon.store.texts import from_json, storable

log = logging.getLogger(__name__)

AFTER_FAULT = timedelta(minutes=5)
"""When an incident that could not be decided for a reason nobody expected is looked at again."""
MOST_SILENCES = 1000
"""How many are looked through for one incident's page."""
LEARNED = 200
Make = Callable[[Incident], IncidentChange]
"""The step that an incident, as it stands, is to take."""


class Incidents:
    """Incidents in the database; every method raises StoreError as ``Store`` does."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # Steps

    async def step(self, incident_id: int, make: Make, now: datetime) -> IncidentChange | None:
        """Let an incident take a step, in a transaction; None if there is no such incident."""
        async with self._store.connection() as connection, connection.transaction():
            row = await connection.fetchrow(sql("incident_locked"), incident_id)
            if row is None:
                return None
            change = make(incident_of(row))
            await incident_steps.stepped(connection, change, row, now)
        return change

    async def due(
        self, now: datetime, node: str, foreign: Sequence[str], limit: int, make: Make
    ) -> list[IncidentChange]:
        """Let open incidents whose deadline has passed take a step, in one transaction; at most ``limit`` of them.

        Those of ``node``, and of the programs ``foreign``; what another daemon looks at is left to it.
        """
        changes = []
        async with self._store.connection() as connection, connection.transaction():
            for row in await connection.fetch(sql("due_incidents"), now, node, list(foreign), limit):
                change = make(incident_of(row))
                changes.append(change)
                try:
                    await incident_steps.stepped(connection, change, row, now)
                except incident_steps.Undecided as error:  # one that cannot be decided must not keep the others waiting
                    log.error("incident %d cannot be looked at", row["incident_id"], exc_info=error.__cause__)
                    await connection.execute(sql("wake_incidents"), [row["incident_id"]], now + AFTER_FAULT)
        return changes

    async def next_deadline(self, node: str, foreign: Sequence[str]) -> datetime | None:
        """The earliest deadline of an open incident."""
        async with self._store.connection() as connection:
            at: datetime | None = await connection.fetchval(sql("next_incident_deadline"), node, list(foreign))
            return at

    async def wake(self, incident_ids: Iterable[int], now: datetime) -> None:
        """Have open incidents looked at at once."""
        async with self._store.connection() as connection:
            await connection.execute(sql("wake_incidents"), list(incident_ids), now)

    # Reading

    async def that_matter(self, node: str, resolved_after: datetime) -> list[Incident]:
        """The latest incident of each program of a node, where it is open or was resolved after then."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("incidents_that_matter"), node, resolved_after)
        return [incident_of(row) for row in rows]

    async def changed(self, node: str, since: datetime, who: str) -> tuple[list[Incident], datetime]:
        """Incidents of a node that others than ``who`` have changed since a moment of Postgres's clock, and from when
        to ask next; at most ``LEARNED``."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("incidents_changed"), node, since, who, LEARNED)
        return [incident_of(row) for row in rows], max((row["updated_at"] for row in rows), default=since)

    async def get(self, incident_id: int) -> Incident | None:
        """One incident."""
        async with self._store.connection() as connection:
            row = await connection.fetchrow(sql("incident_by_id"), incident_id)
        return None if row is None else incident_of(row)

    async def page(
        self, state: str, program: str | None, since: datetime | None, before: int | None, limit: int
    ) -> list[Incident]:
        """Incidents, the newest first; ``state`` is ``all``, ``resolved``, ``unresolved`` or that of open ones."""
        over = state in ("all", "resolved")
        name, which = ("incident_page", state == "resolved") if over else ("open_incident_page", state)
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql(name), which, program, since, before, limit)
        return [incident_of(row) for row in rows]

    async def counts(self) -> dict[str, int]:
        """State -> how many open incidents are in it."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("incident_counts"))
        return {row["state"]: row["n"] for row in rows}

    async def open(self) -> list[Incident]:
        """Every incident that is not resolved."""
        async with self._store.connection() as connection:
            return [incident_of(row) for row in await connection.fetch(sql("open_incidents"))]

    async def open_of(self, programs: Sequence[str]) -> list[Incident]:
        """The open incidents of these programs."""
        async with self._store.connection() as connection:
            return [incident_of(row) for row in await connection.fetch(sql("open_incidents_of"), list(programs))]

    async def held_by(self, program: str, limit: int) -> list[Incident]:
        """The open incidents that wait for a program."""
        async with self._store.connection() as connection:
            return [incident_of(row) for row in await connection.fetch(sql("incidents_held_by"), program, limit)]

    async def timeline(self, incident_id: int, limit: int) -> list[dict[str, Any]]:
        """The latest entries of a timeline, oldest first: the columns of ``incident_events``."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("incident_timeline"), incident_id, limit)
        return [{**row, "data": from_json(row["data"])} for row in reversed(rows)]

    async def verdicts(self, incident_id: int) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """The verdicts that opened an incident and that it was last looked at by: columns of ``verdicts``."""
        async with self._store.connection() as connection:
            row = await connection.fetchrow(sql("incident_by_id"), incident_id)
            if row is None:
                return None, None
            wanted = [row["first_verdict"], row["last_verdict"]]
            found = {one["verdict_id"]: one for one in await connection.fetch(sql("incident_verdicts"), wanted)}
        first, last = (found.get(number) for number in wanted)
        return (_verdict(first) if first else None), (_verdict(last) if last else None)

    async def told(self, incident_id: int, limit: int) -> list[dict[str, Any]]:
        """What was or is to be told, oldest first: columns of ``incident_notices``, and of the message it went into."""
        async with self._store.connection() as connection:
            return [dict(row) for row in await connection.fetch(sql("incident_told"), incident_id, limit)]

    # Silences

    async def add_silence(
        self, *, program: str, tag: str, pattern: str, why: str, by: str, now: datetime, until: datetime
    ) -> dict[str, Any]:
        """A new silence: the columns of ``silences``."""
        words = tuple(map(storable, (program, tag, pattern, why, by)))
        async with self._store.connection() as connection:
            row = await connection.fetchrow(sql("add_silence"), *words, now, until)
        return {} if row is None else dict(row)

    async def end_silence(self, silence_id: int, now: datetime, by: str) -> dict[str, Any] | None:
        """End a silence, and have what it kept quiet looked at; None if it is over or not there."""
        async with self._store.connection() as connection, connection.transaction():
            row = await connection.fetchrow(sql("end_silence"), silence_id, now, storable(by))
            if row is None:
                return None
            quiet = await connection.fetch(sql("incidents_of_silence"), str(silence_id))
            await connection.execute(sql("wake_incidents"), [one["incident_id"] for one in quiet], now)
        return dict(row)

    async def silence(self, silence_id: int) -> dict[str, Any] | None:
        """One silence: the columns of ``silences``."""
        async with self._store.connection() as connection:
            row = await connection.fetchrow(sql("silence"), silence_id)
        return None if row is None else dict(row)

    async def silences(self, now: datetime, *, ended: bool, limit: int) -> list[dict[str, Any]]:
        """Silences that are in force, or all of them, the newest first: the columns of ``silences``."""
        async with self._store.connection() as connection:
            return [dict(row) for row in await connection.fetch(sql("silences"), now, ended, limit)]

    async def silences_in_force(self, now: datetime) -> list[tuple[dict[str, Any], Silence]]:
        """Those that are in force, as rows and as what can be held against a subject."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("silences"), now, False, MOST_SILENCES)
        return [(dict(row), silence_of(row)) for row in rows]

    async def silenced(self) -> dict[str, int]:
        """The number of a silence, as text -> how many open incidents it keeps quiet."""
        async with self._store.connection() as connection:
            return {row["silence"]: row["n"] for row in await connection.fetch(sql("silenced_incidents"))}


def _verdict(row: Any) -> dict[str, Any]:
    return {"status": row["status"], "reason": row["reason"], "at": row["at"], "facts": from_json(row["facts"])}
