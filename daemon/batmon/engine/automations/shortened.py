"""Rows of other people's tables cut to what a line of the gate holds; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LENGTHS = (20_000, 2_000, 200)
"""Characters that a text may have; the first of them with which the whole is small enough."""
MOST_BYTES = 300 * 1024
MOST_PARTS = 1000
"""Elements of an array, or of a table inside a column."""


def shortened(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row, long texts cut so that all of it takes a few hundred KiB as JSON at most."""
    for length in LENGTHS:
        shown = {str(key)[:200]: _cut(value, length) for key, value in row.items()}
        if len(json.dumps(shown, ensure_ascii=False).encode("utf-8", "replace")) <= MOST_BYTES:
            return shown
    return {key: _cut(str(value), LENGTHS[-1]) for key, value in list(shown.items())[:MOST_PARTS]}


def _cut(value: Any, length: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= length else f"{value[:length]}…"
    if isinstance(value, Mapping):
        return {str(key)[:200]: _cut(one, length) for key, one in list(value.items())[:MOST_PARTS]}
    if isinstance(value, list):
        return [_cut(one, length) for one in value[:MOST_PARTS]]
    return value
