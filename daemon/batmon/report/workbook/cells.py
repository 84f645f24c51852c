"""What a cell of a workbook may hold: texts that never act, numbers and times as Excel stores them.

Every workbook that BATMON writes is written through ``Sheet``: rows are XML at once, so that neither memory nor time
goes into cells, and a text is a text whatever it begins with (openpyxl would take ``=1+1`` for a formula).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.xml.functions import fromstring

from batmon.gate.sanitize import clean

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet as WriteOnlyWorksheet  # its stub lacks what it takes from there
else:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

CELL_UNITS = 32_767
"""UTF-16 units that a cell holds: https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3"""
SHEET_ROWS = 1_048_576
NAME_UNITS = 31
"""UTF-16 units of a sheet's name."""
SAFE_INT = 10**15
"""Excel keeps 15 digits: what has more, such as a number of an account, is kept as text."""
FIRST_DAY = date(1900, 3, 1)
"""Excel counts days from 1900 on and takes that for a leap year; what lies before is kept as text."""
TIME_FORMAT = "yyyy-mm-dd hh:mm:ss"
DAY_SECONDS = 86_400.0

Value = str | int | float | None
"""What a cell stores: a text, a number, a yes or no, or nothing."""
Put = tuple[Value, int]
"""A value and the number of its style (``Styles``)."""

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a day on the calendar, no moment
_NO_XML = re.compile("[\ufffe\uffff]")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""Excel reads ``_x0041_`` in a text as ``A``; the underscore's own escape keeps it as it was written."""
_NO_NAME = re.compile(r"[\[\]:*?/\\\n]+")


class _Writer(WorksheetWriter):
    """Writes rows that are XML already."""

    ws: Any

    def write_row(self, xf: Any, row: Iterable[Any], row_idx: int) -> None:
        """A row of XML with its height, if it has one of its own."""
        dimension = self.ws.row_dimensions.get(row_idx)
        more = "" if dimension is None else "".join(f' {name}="{value}"' for name, value in dimension)
        xf.write(fromstring(f'<row r="{row_idx}"{more}>{"".join(row)}</row>'))


class Sheet(WriteOnlyWorksheet):
    """A sheet whose rows are given as ``Put``s and go to a temporary file at once."""

    _writer: Any
    _hyperlinks: list[Hyperlink]

    def _get_writer(self) -> None:
        if self._writer is None:
            self._writer = _Writer(self)
            self._writer.write_top()

    def _values_to_row(self, values: Iterable[Put], row_idx: int) -> Iterator[str]:
        for letter, (value, style) in zip(_LETTERS, values, strict=False):
            if value is None:
                if style:
                    yield f'<c r="{letter}{row_idx}" s="{style}"/>'
            elif isinstance(value, str):
                yield (
                    f'<c r="{letter}{row_idx}" s="{style}" t="inlineStr"><is><t xml:space="preserve">'
                    f"{escape(value)}</t></is></c>"
                )
            elif value is True or value is False:
                yield f'<c r="{letter}{row_idx}" s="{style}" t="b"><v>{value:d}</v></c>'
            else:
                yield f'<c r="{letter}{row_idx}" s="{style}"><v>{value!r}</v></c>'

    def abandon(self) -> None:
        """Close it and remove its temporary file: the workbook is not going to be saved."""
        own: Any = self  # its stub is that of a usual sheet
        try:
            if not own.closed:
                own.close()
        finally:
            self._writer.cleanup()

    def link(self, cell: str, sheet: str) -> None:
        """Let ``cell``, which is written already, lead to a sheet of this workbook."""
        quoted = sheet.replace("'", "''")
        self._hyperlinks.append(Hyperlink(ref=cell, location=f"'{quoted}'!A1", display=None))


_LETTERS = tuple(get_column_letter(number) for number in range(1, 16_385))


def new_sheet(book: Workbook, name: str) -> Sheet:
    """A sheet at the end of a write-only workbook; ``name`` is made one that Excel takes and no other sheet has."""
    sheet = Sheet(book, sheet_name(name, book.sheetnames))
    adding: Any = book
    adding._add_sheet(sheet)  # noqa: SLF001 - create_sheet() would make one of openpyxl's own class
    return sheet


def sheet_name(name: str, taken: Iterable[str]) -> str:
    """``name`` without what Excel forbids, not too long, and numbered if a sheet has it already in any case."""
    allowed = _NO_NAME.sub(" ", harmless(name)).strip(" '") or "Sheet"
    if allowed.lower() == "history":  # Excel keeps this name for itself
        allowed = f"{allowed} 1"
    known = {one.lower() for one in taken}
    found, number = _cut(allowed, NAME_UNITS), 1
    while found.lower() in known:
        number += 1
        found = f"{_cut(allowed, NAME_UNITS - len(f' {number}'))} {number}"
    return found


def harmless(text: str) -> str:
    """A text with nothing that acts, and nothing that XML cannot carry: for whatever is no cell."""
    return _NO_XML.sub("\ufffd", clean(text, multiline=True))


def fitting(text: str) -> str:
    """A text as a cell can hold it: nothing that acts, and one that is too long cut, which its end says."""
    if len(text) * 2 <= CELL_UNITS and text.isprintable() and "_x" not in text and "\u034f" not in text:
        return text
    shown = _ESCAPE.sub("_x005F_", harmless(text))
    if len(shown) * 2 <= CELL_UNITS or _units(shown) <= CELL_UNITS:
        return shown
    note = f"… ({len(text):,} characters)"
    return _cut(shown, CELL_UNITS - _units(note)) + note


def number(value: float) -> Value:
    """A number as Excel can keep it: one with too many digits as text, one that is none as nothing."""
    if isinstance(value, int):
        return value if -SAFE_INT < value < SAFE_INT else str(value)
    return value if isfinite(value) else None


def day(value: date) -> Value:
    """A date as Excel counts days."""
    return (value - _EPOCH.date()).days if value >= FIRST_DAY else value.isoformat()


def moment_in(zone: ZoneInfo) -> Callable[[datetime], Value]:
    """What turns an aware moment into Excel's count of days, on the clocks of ``zone``."""

    def serial(value: datetime) -> Value:
        local = value.astimezone(zone).replace(tzinfo=None)
        if local.date() < FIRST_DAY:
            return local.isoformat(" ")
        since = local - _EPOCH
        return since.days + (since.seconds + since.microseconds / 1e6) / DAY_SECONDS

    return serial


def _cut(text: str, units: int) -> str:
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore").rstrip(" '") if units else ""


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
