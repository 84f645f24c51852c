"""Compares two runs in a process of its own: masking hundreds of thousands of lines would hold up the daemon.

Run as ``python -m batmon.engine.log_files.difference_apart``: one JSON request on stdin, one JSON answer on stdout.
A child whose parent is gone ends by itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any
from zoneinfo import ZoneInfo

from batmon.engine.apart import answer_apart, ask_apart
from batmon.evidence.levels import level_of
from batmon.evidence.read import LogText, open_text
from batmon.judge.difference import KINDS_SHOWN, SAMPLE_CHARS, Side, Written, difference
from batmon.judge.patterns import head_of
from batmon.judge.timestamps import TimeReader

MOST_BYTES = 20 << 20
MOST_LINES = 200_000
"""Of each of the two runs: what lies beyond is not compared, and the answer says so."""
LONGEST_SEC = 60.0
_ANSWER_BYTES = 2 * KINDS_SHOWN * (SAMPLE_CHARS * 12 + 200)
"""A character is at most twelve bytes of JSON."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of one run: bytes ``start`` to ``end`` (None: to its end) of the file at ``path``."""

    path: str
    start: int
    end: int | None
    encoding: str
    timezone: str
    timestamp_format: str | None


async def compare_apart(run: Lines, against: Lines, *, most_lines: int = MOST_LINES) -> dict[str, Any]:
    """``new``, ``missing`` (lists of kinds), ``same`` and ``cut`` as ``log.diff`` gives them.

    Raises:
        EvidenceError: a file cannot be read, or it takes more than a minute.
    """
    request = {"run": asdict(run), "against": asdict(against), "most_lines": most_lines}
    return await ask_apart(
        __name__, json.dumps(request).encode() + b"\n", what="the comparison", seconds=LONGEST_SEC,
        most_bytes=_ANSWER_BYTES, hint="is the machine busy? try again",
    )  # fmt: skip


def compare(run: Lines, against: Lines, *, most_lines: int = MOST_LINES) -> dict[str, Any]:
    """The same, here and now. Blocks."""
    one, whole = _read(run, most_lines)
    other, other_whole = _read(against, most_lines)
    found = difference(one, other)
    return {
        "new": [asdict(kind) for kind in found.new],
        "missing": [asdict(kind) for kind in found.missing],
        "same": found.same,
        "cut": found.cut or not whole or not other_whole,
    }


def _read(lines: Lines, most_lines: int) -> tuple[Side, bool]:
    """Lines by kind, and whether these are all."""
    side = Side()
    reader = TimeReader(ZoneInfo(lines.timezone), lines.timestamp_format)
    with open_text(lines.path, lines.encoding) as text:
        last = text.size if lines.end is None else min(lines.end, text.size)
        stop = min(last, lines.start + MOST_BYTES)
        source = _written(text, lines.start, stop, reader)
        side.add(line for _, line in zip(range(most_lines), source, strict=False))
        return side, stop == last and next(source, None) is None


def _written(text: LogText, start: int, stop: int, reader: TimeReader) -> Iterator[Written]:
    for begin, end in text.extents_from(start):
        if begin >= stop:
            return
        line = text.line(begin, end).text
        time = reader.find(line)
        level, message = head_of(line if time is None else line[time.end :])
        yield Written(begin, line, message if level is None else f"{level}: {message}", level_of(line))


if __name__ == "__main__":

    def _answer() -> dict[str, Any]:
        request = json.loads(sys.stdin.readline())
        return compare(Lines(**request["run"]), Lines(**request["against"]), most_lines=request["most_lines"])

    answer_apart(_answer, seconds=LONGEST_SEC)
