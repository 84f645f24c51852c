"""The times of the lines that a search found, and which part of a log a span of time is."""

from __future__ import annotations

import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from batmon.evidence.read import At, LogText, find_time, read_page
from batmon.judge.timestamps import TimeReader, date_in_path

_ENTRY_BYTES = 16 * 1024
"""How far above a line without a time its entry may begin."""

_HEAD_BYTES = 512
"""Of a line, in which its time stands."""

_LOOK_AT = 50
"""Lines at the beginning and at the end of a log among which one with a time is looked for."""


class LineTimes:
    """Reads the times of the lines of the log at ``path``; ``format`` is the program's own, if it has one."""

    def __init__(self, path: str, encoding: str, timezone: str, format: str | None) -> None:  # noqa: A002 - strptime's word
        zone = ZoneInfo(timezone)
        self._path, self._encoding = path, encoding
        self._reader = TimeReader(zone, format)
        self._date = date_in_path(path, zone)
        self._low = sys.maxsize
        """Where the line begins that was looked at last, above a hit: no line between them has a time."""
        self._time: datetime | None = None
        """The time of that line."""

    def own(self, text: str) -> datetime | None:
        """The time that a line begins with."""
        found = self._reader.find(text, self._date)
        return None if found is None else found.at

    def of(self, log: LogText, offset: int, line: str) -> datetime | None:
        """The time of the line at ``offset``, or of its entry. To be asked from the last line to the first."""
        time = self.own(line)
        if time is not None or offset == 0:
            return time
        if offset < self._low:
            self._low, self._time = offset, None
        if self._time is None:
            self._look_above(log, offset)
        return self._time

    def range_of(self, log: LogText, since: datetime | None, until: datetime | None) -> tuple[int, int]:
        """Where the lines begin and end that were written from ``since`` on and before ``until``.

        The lines must be nearly in order of time. A log without times is taken whole.
        """
        if (since is None and until is None) or not self._has_times():
            return 0, log.size
        low = 0 if since is None else find_time(self._path, since, self.own, encoding=self._encoding)
        high = log.size if until is None else find_time(self._path, until, self.own, encoding=self._encoding)
        return min(low, log.size), min(high, log.size)

    def _has_times(self) -> bool:
        ends = (At.start(), 0, _LOOK_AT), (At.end(), _LOOK_AT, 0)
        return any(
            self.own(line.text) is not None
            for at, before, after in ends
            for line in read_page(self._path, at=at, before=before, after=after, encoding=self._encoding).lines
        )

    def _look_above(self, log: LogText, offset: int) -> None:
        """Look for the entry of the line at ``offset`` among the lines above that were not looked at before."""
        end = self._low
        for start in log.starts_before(end) if end else ():
            if start < offset - _ENTRY_BYTES:
                return
            head = log.read(start, min(end - start, _HEAD_BYTES))
            self._low, self._time = start, self.own(log.codec.decode(head, cut=True))
            if self._time is not None:
                return
            end = start
