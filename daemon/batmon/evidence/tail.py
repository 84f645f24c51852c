"""One log file and how far it was read: takes complete lines from its end, in bounded pieces, and notices a rewrite."""

from __future__ import annotations

import io
import os
import re
from dataclasses import dataclass, field
from enum import Enum

from batmon.evidence.decode import HEAD_BYTES, Codec, codec_of
from batmon.evidence.identity import Fingerprint, read_at
from batmon.evidence.lines import RawLine
from batmon.evidence.opening import open_regular
from batmon.evidence.rotation import Place, place_of

PIECE = 128 * 1024
"""Bytes read in one turn: so much memory, and so long until it is another file's turn."""

LINE_BYTES = 64 * 1024
"""Bytes of a line that become its text."""

_MARK_BYTES = 64
_NULS = re.compile(rb"\0+")


class Outcome(Enum):
    """How a turn ended."""

    MORE = "more"
    """There is more to read now."""
    AT_END = "at end"
    REWRITTEN = "rewritten"
    """It is shorter than what was read, or no longer the same bytes: truncated, or written anew in its place."""
    REPLACED = "replaced"
    """Another file stands at the path."""
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(slots=True)
class Tail:
    """The state of one file. ``offset`` is where the first line that was not yet delivered begins."""

    path: str
    identity: tuple[int, int]
    encoding: str = "auto"
    size: int = 0
    mtime_ns: int = 0
    offset: int = 0
    fingerprint: Fingerprint | None = None
    resolved: bool = False
    """Whether it was decided that this is a new file, a known one, or a copy of one."""
    scanned: int = 0
    """Up to here there is no newline after ``offset``."""
    mark: bytes = b""
    """The last bytes before ``offset``: they must still be there when it is read again."""
    begun: bool = False
    """Whether a batch was made of it since it was found."""
    error: str = ""
    place: Place = field(init=False)

    def __post_init__(self) -> None:
        self.place = place_of(self.path)
        self.scanned = self.offset

    def move(self, path: str) -> None:
        """It has another name now."""
        if path != self.path:
            self.path, self.place = path, place_of(path)

    def open(self) -> io.FileIO:
        """The file at the path, whichever it is.

        Raises:
            OSError: missing or not to be read.
        """
        return open_regular(self.path)

    def resume(self, file: io.FileIO, fingerprint: Fingerprint, offset: int) -> None:
        """Go on at ``offset`` of a file that is known by ``fingerprint``."""
        self.fingerprint, self.offset, self.scanned, self.resolved = fingerprint, offset, offset, True
        self.begun = offset > 0
        start = max(0, offset - _MARK_BYTES)
        self.mark = read_at(file, start, offset - start)

    def restart(self) -> None:
        """Take it for a new file, to be read from its first byte."""
        self.fingerprint, self.offset, self.scanned, self.mark, self.begun = None, 0, 0, b"", False
        self.resolved = True

    def unchanged(self, file: io.FileIO, size: int) -> bool:
        """Whether everything that was read is still there, as far as a look at its beginning and end can tell."""
        if size < self.offset or (self.fingerprint is not None and not self.fingerprint.begins(file)):
            return False
        return not self.mark or read_at(file, self.offset - len(self.mark), len(self.mark)) == self.mark

    def advance(self, *, finished: bool) -> tuple[list[RawLine], Outcome]:
        """The next complete lines, at most ``PIECE`` bytes of them, and how it ended.

        ``finished`` says that nobody writes to it any more: then a last line without a newline is a line too. It has a
        fingerprint once anything was taken from it. Never raises for what is on the disk.
        """
        try:
            with self.open() as file:
                known = os.fstat(file.fileno())
                if (known.st_dev, known.st_ino) != self.identity:
                    return [], Outcome.REPLACED
                self.size, self.mtime_ns, self.error = known.st_size, known.st_mtime_ns, ""
                if not self.unchanged(file, known.st_size):
                    return [], Outcome.REWRITTEN
                lines, outcome = self._read(file, finished)
                if self.fingerprint is None and self.offset > 0:
                    self.fingerprint = Fingerprint.of(file, known.st_ino)
                return lines, outcome
        except FileNotFoundError:
            return [], Outcome.MISSING
        except OSError as error:
            self.error = error.strerror or str(error)
            return [], Outcome.UNREADABLE

    def _read(self, file: io.FileIO, finished: bool) -> tuple[list[RawLine], Outcome]:
        codec = codec_of(read_at(file, 0, HEAD_BYTES), self.encoding)
        long = self.scanned - self.offset > LINE_BYTES
        position = self.scanned if long and self.scanned <= self.size else self.offset
        block = read_at(file, position, PIECE)
        at_end = len(block) < PIECE
        block = block[: len(block) - len(block) % codec.width]
        lines: list[RawLine] = []
        start = 0
        if position > self.offset:
            found = codec.find_newline(block)
            if found < 0 and not (at_end and finished):
                self.scanned = position + len(block)
                return [], Outcome.AT_END if at_end else Outcome.MORE
            stop = len(block) if found < 0 else found
            start = stop if found < 0 else found + codec.width
            raw = read_at(file, self.offset, LINE_BYTES)
            total = position + stop - self.offset
            lines.append(RawLine(self.offset, position + start, codec.decode(raw, cut=True), total))
        start = _split(block, start, position, codec, lines)
        if at_end and finished and start < len(block):
            lines.append(_line(block[start:], position + start, position + len(block), codec))
            start = len(block)
        if position + start > self.offset:
            self.offset = position + start
            self.mark = block[max(0, start - _MARK_BYTES) : start]
        self.scanned = position + len(block)
        return lines, Outcome.AT_END if at_end else Outcome.MORE


def _split(block: bytes, start: int, position: int, codec: Codec, lines: list[RawLine]) -> int:
    """Append the complete lines of ``block`` from ``start`` on; gives where the incomplete one begins.

    NUL bytes before a line are no part of it: a truncated file whose writer goes on at its old offset is a hole first.
    """
    while True:
        if codec.width == 1 and (hole := _NULS.match(block, start)):
            start = hole.end()
        found = codec.find_newline(block, start)
        if found < 0:
            return start
        end = found + codec.width
        lines.append(_line(block[start:found], position + start, position + end, codec))
        start = end


def _line(raw: bytes, offset: int, end: int, codec: Codec) -> RawLine:
    if len(raw) > LINE_BYTES:
        return RawLine(offset, end, codec.decode(raw[:LINE_BYTES], cut=True), len(raw))
    return RawLine(offset, end, codec.decode(raw))
