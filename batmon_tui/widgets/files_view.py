"""The entries of a folder of the daemon's tree of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from batmon_tui.board import GAP
from batmon_tui.cells import fit
from batmon_tui.view import View
from batmon_tui.widgets.lines import LineList, Piece

_SIZES = ("B", "K", "M", "G", "T", "P")


def size_in_words(size: int) -> str:
    """``512 B``, ``1.4 M``: three figures and the unit, in powers of 1024."""
    value, unit = float(size), 0
    while value >= 999.5 and unit < len(_SIZES) - 1:
        value, unit = value / 1024, unit + 1
    return f"{size} B" if unit == 0 else f"{value:.{0 if value >= 9.95 else 1}f} {_SIZES[unit]}"


class FilesView(LineList):
    """Shows entries in the order that it is given; the key of a row is the entry's name."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.entries: dict[str, Mapping[str, Any]] = {}
        self._cells: dict[str, tuple[str, str, str]] = {}
        self._headings = ("", "", "")

    def show(self, entries: Sequence[Mapping[str, Any]], view: View, sort: str, *, reverse: bool) -> None:
        """Show these entries; the heading of the column that they are sorted by says so."""
        self.entries = {entry["name"]: entry for entry in entries}
        self._cells = {entry["name"]: _told(entry, view) for entry in entries}
        arrow = " ▾" if reverse else " ▴"
        self._headings = (
            view.tr("files.col.name") + (arrow if sort == "name" else ""),
            view.tr("files.col.size") + (arrow if sort == "size" else ""),
            view.tr("files.col.modified") + (arrow if sort == "modified" else ""),
        )
        self.show_keys(list(self.entries))

    def _widths(self, width: int) -> tuple[int, int, int]:
        size = max([8, cell_len(self._headings[1]), *(cell_len(cells[1]) for cells in self._cells.values())])
        modified = max([cell_len(self._headings[2]), *(cell_len(cells[2]) for cells in self._cells.values())])
        if width < 60:
            modified = 0
        return max(8, width - 3 - size - modified - 2 * GAP), size, modified

    def heading(self, width: int) -> list[Piece]:
        """The names of the columns."""
        name, size, modified = self._widths(width)
        return [
            (" " + fit(self._headings[0], name) + " " * GAP, ""),
            (fit(self._headings[1], size, right=True) + " " * GAP, ""),
            (fit(self._headings[2], modified), ""),
        ]

    def pieces(self, key: str, width: int) -> list[Piece]:
        """One entry; what cannot be opened is quiet and says so."""
        name, size, modified = self._widths(width)
        entry, cells = self.entries[key], self._cells[key]
        shade = "lines--quiet" if not entry["readable"] else "lines--running" if entry["kind"] == "dir" else ""
        return [
            (" " + fit(cells[0], name) + " " * GAP, shade),
            (fit(cells[1], size, right=True) + " " * GAP, "lines--quiet"),
            (fit(cells[2], modified), "lines--quiet"),
        ]


def _told(entry: Mapping[str, Any], view: View) -> tuple[str, str, str]:
    kind, name = entry["kind"], str(entry["name"])
    shown = name + {"dir": "/", "link": " →", "other": " ?"}.get(kind, "")
    return (
        shown if entry["readable"] else f"{shown}  ✗",
        size_in_words(entry["size"]) if kind == "file" else "",
        view.moment(entry.get("modified")) if entry.get("modified") else "",
    )
