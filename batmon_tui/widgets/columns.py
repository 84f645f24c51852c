"""Rows of cells as pieces of a list: the columns that give way on narrow screens, the last one takes the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from batmon_tui.board import GAP
from batmon_tui.cells import fit
from batmon_tui.widgets.lines import LineList, Piece


class CellList(LineList):
    """Rows by key, each a sign and cells.

    ``right``: columns of figures. ``give_way``: those that are left out, in this order, until the last column has
    ``least_last`` cells. ``most``: the cells that a column has at most, however long its texts are.
    """

    right: Sequence[int] = ()
    give_way: Sequence[int] = ()
    most: Mapping[int, int] = {}
    least_last = 30

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._headings: tuple[str, ...] = ()
        self._cells: dict[str, tuple[str, ...]] = {}
        self._signs: dict[str, Piece] = {}
        self._shades: dict[str, str] = {}
        self._widths: list[int] = []

    def show_cells(self, headings: Sequence[str], rows: Sequence[tuple[str, Piece, Sequence[str], str]]) -> None:
        """Show rows of (key, sign with its colour, cells, colour of the last cell)."""
        self._headings = tuple(headings)
        self._cells = {key: tuple(cells) for key, _, cells, _ in rows}
        self._signs = {key: sign for key, sign, _, _ in rows}
        self._shades = {key: shade for key, _, _, shade in rows}
        natural = [
            max([cell_len(heading), *(cell_len(cells[index]) for cells in self._cells.values())])
            for index, heading in enumerate(self._headings[:-1])
        ]
        self._widths = [min(cells, self.most.get(index, cells)) for index, cells in enumerate(natural)]
        self.show_keys([key for key, _, _, _ in rows])

    def _laid_out(self, width: int) -> list[int]:
        found = list(self._widths)

        def left() -> int:
            return width - 4 - sum(cells + GAP for cells in found if cells)

        for column in self.give_way:
            if left() < self.least_last:
                found[column] = 0
        return [*found, max(4, left())]

    def _row(self, cells: Sequence[str], width: int, shade: str, last: str) -> list[Piece]:
        return [
            (fit(cells[index], room, right=index in self.right) + " " * GAP, last if index == len(cells) - 1 else shade)
            for index, room in enumerate(self._laid_out(width))
            if room
        ]

    def heading(self, width: int) -> list[Piece]:
        """The names of the columns."""
        return [("   ", ""), *self._row(self._headings, width, "", "")] if self._headings else []

    def pieces(self, key: str, width: int) -> list[Piece]:
        """One row."""
        sign, colour = self._signs[key]
        return [(f" {sign} ", colour), *self._row(self._cells[key], width, "lines--quiet", self._shades[key])]
