"""What the daemon answers at the gate about how a run differs from the last good one: log.diff."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping

from batmon.engine.log_files.difference_apart import MOST_LINES, Lines, compare_apart
from batmon.engine.log_files.runs import LogRuns
from batmon.engine.log_files.shelf import LogShelf
from batmon.errors import BadRequest, NotFound
from batmon.gate.arguments import Args
from batmon.gate.verbs import Caller, Verb
from batmon.model import Program, Role, Run, RunStatus
from batmon.refusals import because
from batmon.store import Store
from batmon.store.run_rows import run_json

LOOKED_BACK = 500
"""Runs among which the last good one is looked for."""
FRAME_BYTES = 700 * 1024


class DifferenceAnswers:
    """``log.diff``. One comparison reads at a time."""

    def __init__(self, *, programs: Callable[[], Mapping[str, Program]], store: Store) -> None:
        self._shelf = LogShelf(programs)
        self._runs = LogRuns(store.runs_near, store.run)
        self._store = store
        self._reading = asyncio.Semaphore(1)

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it."""
        return {"log.diff": Verb(Role.VIEWER, answer=self.diff)}

    async def diff(self, _caller: Caller, args: Args) -> Args:
        """The masked lines of a run that are new, and those that are missing, against the last good run before it."""
        program = self._shelf.program(args)
        run = await self._asked(program, args.get("run_id"))
        against = await self._good_before(program, run, args.get("against"))
        one, other = await self._lines(program, run), await self._lines(program, against)
        async with self._reading:
            found = await compare_apart(one, other, most_lines=MOST_LINES)
        unended = any(side.finished and side.log is not None and side.log.span.end is None for side in (run, against))
        answer: Args = {
            "run": run_json(run),
            "against": run_json(against),
            "paths": {"run": one.path, "against": other.path},
            **found,
            "cut": found["cut"] or unended,
        }
        while len(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")) > FRAME_BYTES:
            answer["cut"] = True
            for key in ("new", "missing"):
                answer[key] = answer[key][: len(answer[key]) * 3 // 4]
        return answer

    async def _asked(self, program: Program, value: object) -> Run:
        if value is None:
            for one in await self._store.recent_runs(program.name, LOOKED_BACK):
                if one.log is not None and one.finished:
                    return one
            raise NotFound(because("no-run-to-compare", program=program.name))
        run = await self._found(value)
        if run is None or run.program.casefold() != program.name.casefold():
            raise NotFound(because("no-run-of", program=program.name, value=value))
        return run

    async def _found(self, value: object) -> Run | None:
        """A run by its id or by the number that people see."""
        if isinstance(value, int) and not isinstance(value, bool):
            return await self._store.run_by_log_id(value) if 0 <= value < 2**31 else None
        text = str(value)
        if text.isascii() and text.isdigit() and len(text) < 10:
            return await self._store.run_by_log_id(int(text))
        try:
            return await self._store.run(uuid.UUID(text))
        except ValueError:
            raise BadRequest(because("no-run-name", value=value)) from None

    async def _good_before(self, program: Program, run: Run, value: object) -> Run:
        if value is not None:
            return await self._asked(program, value)
        for one in await self._store.runs_page(program.name, LOOKED_BACK, run.start_time):
            if one.status is RunStatus.SUCCESS and one.log is not None and one.log.status is RunStatus.SUCCESS:
                return one
        raise NotFound(because("no-good-run", program=program.name))

    async def _lines(self, program: Program, run: Run) -> Lines:
        """Where a run's lines stand now."""
        path, start = await self._runs.place(program, await self._shelf.files(program), run.run_id, None)
        end = None if run.log is None else run.log.span.end
        return Lines(path, start, end, program.encoding, program.timezone, program.patterns.timestamp_format)
