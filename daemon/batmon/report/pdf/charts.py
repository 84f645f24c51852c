"""Charts in the PDF: few grid lines, names and values beside what they belong to, readable without colour too."""

from __future__ import annotations

from dataclasses import replace

from batmon.report.document import Chart
from batmon.report.pdf.axis import Legend, colours, known, known_values
from batmon.report.pdf.book import Book
from batmon.report.pdf.pieces import Look, Paint, Piece, note_pieces, text_pieces, title_pieces
from batmon.report.pdf.plots import DOWN, Plot
from batmon.report.pdf.style import INK, MUTED, SMALL_SIZE, TABLE_SIZE
from batmon.report.pdf.words import WORDS

MOST_BARS = 30
"""Of lying bars: more are left out, with a word."""
MOST_SERIES = 12
BAR = 15.0
THIN_BAR = 7.5
"""Of several for one label."""
TOGETHER = 330.0
"""What is no higher stays on one page."""
NAMES = 0.34
"""The share of the width that the labels may take."""


def chart_pieces(chart: Chart, title: str, look: Look, width: float) -> list[Piece]:
    """A chart's picture and note under its title."""
    above = title_pieces(title, look, width)
    values = known_values(value for one in chart.series for value in one.values)
    if not any(values):
        words = WORDS[look.language]["only_zero" if values else "no_values"]
        empty = text_pieces(look.faces.plain, words, TABLE_SIZE, width, colour=MUTED)
        return [*above, *empty, *note_pieces((chart.note,), look, width)]
    more = ""
    if len(chart.series) > MOST_SERIES:
        more = WORDS[look.language]["more_bars"].format(total=f"{len(chart.series):,}", shown=MOST_SERIES)
        chart = replace(chart, series=chart.series[:MOST_SERIES])
    if chart.shape == "rows":
        lying = LyingBars(chart, look, width)
        picture, notes = lying.pieces(), lying.notes
    else:
        plot = Plot(chart, look, width)
        picture, notes = [Piece(plot.height, plot.paint)], ()
    below = note_pieces((*notes, more, chart.note), look, width)
    if sum(one.height for one in picture) <= TOGETHER:
        for one in picture[:-1]:
            one.keep = True
    picture[-1].keep = bool(below)
    return [*above, *picture, *below]


class LyingBars:
    """Lying bars, a label before and the value behind each."""

    def __init__(self, chart: Chart, look: Look, width: float) -> None:
        self._look, self._width, self._chart = look, width, chart
        self._shown = min(len(chart.labels), MOST_BARS)
        self._count = len(chart.series)
        self._slot = BAR if self._count == 1 else THIN_BAR * self._count + 6
        plain = look.faces.plain
        widest = max(plain.width(one[:60], SMALL_SIZE + 0.6) for one in chart.labels[: self._shown])
        self._before = min(widest, width * NAMES) + 8
        self._legend = Legend(chart.series if self._count > 1 else (), look, width - self._before)
        values = known_values(value for one in chart.series for value in one.values[: self._shown])
        self._low, self._high = min(0.0, *values), max(0.0, *values)
        if self._low == self._high:
            self._high = 1.0
        widest = max((plain.width(look.say(one, chart.kind), SMALL_SIZE) for one in values), default=0.0)
        self._after = min(widest, width * NAMES) + 8
        words = WORDS[look.language]["more_bars"].format(total=f"{len(chart.labels):,}", shown=self._shown)
        self.notes: tuple[str, ...] = (words,) if self._shown < len(chart.labels) else ()

    def pieces(self) -> list[Piece]:
        """The legend if there is one, and the bars of each label."""
        bars = [Piece(self._slot, self._painter(at)) for at in range(self._shown)]
        if not self._legend.height:
            return bars
        before, paint = self._before, self._legend.paint
        return [Piece(self._legend.height, lambda book, x, top: paint(book, x + before, top), keep=True), *bars]

    def _painter(self, at: int) -> Paint:
        plain = self._look.faces.plain
        name = plain.cut(self._chart.labels[at], SMALL_SIZE + 0.6, self._before - 8)
        each = (self._width - self._before - self._after) / (self._high - self._low)

        def paint(book: Book, x: float, top: float) -> None:
            left, middle = x + self._before, top - self._slot / 2
            zero = left - self._low * each
            book.setFillColor(INK)
            plain.right(book, left - 6, middle - DOWN, name, SMALL_SIZE + 0.6)
            self._bars(book, at, (zero, middle), each)
            book.setStrokeColor(MUTED)
            book.setLineWidth(0.6)
            book.line(zero, top, zero, top - self._slot)

        return paint

    def _bars(self, book: Book, at: int, place: tuple[float, float], each: float) -> None:
        """The bars of one label from ``place`` on, ``each`` wide for one."""
        zero, middle = place
        thick = (self._slot - 5) / self._count
        plain = self._look.faces.plain
        for number, (one, colour) in enumerate(zip(self._chart.series, colours(self._chart.series), strict=True)):
            value = one.values[at]
            if not known(value):
                continue
            low = middle + thick * (self._count / 2 - number - 1)
            wide = max(0.6, abs(value) * each)
            book.setFillColor(colour)
            book.rect(zero if value >= 0 else zero - wide, low, wide, thick - 0.6, stroke=0, fill=1)
            book.setFillColor(INK)
            text = plain.cut(self._look.say(value, self._chart.kind), SMALL_SIZE, self._after)
            plain.draw(book, zero + (wide if value >= 0 else 0) + 4, low + thick / 2 - DOWN, text, SMALL_SIZE)
