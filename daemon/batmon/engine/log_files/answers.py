"""What the daemon answers at the gate about log files: log.files, log.read, log.find, log.follow.

Those about several logs at once, log.merged and log.histogram, are found beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from itertools import pairwise

from batmon.engine.log_files.following import Following, Step
from batmon.engine.log_files.histogram_answers import HistogramAnswers
from batmon.engine.log_files.marks import Line, LineReader, cost, parcels
from batmon.engine.log_files.merged_answers import MergedAnswers
from batmon.engine.log_files.needles import needle
from batmon.engine.log_files.runs import FindRun, LogRuns, RecentRuns, RunsNear
from batmon.engine.log_files.shelf import LogShelf, file_id
from batmon.engine.log_files.work import Finished, in_thread
from batmon.errors import BadRequest
from batmon.evidence.find import find
from batmon.evidence.lines import RawLine
from batmon.evidence.listing import LogFile
from batmon.evidence.read import At, read_page
from batmon.evidence.rotation import packing_of
from batmon.evidence.series import all_series, neighbours, place_at, series_of
from batmon.gate.arguments import Args, moment, number, run_id
from batmon.gate.verbs import Caller, Done, Verb
from batmon.model import Program, Role
from batmon.refusals import because

PAGE_LINES = 200
MOST_LINES = 2000
PAGE_BYTES = 800 * 1024
"""Of a page's frame; a line of the gate holds 1 MiB."""
PARCEL_BYTES = 256 * 1024
CONTEXT_LINES = 50
POLL_SEC = 0.12
LOOK_SEC = 1.0
"""How often a follower looks for the next file of the series."""
SEARCHES = 2
"""Searches that read at the same time, of all viewers."""


class LogAnswers:
    """The verbs about logs. ``programs`` gives those that are watched now."""

    def __init__(
        self, *, programs: Callable[[], Mapping[str, Program]], runs_near: RunsNear, find_run: FindRun
    ) -> None:
        self._shelf = LogShelf(programs)
        self._runs = LogRuns(runs_near, find_run)
        self._searching = asyncio.Semaphore(SEARCHES)
        self._merged = MergedAnswers(self._shelf)
        self._histogram = HistogramAnswers(self._shelf)

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it: all for viewers."""
        return {
            "log.files": Verb(Role.VIEWER, answer=self.files),
            "log.read": Verb(Role.VIEWER, answer=self.read),
            "log.find": Verb(Role.VIEWER, stream=self.find),
            "log.follow": Verb(Role.VIEWER, stream=self.follow),
            "log.merged": Verb(Role.VIEWER, answer=self._merged.merged),
            "log.histogram": Verb(Role.VIEWER, stream=self._histogram.histogram),
        }

    async def files(self, _caller: Caller, args: Args) -> Args:
        """The program's log files, newest first; ``current`` ones are the newest of their series."""
        found = await self._shelf.files(self._shelf.program(args))
        older = {
            later.path: earlier.path for series in all_series(found) for earlier, later in pairwise(series)
        }  # fmt: skip
        return {
            "files": [
                {
                    "path": one.path,
                    "size": one.size,
                    "modified": one.modified,
                    "current": one.current,
                    "packing": one.packing,
                    "older": older.get(one.path),
                }
                for one in found
            ]
        }

    async def read(self, _caller: Caller, args: Args) -> Args:
        """A ``LogPage``, and with it ``runs``: those that its lines belong to, in short."""
        program = self._shelf.program(args)
        at = args.get("at", {"end": True})
        if not isinstance(at, dict) or len(at) != 1:
            raise BadRequest(because("must-be-one-of", key="at", known="end, start, offset, time, run"))
        if "run" in at:
            files = await self._shelf.files(program)
            path, offset = await self._runs.place(program, files, run_id(at, "run"), args.get("path"))
            place = At.byte(offset)
        else:
            path, files = await self._shelf.path(program, args)
            path, place = await _place(program, files, path, at)
        before = number(args, "before", PAGE_LINES if place.place == "end" else 0, MOST_LINES)
        after = number(args, "after", 0 if place.place == "end" else PAGE_LINES, MOST_LINES)
        page = await asyncio.to_thread(read_page, path, at=place, before=before, after=after, encoding=program.encoding)
        reader = LineReader(program, path)
        lines = reader.lines(page.lines)
        kept = _fitting(lines, place)
        lines = lines[kept]
        runs = reader.mark(lines, await self._runs.of(program, path, lines))
        older, newer = neighbours(series_of(files, path), path)
        return {
            "path": path,
            "size": page.size,
            "lines": lines,
            "runs": runs,
            "at_start": page.at_start and kept.start == 0,
            "at_end": page.at_end and kept.stop == len(page.lines),
            "file": next((file_id(one.identity) for one in files if one.path == path), None),
            "older": older.path if older else None,
            "newer": newer.path if newer else None,
            "damaged": page.damage.value if page.damage else None,
        }

    async def find(self, _caller: Caller, args: Args) -> AsyncIterator[Args | Done]:
        """Progress, then the nearest line that was searched for."""
        program = self._shelf.program(args)
        wanted = needle(args)
        start = number(args, "from", 0)
        direction = args.get("direction", "forward")
        if direction not in ("forward", "back"):
            raise BadRequest(because("must-be-one-of", key="direction", known="forward, back"))
        path, _ = await self._shelf.path(program, args)
        async with self._searching:
            looking = in_thread(
                lambda progress, should_stop: find(
                    path, needle=wanted, from_offset=start, direction=direction, encoding=program.encoding,
                    progress=progress, should_stop=should_stop,
                ),
                f"log-find-{program.name}",
            )  # fmt: skip
            hit: RawLine | None = None
            async with aclosing(looking):
                async for step in looking:
                    if isinstance(step, Finished):
                        hit = step.value
                    else:
                        yield {"progress": step}
        if hit is None:
            yield Done({"line": None})
            return
        lines, runs = await self._marked(program, path, hit)
        yield Done({"line": lines[-1], "runs": runs})

    async def follow(self, _caller: Caller, args: Args) -> AsyncIterator[Args | Done]:
        """New lines as they land, with ``runs`` in short; rotations and gaps."""
        program = self._shelf.program(args)
        start = number(args, "from", 0) if "from" in args else None
        path, _ = await self._shelf.path(program, args)
        if packing_of(path) is not None:
            raise BadRequest(because("log-compressed", path=path))
        following = await asyncio.to_thread(_Followed, program, path, start)
        runs = RecentRuns(self._runs, program)
        loop = asyncio.get_running_loop()
        next_look = loop.time()
        while True:
            look = loop.time() >= next_look
            if look:
                next_look = loop.time() + LOOK_SEC
            step, parts = await asyncio.to_thread(following.step, look=look)
            if step.rotated is not None:
                runs.forget()
                yield {"rotated": {"path": step.rotated, "file": following.file}}
            if step.gap:
                yield {"gap": step.gap}
            for lines in parts:
                near = await runs.of(step.path, lines, loop.time())
                short = await asyncio.to_thread(following.reader.mark, lines, near)
                yield {"lines": lines, "runs": short}
            if not step.more:
                await asyncio.sleep(POLL_SEC)

    async def _marked(self, program: Program, path: str, hit: RawLine) -> tuple[list[Line], list[Args]]:
        """The hit with the lines before it, which say of one without a time to which run it belongs."""
        page = await asyncio.to_thread(
            read_page, path, at=At.byte(hit.offset), before=CONTEXT_LINES, encoding=program.encoding
        )
        reader = LineReader(program, path)
        lines = reader.lines([*(line for line in page.lines if line.end <= hit.offset), hit])
        runs = reader.mark(lines, await self._runs.of(program, path, lines))
        return lines, [run for run in runs if run["run_id"] == lines[-1]["run_id"]]


