"""What reports tell beyond figures: failures by kind, starts against due times, and all that belongs to an incident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from batmon.judge.incident_state import Incident
from batmon.judge.quiet import Silence
from batmon.model import Run, RunStatus, run_status, status_words
from batmon.store.incident_rows import incident_of, silence_of
from batmon.store.run_rows import run_of
from batmon.store.signatures import InProgram, StoredSignature, programs_of, some
from batmon.store.statements import sql
from batmon.store.store import Store
from batmon.store.texts import from_json

TOUCHED = ("rerun", "stop", "probe.look", "log.delete")
"""Acts of the audit trail that have a program for their target and stand in no timeline."""
LOOKED_BACK = 5000
"""Runs among which the last good one is looked for."""
MOST_PLACES = 100
"""Programs with the same kind of error that are named."""


@dataclass(frozen=True, slots=True)
class KnownProgram:
    """A row of ``programs``. ``probe``: the kind of a probe, None of a program."""

    name: str
    title: str
    node: str
    base_dir: str
    schedule: tuple[str, ...]
    timezone: str
    grace: timedelta
    logs: tuple[str, ...]
    configured: bool
    probe: str | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that failed; ``signature`` is its kind of error, empty if nobody knows."""

    program: str
    run_id: UUID
    log_id: int
    start: datetime
    signature: str


@dataclass(frozen=True, slots=True)
class Related:
    """Another incident; ``signature`` is its kind of error, ``waited_for`` the programs that its notices waited for."""

    incident: Incident
    signature: str
    waited_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SilenceRow:
    """A silence with its whole life; ``ended_at`` None: it lasts until its time."""

    silence: Silence
    created_at: datetime
    ended_at: datetime | None
    ended_by: str


