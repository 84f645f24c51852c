"""A program's page: overview, runs, log and re-run as its sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import ContentSwitcher, Input, Static

from batmon.errors import BadRequest, BatmonError, NotFound, Refused
from batmon.model import Origin, Role
from batmon_tui.screens.page import Page
from batmon_tui.widgets.lines import LineList
from batmon_tui.widgets.log_bookmarks import Bookmarks
from batmon_tui.widgets.log_place import LogPlace
from batmon_tui.widgets.log_view import LogView
from batmon_tui.widgets.named_paths import named_paths
from batmon_tui.widgets.overview import Overview
from batmon_tui.widgets.rerun_section import RerunSection
from batmon_tui.widgets.runs_view import RunsView

PAGE = 100
"""Runs that are asked for at a time."""
SECTIONS = ("overview", "runs", "log", "rerun")
OF_A_PROBE = ("overview", "runs")
"""A probe has neither logs nor a command to run again."""


class TabLine(Static):
    """The sections of the page; each can be clicked."""

    auto_links = False


class ProgramScreen(Page):
    """One program; ``section`` is one of ``SECTIONS``. The log opens where ``run_id`` begins, or at ``place``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "climb", show=False),
        Binding("1", "section('overview')", show=False),
        Binding("2", "section('runs')", show=False),
        Binding("3,l", "log", show=False),
        Binding("4", "section('rerun')", show=False),
        Binding("r", "rerun", show=False),
        Binding("enter", "open", show=False),
        Binding("tab", "other_section(1)", show=False, priority=True),
        Binding("shift+tab", "other_section(-1)", show=False, priority=True),
        Binding("m", "more", show=False),
        Binding("o", "output", show=False),
        Binding("F", "files", show=False),
        Binding("d", "difference", show=False),
        Binding("p", "named_file", show=False),
        Binding("s", "search", show=False),
        Binding("a", "acknowledge", show=False),
        Binding("i", "incidents", show=False),
    ]

    def __init__(
        self, name: str, section: str = "overview", run_id: str | None = None, *, place: LogPlace | None = None
    ) -> None:
        super().__init__()
        self.program = name
        self._section = section
        self._run_id = run_id
        self._place = place
        self._config: Mapping[str, Any] = {}
        self._runs: list[dict[str, Any]] = []
        self._more = False
        self._seen: tuple[Any, ...] = ()
        self._log: LogView | None = None

    def content(self) -> ComposeResult:
        """The sections' names, then the section; the log's comes when it is first wanted."""
        yield TabLine(id="tabs", markup=False)
        with ContentSwitcher(initial=self._section):
            yield Overview(id="overview")
            with Vertical(id="runs"):
                yield RunsView(id="runs-list")
                yield Static(id="runs-note", markup=False)
            yield Vertical(id="log")
            yield RerunSection(id="rerun")

    def on_mount(self) -> None:
        """Show what the board knows, and ask for the rest."""
        super().on_mount()
        self._enter_section()

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        if self._section == "log":
            return self._keys_of_log()
        runs, rerun = self._section == "runs", self._section == "rerun"
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            *((("Enter", self.tr("key.open"), "screen.open"),) if runs and not self._probe() else ()),
            *((("Enter", self.tr("rerun.start"), "screen.open"),) if rerun else ()),
            ("Tab", self.tr("key.sections"), "screen.other_section(1)"),
            *(() if self._probe() else (("l", self.tr("key.log"), "screen.log"),)),
            *(() if rerun else (("r", self.tr("probe.key.look" if self._probe() else "key.rerun"), "screen.rerun"),)),
            *(
                (("a", self.tr("incident.key.ack"), "screen.acknowledge"),)
                if (self._row() or {}).get("incident")
                else ()
            ),
            ("i", self.tr("key.incidents"), "screen.incidents"),
            *((("m", self.tr("key.more"), "screen.more"),) if runs and self._more else ()),
            *((("o", self.tr("key.output"), "screen.output"),) if self._rerun_now() else ()),
            *(() if self._probe() else (("F", self.tr("key.files"), "screen.files"),)),
            ("?", self.tr("key.help"), "app.help"),
        )

    def _keys_of_log(self) -> Sequence[tuple[str, str, str]]:
        keys = (
            ("/", "search", "'ask', 'search'"), ("e", "error", "'error', 'forward'"), ("!", "errors", "'only_errors'"),
            ("&", "filter", "'ask', 'filter'"), ("f", "follow", "'follow'"), ("t", "time", "'ask', 'time'"),
            ("o", "files", "'files'"), ("w", "wrap", "'wrap'"),
        )  # fmt: skip
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            *((key, self.tr(f"log.key.{word}"), f"screen.in_log({action})") for key, word, action in keys),
        )

    def _row(self) -> Mapping[str, Any] | None:
        return self.console_app.rows.get(self.program)

    def _probe(self) -> bool:
        """Whether it is a probe."""
        return bool((self._row() or {}).get("probe"))

    def _sections(self) -> Sequence[str]:
        return OF_A_PROBE if self._probe() else SECTIONS

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
        if self._log is not None:
            self._log.speak(self.console_app.language, self.view.zone)
        row = self._row()
        if row is None:
            gone = self.console_app.hello and self.console_app.rows
            said = self.tr("program.gone", name=self.program) if gone else self.tr("program.loading")
            self.query_one(Overview).say(said)
            return
        self.query_one(Overview).show(row, self._config, self._runs, self.view)
        self._tell_runs()
        allowed = self.console_app.may(Role.OPERATOR)
        self.query_one(RerunSection).show(row, self._runs, self.view, allowed=allowed)
        seen = (self.console_app.stale, row.get("last_run"), row.get("running"))
        if seen != self._seen and not self.console_app.stale:
            self._ask()
        self._seen = seen

    @work(exclusive=True, group="program", exit_on_error=True)
    async def _ask(self) -> None:
        try:
            answer = await self.console_app.link.request("program", name=self.program)
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
        line.append(self.program, Style(bold=True, color=colours["foreground"]))
        if row is not None and row["title"] != row["name"]:
            line.append(f" {row['title']}", Style(color=colours["quiet"]))
        line.append("    ")
        here = Style(bold=True, underline=True, color=colours["accent"])
        away = Style(color=colours["quiet"])
        for number, key in enumerate(self._sections(), start=1):
            action = "screen.log" if key == "log" else f"screen.section('{key}')"
            style = here if key == self._section else away
            words = "probe.checks" if key == "runs" and self._probe() else f"key.{key}"
            line.append(f"{number} {self.tr(words)}", style + Style.from_meta({"@click": action}))
            line.append("   ")
        self.query_one("#tabs", TabLine).update(line, layout=False)

    def _tell_runs(self) -> None:
        self.query_one(RunsView).show(self._runs, self.view)
        all_shown = self.tr("probe.all" if self._probe() else "runs.all", n=len(self._runs))
        note = self.tr("runs.more") if self._more else all_shown
        self.query_one("#runs-note", Static).update(note if self._runs else self.tr("runs.empty"))

    def on_resize(self) -> None:
        """Another size, another plot."""
        super().on_resize()
        self.query_one(Overview).size_plot(self.size.height)
        self.call_after_refresh(self.tell)

    # -- going about

    def _enter_section(self) -> None:
        if self._section == "log":
            self._enter_log()
        elif self._section == "runs":
            self.set_focus(self.query_one(RunsView))
        else:
            self.set_focus(self.query_one(f"#{self._section}"))

    def _enter_log(self) -> None:
        run_id, self._run_id = self._run_id, None
        place, self._place = self._place, None
        if self._log is None:
            language, zone = self.console_app.language, self.view.zone
            bookmarks = self.console_app.bookmarks.setdefault(self.program, Bookmarks())
            self._log = LogView(
                self.program, run_id=run_id, place=place, language=language, zone=zone, bookmarks=bookmarks
            )
            self.query_one("#log", Vertical).mount(self._log)
        else:
            self.set_focus(self._log.paper)
            if run_id is not None:
                self._log.open_run(run_id)

    def action_section(self, name: str) -> None:
        """Show another section."""
        if name not in self._sections():
            self.console_app.say("probe.no_log", severity="warning")
            return
        self._section = name
        self.query_one(ContentSwitcher).current = name
        self._enter_section()
        self._tell_tabs()
        self.tell_frame()

    def action_other_section(self, step: int) -> None:
        """Show the next section, or the one before."""
        if not isinstance(self.focused, Input):
            sections = self._sections()
            here = sections.index(self._section) if self._section in sections else 0
            self.action_section(sections[(here + step) % len(sections)])

    def action_log(self) -> None:
        """Show the log; from the list of runs, where the run under the cursor begins."""
        run = self._chosen_run() if self._section == "runs" else None
        self.open_log(run["run_id"] if run and run.get("log") else None)

    def open_log(self, run_id: str | None) -> None:
        """Show the log, where this run begins."""
        self._run_id = run_id
        self.action_section("log")

    async def action_in_log(self, action: str, *words: str) -> None:
        """Do what the log does at one of its keys: the key was clicked."""
        if self._log is not None:
            getattr(self._log, f"action_{action}")(*words)

    def action_climb(self) -> None:
        """Out of the innermost thing of the log, at last out of the page."""
        if self._section != "log" or self._log is None or not self._log.climb():
            super().action_climb()

    def action_rerun(self) -> None:
        """Run it again."""
        self.console_app.open_rerun(self.program)

    def action_output(self) -> None:
        """Show what the running re-run prints."""
        run = self._rerun_now()
        if run is not None:
            self.console_app.open_output(self.program, run)

    def action_search(self) -> None:
        """Search in its logs."""
        self.console_app.open_search(program=self.program)

    def action_difference(self) -> None:
        """Compare the run under the cursor, or the latest, with the last good one before it."""
        run = self._chosen_run() if self._section == "runs" else None
        self.console_app.open_difference(self.program, run["run_id"] if run else None)

    def action_acknowledge(self) -> None:
        """Take on its incident."""
        from batmon_tui.screens import acting  # noqa: PLC0415 - the page does not wait for it

        one = acting.of_row(self.console_app, self.program)
        if one is not None:
            acting.acknowledge(self.console_app, one, lambda: None)

    def action_incidents(self) -> None:
        """Show its incidents."""
        from batmon_tui.screens import opening  # noqa: PLC0415 - as above

        opening.incidents(self.console_app, self.program)

    def action_files(self) -> None:
        """Show the program's folder."""
        self.console_app.open_files_of(self.program)

    @work(exclusive=True, group="named file", exit_on_error=True)
    async def action_named_file(self) -> None:
        """Look into the file that the log's line under the cursor names."""
        line = self._log.paper.current if self._section == "log" and self._log is not None else None
        link = self.console_app.link
        for file in named_paths(line.text) if line is not None else ():
            try:
                path = (await link.request("tree.locate", program=self.program, file=file))["path"]
                entry = (await link.request("tree.stat", path=path))["entry"]
            except (NotFound, Refused, BadRequest):
                continue  # the next thing in the line that looks like a path
            except BatmonError as error:
                self.console_app.say_error(error)
                return
            if entry["kind"] == "dir":
                self.console_app.open_files(path, program=self.program)
            else:
                self.console_app.open_preview(path, self.program)
            return
        if line is not None:
            self.console_app.say("files.no_path", severity="warning")

    def action_open(self) -> None:
        """Open the run under the cursor; in the section of the re-run, begin one."""
        if self._section == "runs":
            self.query_one(RunsView).action_choose()
        elif self._section == "rerun":
            self.action_rerun()

    def action_more(self) -> None:
        """Ask for older runs."""
        if self._section == "runs" and self._more and self._runs:
            self._ask_more(self._runs[-1]["start_time"])

    @work(exclusive=True, group="more", exit_on_error=True)
    async def _ask_more(self, before: str) -> None:
        try:
            answer = await self.console_app.link.request("runs", program=self.program, limit=PAGE, before=before)
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
        if run is not None and not self._probe():
            self.app.push_screen(RunScreen(self.program, run))
