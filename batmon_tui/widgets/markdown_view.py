"""A report's Markdown to read: only the lines in sight are drawn, and it scrolls both ways."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from batmon_tui.markdown_lines import Line, headings, lines_of


class MarkdownView(ScrollView, can_focus=True):
    """Shows a text; ``n`` and ``N`` go from heading to heading."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("h", "scroll_left", show=False),
        Binding("l", "scroll_right", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
        Binding("space", "page_down", show=False),
        Binding("n", "heading(1)", show=False),
        Binding("N", "heading(-1)", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "md--title", "md--heading", "md--part", "md--strong", "md--quiet", "md--head", "md--bad", "md--warn",
        "md--good",
    }  # fmt: skip

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._text = ""
        self._lines: list[Line] = []
        self._width = 0

    def show(self, text: str) -> None:
        """Show this text, from its beginning."""
        self._text, self._width = text, 0
        self._lay_out()
        self.scroll_to(0, 0, animate=False, force=True)

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        if width != self._width:
            self._width = width
            self._lines = lines_of(self._text, max(20, width - 1)) if self._text else []
            widest = max((sum(cell_len(text) for text, _ in line) for line in self._lines), default=0)
            self.virtual_size = Size(widest, len(self._lines))
            self.refresh()

    def on_resize(self) -> None:
        """Paragraphs are wrapped anew."""
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        left, top = self.scroll_offset
        width, base = self.scrollable_content_region.width, self.rich_style
        if top + y >= len(self._lines):
            return Strip.blank(width, base)
        segments = [Segment(text, base + self._look(name)) for text, name in self._lines[top + y]]
        return Strip(segments).crop(left, left + width).extend_cell_length(width, base)

    def _look(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True) if name else Style()

    def action_heading(self, step: int) -> None:
        """Go to the next heading, or the one before."""
        top = self.scroll_offset.y
        found = headings(self._lines)
        ahead = [at for at in found if at > top] if step > 0 else [at for at in reversed(found) if at < top]
        if ahead:
            self.scroll_to(y=ahead[0], animate=False, force=True)

    def action_page_down(self) -> None:
        """A screen further, at once."""
        self.scroll_to(y=self.scroll_offset.y + max(1, self.size.height - 1), animate=False, force=True)

    def action_scroll_down(self) -> None:
        """A line further."""
        self.scroll_to(y=self.scroll_offset.y + 1, animate=False, force=True)

    def action_scroll_up(self) -> None:
        """A line back."""
        self.scroll_to(y=self.scroll_offset.y - 1, animate=False, force=True)

    def action_scroll_right(self) -> None:
        """Some cells to the right."""
        self.scroll_to(x=self.scroll_offset.x + 8, animate=False, force=True)

    def action_scroll_left(self) -> None:
        """Some cells to the left."""
        self.scroll_to(x=self.scroll_offset.x - 8, animate=False, force=True)

    def action_scroll_home(self) -> None:
        """To the beginning."""
        self.scroll_to(0, 0, animate=False, force=True)

    def action_scroll_end(self) -> None:
        """To the end."""
        self.scroll_to(y=self.max_scroll_y, animate=False, force=True)
