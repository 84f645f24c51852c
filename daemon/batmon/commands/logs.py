"""``batmon logs PROGRAM``: the end of its log, and what is added to it; which files it has."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.session import DONE, Session
from batmon.commands.table import moment, table
from batmon.errors import NotFound
from batmon.gate.client import GateClient
from batmon.refusals import because

PAGE = 400
"""Lines asked for at once: with every line cut to 4,096 characters they fit the gate's line."""

_COLOURS = {"error": "\x1b[31m", "warn": "\x1b[33m"}


async def logs(session: Session, program: str, *, lines: int, follow: bool, path: str | None) -> int:
    """Print the last ``lines`` lines of a program's log (of ``path``, if named), and go on if ``follow``."""
    gate = await session.gate()
    which = {"program": program} | ({"path": (await log_paths(gate, program, [path]))[0]} if path else {})
    page = await _tail(session, gate, which, lines)
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
    zone = ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    rows = [
        (f"{file['size']:,}", file["packing"] or "text", moment(file["modified"], zone), file["path"]) for file in files
    ]
    for line in table(("bytes", "kind", f"modified ({zone.key})", "path"), rows):
        session.out(line)
    return DONE


async def log_paths(gate: GateClient, program: str, wanted: list[str]) -> list[str]:
    """The whole paths of what is named; a file name, or the end of a path, stands for the only log of that name.

    Raises:
        NotFound: several are called so.
    """
    known = [file["path"] for file in (await gate.request("log.files", program=program))["files"]]
    paths = []
    for name in wanted:
        end = "/" + name.replace("\\", "/")
        found = [path for path in known if path == name or path.replace("\\", "/").endswith(end)]
        if len(found) > 1:
            raise NotFound(because("many-logs-of-name", program=program, count=len(found), name=name))
        paths.append(found[0] if found else name)  # the daemon refuses what is none, and writes it down
    return paths


async def _tail(session: Session, gate: GateClient, which: dict[str, Any], lines: int) -> dict[str, Any]:
    """Print the last lines in order, of the files before too where one has too few; the page at the end.

    Pages are counted backwards and then printed forwards, each asked for again: a million lines do not fit in memory.
    """
    page = last = await gate.request("log.read", **which, at={"end": True}, before=min(PAGE, lines), after=0)
    which = {**which, "path": last["path"]}
    earlier: list[dict[str, Any]] = []
    count = len(last["lines"])
    while count < lines:
        place: dict[str, Any] = {"end": True}
        if page["lines"] and not page["at_start"]:
            place = {"offset": page["lines"][0]["offset"]}
        elif page["older"] is not None:
            which = {**which, "path": page["older"]}
        else:
            break
        asked = which | {"at": place, "before": min(PAGE, lines - count), "after": 0}
        page = await gate.request("log.read", **asked)
        count += len(page["lines"])
        earlier.append(asked)
    for asked in reversed(earlier):
        page = await gate.request("log.read", **asked)
        await _print_all(session, page["lines"])
    await _print_all(session, last["lines"])
    return last


async def _print_all(session: Session, lines: list[dict[str, Any]]) -> None:
    for line in lines:
        print_line(session, line)
    await session.drain()


async def _follow(session: Session, gate: GateClient, program: str, page: dict[str, Any]) -> None:
    start = page["lines"][-1]["end"] if page["lines"] else page["size"]
    async with gate.stream("log.follow", program=program, path=page["path"], **{"from": start}) as items:
        async for item in items:
            for line in item.get("lines", ()):
                print_line(session, line)
            if "rotated" in item:
                session.err(f"-- goes on in {item['rotated']['path']}")
            if "gap" in item:
                session.err(f"-- {item['gap']:,} bytes left out: this terminal was too slow")
            await session.drain()


def print_line(session: Session, line: dict[str, Any], before: str = "") -> None:
    """Print a ``LogLine`` in the colour of its level, behind what stands ``before`` it."""
    colour = _COLOURS.get(str(line.get("level"))) if session.colour else None
    text = str(line["text"])
    if "cut" in line:
        text += f"… ({line['cut']:,} characters)"
    session.out(before + (f"{colour}{text}\x1b[0m" if colour else text))
