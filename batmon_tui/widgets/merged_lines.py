"""The part of the merged logs that is on hand: whole pages, each with the cursors of what lies around it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from batmon_tui.widgets.log_lines import Chapter, LogLine, LogWindow

Page = Mapping[str, Any]


@dataclass(slots=True)
class _Part:
    lines: int
    older: str | None
    newer: str


@dataclass(slots=True)
class MergedWindow(LogWindow):
    """Lines of several programs in the order of their times; what is too much goes by whole pages."""

    parts: list[_Part] = field(default_factory=list)

    @property
    def older_cursor(self) -> str | None:
        """Where the page before begins; None when there is none."""
        return self.parts[0].older if self.parts else None

    @property
    def newer_cursor(self) -> str | None:
        """Where the page behind begins."""
        return self.parts[-1].newer if self.parts else None

    def show(self, page: Page) -> None:
        """Show this page and nothing else."""
        self.generation += 1
        self.lines = [LogLine.of(item) for item in page["lines"]]
        self.parts = [_Part(len(self.lines), page["older"], page["newer"])]
        self.at_start, self.at_end = page["older"] is None, page["at_end"]

    def put_before(self, page: Page) -> int:
        """Put a page before the first; gives how many lines came in."""
        fresh = [LogLine.of(item) for item in page["lines"]]
        self.lines[:0] = fresh
        self.parts.insert(0, _Part(len(fresh), page["older"], page["newer"]))
        self.at_start = page["older"] is None
        while len(self.lines) > self.limit and len(self.parts) > 2:
            gone = self.parts.pop()
            del self.lines[len(self.lines) - gone.lines :]
            self.at_end = False
        return len(fresh)

    def put_behind(self, page: Page) -> int:
        """Put a page behind the last; gives how many lines went at the start. A line that has grown stays in place."""
        last = self.parts[-1].lines if self.parts else 0
        known = {(line.path, line.offset): n for n, line in enumerate(self.lines[-last:], len(self.lines) - last)}
        count = 0
        for item in page["lines"]:
            line = LogLine.of(item)
            if last and (place := known.get((line.path, line.offset))) is not None:
                self.lines[place] = line
                continue
            self.lines.append(line)
            count += 1
        if count or not self.parts:
            self.parts.append(_Part(count, page["older"], page["newer"]))
        else:
            self.parts[-1].newer = page["newer"]
        self.at_end = page["at_end"]
        gone = 0
        while len(self.lines) - gone > self.limit and len(self.parts) > 2:
            gone += self.parts.pop(0).lines
            self.at_start = False
        del self.lines[:gone]
        return gone

    def chapter_of(self, line: LogLine | None) -> Chapter:
        """The file that a line stands in."""
        return Chapter(line.path if line else "")

    def place_of(self, path: str, offset: int) -> int | None:
        """Where the line stands that begins there."""
        return next((n for n, line in enumerate(self.lines) if line.offset == offset and line.path == path), None)
