"""What is asked of a preview, and how a value looks in a cell."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

MOST_COLUMNS = 200
_LONGEST_CELL = 500
_LARGEST_NUMBER = 2**53


class CannotShow(Exception):
    """The file cannot be shown as its kind: the sentence says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """``offset`` and ``limit`` count rows, nodes or members; ``format`` is ``kinds.kind_of``'s."""

    kind: str
    format: str
    name: str = ""
    offset: int = 0
    limit: int = 200
    sheet: str | None = None
    table: str | None = None

    @property
    def end(self) -> int:
        """The first that is not shown any more."""
        return self.offset + self.limit


def cell(value: Any) -> Any:
    """A value as JSON has it: long text cut, bytes told, times and numbers that JSON's readers would change as text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST_NUMBER else cell(hex(value) if value.bit_length() > 1000 else str(value))
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if isinstance(value, bytes):
        return f"{len(value):,} bytes: {value[:32].hex(' ')}{'…' if len(value) > 32 else ''}"
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat(" ") if isinstance(value, datetime.datetime) else value.isoformat()
    text = str(value)
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"
