"""The log lines that an incident's story shows: around a run's first error, and against the last good run.

The logs are those of the programs that are configured on this server, read through the one door that every log is read
through, with a bound in bytes and in time. What cannot be had is said, and is no error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from batmon.engine.log_files.difference_apart import Lines, compare_apart
from batmon.engine.log_files.marks import LineReader
from batmon.engine.log_files.runs import LogRuns
from batmon.errors import EvidenceError, NotFound
from batmon.evidence.levels import level_of
from batmon.evidence.listing import log_files
from batmon.evidence.read import LogText, open_text
from batmon.model import Program, Run, RunStatus
from batmon.report.story import Compared, KindOfLine, LogLines
from batmon.report.voice import Voice
from batmon.store import Store

BEFORE, AFTER = 12, 28
"""Lines before the first error and from it on."""
LOOKED_THROUGH = 4 << 20
"""Bytes of a run that are looked through for its first error."""
LONGEST_SEC = 10.0
COMPARING_SEC = 30.0
COMPARED_LINES = 50_000
"""Of each of two runs: a report may have several to compare."""
TRAILING = timedelta(minutes=1)
"""How long after a run's end its last lines may still come."""
SAMPLE = 60
"""Characters of the error that is known by which its line is found again."""


class Evidence:
    """Reads logs of ``programs``, by name in small letters."""

    def __init__(self, store: Store, programs: Sequence[Program], voice: Voice) -> None:
        self._programs: Mapping[str, Program] = {one.name.lower(): one for one in programs}
        self._runs = LogRuns(store.runs_near, store.run)
        self._voice = voice

    async def lines(self, run: Run, node: str, following: Run | None) -> LogLines:
        """The lines around the first error of a run that ran on ``node``; of a good run its first lines.

        ``following``: the run after it, whose lines are not its own.
        """
        place = await self._place(run, node)
        if isinstance(place, str):
            return LogLines(run, why=place)
        try:
            async with asyncio.timeout(LONGEST_SEC):
                lines, marked = await asyncio.to_thread(
                    _around, place, run, following, self._programs[run.program.lower()]
                )
        except TimeoutError:
            return LogLines(run, why=self._voice.words("log_unread"))
        except EvidenceError as error:
            return LogLines(run, why=str(error))
        if not lines:
            return LogLines(run, why=self._voice.words("no_log"))
        return LogLines(run, lines, marked, Path(place.path).name)

    async def compared(self, run: Run, good: Run, node: str) -> Compared:
        """What a run's lines say that those of ``good`` do not, and the other way round."""
        places = []
        for one in (run, good):
            place = await self._place(one, node)
            if isinstance(place, str):
                return Compared(why=place)
            places.append(place)
        try:
            async with asyncio.timeout(COMPARING_SEC):
                found = await compare_apart(*places, most_lines=COMPARED_LINES)
        except TimeoutError:
            return Compared(why=self._voice.words("took_long"))
        except EvidenceError as error:
            return Compared(why=str(error))
        new, missing = (
            tuple(KindOfLine(kind["text"], kind["count"]) for kind in found[key]) for key in ("new", "missing")
        )
        return Compared(new, missing, found["cut"])

    async def _place(self, run: Run, node: str) -> Lines | str:
        """Where a run's lines stand now, or why nobody knows."""
        program = self._programs.get(run.program.lower())
        if run.log is None:
            return self._voice.words("no_log")
        if program is None:
            return self._voice.words("log_elsewhere", node=node or "?")
        try:
            async with asyncio.timeout(LONGEST_SEC):
                files = await asyncio.to_thread(log_files, program)
                path, start = await self._runs.place(program, files, run.run_id, None)
        except TimeoutError:
            return self._voice.words("log_unread")
        except (NotFound, EvidenceError) as error:
            return str(error)
        span = run.log.span
        return Lines(path, start, span.end, program.encoding, program.timezone, program.patterns.timestamp_format)


def _around(place: Lines, run: Run, following: Run | None, program: Program) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Lines and which of them is the first error. Blocks."""
    with open_text(place.path, place.encoding) as text:
        end = min(text.size, place.end if place.end is not None else text.size)
        error = None if run.status is RunStatus.SUCCESS else _first_error(text, place.start, end, run)
        anchor = place.start if error is None else error
        before = [start for _, start in zip(range(BEFORE), text.starts_before(anchor), strict=False)]
        kept = [start for start in reversed(before) if start >= place.start]
        found: list[str] = []
        marked: tuple[int, ...] = ()
        reader, stop = LineReader(program, place.path), _begin_of(following, run, text.size)
        for begin, behind in text.extents_from(kept[0] if kept else anchor):
            line = text.line(begin, behind)
            if (
                len(found) >= len(kept) + AFTER
                or begin >= stop
                or (begin >= end and _of_another(reader.time(line.text), run))
            ):
                break
            if begin == error:
                marked = (len(found),)
            found.append(line.text if line.cut is None else f"{line.text}…")
        return tuple(found), marked


def _begin_of(following: Run | None, run: Run, size: int) -> int:
    """Where the lines of the run after it begin in the same log, else the log's end."""
    if following is None or following.log is None or run.log is None:
        return size
    own, next_one = run.log.span, following.log.span
    return next_one.start if next_one.path == own.path and next_one.start > own.start else size


def _of_another(time: datetime | None, run: Run) -> bool:
    """Whether a line behind a run's end is something else's; a trace and a word of farewell are still its own."""
    ended = run.end_time or run.start_time
    return time is not None and time > ended + TRAILING


def _first_error(text: LogText, start: int, end: int, run: Run) -> int | None:
    """Where the error that the run is known by stands, else the first line that looks like one."""
    known = run.log.first_error.strip()[:SAMPLE] if run.log is not None else ""
    grave: int | None = None
    for begin, behind in text.extents_from(start):
        if begin >= min(end, start + LOOKED_THROUGH):
            break
        line = text.line(begin, behind).text
        if known and known in line:
            return begin
        if grave is None and level_of(line) == "error":
            grave = begin
            if not known:
                break
    return grave
