"""A sheet that is read like a page: a grid of narrow columns, and what is laid out on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import Any

from openpyxl.formatting.rule import Rule
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.properties import PageSetupProperties

from batmon.report import palette
from batmon.report.document import Chart
from batmon.report.values import columns
from batmon.report.workbook.cells import Put, Sheet, Value, fitting
from batmon.report.workbook.charts import ChartSheet, Place
from batmon.report.workbook.style import HEADING, Style, Styles

GRID = 23
"""Columns of a page: four cards of five with one between them, three of seven, two of eleven."""
UNIT = 3.9
"""Width of one of them as Excel counts it."""
UNIT_PIXELS = 32.0
SLACK = 1.06
"""What the ends of lines lose to whole words."""
UNIT_CHARS = 4.5
"""Columns of text that it holds at 10 points; a Korean letter takes two."""
LEFT = 1
"""Columns before the grid: a narrow margin on the screen."""
ROW = 15.0
"""Points of a usual row."""
LINE_LIMIT = 14
"""Lines of one text at most; Excel's rows are 409 points high at most."""


class Page:
    """Lays out rows from the top; ``write`` puts them on a sheet in one go."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._rows: list[dict[int, Put]] = []
        self._heights: list[float] = []
        self._links: list[tuple[str, str]] = []
        self._merged: list[str] = []
        self._rules: list[tuple[str, Rule]] = []
        self._breaks: list[int] = []
        self._charts: list[tuple[Chart, Place]] = []

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    @property
    def height(self) -> float:
        """Points of all of them."""
        return sum(self._heights)

    def row(self, height: float = ROW) -> int:
        """A new row at the end; its number, from 1."""
        self._rows.append({})
        self._heights.append(min(height, 409.0))
        return self.rows

    def put(self, at: int, span: int, value: Value, style: Style, *, row: int = 0) -> str:
        """A value over ``span`` columns of the grid from ``at`` on, in the last row or the given one; its cell.

        Texts are final: made fit for a cell by whoever calls.
        """
        line = row or self.rows
        number = self._styles.number(style)
        first = at + LEFT + 1
        for place in range(first, first + span):
            self._rows[line - 1][place] = (None, number)
        self._rows[line - 1][first] = (value, number)
        cell = f"{get_column_letter(first)}{line}"
        if span > 1:
            self._merged.append(f"{cell}:{get_column_letter(first + span - 1)}{line}")
        return cell

    def text(self, text: str, style: Style, *, at: int = 0) -> None:
        """A text in a row of its own, as high as its lines need."""
        shown = fitting(text)
        self.row(lines(shown, GRID - at, style.size) * style.size * 1.5 + 3)
        self.put(at, GRID - at, shown, replace(style, wrap=True, down="center" if style.fill else "top"))

    def heading(self, text: str) -> None:
        """A section's heading with a rule under it."""
        if self.rows:
            self.row(9)
        self.row(22)
        self.put(0, GRID, fitting(text), HEADING)
        self.row(6)

    def link(self, cell: str, sheet: str) -> None:
        """Let a cell lead to another sheet."""
        self._links.append((cell, sheet))

    def rule(self, cells: str, rule: Rule) -> None:
        """A conditional format."""
        self._rules.append((cells, rule))

    def chart(self, chart: Chart, at: int, span: int, first: int, rows: int) -> None:
        """A chart over ``rows`` rows from ``first`` on."""
        self._charts.append((chart, (at + LEFT, first - 1, at + LEFT + span, first - 1 + rows)))

    def break_before(self) -> None:
        """Let the next row begin a new page on paper."""
        if self.rows:
            self._breaks.append(self.rows)

    def write(self, sheet: Sheet, charts: ChartSheet | None, *, pages: int) -> None:
        """Write everything; on paper it is as wide as a page, and ``pages`` high if that is not 0."""
        width = GRID + LEFT
        on_paper(sheet, landscape=False, pages=pages)
        sheet.sheet_view.showGridLines = False
        sheet.column_dimensions["A"].width = 1.6
        for place in range(GRID):
            sheet.column_dimensions[get_column_letter(place + LEFT + 1)].width = UNIT
        for number, (row, height) in enumerate(zip(self._rows, self._heights, strict=True), 1):
            sheet.row_dimensions[number].height = height
            sheet.append([row.get(place, _NOTHING) for place in range(1, width + 1)] if row else [])
        sheet.merged_cells.ranges = {CellRange(cells) for cells in self._merged}  # add() looks through all of them
        for cells, rule in self._rules:
            sheet.conditional_formatting.add(cells, rule)
        for cell, name in self._links:
            sheet.link(cell, name)
        for last in self._breaks:
            sheet.row_breaks.append(Break(id=last))
        if charts is not None:
            for chart, lies in self._charts:
                sheet.add_chart(charts.drawn(chart, lies))
        sheet.print_area = f"A1:{get_column_letter(width)}{max(1, self.rows)}"


_NOTHING: Put = (None, 0)


def on_paper(sheet: Sheet, *, landscape: bool, pages: int = 0) -> None:
    """A4, as wide as a page, with the sheet's name and the page's number under it; before the sheet's first row."""
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.paperSize = 9
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, pages
    sheet.print_options.horizontalCentered = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.45
    margins.top, margins.bottom, margins.header, margins.footer = 0.5, 0.6, 0.25, 0.3
    footer: Any = sheet.oddFooter
    for part, text in ((footer.left, "&A"), (footer.right, "&P / &N")):
        part.text, part.size, part.color = text, 8, palette.MUTED


def lines(text: str, span: int, size: float) -> int:
    """How many lines a text needs over ``span`` columns of the grid; an estimate that rather leaves room."""
    width = span * UNIT_PIXELS * 10 / size
    return min(LINE_LIMIT, sum(max(1, ceil(_pixels(part) * SLACK / width)) for part in text[:8000].split("\n")))


def _pixels(text: str) -> float:
    """About how wide a line is at 10 points."""
    wide = columns(text) - len(text)
    spaces = text.count(" ")
    return 12.6 * wide + 4.6 * spaces + 7.2 * (len(text) - wide - spaces)


def spans(needs: Sequence[int], texts: Sequence[bool], size: float) -> list[int] | None:
    """How many columns of the grid each column of a table takes; None if they do not fit on it."""
    unit = UNIT_CHARS * 10 / size
    found = [max(2, ceil((need + 1.5) / unit)) for need in needs]
    while sum(found) > GRID:
        wide = [place for place, span in enumerate(found) if texts[place] and span > 3]
        if not wide:
            return None
        found[max(wide, key=lambda place: found[place])] -= 1
    order = sorted(range(len(found)), key=lambda place: not texts[place])
    for turn in range(GRID - sum(found)):
        found[order[turn % len(order)]] += 1
    return found
