"""Asks before a log is deleted. The daemon decides, and writes it down."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Static

from batmon.errors import BatmonError
from batmon_tui import refusals
from batmon_tui.screens.page import Dialog
from batmon_tui.screens.rerun import Tick


def program_of_logs(path: str) -> str:
    """The name of the program whose logs lie in a folder of the tree; empty for any other folder."""
    match path.split("/"):
        case ["", "programs", name, "logs", *_]:
            from batmon.evidence.file_names import meant_name  # noqa: PLC0415 - the first frame does not wait for it

            return meant_name(name)
    return ""


class DeleteLogDialog(Dialog[bool]):
    """For the log at ``path`` of the tree; ends with True when it is deleted."""

    def __init__(self, program: str, path: str) -> None:
        super().__init__()
        self._program = program
        self._path = path

    def compose(self) -> ComposeResult:
        """What will go, and whether also when it is being written."""
        with VerticalScroll(id="box", can_focus=False):
            yield Static(self.tr("delete.title", name=self._path.rpartition("/")[2]), classes="title", markup=False)
            yield Static(self.tr("delete.words", program=self._program), classes="said", markup=False)
            yield Tick(self.tr("delete.force"), id="force", compact=True)
            yield Static(classes="problem", markup=False)
            with Horizontal(id="buttons"):
                yield Button(self.tr("delete.delete"), id="delete", compact=True)
                yield Button(self.tr("rerun.cancel"), id="cancel", compact=True)

    async def on_mount(self) -> None:
        """Enter on what was not chosen deletes nothing."""
        await super().on_mount()
        self.query_one("#cancel", Button).focus()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#delete")
    def _go(self) -> None:
        self._say(self.tr("delete.asking"))
        self._request(force=self.query_one("#force", Tick).value)

    @work(exclusive=True, group="ask", exit_on_error=True)
    async def _request(self, *, force: bool) -> None:
        try:
            answer = await self.console_app.link.request(
                "log.delete", program=self._program, paths=[self._path], force=force
            )
        except BatmonError as error:
            self._say(refusals.in_words(error, self.console_app.language))
            return
        if answer["kept"]:
            self._say(refusals.phrase(str(answer["kept"][0]["why"]), self.console_app.language))
            return
        self.console_app.say("delete.done", path=self._path)
        self.dismiss(True)

    def _say(self, words: str) -> None:
        self.query_one(".problem", Static).set_class(bool(words), "-shown").update(words)
