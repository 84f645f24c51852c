"""Searches any number of logs, the newest first and in each the newest lines first, in steps that give way. Blocks.

A file that vanishes, shrinks or cannot be read does not end the search: it is named with what is wrong.
"""

from __future__ import annotations

import io
import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from batmon.errors import EvidenceError
from batmon.evidence.discover import Found
from batmon.evidence.levels import Level, level_of
from batmon.evidence.opening import open_regular
from batmon.evidence.packed import Damage, NotPackedError, unpack
from batmon.evidence.read import SHOWN_CHARS, LogText
from batmon.evidence.rotation import packing_of
from batmon.evidence.search_scan import Line, Scanner
from batmon.evidence.search_times import LineTimes
from batmon.evidence.search_wanted import Matcher, Spans, Wanted

STEP = 64 << 20
"""Bytes that are searched between two reports."""

HEAVY_STEP = 1 << 20
"""The same where each line is looked at by itself."""

STEP_FILES = 200
STEP_HITS = 50
STEP_CHARS = 16 * 1024
"""Of the text in one report."""

STEP_LINES = 1000
"""Lines that were looked at, hits or not."""

_KEPT_CHARS = 16 << 20
"""Of the hits in one archive, which come the oldest first: the newest are kept."""

_BEFORE_HIT = 200
"""Characters that are shown before a hit which stands beyond what is shown of a line."""


@dataclass(frozen=True, slots=True)
class SearchFile:
    """One log to be searched: what the survey saw of it, and how its program writes."""

    found: Found
    encoding: str
    timezone: str
    timestamp_format: str | None = None


class Hit(NamedTuple):
    """A line that was searched for; ``file`` is its file's index, ``spans`` are places in ``text``.

    ``cut`` is the number of characters of a line that is not shown whole: it is shown around the first span then.
    ``time`` is the line's own, or that of the entry it belongs to.
    """

    file: int
    offset: int
    end: int
    text: str
    cut: int | None
    level: Level | None
    time: datetime | None
    spans: Spans


@dataclass(slots=True)
class Report:
    """What came of one step. The ``_done`` count since the beginning; ``more``: there is more than the limit."""

    hits: list[Hit] = field(default_factory=list)
    files_done: int = 0
    bytes_done: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    """Path and what is wrong."""
    more: bool = False


