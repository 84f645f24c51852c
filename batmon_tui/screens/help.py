"""The keys and the signs, on one page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from batmon_tui.screens.page import Dialog

Cell = TypeVar("Cell")

_KEYS = (
    ("Enter", "key.open"), ("Esc", "key.back"), ("↑ ↓  j k", "key.move"), ("g G", "key.ends"),
    ("n N", "key.next_fault"), ("/", "key.filter"), (":", "key.jump"), ("l", "key.log"),
    ("r", "key.rerun"), ("Tab 1-4", "key.sections"), ("o", "key.output"), ("m", "key.more"),
    ("T", "key.theme"), ("L", "key.language"), ("Ctrl+P", "key.palette"), ("q", "key.quit"),
    ("s", "key.search"), ("F", "key.files"), ("E", "key.errors"), ("d", "key.diff"),
    ("a", "key.acknowledge"), ("i", "key.incidents"), ("b", "key.bell"), ("I", "key.inbox"),
    ("J", "key.jobs"), ("H", "key.handover"), ("S", "key.statistics"), ("R", "key.reports"),
)  # fmt: skip
_INCIDENT_KEYS = (
    ("a", "ack"), ("u", "unack"), ("z", "silence"), ("Z", "silences"), ("c", "note"), ("x", "resolve"),
    ("s", "resend"), ("f", "state"), ("o", "program"),
)  # fmt: skip
_LOG_KEYS = (
    ("/ n N", "search"), ("e E", "error"), ("!", "errors"), ("&", "filter"), ("f", "follow"), ("t", "time"),
    ("o", "files"), ("w", "wrap"), ("← →", "sideways"), (",. [] {}", "jumps"), ("b u U", "bookmark"),
    ("h", "histogram"), ("p", "named"),
)  # fmt: skip
_SEARCH_KEYS = (
    ("s", "run"), ("/", "text"), ("Enter", "open"), ("e", "errors"), ("i", "case"), ("x", "regex"),
    ("p", "program"), ("t", "since"), ("Esc", "cancel"),
)  # fmt: skip
_MERGED_KEYS = (("m", "key"), ("Enter", "open"), ("p", "program"))
_SIGNS = (
    ("✓", "ok", "success"), ("!", "warning", "warning"), ("✗", "error", "error"), ("?", "unknown", "doubt"),
    ("▸", "running", "accent"), ("·", "missed", "warning"),
)  # fmt: skip
_INCIDENT_SIGNS = (
    ("a", "acknowledged", "accent"), ("z", "silenced", "doubt"), ("m", "maintenance", "doubt"), ("h", "held", "doubt"),
    ("~", "flapping", "error"), ("◉◍◌", "bell", "error"),
)  # fmt: skip


class HelpDialog(Dialog[None]):
    """Closed by Esc, q, ? or Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter", "close", show=False)]

    def compose(self) -> ComposeResult:
        """The two lists."""
        with VerticalScroll(id="box"):
            yield Static(self.tr("help.title"), classes="title", markup=False)
            yield Static(self._keys(), classes="said", markup=False)
            yield Static(self.tr("incidents.title"), classes="title", markup=False)
            yield Static(self._three(_INCIDENT_KEYS, "incident.key"), classes="said", markup=False)
            yield Static(self.tr("help.log"), classes="title", markup=False)
            yield Static(self._three(_LOG_KEYS, "log.key"), classes="said", markup=False)
            yield Static(self.tr("help.search"), classes="title", markup=False)
            yield Static(self._three(_SEARCH_KEYS, "search.key"), classes="said", markup=False)
            yield Static(self.tr("merged.title"), classes="title", markup=False)
            yield Static(self._three(_MERGED_KEYS, "merged"), classes="said", markup=False)
            yield Static(self.tr("help.signs"), classes="title", markup=False)
            yield Static(self._signs((*_SIGNS, *_INCIDENT_SIGNS)), markup=False)

    def _keys(self) -> Table:
        table = Table.grid(padding=(0, 2), expand=True)
        strong: dict[str, Any] = {"style": Style(bold=True)}
        for _ in range(2):
            table.add_column(no_wrap=True, min_width=8)
            table.add_column(ratio=1)
        half = (len(_KEYS) + 1) // 2
        for (key, words), (other, second) in zip(_KEYS[:half], _KEYS[half:], strict=True):
            table.add_row(Text(key, **strong), Text(self.tr(words)), Text(other, **strong), Text(self.tr(second)))
        return table

    def _three(self, keys: Sequence[tuple[str, str]], words_of: str) -> Table:
        table = Table.grid(padding=(0, 2), expand=True)
        for _ in range(3):
            table.add_column(no_wrap=True)
            table.add_column(ratio=1, no_wrap=True)
        for row in _rows(keys, 3):
            cells = [(Text(key, Style(bold=True)), Text(self.tr(f"{words_of}.{words}"))) for key, words in row]
            table.add_row(*[cell for pair in cells for cell in pair])
        return table

    def _signs(self, signs: Sequence[tuple[str, str, str]]) -> Table:
        colours = self.app.theme_variables
        table = Table.grid(padding=(0, 1), expand=True)
        for _ in range(2):
            table.add_column(no_wrap=True)
            table.add_column(ratio=1)
        for row in _rows(signs, 2):
            cells = [
                (Text(sign, Style(bold=True, color=colours[colour])), Text(self.tr(f"help.sign.{key}")))
                for sign, key, colour in row
            ]
            table.add_row(*[cell for pair in cells for cell in pair])
        return table


def _rows(cells: Sequence[Cell], columns: int) -> list[Sequence[Cell]]:
    return [cells[start : start + columns] for start in range(0, len(cells), columns)]
