"""What a re-run prints, while it prints it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import RichLog, Static

from batmon.errors import BatmonError, DaemonUnreachable
from batmon.model import Role
from batmon_tui import refusals
from batmon_tui.screens.page import Page
from batmon_tui.screens.rerun import StopDialog
from batmon_tui.widgets.runs_view import RUN_SIGNS, outcome

KEPT_LINES = 10_000


class OutputScreen(Page):
    """The output of ``run`` of ``program``; ``run`` has ``run_id`` and what else is known of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "climb", show=False),
        Binding("s", "stop", show=False),
        Binding("l", "log", show=False),
    ]

    def __init__(self, program: str, run: Mapping[str, Any]) -> None:
        super().__init__()
        self.program = program
        self._run = run
        self._end: Mapping[str, Any] | None = None
        self._problem = ""

    def content(self) -> ComposeResult:
        """How it stands, then the lines."""
        yield Static(id="output-state", markup=False)
        yield RichLog(id="output", max_lines=KEPT_LINES, wrap=True, markup=False, highlight=False, auto_scroll=True)

    def on_mount(self) -> None:
        """Begin to listen."""
        super().on_mount()
        self.query_one(RichLog).focus()
        self._listen()

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            *((("s", self.tr("key.stop"), "screen.stop"),) if self._end is None and not self._problem else ()),
            ("l", self.tr("key.log"), "screen.log"),
            ("?", self.tr("key.help"), "app.help"),
        )

    def tell(self) -> None:
        """Say how the run stands."""
        if not self.ready:
            return
        colours, view = self.app.theme_variables, self.view
        line = Text(self.tr("output.title", name=self.program), Style(bold=True), no_wrap=True, overflow="ellipsis")
        line.append("   ")
        if self._problem:
            line.append(self._problem, Style(bold=False, color=colours["warning"]))
        elif self._end is None:
            since = view.stamp(self._run.get("started_at") or self._run.get("start_time"))
            words = self.tr("output.running", since=since, pid=self._run.get("pid") or "–")
            line.append(words, Style(bold=False, color=colours["accent"]))
        else:
            status = str(self._end.get("status") or "")
            code = self._end.get("exit_code")
            word = outcome({"status": status}, view)
            key = "output.done_short" if code is None else "output.done"
            colour = colours["success" if status == "SUCCESS" else "error"]
            said = f"{RUN_SIGNS.get(status, '?')} {self.tr(key, word=word, code=code)}"
            line.append(said, Style(bold=True, color=colour))
        self.query_one("#output-state", Static).update(line, layout=False)

    @work(exclusive=True, group="output", exit_on_error=True)
    async def _listen(self) -> None:
        log = self.query_one(RichLog)
        quiet = Style(color=self.app.theme_variables["quiet"])
        try:
            async with self.console_app.link.stream("run.output", run_id=self._run["run_id"]) as items:
                async for item in items:
                    if "gap" in item:
                        log.write(Text(self.tr("output.gap", n=item["gap"]), quiet))
                    else:
                        log.write(Text(str(item["text"]).rstrip("\n")))
                self._end = items.result or {}
        except DaemonUnreachable:
            self._problem = self.tr("output.lost")
        except BatmonError as error:
            self._problem = refusals.in_words(error, self.console_app.language).replace("\n", " ")
        self.tell()
        self.tell_frame()

    def action_stop(self) -> None:
        """Ask whether to end it."""
        if self._end is not None or self._problem:
            return
        if not self.console_app.may(Role.OPERATOR):
            self.console_app.say("rerun.viewer", severity="warning")
            return
        self.app.push_screen(StopDialog(self.program, self._run["run_id"]), self._stopped)

    def _stopped(self, answer: dict[str, Any] | None) -> None:
        if answer is not None:
            self.console_app.say("stop.done", n=answer.get("stopped", 0))

    def action_log(self) -> None:
        """Open the program's log."""
        self.console_app.open_log(self.program)
