"""Follows one log file for one viewer: its new lines, and into the file that comes after it when it is rotated."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from batmon.evidence.discover import Found, survey
from batmon.evidence.identity import Fingerprint
from batmon.evidence.lines import RawLine
from batmon.evidence.opening import open_log
from batmon.evidence.read import open_text
from batmon.evidence.rotation import place_of
from batmon.evidence.tail import Outcome, Tail
from batmon.model import Program

HOPELESS_BYTES = 8 << 20
"""A viewer that is so far behind is taken to the end instead: nobody reads that much as it flies past."""

KEPT_BYTES = 64 << 10
"""What is still shown of the end after such a leap."""


@dataclass(slots=True)
class Step:
    """What one look gave, in order: ``rotated`` (the file that it goes on in), ``gap`` (bytes left out), ``lines``."""

    path: str
    lines: list[RawLine] = field(default_factory=list)
    rotated: str | None = None
    gap: int = 0
    more: bool = False
    """There is more to read at once."""


class Following:
    """Where one viewer stands. Every method blocks: call them in a thread, one at a time.

    ``offset`` inside a line, or at the end of one that has no newline yet, means that line from its beginning.

    Raises:
        EvidenceError: the file cannot be read.
    """

    def __init__(self, program: Program, path: str, offset: int | None) -> None:
        self._program = program
        with open_log(path) as file:
            known = os.fstat(file.fileno())
        self._tail = Tail(path, (known.st_dev, known.st_ino), program.encoding)
        self._rotated: str | None = None
        self._place(_line_start(path, program.encoding, offset, known.st_size), offset)
        files = self._survey()
        self._live = not any(_after(found, self._tail) for found in files)
        """It is the newest of its series: the program writes here, and in what comes after it."""
        self._next: Found | None = None

    @property
    def identity(self) -> tuple[int, int]:
        """(device, inode) of the file that is read now."""
        return self._tail.identity

    def step(self, *, look: bool) -> Step:
        """The lines that landed. ``look`` says to look for the next file of the series too."""
        if look and self._live and self._next is None:
            self._find_next()
        step = Step(self._tail.path, rotated=self._rotated)
        self._rotated = None
        if (behind := self._size() - self._tail.offset) > HOPELESS_BYTES:
            step.gap = self._leap(behind)
        step.lines, outcome = self._tail.advance(finished=self._next is not None)
        if outcome is Outcome.MORE:
            step.more = True
        elif outcome is Outcome.REWRITTEN:
            self._tail.restart()
            self._rotated, step.more = self._tail.path, True
        elif outcome in (Outcome.REPLACED, Outcome.MISSING):
            step.more = self._find_moved()
        elif outcome is Outcome.AT_END and self._next is not None:
            self._go_on(self._next)
            step.more = True
        return step

    def _size(self) -> int:
        try:
            known = Path(self._tail.path).stat()
        except OSError:
            return 0
        return known.st_size if (known.st_dev, known.st_ino) == self._tail.identity else 0

    def _place(self, start: int, asked: int | None) -> None:
        if start == 0:
            self._tail.restart()
            if asked:
                self._rotated = self._tail.path
            return
        with self._tail.open() as file:
            self._tail.resume(file, Fingerprint.of(file, self._tail.identity[1]), start)

    def _leap(self, behind: int) -> int:
        """Go to the end; gives how many bytes are left out."""
        before = self._tail.offset
        with open_text(self._tail.path, self._program.encoding) as text:
            start = text.snap(before + behind - KEPT_BYTES)
        if start <= before:
            return 0
        self._place(start, start)
        return start - before

    def _survey(self) -> list[Found]:
        return list(survey(self._program.base_dir, self._program.logs).files.values())

    def _find_next(self) -> None:
        after = [found for found in self._survey() if _after(found, self._tail)]
        self._next = min(after, key=lambda found: place_of(found.path), default=None)

    def _find_moved(self) -> bool:
        """Our file has another name, or is gone; gives whether there is something to read."""
        files = self._survey()
        moved = next((found for found in files if found.identity == self._tail.identity), None)
        if moved is not None:
            self._tail.move(moved.path)
            self._find_next()
            return True
        here = next((found for found in files if found.path == self._tail.path), None)
        if here is None:
            self._find_next()
            here = self._next
        if here is None:
            return False
        self._go_on(here)
        return True

    def _go_on(self, found: Found) -> None:
        self._tail = Tail(found.path, found.identity, self._program.encoding)
        self._tail.restart()
        self._rotated, self._next = found.path, None


def _after(found: Found, tail: Tail) -> bool:
    """Whether a file comes after this one in its series."""
    place = place_of(found.path)
    return found.identity != tail.identity and place.family == tail.place.family and place > tail.place


def _line_start(path: str, encoding: str, offset: int | None, size: int) -> int:
    """Where the first line to be told begins; 0 for a file that is shorter than it was."""
    if offset is not None and (offset == 0 or offset > size):
        return 0
    with open_text(path, encoding) as text:
        at = min(text.size if offset is None else offset, text.size)
        width = text.codec.width
        if at < width:
            return 0
        return at if text.read(at - width, width) == text.codec.newline else text.snap(at - 1)
