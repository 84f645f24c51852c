"""CSV and TSV as a table: the delimiter found by what gives equal columns, rows by pages."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from batmon.previews.cells import MOST_COLUMNS, Request, cell
from batmon.previews.decoding import TEXT_BYTES, beginning

_DELIMITERS = ",\t;|"
_TRIED_LINES = 30
_TRIED_CHARS = 64 * 1024
_LONGEST_FIELD = 1 << 20


def csv_table(file: BinaryIO, request: Request) -> dict[str, Any]:
    """Rows from ``offset`` on; the first line of the file is its heads when it looks like them."""
    text, encoding, cut = beginning(file)
    csv.field_size_limit(_LONGEST_FIELD)
    delimiter = _delimiter(text, "\t" if request.name.lower().endswith(".tsv") else ",")
    rows = _rows(text, delimiter)
    first = next(rows, [])
    heads = _are_heads(first)
    columns = [cell(value) for value in first] if heads else [str(number + 1) for number in range(len(first))]
    if not heads:
        rows = _rows(text, delimiter)
    page = [[cell(value) for value in row[:MOST_COLUMNS]] for row in islice(rows, request.offset, request.end)]
    more = next(rows, None) is not None
    shown: dict[str, Any] = {
        "columns": columns[:MOST_COLUMNS], "rows": page, "more": more, "next": request.end if more else None,
        "encoding": encoding, "delimiter": delimiter,
    }  # fmt: skip
    if cut:
        shown["cut"] = f"only the first {TEXT_BYTES >> 20} MiB are shown as a table"
    return shown


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """The rows that are not empty; a NUL, which the reader refuses, is shown."""
    source = io.StringIO(text.replace("\0", "\u2400"), newline="")
    for row in csv.reader(source, delimiter=delimiter, strict=False):
        if row:
            yield row


def _delimiter(text: str, preferred: str) -> str:
    """What parts the first lines into the most columns of equal number."""
    sample = text[:_TRIED_CHARS]

    def worth(delimiter: str) -> tuple[float, bool]:
        try:
            widths = [len(row) for row in islice(_rows(sample, delimiter), _TRIED_LINES)]
        except csv.Error:
            return 0.0, False
        usual = max(set(widths), key=widths.count, default=1)
        return (usual > 1) * widths.count(usual) / len(widths) if widths else 0.0, delimiter == preferred

    return max(_DELIMITERS, key=worth)


def _are_heads(row: list[str]) -> bool:
    return bool(row) and all(value.strip() and not _is_number(value) for value in row)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True
