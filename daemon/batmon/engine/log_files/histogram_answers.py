"""What the daemon answers at the gate about how much was written when: log.histogram."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime

from batmon.engine.log_files.shelf import LogShelf
from batmon.engine.log_files.work import Finished, Progress, ShouldStop, in_thread
from batmon.errors import BadRequest, EvidenceError
from batmon.evidence.histogram import Histogram, Logs, count, span_of
from batmon.evidence.listing import LogFile, log_files
from batmon.evidence.series import all_series, series_of
from batmon.gate.arguments import Args, maybe_moment, number
from batmon.gate.verbs import Caller, Done
from batmon.model import Program
from batmon.refusals import because

BUCKETS = 60
MOST_BUCKETS = 200
COUNTINGS = 2
"""Histograms that are counted at the same time, for all viewers."""

LATEST = datetime(9998, 12, 31, tzinfo=UTC)
"""Later times than this count as this: buckets end a little later than what was asked for."""


class HistogramAnswers:
    """The verb about lines and errors over time."""

    def __init__(self, shelf: LogShelf) -> None:
        self._shelf = shelf
        self._counting = asyncio.Semaphore(COUNTINGS)

    async def histogram(self, _caller: Caller, args: Args) -> AsyncIterator[Args | Done]:
        """Progress, then the buckets: of one program's log (the series of ``path``, else all), or of several."""
        logs = await self._logs(args)
        buckets = max(1, number(args, "buckets", BUCKETS, MOST_BUCKETS))
        start = maybe_moment(args, "start")
        end = maybe_moment(args, "end")
        if start is not None and end is not None and end < start:
            raise BadRequest(because("since-after-until"))

        def work(progress: Progress, should_stop: ShouldStop) -> Histogram | None:
            span = (start, end) if start is not None and end is not None else span_of(logs)
            begin, stop = _span(span, start, end)
            return count(logs, start=begin, end=stop, buckets=buckets, progress=progress, should_stop=should_stop)

        found: Histogram | None = None
        async with self._counting, aclosing(in_thread(work, "log-histogram")) as counting:
            async for step in counting:
                if isinstance(step, Finished):
                    found = step.value
                else:
                    yield {"progress": step}
        if found is None:
            raise EvidenceError(because("counting-given-up"))
        yield Done(
            {
                "seconds": int(found.width.total_seconds()),
                "buckets": [
                    {"start": one.start, "lines": one.lines, "errors": one.errors, "warnings": one.warnings}
                    for one in found.buckets
                ],
                "unread": list(found.unread[:MOST_BUCKETS]),
            }
        )

    async def _logs(self, args: Args) -> Logs:
        if "program" not in args:
            programs = self._shelf.chosen(args)
            return await asyncio.to_thread(lambda: [pair for one in programs for pair in _series(one)])
        program = self._shelf.program(args)
        if args.get("path") is None:
            return await asyncio.to_thread(_series, program)
        path, files = await self._shelf.path(program, args)
        return [(program, [file for file in series_of(files, path) if file.size])]


def _series(program: Program) -> list[tuple[Program, list[LogFile]]]:
    return [(program, series) for series in all_series(log_files(program))]


def _span(
    span: tuple[datetime | None, datetime | None] | None, start: datetime | None, end: datetime | None
) -> tuple[datetime, datetime]:
    """What was asked for, and what the logs themselves say of what was not."""
    begin, stop = start or (span[0] if span else None), end or (span[1] if span else None)
    if begin is None or stop is None:
        raise EvidenceError(because("no-times-in-logs"))
    begin = min(begin, LATEST)
    return begin, min(max(begin, stop), LATEST)
