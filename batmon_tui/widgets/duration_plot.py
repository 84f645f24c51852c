"""How long the runs of a program took, day by day: a bar to the median, a band above it to the 95th percentile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from batmon_tui.statistics import mark
from batmon_tui.statistics_words import lasted
from batmon_tui.view import View
from batmon_tui.widgets.lines import Piece

AXIS = 11
"""Cells for the scale at the left."""
_EIGHTHS = " ▁▂▃▄▅▆▇█"
BAND = "░"
_COLOURS: Mapping[str, str] = {
    "bar": "success", "band": "quiet", "axis": "quiet", "heat--bad": "error", "heat--some": "warning",
    "heat--ok": "quiet", "heat--open": "accent", "": "quiet",
}  # fmt: skip

Days = Sequence[Mapping[str, Any]]
"""``DayStats`` of docs/gate.md, oldest first, none left out."""


def window(count: int, room: int, chosen: int) -> tuple[range, int]:
    """Which of ``count`` days find room, and the cells of each; the chosen one is among them."""
    step = 2 if count * 2 <= room else 1
    shown = max(1, room // step)
    first = max(0, min(chosen - shown // 2, count - shown)) if chosen < count - shown else max(0, count - shown)
    return range(first, min(count, first + shown)), step


def plot(days: Days, chosen: int, width: int, height: int, view: View) -> list[list[Piece]]:
    """Lines of pieces: bars on a linear scale that begins at zero, the sign of each day, the days below."""
    shown, step = window(len(days), max(1, width - AXIS), chosen)
    longest = max((days[index]["p95_sec"] or 0.0 for index in shown), default=0.0)
    if not longest:
        return [[(view.tr("stats.plot_empty"), "axis")]]
    bars, today = max(1, height - 2), view.now.astimezone(view.zone).date()
    lines: list[list[Piece]] = []
    for level in range(bars, 0, -1):
        scale = longest if level == bars else longest / 2 if bars >= 5 and level == (bars + 1) // 2 else None
        label = lasted(scale, view) if scale is not None else ""
        line: list[Piece] = [(" " * max(0, AXIS - 2 - cell_len(label)) + label + " │", "axis")]
        line += [_cell(days[index], longest, bars, level, step) for index in shown]
        lines.append(line)
    signs: list[Piece] = [(" " * (AXIS - 1) + "└", "axis")]
    for index in shown:
        one = days[index]
        sign, look = mark(
            (one["succeeded"], one["failed"], one["missed"], one["unfinished"]),
            past=date.fromisoformat(one["day"]) < today,
        )
        sign = "─" if not sign.strip() else sign
        signs.append((sign.ljust(step), f"{look} here" if index == chosen else look))
    return [*lines, signs, [(" " * AXIS + _dates(days, shown, step), "axis")]]


def _cell(one: Mapping[str, Any], longest: float, bars: int, level: int, step: int) -> Piece:
    """What of a day's bar and band lies in a level."""
    if one["p50_sec"] is None:
        return " " * step, "bar"
    below = one["p50_sec"] / longest * bars - (level - 1)
    above = (one["p95_sec"] or 0.0) / longest * bars - (level - 1)
    eighths = max(0, min(8, round(below * 8)))
    if level == 1:
        eighths = max(1, eighths)
    if eighths:
        return _EIGHTHS[eighths].ljust(step), "bar"
    return (BAND if above >= 0.5 else " ").ljust(step), "band"


def _dates(days: Days, shown: range, step: int) -> str:
    """The first and the last day, and the Mondays between that find room."""
    first, last = days[shown[0]]["day"], days[shown[-1]]["day"][5:]
    end = len(shown) * step - len(last)
    line = first if len(first) < end else ""
    for place, index in enumerate(shown):
        day = date.fromisoformat(days[index]["day"])
        at = place * step
        if day.weekday() == 0 and at > len(line) and at + 5 < end:
            line = line.ljust(at) + f"{day:%m-%d}"
    return line.ljust(end) + last if end > len(line) else line


class DurationPlot(Widget):
    """The plot as a widget; the chosen day's sign is marked."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._days: Days = ()
        self._chosen = 0
        self._view: View | None = None

    def show(self, days: Days, chosen: int, view: View) -> None:
        """Draw these days, oldest first."""
        self._days, self._chosen, self._view = days, chosen, view
        self.refresh()

    def render(self) -> RenderResult:
        """The lines in the theme's colours."""
        if self._view is None or not self._days:
            return ""
        colours, text = self.app.theme_variables, Text(no_wrap=True)
        lines = plot(self._days, self._chosen, self.size.width, self.size.height, self._view)
        for number, line in enumerate(lines):
            text.append("\n" if number else "")
            for piece, name in line:
                look, _, here = name.partition(" ")
                text.append(piece, Style(color=colours[_COLOURS[look]], reverse=bool(here), bold=bool(here)))
        return text
