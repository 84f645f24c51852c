"""Small tables and heatmaps on a page of a workbook: their columns share the page's grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from openpyxl.utils import get_column_letter

from batmon.report import palette
from batmon.report.document import Block, Column, Heatmap, Kind, Row, Table
from batmon.report.values import NOTHING, columns
from batmon.report.workbook.cells import fitting, number
from batmon.report.workbook.colours import heat, rules
from batmon.report.workbook.page import GRID, LEFT, Page, lines, spans
from batmon.report.workbook.style import BODY, HEAD, TOTAL, Look, Style, head, holds_text

_Spanned = tuple[Sequence[int], Sequence[int]]
"""Where each column begins on the grid, and how many of its columns it takes."""
INLINE_ROWS = 12
INLINE_COLUMNS = 10
INLINE_DAYS = 16
CELL_CHARS = 300
"""Of a text in a table on a page: the whole text is on the table's own sheet, or too long for any."""
_LEAST = {Kind.SECONDS: 9, Kind.TIME: 19, Kind.DATE: 10}
"""Characters of values whose form in a workbook is not that in words."""
HEAT_CELL = Style(
    size=7.5, across="center", format='[<0.9995]0%;""', shrink=True,
    left=("thin", palette.PAPER), right=("thin", palette.PAPER), top=("thin", palette.PAPER),
    bottom=("thin", palette.PAPER), fill=palette.SHADE,
)  # fmt: skip


def table_spans(block: Table, rows: Sequence[Row], look: Look) -> list[int] | None:
    """How the table's columns share a page's grid; None if they do not fit on it."""
    if len(block.columns) > INLINE_COLUMNS:
        return None
    needs = []
    for place, column in enumerate(block.columns):
        values = (row[place] for row in (*rows, *(() if block.total is None else (block.total,))))
        longest = max((columns(look.shown(value, column.kind)[:CELL_CHARS]) for value in values), default=0)
        if not holds_text(column.kind):
            longest = max(longest, _LEAST.get(column.kind, 0)) + 1  # a number that does not fit is ####
        needs.append(max(longest, min(columns(column.title) + 1, max(longest, 9)), 3))
    return spans(needs, [holds_text(column.kind) for column in block.columns], BODY.size)


def fits_page(block: Block, look: Look) -> bool:
    """Whether the whole block can stand on a page; else it has a sheet of its own."""
    if isinstance(block, Table):
        return not block.rows or (len(block.rows) <= INLINE_ROWS and table_spans(block, block.rows, look) is not None)
    if isinstance(block, Heatmap):
        return not block.rows or (len(block.rows) <= INLINE_ROWS and len(block.columns) <= INLINE_DAYS)
    return True


def put_table(page: Page, block: Table, shown: Sequence[Row], look: Look) -> bool:
    """The rows ``shown`` of a table, and its total; False if its columns do not fit on the page."""
    rows = [_cut_row(row) for row in shown]
    widths = table_spans(block, rows, look)
    if widths is None:
        return False
    starts = [sum(widths[:place]) for place in range(len(widths))]
    tall = max(lines(one.title, width, HEAD.size) for one, width in zip(block.columns, widths, strict=True))
    page.row(max(1, min(3, tall)) * 14.0 + 4)
    for column, at, width in zip(block.columns, starts, widths, strict=True):
        page.put(at, width, fitting(column.title), replace(head(column.kind), indent=0))
    first = page.rows + 1
    for row in rows:
        _put_row(page, look, block.columns, row, (starts, widths), style=BODY)
    for column, at in zip(block.columns, starts, strict=True):
        letter = get_column_letter(at + LEFT + 1)
        for rule in rules(column, f"{letter}{first}", look.language):
            page.rule(f"{letter}{first}:{letter}{page.rows}", rule)
    if block.total is not None:
        _put_row(page, look, block.columns, block.total, (starts, widths), style=TOTAL)
    return True


def _put_row(page: Page, look: Look, heads: Sequence[Column], row: Row, spanned: _Spanned, *, style: Style) -> None:
    page.row(16.5)
    nothing = None if style is TOTAL else NOTHING
    for column, value, at, width in zip(heads, row, *spanned, strict=True):
        shape = replace(look.shapes.styled(style, column.kind), indent=0)
        page.put(at, width, look.shapes.stored(value, column.kind, nothing), shape)


def put_heatmap(page: Page, block: Heatmap) -> None:
    """A heatmap of at most ``INLINE_DAYS`` columns, one column of the grid each."""
    names = GRID - len(block.columns)
    page.row(14)
    page.put(0, names, None, HEAD)
    for place, one in enumerate(block.columns):
        page.put(names + place, 1, fitting(one), replace(HEAD, size=7.5, across="center", wrap=False, shrink=True))
    first = page.rows + 1
    for name, values in zip(block.rows, block.values, strict=True):
        page.row(16)
        page.put(0, names, fitting(name[:CELL_CHARS]), BODY)
        for place, value in enumerate(values):
            page.put(names + place, 1, None if value is None else number(value), HEAT_CELL)
    left, right = (get_column_letter(LEFT + 1 + place) for place in (names, GRID - 1))
    page.rule(f"{left}{first}:{right}{page.rows}", heat())


def _cut_row(row: Row) -> Row:
    return [f"{value[:CELL_CHARS]}…" if isinstance(value, str) and len(value) > CELL_CHARS else value for value in row]
