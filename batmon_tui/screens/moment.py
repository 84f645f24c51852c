"""Asks for a time, in the forms that the command line takes too."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from batmon.errors import BadRequest
from batmon.moments import moment_of
from batmon_tui.screens.page import Dialog
from batmon_tui.widgets.box import LineBox


class MomentDialog(Dialog[str]):
    """Dismissed with the time as it was written, empty for none, or None; ``written`` is the one that is proposed.

    ``about`` names its words: ``ABOUT.ask``, ``ABOUT.hint`` and ``ABOUT.bad_time``.
    """

    AUTO_FOCUS = "#moment"

    def __init__(self, written: str, about: str) -> None:
        super().__init__()
        self._written = written
        self._about = about

    def compose(self) -> ComposeResult:
        """A line to type in."""
        with Vertical(id="box"):
            yield Static(self.tr(f"{self._about}.ask"), classes="title", markup=False)
            yield LineBox(self._written, id="moment", compact=True)
            yield Static(id="wrong", classes="problem", markup=False)
            yield Static(self.tr(f"{self._about}.hint"), classes="ask", markup=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        written, view = event.value.strip(), self.console_app.view
        try:
            if written:
                moment_of(written, view.zone, view.now)
        except BadRequest:
            wrong = self.query_one("#wrong", Static)
            wrong.update(self.tr(f"{self._about}.bad_time", what=written))
            wrong.add_class("-shown")
            return
        self.dismiss(written)
