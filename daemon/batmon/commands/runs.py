"""``batmon runs PROGRAM``: its executions, newest first."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.session import DONE, Session
from batmon.commands.table import duration, moment, run_status, table
from batmon.gate.client import GateClient
from batmon.moments import moment_of
from batmon.words import say

PAGE = 500

MESSAGE_CHARS = 500
"""Of a message in the table; all of it with --json."""

COLUMNS = (
    "log_id", "bot_name", "task_name", "status", "message", "error_details",
    "start_time", "end_time", "duration_sec", "processed_count", "run_id", "origin",
)  # fmt: skip
"""The columns of ``rpa_execution_logs``, and ours behind them."""


async def runs(
    session: Session, program: str, *, since: str | None, until: str | None, limit: int, as_json: bool
) -> int:
    """Print up to ``limit`` runs of ``program`` that began in a span of time; as JSON a list of objects."""
    gate = await session.gate()
    zone = ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    now = datetime.now(UTC)
    begin = None if since is None else moment_of(since, zone, now)
    end = None if until is None else moment_of(until, zone, now, end=True)
    pages = _pages(gate, program, limit, begin, end)
    if as_json:
        await _as_json(session, pages)
        return DONE
    heads = (f"start ({zone.key})", "took", "status", "count", "origin", "run", "message")
    rows: list[tuple[str, ...]] = []
    left = False
    async for found, more in pages:
        left = more
        rows += [
            (
                moment(run["start_time"], zone),
                duration(run["duration_sec"]),
                str(run.get("status_of") or run_status(run)),
                "-" if run.get("status_of") else str(run["processed_count"]),
                run["origin"],
                str(run["run_id"]),
                _words(run, session, zone, now)[:MESSAGE_CHARS],
            )
            for run in found
        ]
    for number, line in enumerate(table(heads, rows, session.width)):
        session.out(line)
        if number % PAGE == 0:
            await session.drain()
    if left:
        session.err(f"there are more: --limit {2 * limit}")
    return DONE


def _words(run: Mapping[str, Any], session: Session, zone: ZoneInfo, now: datetime) -> str:
    """What is said of a run: its message, or of a probe's look what it found."""
    if not run.get("status_of"):
        return str(run["message"] or "")
    return say(run["reason"], run["facts"], "ko" if session.asked_language == "ko" else "en", zone, now)


async def _pages(
    gate: GateClient, program: str, limit: int, begin: datetime | None, end: datetime | None
) -> AsyncIterator[tuple[list[dict[str, Any]], bool]]:
    """Up to ``limit`` runs that began in ``begin`` <= t < ``end``, newest first, a page at a time, each with whether
    there are more after it.
    """
    count, more = 0, True
    before: dict[str, Any] = {} if end is None else {"before": end.isoformat()}
    while more and count < limit:
        page = await gate.request("runs", program=program, limit=min(PAGE, limit - count), **before)
        found = page["runs"]
        more = bool(page["more"] and found)
        if begin is not None:
            inside = [run for run in found if datetime.fromisoformat(run["start_time"]) >= begin]
            more = more and len(inside) == len(found)
            found = inside
        count += len(found)
        yield found, more
        before = {"before": found[-1]["start_time"]} if found else {}


async def _as_json(session: Session, pages: AsyncIterator[tuple[list[dict[str, Any]], bool]]) -> None:
    """One JSON list on one line, a page at a time: all of it may not fit in memory."""
    joint = "["
    async for found, _ in pages:
        for run in found:
            session.out(joint + json.dumps(_columns(run), ensure_ascii=False), end="")
            joint = ", "
        await session.drain()
    session.out("[]" if joint == "[" else "]")


def _columns(run: Mapping[str, Any]) -> dict[str, Any]:
    """A run's columns; of a probe's look also what it found."""
    more = ("status_of", "reason", "facts") if run.get("status_of") else ()
    return {key: run.get(key) for key in (*COLUMNS, *more)}
