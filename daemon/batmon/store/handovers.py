"""What changed in a span of time, and since when somebody was not here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from batmon.judge.incident_state import Incident
from batmon.store.incident_rows import incident_of
from batmon.store.statements import sql
from batmon.store.store import Store
from batmon.store.texts import from_json, storable

APART = timedelta(hours=1)
"""Signs of a person that are no further apart than this are one visit."""


class Handovers:
    """Visits, and what happened between them; every method raises StoreError as ``Store`` does."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def visited(self, person: str, name: str, now: datetime) -> datetime | None:
        """Somebody is here; the visit before this one, None if there was none."""
        async with self._store.connection() as connection:
            before: datetime | None = await connection.fetchval(
                sql("visited"), storable(person), storable(name), now, now - APART
            )
            return before

    async def incidents(self, what: str, since: datetime, until: datetime, limit: int) -> list[Incident]:
        """Incidents that were ``opened``, ``resolved`` or ``acknowledged`` in a span, the newest first."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("handover_incidents"), what, since, until, limit)
        return [incident_of(row) for row in rows]

    async def verdicts(self, since: datetime, until: datetime, limit: int) -> list[dict[str, Any]]:
        """Programs whose verdict is another than at the beginning of the span: program, title, timezone, before,
        status, reason, at, facts; ``before`` None for one that had none."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("handover_verdicts"), since, until, limit)
        return [{**row, "facts": from_json(row["facts"])} for row in rows]

    async def silences(self, since: datetime, until: datetime, limit: int, *, ended: bool) -> list[dict[str, Any]]:
        """Silences that began in a span, or ended in it: the columns of ``silences``."""
        async with self._store.connection() as connection:
            return [dict(row) for row in await connection.fetch(sql("handover_silences"), since, until, ended, limit)]

    async def acts(self, since: datetime, until: datetime, limit: int) -> list[dict[str, Any]]:
        """What people did in a span, the newest first: at, actor, action, target, outcome."""
        async with self._store.connection() as connection:
            return [dict(row) for row in await connection.fetch(sql("handover_acts"), since, until, limit)]

    async def failed_automations(self, since: datetime, until: datetime, limit: int) -> list[dict[str, Any]]:
        """Executions that failed in a span, the newest first: id, job_name, execution_time, error_message."""
        async with self._store.connection() as connection:
            return [dict(row) for row in await connection.fetch(sql("handover_automations"), since, until, limit)]
