"""One run: what is recorded of it, its error, and each kind of evidence beside the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from batmon.model import Origin, RunStatus
from batmon_tui.screens.page import Page
from batmon_tui.widgets.evidence import beside
from batmon_tui.widgets.runs_view import RUN_SIGNS, outcome


class RunScreen(Page):
    """A run of ``program`` as the gate gave it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "climb", show=False),
        Binding("l", "log", show=False),
        Binding("r", "rerun", show=False),
    ]

    def __init__(self, program: str, run: Mapping[str, Any]) -> None:
        super().__init__()
        self.program = program
        self._run = run

    def content(self) -> ComposeResult:
        """One text that scrolls."""
        with VerticalScroll(id="run"):
            yield Static(id="run-text", markup=False)

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("l", self.tr("key.log"), "screen.log"),
            ("r", self.tr("key.rerun"), "screen.rerun"),
            ("?", self.tr("key.help"), "app.help"),
        )

    def tell(self) -> None:
        """Say the run."""
        if not self.ready:
            return
        colours, view, tr, run = self.app.theme_variables, self.view, self.tr, self._run
        quiet, strong = Style(color=colours["quiet"]), Style(bold=True, color=colours["accent"])
        colour = {RunStatus.FAILED: "error", RunStatus.MISSED: "warning", RunStatus.SUCCESS: "success"}
        sign = Style(bold=True, color=colours[colour.get(run["status"], "accent")])
        whole = Table.grid(expand=True)
        number = run["log_id"] if run.get("log_id") is not None else run["run_id"][:8]
        whole.add_row(Text(tr("run.title", program=self.program, id=number) + "\n", strong))
        facts = Table.grid(padding=(0, 2))
        facts.add_column(no_wrap=True)
        facts.add_column(overflow="fold")
        said = f"{RUN_SIGNS.get(run['status'], '?')} {outcome(run, view)}"
        facts.add_row(Text(tr("run.status"), quiet), Text(said, sign))
        rows = [
            ("run.started", view.stamp(run["start_time"])),
            ("run.ended", view.stamp(run.get("end_time"))),
            ("run.took", view.duration(run.get("duration_sec"))),
            ("run.processed", f"{run['processed_count']:,}" if run.get("processed_count") else ""),
            ("run.task", run.get("task_name") or ""),
            ("run.slot", view.stamp(run["slot"]) if run.get("slot") else ""),
            ("run.message", run.get("message") or ""),
        ]
        for key, value in rows:
            if value:
                facts.add_row(Text(tr(key), quiet), Text(value))
        whole.add_row(facts)
        whole.add_row(Text(f"\n{tr('run.evidence')}", strong))
        if run.get("verified_late"):
            whole.add_row(Text(tr("run.evidence.late"), Style(color=colours["warning"])))
        whole.add_row(beside(run, view, colours))
        whole.add_row(Text(f"\n{tr('run.details')}", strong))
        details = str(run.get("error_details") or "")
        whole.add_row(Text(details) if details else Text(tr("run.no_details"), quiet))
        self.query_one("#run-text", Static).update(whole)

    def action_log(self) -> None:
        """Open the log where this run begins."""
        if self._run.get("log"):
            self.console_app.open_log(self.program, self._run["run_id"])
        elif self._run["origin"] == Origin.SCHEDULE:
            self.console_app.say("run.no_log", severity="warning")
        else:
            self.console_app.open_log(self.program)

    def action_rerun(self) -> None:
        """Run the program again."""
        self.console_app.open_rerun(self.program)
