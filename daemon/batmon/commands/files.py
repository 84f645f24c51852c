"""``batmon files``: what a program left, as the read-only tree has it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.session import DONE, Session
from batmon.commands.table import moment, table

_SIGNS = {"dir": "/", "link": "@", "other": "?"}


async def files(session: Session, where: str, path: str, *, sort: str, reverse: bool, as_json: bool) -> int:
    """Print the entries of a folder of program ``where``, or of a path of the tree, which begins with /."""
    gate = await session.gate()
    zone = ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    folder = tree_path(where, path)
    found = await gate.request("tree.stat", path=folder)
    if found["entry"]["kind"] != "dir":
        _print(session, [found["entry"]], zone, as_json=as_json)
        return DONE
    offset: int | None = 0
    cut, first = False, True
    while offset is not None:
        page = await gate.request("tree.list", path=folder, offset=offset, sort=sort, reverse=reverse)
        if page["entries"] or not as_json:
            _print(session, page["entries"], zone, as_json=as_json, head=first)
        await session.drain()
        offset, cut, first = page["next"], "cut" in page, False
    if cut:
        session.err(f"{folder} holds more than {page['total']:,} entries: the others are not shown")
    return DONE


def tree_path(where: str, path: str) -> str:
    """``kindscrap`` and ``logs`` as ``/programs/kindscrap/logs``; a path of the tree stays as it is."""
    first = where if where.startswith("/") else f"/programs/{where}"
    return f"{first.rstrip('/')}/{path.strip('/')}".rstrip("/") or "/"


def _print(
    session: Session, entries: list[dict[str, Any]], zone: ZoneInfo, *, as_json: bool, head: bool = True
) -> None:
    if as_json:
        for entry in entries:
            session.out_json(entry)
        return
    rows = [
        ("-" if entry["kind"] != "file" else f"{entry['size']:,}", moment(entry["modified"], zone), _name(entry))
        for entry in entries
    ]
    lines = table(("bytes", f"modified ({zone.key})", "name"), rows, session.width)
    for line in lines if head else lines[1:]:
        session.out(line)


def _name(entry: dict[str, Any]) -> str:
    name = f"{entry['name']}{_SIGNS.get(entry['kind'], '')}"
    return name if entry["readable"] else f"{name}  ({entry.get('why', 'not readable')})"
