"""Which runs log lines belong to, and where in the logs a run begins."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from batmon.engine.log_files.marks import Line, LineReader
from batmon.errors import EvidenceError, NotFound
from batmon.evidence.listing import LogFile
from batmon.evidence.read import At, read_page
from batmon.evidence.rotation import log_series
from batmon.model import Program, Run
from batmon.refusals import because

RunsNear = Callable[[str, datetime, int], Awaitable[Sequence[Run]]]
"""(program, moment, limit) -> that many runs before and after the moment: the store's."""
FindRun = Callable[[uuid.UUID], Awaitable[Run | None]]

RUNS_NEAR = 50
RUNS_LAST_SEC = 1.0
"""How long the runs of a follower's lines are taken for the same."""

_CLOCKS_DIFFER = timedelta(minutes=10)


class LogRuns:
    """Finds them in the store, and makes sure in the file."""

    def __init__(self, runs_near: RunsNear, find_run: FindRun) -> None:
        self._runs_near = runs_near
        self._find_run = find_run

    async def of(self, program: Program, path: str, lines: Sequence[Line]) -> list[Run]:
        """The runs that these lines may belong to: near their times, and beginning where this very file says so."""
        times = [line["time"] for line in lines if line["time"] is not None]
        found: dict[uuid.UUID, Run] = {}
        for moment in dict.fromkeys((times[0], times[-1]) if times else ()):
            found.update({run.run_id: run for run in await self._runs_near(program.name, moment, RUNS_NEAR)})
        near = [run for run in found.values() if _overlaps(run, lines)]
        return await asyncio.to_thread(lambda: [run for run in near if _begins(program, path, run)])

    async def place(
        self, program: Program, files: Sequence[LogFile], run_id: uuid.UUID, path: object
    ) -> tuple[str, int]:
        """The file and offset at which a run begins; its file may have been renamed or compressed since.

        Raises:
            NotFound: there is no such run, or its lines are not there any more.
        """
        run = await self._find_run(run_id)
        if run is None or run.program != program.name:
            raise NotFound(because("no-run-of", program=program.name, value=run_id))
        if run.log is None:
            raise NotFound(because("run-not-in-logs", run=run.log_id or run_id))
        span = run.log.span
        series = log_series(span.path)
        may = [one for one in files if (one.path == path if path is not None else one.place.family == series)]
        for one in sorted(may, key=lambda one: (one.packing is not None, one.modified)):
            # An archive keeps the time at which its log was last written: older ones need not be unpacked.
            ended = one.packing is not None and one.modified + _CLOCKS_DIFFER < run.log.started_at
            short = one.packing is None and one.size <= span.start
            if not ended and not short and await asyncio.to_thread(_begins, program, one.path, run):
                return one.path, span.start
        raise NotFound(because("run-log-gone", run=run.log_id or run_id, path=Path(span.path).name))


class RecentRuns:
    """The runs of a follower's lines, asked for at most once in ``RUNS_LAST_SEC``."""

    def __init__(self, runs: LogRuns, program: Program) -> None:
        self._ask = runs
        self._program = program
        self._runs: list[Run] = []
        self._until = 0.0

    def forget(self) -> None:
        """Another file: its offsets mean other runs."""
        self._runs, self._until = [], 0.0

    async def of(self, path: str, lines: Sequence[Line], now: float) -> list[Run]:
        """As ``LogRuns.of``, perhaps those of a moment ago; ``now`` is the event loop's time."""
        if now >= self._until:
            self._runs = await self._ask.of(self._program, path, lines)
            self._until = now + RUNS_LAST_SEC
        return self._runs


def _overlaps(run: Run, lines: Sequence[Line]) -> bool:
    if run.log is None or not lines:
        return False
    span = run.log.span
    return span.start < lines[-1]["end"] and (span.end is None or span.end > lines[0]["offset"])


def _begins(program: Program, path: str, run: Run) -> bool:
    """Whether the run's first line stands where it was found. Blocks."""
    if run.log is None:
        return False
    try:
        page = read_page(path, at=At.byte(run.log.span.start), after=1, encoding=program.encoding)
    except EvidenceError:
        return False
    if not page.lines or page.lines[0].offset != run.log.span.start:
        return False
    time = LineReader(program, path).time(page.lines[0].text)
    return time is None or abs((time - run.log.started_at).total_seconds()) <= 2
