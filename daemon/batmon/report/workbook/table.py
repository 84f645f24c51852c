"""Sheets that hold one table: a section's, a heatmap, the definitions, and rows for whoever wants to count again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from batmon.report import palette
from batmon.report.document import Column, Data, Document, Heatmap, Kind, Row, Table
from batmon.report.values import NOTHING, columns, period_words
from batmon.report.workbook.cells import SHEET_ROWS, Put, Sheet, fitting, new_sheet
from batmon.report.workbook.colours import heat, rules
from batmon.report.workbook.inline import HEAT_CELL
from batmon.report.workbook.page import on_paper
from batmon.report.workbook.style import BODY, HEAD, SMALL, TITLE, TOTAL, Look, Style, head, holds_text

WIDEST = 60
"""Characters of a column; longer texts are wrapped, or cut at its edge if they are very long."""
WIDEST_NAME = 40
"""Of the first column, whose texts are names."""
WRAPPED = 360
"""Characters of a text that is still wrapped."""
MEASURED = 200
"""Rows that the widths of streamed columns are measured by."""
TABLE_TITLE = replace(TITLE, size=15)
HEAD_ROW = 3
HEAT_LABELS = 40
INLINE_PORTRAIT = 14
"""Columns of a heatmap that is still printed upright."""


def write_table(sheet: Sheet, table: Table, title: str, notes: Sequence[str], look: Look) -> None:
    """A section's table: title, notes, then a head that stays in sight and can be filtered by."""
    number, shapes = look.styles.number, look.shapes
    widths = _widths(table.columns, [*table.rows, *(() if table.total is None else (table.total,))], look)
    said = [note for note in (*notes, table.note, _surroundings(table.columns, look)) if note]
    _set_up(sheet, table.columns, widths, HEAD_ROW)
    _open(sheet, title, said, look)
    _heads(sheet, table.columns, look)
    texts = [shapes.encoder(column.kind) for column in table.columns]
    plain = [number(shapes.styled(BODY, column.kind)) for column in table.columns]
    wraps = [
        place > 0 and holds_text(column.kind) and width >= WIDEST
        for place, (column, width) in enumerate(zip(table.columns, widths, strict=True))
    ]
    wrapped = number(replace(BODY, wrap=True, down="top"))
    row_number = HEAD_ROW
    for row in table.rows:
        row_number += 1
        cells: list[Put] = []
        tall = 1
        for value, encode, style, wrap in zip(row, texts, plain, wraps, strict=True):
            stored = encode(value)
            if wrap and isinstance(stored, str) and len(stored) <= WRAPPED and columns(stored) > WIDEST - 4:
                tall = max(tall, -(-columns(stored) // (WIDEST - 4)))
                cells.append((stored, wrapped))
            else:
                cells.append((NOTHING if stored is None else stored, style))
        sheet.row_dimensions[row_number].height = 16.5 if tall == 1 else tall * 14.0 + 3
        sheet.append(cells)
    last = row_number
    if table.total is not None:
        totals = zip(table.total, table.columns, strict=True)
        sheet.append(
            [(shapes.encoder(one.kind)(value), number(shapes.styled(TOTAL, one.kind))) for value, one in totals]
        )
    if not table.rows:
        sheet.append([(fitting(table.empty or look.label("no_rows")), number(SMALL))])
    _close(sheet, table.columns, HEAD_ROW, last, look)


def write_heatmap(sheet: Sheet, block: Heatmap, title: str, notes: Sequence[str], look: Look) -> None:
    """Programs by days as coloured cells, each with its share."""
    number = look.styles.number
    said = [note for note in (*notes, block.note) if note]
    sheet.freeze_panes = f"B{HEAD_ROW + 1}"
    on_paper(sheet, landscape=len(block.columns) > INLINE_PORTRAIT)
    sheet.column_dimensions["A"].width = min(HEAT_LABELS, max(map(columns, block.rows), default=10) + 3)
    for place in range(len(block.columns)):
        sheet.column_dimensions[get_column_letter(place + 2)].width = 5.6
    _open(sheet, title, said, look)
    small = number(replace(HEAD, size=8, across="center", wrap=False))
    sheet.append([(None, number(HEAD)), *((fitting(one), small) for one in block.columns)])
    cell, name = number(HEAT_CELL), number(BODY)
    for row, values in zip(block.rows, block.values, strict=True):
        sheet.append([(fitting(row), name), *((look.shapes.encoder(Kind.NUMBER)(value), cell) for value in values)])
    last = HEAD_ROW + len(block.rows)
    right = get_column_letter(len(block.columns) + 1)
    if block.rows:
        sheet.conditional_formatting.add(f"B{HEAD_ROW + 1}:{right}{last}", heat())
    sheet.print_title_rows = f"{HEAD_ROW}:{HEAD_ROW}"


def write_definitions(sheet: Sheet, document: Document, look: Look) -> None:
    """What each figure means, and what the sheets of data are."""
    number = look.styles.number
    sheet.sheet_properties.tabColor = palette.LINE
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 30, 96
    sheet.freeze_panes = f"A{HEAD_ROW + 1}"
    on_paper(sheet, landscape=False)
    _open(sheet, look.label("definitions"), [], look)
    sheet.append([(look.label("figure"), number(HEAD)), (look.label("meaning"), number(HEAD))])
    name, text = number(replace(BODY, bold=True, wrap=True, down="top")), number(replace(BODY, wrap=True, down="top"))
    entries = [(one.title, one.text) for one in document.definitions]
    entries += [(f"{look.label('data')}: {one.title}", one.note) for one in document.data if one.note]
    for place, (title, words) in enumerate(entries, HEAD_ROW + 1):
        tall = sum(-(-columns(part) // 94) or 1 for part in words.split("\n"))
        sheet.row_dimensions[place].height = min(400.0, max(tall, -(-columns(title) // 28)) * 14.5 + 5)
        sheet.append([(fitting(title), name), (fitting(words), text)])


def write_data(book: Workbook, sheet: Sheet, data: Data, look: Look) -> None:
    """Rows as they come, none of them kept; another sheet goes on each time that one is full."""
    shapes, number = look.shapes, look.styles.number
    rows = iter(data.rows())
    begin = list(islice(rows, MEASURED))
    widths = _widths(data.columns, begin, look)
    encoders = [shapes.encoder(column.kind) for column in data.columns]
    styles = [number(shapes.raw(Style(size=9.5), column.kind)) for column in data.columns]
    last = 0
    for row in chain(begin, rows):
        if last == SHEET_ROWS:
            _close_data(sheet, data.columns, last, look)
            sheet, last = new_sheet(book, data.title), 0
        if not last:
            _begin_data(sheet, data.columns, widths, look)
            last = 1
        sheet.append([(encode(value), style) for encode, value, style in zip(encoders, row, styles, strict=True)])
        last += 1
    if not last:
        _begin_data(sheet, data.columns, widths, look)
        last = 1
    _close_data(sheet, data.columns, last, look)


def _begin_data(sheet: Sheet, heads: Sequence[Column], widths: Sequence[int], look: Look) -> None:
    sheet.sheet_properties.tabColor = palette.MUTED
    _set_up(sheet, heads, widths, 1)
    _heads(sheet, heads, look, zone=True)


def _close_data(sheet: Sheet, heads: Sequence[Column], last: int, look: Look) -> None:
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{last}"
    for letter, column in _lettered(heads):
        if last > 1:
            for rule in rules(column, f"{letter}2", look.language):
                sheet.conditional_formatting.add(f"{letter}2:{letter}{last}", rule)
    sheet.print_title_rows = "1:1"


def _set_up(sheet: Sheet, heads: Sequence[Column], widths: Sequence[int], head_row: int) -> None:
    """What has to be said before a sheet's first row: widths, what stays in sight, the paper."""
    for (letter, _), width in zip(_lettered(heads), widths, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = f"{'B' if len(heads) > 6 else 'A'}{head_row + 1}"
    on_paper(sheet, landscape=len(heads) > 5)


def _open(sheet: Sheet, title: str, notes: Sequence[str], look: Look) -> None:
    """The rows above the head."""
    number = look.styles.number
    sheet.sheet_view.showGridLines = False
    sheet.row_dimensions[1].height = 28
    sheet.append([(fitting(title), number(TABLE_TITLE))])
    about = " · ".join(filter(None, (look.document.title, period_words(look.document), *notes)))
    sheet.row_dimensions[2].height = 21
    sheet.append([(fitting(about.replace("\n", " ")), number(replace(SMALL, down="top")))])


def _heads(sheet: Sheet, heads: Sequence[Column], look: Look, *, zone: bool = False) -> None:
    cells: list[Put] = []
    for column in heads:
        where = f" ({look.document.timezone})" if zone and column.kind is Kind.TIME else ""
        cells.append((fitting(f"{column.title}{where}"), look.styles.number(head(column.kind))))
    sheet.append(cells)


def _close(sheet: Sheet, heads: Sequence[Column], head_row: int, last: int, look: Look) -> None:
    right = get_column_letter(len(heads))
    sheet.auto_filter.ref = f"A{head_row}:{right}{max(last, head_row)}"
    for letter, column in _lettered(heads):
        if last > head_row:
            for rule in rules(column, f"{letter}{head_row + 1}", look.language):
                sheet.conditional_formatting.add(f"{letter}{head_row + 1}:{letter}{last}", rule)
    sheet.print_title_rows = f"{head_row}:{head_row}"


def _widths(heads: Sequence[Column], rows: Iterable[Row], look: Look) -> list[int]:
    """Characters of each column: what its values and its name need, within bounds; Korean takes two."""
    found = [max(one.width, min(22, columns(one.title) + 4), 11 if one.kind is Kind.SECONDS else 0) for one in heads]
    for row in rows:
        for place, (value, column) in enumerate(zip(row, heads, strict=True)):
            text = value[: WIDEST + 1] if isinstance(value, str) else look.shown(value, column.kind)
            if len(text) + 3 > found[place] or not text.isascii():
                found[place] = max(found[place], columns(text) + 3)
    return [min(WIDEST if place else WIDEST_NAME, max(7, one)) for place, one in enumerate(found)]


def _surroundings(heads: Sequence[Column], look: Look) -> str:
    """The zone of its times, if it shows any."""
    timed = any(one.kind is Kind.TIME for one in heads)
    return f"{look.label('time_zone')} {look.document.timezone}" if timed else ""


def _lettered(heads: Sequence[Column]) -> Iterator[tuple[str, Column]]:
    return ((get_column_letter(place), column) for place, column in enumerate(heads, 1))
