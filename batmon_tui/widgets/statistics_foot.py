"""What stands below the statistics: the program under the cursor, and a line about its day or its figures before."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text
from textual.widgets import Static

from batmon_tui import statistics_words
from batmon_tui.cells import fit
from batmon_tui.statistics import Figures
from batmon_tui.view import View

LEAST = 20
"""Cells that are written to however small the screen is."""
_SHADES = {"lines--error": "error", "lines--ok": "success"}


class ChosenLine(Static):
    """Two lines; what finds no room in one is left out as a whole."""

    def show(self, one: Figures, told: str, view: View) -> None:
        """Show a program in short, and ``told`` below it."""
        colours, width = self.app.theme_variables, max(LEAST, self.screen.size.width - 2)
        sign, _, look = statistics_words.met(one, view)
        title = f" {one['title']}" if one["title"] not in ("", one["program"]) else ""
        text = Text(no_wrap=True, overflow="ellipsis")
        shade = colours[_SHADES.get(look, "foreground")]
        text.append(f"{sign} {one['program']}{title}".strip(), Style(bold=True, color=shade))
        said = statistics_words.within(statistics_words.in_short(one, view), width - text.cell_len - 2)
        text.append(f"  {said}", Style(bold=False, color=colours["quiet"]))
        text.append("\n" + fit(statistics_words.within(told, width), width).rstrip())
        self.update(text, layout=False)
