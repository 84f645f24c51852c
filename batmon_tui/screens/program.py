"""A program's page: what is true of it, and its runs. Its log and its re-run open from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import ContentSwitcher, Static

from batmon import words
from batmon.errors import BatmonError
from batmon.model import Origin, Status
from batmon_tui.board import SIGNS, status_of, why
from batmon_tui.screens.page import Page
from batmon_tui.widgets.lines import LineList
from batmon_tui.widgets.plot_view import PlotView
from batmon_tui.widgets.runs_view import RunsView

PAGE = 100
"""Runs that are asked for at a time."""


class TabLine(Static):
    """The sections of the page; each can be clicked."""

    auto_links = False


class ProgramScreen(Page):
    """One program; ``section`` is ``overview`` or ``runs``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "climb", show=False),
        Binding("1", "section('overview')", show=False),
        Binding("2", "section('runs')", show=False),
        Binding("3,l", "log", show=False),
        Binding("4,r", "rerun", show=False),
        Binding("tab", "other_section", show=False, priority=True),
        Binding("m", "more", show=False),
        Binding("o", "output", show=False),
    ]

    def __init__(self, name: str, section: str = "overview") -> None:
        super().__init__()
        self._program = name
        self._section = section
        self._config: Mapping[str, Any] = {}
        self._runs: list[dict[str, Any]] = []
        self._more = False
        self._seen: tuple[Any, ...] = ()

    def content(self) -> ComposeResult:
        """The sections' names, then the section."""
        yield TabLine(id="tabs", markup=False)
        with ContentSwitcher(initial=self._section):
            with VerticalScroll(id="overview"):
                yield Static(id="sentence", markup=False)
                yield PlotView()
                yield Static(id="facts", markup=False)
            with Vertical(id="runs"):
                yield RunsView(id="runs-list")
                yield Static(id="runs-note", markup=False)

    def on_mount(self) -> None:
        """Show what the board knows, and ask for the rest."""
        super().on_mount()
        self._focus_section()

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        runs = self._section == "runs"
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            *((("Enter", self.tr("key.open"), "screen.open"),) if runs else ()),
            ("Tab", self.tr("key.sections"), "screen.other_section"),
            ("l", self.tr("key.log"), "screen.log"),
            ("r", self.tr("key.rerun"), "screen.rerun"),
            *((("m", self.tr("key.more"), "screen.more"),) if runs and self._more else ()),
            *((("o", self.tr("key.output"), "screen.output"),) if self._rerun_now() else ()),
            ("?", self.tr("key.help"), "app.help"),
        )

    def _row(self) -> Mapping[str, Any] | None:
        return self.console_app.rows.get(self._program)

    def _rerun_now(self) -> Mapping[str, Any] | None:
        """The re-run that is running, if there is one."""
        running = (self._row() or {}).get("running")
        return running if running and running.get("origin") == Origin.RERUN else None

    # -- what is shown

    def tell(self) -> None:
        """Say everything again; ask the daemon when the program's runs are others."""
        if not self.ready:
            return
        self._tell_tabs()
        row = self._row()
        if row is None:
            gone = self.console_app.hello and self.console_app.rows
            words_ = self.tr("program.gone", name=self._program) if gone else self.tr("program.loading")
            self.query_one("#sentence", Static).update(words_)
            return
        self._tell_overview(row)
        self._tell_runs()
        seen = (self.console_app.stale, row.get("last_run"), row.get("running"))
        if seen != self._seen and not self.console_app.stale:
            self._ask()
        self._seen = seen

    @work(exclusive=True, group="program", exit_on_error=True)
    async def _ask(self) -> None:
        try:
            answer = await self.console_app.link.request("program", name=self._program)
        except BatmonError as error:
            if self.console_app.link.up:
                self.console_app.say_error(error)
            return
        self._config = answer["config"]
        recent: list[dict[str, Any]] = answer["recent"]
        known = {run["run_id"] for run in recent}
        oldest = recent[-1]["start_time"] if recent else ""
        older = [run for run in self._runs if run["run_id"] not in known and run["start_time"] < oldest]
        self._more = self._more if older else len(recent) >= PAGE
        self._runs = recent + older
        self.tell()
        self.tell_frame()

    def _tell_tabs(self) -> None:
        colours = self.app.theme_variables
        row = self._row()
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(self._program, Style(bold=True, color=colours["foreground"]))
        if row is not None and row["title"] != row["name"]:
            line.append(f" {row['title']}", Style(color=colours["quiet"]))
        line.append("    ")
        here = Style(bold=True, underline=True, color=colours["accent"])
        away = Style(color=colours["quiet"])
        for number, key, action in (
            ("1", "overview", "screen.section('overview')"), ("2", "runs", "screen.section('runs')"),
            ("3", "log", "screen.log"), ("4", "rerun", "screen.rerun"),
        ):  # fmt: skip
            style = here if key == self._section else away
            line.append(f"{number} {self.tr('key.' + key)}", style + Style.from_meta({"@click": action}))
            line.append("   ")
        self.query_one("#tabs", TabLine).update(line, layout=False)

    def _tell_overview(self, row: Mapping[str, Any]) -> None:
        colours, view, status = self.app.theme_variables, self.view, status_of(row)
        colour = {Status.ERROR: "error", Status.WARNING: "warning", Status.UNKNOWN: "doubt"}.get(status, "success")
        word = words.status_word(status, view.language)
        said = Text(f"{SIGNS[status]} {word}", Style(bold=True, color=colours[colour]))
        said.append(f"  {why(row, view)}", Style(bold=False, color=colours["foreground"]))
        since = view.tr("program.since", since=view.stamp(row["since"]))
        said.append(f"\n  {since}", Style(bold=False, color=colours["quiet"]))
        self.query_one("#sentence", Static).update(said)
        self.query_one(PlotView).show(self._runs[:PAGE], view)
        self.query_one("#facts", Static).update(self._facts(row))

    def _facts(self, row: Mapping[str, Any]) -> Table:
        view, config, tr = self.view, self._config, self.tr
        run: Mapping[str, Any] = row.get("last_run") or {}
        last = view.moment(run.get("start_time"))
        if run:
            last += f" · {view.duration(run.get('duration_sec'))}"
            if run.get("processed_count"):
                last += f" · {tr('program.processed', n=format(run['processed_count'], ','))}"
        zone = words.schedule_in_words(row["schedule"], view.language)
        left = [
            ("program.schedule", tr("program.timezone", words=zone, zone=row["timezone"])),
            ("program.next_due", view.moment(row.get("next_due"))),
            ("program.grace", view.duration(config.get("grace_sec"))),
            ("program.max_runtime", view.duration(config.get("max_runtime_sec"))),
            ("program.last_run", last),
            ("program.checked", view.stamp(row["checked_at"])),
        ]
        right = [
            ("program.scheduler", row.get("scheduler") or "–"),
            ("program.node", row.get("node") or str(self.console_app.hello.get("node", "–"))),
            ("program.base_dir", row.get("base_dir") or "–"),
            ("program.logs", ", ".join(config.get("logs", ())) or "–"),
            ("program.encoding", str(config.get("encoding", "–"))),
            ("program.rerun", row.get("retry_program") or tr("program.no_rerun")),
        ]
        if not row.get("configured", True):
            right.insert(0, ("program.scheduler", tr("program.not_configured")))
        quiet = Style(color=self.app.theme_variables["quiet"])
        wide = self.size.width >= 110
        table = Table.grid(padding=(0, 2), expand=False)
        for _ in range(2 if wide else 1):
            table.add_column(no_wrap=True)
            table.add_column(overflow="fold")
        if wide:
            for (key, value), (other, second) in zip(left, right, strict=False):
                table.add_row(Text(tr(key), quiet), Text(value), Text(tr(other), quiet), Text(second))
        else:
            for key, value in left + right:
                table.add_row(Text(tr(key), quiet), Text(value))
        return table

    def _tell_runs(self) -> None:
        self.query_one(RunsView).show(self._runs, self.view)
        note = self.tr("runs.more") if self._more else self.tr("runs.all", n=len(self._runs))
        self.query_one("#runs-note", Static).update(note if self._runs else self.tr("runs.empty"))

    def on_resize(self) -> None:
        """A taller page has a taller plot."""
        super().on_resize()
        self.query_one(PlotView).styles.height = max(7, min(16, self.size.height // 3))
        self.call_after_refresh(self.tell)

    # -- going about

    def _focus_section(self) -> None:
        (self.query_one(RunsView) if self._section == "runs" else self.query_one("#overview")).focus()

    def action_section(self, name: str) -> None:
        """Show another section."""
        self._section = name
        self.query_one(ContentSwitcher).current = name
        self._focus_section()
        self._tell_tabs()
        self.tell_frame()

    def action_other_section(self) -> None:
        """Show the section that is not shown."""
        self.action_section("runs" if self._section == "overview" else "overview")

    def action_log(self) -> None:
        """Open the log; from the list of runs, where the run under the cursor begins."""
        run = self._chosen_run() if self._section == "runs" else None
        self.console_app.open_log(self._program, run["run_id"] if run and run.get("log") else None)

    def action_rerun(self) -> None:
        """Run it again."""
        self.console_app.open_rerun(self._program)

    def action_output(self) -> None:
        """Show what the running re-run prints."""
        run = self._rerun_now()
        if run is not None:
            self.console_app.open_output(self._program, run)

    def action_open(self) -> None:
        """Open the run under the cursor."""
        self.query_one(RunsView).action_choose()

    def action_more(self) -> None:
        """Ask for older runs."""
        if self._more and self._runs:
            self._ask_more(self._runs[-1]["start_time"])

    @work(exclusive=True, group="more", exit_on_error=True)
    async def _ask_more(self, before: str) -> None:
        try:
            answer = await self.console_app.link.request("runs", program=self._program, limit=PAGE, before=before)
        except BatmonError as error:
            self.console_app.say_error(error)
            return
        known = {run["run_id"] for run in self._runs}
        self._runs += [run for run in answer["runs"] if run["run_id"] not in known]
        self._more = bool(answer["more"])
        self._tell_runs()
        self.tell_frame()

    def _chosen_run(self) -> dict[str, Any] | None:
        key = self.query_one(RunsView).chosen
        return next((run for run in self._runs if run["run_id"] == key), None)

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        from batmon_tui.screens.run import RunScreen  # noqa: PLC0415 - the page does not wait for it

        run = self._chosen_run()
        if run is not None:
            self.app.push_screen(RunScreen(self._program, run))
