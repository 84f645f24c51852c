"""A list of one-line rows with a heading that stays, drawn by the line API: only a row that changed is drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

Piece = tuple[str, str]
"""A text and the name of the component class that colours it; an empty name is the text's own colour."""


class LineList(ScrollView):
    """Rows by key. A subclass says how a row and the heading are drawn, as pieces.

    The cursor stays with its row once somebody has moved it; before that it stands on the first row.

    A strip is kept until the row, the width or the colours change. The row of the cursor carries a mark as well as a
    colour.
    """

    can_focus = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("pagedown,ctrl+f", "page(1)", show=False),
        Binding("home,g", "first", show=False),
        Binding("end,G", "last", show=False),
        Binding("enter", "choose", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lines--heading", "lines--cursor", "lines--mark", "lines--quiet", "lines--error", "lines--warning",
        "lines--unknown", "lines--ok", "lines--running", "lines--strong",
    }  # fmt: skip

    class Moved(Message):
        """The cursor stands on another row, or its row changed; ``key`` is empty when there is none."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

        def can_replace(self, message: Message) -> bool:
            """Only where the cursor is now matters."""
            return isinstance(message, LineList.Moved)

    class Chosen(Message):
        """A row was opened."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._keys: list[str] = []
        self._place: dict[str, int] = {}
        self._cursor = 0
        self._placed = False
        """Whether a person has put the cursor where it is; until then it stays at the top."""
        self._strips: dict[str, Strip] = {}
        self._styles: dict[str, Style] = {}

    # -- what a subclass says

    def heading(self, width: int) -> list[Piece]:
        """The line above the rows."""
        raise NotImplementedError

    def pieces(self, key: str, width: int) -> list[Piece]:
        """One row, after the cursor's mark."""
        raise NotImplementedError

    # -- what its owner does

    @property
    def keys(self) -> Sequence[str]:
        """The rows that are shown, in order."""
        return self._keys

    @property
    def chosen(self) -> str:
        """The key of the cursor's row; empty when there is none."""
        return self._keys[self._cursor] if self._keys else ""

    def show_keys(self, keys: Sequence[str], changed: set[str] | None = None) -> None:
        """Show these rows; the cursor stays with its row. ``changed``: only these differ, the others are kept."""
        before, chosen = self._keys, self.chosen
        self._keys = list(keys)
        self._place = {key: index for index, key in enumerate(self._keys)}
        stays = self._place.get(chosen, min(self._cursor, max(0, len(self._keys) - 1)))
        self._cursor = stays if self._placed else 0
        if self._cursor != stays:
            for key in (chosen, self.chosen):
                self._strips.pop(key, None)
                changed = None if changed is None else changed | {key}
        if changed is None:
            self._strips.clear()
        else:
            for key in changed:
                self._strips.pop(key, None)
        if self._keys != before or changed is None:
            for key in before:
                if key not in self._place:
                    self._strips.pop(key, None)
            self.virtual_size = Size(0, len(self._keys) + 1)
            self.refresh()
        else:
            for key in changed:
                self._refresh_row(key)
        if self.chosen != chosen or changed is None or self.chosen in changed:
            self.post_message(self.Moved(self.chosen))

    def redraw(self) -> None:
        """Draw everything again: words or colours are others."""
        self._strips.clear()
        self._styles.clear()
        self.refresh()

    def forget_cursor(self) -> None:
        """Other rows come: the cursor stands on the first of them."""
        self._cursor, self._placed = 0, False
        self.scroll_to(y=0, animate=False, force=True)

    def go_to(self, key: str) -> None:
        """Put the cursor on a row, if it is shown."""
        if key in self._place:
            self._stand_on(self._place[key])

    # -- drawing

    def render_line(self, y: int) -> Strip:
        """One line of the widget: the heading, or a row."""
        width = self.scrollable_content_region.width
        if y == 0:
            return self._drawn(self.heading(width), width, self._look("lines--heading"), mark=" ")
        index = self.scroll_offset.y + y - 1
        if index >= len(self._keys):
            return Strip.blank(width, self.rich_style)
        key = self._keys[index]
        kept = self._strips.get(key)
        if kept is None or kept.cell_length != width:
            on_cursor = index == self._cursor
            base = self._look("lines--cursor") if on_cursor else Style()
            kept = self._drawn(self.pieces(key, width), width, base, mark="▌" if on_cursor else " ")
            self._strips[key] = kept
        return kept

    def _drawn(self, pieces: list[Piece], width: int, over: Style, *, mark: str) -> Strip:
        base = self.rich_style + over
        ground = Style(bgcolor=over.bgcolor) if over.bgcolor else Style()
        segments = [Segment(mark, base + self._look("lines--mark") + ground)]
        segments += [Segment(text, base + self._look(name) + ground) for text, name in pieces if text]
        return Strip(segments).adjust_cell_length(width, base)

    def _look(self, name: str) -> Style:
        if not name:
            return Style()
        found = self._styles.get(name)
        if found is None:
            found = self._styles[name] = self.get_component_rich_style(name, partial=True)
        return found

    def _refresh_row(self, key: str) -> None:
        index = self._place.get(key)
        if index is not None:
            y = index + 1 - self.scroll_offset.y
            if 1 <= y < self.size.height:
                self.refresh(Region(0, y, self.size.width, 1))

    def notify_style_update(self) -> None:
        """Textual says that the colours are others."""
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    def on_resize(self) -> None:
        """Another size: a strip of another width is drawn again when it is asked for; the cursor stays in sight."""
        self._keep_in_sight()

    # -- the cursor

    def _stand_on(self, index: int) -> None:
        if not self._keys:
            return
        self._placed = True
        old = self.chosen
        self._cursor = max(0, min(index, len(self._keys) - 1))
        for key in (old, self.chosen):
            self._strips.pop(key, None)
            self._refresh_row(key)
        self._keep_in_sight()
        if self.chosen != old:
            self.post_message(self.Moved(self.chosen))

    def _keep_in_sight(self) -> None:
        room = max(1, self.size.height - 1)
        top = self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True)
        elif self._cursor >= top + room:
            self.scroll_to(y=self._cursor - room + 1, animate=False, force=True)

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows."""
        self._stand_on(self._cursor + rows)

    def action_page(self, pages: int) -> None:
        """Move the cursor by the height of the list."""
        self._stand_on(self._cursor + pages * max(1, self.size.height - 2))

    def action_first(self) -> None:
        """Go to the first row."""
        self._stand_on(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self._stand_on(len(self._keys) - 1)

    def action_choose(self) -> None:
        """Open the row of the cursor."""
        if self._keys:
            self.post_message(self.Chosen(self.chosen))

    def on_click(self, event: events.Click) -> None:
        """Stand on the clicked row; a double click opens it."""
        index = self.scroll_offset.y + event.y - 1
        if event.y < 1 or index >= len(self._keys):
            return
        self._stand_on(index)
        if event.chain == 2:
            self.action_choose()
