"""The plot of a program's last runs, as a widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.style import Style
from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from batmon_tui.view import View
from batmon_tui.widgets.plot import plot, rates

_COLOURS: Mapping[str, str] = {
    "lines--error": "error",
    "lines--warning": "warning",
    "lines--running": "accent",
    "lines--bar": "success",
    "lines--quiet": "quiet",
}


class PlotView(Widget):
    """Bars for the durations, signs for the outcomes."""

    def __init__(self) -> None:
        super().__init__()
        self._runs: Sequence[dict[str, Any]] = ()
        self._view: View | None = None

    def show(self, runs: Sequence[dict[str, Any]], view: View) -> None:
        """Draw these runs, newest first."""
        self._runs, self._view = runs, view
        self.refresh()

    def render(self) -> RenderResult:
        """The bars, and the figures below them."""
        if self._view is None:
            return ""
        colours = self.app.theme_variables
        text = Text(no_wrap=True)
        lines = plot(self._runs, self.size.width, self.size.height - 1, self._view)
        for line in lines:
            for piece, name in line:
                text.append(piece, Style(color=colours[_COLOURS[name]]))
            text.append("\n")
        text.append(rates(self._runs, self._view), Style(color=colours["quiet"]))
        return text
