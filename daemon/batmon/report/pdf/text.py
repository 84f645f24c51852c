"""Letters measured, cut, wrapped and drawn: one truth for every text of the PDF. Nothing in a text is ever obeyed.

A text is any string: what would act on a terminal becomes visible, decomposed Korean is put together, letters that no
font has become a stand-in. Sizes and widths are points.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from unicodedata import normalize

from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from batmon.gate.sanitize import clean
from batmon.report.pdf.fonts import FAULTS, STAND_IN, FontFiles, load, usable

CUT = "…"
"""Ends what was cut."""
BREAKS = "/\\_-.,:;@&?="
"""After one of these a word that is too long is broken rather than anywhere."""
NARROWEST = 0.2
"""No letter that has a width is narrower than this share of its size: bounds how much of a text is looked at."""
_CARETS = {chr(0x2400 + code): f"^{chr(code ^ 0x40)}" for code in range(0x20)} | {"\u2421": "^?"}
"""What signs for control characters become without a font for them: ``^[`` for ESC."""
_WITHOUT_SHAPE = "\ufe0e\ufe0f\u200d"
"""Only say how others look."""


def tidy(text: str, most: int = 20_000) -> str:
    """The first ``most`` letters of ``text`` as they can be drawn; only newlines are left of what acts."""
    part = text[:most]
    return part if part.isascii() and part.isprintable() else clean(normalize("NFC", part), multiline=True)


class Face:
    """Letters of one weight: a font, and those behind it for what it lacks, which are read when they are needed."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._fonts: list[TTFont] = [load(files[0])]
        self._waiting = list(files[1:])
        self._plain: set[str] = set()
        self._other: dict[str, tuple[str, str]] = {}
        self._widths: dict[str, float] = {}

    @property
    def name(self) -> str:
        """The font's name for the canvas."""
        return str(self._fonts[0].fontName)

    def width(self, text: str, size: float) -> float:
        """How wide ``text`` is on one line."""
        widths = self._widths
        try:
            return sum([widths[one] for one in text]) * size
        except KeyError:
            self._learn(text)
            return sum([widths[one] for one in text]) * size

    def cut(self, text: str, size: float, width: float) -> str:
        """``text`` on one line, its end cut where it is too wide."""
        looked_at = self._looked_at(size, width, 1)
        line = tidy(text, looked_at).replace("\n", " ")
        if len(text) <= looked_at and self.width(line, size) <= width:
            return line
        return self._prefix(line, size, max(0.0, width - self.width(CUT, size))).rstrip() + CUT

    def wrap(self, text: str, size: float, width: float, most: int = 400) -> list[str]:
        """``text`` on lines at most ``width`` wide, broken at spaces if it can be; after ``most`` lines it is cut."""
        looked_at = self._looked_at(size, width, most)
        known = tidy(text, looked_at)
        if "\n" not in known and len(text) <= looked_at and self.width(known, size) <= width:
            return [known]
        lines: list[str] = []
        for part in known.split("\n"):
            lines += self._broken(part.rstrip(), size, width, most + 1 - len(lines))
            if len(lines) > most:
                break
        if len(lines) > most or len(text) > looked_at:
            lines = lines[:most]
            lines[-1] = self._prefix(lines[-1], size, max(0.0, width - self.width(CUT, size))).rstrip() + CUT
        return lines

    def chop(self, text: str, size: float, width: float, most: int) -> list[str]:
        """A line word for word on lines at most ``width`` wide, broken anywhere: its spaces stay."""
        looked_at = self._looked_at(size, width, most)
        rest = tidy(text, looked_at).replace("\n", "␊")
        lines: list[str] = []
        while rest and len(lines) < most:
            line = self._prefix(rest, size, width) or rest[0]
            lines.append(line)
            rest = rest[len(line) :]
        if rest or len(text) > looked_at:
            lines[-1] = self._prefix(lines[-1], size, max(0.0, width - self.width(CUT, size))) + CUT
        return lines or [""]

    def draw(self, canvas: Canvas, x: float, y: float, text: str, size: float) -> None:
        """Draw a line that was measured here, its letters standing on ``y``."""
        if self._plain.issuperset(text):
            canvas.setFont(self.name, size)
            canvas.drawString(x, y, text)
            return
        for name, part, wide in self._runs(text):
            canvas.setFont(name, size)
            canvas.drawString(x, y, part)
            x += wide * size

    def right(self, canvas: Canvas, x: float, y: float, text: str, size: float) -> None:
        """Draw a line that ends at ``x``."""
        self.draw(canvas, x - self.width(text, size), y, text, size)

    def middle(self, canvas: Canvas, x: float, y: float, text: str, size: float) -> None:
        """Draw a line whose middle is at ``x``."""
        self.draw(canvas, x - self.width(text, size) / 2, y, text, size)

    @staticmethod
    def _looked_at(size: float, width: float, lines: int) -> int:
        return int(max(1.0, width) / (size * NARROWEST) + 2) * lines

    def _prefix(self, text: str, size: float, width: float) -> str:
        """As much of the beginning of ``text`` as fits."""
        self.width(text, size)
        room = width / size
        for index, reached in enumerate(accumulate(self._widths[one] for one in text)):
            if reached > room:
                return text[:index]
        return text

    def _broken(self, text: str, size: float, width: float, most: int) -> list[str]:
        """The lines of a part without newlines, no more than ``most``."""
        lines: list[str] = []
        line, used = "", 0.0
        space = self.width(" ", size)
        for word in text.split(" "):
            wide = self.width(word, size)
            if line and used + space + wide <= width:
                line, used = f"{line} {word}", used + space + wide
                continue
            if line:
                lines.append(line)
            while wide > width and len(lines) < most:
                head = self._head(word, size, width)
                lines.append(head)
                word = word[len(head) :]  # noqa: PLW2901 - what is left of it
                wide = self.width(word, size)
            line, used = word, wide
            if len(lines) >= most:
                return lines
        lines.append(line)
        return lines

    def _head(self, word: str, size: float, width: float) -> str:
        """The part of a word that is too wide that goes on this line: one letter at least."""
        head = self._prefix(word, size, width) or word[0]
        at = max(head.rfind(sign) for sign in BREAKS) + 1
        return head[:at] if at > len(head) // 2 else head

    def _learn(self, text: str) -> None:
        for one in set(text) - self._widths.keys():
            self._widths[one] = self._place(one)

    def _place(self, one: str) -> float:
        """Find the font that has the letter; how wide it is in sizes."""
        if one in _WITHOUT_SHAPE:
            self._other[one] = (self.name, "")
            return 0.0
        for drawn in (one, _CARETS.get(one, one), STAND_IN, "?"):
            font = self._font_with(drawn[-1])
            if font is not None:
                if font is self._fonts[0] and drawn == one:
                    self._plain.add(one)
                else:
                    self._other[one] = (str(font.fontName), drawn)
                return sum(float(font.face.charWidths.get(ord(part), font.face.defaultWidth)) for part in drawn) / 1000
        raise AssertionError("unreachable: a font with Korean letters has a question mark")

    def _font_with(self, one: str) -> TTFont | None:
        code = ord(one)
        for font in self._fonts:
            if code in font.face.charToGlyph:
                return font
        while self._waiting:
            try:
                font = load(self._waiting.pop(0))
            except FAULTS:
                continue  # one of those behind: it is missed only where a letter needs it, which shows
            self._fonts.append(font)
            if code in font.face.charToGlyph:
                return font
        return None

    def _runs(self, text: str) -> Iterable[tuple[str, str, float]]:
        """The text in parts of one font each: its name, what is drawn of it, how wide it is in sizes."""
        self.width(text, 1)
        name, part, wide = self.name, "", 0.0
        for one in text:
            font, drawn = self._other.get(one, (self.name, one))
            if font != name and part:
                yield name, part, wide
                part, wide = "", 0.0
            name = font
            part += drawn
            wide += self._widths[one]
        if part:
            yield name, part, wide


class Faces:
    """The three kinds of letters of a report."""

    def __init__(self, files: FontFiles) -> None:
        self.plain = Face((files.regular, *files.behind))
        self.bold = Face((files.bold, *files.behind))
        self._files = files

    @cached_property
    def mono(self) -> Face:
        """For lines word for word."""
        files = self._files
        return Face((*((files.mono,) if usable(files.mono) else ()), files.regular, *files.behind))
