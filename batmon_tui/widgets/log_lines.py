"""The part of a log that is on hand: a bounded window of lines with the runs that they belong to. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from batmon.gate.sanitize import clean

LIMIT = 5000
"""Lines that are held at most; the ones farthest from where one looks go first."""

Kind = Literal["line", "gap", "rotated"]


@dataclass(slots=True)
class LogLine:
    """A line as it is shown, or a separator between lines (``kind``), which has no offset of its own.

    ``cut`` is the number of characters of a line that was cut. ``era`` counts the rotations seen: offsets of an earlier
    era say nothing about the file that is open now.
    """

    offset: int
    end: int
    text: str
    level: str | None = None
    time: datetime | None = None
    run_id: str | None = None
    run: str | None = None
    cut: int | None = None
    kind: Kind = "line"
    era: int = 0

    @classmethod
    def of(cls, item: Mapping[str, Any], era: int = 0) -> LogLine:
        """From the gate's form."""
        time = item.get("time")
        return cls(
            offset=item["offset"],
            end=item["end"],
            text=clean(item["text"]),
            level=item.get("level"),
            time=datetime.fromisoformat(time) if isinstance(time, str) else None,
            run_id=item.get("run_id"),
            run=item.get("run"),
            cut=item.get("cut"),
            era=era,
        )


@dataclass(slots=True)
class LogWindow:
    """Lines in their order in the file, at most ``limit`` of them.

    ``at_start`` and ``at_end`` say whether nothing of the file lies before or after. ``runs`` holds the runs in short
    by id. ``size`` is what the file held when it was last read, in bytes.
    """

    limit: int = LIMIT
    path: str = ""
    size: int = 0
    at_start: bool = True
    at_end: bool = True
    era: int = 0
    lines: list[LogLine] = field(default_factory=list)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def replace(self, page: Mapping[str, Any]) -> None:
        """Show this page of a file and nothing else."""
        self.path, self.size = page["path"], page["size"]
        self.at_start, self.at_end = page["at_start"], page["at_end"]
        self.era += 1
        self.lines = [LogLine.of(item, self.era) for item in page["lines"]]
        self.runs = {}
        self.know(page.get("runs", ()))

    def know(self, runs: Iterable[Mapping[str, Any]]) -> None:
        """Remember these runs; those of which no line is left are forgotten when there are many."""
        self.runs.update({run["run_id"]: dict(run) for run in runs})
        if len(self.runs) > self.limit:
            used = {line.run_id for line in self.lines}
            self.runs = {key: run for key, run in self.runs.items() if key in used}

    def prepend(self, items: Sequence[Mapping[str, Any]], *, at_start: bool) -> int:
        """Put lines before the first; gives how many came in. What is too much goes at the end."""
        first = self.first
        fresh = [LogLine.of(item, self.era) for item in items if first is None or item["offset"] < first.offset]
        self.lines[:0] = fresh
        self.at_start = at_start
        if len(self.lines) > self.limit:
            del self.lines[self.limit :]
            self.at_end = False
        return len(fresh)

    def append(self, items: Sequence[Mapping[str, Any]], *, at_end: bool = True) -> int:
        """Put lines after the last; gives how many went at the start. A line that has grown takes its own place."""
        fresh = [LogLine.of(item, self.era) for item in items]
        if fresh:
            while self.lines and self._again(self.lines[-1], fresh[0]):
                self.lines.pop()
            self.lines += fresh
            self.size = max(self.size, fresh[-1].end)
        self.at_end = at_end
        return self._shorten()

    def separate(self, kind: Kind, text: str) -> int:
        """Put a separator after the last line; gives how many lines went at the start."""
        if kind == "rotated":
            self.era += 1
            self.size = 0
        place = self.lines[-1].end if self.lines and kind == "gap" else 0
        self.lines.append(LogLine(place, place, clean(text), kind=kind, era=self.era))
        return self._shorten()

    def mark(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Take over to which run lines belong that are on hand: the daemon may have found out since."""
        known = {line.offset: line for line in self.lines if line.kind == "line" and line.era == self.era}
        for item in items:
            line = known.get(item["offset"])
            if line is not None:
                line.run_id, line.run = item.get("run_id"), item.get("run")

    @property
    def first(self) -> LogLine | None:
        """The first line of the open file that is on hand."""
        return next((line for line in self.lines if line.kind == "line" and line.era == self.era), None)

    @property
    def last(self) -> LogLine | None:
        """The last line of the open file that is on hand."""
        found = next((line for line in reversed(self.lines) if line.kind == "line"), None)
        return found if found is not None and found.era == self.era else None

    @property
    def reaches_back(self) -> bool:
        """Whether lines that lie before can still be read: not before the rotation that was seen last."""
        return not self.at_start and bool(self.lines) and self.lines[0].era == self.era

    def index_of(self, offset: int) -> int | None:
        """Where the line stands that begins at ``offset`` of the open file."""
        begin = next((n for n, line in enumerate(self.lines) if line.era == self.era), len(self.lines))
        at = bisect_left(self.lines, offset, lo=begin, key=lambda line: line.offset)
        while at < len(self.lines) and self.lines[at].offset == offset:
            if self.lines[at].kind == "line":
                return at
            at += 1
        return None

    def nearest(self, offset: int) -> int:
        """Where the line stands that begins at ``offset`` or next after it, else the last."""
        found = (n for n, line in enumerate(self.lines) if line.era == self.era and line.offset >= offset)
        return next(found, max(0, len(self.lines) - 1))

    def _again(self, old: LogLine, new: LogLine) -> bool:
        return old.kind == "line" and old.era == new.era and old.offset >= new.offset

    def _shorten(self) -> int:
        gone = max(0, len(self.lines) - self.limit)
        if gone:
            del self.lines[:gone]
            self.at_start = False
        return gone
