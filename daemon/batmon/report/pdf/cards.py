"""Key figures as cards: a name, the value large, how it moved against before."""

from __future__ import annotations

from collections.abc import Sequence

from batmon.report.document import Figure
from batmon.report.pdf.book import Book, Box
from batmon.report.pdf.pieces import Look, Piece, gap
from batmon.report.pdf.style import HAIR, INK, MUTED, SHADE, SMALL_SIZE, TONES
from batmon.report.values import trend

ACROSS = {1: 3, 2: 3, 3: 3, 5: 5, 6: 3, 9: 5, 10: 5}
"""How many cards stand side by side, by how many there are: four where nothing is said."""
APART = 9.0
INSIDE = 9.0
VALUE_SIZE = 18.0
SMALLEST_VALUE = 9.0
LINE = 11.0


def card_pieces(figures: Sequence[Figure], look: Look, width: float) -> list[Piece]:
    """Rows of cards; the cards of a row are as high as its highest."""
    across = ACROSS.get(len(figures), 4)
    wide = (width - (across - 1) * APART) / across
    pieces: list[Piece] = []
    for start in range(0, len(figures), across):
        cards = [_Card(one, look, wide) for one in figures[start : start + across]]
        if pieces:
            pieces.append(gap(APART, keep=True))
        pieces.append(_row(cards, wide))
    return pieces


def _row(cards: Sequence[_Card], wide: float) -> Piece:
    height = max(one.height for one in cards)

    def paint(book: Book, x: float, top: float) -> None:
        for at, card in enumerate(cards):
            card.paint(book, x + at * (wide + APART), top, height)

    return Piece(height, paint)


class _Card:
    def __init__(self, figure: Figure, look: Look, width: float) -> None:
        self._figure, self._look, self._width = figure, look, width
        room = width - 2 * INSIDE - 3
        plain, bold = look.faces.plain, look.faces.bold
        self._title = plain.wrap(figure.title, SMALL_SIZE + 0.8, room, 2)
        said = look.say(figure.value, figure.kind)
        size = VALUE_SIZE
        while size > SMALLEST_VALUE and bold.width(said[:60], size) > room:
            size -= 1
        self._value, self._size = bold.cut(said, size, room), size
        self._trend = trend(figure, look.language, look.timezone, look.currency)
        small: list[tuple[str, bool]] = []
        if self._trend is not None:
            small += [(one, True) for one in bold.wrap(self._trend.words, SMALL_SIZE, room, 2)]
            small += [(one, False) for one in plain.wrap(self._trend.before, SMALL_SIZE, room, 2)]
        if figure.note:
            small += [(one, False) for one in plain.wrap(figure.note, SMALL_SIZE, room, 3)]
        self._small = small
        self.height = 2 * INSIDE - 2 + LINE * len(self._title) + VALUE_SIZE + 6 + LINE * len(small)

    def paint(self, book: Book, x: float, top: float, height: float) -> None:
        """Draw it ``height`` high."""
        figure, look = self._figure, self._look
        book.setFillColor(SHADE)
        book.rect(x, top - height, self._width, height, stroke=0, fill=1)
        book.setFillColor(TONES[figure.tone] if figure.tone else HAIR)
        book.rect(x, top - height, 2.4, height, stroke=0, fill=1)
        if figure.key in look.terms:
            book.link(f"term-{figure.key}", figure.title, Box(x, top - height, self._width, height))
        left = x + INSIDE + 3
        y = top - INSIDE - 6
        book.setFillColor(MUTED)
        for line in self._title:
            look.faces.plain.draw(book, left, y, line, SMALL_SIZE + 0.8)
            y -= LINE
        y -= VALUE_SIZE - 7
        book.setFillColor(TONES[figure.tone] if figure.tone else INK)
        look.faces.bold.draw(book, left, y, self._value, self._size)
        y -= LINE + 4
        for line, moved in self._small:
            face = look.faces.bold if moved else look.faces.plain
            book.setFillColor(TONES[self._trend.tone] if moved and self._trend is not None else MUTED)
            face.draw(book, left, y, line, SMALL_SIZE)
            y -= LINE
