"""Looks through one open log for the lines that may be hits, a block of whole lines at a time, into one reused buffer.

Plain files are read from the end; what comes out of an archive, from its beginning. Nothing is memory-mapped: a
program that truncates its log would end us with SIGBUS.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import stringzilla  # type: ignore[import-not-found]  # a compiled module without type hints

from batmon.evidence.decode import HEAD_BYTES, Codec, codec_of
from batmon.evidence.read import LogText

_PIECE = 1 << 20
"""Where a line without a newline is cut, as pages of a log do it."""

BLOCK = _PIECE
"""Bytes that are searched at a time: they stay in the processor's cache from one form to the next. Not more than a
piece, so that a line between two newlines of one block is never one that is cut."""

_CAPACITY = 2 * _PIECE + BLOCK
_HOLE = 64 << 20
_FOLDED = bytes(range(256)).lower()


class Line(NamedTuple):
    """A line that may be a hit: its place in the file, and its bytes without the newline."""

    offset: int
    end: int
    raw: bytes
    ended: bool
    """Whether a newline ends it."""

    def text(self, codec: Codec) -> str:
        """The line as a page of the log shows it."""
        return codec.decode(self.raw.lstrip(b"\0") if codec.width == 1 else self.raw, cut=not self.ended)


class Block(NamedTuple):
    """What was found in one block: the lines, the last one first, and how many bytes were searched."""

    lines: list[Line]
    searched: int


class Scanner:
    """The buffers of one search. ``fold``: ASCII capitals in the file do not matter, the forms have none."""

    def __init__(self, *, fold: bool) -> None:
        self._buffer = bytearray(_CAPACITY)
        self._view = memoryview(self._buffer)
        self._folded = bytearray(_CAPACITY) if fold else self._buffer
        self._codec = codec_of(b"")
        self._base = 0
        """Where in the file the buffer's first byte stands."""

    def back(
        self, file: io.FileIO, text: LogText, low: int, high: int, forms: tuple[bytes, ...] | None
    ) -> Iterator[Block]:
        """The blocks between two places where lines begin, the last one first.

        ``forms`` are the bytes of which a line must hold one; None is for every line. ``text`` is the same file.

        Raises:
            OSError: reading fails. A file that has become shorter is searched as far as it goes.
        """
        self._codec = text.codec
        end = high
        while end > low:
            start = max(low, end - BLOCK)
            if (hole := self._hole_before(file, low, end)) < end:
                yield Block([], end - hole)
                end = hole
                continue
            held = self._fill(file, start, end - start)
            if held < end - start:
                yield Block([], end - start - held)
                end = start + held
                if not held:
                    continue
            begin = 0
            if start > low:
                found = self._newline(0, held)
                if found < 0 or found + self._codec.width >= held:  # the end of a line that is longer than a block
                    start = max(low, end - _CAPACITY, text.snap(end - 1))
                    held = self._fill(file, start, end - start)
                else:
                    begin = found + self._codec.width
            yield Block(self._lines(begin, held, forms), end - start - begin)
            end = start + begin

    def forward(
        self, pieces: Iterable[bytes], encoding: str, forms_of: Callable[[Codec], tuple[bytes, ...] | None]
    ) -> Iterator[tuple[Codec, list[Line]]]:
        """The lines of what comes out of an archive, a block at a time, the last one of each block first."""
        held, codec, self._base = 0, None, 0
        for piece in pieces:
            for at in range(0, len(piece), BLOCK):
                part = piece[at : at + BLOCK]
                self._view[held : held + len(part)] = part
                held += len(part)
                if held < BLOCK:
                    continue
                if codec is None:
                    codec = self._codec = codec_of(bytes(self._view[:HEAD_BYTES]), encoding)
                stop = self._whole_until(held)
                if stop:
                    yield codec, self._lines(0, stop, forms_of(codec))
                    self._view[: held - stop] = bytes(self._view[stop:held])
                    held -= stop
                    self._base += stop
        self._codec = codec or codec_of(bytes(self._view[: min(held, HEAD_BYTES)]), encoding)
        yield self._codec, self._lines(0, held, forms_of(self._codec))

    def _whole_until(self, held: int) -> int:
        """Where the last line ends that is whole; 0 when more has to be read first."""
        found = self._newline_before(0, held)
        if found >= 0:
            return found + self._codec.width
        cut = -(-self._base // _PIECE) * _PIECE + _PIECE - self._base
        return cut if cut <= held else 0

    def _fill(self, file: io.FileIO, start: int, length: int) -> int:
        """Read into the buffer; how many bytes there were."""
        self._base, held = start, 0
        file.seek(start)
        while held < length and (count := file.readinto(self._view[held:length])):
            held += count
        return held

    def _hole_before(self, file: io.FileIO, low: int, end: int) -> int:
        """Where the hole begins that ``end`` is in, as far as it is long; ``end`` when there is none."""
        start = max(low, (end - 1) // _PIECE * _PIECE - _HOLE)
        if not hasattr(os, "SEEK_DATA") or end - start <= _HOLE:
            return end
        try:
            return start if os.lseek(file.fileno(), start, os.SEEK_DATA) >= end else end
        except OSError as error:
            return start if error.errno == errno.ENXIO else end  # ENXIO: no data up to the end of the file

    def _lines(self, begin: int, stop: int, forms: tuple[bytes, ...] | None) -> list[Line]:
        """The lines of the buffer from ``begin`` to ``stop`` that hold one of the forms, the last one first."""
        if forms is None:
            return [self._line(start, end) for start, end in self._every(begin, stop)]
        found: dict[int, int] = {}
        place = self._folded
        if place is not self._buffer:
            place[begin:stop] = self._view[begin:stop]
            stringzilla.translate(memoryview(place)[begin:stop], _FOLDED, inplace=True)
        for form in forms:
            at = stringzilla.find(place, form, begin, stop)
            while at >= 0:
                before, after = self._newline_before(begin, at), self._newline(at, stop)
                end = stop if after < 0 else after + self._codec.width
                found[begin if before < 0 else before + self._codec.width] = end
                at = stringzilla.find(place, form, end, stop) if end < stop else -1
        return [self._line(start, end) for start, end in sorted(found.items(), reverse=True)]

    def _every(self, begin: int, stop: int) -> Iterator[tuple[int, int]]:
        end = stop
        while end > begin:
            found = self._newline_before(begin, end - self._codec.width)
            start = begin if found < 0 else found + self._codec.width
            yield start, end
            end = start

    def _line(self, start: int, end: int) -> Line:
        width = self._codec.width
        ended = end - start >= width and self._buffer[end - width : end] == self._codec.newline
        raw = bytes(self._view[start : end - width if ended else end])
        return Line(self._base + start, self._base + end, raw, ended)

    def _newline(self, start: int, stop: int) -> int:
        """The index of the first newline of the buffer in this part, or -1."""
        found = self._buffer.find(self._codec.newline, start, stop)
        while found >= 0 and found % self._codec.width:
            found = self._buffer.find(self._codec.newline, found + 1, stop)
        return found

    def _newline_before(self, start: int, stop: int) -> int:
        """The index of the last newline of the buffer in this part, or -1."""
        found = self._buffer.rfind(self._codec.newline, start, max(start, stop))
        while found >= 0 and found % self._codec.width:
            found = self._buffer.rfind(self._codec.newline, start, found + self._codec.width - 1)
        return found
