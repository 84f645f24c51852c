"""XLSX as tables: the sheets, and rows of one of them. The zip's own figures are held against limits first."""

from __future__ import annotations

import zipfile
from itertools import islice
from typing import Any, BinaryIO

from batmon.previews.cells import MOST_COLUMNS, CannotShow, Request, cell

_MOST_MEMBERS = 5000
_STRINGS_BYTES = 48 << 20
"""Of the shared strings, which are read as a whole."""
_SHEET_BYTES = 2 << 30
_MOST_SHEETS = 200


def workbook(file: BinaryIO, request: Request) -> dict[str, Any]:
    """The sheets and a page of rows of ``sheet``, or of the first; values as they were last calculated."""
    _check(file)
    from openpyxl import load_workbook  # noqa: PLC0415 - 100 ms that other kinds do without

    file.seek(0)
    book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    names = [sheet.title for sheet in book.worksheets]
    if not names:
        raise CannotShow("the workbook holds no sheet with cells")
    wanted = request.sheet if request.sheet is not None else names[0]
    if wanted not in names:
        raise CannotShow(f"there is no sheet {wanted!r:.100}; it holds {', '.join(names[:20])}")
    described = [_described(book[name]) for name in names[:_MOST_SHEETS]]
    sheet = book[wanted]
    sheet.reset_dimensions()  # what the file says of its size may be wrong
    rows = sheet.iter_rows(min_row=request.offset + 1, max_row=request.end + 1, max_col=MOST_COLUMNS, values_only=True)
    page = [_trimmed([cell(value) for value in row]) for row in islice(rows, request.limit + 1)]
    more = len(page) > request.limit
    width = max((len(row) for row in page), default=0)
    return {
        "columns": [_letters(number) for number in range(width)],
        "rows": page[: request.limit],
        "more": more,
        "next": request.end if more else None,
        "sheet": wanted,
        "sheets": described,
    }


def _check(file: BinaryIO) -> None:
    with zipfile.ZipFile(file) as parts:
        members = parts.infolist()
        if len(members) > _MOST_MEMBERS:
            raise CannotShow(f"the workbook holds {len(members):,} parts, more than {_MOST_MEMBERS:,}")
        for part in members:
            most = _SHEET_BYTES if "/worksheets/" in part.filename else _STRINGS_BYTES
            if part.file_size > most:
                raise CannotShow(f"{part.filename} would unpack to {part.file_size:,} bytes, more than {most:,}")


def _described(sheet: Any) -> dict[str, Any]:
    return {"name": sheet.title, "rows": sheet.max_row, "columns": sheet.max_column}


def _trimmed(row: list[Any]) -> list[Any]:
    while row and row[-1] is None:
        row.pop()
    return row


def _letters(number: int) -> str:
    """The column's letters: A, B, ..., Z, AA, ..."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
