"""Reads pages of a log file of any size for a person who looks at it: cost by what is shown, not by the file's size.

A line longer than 1 MiB is shown in pieces: a line also begins at a multiple of 1 MiB when there is no newline in the
whole MiB before it. The rule looks the same from both sides, so paging up meets the lines that paging down met.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import Literal, TypeVar

from batmon.errors import EvidenceError
from batmon.evidence.decode import HEAD_BYTES, codec_of
from batmon.evidence.identity import read_at
from batmon.evidence.lines import RawLine
from batmon.evidence.opening import open_content, read_head
from batmon.evidence.packed import Damage
from batmon.refusals import because

_Found = TypeVar("_Found")

SHOWN_CHARS = 4096
"""Characters of a line that are shown."""

_BLOCK = 1 << 20
_WINDOW = 64 * 1024
_PAGE_BYTES = 8 << 20
"""Bytes of the file on one page and side at most; there are fewer lines then than were asked for."""

_NEAR = 512
"""Bytes in which a time is looked for line by line."""

_UNTIMED_BYTES = 256 * 1024
"""How far a line with a time is looked for behind a place without one."""

_FARTHER = 8
"""By how much the steps grow in which it is looked for beyond."""


@dataclass(frozen=True, slots=True)
class At:
    """A place in a file: its start, its end, or the line that holds the byte ``offset``."""

    place: Literal["start", "end", "offset"]
    offset: int = 0

    @classmethod
    def start(cls) -> At:
        """The first line."""
        return cls("start")

    @classmethod
    def end(cls) -> At:
        """After the last line."""
        return cls("end")

    @classmethod
    def byte(cls, offset: int) -> At:
        """The line that holds this byte."""
        return cls("offset", offset)


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines of a file that held ``size`` bytes, and whether they reach its start and its end.

    Of a compressed file the size is that of what it holds; ``damage`` says why the rest of it could not be read.
    """

    path: str
    size: int
    lines: list[RawLine]
    at_start: bool
    at_end: bool
    damage: Damage | None = None


def read_page(path: str | Path, *, at: At, before: int = 0, after: int = 0, encoding: str = "auto") -> Page:
    """``before`` lines ahead of a place and ``after`` lines from it on (its own line is the first of these). Blocks.

    A last line without newline is shown too. Lines over 4,096 characters are cut.

    Raises:
        EvidenceError: the file is missing, unreadable or not a regular file.
    """
    with open_text(path, encoding) as text:
        anchor = text.anchor(at)
        starts = list(_within(text.starts_before(anchor), before, lambda start: anchor - start))
        extents = list(pairwise([*reversed(starts), anchor]))
        extents += _within(text.extents_from(anchor), after, lambda extent: extent[1] - anchor)
        lines = [text.line(start, end) for start, end in extents]
        first, last = (extents[0][0], extents[-1][1]) if extents else (anchor, anchor)
        return Page(str(path), text.size, lines, first == 0, last >= text.size, text.damage)


def find_time(
    path: str | Path, when: datetime, parse: Callable[[str], datetime | None], *, encoding: str = "auto"
) -> int:
    """The offset of the first line whose time is ``when`` or later, the file's size if there is none. Blocks.

    ``parse`` gives a line's time (aware) or None. Found by bisection, so the lines should be nearly in order of time.

    Raises:
        EvidenceError: as ``read_page``.
    """
    with open_text(path, encoding) as text:
        return time_offset(text, when, parse)


def time_offset(
    text: LogText, when: datetime, parse: Callable[[str], datetime | None], *, begin: int = 0, end: int | None = None
) -> int:
    """As ``find_time``, in an open file, among the lines from ``begin`` until ``end`` (where lines begin).

    Without such a line ``end``. Lines without a time may lie between, of any length; among GiBs of them a single one
    with a time may be passed over.
    """
    low = begin
    high = found = text.size if end is None else end
    if low >= high:
        return found
    first = _first_timed(text, low, min(high, low + _UNTIMED_BYTES), parse)
    if first is not None and first[1] >= when:
        return first[0]
    while high - low > _NEAR:
        middle = (low + high) // 2
        timed = _timed_from(text, middle, high, parse)
        if timed is None:
            high = middle
        elif timed[1] >= when:
            high = found = timed[0]
        else:
            low = timed[0]
    for line, behind in text.extents_from(text.snap(low)):
        if line >= high:
            break
        time = parse(text.line(line, behind).text)
        if time is not None and time >= when:
            return line
    return found


