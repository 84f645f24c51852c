"""Tables in the PDF: figures to the right, the head again on every page, columns fitted to the paper or divided.

A cell has few lines, whatever is in it; a table has no more rows than somebody reads, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reportlab.lib.colors import Color

from batmon.report.document import Cell, Column, Kind, Row, Table, Tone
from batmon.report.pdf.book import Book, Box
from batmon.report.pdf.columns import Fitted, Paper, fit, paper_width
from batmon.report.pdf.pieces import Look, Paint, Piece, Stack, note_pieces, text_pieces, title_pieces
from batmon.report.pdf.style import HAIR, INK, MUTED, SHADE, TABLE_SIZE, TONES
from batmon.report.pdf.text import Face
from batmon.report.pdf.words import WORDS
from batmon.report.values import label, tone

Mark = Literal["", "ring", "disc"]

MOST_ROWS = 2000
CELL_LINES = 3
HEAD_LINES = 3
AIR = 2.6
"""Above and below every cell."""
CELL_LEADING = 1.32
RIGHT = frozenset(
    {
        Kind.COUNT, Kind.NUMBER, Kind.PERCENT, Kind.POINTS, Kind.CHANGE, Kind.HOURS, Kind.SECONDS, Kind.MONEY,
        Kind.BYTES,
    }
)  # fmt: skip
"""Kinds whose values stand at the right, one unit above the other."""


@dataclass(slots=True)
class _Words:
    """What a table says, cell by cell."""

    rows: list[list[str]]
    total: list[str] | None


@dataclass(frozen=True, slots=True)
class _Place:
    """A column where it stands: which of the table's it is, from where, how wide."""

    at: int
    column: Column
    left: float
    width: float


def table_stacks(table: Table, title: str, look: Look, lead: list[Piece]) -> tuple[Paper, list[Stack]]:
    """The paper that a table needs, and its parts; ``lead`` stands above the first, ``title`` above each."""
    words = _Words(
        [_say(row, table.columns, look) for row in table.rows[:MOST_ROWS]],
        None if table.total is None else _say(table.total, table.columns, look),
    )
    fitted = fit(table, words.rows if words.total is None else [*words.rows, words.total], look)
    width = paper_width(fitted.paper)
    stacks = []
    for part, group in enumerate(fitted.groups, 1):
        name = title
        if len(fitted.groups) > 1:
            counted = WORDS[look.language]["columns"].format(part=part, parts=len(fitted.groups))
            name = f"{title} · {counted}" if title else counted
        above = [*(lead if part == 1 else ()), *title_pieces(name, look, width)]
        stacks.append(_Part(table, words, group, fitted, look).stack(width, above, last=part == len(fitted.groups)))
    return fitted.paper, stacks


def _say(row: Row, columns: Sequence[Column], look: Look) -> list[str]:
    say = look.say
    return [say(value, column.kind) for value, column in zip(row, columns, strict=True)]


def cell_tone(value: Cell, column: Column) -> Tone:
    """The tone of a cell: of its status, its limits, or of a change by which direction is good."""
    if column.kind in (Kind.CHANGE, Kind.POINTS) and column.limits is None and column.better:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) < 0.0005:
            return ""
        return "good" if (value > 0) == (column.better == "high") else "bad"
    return tone(value, column)


@dataclass(slots=True)
class _Line:
    """A line of a cell, from its row's left edge and upper edge down."""

    face: Face
    x: float
    y: float
    text: str
    colour: Color
    mark: Mark = ""


