"""A log file as entries: a line with a time and the lines without one below it, which belong to it.

So a traceback stays whole. Read in small pieces that grow: a thousand logs may be open in this way at the same time,
and no file is held open between two pieces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from batmon.errors import EvidenceError
from batmon.evidence.lines import RawLine
from batmon.evidence.listing import LogFile
from batmon.evidence.read import At, read_page
from batmon.evidence.times import ParseTime, times_of
from batmon.model import Program

_FIRST_LINES, _MOST_LINES = 8, 512
"""Lines read at once: so many first, and twice as many each time."""

_TIMELESS_LINES = 2000
"""How far a time is looked for around lines without one."""

_ENTRY_LINES = 200
_ENTRY_CHARS = 64 * 1024
"""A longer entry comes in several, all of the same time."""


class NoTimeError(EvidenceError):
    """A log whose lines have no time that can be read has no place among others."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Lines of one file that belong together; ``offset`` and ``end`` are those of the first and of the last.

    ``time`` is that of the first line that has one, or of the entry before. ``times`` has each line's own.
    """

    program: str
    file: LogFile
    time: datetime
    lines: tuple[RawLine, ...]
    times: tuple[datetime | None, ...]

    @property
    def offset(self) -> int:
        """Where it begins, in bytes."""
        return self.lines[0].offset

    @property
    def end(self) -> int:
        """Where it ends, in bytes."""
        return self.lines[-1].end


def entries_from(program: Program, file: LogFile, offset: int) -> Iterator[Entry]:
    """The entries from the line at ``offset`` on. Blocks.

    Raises:
        EvidenceError: the file cannot be read.
        NoTimeError: there is no time in the 2,000 lines around.
    """
    parse, count = times_of(program, file.path), _FIRST_LINES
    reader = _Reader(program, file, parse)
    carried: datetime | None = None
    while True:
        page = read_page(file.path, at=At.byte(offset), after=count, encoding=program.encoding)
        groups = _groups(page.lines, [parse(line.text) for line in page.lines])
        if not page.at_end and len(groups) > 1:
            groups.pop()  # it may go on behind this page
        elif not page.at_end and count < _MOST_LINES:
            count = min(2 * count, _MOST_LINES)
            continue
        for lines, times in groups:
            carried = times[0] or carried or reader.time_around(lines)
            if carried is None:
                raise NoTimeError(f"no line of {file.path} says when it was written")
            yield Entry(program.name, file, carried, lines, times)
            offset = lines[-1].end
        if page.at_end:
            return
        count = min(2 * count, _MOST_LINES)


def entries_before(program: Program, file: LogFile, offset: int) -> Iterator[Entry]:
    """The entries that end at or before ``offset``, the last one first; otherwise as ``entries_from``."""
    parse, count = times_of(program, file.path), _FIRST_LINES
    reader = _Reader(program, file, parse)
    later: datetime | None = None
    while offset > 0:
        page = read_page(file.path, at=At.byte(offset), before=count, encoding=program.encoding)
        if not page.lines:
            return
        groups = _groups(page.lines, [parse(line.text) for line in page.lines])
        if not page.at_start and groups[0][1][0] is None and len(groups) > 1:
            groups.pop(0)  # it may have begun before this page
        elif not page.at_start and groups[0][1][0] is None and count < _MOST_LINES:
            count = min(2 * count, _MOST_LINES)
            continue
        for lines, times in reversed(groups):
            later = times[0] or reader.time_before(lines) or later or reader.time_around(lines)
            if later is None:
                raise NoTimeError(f"no line of {file.path} says when it was written")
            yield Entry(program.name, file, later, lines, times)
            offset = lines[0].offset
        count = min(2 * count, _MOST_LINES)


class _Reader:
    """The times around a place without one."""

    def __init__(self, program: Program, file: LogFile, parse: ParseTime) -> None:
        self._program, self._file, self._parse = program, file, parse

    def time_before(self, lines: Sequence[RawLine]) -> datetime | None:
        """The time of the entry that these lines go on with."""
        return self._first(lines[0].offset, before=_TIMELESS_LINES)

    def time_around(self, lines: Sequence[RawLine]) -> datetime | None:
        """As ``time_before``; without one the next time behind them."""
        return self.time_before(lines) or self._first(lines[-1].end, after=_TIMELESS_LINES)

    def _first(self, offset: int, before: int = 0, after: int = 0) -> datetime | None:
        page = read_page(
            self._file.path, at=At.byte(offset), before=before, after=after, encoding=self._program.encoding
        )
        lines = reversed(page.lines) if before else page.lines
        return next((time for line in lines if (time := self._parse(line.text)) is not None), None)


_Group = tuple[tuple[RawLine, ...], tuple[datetime | None, ...]]


def _groups(lines: Sequence[RawLine], times: Sequence[datetime | None]) -> list[_Group]:
    """The lines as entries; the first may be the rest of one."""
    starts: list[int] = []
    chars = 0
    for number, (line, time) in enumerate(zip(lines, times, strict=True)):
        chars += len(line.text)
        if time is not None or not starts or number - starts[-1] >= _ENTRY_LINES or chars > _ENTRY_CHARS:
            starts.append(number)
            chars = len(line.text)
    return [(tuple(lines[start:stop]), tuple(times[start:stop])) for start, stop in pairwise([*starts, len(lines)])]
