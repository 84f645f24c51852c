"""The hits of a search over all logs, as they come in: the newest first, never more than are kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.cells import cell_len, chop_cells
from textual.geometry import Size

from batmon_tui.board import GAP
from batmon_tui.cells import fit
from batmon_tui.view import View
from batmon_tui.widgets.lines import LineList, Piece

KEPT_CHARS = 1000
"""Of a hit's text; the log itself shows the rest."""

_TIME = len("11-21 06:00:12")
_LONGEST_NAME = 16
_FILE_FROM = 110
"""Cells of a screen that shows the file too."""
_FILE = 22
_BEFORE = 12
"""Cells before a hit that stands too far to the right."""

_OWN_TIME = re.compile(r"\[?\d{4}[-/.]\d\d[-/.]\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?(?: - | )")
"""The commonest form of a time at the beginning of a line."""

_LETTERS = {"error": "E", "warn": "W", "debug": "D"}
_COLOURS = {"error": "lines--error", "warn": "lines--warning", "debug": "lines--quiet"}


@dataclass(frozen=True, slots=True)
class Hit:
    """One line that was found; ``time`` in UTC, ``spans`` in ``text``."""

    program: str
    path: str
    name: str
    offset: int
    text: str
    level: str
    time: datetime | None
    spans: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Hit:
        """From the gate's form."""
        time = item["time"]
        text = str(item["text"])[:KEPT_CHARS].replace("\n", "␊")
        return cls(
            program=str(item["program"]),
            path=str(item["path"]),
            name=str(item["name"]),
            offset=int(item["offset"]),
            text=text,
            level=str(item["level"] or ""),
            time=datetime.fromisoformat(time) if isinstance(time, str) else None,
            spans=tuple((start, min(end, len(text))) for start, end in item["spans"] if start < len(text)),
        )


class HitList(LineList):
    """Shows hits in the order in which they were found; the key of a row is its number."""

    COMPONENT_CLASSES = LineList.COMPONENT_CLASSES | {"lines--hit"}

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.hits: list[Hit] = []
        self._view: View | None = None
        self._zones: dict[str, View] = {}
        self._name_cells = 8

    @property
    def current(self) -> Hit | None:
        """The hit under the cursor."""
        return self.hits[int(self.chosen)] if self.chosen else None

    def begin(self) -> None:
        """Another search: nothing is found yet."""
        self.hits.clear()
        self._name_cells = 8
        self.forget_cursor()
        self.show_keys([])

    def add(self, hits: Iterable[Hit]) -> None:
        """Put hits below the others; what is on the screen stays where it is."""
        first, name = len(self.hits), self._name_cells
        self.hits += hits
        fresh = self.hits[first:]
        self._name_cells = max(name, *(min(_LONGEST_NAME, cell_len(hit.program)) for hit in fresh)) if fresh else name
        self._keys += map(str, range(first, len(self.hits)))
        self._place.update((key, int(key)) for key in self._keys[first:])
        self.virtual_size = Size(0, len(self._keys) + 1)
        if self._name_cells != name:
            self._strips.clear()
            self.refresh()
        elif first < self.scroll_offset.y + self.size.height:
            self.refresh()
        if not first and fresh:
            self.post_message(self.Moved(self.chosen))

    def speak(self, view: View, rows: Mapping[str, Any]) -> None:
        """Tell times as ``view`` does, those of a program in its own zone."""
        before = self._view
        self._view = view
        self._zones = {name: view.of(row) for name, row in rows.items()}
        if before is None or (before.language, before.zone) != (view.language, view.zone):
            self.redraw()

    def time(self, hit: Hit) -> str:
        """When its line was written, in the zone of its program."""
        view = self._zones.get(hit.program, self._view)
        if hit.time is None or view is None:
            return "–"
        at = hit.time.astimezone(view.zone)
        same_year = at.year == view.now.astimezone(view.zone).year
        return f"{at:%m-%d %H:%M:%S}" if same_year else f"{at:%Y-%m-%d}"

    def heading(self, width: int) -> list[Piece]:
        """The names of the columns."""
        if self._view is None or not self.hits:
            return []
        tr = self._view.tr
        file = fit(tr("search.col.file"), _FILE) + " " * GAP if width >= _FILE_FROM else ""
        names = (
            fit(tr("search.col.program"), self._name_cells) + " " * GAP + fit(tr("search.col.time"), _TIME) + " " * GAP
        )
        return [(names + file, ""), ("  " + tr("search.col.line"), "")]

    def pieces(self, key: str, width: int) -> list[Piece]:
        """One hit: program, time, on a wide screen the file, then the line."""
        hit = self.hits[int(key)]
        shade = _COLOURS.get(hit.level, "")
        pieces: list[Piece] = [
            (fit(hit.program, self._name_cells) + " " * GAP, "lines--strong"),
            (fit(self.time(hit), _TIME) + " " * GAP, "lines--quiet"),
        ]
        if width >= _FILE_FROM:
            pieces.append((_end(hit.name, _FILE) + " " * GAP, "lines--quiet"))
        pieces.append((_LETTERS.get(hit.level, " ") + " ", shade))
        room = width - 1 - sum(cell_len(text) for text, _ in pieces)
        return pieces + _line(hit, room, shade)


def _line(hit: Hit, room: int, shade: str) -> list[Piece]:
    """The line with its hits marked, without the time that stands beside it, and the first hit in sight."""
    own = _OWN_TIME.match(hit.text) if hit.time is not None else None
    start = own.end() if own and not any(begin < own.end() for begin, _ in hit.spans) else 0
    done = start
    if hit.spans and cell_len(hit.text[start : hit.spans[0][1]]) > room - 1:
        done = max(start, hit.spans[0][0] - _BEFORE)
    pieces: list[Piece] = [("…", "lines--quiet")] if done > start else []
    for begin, end in hit.spans:
        pieces += [(hit.text[done:begin], shade), (hit.text[begin:end], "lines--hit")]
        done = end
    return [*pieces, (hit.text[done : done + max(0, room)], shade)]


def _end(text: str, width: int) -> str:
    """The end of a path in exactly ``width`` cells: a file's name says more than its folder."""
    if cell_len(text) <= width:
        return fit(text, width)
    kept = chop_cells(text[::-1], width - 1)[0][::-1]
    return fit(f"…{kept}", width)
