"""Rows of an export as an Excel workbook: typed cells, a row of names that stays in sight, no text a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from batmon.commands.export_formats import TIMES
from batmon.gate.sanitize import clean

CELL_UNITS = 32_767
"""UTF-16 units that a cell holds: https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3"""
SHEET_ROWS = 1_048_576
TIME_FORMAT = "yyyy-mm-dd hh:mm:ss"
FIRST_YEAR = 1900
"""Excel knows no day before."""

WIDTHS = {
    "bot_name": 18, "task_name": 24, "message": 48, "error_details": 48, "run_id": 38, "account": 28, "error": 48,
    "started_by": 16, "node": 16, **dict.fromkeys(TIMES, 27),
}  # fmt: skip
WIDTH = 12
_NO_XML = re.compile("[\ufffe\uffff]")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""Excel reads ``_x0041_`` in a text as ``A``; the underscore's own escape keeps it as it was written."""


class WorkbookRows:
    """Builds ``book``: a sheet of runs, and one of items if they were asked for; rows go to temporary files at once."""

    def __init__(self) -> None:
        self.book = Workbook(write_only=True)
        self._sheets: list[_Sheet] = []
        self._log_id: Any = None
        self._run_id: Any = None

    def begin(self, head: Mapping[str, Any]) -> None:
        """The sheets with their names of columns; moments are in the program's zone, which stands there."""
        zone = ZoneInfo(str(head["timezone"]))
        self._sheets.append(_Sheet(self.book, "runs", head["columns"], zone))
        if head["item_columns"]:
            self._sheets.append(_Sheet(self.book, "items", ["log_id", "run_id", *head["item_columns"]], zone))

    def run(self, values: Mapping[str, Any]) -> None:
        """A row of the first sheet."""
        self._log_id, self._run_id = values.get("log_id"), values.get("run_id")
        self._sheets[0].add(values)

    def item(self, values: Mapping[str, Any]) -> None:
        """A row of the second sheet, with what names its run."""
        self._sheets[1].add({**values, "log_id": self._log_id, "run_id": self._run_id})

    def end_run(self) -> None:
        """Nothing stands at a run's end."""

    def end(self) -> None:
        """Let people filter what is there."""
        for sheet in self._sheets:
            sheet.finish()


class _Sheet:
    """A sheet, and another one after it each time that it is full."""

    def __init__(self, book: Workbook, title: str, columns: Iterable[str], zone: ZoneInfo) -> None:
        self._book = book
        self._title = title
        self._columns = [(name, f"{name} ({zone.key})" if name in TIMES else name) for name in columns]
        self._zone = zone
        self._number = 0
        self._begin()

    def add(self, values: Mapping[str, Any]) -> None:
        """A row."""
        if self._rows == SHEET_ROWS:
            self.finish()
            self._begin()
        self._sheet.append([self._cell(name, values.get(name)) for name, _ in self._columns])
        self._rows += 1

    def finish(self) -> None:
        """All rows are in it."""
        self._sheet.auto_filter.ref = f"A1:{get_column_letter(len(self._columns))}{self._rows}"

    def _begin(self) -> None:
        self._number += 1
        self._sheet: Any = self._book.create_sheet(
            self._title if self._number == 1 else f"{self._title} {self._number}"
        )
        self._sheet.freeze_panes = "A2"
        for place, (name, _) in enumerate(self._columns, 1):
            self._sheet.column_dimensions[get_column_letter(place)].width = WIDTHS.get(name, WIDTH)
        names = [self._text(shown) for _, shown in self._columns]
        for cell in names:
            cell.font = Font(bold=True)
        self._sheet.append(names)
        self._rows = 1

    def _cell(self, name: str, value: Any) -> Any:
        """What openpyxl is to write: None, a number, or a cell whose type is not left to its guess."""
        if not isinstance(value, str):
            return value
        if name in TIMES:
            local = datetime.fromisoformat(value).astimezone(self._zone)
            if local.year >= FIRST_YEAR:
                cell = WriteOnlyCell(self._sheet, local.replace(tzinfo=None))
                cell.number_format = TIME_FORMAT
                return cell
        return self._text(value) if value else None

    def _text(self, text: str) -> Any:
        cell = WriteOnlyCell(self._sheet, fitting(text))
        cell.data_type = "s"  # openpyxl takes "=1+1" for a formula and "#N/A" for an error
        return cell


def fitting(text: str) -> str:
    """A text as a cell can hold it: nothing that acts, and one that is too long cut, which its end says."""
    shown = _ESCAPE.sub("_x005F_", _NO_XML.sub("\ufffd", clean(text, multiline=True)))
    if len(shown) * 2 <= CELL_UNITS or _units(shown) <= CELL_UNITS:
        return shown
    note = f"… ({len(text):,} characters)"
    kept = shown.encode("utf-16-le")[: 2 * (CELL_UNITS - _units(note))].decode("utf-16-le", "ignore")
    return kept + note


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
