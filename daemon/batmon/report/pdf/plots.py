"""Lines and standing bars over labels, with a few grid lines; lines bear their names at their ends."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from batmon.report.document import Chart, Kind
from batmon.report.pdf.axis import Legend, axis_words, colours, known, known_values, ticks
from batmon.report.pdf.book import Book, Box
from batmon.report.pdf.pieces import Look
from batmon.report.pdf.style import HAIR, INK, MUTED, PAPER, SMALL_SIZE

PLOT_HEIGHT = 128.0
ABOVE = 8.0
FOOT = 15.0
"""For the labels below."""
VALUED = 16
"""Bars up to as many bear their value."""
DOTTED = 13
"""A line over up to as many labels has a dot at each."""
WORDS = 0.25
"""The share of the width that the words at the axis may take."""
SAMPLE = 11.0
"""How much of a line stands before its name."""
NAMED = 4
"""Up to as many lines bear their names at their ends; more have a legend."""
DASHES: Sequence[tuple[float, ...]] = ((), (5, 2), (1.5, 2), (7, 2, 1.5, 2))
"""Lines differ by these too."""
DOWN = SMALL_SIZE * 0.36
"""From the middle of a line of small letters down to where they stand."""

Point = tuple[float, float]


class Plot:
    """A chart of the shapes ``line``, ``bars`` and ``stacked``."""

    notes: tuple[str, ...] = ()

    def __init__(self, chart: Chart, look: Look, width: float) -> None:
        self._chart, self._look, self._width = chart, look, width
        self._colours = colours(chart.series)
        plain = look.faces.plain
        self._ticks = self._scale()
        names = (axis_words(value, chart.kind, self._ticks, look) for value in self._ticks)
        self._names = [plain.cut(name, SMALL_SIZE, width * WORDS) for name in names]
        self._before = max(plain.width(name, SMALL_SIZE) for name in self._names) + 8
        self._after = 6.0
        self._endings: list[list[str]] = []
        if chart.shape == "line" and 1 < len(chart.series) <= NAMED:
            self._endings = [plain.wrap(one.title, SMALL_SIZE, 88, 2) for one in chart.series]
            self._after = max(plain.width(line, SMALL_SIZE) for lines in self._endings for line in lines) + SAMPLE + 14
        named = chart.series if len(chart.series) > 1 and not self._endings else ()
        self._legend = Legend(named, look, width - self._before)
        self.height = PLOT_HEIGHT + FOOT + ABOVE + self._legend.height

    def _scale(self) -> list[float]:
        chart = self._chart
        if chart.shape == "stacked":
            columns = zip(*(one.values for one in chart.series), strict=True)
            values = [sum(max(0.0, value) for value in known_values(column)) for column in columns]
        else:
            values = known_values(value for one in chart.series for value in one.values)
        low, high = min(values), max(values)
        percent = chart.kind is Kind.PERCENT and high <= 1
        # A rate near 1 over an axis from 0 would be a flat line; bars begin at 0 always.
        near = percent and chart.shape == "line" and low > 0.5
        low = max(0.0, low - (1 - low) * 0.15) if near else min(0.0, low)
        high = high if chart.shape == "line" else max(0.0, high)
        found = ticks(low, 1.0 if percent else high, chart.kind)
        return [one for one in found if one < 1.0001] if percent else found

    def paint(self, book: Book, x: float, top: float) -> None:
        """Draw it."""
        self._legend.paint(book, x + self._before, top)
        bottom = top - self._legend.height - ABOVE - PLOT_HEIGHT
        box = Box(x + self._before, bottom, self._width - self._before - self._after, PLOT_HEIGHT)
        self._grid(book, box)
        self._labels(book, box)
        if self._chart.shape == "line":
            self._lines(book, box)
        else:
            self._bars(book, box)

    def _y(self, value: float, box: Box) -> float:
        low, high = self._ticks[0], self._ticks[-1]
        return box.bottom + (value - low) / (high - low) * box.height

    def _grid(self, book: Book, box: Box) -> None:
        book.setLineWidth(0.5)
        book.setFillColor(MUTED)
        for value, name in zip(self._ticks, self._names, strict=True):
            y = self._y(value, box)
            book.setStrokeColor(MUTED if value == max(0.0, self._ticks[0]) else HAIR)
            book.line(box.left, y, box.right, y)
            self._look.faces.plain.right(book, box.left - 6, y - DOWN, name, SMALL_SIZE)

    def _labels(self, book: Book, box: Box) -> None:
        """As many labels as fit side by side, the first always."""
        plain, labels = self._look.faces.plain, self._chart.labels
        slot = box.width / len(labels)
        room = max(slot - 4, 64.0)
        widest = max(min(plain.width(one[:60], SMALL_SIZE), room) for one in labels)
        every = max(1, ceil((widest + 6) / slot))
        book.setFillColor(MUTED)
        for at in range(0, len(labels), every):
            text = plain.cut(labels[at], SMALL_SIZE, max(slot * every - 4, 20.0))
            half = plain.width(text, SMALL_SIZE) / 2
            middle = max(box.left + (at + 0.5) * slot, box.left - 10 + half)
            plain.middle(book, min(middle, box.right + self._after - half), box.bottom - 11, text, SMALL_SIZE)

    def _lines(self, book: Book, box: Box) -> None:
        slot = box.width / len(self._chart.labels)
        book.setLineWidth(1.6)
        book.setLineJoin(1)
        ends: list[tuple[Point, int]] = []
        for number, (one, colour) in enumerate(zip(self._chart.series, self._colours, strict=True)):
            book.setStrokeColor(colour)
            book.setFillColor(colour)
            book.setDash(list(DASHES[number % len(DASHES)]))
            points = [
                (box.left + (at + 0.5) * slot, self._y(value, box)) if known(value) else None
                for at, value in enumerate(one.values)
            ]
            _path(book, points)
            for point in points if len(points) <= DOTTED else _alone(points):
                if point is not None:
                    book.circle(*point, 1.7, stroke=0, fill=1)
            there = [point for point in points if point is not None]
            if there:
                book.circle(*there[-1], 2.2, stroke=0, fill=1)
                ends.append((there[-1], number))
        book.setDash([])
        if self._endings:
            self._end_names(book, box, ends)
        elif len(ends) == 1:
            self._end_value(book, box, *ends[0])

    def _end_value(self, book: Book, box: Box, point: Point, number: int) -> None:
        """The last value of the only line, above its end."""
        bold = self._look.faces.bold
        said = self._look.say(known_values(self._chart.series[number].values)[-1], self._chart.kind)
        text = bold.cut(said, SMALL_SIZE, box.width)
        middle = min(point[0], box.right + self._after - bold.width(text, SMALL_SIZE) / 2)
        book.setFillColor(INK)
        bold.middle(book, middle, point[1] + 5, text, SMALL_SIZE)

    def _end_names(self, book: Book, box: Box, ends: Sequence[tuple[Point, int]]) -> None:
        """Each line's name at its end, moved apart where they would cover one another."""
        plain, leading = self._look.faces.plain, SMALL_SIZE * 1.2
        free = box.bottom
        placed: list[tuple[float, int]] = []
        for (_, y), number in sorted(ends, key=lambda one: one[0][1]):
            height = leading * len(self._endings[number])
            placed.append((max(y - height / 2, free), number))
            free = placed[-1][0] + height + 2
        over = max(0.0, free - 2 - box.top - 6)
        left = box.right + 6
        for bottom, number in placed:
            low, lines = bottom - over, self._endings[number]
            y = low + (len(lines) - 0.5) * leading
            book.setStrokeColor(self._colours[number])
            book.setDash(list(DASHES[number % len(DASHES)]))
            book.line(left, y, left + SAMPLE, y)
            book.setFillColor(INK)
            for at, line in enumerate(reversed(lines)):
                plain.draw(book, left + SAMPLE + 4, low + at * leading + 2, line, SMALL_SIZE)
        book.setDash([])

    def _bars(self, book: Book, box: Box) -> None:
        slot = box.width / len(self._chart.labels)
        draw = self._stacked if self._chart.shape == "stacked" else self._beside
        wide = min(slot * 0.72, 46.0 if self._chart.shape == "stacked" or len(self._chart.series) == 1 else 90.0)
        for at in range(len(self._chart.labels)):
            draw(book, box, at, Box(box.left + at * slot + (slot - wide) / 2, box.bottom, wide, box.height))

    def _stacked(self, book: Book, box: Box, at: int, place: Box) -> None:
        """The parts of one bar on one another, their sum above."""
        reached = 0.0
        book.setStrokeColor(PAPER)
        book.setLineWidth(0.4)
        for one, colour in zip(self._chart.series, self._colours, strict=True):
            value = one.values[at]
            if not known(value) or value <= 0:
                continue
            low, high = self._y(reached, box), self._y(reached + value, box)
            book.setFillColor(colour)
            book.rect(place.left, low, place.width, high - low, stroke=0, fill=1)
            book.line(place.left, high, place.right, high)
            reached += value
        if reached and len(self._chart.labels) <= VALUED:
            room = box.width / len(self._chart.labels)
            self._value(book, Box(place.left, self._y(reached, box), place.width, 0.0), reached, room=room)

    def _beside(self, book: Book, box: Box, at: int, place: Box) -> None:
        """The bars of one label side by side, each with its value."""
        zero = self._y(0.0, box)
        count = len(self._chart.series)
        wide = place.width / count
        for number, (one, colour) in enumerate(zip(self._chart.series, self._colours, strict=True)):
            value = one.values[at]
            if not known(value):
                continue
            y = self._y(value, box)
            bar = Box(place.left + number * wide, min(zero, y), max(wide - 0.6 * (count > 1), 0.3), abs(y - zero))
            book.setFillColor(colour)
            book.rect(*bar, stroke=0, fill=1)
            if len(self._chart.labels) * count <= VALUED:
                self._value(book, bar, value, room=wide + 12)

    def _value(self, book: Book, bar: Box, value: float, *, room: float) -> None:
        """The value above its bar if it is no wider than ``room``."""
        text = self._look.say(value, self._chart.kind)
        if self._look.faces.bold.width(text, SMALL_SIZE) <= room:
            book.setFillColor(INK)
            self._look.faces.bold.middle(book, bar.left + bar.width / 2, bar.top + 3, text, SMALL_SIZE)


def _path(book: Book, points: Sequence[Point | None]) -> None:
    """A line through the points, broken where nothing is known."""
    path = book.beginPath()
    down = False
    for point in points:
        if point is None:
            down = False
        elif down:
            path.lineTo(*point)
        else:
            path.moveTo(*point)
            down = True
    book.drawPath(path, stroke=1, fill=0)


def _alone(points: Sequence[Point | None]) -> list[Point | None]:
    """Those between two gaps, which no line shows."""
    around = [None, *points, None]
    return [point for at, point in enumerate(points) if around[at] is None and around[at + 2] is None]