class Stories:
    """Questions that only reports ask; every method raises StoreError as ``Store`` does."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def _rows(self, name: str, *values: Any) -> list[Any]:
        async with self._store.connection() as connection:
            return list(await connection.fetch(sql(name), *values))

    async def programs(self, names: Sequence[str] | None = None) -> dict[str, KnownProgram]:
        """What is known of programs, by name in small letters; ``names`` in any case, None for all."""
        rows = await self._rows("story_programs", None if names is None else list(names))
        return {row["name"].lower(): _known(row) for row in rows}

    # For findings

    async def failures(self, spans: Sequence[tuple[str, datetime, datetime]], most: int) -> list[Failure]:
        """Runs that failed in spans of (program, since, until), the latest ``most`` of each."""
        programs, begins, ends = ([one[index] for one in spans] for index in range(3))
        words = _words(RunStatus.SUCCESS, RunStatus.RUNNING, RunStatus.MISSED)
        rows = await self._rows("story_failures", programs, begins, ends, words, most)
        return [Failure(r["bot_name"], r["run_id"], r["log_id"], r["start_time"], r["signature"] or "") for r in rows]

    async def starts(
        self, programs: Sequence[str], since: datetime, until: datetime, most: int
    ) -> dict[str, tuple[list[datetime], list[datetime]]]:
        """Starts that nobody asked for and due times that were missed, by program in small letters."""
        found: dict[str, tuple[list[datetime], list[datetime]]] = {}
        for row in await self._rows("story_starts", list(programs), since, until, _words(RunStatus.MISSED), most):
            started, missed = found.setdefault(row["bot_name"].lower(), ([], []))
            (missed if row["missed"] else started).append(row["start_time"])
        return found

    async def kinds(self, ids: Sequence[str]) -> dict[str, StoredSignature]:
        """Kinds of error by id, those that are still known."""
        async with self._store.connection() as connection:
            return await some(connection, ids)

    async def places(self, signature: str) -> list[InProgram]:
        """The programs that had a kind of error, those that had it last first."""
        async with self._store.connection() as connection:
            return await programs_of(connection, signature, MOST_PLACES)

    # For stories

    async def incidents(
        self, since: datetime, until: datetime, programs: Sequence[str] | None, most: int
    ) -> tuple[list[Incident], int]:
        """Incidents that were open at any time from ``since`` to before ``until``, the worst first; how many."""
        lowered = None if programs is None else [name.lower() for name in programs]
        rows = await self._rows("story_incidents", since, until, lowered, most)
        return [incident_of(row) for row in rows], rows[0]["total"] if rows else 0

    async def incident(self, incident_id: int) -> Incident | None:
        """One incident."""
        rows = await self._rows("story_incident", incident_id)
        return incident_of(rows[0]) if rows else None

    async def timeline(self, incident_id: int, ends: int) -> tuple[list[dict[str, Any]], int]:
        """The first and last ``ends`` entries, oldest first (at, kind, by, text, data), and how many there are."""
        rows = await self._rows("story_timeline", incident_id, ends)
        return [{**row, "data": from_json(row["data"])} for row in rows], rows[0]["total"] if rows else 0

    async def acknowledged(self, incident_ids: Sequence[int]) -> dict[int, tuple[datetime, str]]:
        """When each incident was acknowledged first, and by whom."""
        rows = await self._rows("story_acknowledged", list(incident_ids))
        return {row["incident_id"]: (row["at"], row["by"]) for row in rows}

    async def verdicts(self, program: str, since: datetime, until: datetime, most: int) -> list[dict[str, Any]]:
        """How the verdict changed, oldest first: status, reason, at, facts."""
        rows = await self._rows("story_verdicts", program, since, until, most)
        return [{**row, "facts": from_json(row["facts"])} for row in rows]

    async def runs(
        self, program: str, since: datetime, until: datetime, most: int, *, asked_for: bool = False
    ) -> list[Run]:
        """Runs that started in a span, oldest first; only re-runs if ``asked_for``."""
        return [run_of(row) for row in await self._rows("story_runs", program, since, until, asked_for, most)]

    async def run_counts(self, program: str, since: datetime, until: datetime) -> dict[RunStatus, int]:
        """How many runs started in a span, by what became of them."""
        found: dict[RunStatus, int] = {}
        for row in await self._rows("story_run_counts", program, since, until):
            status = run_status(row["word"])
            found[status] = found.get(status, 0) + row["n"]
        return found

    async def good_run(self, program: str, before: datetime) -> Run | None:
        """The latest successful run that started before a moment, among ``LOOKED_BACK``."""
        rows = await self._rows("story_good_run", program, before, _words(RunStatus.SUCCESS), LOOKED_BACK)
        return run_of(rows[0]) if rows else None

    async def related(self, incident_id: int, since: datetime, until: datetime, most: int) -> list[Related]:
        """Other incidents that were open in a span."""
        return [
            Related(incident_of(row), row["signature"] or "", tuple(row["waited_for"]))
            for row in await self._rows("story_related", incident_id, since, until, most)
        ]

    async def neighbours(
        self, program: str, incident_id: int, since: datetime
    ) -> tuple[int, tuple[int, datetime] | None]:
        """Of the same program: how many incidents were opened since then and before this one, and the next one."""
        row = (await self._rows("story_neighbours", program, incident_id, since))[0]
        return row["before"], None if row["incident_id"] is None else (row["incident_id"], row["opened_at"])

    async def looks(self, program: str, at: datetime, most: int) -> list[dict[str, Any]]:
        """What a probe found around a moment, oldest first; at most ``most`` on either side."""
        return [dict(row) for row in await self._rows("story_looks", program, at, most)]

    async def acts(self, program: str, since: datetime, until: datetime, most: int) -> list[dict[str, Any]]:
        """What people did to a program, oldest first: at, actor, action, target, outcome."""
        rows = await self._rows("story_acts", program.lower(), since, until, list(TOUCHED), most)
        return [dict(row) for row in rows]

    async def silences(self, since: datetime, until: datetime, most: int) -> list[SilenceRow]:
        """Silences that were in force at any time of a span, oldest first."""
        rows = await self._rows("story_silences", since, until, most)
        return [SilenceRow(silence_of(row), row["created_at"], row["ended_at"], row["ended_by"]) for row in rows]


def _words(*statuses: RunStatus) -> list[str]:
    return sorted(word for status in statuses for word in status_words(status))


def _known(row: Any) -> KnownProgram:
    return KnownProgram(
        name=row["name"], title=row["title"] or row["name"], node=row["node"], base_dir=row["base_dir"],
        schedule=tuple(row["schedule"]), timezone=row["timezone"], grace=timedelta(seconds=row["grace_sec"]),
        logs=tuple(row["logs"]), configured=row["configured"], probe=row["probe"],
    )  # fmt: skip