def search(
    files: Sequence[SearchFile],
    wanted: Wanted,
    *,
    limit: int,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Generator[Report]:
    """Up to ``limit`` hits in the files, in their order; of each the last lines first. A report a step.

    Of a log whose lines have times only those from ``since`` on and before ``until`` are searched; one without times
    is searched whole.

    Raises:
        BadRequest: the regular expression is wrong.
    """
    return _Search(files, wanted, limit, since, until).run()


class _LimitReachedError(Exception):
    pass


class _Search:
    def __init__(
        self, files: Sequence[SearchFile], wanted: Wanted, limit: int, since: datetime | None, until: datetime | None
    ) -> None:
        self._files = files
        self._matcher = Matcher(wanted)
        self._scanner = Scanner(fold=self._matcher.fold)
        self._step = HEAVY_STEP if wanted.heavy and not wanted.literal else STEP
        self._left = limit
        self._since, self._until = since, until
        self._report = Report()
        self._told = Report()
        self._chars = self._looked = self._bytes = self._files_done = 0

    def run(self) -> Generator[Report]:
        """The reports."""
        try:
            for number, file in enumerate(self._files):
                before = self._bytes
                try:
                    for _ in self._file(number, file):
                        if self._due:
                            yield self._tell()
                except (OSError, ValueError, EvidenceError) as error:
                    self._problem(file, error)
                self._files_done = number + 1
                self._bytes = before + file.found.size
                if self._due:
                    yield self._tell()
        except _LimitReachedError:
            self._report.more = True
        yield self._tell()

    @property
    def _due(self) -> bool:
        return (
            self._bytes - self._told.bytes_done >= self._step
            or self._files_done - self._told.files_done >= STEP_FILES
            or len(self._report.hits) >= STEP_HITS
            or self._chars >= STEP_CHARS
            or self._looked >= STEP_LINES
        )

    def _tell(self) -> Report:
        self._told, self._report, self._chars, self._looked = self._report, Report(), 0, 0
        self._told.files_done, self._told.bytes_done = self._files_done, self._bytes
        return self._told

    def _problem(self, file: SearchFile, error: Exception) -> None:
        reason = error.strerror if isinstance(error, OSError) else None
        self._report.unreadable.append((file.found.path, reason or str(error)))

    def _file(self, number: int, file: SearchFile) -> Iterator[None]:
        """Search one file, giving way after each block."""
        path = file.found.path
        times = LineTimes(path, file.encoding, file.timezone, file.timestamp_format)
        with open_regular(path) as opened:
            known = os.fstat(opened.fileno())
            if (known.st_dev, known.st_ino) != file.found.identity:
                raise ValueError("another file took its place during the search")
            if packing_of(path) is not None:
                yield from self._archive(number, file, opened, times)
            else:
                yield from self._plain(number, file, opened, times)

    def _plain(self, number: int, file: SearchFile, opened: io.FileIO, times: LineTimes) -> Iterator[None]:
        log = LogText(opened, file.encoding)
        forms = self._matcher.forms(log.codec)
        low, high = times.range_of(log, self._since, self._until)
        for block in self._scanner.back(opened, log, low, high, forms):
            for line in block.lines:
                self._looked += 1
                text = line.text(log.codec)
                spans = self._matcher.spans(text)
                if spans is not None:
                    time = times.of(log, line.offset, text)
                    self._take(_hit(number, line, text, time, spans))
                if self._due:
                    yield
            self._bytes += block.searched
            yield

    def _archive(self, number: int, file: SearchFile, opened: io.FileIO, times: LineTimes) -> Iterator[None]:
        """Search what a compressed file holds: it comes the oldest first, and the newest hits are kept."""
        kept: deque[Hit] = deque()
        chars, dropped, before = 0, False, self._bytes
        damage: list[Damage] = []
        for codec, lines in self._scanner.forward(_content(opened, damage), file.encoding, self._matcher.forms):
            for line in reversed(lines):
                self._looked += 1
                text = line.text(codec)
                spans = self._matcher.spans(text)
                if spans is None or not self._in_time(time := times.own(text)):
                    continue
                kept.append(_hit(number, line, text, time, spans))
                chars += len(kept[-1].text)
                while len(kept) > self._left + 1 or chars > _KEPT_CHARS:
                    chars -= len(kept.popleft().text)
                    dropped = True
            self._bytes = before + opened.tell()
            yield
        while kept:
            self._take(kept.pop())
            if self._due:
                yield
        if dropped:
            raise _LimitReachedError
        if damage:
            self._problem(file, ValueError(f"the archive is {damage[0].value}: it was read as far as it goes"))

    def _in_time(self, time: datetime | None) -> bool:
        if time is None:
            return True
        return (self._since is None or time >= self._since) and (self._until is None or time < self._until)

    def _take(self, hit: Hit) -> None:
        if not self._left:
            raise _LimitReachedError
        self._left -= 1
        self._chars += len(hit.text)
        self._report.hits.append(hit)


def _content(opened: io.FileIO, damage: list[Damage]) -> Iterator[bytes]:
    """What an archive holds; what is wrong with it goes into ``damage``."""
    try:
        for piece in unpack(opened):
            if isinstance(piece, Damage):
                damage.append(piece)
            else:
                yield piece
    except NotPackedError as error:
        raise ValueError(str(error)) from error


def _hit(file: int, line: Line, text: str, time: datetime | None, spans: Spans) -> Hit:
    offset, end = line.offset, line.end
    if len(text) <= SHOWN_CHARS:
        return Hit(file, offset, end, text, None, level_of(text), time, spans)
    start = 0 if not spans or spans[0][1] <= SHOWN_CHARS else max(0, spans[0][0] - _BEFORE_HIT)
    sign = "…" if start else ""
    shown = sign + text[start : start + SHOWN_CHARS - len(sign)]
    moved = len(sign) - start
    inside = tuple((a + moved, min(b + moved, len(shown))) for a, b in spans if a + moved < len(shown))
    return Hit(file, offset, end, shown, len(text), level_of(text[:SHOWN_CHARS]), time, inside)
