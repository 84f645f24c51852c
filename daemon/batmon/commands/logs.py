"""``batmon logs PROGRAM``: the end of its log, and what is added to it."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from batmon.commands.session import DONE, Session
from batmon.commands.table import moment, table
from batmon.gate.client import GateClient

PAGE = 400
"""Lines asked for at once: with every line cut to 4,096 characters they fit the gate's line."""

_COLOURS = {"error": "\x1b[31m", "warn": "\x1b[33m"}


async def logs(session: Session, program: str, *, lines: int, follow: bool, path: str | None) -> int:
    """Print the last ``lines`` lines of a program's log (of ``path``, if named), and go on if ``follow``."""
    gate = await session.gate()
    which = {"program": program} | ({"path": path} if path else {})
    found, page = await _tail(gate, which, lines)
    for line in found:
        _print(session, line)
    await session.drain()
    if follow:
        await _follow(session, gate, program, page)
    return DONE


async def log_files(session: Session, program: str, *, as_json: bool) -> int:
    """Print which log files a program has, newest first."""
    gate = await session.gate()
    files = (await gate.request("log.files", program=program))["files"]
    if as_json:
        session.out_json(files)
        return DONE
    rows = [(f"{file['size']:,}", moment(file["modified"], UTC), file["path"]) for file in files]
    for line in table(("bytes", "modified (UTC)", "path"), rows):
        session.out(line)
    return DONE


async def _tail(gate: GateClient, which: dict[str, Any], lines: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The last lines in order, gathered page by page backwards, and the page at the end."""
    at: dict[str, Any] = {"end": True}
    last: dict[str, Any] | None = None
    found: list[dict[str, Any]] = []
    while True:
        page = await gate.request("log.read", **which, at=at, before=min(PAGE, lines - len(found)), after=0)
        last = last or page
        which = {**which, "path": page["path"]}
        found = page["lines"] + found
        if page["at_start"] or not page["lines"] or len(found) >= lines:
            return found[-lines:], last
        at = {"offset": found[0]["offset"]}


async def _follow(session: Session, gate: GateClient, program: str, page: dict[str, Any]) -> None:
    start = page["lines"][-1]["end"] if page["lines"] else page["size"]
    async with gate.stream("log.follow", program=program, path=page["path"], **{"from": start}) as items:
        async for item in items:
            for line in item.get("lines", ()):
                _print(session, line)
            if "rotated" in item:
                session.err(f"-- goes on in {item['rotated']['path']}")
            if "gap" in item:
                session.err(f"-- {item['gap']:,} bytes left out: this terminal was too slow")
            await session.drain()


def _print(session: Session, line: dict[str, Any]) -> None:
    colour = _COLOURS.get(str(line.get("level"))) if session.colour else None
    text = str(line["text"])
    if "cut" in line:
        text += f"… ({line['cut']:,} characters)"
    session.out(f"{colour}{text}\x1b[0m" if colour else text)
