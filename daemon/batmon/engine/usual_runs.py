"""What is usual for the latest run of each program: asked of the store once when a run has ended, then remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from batmon.judge.baseline import Success, Usual, Window, question, usual
from batmon.judge.calendar import Calendar
from batmon.model import Program, Run, RunStatus


class Past(Protocol):
    """Where earlier runs are found; ``store.history.History`` is one."""

    async def successes(self, program: str, windows: Sequence[Window]) -> dict[int, list[Success]]:
        """The successful runs in each window, by its number, latest first."""


Figures = tuple[UUID, datetime | None, int]
"""A run, its end and what it processed: with other figures it is held against the usual afresh."""


class UsualRuns:
    """Remembers for the latest run of each program that has ended what it is held against, if it is unusual."""

    def __init__(self, past: Past, calendars: Mapping[str, Calendar]) -> None:
        self._past, self._calendars = past, calendars
        self._known: dict[str, tuple[Figures, Usual | None]] = {}

    def calendar(self, program: Program) -> Calendar | None:
        """The calendar that the program goes by, if any."""
        return self._calendars.get(program.calendar)

    async def of(self, program: Program, runs: Sequence[Run]) -> Usual | None:
        """What the latest finished one of ``runs`` (newest first) is held against; None if it is not unusual.

        Raises:
            StoreUnavailable: Postgres is away.
        """
        last = next((run for run in runs if run.finished and run.status is not RunStatus.MISSED), None)
        if last is None or last.status is not RunStatus.SUCCESS:
            return None
        figures = (last.run_id, last.end_time, last.processed_count)
        known = self._known.get(program.name)
        if known is not None and known[0] == figures:
            return known[1]
        asked = question(program, last, self.calendar(program))
        found = None if asked is None else usual(asked, await self._past.successes(program.name, asked.windows))
        if found is not None and found.oddity(last) is None:
            found = None  # nothing to say of it, and nothing to keep
        self._known[program.name] = (figures, found)
        return found
