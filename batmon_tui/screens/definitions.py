"""What the figures of the statistics page mean, and its signs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from batmon.metrics.definitions import DEFINITIONS
from batmon_tui.screens.page import Dialog

_SIGNS = (
    ("✓", "ok", "success"), ("!", "some", "warning"), ("✗", "bad", "error"), ("·", "missed", "warning"),
    ("▸", "open", "accent"), ("?", "unknown", "doubt"), ("█", "p50", "success"), ("░", "p95", "quiet"),
    ("▲ ▼", "trend", "foreground"),
)  # fmt: skip
_KEYS = (
    ("← → ↑ ↓", "move"), ("Shift+← →", "week"), ("Home End", "ends"), ("Enter", "day"), ("Tab 1-3", "views"),
    ("p P", "period"), ("[ ]", "earlier"), ("w", "order"), ("s", "sort"), ("n N", "next"), ("/", "filter"),
    ("o", "program"), ("F5", "reload"),
)  # fmt: skip


class DefinitionsDialog(Dialog[None]):
    """Closed by Esc, q, ? or Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter", "close", show=False)]

    def compose(self) -> ComposeResult:
        """The signs, the keys, then each figure with its meaning."""
        colours, language = self.app.theme_variables, self.console_app.language
        with VerticalScroll(id="box"):
            yield Static(self.tr("stats.help.signs"), classes="title", markup=False)
            signs = [
                (Text(sign, Style(bold=True, color=colours[colour])), Text(self.tr(f"stats.sign.{key}")))
                for sign, key, colour in _SIGNS
            ]
            yield Static(_two(signs), classes="said", markup=False)
            yield Static(self.tr("stats.help.keys"), classes="title", markup=False)
            keys = [(Text(key, Style(bold=True)), Text(self.tr(f"stats.help.{words}"))) for key, words in _KEYS]
            yield Static(_two(keys), classes="said", markup=False)
            yield Static(self.tr("stats.help.figures"), classes="title", markup=False)
            text = Text()
            for number, one in enumerate(DEFINITIONS):
                text.append("\n" if number else "")
                text.append(one.titles[language], Style(bold=True))
                text.append(f"\n{one.texts[language]}\n", Style(color=colours["quiet"]))
            yield Static(text, markup=False)


def _two(cells: Sequence[tuple[Text, Text]]) -> Table:
    table = Table.grid(padding=(0, 1), expand=True)
    for _ in range(2):
        table.add_column(no_wrap=True)
        table.add_column(ratio=1)
    for start in range(0, len(cells), 2):
        row = [*cells[start : start + 2], (Text(), Text())][:2]
        table.add_row(*[cell for pair in row for cell in pair])
    return table
