"""What the daemon answers at the gate about searching all logs: log.search.

Only files that the programs' own patterns name are opened; compressed ones too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from batmon.errors import BadRequest, NotFound
from batmon.evidence.discover import Found, survey
from batmon.evidence.rotation import packing_of, place_of
from batmon.evidence.search import Hit, Report, SearchFile, search
from batmon.evidence.search_process import search_apart
from batmon.evidence.search_wanted import Spans, Wanted
from batmon.gate.arguments import Args, maybe_moment, up_to
from batmon.gate.sanitize import clean
from batmon.gate.verbs import Caller, Done, Verb
from batmon.model import Program, Role
from batmon.refusals import because

SEARCHES = 2
"""Searches that read at the same time, of all viewers."""

HITS = 1000
MOST_HITS = 100_000
MOST_UNREADABLE = 200
"""Files that the answer names because they could not be read; the others are counted."""

PARCEL_BYTES = 32 * 1024
"""About so much of hits in one frame."""


@dataclass(frozen=True, slots=True)
class _Asked:
    wanted: Wanted
    since: datetime | None
    until: datetime | None
    limit: int


class SearchAnswers:
    """The verb ``log.search``. ``programs`` gives those that are watched now."""

    def __init__(self, *, programs: Callable[[], Mapping[str, Program]]) -> None:
        self._programs = programs
        self._searching = asyncio.Semaphore(SEARCHES)

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it."""
        return {"log.search": Verb(Role.VIEWER, stream=self.search)}

    async def search(self, _caller: Caller, args: Args) -> AsyncIterator[Args | Done]:
        """Hits, the newest first, and progress; at the end what was searched and what could not be."""
        asked = _asked(args)
        programs = self._named(args.get("programs"))
        async with self._searching:
            plan = await asyncio.to_thread(_Plan.of, programs, asked.since)
            yield plan.progress(0, 0)
            hits, more = 0, False
            unreadable = plan.unreadable
            last = Report()
            async with aclosing(_reports(plan.files, asked)) as reports:
                async for report in reports:
                    for parcel in plan.parcels(report.hits):
                        yield {"hits": parcel}
                    hits += len(report.hits)
                    unreadable += report.unreadable
                    last, more = report, report.more
                    yield plan.progress(report.files_done, report.bytes_done)
        yield Done(
            {
                "hits": hits,
                "files": last.files_done,
                "bytes": last.bytes_done,
                "stopped": "limit" if more else None,
                "unreadable": [{"path": path, "why": why} for path, why in unreadable[:MOST_UNREADABLE]],
                "unreadable_count": len(unreadable),
            }
        )

    def _named(self, names: object) -> list[Program]:
        known = self._programs()
        if names is None:
            return list(known.values())
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise BadRequest(because("must-be-names", key="programs"))
        for name in names:
            if name not in known:
                some = ", ".join(sorted(known)[:20])
                raise NotFound(because("no-program", name=name, known=some))
        return [known[name] for name in dict.fromkeys(names)]


