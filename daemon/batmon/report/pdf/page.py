"""The pages of the PDF: upright and wide ones, each with the report's name, its period and a number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from batmon.report.document import Document
from batmon.report.pdf.book import Book
from batmon.report.pdf.pieces import Look
from batmon.report.pdf.style import ACCENT, BOTTOM, HAIR, LANDSCAPE, MUTED, PORTRAIT, SIDE, SMALL_SIZE, TOP
from batmon.report.pdf.text import tidy
from batmon.report.values import period_words

Size = tuple[float, float]
MOST_SAID = 300
"""Letters of what the file says of itself."""
OnPage = Callable[[Canvas, Any], object]


class Pages(BaseDocTemplate):
    """The document's pages: upright ones, and ``wide`` ones for what is too wide for those."""

    def __init__(self, path: Path, document: Document, look: Look) -> None:
        super().__init__(
            str(path),
            pagesize=PORTRAIT,
            title=tidy(f"{document.title} {period_words(document)}".strip(), MOST_SAID),
            author=tidy(document.organisation or document.made_by or "BATMON", MOST_SAID),
            subject=tidy(document.subtitle or document.template, MOST_SAID),
            keywords=[document.template],
            creator="BATMON",
            lang=document.language,
        )
        self._document, self._look = document, look
        self.addPageTemplates(
            [
                _template("first", PORTRAIT, self._first),
                _template("upright", PORTRAIT, self._later(PORTRAIT)),
                _template("wide", LANDSCAPE, self._later(LANDSCAPE)),
            ]
        )

    def book(self, filename: str | IO[bytes], /, **options: Any) -> Book:
        """The canvas that the pages are drawn on."""
        return Book(self._look.faces, self._document, filename, **options)

    def _first(self, book: Canvas, _pages: Any) -> None:
        width, height = PORTRAIT
        book.setFillColor(ACCENT)
        book.rect(0, height - 7, width, 7, stroke=0, fill=1)
        self._foot(book, width)

    def _later(self, paper: Size) -> OnPage:
        """Draws the head and foot of every page but the first."""
        plain = self._look.faces.plain
        size = SMALL_SIZE + 0.6
        width, y = paper[0], paper[1] - TOP + 16
        period = plain.cut(period_words(self._document), size, width / 3)
        title = plain.cut(self._document.title, size, width - 2 * SIDE - plain.width(period, size) - 24)

        def paint(book: Canvas, _pages: Any) -> None:
            book.setFillColor(MUTED)
            plain.draw(book, SIDE, y, title, size)
            plain.right(book, width - SIDE, y, period, size)
            book.setStrokeColor(HAIR)
            book.setLineWidth(0.5)
            book.line(SIDE, y - 6, width - SIDE, y - 6)
            self._foot(book, width)

        return paint

    def _foot(self, book: Canvas, width: float) -> None:
        assert isinstance(book, Book)  # noqa: S101 - no other canvas is made for these pages
        plain = self._look.faces.plain
        size = SMALL_SIZE + 0.6
        book.setFillColor(MUTED)
        plain.draw(book, SIDE, BOTTOM - 24, plain.cut(self._document.organisation or "BATMON", size, width / 2), size)
        book.number(book.getPageNumber(), width - SIDE, BOTTOM - 24)


def _template(name: str, paper: Size, paint: OnPage) -> PageTemplate:
    frame = Frame(
        SIDE, BOTTOM, paper[0] - 2 * SIDE, paper[1] - TOP - BOTTOM, id=name,
        leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
    )  # fmt: skip
    following = "upright" if name == "first" else None
    return PageTemplate(id=name, frames=[frame], onPage=paint, pagesize=paper, autoNextPageTemplate=following)
