"""What is true of a program at a glance: its verdict, a plot of its last runs, its facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from batmon import words
from batmon.model import Status
from batmon_tui.board import SIGNS, Row, status_of, why
from batmon_tui.incident_state import in_detail
from batmon_tui.probes import probe_facts
from batmon_tui.view import View
from batmon_tui.widgets.plot_view import PlotView

PLOTTED = 100
"""Runs that the plot knows at most."""
TWO_COLUMNS = 110
"""From this width on the facts stand in two columns."""


class Overview(VerticalScroll):
    """The first section of a program's page."""

    def compose(self) -> ComposeResult:
        """The sentence, the plot, the facts."""
        yield Static(id="sentence", markup=False)
        yield PlotView()
        yield Static(id="facts", markup=False)

    def say(self, words_: str) -> None:
        """Nothing but a sentence: there is no program to show."""
        self.query_one("#sentence", Static).update(words_)

    def show(self, row: Row, config: Mapping[str, Any], runs: Sequence[dict[str, Any]], view: View) -> None:
        """Show the program; ``config`` and ``runs`` (newest first) as the gate's ``program`` gives them."""
        colours, status = self.app.theme_variables, status_of(row)
        colour = {Status.ERROR: "error", Status.WARNING: "warning", Status.UNKNOWN: "doubt"}.get(status, "success")
        word = words.status_word(status, view.language)
        said = Text(f"{SIGNS[status]} {word}", Style(bold=True, color=colours[colour]))
        said.append(f"  {why(row, view)}", Style(bold=False, color=colours["foreground"]))
        since = view.tr("program.since", since=view.stamp(row["since"]))
        mine = in_detail(row.get("incident"), view)
        since += f" · {mine}" if mine else ""
        said.append(f"\n  {since}", Style(bold=False, color=colours["quiet"]))
        self.query_one("#sentence", Static).update(said)
        self.query_one(PlotView).show(runs[:PLOTTED], view)
        self.query_one("#facts", Static).update(self._facts(row, config, view))

    def size_plot(self, height: int) -> None:
        """A taller page has a taller plot."""
        self.query_one(PlotView).styles.height = max(7, min(16, height // 3))

    def _facts(self, row: Row, config: Mapping[str, Any], view: View) -> Table:
        tr = view.tr
        run: Mapping[str, Any] = row.get("last_run") or {}
        last = view.moment(run.get("start_time"))
        if run:
            last += f" · {view.duration(run.get('duration_sec'))}"
            if run.get("processed_count"):
                last += f" · {tr('program.processed', n=format(run['processed_count'], ','))}"
        schedule = words.schedule_in_words(row["schedule"], view.language)
        left = [
            ("program.schedule", tr("program.timezone", words=schedule, zone=row["timezone"])),
            ("program.next_due", view.moment(row.get("next_due"))),
            ("program.grace", view.duration(config.get("grace_sec"))),
            ("program.max_runtime", view.duration(config.get("max_runtime_sec"))),
            ("program.last_run", last),
            ("program.checked", view.stamp(row["checked_at"])),
        ]
        right = [
            ("program.scheduler", row.get("scheduler") or "–"),
            ("program.node", row.get("node") or "–"),
            ("program.base_dir", row.get("base_dir") or "–"),
            ("program.logs", ", ".join(config.get("logs", ())) or "–"),
            ("program.encoding", str(config.get("encoding", "–"))),
            ("program.rerun", row.get("retry_program") or tr("program.no_rerun")),
        ]
        if row.get("probe"):
            left, right = probe_facts(row, config, view)
        elif not row.get("configured", True):
            right[0] = ("program.scheduler", tr("program.not_configured"))
        quiet = Style(color=self.app.theme_variables["quiet"])
        wide = self.size.width >= TWO_COLUMNS
        table = Table.grid(padding=(0, 2), expand=False)
        for _ in range(2 if wide else 1):
            table.add_column(no_wrap=True)
            table.add_column(overflow="fold")
        if wide:
            for (key, value), (other, second) in zip(left, right, strict=True):
                table.add_row(Text(tr(key), quiet), Text(value), Text(tr(other), quiet), Text(second))
        else:
            for key, value in left + right:
                table.add_row(Text(tr(key), quiet), Text(value))
        return table
