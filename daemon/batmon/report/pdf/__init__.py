"""A document as a PDF: designed pages with the font embedded, bookmarks and links, whatever is in it."""

from __future__ import annotations

from pathlib import Path

from batmon.report.document import Document
from batmon.report.pdf.fonts import find_fonts
from batmon.report.pdf.page import Pages
from batmon.report.pdf.pieces import Look
from batmon.report.pdf.story import story
from batmon.report.pdf.text import Faces


def write(document: Document, path: Path, *, font: Path | None = None, bold_font: Path | None = None) -> None:
    """Write ``document`` to ``path``, which is replaced; one that fails may leave half a file there.

    ``font`` and ``bold_font`` are TrueType files with Korean letters; None: the best that the system has. The same
    document and fonts make the same bytes.

    Raises:
        ReportError: there is no font that can be used; the hint says what to install.
        OSError: the file cannot be written.
    """
    look = Look(
        Faces(find_fonts(font, bold_font)),
        document.language,
        document.timezone,
        document.currency,
        frozenset(one.key for one in document.definitions),
    )
    pages = Pages(path, document, look)
    pages.build(story(document, look), canvasmaker=pages.book)
