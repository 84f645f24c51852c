"""What the daemon answers at the gate about all logs at once, merged by time: log.merged."""

from __future__ import annotations

import asyncio
import base64
import json
import zlib
from datetime import datetime
from typing import Any

from batmon.engine.log_files.marks import Line, cost, line_of
from batmon.engine.log_files.shelf import LogShelf
from batmon.errors import BadRequest
from batmon.evidence.entries import Entry
from batmon.evidence.levels import Level, level_of
from batmon.evidence.listing import log_files
from batmon.evidence.merged import Boundary, Limits, MergedPage, merge
from batmon.evidence.series import all_series
from batmon.gate.arguments import Args, moment, number
from batmon.gate.verbs import Caller
from batmon.model import Program, aware
from batmon.refusals import because

PAGE_LINES = 200
MOST_LINES = 2000
PAGE_BYTES = 640 * 1024
"""Of the lines' frames, both directions together; two cursors and what was left out come beside them."""
CURSOR_BYTES = 4 << 20
LEFT_OUT = 50
"""Logs that are named as left out; of more only the number is said."""
MERGES = 2
"""Merges that read at the same time, of all viewers."""

_WANTED: dict[str, frozenset[Level]] = {"error": frozenset({"error"}), "warn": frozenset({"error", "warn"})}


class MergedAnswers:
    """The verb about the logs of several programs."""

    def __init__(self, shelf: LogShelf) -> None:
        self._shelf = shelf
        self._merging = asyncio.Semaphore(MERGES)

    async def merged(self, _caller: Caller, args: Args) -> Args:
        """A ``MergedPage``: lines of several programs by time, and the cursors of the pages around it."""
        programs = self._shelf.chosen(args)
        at = args.get("at", {"end": True})
        boundary = _boundary(at)
        ended = at == {"end": True}
        before = number(args, "before", PAGE_LINES if ended else 0, MOST_LINES)
        after = number(args, "after", 0 if ended else PAGE_LINES, MOST_LINES)
        level = args.get("level")
        if level is not None and level not in tuple(_WANTED):
            raise BadRequest(because("must-be-one-of", key="level", known="error, warn"))
        async with self._merging:
            page = await asyncio.to_thread(_merge, programs, boundary, before, after, level)
        return {
            "lines": [line for entry in page.entries for line in _lines(entry)],
            "older": None if page.at_start else _cursor(page.older),
            "newer": _cursor(page.newer),
            "at_start": page.at_start,
            "at_end": page.at_end,
            "left_out": [
                {"program": one.program, "path": one.path, "why": one.why, "message": one.message}
                for one in page.left_out[:LEFT_OUT]
            ],
            "left_out_count": len(page.left_out),
        }


def _merge(programs: list[Program], at: Boundary, before: int, after: int, level: str | None) -> MergedPage:
    wanted = _WANTED[level] if level is not None else None

    def keep(entry: Entry) -> bool:
        return wanted is None or any(level_of(line.text) in wanted for line in entry.lines)

    def weigh(entry: Entry) -> int:
        return sum(cost(line) for line in _lines(entry))

    logs = [(one, series) for one in programs for series in all_series(log_files(one))]
    sides = 2 if before and after else 1
    limits = Limits(weight=PAGE_BYTES // sides)
    return merge(logs, at=at, before=before, after=after, keep=keep if wanted else None, weigh=weigh, limits=limits)


def _lines(entry: Entry) -> list[Line]:
    """The entry's lines for the gate; ``entry`` is the offset of the first of them."""
    place: dict[str, Any] = {"program": entry.program, "path": entry.file.path, "entry": entry.offset}
    return [place | line_of(raw, time) for raw, time in zip(entry.lines, entry.times, strict=True)]


def _boundary(at: object) -> Boundary:
    match at:
        case {"end": True, **rest} if not rest:
            return Boundary()
        case {"time": when, **rest} if not rest:
            return Boundary(time=moment({"time": when}, "time"))
        case {"cursor": str(text), **rest} if not rest:
            return _parsed(text)
    raise BadRequest(because("must-be-one-of", key="at", known="end, time, cursor"))


def _cursor(boundary: Boundary) -> str:
    """A boundary as text that a client hands back."""
    places = [[device, inode, offset] for (device, inode), offset in boundary.offsets.items()]
    data = json.dumps([boundary.time.isoformat() if boundary.time else None, places], separators=(",", ":"))
    return base64.urlsafe_b64encode(zlib.compress(data.encode())).decode()


def _parsed(text: str) -> Boundary:
    try:
        unpacker = zlib.decompressobj()
        time, places = json.loads(unpacker.decompress(base64.urlsafe_b64decode(text), CURSOR_BYTES))
        offsets = {(int(device), int(inode)): max(0, int(offset)) for device, inode, offset in places}
        return Boundary(None if time is None else aware(datetime.fromisoformat(time)), offsets)
    except (ValueError, TypeError, zlib.error, RecursionError, OverflowError) as error:
        raise BadRequest(because("strange-cursor")) from error
