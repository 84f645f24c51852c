"""What the PDF is drawn on: it has bookmarks, links, and page numbers that know how many there are.

Numbers that are known only at the end are forms: each page names one, and all are drawn when the file is closed.
"""

from __future__ import annotations

from datetime import UTC
from typing import IO, Any, NamedTuple

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

from batmon.report.document import Document
from batmon.report.pdf.style import MUTED, SMALL_SIZE
from batmon.report.pdf.text import Faces, tidy

rl_config.useA85 = 0  # streams as they are and not as text, which is a quarter longer; there is no other way to say so

OUTLINE_LETTERS = 120
"""A bookmark is no longer than this."""
FORM_BOX = (-60, -4, 2, 12)
"""Around a number that ends at 0, 0."""


class Box(NamedTuple):
    """A rectangle on paper."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def top(self) -> float:
        """Its upper edge."""
        return self.bottom + self.height


class Book(Canvas):
    """A canvas that knows where its sections are and, at the end, how many pages it has."""

    def __init__(self, faces: Faces, document: Document, filename: str | IO[bytes], **options: Any) -> None:
        options |= {
            "initialFontName": faces.plain.name,
            "invariant": 1,
            "pageCompression": 1,
            "lang": document.language,
        }
        super().__init__(filename, **options)
        self._faces = faces
        self._numbers: dict[str, str | int] = {}
        self._places: dict[str, int] = {}
        self._deepest = -1
        at = document.made_at.astimezone(UTC)
        self.setDateFormatter(lambda *_now: f"D:{at:%Y%m%d%H%M%S}Z")
        self.setViewerPreference("DisplayDocTitle", "true")

    def heading(self, title: str, key: str, level: int, top: float) -> None:
        """Here begins a part: it is a bookmark, and :meth:`link` finds it."""
        self.bookmarkHorizontal(key, 0, top)
        level = min(level, self._deepest + 1)
        self._deepest = level
        self._places[key] = self.getPageNumber()
        self.addOutlineEntry(tidy(title, OUTLINE_LETTERS).replace("\n", " "), key, level, closed=level > 0)
        self.showOutline()

    def place(self, key: str) -> None:
        """A place that a link leads to, and no bookmark."""
        self.bookmarkHorizontal(key, 0, 12)

    def link(self, key: str, title: str, box: Box) -> None:
        """Whoever clicks into the box comes to ``key``."""
        self.linkRect(tidy(title, OUTLINE_LETTERS), key, (box.left, box.bottom, box.right, box.top), relative=1)

    def number(self, key: str | int, x: float, y: float) -> None:
        """The page number of a part, or ``3 / 12`` of page 3, ending at ``x``; drawn when all is known."""
        name = f"number-{key}"
        self._numbers[name] = key
        self.saveState()
        self.translate(x, y)
        self.doForm(name)
        self.restoreState()

    def save(self) -> None:
        """Draw what was left open, and write the file."""
        pages = self.getPageNumber() - 1
        for name, key in self._numbers.items():
            self.beginForm(name, *FORM_BOX)
            self.setFillColor(MUTED)
            words = f"{key} / {pages}" if isinstance(key, int) else str(self._places.get(key, ""))
            size = SMALL_SIZE + 0.6 if isinstance(key, int) else SMALL_SIZE + 1.2
            self._faces.plain.right(self, 0, 0, words, size)
            self.endForm()
        super().save()
