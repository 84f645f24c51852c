"""``batmon errors [PROGRAM]``: each kind of error once, with how often, where and when it was seen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.session import DONE, Session
from batmon.commands.table import moment, table
from batmon.moments import moment_of

NEW = "24h"
"""What ``--new`` means without ``--since``."""
MOST = 500
"""Kinds that the daemon gives at most."""


async def errors(
    session: Session, program: str | None, *, since: str | None, new: bool, limit: int, as_json: bool
) -> int:
    """Print kinds of error, those seen last first; ``new``: those never seen before ``since``, the newest first."""
    gate = await session.gate()
    zone = ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    written = since if since is not None else NEW if new else None
    begin = None if written is None else moment_of(written, zone, datetime.now(UTC))
    asked: dict[str, Any] = {"limit": min(limit, MOST), "order": "first" if new else "last"}
    if program is not None:
        asked["program"] = program
    if begin is not None:
        asked["since"] = begin.isoformat()
    answer = await gate.request("signatures", **asked)
    found: list[dict[str, Any]] = answer["signatures"]
    if not found and program is not None:
        await gate.request("runs", program=program, limit=1)  # of a program that is none it says so
    if new and begin is not None:
        found = [one for one in found if datetime.fromisoformat(one["first_ever"]) >= begin]
    if as_json:
        session.out_json(found)
        return DONE
    rows = [
        (
            f"{one['count']:,}",
            f"{one['programs']:,}",
            moment(one["first_seen"], zone),
            moment(one["last_seen"], zone),
            one["id"],
            one["template"],
        )
        for one in found
    ]
    heads = ("count", "programs", f"first seen ({zone.key})", "last seen", "id", "error")
    for line in table(heads, rows, session.width) if rows else ():
        session.out(line)
    if not rows:
        span = "" if begin is None else f" since {moment(begin.isoformat(), zone)}"
        session.err(f"no {'new ' if new else ''}errors{span}")
    elif answer["more"]:
        session.err(f"there are more: --limit {min(MOST, 2 * limit)}" if limit < MOST else "there are more: --since")
    return DONE
