"""A place in a log to open it at."""

from __future__ import annotations

from typing import NamedTuple


class LogPlace(NamedTuple):
    """The line at byte ``offset`` of the file at ``path``; ``text`` is marked in the log, if it is not empty."""

    path: str
    offset: int
    text: str = ""
