"""``batmon search PATTERN``: any line of any log of all programs, the newest first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.session import DONE, FAILED, WRONG_USAGE, Session, tell_error
from batmon.commands.table import GAP, cells, moment
from batmon.errors import BadRequest, BatmonError
from batmon.moments import moment_of

_PROGRAM_CELLS = 12
"""Programs' names are seen only as they come: the column begins with this width and grows."""

_MOST = 100_000
"""Hits that the daemon gives at most."""

_HIT, _ERROR, _WARN, _QUIET, _PLAIN = "\x1b[1;7m", "\x1b[31m", "\x1b[33m", "\x1b[2m", "\x1b[0m"
_COLOURS = {"error": _ERROR, "warn": _WARN}


async def search(
    session: Session,
    pattern: str,
    *,
    programs: list[str],
    since: str | None,
    until: str | None,
    limit: int,
    as_json: bool,
    **how: bool,
) -> int:
    """Print hits as they are found; as grep, 0 if there were any, 1 if there were none, 2 if something went wrong.

    ``how`` is ``regex``, ``ignore_case`` and ``errors``.
    """
    asked = {"pattern": pattern, "limit": limit, **how}
    try:
        done = await _search(session, asked, programs, since, until, as_json=as_json)
    except BadRequest:
        raise
    except BatmonError as error:
        tell_error(session, error)
        return WRONG_USAGE
    _tell(session, done, limit)
    return DONE if done.get("hits") else FAILED


async def _search(
    session: Session, asked: dict[str, Any], programs: list[str], since: str | None, until: str | None, *, as_json: bool
) -> dict[str, Any]:
    gate = await session.gate()
    zone = ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    if programs:
        asked["programs"] = programs
    now = datetime.now(UTC)
    for key, text, end in (("since", since, False), ("until", until, True)):
        if text is not None:
            asked[key] = moment_of(text, zone, now, end=end).isoformat()
    paper = _Paper(session, zone)
    async with gate.stream("log.search", **asked) as items:
        async for item in items:
            for hit in item.get("hits", ()):
                if as_json:
                    session.out_json(hit)
                else:
                    paper.print(hit)
            await session.drain()
    return items.result or {}


class _Paper:
    """Prints hits: program, time in ``zone``, file, line."""

    def __init__(self, session: Session, zone: ZoneInfo) -> None:
        self._session = session
        self._zone = zone
        self._width = _PROGRAM_CELLS

    def print(self, hit: dict[str, Any]) -> None:
        """One hit on one line."""
        program = str(hit["program"])
        self._width = max(self._width, cells(program))
        head = program + " " * (self._width - cells(program))
        when = moment(hit["time"], self._zone)
        text = _marked(hit) if self._session.colour else str(hit["text"])
        if "cut" in hit:
            text += f"… ({hit['cut']:,} characters)"
        place = f"{hit['name']}{GAP}"
        if self._session.colour:
            place = f"{_QUIET}{place}{_PLAIN}"
        self._session.out(f"{head}{GAP}{when:<19}{GAP}{place}{text}")


def _marked(hit: dict[str, Any]) -> str:
    """The line in its level's colour, the hits in it reversed."""
    text, colour = str(hit["text"]), _COLOURS.get(str(hit["level"]), "")
    parts, done = [], 0
    for start, end in hit["spans"]:
        parts += [text[done:start], _HIT, text[start:end], _PLAIN, colour]
        done = end
    return "".join([colour, *parts, text[done:], _PLAIN])


def _tell(session: Session, done: dict[str, Any], limit: int) -> None:
    """What a person should know beside the hits."""
    if done.get("stopped") == "limit":
        session.err(f"there are more: --limit {min(10 * limit, _MOST)}, or --since, --program")
    unreadable = done.get("unreadable", [])
    for one in unreadable:
        session.err(f"not searched: {one['path']}: {one['why']}")
    if (others := int(done.get("unreadable_count", 0)) - len(unreadable)) > 0:
        session.err(f"not searched: {others:,} more files")
