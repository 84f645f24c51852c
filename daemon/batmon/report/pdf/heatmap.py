"""Heatmaps in the PDF: the worse the darker, with the figure where it is below 100 % and there is room for it."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isfinite

from reportlab.lib.colors import Color, linearlyInterpolatedColor

from batmon.report.document import Heatmap
from batmon.report.pdf.book import Book
from batmon.report.pdf.pieces import Look, Piece, note_pieces, text_pieces
from batmon.report.pdf.style import FILLS, INK, MUTED, PAPER, SMALL_SIZE, TABLE_SIZE
from batmon.report.pdf.tables import MOST_ROWS
from batmon.report.pdf.words import WORDS

CELL = 11.5
"""How high a row is, and how wide a cell is at most: twice of it."""
THINNEST = 2.6
"""A cell is not narrower: then several columns become one."""
NAME_SHARE = 0.27
"""Of the width, at most, for the rows' names."""
FIGURE_SIZE = 5.6

GOOD = FILLS["good"].clone(alpha=1)
PALE = Color(0.98, 0.87, 0.62)
DARK = FILLS["bad"]
MIDDLE = 0.85
"""The share that has the colour in the middle."""


def heat(share: float) -> Color:
    """The colour of a share: pale for all, darker and darker for less."""
    share = min(1.0, max(0.0, share))
    if share >= 1.0:
        return GOOD
    if share >= MIDDLE:
        return linearlyInterpolatedColor(PALE, Color(0.99, 0.95, 0.82), MIDDLE, 1.0, share)
    return linearlyInterpolatedColor(DARK, PALE, 0.0, MIDDLE, share)


def heat_pieces(heatmap: Heatmap, look: Look, width: float) -> tuple[list[Piece], list[Piece]]:
    """The columns' names, which are repeated on every page, and a row each with the notes below."""
    if not heatmap.rows or not heatmap.columns:
        words = WORDS[look.language]["no_values"]
        return [], text_pieces(look.faces.plain, words, TABLE_SIZE, width, colour=MUTED)
    heat = _Heat(heatmap, look, width)
    body = heat.body()
    body[-1].keep = True
    return [heat.head()], [*body, *note_pieces((*heat.notes(), heatmap.note), look, width)]


class _Heat:
    """A heatmap's pieces: its columns' names, and a row each."""

    def __init__(self, heatmap: Heatmap, look: Look, width: float) -> None:
        self._heatmap, self._look = heatmap, look
        plain = look.faces.plain
        widest = max((plain.width(one[:60], SMALL_SIZE + 0.4) for one in heatmap.rows), default=0.0)
        self._left = min(widest, width * NAME_SHARE) + 8
        room = width - self._left
        self.together = max(1, ceil(len(heatmap.columns) * THINNEST / room))
        """How many columns are one cell."""
        self._count = ceil(len(heatmap.columns) / self.together)
        self._cell = min(room / self._count, 2 * CELL)

    def head(self) -> Piece:
        """The columns' names, as many as fit."""
        plain = self._look.faces.plain
        names = self._heatmap.columns[:: self.together]
        size = SMALL_SIZE - 0.6
        widest = max((plain.width(one[:30], size) for one in names), default=0.0)
        every = max(1, ceil((min(widest, 60.0) + 4) / self._cell))

        def paint(book: Book, x: float, top: float) -> None:
            book.setFillColor(MUTED)
            for at in range(0, len(names), every):
                text = plain.cut(names[at], size, max(every * self._cell - 2, 16.0))
                left = x + self._left + at * self._cell
                if every == 1:
                    plain.middle(book, left + self._cell / 2, top - 9, text, size)
                elif at * self._cell + plain.width(text, size) <= self._count * self._cell:
                    plain.draw(book, left, top - 9, text, size)

        return Piece(13, paint)

    def body(self) -> list[Piece]:
        """A row each, as many as are shown."""
        rows = zip(self._heatmap.rows[:MOST_ROWS], self._heatmap.values, strict=False)
        return [self._row(name, values) for name, values in rows]

    def notes(self) -> list[str]:
        """What has to be said about the picture."""
        words = WORDS[self._look.language]
        found = [words["heat"]]
        if self.together > 1:
            found.append(words["worst_of"].format(count=self.together))
        if len(self._heatmap.rows) > MOST_ROWS:
            found.append(words["more_rows"].format(total=f"{len(self._heatmap.rows):,}", shown=f"{MOST_ROWS:,}"))
        return found

    def _row(self, name: str, values: Sequence[float | None]) -> Piece:
        faces = self._look.faces
        title = faces.plain.cut(name, SMALL_SIZE + 0.4, self._left - 8)
        cells = [_worst(values[at : at + self.together]) for at in range(0, len(values), self.together)]
        wide = self._cell
        figures = wide >= 9.5

        def paint(book: Book, x: float, top: float) -> None:
            middle = top - CELL / 2
            book.setFillColor(INK)
            faces.plain.draw(book, x, middle - SMALL_SIZE * 0.36, title, SMALL_SIZE + 0.4)
            left = x + self._left
            for share in cells:
                if share is None:
                    book.setFillColor(MUTED)
                    book.circle(left + wide / 2, middle, 0.5, stroke=0, fill=1)
                else:
                    book.setFillColor(heat(share))
                    book.rect(left, top - CELL + 0.6, wide - min(0.6, wide / 5), CELL - 0.6, stroke=0, fill=1)
                    if figures and share < 1:
                        book.setFillColor(PAPER if share < 0.45 else INK)
                        text = str(int(max(0.0, share) * 100))
                        faces.plain.middle(book, left + wide / 2, middle - FIGURE_SIZE * 0.36, text, FIGURE_SIZE)
                left += wide

        return Piece(CELL, paint)


def _worst(values: Sequence[float | None]) -> float | None:
    return min((one for one in values if one is not None and isfinite(one)), default=None)
