"""What happened on this server at 02:10: the logs of all programs in one, by time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from batmon_tui.screens.page import Page
from batmon_tui.widgets.log_bookmarks import Bookmarks
from batmon_tui.widgets.log_place import LogPlace
from batmon_tui.widgets.merged_view import MergedView

NOW = ""
"""The answer for the end of all logs."""


class MergedScreen(Page):
    """The merged logs from ``at`` on, or at their end; of ``programs``, or of all."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "climb", show=False)]

    def __init__(self, at: datetime | None, programs: Sequence[str] = ()) -> None:
        super().__init__()
        self._at = at
        self._programs = programs
        self._log: MergedView | None = None

    def content(self) -> ComposeResult:
        """The lines."""
        app = self.console_app
        self._log = MergedView(
            at=self._at, programs=self._programs, known=sorted(app.rows), gate=app.gate, language=app.language,
            zone=app.view.zone, bookmarks=app.bookmarks.setdefault("", Bookmarks()),
        )  # fmt: skip
        yield self._log

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        keys = (
            ("/", "search", "'ask', 'search'"), ("e", "error", "'error', 'forward'"), ("!", "errors", "'only_errors'"),
            ("t", "time", "'ask', 'time'"), ("h", "histogram", "'histogram'"), ("f", "follow", "'follow'"),
        )  # fmt: skip
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("Enter", self.tr("merged.open"), "screen.in_log('open')"),
            *((key, self.tr(f"log.key.{word}"), f"screen.in_log({action})") for key, word, action in keys),
            ("p", self.tr("merged.program"), "screen.in_log('program')"),
            ("?", self.tr("key.help"), "app.help"),
        )

    def tell(self) -> None:
        """Say everything again."""
        if self.ready and self._log is not None:
            self._log.speak(self.console_app.language, self.console_app.view.zone)

    async def action_in_log(self, action: str, *words: str) -> None:
        """Do what the log does at one of its keys: the key was clicked."""
        if self._log is not None:
            getattr(self._log, f"action_{action}")(*words)

    def on_merged_view_opened(self, opened: MergedView.Opened) -> None:
        """The line in its own log."""
        opened.stop()
        self.console_app.open_log_at(opened.line.program, LogPlace(opened.line.path, opened.line.offset))

    def action_climb(self) -> None:
        """Out of the innermost thing of the log, at last out of the page."""
        if self._log is None or not self._log.climb():
            super().action_climb()
