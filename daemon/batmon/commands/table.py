"""Aligned columns of text, with Korean and other wide characters counted as the two cells that they take."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

GAP = "  "
ELLIPSIS = "…"


def cells(text: str) -> int:
    """How many terminal cells ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(_cells_of(char) for char in text)


def _cells_of(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf") or "\u1160" <= char <= "\u11ff":
        return 0  # combining marks, joiners, and the vowels and finals of decomposed Hangul
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, width: int) -> str:
    """``text`` in at most ``width`` cells, the end replaced by an ellipsis if it is longer."""
    if cells(text) <= width:
        return text
    kept, used = [], 0
    for char in text:
        used += _cells_of(char)
        if used > width - 1:
            break
        kept.append(char)
    return "".join(kept) + ELLIPSIS


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], width: int = 0, right: Collection[int] = ()
) -> list[str]:
    """The lines of a table; its last column is cut to what ``width`` leaves, if that is not 0.

    ``right``: the numbers, from 0, of the columns that are aligned to the right.
    """
    every = [list(heads), *(list(row) for row in rows)]
    widths = [max(cells(row[column]) for row in every) for column in range(len(heads))]
    lines = []
    for row in every:
        spaces = [" " * (w - cells(text)) for text, w in zip(row, widths, strict=True)]
        padded = [
            gap + text if n in right else text + gap for n, (text, gap) in enumerate(zip(row, spaces, strict=True))
        ]
        start = "".join(text + GAP for text in padded[:-1])
        last = padded[-1].rstrip()
        if width:
            last = cut(last, max(10, width - cells(start)))
        lines.append((start + last).rstrip())
    return lines


def moment(text: str | None, zone: tzinfo) -> str:
    """A protocol time as ``2026-11-21 06:00:12`` in ``zone``; ``-`` if there is none."""
    return "-" if text is None else f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M:%S}"


def run_status(run: Mapping[str, Any]) -> str:
    """A run's status; ``DIED`` when its last word is that it runs, and its process is gone."""
    process = (run.get("evidence") or {}).get("process") or {}
    return "DIED" if run["status"] == "RUNNING" and process.get("alive") is False else str(run["status"])


def duration(seconds: float | None) -> str:
    """``12ms``, ``0.4s``, ``4s``, ``12s``, ``3m 05s``, ``2h 07m``; ``-`` if not known."""
    if seconds is None:
        return "-"
    if 0 < seconds < 0.1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 10 and seconds != int(seconds):
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s" if minutes else f"{rest}s"
    return f"{minutes // 60}h {minutes % 60:02d}m"
