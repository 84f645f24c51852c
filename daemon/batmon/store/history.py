"""A program's past runs, as its usual figures and a backtest need them: many rows, few columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from asyncpg import Record

from batmon.judge.baseline import Success, Window
from batmon.model import Origin, Run, RunStatus, run_status, status_words
from batmon.store.statements import sql
from batmon.store.store import Store

PAGE = 500
"""Runs that are fetched and made at a time: a few milliseconds of the daemon's loop."""
_SUCCESS = sorted(status_words(RunStatus.SUCCESS))


class History:
    """Questions about a program's past runs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def successes(self, program: str, windows: Sequence[Window]) -> dict[int, list[Success]]:
        """The successful runs in each window, by its number, latest first; windows without any are left out."""
        since, until, most = (list(column) for column in zip(*windows, strict=True))
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("successes_in"), program, since, until, most, _SUCCESS)
        found: dict[int, list[Success]] = {}
        for row in rows:
            found.setdefault(row["number"], []).append(Success(row["start_time"], row["seconds"], row["processed"]))
        return found

    async def runs(self, program: str, since: datetime, until: datetime, most: int) -> tuple[list[Run], bool]:
        """The latest ``most`` runs from ``since`` to before ``until``, newest first, and whether there are more.

        They are what can be replayed: without evidence, and without the rows that say that a run was missed.
        """
        found: list[Run] = []
        before, log_id = until, 0
        while len(found) <= most:
            async with self._store.connection() as connection:
                rows = await connection.fetch(sql("runs_to_replay"), program, since, before, log_id, PAGE)
            found += [_run(program, row) for row in rows]
            if len(rows) < PAGE:
                break
            before, log_id = rows[-1]["start_time"], rows[-1]["log_id"]
        return found[:most], len(found) > most


def _run(program: str, row: Record) -> Run:
    origin = Origin(row["origin"]) if row["origin"] in set(Origin) else Origin.RECORD
    return Run(
        run_id=row["run_id"],
        program=program,
        status=run_status(row["status"]),
        start_time=row["start_time"],
        end_time=row["end_time"],
        message=row["message"] or "",
        processed_count=row["processed_count"] or 0,
        origin=origin,
        log_id=row["log_id"],
    )