class _Part:
    """The columns of a table that stand together."""

    def __init__(
        self, table: Table, words: _Words, group: Sequence[tuple[int, float]], fitted: Fitted, look: Look
    ) -> None:
        self._table, self._words, self._look = table, words, look
        self._size, self._pad = fitted.size, fitted.pad
        self._leading = fitted.size * CELL_LEADING
        self._places: list[_Place] = []
        left = 0.0
        for at, width in group:
            self._places.append(_Place(at, table.columns[at], left, width))
            left += width
        self._wide = left
        self._marked = False

    def stack(self, width: float, lead: list[Piece], *, last: bool) -> Stack:
        """The head and the rows; only the ``last`` part of a table bears its note."""
        table, look = self._table, self._look
        rows = self._words.rows
        if not rows:
            empty = table.empty or label("no_rows", look.language)
            words = text_pieces(look.faces.plain, empty, TABLE_SIZE, width, colour=MUTED, most=4)
            return Stack(width, lead=lead, body=[*words, *note_pieces((table.note,), look, width)])
        body = [
            self._row(texts, values, shaded=bool(number % 2))
            for number, (texts, values) in enumerate(zip(rows, table.rows, strict=False))
        ]
        if self._words.total is not None and table.total is not None:
            body[-1].keep = True
            body.append(self._row(self._words.total, table.total, is_total=True))
        own = WORDS[look.language]
        cut = own["more_rows"].format(total=f"{len(table.rows):,}", shown=f"{len(rows):,}")
        notes = (
            own["limits"] if self._marked else "",
            cut if len(table.rows) > len(rows) else "",
            table.note if last else "",
        )
        below = note_pieces(notes, look, width)
        body[-1].keep = bool(below)
        return Stack(width, lead=lead, head=[self._head()], body=[*body, *below])

    def _head(self) -> Piece:
        bold, leading = self._look.faces.bold, self._leading
        titles = [
            bold.wrap(one.column.title, self._size, one.width - 2 * self._pad, HEAD_LINES) for one in self._places
        ]
        deepest = max(len(one) for one in titles)
        lines = [
            self._line(bold, place, text, MUTED, AIR + (deepest - len(title) + at) * leading)
            for place, title in zip(self._places, titles, strict=True)
            for at, text in enumerate(title)
        ]
        links = [one for one in self._places if one.column.key in self._look.terms]
        height = deepest * leading + 2 * AIR + 1
        wide = self._wide
        paint_lines = _painter(lines, self._size, leading)

        def paint(book: Book, x: float, top: float) -> None:
            paint_lines(book, x, top)
            book.setStrokeColor(INK)
            book.setLineWidth(0.9)
            book.line(x, top - height, x + wide, top - height)
            for one in links:
                box = Box(x + one.left, top - height, one.width, height)
                book.link(f"term-{one.column.key}", one.column.title, box)

        return Piece(height, paint)

    def _row(self, texts: Sequence[str], values: Row, *, shaded: bool = False, is_total: bool = False) -> Piece:
        lines: list[_Line] = []
        deepest = 1
        for place in self._places:
            cell = self._cell(place, texts[place.at], values[place.at], is_total=is_total)
            deepest = max(deepest, len(cell))
            lines += cell
        height = deepest * self._leading + 2 * AIR
        wide = self._wide
        paint_lines = _painter(lines, self._size, self._leading)

        def paint(book: Book, x: float, top: float) -> None:
            if shaded:
                book.setFillColor(SHADE)
                book.rect(x, top - height, wide, height, stroke=0, fill=1)
            book.setStrokeColor(INK if is_total else HAIR)
            book.setLineWidth(0.7 if is_total else 0.4)
            y = top if is_total else top - height
            book.line(x, y, x + wide, y)
            paint_lines(book, x, top)

        return Piece(height, paint)

    def _cell(self, place: _Place, text: str, value: Cell, *, is_total: bool) -> list[_Line]:
        """The lines of a cell: texts are wrapped, all else is cut where it is too wide."""
        column, faces = place.column, self._look.faces
        found = cell_tone(value, column)
        face = faces.bold if is_total or (found and column.kind is Kind.STATUS) else faces.plain
        room = place.width - 2 * self._pad
        if column.kind is Kind.TEXT and not is_total:
            texts = face.wrap(text, self._size, room, CELL_LINES)
        else:
            texts = [face.cut(text, self._size, room)]
        lines = [self._line(face, place, one, TONES[found], AIR + at * self._leading) for at, one in enumerate(texts)]
        if found in ("warn", "bad") and column.limits is not None:
            lines[0].mark = "disc" if found == "bad" else "ring"
            self._marked = True
        return lines

    def _line(self, face: Face, place: _Place, text: str, colour: Color, down: float) -> _Line:
        x = place.left + self._pad
        if place.column.kind in RIGHT:
            x = place.left + place.width - self._pad - face.width(text, self._size)
        return _Line(face, x, down, text, colour)


def _painter(lines: Sequence[_Line], size: float, leading: float) -> Paint:
    down = 0.5 * leading + 0.36 * size

    def paint(book: Book, x: float, top: float) -> None:
        colour: Color | None = None
        for line in lines:
            if line.colour is not colour:
                colour = line.colour
                book.setFillColor(colour)
            y = top - line.y - down
            line.face.draw(book, x + line.x, y, line.text, size)
            if line.mark:
                book.setStrokeColor(line.colour)
                book.setLineWidth(0.7)
                book.circle(x + line.x - 4.2, y + 0.34 * size, 1.5, stroke=1, fill=line.mark == "disc")

    return paint
