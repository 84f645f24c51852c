"""``batmon logs --all``: the logs of several programs, merged by time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.logs import print_line
from batmon.commands.session import DONE, Session
from batmon.commands.table import GAP, cells
from batmon.gate.client import GateClient
from batmon.moments import moment_of

PAGE = 400
"""Lines asked for at once."""

POLL_SEC = 1.0
"""Between two looks for what was added."""

_PROGRAM_COLOURS = tuple(f"\x1b[{code}m" for code in (36, 34, 35, 32, 96, 94, 95, 92))
_RESET = "\x1b[0m"

Page = dict[str, Any]


async def merged_logs(
    session: Session, programs: list[str], *, lines: int, at: str | None, since: str | None, follow: bool, errors: bool
) -> int:
    """Print the last ``lines`` lines of all or some programs, those around ``at``, or all from ``since`` on."""
    gate = await session.gate()
    zone = ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    asked: Page = ({"programs": programs} if programs else {}) | ({"level": "error"} if errors else {})
    paper = _Paper(session)
    now = datetime.now(UTC)
    if since is not None:
        cursor = await _print_on(gate, asked, paper, {"time": moment_of(since, zone, now).isoformat()})
    elif at is not None:
        place = {"time": moment_of(at, zone, now).isoformat()}
        await _print_ahead(gate, asked, paper, place, lines - lines // 2)
        cursor = await _print_on(gate, asked, paper, place, lines // 2)
    else:
        cursor = await _print_ahead(gate, asked, paper, {"end": True}, lines)
    while follow:
        cursor = await _print_on(gate, asked, paper, {"cursor": cursor})
        await asyncio.sleep(POLL_SEC)
    paper.tell_left_out()
    return DONE


async def _print_ahead(gate: GateClient, asked: Page, paper: _Paper, at: Page, lines: int) -> str:
    """Print ``lines`` lines ahead of a place, or a few more; the cursor of the place.

    Pages are counted backwards and then printed forwards, each asked for again: a million lines do not fit in memory.
    """
    place, count = at, 0
    wanted: list[Page] = []
    while True:
        wanted.append(asked | {"at": place, "before": min(PAGE, lines - count), "after": 0})
        page = await gate.request("log.merged", **wanted[-1])
        count += len(page["lines"])
        if page["at_start"] or count >= lines:
            break
        place = {"cursor": page["older"]}
    for one in reversed(wanted[:-1]):
        await paper.print(page)
        page = await gate.request("log.merged", **one)
    await paper.print(page)
    return str(page["newer"])


async def _print_on(gate: GateClient, asked: Page, paper: _Paper, at: Page, most: int | None = None) -> str:
    """Print from a place to the end, or until there were ``most`` lines; the cursor of what lies behind."""
    count = 0
    while True:
        after = PAGE if most is None else min(PAGE, most - count)
        page = await gate.request("log.merged", **asked, at=at, before=0, after=after)
        await paper.print(page)
        count += len(page["lines"])
        at = {"cursor": page["newer"]}
        if page["at_end"] or (most is not None and count >= most):
            return str(page["newer"])


class _Paper:
    """Prints lines behind the name of their program, each program in a colour of its own."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._width = 0
        self._colours: dict[str, str] = {}
        self._left_out: dict[str, str] = {}

    async def print(self, page: Page) -> None:
        """Print a page's lines."""
        self._width = max([self._width, *(cells(line["program"]) for line in page["lines"])])
        for line in page["lines"]:
            print_line(self._session, line, self._name(line["program"]) + GAP)
        for one in page["left_out"]:
            why = "its lines have no time" if one["why"] == "no_time" else one["message"]
            self._left_out.setdefault(one["path"], why)
        await self._session.drain()

    def tell_left_out(self) -> None:
        """Say which logs are missing among the lines."""
        for path, why in self._left_out.items():
            self._session.err(f"-- {path} is left out: {why}")

    def _name(self, program: str) -> str:
        padded = program + " " * (self._width - cells(program))
        if not self._session.colour:
            return padded
        colour = self._colours.setdefault(program, _PROGRAM_COLOURS[len(self._colours) % len(_PROGRAM_COLOURS)])
        return f"{colour}{padded}{_RESET}"
