"""``batmon diff PROGRAM [RUN]``: which lines of a run are new, and which are missing, against the last good run."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.session import DONE, Session
from batmon.commands.table import cut, moment

_COLOURS = {"+": "\x1b[31m", "-": "\x1b[33m"}


async def diff(session: Session, program: str, run: str | None, *, against: str | None, as_json: bool) -> int:
    """Print the lines that differ when what varies is masked: ``+`` new ones, ``-`` missing ones, each kind once.

    ``run`` and ``against`` are a run's number or id; left out: the latest run that ended, and the last good one before.
    """
    gate = await session.gate()
    zone = ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    asked = {key: value for key, value in (("run_id", run), ("against", against)) if value is not None}
    found = await gate.request("log.diff", program=program, **asked)
    if as_json:
        session.out_json(found)
        return DONE
    session.out(f"+++ {_named(found['run'], zone)}")
    session.out(f"--- {_named(found['against'], zone)}")
    for sign, key in (("+", "new"), ("-", "missing")):
        for line in found[key]:
            times = f" (x{line['count']:,})" if line["count"] > 1 else ""
            text = f"{sign} {line['text']}"
            text = cut(text, max(20, session.width - len(times))) if session.width else text
            colour = _COLOURS[sign] if session.colour else ""
            session.out(f"{colour}{text}{times}\x1b[0m" if colour else f"{text}{times}")
    session.err(f"{found['same']:,} lines are the same" + ("; not everything was compared" if found["cut"] else ""))
    return DONE


def _named(run: dict[str, Any], zone: ZoneInfo) -> str:
    number = run["log_id"] if run["log_id"] is not None else run["run_id"]
    return f"run {number}, {moment(run['start_time'], zone)}, {run['status']}"
