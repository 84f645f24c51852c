"""The dialogs that start and stop a program: they ask for the operation password and say what the daemon answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Checkbox, Input, Static

from batmon.errors import BatmonError
from batmon_tui import refusals
from batmon_tui.screens.page import Dialog
from batmon_tui.widgets.box import LineBox


class Tick(Checkbox):
    """A check box whose sign, not its colour, says whether it is ticked."""

    BUTTON_LEFT = ""
    BUTTON_INNER = "[ ]"
    BUTTON_RIGHT = ""

    def watch_value(self) -> None:
        """Show the sign, and tell whom it concerns."""
        self.BUTTON_INNER = "[x]" if self.value else "[ ]"
        super().watch_value()


class PasswordDialog(Dialog[dict[str, Any]]):
    """Asks for the password and makes one request; stays open with the reason when the daemon refuses.

    It is dismissed with the daemon's answer, or None.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]

    def ask(self, password: str) -> tuple[str, dict[str, Any]]:
        """The verb to ask for and its arguments."""
        raise NotImplementedError

    def answered(self, answer: dict[str, Any]) -> dict[str, Any]:
        """What the dialog is dismissed with."""
        return answer

    def said(self) -> ComposeResult:
        """What is above the password."""
        raise NotImplementedError

    def after(self) -> ComposeResult:
        """What is below the password."""
        yield from ()

    AUTO_FOCUS = "#password"
    title_key = ""
    button_key = ""
    program = ""

    def compose(self) -> ComposeResult:
        """The box."""
        with VerticalScroll(id="box", can_focus=False):
            yield Static(self.tr(self.title_key, name=self.program), classes="title", markup=False)
            yield from self.said()
            yield Static(self.tr("rerun.password"), classes="ask", markup=False)
            yield LineBox(password=True, id="password", compact=True)
            yield from self.after()
            yield Static(classes="problem", markup=False)
            with Horizontal(id="buttons"):
                yield Button(self.tr(self.button_key), id="start", compact=True)
                yield Button(self.tr("rerun.cancel"), id="cancel", compact=True)

    def _say(self, words: str) -> None:
        self.query_one(".problem", Static).set_class(bool(words), "-shown").update(words)

    @on(Input.Submitted)
    @on(Button.Pressed, "#start")
    def _go(self) -> None:
        password = self.query_one("#password", Input).value
        if not password:
            self._say(self.tr("rerun.need_password"))
            return
        self._say(self.tr("rerun.asking"))
        self._request(*self.ask(password))

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @work(exclusive=True, group="ask", exit_on_error=True)
    async def _request(self, verb: str, args: dict[str, Any]) -> None:
        try:
            answer = await self.console_app.link.request(verb, **args)
        except BatmonError as error:
            self._say(refusals.in_words(error, self.console_app.language))
            box = self.query_one("#password", Input)
            box.value = ""
            box.focus()
            return
        self.dismiss(self.answered(answer))


class RerunDialog(PasswordDialog):
    """Starts the program of ``row`` again."""

    title_key = "rerun.title"
    button_key = "rerun.start"

    def __init__(self, row: Mapping[str, Any]) -> None:
        super().__init__()
        self.program = row["name"]
        self._row = row
        self._params: list[str] = list(row.get("rerun_params") or ())

    def said(self) -> ComposeResult:
        """What will be started, and a warning when it is running."""
        row = self._row
        told = f"{self.tr('rerun.command')}  {row['retry_program']}\n{self.tr('rerun.folder')}  {row['base_dir']}"
        yield Static(told, classes="said", markup=False)
        for index, name in enumerate(self._params):
            yield Static(name, classes="ask", markup=False)
            yield LineBox(id=f"param-{index}", compact=True)

    def after(self) -> ComposeResult:
        """A running program needs one more word."""
        running = self._row.get("running")
        if running:
            since = self.console_app.view.stamp(running["start_time"])
            yield Static(self.tr("rerun.running", since=since), classes="said", markup=False)
            yield Tick(self.tr("rerun.force"), id="force", compact=True)

    def ask(self, password: str) -> tuple[str, dict[str, Any]]:
        """A re-run with what was filled in."""
        args: dict[str, Any] = {"program": self.program, "password": password}
        filled = {name: self.query_one(f"#param-{i}", Input).value for i, name in enumerate(self._params)}
        if filled:
            args["params"] = filled
        if any(box.value for box in self.query("#force").results(Checkbox)):
            args["force"] = True
        return "rerun", args

    def answered(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The run that began, with its program."""
        return {**answer, "program": self.program}


class StopDialog(PasswordDialog):
    """Ends a re-run and everything that it started."""

    title_key = "stop.title"
    button_key = "stop.stop"

    def __init__(self, program: str, run_id: str) -> None:
        super().__init__()
        self.program = program
        self._run_id = run_id

    def said(self) -> ComposeResult:
        """What will happen."""
        yield Static(self.tr("stop.words"), classes="said", markup=False)

    def ask(self, password: str) -> tuple[str, dict[str, Any]]:
        """The end of this run."""
        return "stop", {"run_id": self._run_id, "password": password}
