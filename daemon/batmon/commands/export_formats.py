"""Rows of an export as text: CSV that a spreadsheet opens and does not execute, and JSON lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

TIMES = frozenset({"start_time", "end_time", "started_at", "ended_at"})
"""Columns that hold moments; in a frame they are ISO 8601 text."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell of a CSV file for a formula: https://owasp.org/www-community/attacks/CSV_Injection"""

BOM = "\ufeff"
"""Without it a Korean Excel takes a CSV file for CP949 and shows nonsense; whoever reads CSV by program knows it."""


class Rows(Protocol):
    """Takes an export in its order: ``begin``, then for each run ``run``, ``item``..., ``end_run``, then ``end``."""

    def begin(self, head: Mapping[str, Any]) -> None:
        """The first frame of ``export.runs``: columns and time zone."""

    def run(self, values: Mapping[str, Any]) -> None:
        """A run begins."""

    def item(self, values: Mapping[str, Any]) -> None:
        """An item of that run."""

    def end_run(self) -> None:
        """The run has no more items."""

    def end(self) -> None:
        """There are no more runs."""


class CsvRows:
    """A line for each run, or with items a line for each item that has its run's columns too."""

    def __init__(self, write: Callable[[str], object], *, bom: bool, newline: str) -> None:
        self._write = write
        self._bom = bom
        self._lines = csv.writer(_Writer(write), lineterminator=newline)
        self._waiting: list[str] | None = None

    def begin(self, head: Mapping[str, Any]) -> None:
        """The line of names."""
        self._zone = ZoneInfo(str(head["timezone"]))
        self._columns, self._item_columns = list(head["columns"]), list(head["item_columns"])
        if self._bom:
            self._write(BOM)
        self._lines.writerow([*self._columns, *(f"item_{name}" for name in self._item_columns)])

    def run(self, values: Mapping[str, Any]) -> None:
        """Kept until it is known whether it has items."""
        self._run = [self._cell(name, values.get(name)) for name in self._columns]
        self._waiting = self._run

    def item(self, values: Mapping[str, Any]) -> None:
        """A line."""
        self._lines.writerow([*self._run, *(self._cell(name, values.get(name)) for name in self._item_columns)])
        self._waiting = None

    def end_run(self) -> None:
        """The line of a run without items."""
        if self._waiting is not None:
            self._lines.writerow([*self._waiting, *("" for _ in self._item_columns)])
            self._waiting = None

    def end(self) -> None:
        """Nothing stands at the end."""

    def _cell(self, name: str, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str):
            return str(value)
        if name in TIMES:
            return datetime.fromisoformat(value).astimezone(self._zone).isoformat(sep=" ")
        return harmless(value)


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: one that begins like one gets an apostrophe before it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class JsonRows:
    """A JSON object a line for each run, with its items as the list ``items`` if they were asked for."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._joint = ""

    def begin(self, head: Mapping[str, Any]) -> None:
        """Nothing stands at the beginning."""
        self._columns, self._item_columns = list(head["columns"]), list(head["item_columns"])

    def run(self, values: Mapping[str, Any]) -> None:
        """The object up to its items, of which there may be many."""
        text = _object(values, self._columns)
        self._write(f'{text[:-1]}, "items": [' if self._item_columns else text)
        self._joint = ""

    def item(self, values: Mapping[str, Any]) -> None:
        """One element of the list."""
        self._write(self._joint + _object(values, self._item_columns))
        self._joint = ", "

    def end_run(self) -> None:
        """The end of the line."""
        self._write("]}\n" if self._item_columns else "\n")

    def end(self) -> None:
        """Nothing stands at the end."""


def _object(values: Mapping[str, Any], columns: list[str]) -> str:
    return json.dumps({name: values.get(name) for name in columns}, ensure_ascii=False)


class _Writer:
    """What the csv module wants of a file."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self.write = write
