"""Merged lines on the screen: each behind the name of its program, which has a colour of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from batmon_tui.widgets.log_lines import LogLine
from batmon_tui.widgets.log_paint import LETTERS, Look, Sheet
from batmon_tui.widgets.log_paper import LogPaper
from batmon_tui.widgets.merged_lines import MergedWindow

LONGEST_NAME = 20
SIGNS = 4
"""Cells between the name and the text: a bookmark's star, the level's letter, blanks."""

_ON_DARK = ("#56b4e9", "#e69f00", "#2bc4a0", "#f0e442", "#cc79a7", "#8fa8ff", "#ff8c5a")
_ON_LIGHT = ("#0072b2", "#8a5200", "#00735a", "#6b5d00", "#a0447a", "#3b4cc0", "#a83c00")
"""After Okabe and Ito: told apart without seeing red or green, and readable on their ground."""


@dataclass(frozen=True, slots=True)
class MergedSheet(Sheet):
    """As ``Sheet``, with a column of ``names`` cells for the program in the place of the run's rail."""

    names: int = 0
    colours: Mapping[str, Style] | None = None

    @property
    def room(self) -> int:
        """Cells for text."""
        return max(1, self.width - self.names - SIGNS)

    def _gutter(self, line: LogLine, part: int, run: Mapping[str, Any] | None, *, star: bool) -> list[Segment]:
        del run
        colour = (self.colours or {}).get(line.program, self.look.note)
        name = _cut(line.program, self.names) if part == 0 and line.time is not None else ""
        letter = LETTERS.get(line.level or "", " ") if part == 0 else " "
        return [
            Segment(set_cell_size(name, self.names), colour),
            Segment("▏", colour),
            Segment("*" if star else " ", self.look.running if star else self.look.text),
            Segment(letter, self.look.level(line.level)),
            Segment(" ", self.look.text),
        ]


class MergedPaper(LogPaper):
    """The paper for merged lines; ``programs`` are all there may be, in the order of their colours."""

    def __init__(self, window: MergedWindow, words: Mapping[str, str], programs: Sequence[str]) -> None:
        super().__init__(window, words)
        self.programs = programs

    def _new_sheet(self, width: int, left: int, look: Look) -> Sheet:
        palette = _ON_DARK if self.app.current_theme.dark else _ON_LIGHT
        order = sorted({*self.programs, *(line.program for line in self.window.lines)})
        colours = {name: Style(color=palette[n % len(palette)]) + _ground(look) for n, name in enumerate(order)}
        shown = {line.program for line in self.window.lines}
        names = min(LONGEST_NAME, width // 4, max((cell_len(name) for name in shown), default=0))
        return MergedSheet(width, self.wrapped, left, look, self.sought, self.words, names, colours)

    def changed(self, shift: int = 0, *, cursor: int | None = None, to_end: bool = False, fresh: bool = False) -> None:
        """As ``LogPaper.changed``; other names may need another column."""
        self._sheet = None
        super().changed(shift, cursor=cursor, to_end=to_end, fresh=fresh)


def _ground(look: Look) -> Style:
    return Style(bgcolor=look.text.bgcolor)


def _cut(name: str, room: int) -> str:
    return name if cell_len(name) <= room else set_cell_size(name, max(0, room - 1)).rstrip() + "…"
