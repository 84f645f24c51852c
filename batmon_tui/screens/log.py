"""A page with nothing but a program's log."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Label

from batmon_tui.widgets.log_view import LogView


class LogScreen(Screen[None]):
    """The log of ``program``, at its end or where the run ``run_id`` begins. The app is a ``LogHost``."""

    DEFAULT_CSS = """
    LogScreen > #log-title { height: 1; background: $panel; }
    LogScreen > #log-title > .name { width: auto; padding: 0 1; text-style: bold; }
    LogScreen > #log-title > .path { width: 1fr; color: $foreground 60%; text-align: right; padding: 0 1; }
    LogScreen > #log-keys { height: 1; width: 1fr; padding: 0 1; color: $foreground 60%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "climb", show=False, priority=True)]

    def __init__(self, program: str, *, run_id: str | None = None, path: str | None = None) -> None:
        super().__init__()
        self.program = program
        self._run_id = run_id
        self._path = path

    def compose(self) -> ComposeResult:
        """Title, log, keys."""
        self.view = LogView(self.program, run_id=self._run_id, path=self._path)
        with Horizontal(id="log-title"):
            yield Label(f"{self.program} · {self.view.words['title']}", classes="name", markup=False)
            yield Label("", classes="path", markup=False)
        yield self.view
        yield Label("", id="log-keys", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """The keys in the form that fits."""
        words = self.view.words
        whole = cell_len(words["keys"]) + 2 <= event.size.width
        self.query_one("#log-keys", Label).update(words["keys" if whole else "keys_short"])
        self._show_path()

    def on_log_view_opened(self, _: LogView.Opened) -> None:
        """Another file."""
        self._show_path()

    def action_climb(self) -> None:
        """Out of the innermost thing, at last out of the log."""
        if not self.view.climb():
            self.app.pop_screen()

    def _show_path(self) -> None:
        path, room = self.view.path, self.size.width - cell_len(f"{self.program} · {self.view.words['title']}") - 4
        while cell_len(path) > room and len(path) > 1:
            path = "…" + path[2:]
        self.query_one("#log-title .path", Label).update(path)
