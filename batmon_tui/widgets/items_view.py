"""The items of a run (accounts, files, pages): failed ones first, with their totals and the chosen one's error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from batmon.model import RunStatus
from batmon_tui.board import GAP
from batmon_tui.cells import fit, wrap
from batmon_tui.view import View
from batmon_tui.widgets.lines import LineList, Piece
from batmon_tui.widgets.runs_view import RUN_SIGNS

Item = Mapping[str, Any]
"""An item as the gate gives it: account, processed, failed, error, started_at, ended_at."""

LEAD = 4
ERROR_LINES = 3
_COLUMNS = ("account", "processed", "failed", "took", "error")
_COLOURS: Mapping[str, str] = {
    RunStatus.FAILED: "lines--error", RunStatus.RUNNING: "lines--running", RunStatus.SUCCESS: "lines--ok",
}  # fmt: skip


def state(item: Item) -> RunStatus:
    """What became of an item: failed if it says an error or that something failed, else over or not."""
    if item["failed"] or item["error"]:
        return RunStatus.FAILED
    return RunStatus.SUCCESS if item["ended_at"] else RunStatus.RUNNING


def in_order(items: Sequence[Item]) -> list[int]:
    """The places of the items as they are shown: failed ones, running ones, the others; as they were begun in each."""
    ranks = {RunStatus.FAILED: 0, RunStatus.RUNNING: 1, RunStatus.SUCCESS: 2}
    return sorted(range(len(items)), key=lambda place: ranks[state(items[place])])


def totals(items: Sequence[Item], whole: Mapping[str, int], view: View) -> list[tuple[str, str]]:
    """The line above the list: words, and the colour of each by its name in the theme.

    ``whole`` are the run's ItemTotals (docs/gate.md); ``items`` may be only the first of them.
    """
    running = sum(state(item) is RunStatus.RUNNING for item in items)
    count, bad = whole["items"], whole["failed_items"]
    said = [(view.tr("items.title.one") if count == 1 else view.tr("items.title", n=f"{count:,}"), "accent")]
    if bad:
        said.append((view.tr("items.bad", n=f"{bad:,}"), "error"))
    if running:
        said.append((view.tr("items.running", n=f"{running:,}"), "accent"))
    if not bad and not running:
        said.append((view.tr("items.good"), "success"))
    said += [(view.tr(f"items.{what}", n=f"{whole[what]:,}"), "quiet") for what in ("processed", "failed")]
    if len(items) < count:
        said.append((view.tr("items.some", n=f"{len(items):,}"), "warning"))
    return said


class ItemList(LineList):
    """One line an item; the key of a row is the item's place in the answer."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._cells: dict[str, tuple[str, ...]] = {}
        self._states: dict[str, RunStatus] = {}
        self._headings: tuple[str, ...] = ("",) * len(_COLUMNS)
        self._widths: tuple[int, ...] = (0,) * len(_COLUMNS)

    def show(self, items: Sequence[Item], view: View) -> None:
        """Show these items."""
        self._cells = {str(place): _told(item, view) for place, item in enumerate(items)}
        self._states = {str(place): state(item) for place, item in enumerate(items)}
        self._headings = tuple(view.tr(f"items.col.{column}") for column in _COLUMNS)
        self._widths = tuple(
            max([cell_len(heading), *(cell_len(cells[index]) for cells in self._cells.values())])
            for index, heading in enumerate(self._headings)
        )
        self.show_keys([str(place) for place in in_order(items)])

    def _laid_out(self, width: int) -> list[int]:
        account, *others = self._widths[:-1]
        rest = width - LEAD - sum(cells + GAP for cells in others) - GAP
        account = min(account, max(cell_len(self._headings[0]), rest // 2))
        return [account, *others, max(4, rest - account)]

    def heading(self, width: int) -> list[Piece]:
        """The names of the columns."""
        pieces: list[Piece] = [("   ", "")]
        for index, cells in enumerate(self._laid_out(width)):
            pieces.append((fit(self._headings[index], cells, right=index in (1, 2, 3)) + " " * GAP, ""))
        return pieces

    def pieces(self, key: str, width: int) -> list[Piece]:
        """One item."""
        cells, status = self._cells[key], self._states[key]
        colour = _COLOURS[status]
        bad = colour if status is RunStatus.FAILED else "lines--quiet"
        pieces: list[Piece] = [(f" {RUN_SIGNS[status]} ", colour)]
        for index, room in enumerate(self._laid_out(width)):
            shade = ("", "", bad, "lines--quiet", "")[index]
            pieces.append((fit(cells[index], room, right=index in (1, 2, 3)) + " " * GAP, shade))
        return pieces


class ItemsView(Vertical):
    """Totals, list and the whole error of the chosen item; hidden while there are no items."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._items: Sequence[Item] = ()
        self._view: View | None = None

    def compose(self) -> ComposeResult:
        """Three parts, one above the other."""
        yield Static(id="items-totals", markup=False)
        yield ItemList(id="items-list")
        yield Static(id="items-error", markup=False)

    def show(self, items: Sequence[Item], whole: Mapping[str, int] | None, view: View) -> None:
        """Show these items of a run; ``whole`` are its ItemTotals, None if it has no items."""
        self._items, self._view = items, view
        self.set_class(bool(items), "-shown")
        colours, line = self.app.theme_variables, Text(no_wrap=True, overflow="ellipsis")
        for number, (words, colour) in enumerate(totals(items, whole, view) if whole else ()):
            line.append("   " if number else "")
            line.append(words, Style(bold=number == 0, color=colours[colour]))
        self.query_one("#items-totals", Static).update(line)
        self.query_one(ItemList).show(items, view)
        self._show_error()

    def on_resize(self) -> None:
        """Another width, other lines."""
        self._show_error()

    @on(LineList.Moved)
    def _show_error(self) -> None:
        chosen = self.query_one(ItemList).chosen
        if self._view is None or not chosen or int(chosen) >= len(self._items):
            return
        item = self._items[int(chosen)]
        said, width = _end_of(str(item["error"])), max(10, self.app.size.width - 4)
        line = Text("\n".join(wrap(said, width, ERROR_LINES)) if said else self._view.tr("items.no_error"))
        line.style = "" if said else Style(color=self.app.theme_variables["quiet"])
        self.query_one("#items-error", Static).update(line)


def _end_of(error: str) -> str:
    """What fits below the list: of a traceback its last lines, which say most; of another text its first."""
    lines = error.strip().splitlines()
    return "\n".join(lines[-ERROR_LINES:] if lines and lines[0].startswith("Traceback ") else lines)


def _in_short(error: str) -> str:
    """The error on one line: of a traceback the line that names the exception."""
    lines = error.strip().splitlines()
    if lines and lines[0].startswith("Traceback "):
        return lines[-1].strip()
    return " ".join(error.split())


def _told(item: Item, view: View) -> tuple[str, ...]:
    start, end = item["started_at"], item["ended_at"]
    seconds = None
    if start and end:
        seconds = max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
    return (
        str(item["account"]),
        f"{item['processed']:,}",
        f"{item['failed']:,}" if item["failed"] else "",
        view.duration(seconds) if end else view.tr("board.running"),
        _in_short(str(item["error"])),
    )
