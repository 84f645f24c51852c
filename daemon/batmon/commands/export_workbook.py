"""Rows of an export as an Excel workbook: typed cells, a row of names that stays in sight, no text a formula."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from batmon.commands.export_formats import TIMES
from batmon.report.workbook.cells import SHEET_ROWS, TIME_FORMAT, Put, fitting, moment_in, new_sheet, number

WIDTHS = {
    "bot_name": 18, "task_name": 24, "message": 48, "error_details": 48, "run_id": 38, "account": 28, "error": 48,
    "started_by": 16, "node": 16, **dict.fromkeys(TIMES, 27),
}  # fmt: skip
WIDTH = 12


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
        self._moment = moment_in(zone)
        self._begin()

    def add(self, values: Mapping[str, Any]) -> None:
        """A row."""
        if self._rows == SHEET_ROWS:
            self.finish()
            self._begin()
        self._sheet.append([self._put(name, values.get(name)) for name, _ in self._columns])
        self._rows += 1

    def finish(self) -> None:
        """All rows are in it."""
        self._sheet.auto_filter.ref = f"A1:{get_column_letter(len(self._columns))}{self._rows}"

    def _begin(self) -> None:
        self._sheet = new_sheet(self._book, self._title)
        head, moment = WriteOnlyCell(self._sheet), WriteOnlyCell(self._sheet)
        head.font, moment.number_format = Font(bold=True), TIME_FORMAT
        self._moment_style = moment.style_id
        self._sheet.freeze_panes = "A2"
        for place, (name, _) in enumerate(self._columns, 1):
            self._sheet.column_dimensions[get_column_letter(place)].width = WIDTHS.get(name, WIDTH)
        self._sheet.append([(fitting(shown), head.style_id) for _, shown in self._columns])
        self._rows = 1

    def _put(self, name: str, value: Any) -> Put:
        if value is None or value == "":
            return None, 0
        if isinstance(value, bool):
            return value, 0
        if isinstance(value, (int, float)):
            return number(value), 0
        if name in TIMES and isinstance(value, str):
            return self._moment(datetime.fromisoformat(value)), self._moment_style
        return fitting(str(value)), 0
