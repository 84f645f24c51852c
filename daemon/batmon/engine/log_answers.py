"""What the daemon answers at the gate about log files: log.files, log.read, log.find, log.follow.

A client names a file only among those that the program's own patterns name now; nothing else is ever opened.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from batmon.engine.log_following import Following, Step
from batmon.engine.log_marks import Line, LineReader, cost, parcels
from batmon.errors import BadRequest, EvidenceError, ModelError, NotFound
from batmon.evidence.discover import Found, survey
from batmon.evidence.find import Needle, find
from batmon.evidence.lines import RawLine
from batmon.evidence.read import At, find_time, read_page
from batmon.evidence.rotation import log_series, place_of
from batmon.gate.verbs import Caller, Done, Verb
from batmon.model import Program, Role, Run, aware

Args = dict[str, Any]
RunsNear = Callable[[str, datetime, int], Awaitable[Sequence[Run]]]
"""(program, moment, limit) -> that many runs before and after the moment: the store's."""
FindRun = Callable[[uuid.UUID], Awaitable[Run | None]]

PAGE_LINES = 200
MOST_LINES = 2000
PAGE_BYTES = 800 * 1024
"""Of a page's frame; a line of the gate holds 1 MiB."""
PARCEL_BYTES = 256 * 1024
CONTEXT_LINES = 50
RUNS_NEAR = 50
POLL_SEC = 0.12
LOOK_SEC = 1.0
"""How often a follower looks for the next file of the series, and for runs that were found since."""
SEARCHES = 2
"""Searches that read at the same time, of all viewers."""


