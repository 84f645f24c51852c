"""What every chart of the PDF has: its colours, round values along its axis, and a legend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, floor, isfinite, log10
from typing import TypeGuard

from reportlab.lib.colors import Color

from batmon.report.document import Kind, Series
from batmon.report.pdf.book import Book
from batmon.report.pdf.pieces import Look
from batmon.report.pdf.style import FILLS, INK, PALETTE, SMALL_SIZE

LEGEND_LINE = 12.0
SECOND_STEPS = (10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 21600.0, 43200.0)
"""Times that people think in."""
DAY = 86400.0
FINEST = 1e-12
"""No step is smaller."""


def known(value: float | None) -> TypeGuard[float]:
    """Whether it can be drawn."""
    return value is not None and isfinite(value)


def known_values(values: Iterable[float | None]) -> list[float]:
    """Those that can be drawn."""
    return [value for value in values if known(value)]


def colours(series: Sequence[Series]) -> list[Color]:
    """A colour for each: its tone's, or the palette's next. A tone that comes twice takes from the palette too."""
    found: list[Color] = []
    plain = 0
    for one in series:
        if one.tone and FILLS[one.tone] not in found:
            found.append(FILLS[one.tone])
        else:
            found.append(PALETTE[plain % len(PALETTE)])
            plain += 1
    return found


def ticks(low: float, high: float, kind: Kind, *, most: int = 4) -> list[float]:
    """Round values from at or below ``low`` to at or above ``high``, about ``most`` steps."""
    if high <= low:
        high = low + 1
    rough = max((high - low) / most, FINEST)
    if kind is Kind.SECONDS and rough >= SECOND_STEPS[0]:
        step = next((one for one in SECOND_STEPS if one >= rough), ceil(rough / DAY) * DAY)
    else:
        power = 10.0 ** floor(log10(rough))
        step = next((one * power for one in (1, 2, 2.5, 5) if one * power >= rough * 0.999), 10 * power)
    if kind is Kind.COUNT:
        step = max(1.0, ceil(step))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [at * step for at in range(first, max(last, first + 1) + 1)]


def axis_words(value: float, kind: Kind, all_ticks: Sequence[float], look: Look) -> str:
    """A value at an axis, as short as the steps allow."""
    if kind is Kind.PERCENT and all(abs(one * 100 - round(one * 100)) < 1e-6 for one in all_ticks):
        return f"{round(value * 100)}%"
    whole = all(one == round(one) for one in all_ticks)
    if kind is Kind.NUMBER and whole:
        return look.say(round(value), Kind.COUNT)
    if kind is Kind.HOURS and whole:
        return look.say(value, kind).replace(".0", "", 1)
    return look.say(value, kind)


class Legend:
    """What each colour is: names side by side, on as many lines as they need. Without series it has no height."""

    def __init__(self, series: Sequence[Series], look: Look, width: float) -> None:
        self._plain = look.faces.plain
        self._placed: list[tuple[float, float, str, Color]] = []
        x = y = 0.0
        for one, colour in zip(series, colours(series), strict=True):
            text = self._plain.cut(one.title, SMALL_SIZE, width - 11)
            wide = 11 + self._plain.width(text, SMALL_SIZE)
            if x and x + wide > width:
                x, y = 0.0, y + LEGEND_LINE
            self._placed.append((x, y, text, colour))
            x += wide + 14
        self.height = y + LEGEND_LINE + 2 if self._placed else 0.0

    def paint(self, book: Book, x: float, top: float) -> None:
        """Draw it."""
        for right, down, text, colour in self._placed:
            book.setFillColor(colour)
            book.rect(x + right, top - down - 8.5, 7, 7, stroke=0, fill=1)
            book.setFillColor(INK)
            self._plain.draw(book, x + right + 11, top - down - 8, text, SMALL_SIZE)