class _Followed:
    """A file that is followed, and what makes the gate's lines of it: thousands a second, so all in a thread."""

    def __init__(self, program: Program, path: str, start: int | None) -> None:
        self._program = program
        self._following = Following(program, path, start)
        self.reader = LineReader(program, path)

    @property
    def file(self) -> str:
        """What the gate calls the file that is read now."""
        return file_id(self._following.identity)

    def step(self, *, look: bool) -> tuple[Step, list[list[Line]]]:
        """What landed since, and its lines in parcels that fit a frame."""
        step = self._following.step(look=look)
        if step.rotated is not None:
            self.reader = LineReader(self._program, step.rotated)
        return step, list(parcels(self.reader.lines(step.lines), PARCEL_BYTES))


async def _place(program: Program, files: Sequence[LogFile], path: str, at: Args) -> tuple[str, At]:
    """The file and the place in it: a time may lie in another file of the series."""
    match at:
        case {"end": True}:
            return path, At.end()
        case {"start": True}:
            return path, At.start()
        case {"offset": int()}:
            return path, At.byte(number(at, "offset", 0))
        case {"time": _}:
            file, offset = await asyncio.to_thread(place_at, program, series_of(files, path), moment(at, "time"))
            return file.path, At.byte(offset)
    raise BadRequest(because("must-be-one-of", key="at", known="end, start, offset, time, run"))


def _fitting(lines: Sequence[Line], place: At) -> slice:
    """The part around the asked place that fits a frame; always at least one line."""
    if place.place == "start":
        anchor = 0
    elif place.place == "end":
        anchor = len(lines)
    else:
        anchor = next((n for n, line in enumerate(lines) if line["end"] > place.offset), len(lines))
    low = high = anchor
    left = PAGE_BYTES
    while low > 0 or high < len(lines):
        ahead = high < len(lines) and (low == 0 or high - anchor <= anchor - low)
        weight = cost(lines[high] if ahead else lines[low - 1])
        if weight > left and high > low:
            break
        left -= weight
        low, high = (low, high + 1) if ahead else (low - 1, high)
    return slice(low, high)