class LogAnswers:
    """The verbs about logs. ``programs`` gives those that are watched now."""

    def __init__(
        self, *, programs: Callable[[], Mapping[str, Program]], runs_near: RunsNear, find_run: FindRun
    ) -> None:
        self._programs = programs
        self._runs_near = runs_near
        self._find_run = find_run
        self._searching = asyncio.Semaphore(SEARCHES)

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it: all for viewers."""
        return {
            "log.files": Verb(Role.VIEWER, answer=self.files),
            "log.read": Verb(Role.VIEWER, answer=self.read),
            "log.find": Verb(Role.VIEWER, stream=self.find),
            "log.follow": Verb(Role.VIEWER, stream=self.follow),
        }

    async def files(self, _caller: Caller, args: Args) -> Args:
        """The program's log files, newest first; ``current`` ones are the newest of their series."""
        program = self._program(args)
        found = await asyncio.to_thread(_files, program)
        newest: dict[str, Found] = {}
        for one in found:
            other = newest.setdefault(log_series(one.path), one)
            if place_of(one.path) > place_of(other.path):
                newest[log_series(one.path)] = one
        current = {one.path for one in newest.values()}
        return {
            "files": [
                {
                    "path": one.path,
                    "size": one.size,
                    "modified": datetime.fromtimestamp(one.mtime_ns / 1e9, UTC),
                    "current": one.path in current,
                }
                for one in found
            ]
        }

    async def read(self, _caller: Caller, args: Args) -> Args:
        """A ``LogPage``, and with it ``runs``: those that its lines belong to, in short."""
        program = self._program(args)
        at = args.get("at", {"end": True})
        if not isinstance(at, dict) or len(at) != 1:
            raise BadRequest("at must be one of end, start, offset, time and run")
        if "run" in at:
            path, place = await self._place_of_run(program, _uuid(at["run"]), args.get("path"))
        else:
            path = await self._path(program, args)
            place = await self._place(program, path, at)
        before = _number(args, "before", PAGE_LINES if place.place == "end" else 0, MOST_LINES)
        after = _number(args, "after", 0 if place.place == "end" else PAGE_LINES, MOST_LINES)
        page = await asyncio.to_thread(read_page, path, at=place, before=before, after=after, encoding=program.encoding)
        reader = LineReader(program, path)
        lines = reader.lines(page.lines)
        kept = _fitting(lines, place)
        lines = lines[kept]
        runs = reader.mark(lines, await self._runs_of(program, path, lines))
        return {
            "path": path,
            "size": page.size,
            "lines": lines,
            "runs": runs,
            "at_start": page.at_start and kept.start == 0,
            "at_end": page.at_end and kept.stop == len(page.lines),
        }

    async def find(self, _caller: Caller, args: Args) -> AsyncIterator[Args | Done]:
        """Progress, then the nearest line that was searched for."""
        program = self._program(args)
        needle = _needle(args)
        start = _number(args, "from", 0)
        direction = args.get("direction", "forward")
        if direction not in ("forward", "back"):
            raise BadRequest("direction must be forward or back")
        path = await self._path(program, args)
        loop = asyncio.get_running_loop()
        stop, moved, part = threading.Event(), asyncio.Event(), 0.0

        def progress(value: float) -> None:
            nonlocal part
            part = value
            loop.call_soon_threadsafe(moved.set)

        async with self._searching:
            work = asyncio.create_task(
                asyncio.to_thread(
                    find, path, needle=needle, from_offset=start, direction=direction, encoding=program.encoding,
                    progress=progress, should_stop=stop.is_set,
                ),
                name=f"log-find-{program.name}",
            )  # fmt: skip
            work.add_done_callback(lambda _: moved.set())
            try:
                while not work.done():
                    await moved.wait()
                    moved.clear()
                    if not work.done():
                        yield {"progress": round(part, 4)}
                hit = await work
            finally:
                stop.set()
                await asyncio.wait([work])
        if hit is None:
            yield Done({"line": None})
            return
        lines, runs = await self._marked(program, path, hit)
        yield Done({"line": lines[-1], "runs": runs})

    async def follow(self, _caller: Caller, args: Args) -> AsyncIterator[Args | Done]:
        """New lines as they land, with ``runs`` in short; rotations and gaps."""
        program = self._program(args)
        start = _number(args, "from", 0) if "from" in args else None
        path = await self._path(program, args)
        following = await asyncio.to_thread(Following, program, path, start)
        reader, runs = LineReader(program, path), _RecentRuns(self._runs_of, program)
        loop = asyncio.get_running_loop()
        next_look = loop.time()
        while True:
            look = loop.time() >= next_look
            if look:
                next_look = loop.time() + LOOK_SEC
            step: Step = await asyncio.to_thread(following.step, look=look)
            if step.rotated is not None:
                path = step.rotated
                reader = LineReader(program, path)
                runs.forget()
                yield {"rotated": {"path": step.rotated}}
            if step.gap:
                yield {"gap": step.gap}
            for lines in parcels(reader.lines(step.lines), PARCEL_BYTES):
                short = reader.mark(lines, await runs.of(step.path, lines, loop.time()))
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
        runs = reader.mark(lines, await self._runs_of(program, path, lines))
        return lines, [run for run in runs if run["run_id"] == lines[-1]["run_id"]]

    async def _runs_of(self, program: Program, path: str, lines: Sequence[Line]) -> list[Run]:
        """The runs that these lines may belong to: near their times, and beginning where this very file says so."""
        times = [line["time"] for line in lines if line["time"] is not None]
        found: dict[uuid.UUID, Run] = {}
        for moment in dict.fromkeys((times[0], times[-1]) if times else ()):
            found.update({run.run_id: run for run in await self._runs_near(program.name, moment, RUNS_NEAR)})
        near = [run for run in found.values() if _overlaps(run, lines)]
        return await asyncio.to_thread(lambda: [run for run in near if _begins(program, path, run)])

    def _program(self, args: Args) -> Program:
        name = args.get("program")
        program = self._programs().get(name) if isinstance(name, str) else None
        if program is None:
            known = ", ".join(sorted(self._programs())[:20])
            raise NotFound(f"no program is called {name!r:.70}", hint=f"programs: {known}" if known else "")
        return program

    async def _path(self, program: Program, args: Args) -> str:
        """The file that is asked for, or the newest."""
        found = await asyncio.to_thread(_files, program)
        path = args.get("path")
        if path is None:
            if not found:
                if not program.configured:
                    raise NotFound(
                        f"{program.name} has no log that BATMON knows of: it records its own runs",
                        hint="give it a [[programs]] table in the configuration, with base_dir and logs",
                    )
                raise NotFound(
                    f"{program.name} has no log file yet",
                    hint=f"looked for {', '.join(program.logs)} below {program.base_dir}",
                )
            return found[0].path
        if not any(one.path == path for one in found):
            raise NotFound(
                f"{path!r:.200} is no log file of {program.name}", hint=f"batmon logs {program.name} --files shows them"
            )
        return str(path)

    async def _place(self, program: Program, path: str, at: Args) -> At:
        match at:
            case {"end": True}:
                return At.end()
            case {"start": True}:
                return At.start()
            case {"offset": int()}:
                return At.byte(_number(at, "offset", 0))
            case {"time": when}:
                try:
                    moment = aware(datetime.fromisoformat(when))
                except (TypeError, ValueError, ModelError) as error:
                    raise BadRequest(f"time must be such as 2026-11-21T06:00:00+09:00: {error}") from error
                parse = LineReader(program, path).time
                return At.byte(await asyncio.to_thread(find_time, path, moment, parse, encoding=program.encoding))
        raise BadRequest("at must be one of end, start, offset, time and run")

    async def _place_of_run(self, program: Program, run_id: uuid.UUID, path: object) -> tuple[str, At]:
        """Where a run begins; its file may have been renamed since."""
        run = await self._find_run(run_id)
        if run is None or run.program != program.name:
            raise NotFound(f"{program.name} has no run {run_id}")
        if run.log is None:
            raise NotFound(f"nothing of run {run.log_id or run_id} stands in a log", hint="go to its time instead")
        span = run.log.span
        series = log_series(span.path)
        for one in await asyncio.to_thread(_files, program):
            wanted = one.path == path if path is not None else log_series(one.path) == series
            if wanted and one.size > span.start and await asyncio.to_thread(_begins, program, one.path, run):
                return one.path, At.byte(span.start)
        raise NotFound(
            f"the log of run {run.log_id or run_id} is not there any more", hint=f"it was {Path(span.path).name}"
        )


