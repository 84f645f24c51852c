"""One line of a log file, with its place in the file."""

from __future__ import annotations

from typing import NamedTuple


class RawLine(NamedTuple):
    """A line without its line end. A tuple and not a dataclass: a first pass makes millions of them.

    ``offset`` and ``end`` are byte positions in the file; ``end`` lies after the newline. ``cut`` is None for a whole
    line; for one whose text was cut it is the full length, in characters on a page and in bytes from a follower.
    """

    offset: int
    end: int
    text: str
    cut: int | None = None
