"""The head of the PDF's first page: whose report it is, what, of when, how it was made, and where its parts are."""

from __future__ import annotations

from collections.abc import Sequence

from batmon.report.document import Document
from batmon.report.pdf.book import Book, Box
from batmon.report.pdf.columns import paper_width
from batmon.report.pdf.pieces import Look, Piece, Stack, gap, text_pieces
from batmon.report.pdf.style import ACCENT, BODY_SIZE, HAIR, INK, LEADING, MUTED, SMALL_SIZE, TITLE_SIZE
from batmon.report.pdf.words import WORDS
from batmon.report.values import moment, period_words

TITLE_LEADING = 1.22
CONTENTS_SIZE = SMALL_SIZE + 0.8
CONTENTS_APART = 16.0

Entry = tuple[str, str]
"""The title of a part, and the key that links lead to."""


def cover(document: Document, parts: Sequence[Entry], look: Look) -> Stack:
    """The head, with the ``parts`` and their pages below if there are any."""
    plain, bold = look.faces.plain, look.faces.bold
    width = paper_width("upright")
    pieces: list[Piece] = []
    if document.organisation:
        pieces += text_pieces(plain, document.organisation, BODY_SIZE, width, colour=MUTED, most=2)
        pieces.append(gap(2))
    pieces += [_closer(one) for one in text_pieces(bold, document.title, TITLE_SIZE, width, most=3)]
    period = _period(document, look)
    strong, weak = (bold, BODY_SIZE + 1.6, ACCENT), (plain, BODY_SIZE + 0.6, INK)
    for line, (face, size, colour) in ((period, strong), (document.subtitle, weak if period else strong)):
        if line:
            pieces.append(gap(3))
            pieces += text_pieces(face, line, size, width, colour=colour, most=4)
    pieces.append(gap(4))
    pieces += text_pieces(plain, _made(document, look), SMALL_SIZE + 0.2, width, colour=MUTED, most=2)
    pieces.append(Piece(9, lambda book, x, top: _rule(book, x, top - 8, width)))
    if parts:
        pieces += _contents(parts, look, width)
    for one in pieces[:-1]:
        one.keep = True
    return Stack(width, body=pieces)


def _closer(piece: Piece) -> Piece:
    """A line of the title, closer to the next one than lines of text are."""
    inner, less = piece.paint, piece.height * (1 - TITLE_LEADING / LEADING)
    return Piece(piece.height - less, lambda book, x, top: inner(book, x, top + less / 2), piece.keep)


def _period(document: Document, look: Look) -> str:
    """The period and how long it is; nothing where the subtitle says it."""
    period = document.period
    if period is None or all(day.isoformat() in document.subtitle for day in (period.start, period.end)):
        return ""
    days = WORDS[look.language]["days" if period.days > 1 else "day"].format(days=period.days)
    return f"{period_words(document)}  ·  {days}"


def _made(document: Document, look: Look) -> str:
    words = WORDS[look.language]
    parts = [words["made"].format(at=moment(document.made_at, document.timezone)[:16])]
    if document.made_by:
        parts.append(words["by"].format(by=document.made_by))
    if document.node:
        parts.append(document.node)
    parts.append(words["zone"].format(zone=document.timezone))
    return "  ·  ".join(parts)


def _rule(book: Book, x: float, y: float, width: float) -> None:
    book.setStrokeColor(HAIR)
    book.setLineWidth(0.7)
    book.line(x, y, x + width, y)


def _contents(parts: Sequence[Entry], look: Look, width: float) -> list[Piece]:
    """The parts with their pages, one after the other, each a link."""
    plain, size = look.faces.plain, CONTENTS_SIZE
    high = size * 1.8
    number = plain.width("00", size) + 4
    placed: list[tuple[Box, str, str]] = []
    x = y = 0.0
    for title, key in parts:
        text = plain.cut(title, size, width / 2)
        wide = plain.width(text, size) + number
        if x and x + wide > width:
            x, y = 0.0, y + high
        placed.append((Box(x, y, wide, high), text, key))
        x += wide + CONTENTS_APART

    def paint(book: Book, left: float, top: float) -> None:
        for place, text, key in placed:
            box = Box(left + place.left, top - place.bottom - high, place.width, high)
            book.setFillColor(ACCENT)
            plain.draw(book, box.left, box.bottom + 4, text, size)
            book.number(key, box.right, box.bottom + 4)
            book.link(key, text, box)

    return [Piece(y + high, paint), gap(4)]
