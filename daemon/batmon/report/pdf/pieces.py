"""What a page is put together from: pieces that stay whole, in stacks that may go on on the next page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from reportlab.lib.colors import Color
from reportlab.platypus import Flowable

from batmon.report.document import Cell, Kind
from batmon.report.pdf.book import Book
from batmon.report.pdf.style import GAP, INK, LABEL_SIZE, LEADING, MUTED, SMALL_SIZE
from batmon.report.pdf.text import Face, Faces
from batmon.report.values import shown
from batmon.words import Language

NOT_DIVIDED = 150.0
"""What is no higher stays on one page: half of a small table is worse than some white."""
MUCH = 400.0
"""A page with so much left is used even for little."""
Paint = Callable[[Book, float, float], None]
"""Draws a piece: on what, its left edge, its upper edge."""


@dataclass(frozen=True, slots=True)
class Look:
    """What every block is drawn with: letters, language, and how values are said."""

    faces: Faces
    language: Language
    timezone: str
    currency: str
    terms: frozenset[str] = frozenset()
    """Keys of the document's definitions: what bears one of them is a link to it."""

    def say(self, value: Cell, kind: Kind) -> str:
        """``value`` in words."""
        return shown(value, kind, self.language, self.timezone, self.currency)


@dataclass(slots=True)
class Piece:
    """Something that is not divided, as high as it says. ``keep``: not the last one of a page."""

    height: float
    paint: Paint
    keep: bool = False


def gap(height: float, *, keep: bool = False) -> Piece:
    """Nothing, as high as this."""
    return Piece(height, lambda _canvas, _x, _top: None, keep)


def text_pieces(
    face: Face,
    text: str,
    size: float,
    width: float,
    *,
    colour: Color = INK,
    indent: float = 0.0,
    most: int = 400,
    keep: bool = False,
) -> list[Piece]:
    """A text as pieces of a line each; after ``most`` lines it is cut. The first and the last two stay together."""
    leading = size * LEADING
    lines = face.wrap(text, size, width - indent, most)

    def line_piece(line: str, stays: bool) -> Piece:
        def paint(canvas: Book, x: float, top: float) -> None:
            canvas.setFillColor(colour)
            face.draw(canvas, x + indent, top - 0.5 * leading - 0.36 * size, line, size)

        return Piece(leading, paint, stays)

    last = len(lines) - 1
    return [line_piece(line, keep or (last > 0 and at in (0, last - 1))) for at, line in enumerate(lines)]


def title_pieces(title: str, look: Look, width: float) -> list[Piece]:
    """The name above a table or a chart."""
    if not title:
        return []
    return [*text_pieces(look.faces.bold, title, LABEL_SIZE, width, most=2, keep=True), gap(3, keep=True)]


def note_pieces(notes: Iterable[str], look: Look, width: float) -> list[Piece]:
    """Small words below a table or a chart."""
    lines = [
        piece
        for one in notes
        if one
        for piece in text_pieces(look.faces.plain, one, SMALL_SIZE, width, colour=MUTED, most=6, keep=True)
    ]
    if not lines:
        return []
    lines[-1].keep = False
    return [gap(4, keep=True), *lines]


class Stack(Flowable):
    """Pieces under one another: ``lead`` once and never alone, ``head`` again on every page, ``body`` divided."""

    def __init__(
        self,
        width: float,
        *,
        lead: Sequence[Piece] = (),
        head: Sequence[Piece] = (),
        body: Sequence[Piece],
        after: float = GAP,
    ) -> None:
        super().__init__()
        self.lead, self.head, self.body = lead, head, body
        self.width = width
        self.spaceAfter = after
        self._above = sum(one.height for one in lead) + sum(one.height for one in head)

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Its size, which does not depend on where it is."""
        self.height = self._above + sum(one.height for one in self.body)
        return self.width, self.height

    def split(self, _width: float, height: float) -> list[Flowable]:
        """What fits into ``height``, and the rest; nothing if too little fits."""
        if self.height <= NOT_DIVIDED:
            return []
        room = height - self._above
        ends: list[int] = []
        for at, one in enumerate(self.body, 1):
            room -= one.height
            if room < 0:
                break
            if not one.keep:
                ends.append(at)
        if len(ends) > 2 and all(one.keep for one in self.body[ends[-1] : -1]):
            ends.pop()  # two at least go on
        if not ends or (len(ends) == 1 and self._above and height < MUCH):
            return []
        fits = ends[-1]
        return [
            Stack(self.width, lead=self.lead, head=self.head, body=self.body[:fits], after=0.0),
            Stack(self.width, head=self.head, body=self.body[fits:], after=self.spaceAfter),
        ]

    def draw(self) -> None:
        """Paint every piece where it belongs."""
        book = self.canv
        assert isinstance(book, Book)  # noqa: S101 - no other canvas is made for these pages
        top = self.height
        for part in (self.lead, self.head, self.body):
            for one in part:
                one.paint(book, 0.0, top)
                top -= one.height
