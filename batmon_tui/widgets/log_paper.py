"""The lines of a log on the screen: only the rows in sight are painted, from a bounded window of lines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from batmon_tui.widgets.log_bookmarks import Bookmarks
from batmon_tui.widgets.log_lines import LogLine, LogWindow
from batmon_tui.widgets.log_paint import GUTTER, Look, Sheet
from batmon_tui.widgets.log_search import Sought

WHEEL_ROWS = 3
SIDE_CELLS = 16
MOST_LEFT = 8192


class LogPaper(ScrollView, can_focus=True):
    """Shows a ``LogWindow`` with a cursor on one line. Whoever changes the window calls ``changed`` afterwards."""

    DEFAULT_CSS = """
    LogPaper { width: 1fr; height: 1fr; scrollbar-size: 0 0; overflow: auto scroll; background: $background; }
    LogPaper > .log--text { color: $foreground; }
    LogPaper > .log--error { color: $text-error; }
    LogPaper > .log--warn { color: $text-warning; }
    LogPaper > .log--debug { color: $foreground 55%; }
    LogPaper > .log--note { color: $foreground 55%; }
    LogPaper > .log--match { background: $warning; color: $background; }
    LogPaper > .log--selected { background: $foreground 12%; }
    LogPaper > .log--ok { color: $success; }
    LogPaper > .log--failed { color: $error; text-style: bold; }
    LogPaper > .log--running { color: $primary; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "log--text", "log--error", "log--warn", "log--debug", "log--note", "log--match", "log--selected", "log--ok",
        "log--failed", "log--running",
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("pagedown,ctrl+f", "page(1)", show=False),
        Binding("left", "sideways(-1)", show=False),
        Binding("right", "sideways(1)", show=False),
    ]

    class Moved(Message):
        """The cursor or what is in sight is another.

        ``wished`` says that the person moved it, ``up`` that it went back so.
        """

        def __init__(self, *, up: bool = False, wished: bool = False) -> None:
            super().__init__()
            self.up, self.wished = up, wished

        def can_replace(self, message: Message) -> bool:
            """Only the last of several matters, unless one went up."""
            return isinstance(message, LogPaper.Moved) and not message.up

    class Edge(Message):
        """The person wants the beginning (``up``) or the end of the log."""

        def __init__(self, *, up: bool) -> None:
            super().__init__()
            self.up = up

    def __init__(self, window: LogWindow, words: Mapping[str, str]) -> None:
        super().__init__()
        self.window = window
        self.words = words
        self.cursor = 0
        self.wrapped = False
        self.left = 0
        self.sought: Sought | None = None
        self.bookmarks = Bookmarks()
        self.placeholder = ""
        self._starts: list[int] = [0]
        self._sheet: Sheet | None = None

    @property
    def current(self) -> LogLine | None:
        """The line under the cursor."""
        lines = self.window.lines
        return lines[self.cursor] if self.cursor < len(lines) else None

    @property
    def in_sight(self) -> tuple[int, int]:
        """The first line in sight and the one after the last."""
        if not self.window.lines:
            return 0, 0
        top = round(self.scroll_y)
        return self._at(top)[0], self._at(min(top + max(1, self.size.height), self._starts[-1]) - 1)[0] + 1

    def changed(self, shift: int = 0, *, cursor: int | None = None, to_end: bool = False, fresh: bool = False) -> None:
        """The window was changed: ``shift`` lines came in (or went, negative) at its start.

        The same lines stay in sight, unless ``cursor`` names the line to show, or ``to_end`` the last. ``fresh`` says
        that nothing of what was there is left, and puts the cursor's line near the top.
        """
        index, part = self._at(round(self.scroll_y))
        self._lay_out()
        last = max(0, len(self.window.lines) - 1)
        self.cursor = last if to_end else min(max(0, self.cursor + shift if cursor is None else cursor), last)
        index = min(max(0, index + shift), last)
        if to_end:
            self._show(self._starts[-1])
        elif fresh:
            self._show(self._starts[self.cursor] - max(1, self.size.height // 3))
        else:
            self._show(self._starts[index] + part)
            if cursor is not None:
                self._reveal(centre=True)
        self.refresh()
        self.post_message(self.Moved())

    def restyle(self) -> None:
        """Lay out anew: another width, wrapping, theme or search."""
        index = self._at(round(self.scroll_y))[0]
        self._sheet = None
        self._lay_out()
        if self.window.lines:
            self._show(self._starts[min(index, len(self.window.lines) - 1)])
            self._reveal()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        sheet, top = self._sheet_now(), round(self.scroll_y)
        if not self.window.lines:
            words = self.placeholder if y == self.size.height // 2 else ""
            line = LogLine(0, 0, words)
            return sheet.row(line, 0, None, selected=False) if words else Strip.blank(sheet.width, sheet.look.text)
        if top + y >= self._starts[-1]:
            return Strip.blank(sheet.width, sheet.look.text)
        index, part = self._at(top + y)
        line = self.window.lines[index]
        run = self.window.runs.get(line.run_id) if line.run_id else None
        marked = self.bookmarks.holds(line, self.window.chapter_of(line))
        return sheet.row(line, part, run, selected=index == self.cursor, marked=marked)

    def notify_style_update(self) -> None:
        """Another theme: the sheet takes its colours anew."""
        super().notify_style_update()
        self._sheet = None

    def on_resize(self, _: events.Resize) -> None:
        """Rows may break elsewhere."""
        at_end = self.scroll_y >= self.max_scroll_y
        self.restyle()
        if at_end:
            self._show(self._starts[-1])
            self._reveal()
        self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        """The cursor goes where one clicks."""
        row = round(self.scroll_y) + event.y
        if self.window.lines and row < self._starts[-1]:
            self.go(self._at(row)[0])

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll back."""
        event.stop()
        self._wheel(-WHEEL_ROWS)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll on."""
        event.stop()
        self._wheel(WHEEL_ROWS)

    def action_move(self, by: int) -> None:
        """The cursor one line on; a line taller than the screen is scrolled through first."""
        height = max(1, self.size.height)
        top, rows = round(self.scroll_y), self._starts
        if self.window.lines and rows[self.cursor + 1] - rows[self.cursor] > height:
            hidden = top > rows[self.cursor] if by < 0 else top + height < rows[self.cursor + 1]
            if hidden:
                self._wheel(by)
                return
        self.go(self.cursor + by)

    def action_page(self, by: int) -> None:
        """A screen on, with one line of the last kept."""
        if not self.window.lines:
            return
        step = max(1, self.size.height - 1)
        row = min(max(0, self._starts[self.cursor] + by * step), self._starts[-1] - 1)
        self._show(round(self.scroll_y) + by * step)
        self.cursor = self._at(row)[0]
        self._reveal()
        self.refresh()
        self.post_message(self.Moved(up=by < 0, wished=True))

    def action_sideways(self, by: int) -> None:
        """Unwrapped lines are shown from another cell on."""
        if not self.wrapped:
            self.left = min(max(0, self.left + by * SIDE_CELLS), MOST_LEFT)
            self.restyle()
            self.post_message(self.Moved())

    def action_scroll_home(self) -> None:
        """The Home key of a scrolling widget: of the log, not of what is on hand."""
        self.post_message(self.Edge(up=True))

    def action_scroll_end(self) -> None:
        """The End key."""
        self.post_message(self.Edge(up=False))

    def go(self, index: int) -> None:
        """Put the cursor on a line and show it."""
        last = len(self.window.lines) - 1
        if last < 0:
            return
        before, self.cursor = self.cursor, min(max(0, index), last)
        self._reveal()
        self.refresh()
        self.post_message(self.Moved(up=self.cursor < before or index < 0, wished=True))

    def _wheel(self, rows: int) -> None:
        self._show(round(self.scroll_y) + rows)
        first, after = self.in_sight
        self.cursor = min(max(self.cursor, first), max(first, after - 1))
        self.refresh()
        self.post_message(self.Moved(up=rows < 0, wished=True))

    def _lay_out(self) -> None:
        sheet, lines = self._sheet_now(), self.window.lines
        if self.wrapped:
            self._starts = [0, *accumulate(sheet.rows(line) for line in lines)]
        else:
            self._starts = list(range(len(lines) + 1))
        self.virtual_size = Size(max(1, self.size.width), self._starts[-1])

    def _sheet_now(self) -> Sheet:
        width = max(GUTTER + 1, self.size.width)
        if self._sheet is None or self._sheet.width != width:
            names = ("text", "error", "warn", "debug", "note", "match", "selected", "ok", "failed", "running")
            look = Look(*(self._style_of(name) for name in names))
            left = 0 if self.wrapped else self.left
            self._sheet = self._new_sheet(width, left, look)
        return self._sheet

    def _new_sheet(self, width: int, left: int, look: Look) -> Sheet:
        return Sheet(width, self.wrapped, left, look, self.sought, self.words)

    def _style_of(self, name: str) -> Style:
        if name == "selected":  # only its background, laid over what is there
            return Style(bgcolor=self.get_component_rich_style("log--selected").bgcolor)
        return self.get_component_rich_style(f"log--{name}", partial=name == "match")

    def _at(self, row: int) -> tuple[int, int]:
        """The line that is in this row, and which of its rows it is."""
        row = min(max(0, row), max(0, self._starts[-1] - 1))
        index = max(0, bisect_right(self._starts, row) - 1)
        return index, row - self._starts[index]

    def _show(self, row: int) -> None:
        self.scroll_to(y=max(0, row), animate=False, force=True)

    def _reveal(self, *, centre: bool = False) -> None:
        """Scroll as little as needed to see the cursor's line."""
        if not self.window.lines:
            return
        height, top = max(1, self.size.height), round(self.scroll_y)
        first, after = self._starts[self.cursor], self._starts[self.cursor + 1]
        if first >= top and min(after, first + height) <= top + height:
            return
        if centre:
            self._show(first - height // 3)
        elif first < top:
            self._show(first)
        else:
            self._show(min(first, after - height))