class LogText:
    """An open file as lines: extents are (start, end) byte positions, end after the newline."""

    def __init__(self, file: io.FileIO, encoding: str, damage: Damage | None = None) -> None:
        self._file = file
        self.damage = damage
        self.size = os.fstat(file.fileno()).st_size
        self.codec = codec_of(read_at(file, 0, HEAD_BYTES), encoding)
        self._at, self._held = 0, b""

    def read(self, start: int, length: int) -> bytes:
        """Up to ``length`` bytes at ``start``, through one held block."""
        if not self._at <= start or start + length > self._at + len(self._held):
            self._at = start - start % _WINDOW
            self._held = read_at(self._file, self._at, max(2 * _WINDOW, start + length - self._at))
        return self._held[start - self._at : start - self._at + length]

    def anchor(self, at: At) -> int:
        """The byte at which the line of this place begins."""
        if at.place == "start":
            return 0
        if at.place == "end" or at.offset >= self.size:
            return self.size
        return self.snap(max(0, at.offset))

    def snap(self, offset: int) -> int:
        """Where the line begins that holds the byte at ``offset``."""
        return next(self.starts_before(offset + 1), 0)

    def starts_before(self, anchor: int) -> Iterator[int]:
        """Where lines begin before ``anchor``, the nearest first."""
        end, seen = anchor, False
        while end > 0:
            low = (end - 1) // _WINDOW * _WINDOW
            window = self.read(low, end - low)
            found = self.codec.rfind_newline(window, len(window))
            while found >= 0:
                seen = True
                if (start := low + found + self.codec.width) < anchor:
                    yield start
                found = self.codec.rfind_newline(window, found)
            if low % _BLOCK == 0:
                if not seen and low + _BLOCK < anchor:
                    yield low + _BLOCK
                seen = False
            end = low
        if anchor > 0:
            yield 0

    def extents_from(self, start: int) -> Iterator[tuple[int, int]]:
        """The lines from ``start``, where one begins."""
        position, seen = start, start % _BLOCK != 0
        while position < self.size:
            high = min(self.size, (position // _WINDOW + 1) * _WINDOW)
            window = self.read(position, high - position)
            found = self.codec.find_newline(window)
            while found >= 0:
                seen = True
                end = position + found + self.codec.width
                yield start, end
                start = end
                found = self.codec.find_newline(window, found + self.codec.width)
            if high % _BLOCK == 0:
                if not seen and high > start:
                    yield start, high
                    start = high
                seen = False
            position = high
        if start < self.size:
            yield start, self.size

    def whole(self, start: int, end: int) -> str:
        """The whole text of a line, or of a piece of one (less than 2 MiB)."""
        raw = self.read(start, end - start)
        ended = self.codec.find_newline(raw, max(0, len(raw) - self.codec.width)) >= 0
        if ended:
            raw = raw[: -self.codec.width]
        return self.codec.decode(raw.lstrip(b"\0") if self.codec.width == 1 else raw, cut=not ended)

    def line(self, start: int, end: int) -> RawLine:
        """The line as it is shown."""
        text = self.whole(start, end)
        return RawLine(start, end, text[:SHOWN_CHARS], len(text) if len(text) > SHOWN_CHARS else None)


def head_lines(path: str | Path, encoding: str, length: int = _WINDOW) -> Iterator[str]:
    """The lines that begin in the first ``length`` bytes, cheaply: a compressed file is unpacked only so far. Blocks.

    Raises:
        EvidenceError: as ``open_text``.
    """
    head = read_head(path, length)
    codec, start = codec_of(head[:HEAD_BYTES], encoding), 0
    while start < len(head):
        found = codec.find_newline(head, start)
        stop = len(head) - len(head) % codec.width if found < 0 else found
        yield codec.decode(head[start:stop][: 4 * SHOWN_CHARS], cut=True)[:SHOWN_CHARS]
        start = stop + codec.width


@contextmanager
def open_text(path: str | Path, encoding: str) -> Iterator[LogText]:
    """The file at ``path`` as lines.

    Raises:
        EvidenceError: it is missing, unreadable, not a regular file, or reading it fails.
    """
    file, damage = open_content(path)
    with file:
        try:
            yield LogText(file, encoding, damage)
        except OSError as error:
            raise EvidenceError(because("cannot-read", path=path, why=error.strerror or error)) from error


def _within(found: Iterator[_Found], count: int, distance: Callable[[_Found], int]) -> Iterator[_Found]:
    """At most ``count`` of what is found, and no more than ``_PAGE_BYTES`` away but for the first."""
    for number, one in enumerate(islice(found, max(0, count))):
        if number and distance(one) > _PAGE_BYTES:
            return
        yield one


def _timed_from(
    text: LogText, start: int, limit: int, parse: Callable[[str], datetime | None]
) -> tuple[int, datetime] | None:
    """A line with a time from ``start`` on: looked for in 256 KiB, then farther and farther on, last at the end."""
    step, last = _UNTIMED_BYTES, max(start, limit - _UNTIMED_BYTES)
    while start < limit:
        timed = _first_timed(text, start, min(limit, start + _UNTIMED_BYTES), parse)
        if timed is not None:
            return timed
        start += step
        step *= _FARTHER
    return _first_timed(text, last, limit, parse)


def _first_timed(
    text: LogText, start: int, limit: int, parse: Callable[[str], datetime | None]
) -> tuple[int, datetime] | None:
    for begin, end in text.extents_from(text.snap(start)):
        if begin >= limit:
            return None
        if begin >= start and (time := parse(text.line(begin, end).text)) is not None:
            return begin, time
    return None
