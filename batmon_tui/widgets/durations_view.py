"""How long the runs of one program took: a plot of its days over a table of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from batmon_tui.view import View
from batmon_tui.widgets.day_table import DayTable
from batmon_tui.widgets.duration_plot import DurationPlot
from batmon_tui.widgets.lines import LineList


class DurationsView(Vertical):
    """The day under the cursor of the table is marked in the plot."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._days: Sequence[Mapping[str, Any]] = ()
        self._view: View | None = None

    def compose(self) -> ComposeResult:
        """The plot above the table."""
        yield DurationPlot()
        yield DayTable()

    @property
    def table(self) -> DayTable:
        """The days, the latest first."""
        return self.query_one(DayTable)

    def show(self, days: Sequence[Mapping[str, Any]], view: View, *, plotted: bool) -> None:
        """Show ``DayStats`` that came oldest first; ``plotted``: there is room for the plot too."""
        self._days, self._view = days, view
        self.query_one(DurationPlot).display = plotted
        self.table.show(days, view)
        self._plot()

    def _plot(self) -> None:
        if self._view is not None:
            here = next((at for at, one in enumerate(self._days) if one["day"] == self.table.chosen), -1)
            self.query_one(DurationPlot).show(self._days, here % max(1, len(self._days)), self._view)

    @on(LineList.Moved)
    def _moved(self, event: LineList.Moved) -> None:
        event.stop()
        self._plot()
