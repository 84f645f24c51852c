"""Log lines as the gate sends them: each with its level, its time and the run that it belongs to. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from batmon.evidence.levels import level_of
from batmon.evidence.lines import RawLine
from batmon.evidence.read import SHOWN_CHARS
from batmon.evidence.rotation import log_series
from batmon.gate.sanitize import clean
from batmon.judge.timestamps import TimeReader, date_in_path
from batmon.model import Program, Run

Line = dict[str, Any]

_CLOCKS_DIFFER = timedelta(seconds=2)
_TRAILING = timedelta(minutes=1)
"""How long after a run's end its last lines may still come (a traceback, a line of farewell)."""

_FRAME_OF_A_LINE = 220
"""Bytes of JSON around a line's text."""


class LineReader:
    """Makes the gate's lines of one program's raw ones, in their order in the file at ``path``."""

    def __init__(self, program: Program, path: str) -> None:
        zone = ZoneInfo(program.timezone)
        self._times = TimeReader(zone, program.patterns.timestamp_format)
        self._series = log_series(path)
        self._last = date_in_path(path, zone)

    def time(self, text: str) -> datetime | None:
        """The time that a line begins with; what it leaves out comes from the line before."""
        found = self._times.find(text, self._last)
        if found is None:
            return None
        self._last = found.at
        return found.at

    def lines(self, raw: Iterable[RawLine]) -> list[Line]:
        """``LogLine``s that belong to no run yet."""
        return [self._line(line) for line in raw]

    def _line(self, raw: RawLine) -> Line:
        return line_of(raw, self.time(raw.text[:SHOWN_CHARS])) | {"run_id": None, "run": None}

    def mark(self, lines: Sequence[Line], runs: Iterable[Run]) -> list[dict[str, Any]]:
        """Say of each line to which run it belongs; gives those runs, oldest first, in short.

        A run's place is a span of offsets in the file that it was found in, which may have been renamed or written
        anew since: so a line's own time must not contradict.
        """
        spans = [run for run in runs if run.log and log_series(run.log.span.path) == self._series]
        spans.sort(key=lambda run: run.log.span.start if run.log else 0)
        used: dict[str, Run] = {}
        time: datetime | None = None
        for line in lines:
            time = line["time"] or time
            run = next((run for run in reversed(spans) if _holds(run, line["offset"], time)), None)
            if run is None or run.log is None:
                continue
            line["run_id"] = str(run.run_id)
            used[line["run_id"]] = run
            span = run.log.span
            if span.end is not None and line["offset"] < span.end <= line["end"]:
                line["run"] = "end"
            elif line["offset"] <= span.start < line["end"]:
                line["run"] = "start"
        return [run_in_short(run) for run in sorted(used.values(), key=lambda run: run.start_time)]


def line_of(raw: RawLine, time: datetime | None) -> Line:
    """A line for the gate, without a word of runs."""
    text = raw.text[:SHOWN_CHARS]
    line: Line = {"offset": raw.offset, "end": raw.end, "text": text, "level": level_of(text), "time": time}
    if raw.cut is not None or len(raw.text) > SHOWN_CHARS:
        line["cut"] = raw.cut or len(raw.text)
    return line


def run_in_short(run: Run) -> dict[str, Any]:
    """What names a run on the screen."""
    return {
        "run_id": str(run.run_id),
        "log_id": run.log_id,
        "status": run.status.value,
        "start_time": run.start_time,
        "end_time": run.end_time,
        "origin": run.origin.value,
    }


def _holds(run: Run, offset: int, time: datetime | None) -> bool:
    if run.log is None:
        return False
    span = run.log.span
    if offset < span.start or (span.end is not None and offset >= span.end):
        return False
    if time is None:
        return True
    begun = run.log.started_at - _CLOCKS_DIFFER
    return begun <= time and (run.end_time is None or time <= run.end_time + _TRAILING)


def cost(line: Line) -> int:
    """About how many bytes a line takes in a frame."""
    return _FRAME_OF_A_LINE + len(json.dumps(clean(line["text"]), ensure_ascii=False).encode(errors="replace"))


def parcels(lines: Sequence[Line], size: int) -> Iterable[list[Line]]:
    """The lines in parts of at most ``size`` bytes of frame each."""
    part: list[Line] = []
    weight = 0
    for line in lines:
        heavy = cost(line)
        if part and weight + heavy > size:
            yield part
            part, weight = [], 0
        part.append(line)
        weight += heavy
    if part:
        yield part
