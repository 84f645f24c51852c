"""How much fits an answer: a line of the gate has an end, and the sanitizer may make a text three times as long."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from batmon.gate.frames import LINE_LIMIT
from batmon.gate.sanitize import clean_value

ROOM = LINE_LIMIT * 5 // 8
"""Bytes of the rows of one answer, which holds other things beside them."""

Rows = list[dict[str, Any]]


def fitting(rows: Rows) -> Rows:
    """The first of them that fit an answer together; at least one."""
    room = ROOM
    for count, row in enumerate(rows):
        room -= size(row)
        if room < 0 and count:
            return rows[:count]
    return rows


def in_pieces(rows: Iterable[dict[str, Any]], most: int = ROOM) -> Iterator[Rows]:
    """The rows in lists that each fit an answer."""
    held: Rows = []
    room = most
    for row in rows:
        needed = size(row)
        if held and needed > room:
            yield held
            held, room = [], most
        held.append(row)
        room -= needed
    if held:
        yield held


def size(row: dict[str, Any]) -> int:
    """The bytes of a row as it leaves the gate."""
    return len(json.dumps(clean_value(row), ensure_ascii=False, default=str).encode("utf-8", "replace"))