class _RecentRuns:
    """The runs of a follower's lines, asked for at most once in ``LOOK_SEC``."""

    def __init__(self, ask: Callable[[Program, str, Sequence[Line]], Awaitable[list[Run]]], program: Program) -> None:
        self._ask = ask
        self._program = program
        self._runs: list[Run] = []
        self._until = 0.0

    def forget(self) -> None:
        """Another file: its offsets mean other runs."""
        self._runs, self._until = [], 0.0

    async def of(self, path: str, lines: Sequence[Line], now: float) -> list[Run]:
        if now >= self._until:
            self._runs = await self._ask(self._program, path, lines)
            self._until = now + LOOK_SEC
        return self._runs


def _overlaps(run: Run, lines: Sequence[Line]) -> bool:
    if run.log is None or not lines:
        return False
    span = run.log.span
    return span.start < lines[-1]["end"] and (span.end is None or span.end > lines[0]["offset"])


def _files(program: Program) -> list[Found]:
    """The program's log files, the one written last first. Blocks."""
    found = survey(program.base_dir, program.logs).files.values()
    return sorted(found, key=lambda one: (one.mtime_ns, place_of(one.path)), reverse=True)


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


def _needle(args: Args) -> Needle:
    text, level = args.get("text"), args.get("level")
    if (text is None) == (level is None):
        raise BadRequest("log.find needs either text or level")
    if level is not None:
        if level not in ("error", "warn", "info", "debug"):
            raise BadRequest("level must be error, warn, info or debug")
        return Needle(level=level)
    if not isinstance(text, str) or not text or len(text) > 1000:
        raise BadRequest("text must be 1 to 1,000 characters")
    ignore_case = args.get("ignore_case") is True
    if args.get("regex") is not True:
        return Needle(text=text, ignore_case=ignore_case)
    return Needle(regex=text, ignore_case=ignore_case)


def _number(args: Args, key: str, default: int, most: int | None = None) -> int:
    value = args.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadRequest(f"{key} must be a whole number, 0 or more")
    return value if most is None else min(value, most)


def _uuid(value: object) -> uuid.UUID:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise BadRequest(f"run {value!r:.60} is not a run's id") from None
