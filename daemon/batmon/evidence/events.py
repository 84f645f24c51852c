"""What a follower of logs tells: lines that came, a sight that changed, a first pass that is over."""

from __future__ import annotations

from dataclasses import dataclass

from batmon.evidence.lines import RawLine
from batmon.model import LogSight


@dataclass(frozen=True, slots=True)
class FileCursor:
    """How far a file was read by an earlier daemon; its fingerprint is the key that it is filed under.

    ``offset`` is ``LogBatch.offset_after`` of the last batch that was dealt with, ``path`` the file's name at that
    time.
    """

    path: str
    offset: int


@dataclass(frozen=True, slots=True)
class LogBatch:
    """Complete lines of one file, in its order.

    ``offset_after`` is the cursor to keep once the lines are dealt with. ``caught_up``: the file is at its end now.
    ``live``: the program's first pass was over before. ``rotated_from`` is on a file's first batch the fingerprint of
    the file that it continues (rotated away, truncated, or of an earlier date), None where there is none.
    """

    program: str
    path: str
    fingerprint: str
    lines: tuple[RawLine, ...]
    offset_after: int
    caught_up: bool
    live: bool
    rotated_from: str | None = None


@dataclass(frozen=True, slots=True)
class SightChanged:
    """A program's log files came, went, or cannot be looked at."""

    program: str
    sight: LogSight


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Everything that was there when the follower began was delivered; also for a program without any file."""

    program: str


LogEvent = LogBatch | SightChanged | CaughtUp
