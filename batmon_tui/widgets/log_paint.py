"""One row of the log view: gutter, level sign and text, exact in cells. Pure but for rich's tables of widths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from batmon_tui.widgets.log_lines import LogLine
from batmon_tui.widgets.log_search import Sought
from batmon_tui.widgets.log_words import SIGNS

GUTTER = 5
"""Cells before the text: the run's rail, its sign, a bookmark's star, the level's letter."""

LETTERS = {"error": "E", "warn": "W", "debug": "D"}
_RAILS = {"start": "┌", "end": "└", None: "│"}


@dataclass(frozen=True, slots=True)
class Look:
    """The styles of a log; ``selected`` is laid over the row of the cursor."""

    text: Style
    error: Style
    warn: Style
    debug: Style
    note: Style
    match: Style
    selected: Style
    ok: Style
    failed: Style
    running: Style

    def level(self, level: str | None) -> Style:
        """The style of a line."""
        return {"error": self.error, "warn": self.warn, "debug": self.debug}.get(level or "", self.text)

    def outcome(self, status: str | None) -> Style:
        """The style of a run's rail."""
        return {"SUCCESS": self.ok, "FAILED": self.failed, "RUNNING": self.running}.get(status or "", self.note)


@dataclass(frozen=True, slots=True)
class Sheet:
    """How rows are laid out: all of ``width`` cells; unwrapped they begin at the text's cell ``left``."""

    width: int
    wrap: bool
    left: int
    look: Look
    sought: Sought | None
    words: Mapping[str, str]

    @property
    def room(self) -> int:
        """Cells for text."""
        return max(1, self.width - GUTTER)

    def rows(self, line: LogLine) -> int:
        """How many rows a line takes."""
        return len(_parts(line.text, self.room)) if self.wrap and line.kind == "line" else 1

    def row(
        self, line: LogLine, part: int, run: Mapping[str, Any] | None, *, selected: bool, marked: bool = False
    ) -> Strip:
        """Row ``part`` (from 0) of a line; ``run`` is the one that it belongs to, in short; ``marked``: a bookmark."""
        if line.kind != "line":
            segments = [self._separator(line)]
        else:
            star = marked and part == 0
            segments = [*self._gutter(line, part, run, star=star), *self._text(line, part)]
        strip = Strip(segments).adjust_cell_length(self.width, self.look.text)
        return Strip([self._under_cursor(segment) for segment in strip]) if selected else strip

    def _under_cursor(self, segment: Segment) -> Segment:
        """With the cursor's background, unless it is a hit."""
        style = segment.style or self.look.text
        hit = style.bgcolor is not None and style.bgcolor == self.look.match.bgcolor
        return segment if hit else Segment(segment.text, style + self.look.selected)

    def _separator(self, line: LogLine) -> Segment:
        words = f"── {line.text} "
        return Segment(set_cell_size(words, min(self.width, cell_len(words))).ljust(self.width, "─"), self.look.note)

    def _gutter(self, line: LogLine, part: int, run: Mapping[str, Any] | None, *, star: bool) -> list[Segment]:
        status = None if run is None else str(run["status"])
        rail = self.look.outcome(status)
        mark = line.run if part == 0 or line.run == "end" else None
        last = part == self.rows(line) - 1
        if mark == "end" and not last:
            mark = None
        shape = " " if line.run_id is None else _RAILS.get(mark, "│")
        sign = SIGNS.get(status or "", "?") if line.run in ("start", "end") and part == 0 and status else " "
        letter = LETTERS.get(line.level or "", " ") if part == 0 else " "
        return [
            Segment(shape + sign, rail),
            Segment("*" if star else " ", self.look.running if star else self.look.text),
            Segment(letter, self.look.level(line.level)),
            Segment(" ", self.look.text),
        ]

    def _text(self, line: LogLine, part: int) -> list[Segment]:
        style = self.look.level(line.level)
        pieces = self._marked(line, style)
        if line.cut is not None:
            pieces.append(Segment(" " + self.words["cut"].format(count=f"{line.cut:,}"), self.look.note))
        whole = Strip(pieces)
        if self.wrap:
            start = sum(cell_len(piece) for piece in _parts(line.text, self.room)[:part])
            last = part == self.rows(line) - 1
            stop = start + (self.room if last else cell_len(_parts(line.text, self.room)[part]))
            return list(whole.crop(start, stop))
        shown = whole.crop(self.left, self.left + self.room)
        if whole.cell_length > self.left + self.room:
            shown = shown.crop(0, self.room - 1).adjust_cell_length(self.room - 1)
            shown = Strip([*shown, Segment("›", self.look.note)])
        if self.left and whole.cell_length > 0:
            shown = Strip([Segment("‹", self.look.note), *shown.crop(1)])
        return list(shown)

    def _marked(self, line: LogLine, style: Style) -> list[Segment]:
        pieces: list[Segment] = []
        done = 0
        for start, end in self.sought.spans(line.text) if self.sought else ():
            pieces += [Segment(line.text[done:start], style), Segment(line.text[start:end], style + self.look.match)]
            done = end
        return [*pieces, Segment(line.text[done:], style)]


@lru_cache(maxsize=8192)
def _parts(text: str, room: int) -> tuple[str, ...]:
    if len(text) <= room // 2 or cell_len(text) <= room:
        return (text,)
    return tuple(chop_cells(text, room))
