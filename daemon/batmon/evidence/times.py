"""The times of a program's log lines, each read by itself: for bisection, where no line before it is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from batmon.judge.timestamps import TimeReader, date_in_path
from batmon.model import Program

ParseTime = Callable[[str], datetime | None]


def times_of(program: Program, path: str) -> ParseTime:
    """What gives the time (aware, UTC) that a line of the log at ``path`` begins with, None for a line without one.

    A date that the lines leave out comes from the path; without one there, such lines have no time.
    """
    zone = ZoneInfo(program.timezone)
    reader, hint = TimeReader(zone, program.patterns.timestamp_format), date_in_path(path, zone)

    def parse(text: str) -> datetime | None:
        found = reader.find(text, hint)
        return None if found is None else found.at

    return parse
