"""The rows of a preview: scrolled in both directions, folded where they nest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual.binding import Binding, BindingType

from batmon_tui.widgets.lines import LineList, Piece
from batmon_tui.widgets.preview_rows import Row, shown

STEP = 8


class PreviewList(LineList):
    """Rows by number. ``left`` is how many cells are scrolled out on the left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "sideways(-1)", show=False),
        Binding("right,l", "sideways(1)", show=False),
        Binding("space", "fold", show=False),
        Binding("minus", "fold_all(True)", show=False),
        Binding("plus", "fold_all(False)", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.rows: list[Row] = []
        self.left = 0
        self._head: tuple[Piece, ...] = ()
        self._folded: set[int] = set()

    def show_rows(self, rows: Sequence[Row], head: tuple[Piece, ...], *, new: bool) -> None:
        """Show these rows; ``new``: of another file, sheet or table, from their beginning."""
        if new:
            self.left, self._folded = 0, set()
            self.forget_cursor()
        self.rows, self._head = list(rows), head
        self.show_keys([str(number) for number in shown(self.rows, self._folded)])

    def heading(self, width: int) -> list[Piece]:
        """The names of the columns, scrolled with them."""
        return [("  ", ""), *_scrolled(self._head, self.left, width - 3)]

    def pieces(self, key: str, width: int) -> list[Piece]:
        """One row; a sign shows whether something is folded below it."""
        number = int(key)
        row = self.rows[number]
        sign = " " if not row.folds else "▸" if number in self._folded else "▾"
        return [(f"{sign} ", "lines--quiet"), *_scrolled(row.pieces, self.left, width - 3)]

    def action_sideways(self, steps: int) -> None:
        """Scroll to the side, as far as the longest row in sight reaches."""
        first = self.scroll_offset.y
        seen = [self.rows[int(key)] for key in self.keys[first : first + self.size.height]]
        longest = max((sum(cell_len(text) for text, _ in row.pieces) for row in seen), default=0)
        left = max(0, min(self.left + steps * STEP, max(0, longest - self.size.width + 4 + STEP)))
        if left != self.left:
            self.left = left
            self.redraw()

    def action_fold(self) -> None:
        """Fold what lies below the row under the cursor, or show it again."""
        if not self.chosen or not self.rows[int(self.chosen)].folds:
            return
        self._folded ^= {int(self.chosen)}
        self.show_keys([str(number) for number in shown(self.rows, self._folded)])

    def action_fold_all(self, fold: bool) -> None:
        """Fold everything below the first level, or nothing."""
        found = {number for number, row in enumerate(self.rows) if row.folds and row.depth > 0}
        self._folded = found if fold else set()
        self.show_keys([str(number) for number in shown(self.rows, self._folded)])


def _scrolled(pieces: Sequence[Piece], left: int, width: int) -> list[Piece]:
    """The part of the pieces that lies in ``width`` cells from ``left`` on."""
    found: list[Piece] = []
    skip, room = left, width
    for text, name in pieces:
        cells = cell_len(text)
        if skip >= cells:
            skip -= cells
            continue
        part = _from(text, skip)
        skip = 0
        if cell_len(part) > room:
            part = set_cell_size(part, room)
        found.append((part, name))
        room -= cell_len(part)
        if room <= 0:
            break
    return found


def _from(text: str, cells: int) -> str:
    """The text without its first cells; half of a wide character becomes a blank."""
    taken = 0
    for index, character in enumerate(text):
        if taken >= cells:
            return " " * (taken - cells) + text[index:]
        taken += cell_len(character)
    return " " * max(0, taken - cells)
