"""One of a few things, on one line: the arrows at its sides choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from batmon_tui.cells import fit


class Choice(Widget, can_focus=True):
    """``options`` are values with their words; ``value`` is the chosen one, empty while there is none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "step(-1)", show=False),
        Binding("right,l,space", "step(1)", show=False),
    ]

    class Changed(Message):
        """Another one is chosen."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._options: Sequence[tuple[str, str]] = ()
        self._at = 0

    @property
    def value(self) -> str:
        """What is chosen."""
        return self._options[self._at][0] if self._options else ""

    def offer(self, options: Sequence[tuple[str, str]], value: str | None = None) -> None:
        """Offer these; the one that was chosen stays, else ``value`` is, else the first."""
        before = self.value
        self._options = tuple(options)
        values = [one for one, _ in self._options]
        self._at = next((values.index(one) for one in (before, value) if one and one in values), 0)
        self.refresh()

    def choose(self, value: str) -> None:
        """Choose one that is offered."""
        for index, (one, _) in enumerate(self._options):
            if one == value and index != self._at:
                self._at = index
                self.refresh()
                self.post_message(self.Changed())

    def action_step(self, step: int) -> None:
        """Choose the next one, or the one before."""
        if len(self._options) > 1:
            self._at = (self._at + step) % len(self._options)
            self.refresh()
            self.post_message(self.Changed())

    def on_click(self, event: events.Click) -> None:
        """At its beginning the one before, elsewhere the next one."""
        self.action_step(-1 if event.x < 2 else 1)

    def render(self) -> RenderResult:
        """The words of the chosen one between two arrows, and which of how many it is."""
        colours = self.app.theme_variables
        quiet = Style(color=colours["accent" if self.has_focus else "quiet"])
        if not self._options:
            return Text("–", quiet)
        of = f"{self._at + 1}/{len(self._options)}"
        words, room = self._options[self._at][1], max(4, self.size.width - 5 - len(of))
        text = Text(no_wrap=True)
        text.append("‹ ", quiet)
        text.append(fit(words, min(room, cell_len(words))), Style(bold=self.has_focus))
        text.append(" ›" if len(self._options) > 1 else "", quiet)
        text.append(" " * max(1, self.size.width - text.cell_len - len(of)) + of, Style(color=colours["quiet"]))
        return text
