"""``batmon runs PROGRAM``: its executions, newest first."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.session import DONE, Session
from batmon.commands.table import duration, moment, table

PAGE = 500

COLUMNS = (
    "log_id", "bot_name", "task_name", "status", "message", "error_details",
    "start_time", "end_time", "duration_sec", "processed_count", "run_id", "origin",
)  # fmt: skip
"""The columns of ``rpa_execution_logs``, and ours behind them."""


async def runs(session: Session, program: str, *, limit: int, as_json: bool) -> int:
    """Print up to ``limit`` runs of ``program``; as JSON a list of objects."""
    gate = await session.gate()
    found: list[dict[str, Any]] = []
    more = True
    while more and len(found) < limit:
        before = {"before": found[-1]["start_time"]} if found else {}
        page = await gate.request("runs", program=program, limit=min(PAGE, limit - len(found)), **before)
        more = bool(page["more"] and page["runs"])
        found += page["runs"]
    if as_json:
        session.out_json([{key: run.get(key) for key in COLUMNS} for run in found])
        return DONE
    zone = ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    heads = (f"start ({zone.key})", "took", "status", "count", "origin", "run", "message")
    rows = [
        (
            moment(run["start_time"], zone),
            duration(run["duration_sec"]),
            run["status"],
            str(run["processed_count"]),
            run["origin"],
            str(run["run_id"]),
            run["message"] or "",
        )
        for run in found
    ]
    for line in table(heads, rows, session.width):
        session.out(line)
    if more:
        session.err(f"there are more: --limit {2 * limit}")
    return DONE
