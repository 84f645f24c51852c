"""What a re-run of a program would do, and the re-runs there were. Starting one is the dialog's business."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from batmon.model import Origin
from batmon_tui.board import Row
from batmon_tui.view import View
from batmon_tui.widgets.runs_view import RUN_SIGNS, outcome

SHOWN = 10
"""Re-runs that are told at most."""


class RerunSection(VerticalScroll):
    """The last section of a program's page."""

    def compose(self) -> ComposeResult:
        """One text that scrolls."""
        yield Static(id="rerun-text", markup=False)

    def show(self, row: Row, runs: Sequence[dict[str, Any]], view: View, *, allowed: bool) -> None:
        """Say what would be started, whether this person may, and how earlier re-runs went (newest first)."""
        colours, tr = self.app.theme_variables, view.tr
        quiet, strong = Style(color=colours["quiet"]), Style(bold=True, color=colours["accent"])
        warning = Style(color=colours["warning"])
        whole = Table.grid(expand=True)
        command = str(row.get("retry_program") or "")
        if not command:
            whole.add_row(Text(tr("rerun.none", name=row["name"])))
        else:
            facts = Table.grid(padding=(0, 2))
            facts.add_column(no_wrap=True)
            facts.add_column(overflow="fold")
            facts.add_row(Text(tr("rerun.command"), quiet), Text(command))
            facts.add_row(Text(tr("rerun.folder"), quiet), Text(str(row["base_dir"])))
            if row.get("rerun_params"):
                facts.add_row(Text(tr("rerun.params"), quiet), Text(", ".join(row["rerun_params"])))
            whole.add_row(facts)
            running = row.get("running")
            if running:
                whole.add_row(Text("\n" + tr("rerun.running", since=view.stamp(running["start_time"])), warning))
            whole.add_row(Text("\n" + tr("rerun.how" if allowed else "rerun.viewer"), "" if allowed else warning))
        whole.add_row(Text(f"\n{tr('rerun.earlier')}", strong))
        mine = [run for run in runs if run["origin"] == Origin.RERUN][:SHOWN]
        if not mine:
            whole.add_row(Text(tr("rerun.none_yet"), quiet))
        table = Table.grid(padding=(0, 2))
        for run in mine:
            said = f"{RUN_SIGNS.get(run['status'], '?')} {outcome(run, view)}"
            took = view.duration(run.get("duration_sec"))
            by = tr("run.evidence.by", name=run["started_by"]) if run.get("started_by") else ""
            table.add_row(Text(said), Text(view.moment(run["start_time"])), Text(took), Text(by, quiet))
        whole.add_row(table)
        self.query_one("#rerun-text", Static).update(whole)
