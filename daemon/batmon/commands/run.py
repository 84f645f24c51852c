"""``batmon run ID``: one execution with the items that it recorded."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.session import DONE, Session
from batmon.commands.table import duration, moment, run_status, table

ERROR_CHARS = 500
"""Of an item's error in the table; all of it with --json."""


async def run(session: Session, name: str, *, as_json: bool) -> int:
    """Print the run that ``name``, a run_id or a log_id, stands for; as JSON the answer of ``run.items``."""
    gate = await session.gate()
    which: dict[str, Any] = {"log_id": int(name)} if name.isdecimal() else {"run_id": name}
    answer = await gate.request("run.items", **which)
    items = answer["items"]
    while answer["more"]:
        answer = await gate.request("run.items", **which, **{"from": len(items)})
        if not answer["items"]:
            break  # somebody removed them meanwhile
        items += answer["items"]
    found, totals = answer["run"], answer["totals"]
    if as_json:
        session.out_json({"run": found, "totals": totals, "items": items})
        return DONE
    zone = ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    for line in _facts(found, zone):
        session.out(line)
    if items:
        session.out("")
        heads = (f"start ({zone.key})", "took", "done", "failed", "account", "error")
        for line in table(heads, [_row(item, zone) for item in items], session.width):
            session.out(line)
        session.out("")
        session.out(
            f"{totals['items']} item{'' if totals['items'] == 1 else 's'}, {totals['failed_items']} failed; "
            f"{totals['processed']} processed, {totals['failed']} failed"
        )
    return DONE


def _facts(run: dict[str, Any], zone: ZoneInfo) -> list[str]:
    facts = {
        "run": f"{run['run_id']} (log_id {run['log_id']})",
        "program": run["bot_name"],
        "task": run["task_name"],
        "status": run_status(run),
        "start": f"{moment(run['start_time'], zone)} ({zone.key})",
        "end": moment(run["end_time"], zone),
        "took": duration(run["duration_sec"]),
        "processed": str(run["processed_count"]),
        "started by": run["started_by"],
        "message": run["message"] or "",
        "error": run["error_details"] or "",
    }
    lines = []
    for name, text in facts.items():
        first, *others = text.splitlines() or [""]
        if text:
            lines += [f"{name:<11}{first}", *(f"{'':<11}{line}" for line in others)]
    return lines


def _row(item: dict[str, Any], zone: ZoneInfo) -> tuple[str, ...]:
    start, end = moment(item["started_at"], zone), item["ended_at"]
    return (
        start,
        duration(_seconds(item)) if end else "-",
        str(item["processed"]),
        str(item["failed"]),
        item["account"],
        item["error"].replace("\n", " ")[:ERROR_CHARS],
    )


def _seconds(item: dict[str, Any]) -> float:
    start, end = (datetime.fromisoformat(item[key]) for key in ("started_at", "ended_at"))
    return max(0.0, (end - start).total_seconds())