class _Plan:
    """Which files are searched, in which order, and whose they are."""

    def __init__(self, files: Sequence[tuple[Program, Found]], unreadable: list[tuple[str, str]]) -> None:
        self.files = [
            SearchFile(found, program.encoding, program.timezone, program.patterns.timestamp_format)
            for program, found in files
        ]
        self.unreadable = unreadable
        self._named = [(program.name, found.path, _below(program.base_dir, found.path)) for program, found in files]
        self._bytes = sum(found.size for _, found in files)

    @classmethod
    def of(cls, programs: Iterable[Program], since: datetime | None) -> _Plan:
        """Look at the disk: the files written last come first. Blocks."""
        files: dict[tuple[int, int], tuple[Program, Found]] = {}
        unreadable: dict[str, str] = {}
        for program in programs:
            seen = survey(program.base_dir, program.logs, packed=True)
            unreadable |= seen.problems | seen.irregular
            paths = {found.path for found in seen.files.values()}
            for found in seen.files.values():
                being_packed = packing_of(found.path) is not None and found.path[: found.path.rfind(".")] in paths
                too_old = since is not None and found.mtime_ns < since.timestamp() * 1e9
                if not being_packed and not too_old:
                    files.setdefault(found.identity, (program, found))
        order = sorted(files.values(), key=lambda one: (one[1].mtime_ns, place_of(one[1].path)), reverse=True)
        return cls(order, list(unreadable.items()))

    def progress(self, files: int, searched: int) -> Args:
        """How far the search has come."""
        done = min(searched, self._bytes)
        return {"progress": {"files": len(self.files), "files_done": files, "bytes": self._bytes, "bytes_done": done}}

    def parcels(self, hits: Sequence[Hit]) -> Iterable[list[Args]]:
        """The hits as the gate sends them, in parts that fit a frame."""
        part: list[Args] = []
        weight = 0
        for hit in hits:
            program, path, name = self._named[hit.file]
            part.append(_line(hit, program, path, name))
            weight += 400 + 3 * len(part[-1]["text"]) + 2 * len(path)
            if weight >= PARCEL_BYTES:
                yield part
                part, weight = [], 0
        if part:
            yield part


async def _reports(files: Sequence[SearchFile], asked: _Asked) -> AsyncGenerator[Report]:
    """The steps of the search: in a thread, or for what would hold up this process, in another one."""
    how: Any = {"limit": asked.limit, "since": asked.since, "until": asked.until}
    if asked.wanted.heavy:
        async with aclosing(search_apart(files, asked.wanted, **how)) as apart:
            async for report in apart:
                yield report
        return
    steps = search(files, asked.wanted, **how)
    while True:
        step: asyncio.Task[Report | None] = asyncio.create_task(
            asyncio.to_thread(next, steps, None), name="log-search-step"
        )
        try:
            told = await asyncio.shield(step)
        except asyncio.CancelledError:
            await asyncio.gather(step, return_exceptions=True)  # a step is short; its file is closed only after it
            steps.close()
            raise
        if told is None:
            return
        try:
            yield told
        except GeneratorExit:
            steps.close()
            raise


def _asked(args: Args) -> _Asked:
    pattern = args.get("pattern", "")
    if not isinstance(pattern, str):
        raise BadRequest(because("must-be-text", key="pattern"))
    flags = {}
    for key in ("regex", "ignore_case", "errors"):
        flags[key] = args.get(key, False)
        if not isinstance(flags[key], bool):
            raise BadRequest(because("must-be-bool", key=key))
    limit = up_to(args, "limit", HITS, MOST_HITS)
    since, until = maybe_moment(args, "since"), maybe_moment(args, "until")
    if since is not None and until is not None and since >= until:
        raise BadRequest(because("since-after-until"))
    return _Asked(Wanted(pattern, **flags), since, until, limit)


def _below(base_dir: Path, path: str) -> str:
    """The path as a person reads it: below the program's folder, if it lies there."""
    try:
        return str(Path(path).relative_to(Path(base_dir).absolute()))
    except ValueError:
        return path


def _line(hit: Hit, program: str, path: str, name: str) -> Args:
    text, spans = _cleaned(hit.text, hit.spans)
    line: Args = {
        "program": program, "path": path, "name": name, "offset": hit.offset, "end": hit.end, "text": text,
        "level": hit.level, "time": hit.time, "run_id": None, "run": None, "spans": spans,
    }  # fmt: skip
    if hit.cut is not None:
        line["cut"] = hit.cut
    return line


def _cleaned(text: str, spans: Spans) -> tuple[str, list[list[int]]]:
    """The text as it leaves the gate, and where the spans stand in it: a symbol may be longer than what it shows."""
    parts: list[str] = []
    places: list[list[int]] = []
    done = length = 0
    for start, end in spans:
        for part in (text[done:start], text[start:end]):
            parts.append(clean(part))
            length += len(parts[-1])
        places.append([length - len(parts[-1]), length])
        done = end
    return "".join([*parts, clean(text[done:])]), places
