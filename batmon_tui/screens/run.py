"""One run: what is recorded of it, its error, each kind of evidence beside the others, and its items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from batmon.errors import BatmonError, NotFound
from batmon.model import Origin, RunStatus
from batmon_tui.screens.page import Page
from batmon_tui.widgets.evidence import beside
from batmon_tui.widgets.items_view import Item, ItemList, ItemsView
from batmon_tui.widgets.runs_view import DIED, RUN_SIGNS, outcome, shown_status

LOOK_SEC = 2.0
"""How often a run that is running is looked at again."""
MOST_ITEMS = 10_000
"""Items that are asked for; the totals count all."""


class RunScreen(Page):
    """A run of ``program`` as the gate gave it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "climb", show=False),
        Binding("l", "log", show=False),
        Binding("r", "rerun", show=False),
        Binding("d", "difference", show=False),
    ]

    def __init__(self, program: str, run: Mapping[str, Any]) -> None:
        super().__init__()
        self.program = program
        self._run = run
        self._items: list[Item] = []
        self._totals: Mapping[str, int] | None = None

    def content(self) -> ComposeResult:
        """One text that scrolls; the items below it, if the run has any."""
        with VerticalScroll(id="run"):
            yield Static(id="run-text", markup=False)
        yield ItemsView(id="items")

    def on_mount(self) -> None:
        """Say the run, and ask for its items."""
        super().on_mount()
        self._ask_items()
        self.set_interval(LOOK_SEC, self._look_again)

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            *((("Tab", self.tr("key.details"), "app.focus_next"),) if self._items else ()),
            ("l", self.tr("key.log"), "screen.log"),
            ("d", self.tr("key.diff"), "screen.difference"),
            ("r", self.tr("key.rerun"), "screen.rerun"),
            ("?", self.tr("key.help"), "app.help"),
        )

    def _look_again(self) -> None:
        if self._run["status"] == RunStatus.RUNNING and self.is_current:
            self._ask_items()

    @work(exclusive=True, group="items", exit_on_error=True)
    async def _ask_items(self) -> None:
        """Ask for the run as it is now; for its items too, if their totals are others."""
        try:
            items = self._items
            answer = await self._page(len(items))
            if answer["totals"] != self._totals:
                answer = await self._page(0) if items else answer
                items = answer["items"]
                while answer["more"] and answer["items"] and len(items) < MOST_ITEMS:
                    answer = await self._page(len(items))
                    items = items + answer["items"]
        except NotFound:
            return  # it was found to be part of another: the page stays as it is
        except BatmonError as error:
            if self.console_app.link.up:
                self.console_app.say_error(error)
            return
        began = not self._items
        self._run, self._items, self._totals = answer["run"], items, answer["totals"]
        self.tell()
        self.tell_frame()
        if began and items:
            self.set_focus(self.query_one(ItemList))

    async def _page(self, start: int) -> dict[str, Any]:
        return await self.console_app.link.request("run.items", **{"run_id": self._run["run_id"], "from": start})

    def _tell_items(self) -> None:
        self.set_class(bool(self._items), "-items")
        self.query_one(ItemsView).show(self._items, self._totals, self.view)

    def tell(self) -> None:
        """Say the run and its items."""
        if not self.ready:
            return
        self._tell_items()
        colours, view, tr, run = self.app.theme_variables, self.view, self.tr, self._run
        quiet, strong = Style(color=colours["quiet"]), Style(bold=True, color=colours["accent"])
        status = shown_status(run)
        colour = {RunStatus.FAILED: "error", DIED: "error", RunStatus.MISSED: "warning", RunStatus.SUCCESS: "success"}
        sign = Style(bold=True, color=colours[colour.get(status, "accent")])
        whole = Table.grid(expand=True)
        number = run["log_id"] if run.get("log_id") is not None else run["run_id"][:8]
        whole.add_row(Text(tr("run.title", program=self.program, id=number) + "\n", strong))
        facts = Table.grid(padding=(0, 2))
        facts.add_column(no_wrap=True)
        facts.add_column(overflow="fold")
        said = f"{RUN_SIGNS.get(status, '?')} {outcome(run, view)}"
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

    def action_difference(self) -> None:
        """Compare it with the last good one before it."""
        self.console_app.open_difference(self.program, self._run["run_id"])

    def action_rerun(self) -> None:
        """Run the program again."""
        self.console_app.open_rerun(self.program)
