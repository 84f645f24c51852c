"""What the daemon answers at the gate about exports: export.runs streams them, export.save writes them to a file here.

A file is written by a process of its own, the command line's ``batmon export``: making a workbook of 100,000 runs takes
a minute of computing that the daemon's loop does not have.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from batmon.engine.board import Row
from batmon.engine.files.exports import exports_folder, file_word
from batmon.errors import BadRequest, BatmonError, NotFound, Refused
from batmon.gate.arguments import Args, maybe_moment
from batmon.gate.fitting import in_pieces
from batmon.gate.frames import LINE_LIMIT
from batmon.gate.verbs import Caller, Done, Verb
from batmon.model import Role
from batmon.refusals import because
from batmon.store import Store
from batmon.store.export import ITEM_COLUMNS, RUN_COLUMNS, ExportedRun

PAGE_RUNS = 100
"""Runs that are read at a time, and kept while their items are read."""
PAGE_ITEMS = 1000
FRAME_BYTES = LINE_LIMIT // 4
"""Of rows in one frame as they leave; a single longer one goes alone, and fits."""
SAVE_SEC = 30 * 60.0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FORMATS = ("csv", "xlsx", "jsonl")


class ExportAnswers:
    """The verbs about exports. ``rows`` is the board's; ``state`` the state folder, below which files are saved."""

    def __init__(
        self, *, store: Store, rows: Callable[[], Mapping[str, Row]], state: Path, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._rows = rows
        self._state = state
        self._now = now
        self._saving = asyncio.Lock()

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it: whoever may see runs may take them along, a file on the server takes more."""
        return {
            "export.runs": Verb(Role.VIEWER, stream=self.runs),
            "export.save": Verb(Role.OPERATOR, answer=self.save),
        }

    async def runs(self, _caller: Caller, args: Args) -> AsyncIterator[Args | Done]:
        """The runs of a program in a span, oldest first, each followed by its items if those are asked for."""
        row, since, until = self._asked(args)
        with_items = args.get("items") is True
        yield {
            "program": row["name"],
            "timezone": row["timezone"],
            "since": None if since == EPOCH else since.isoformat(),
            "until": until.isoformat(),
            "columns": list(RUN_COLUMNS),
            "item_columns": list(ITEM_COLUMNS) if with_items else [],
        }
        runs = items = 0
        last: ExportedRun | None = None
        while page := await self._store.runs_for_export(row["name"], since, until, last, PAGE_RUNS):
            last = page[-1]
            runs += len(page)
            first = 0
            for part in in_pieces((dict(run.values) for run in page), FRAME_BYTES):
                yield {"runs": part}
                if with_items:
                    async for piece in self._items(page[first : first + len(part)]):
                        items += len(piece)
                        yield {"items": piece}
                first += len(part)
        yield Done({"runs": runs, "items": items})

    async def _items(self, runs: list[ExportedRun]) -> AsyncIterator[list[Args]]:
        """The items of ``runs`` in frames; ``run`` in each counts these runs from 0."""
        first, after = 0, None
        while page := await self._store.items_for_export([run.run_id for run in runs[first:]], after, PAGE_ITEMS):
            for part in in_pieces(({"run": first + item.run, **item.values} for item in page), FRAME_BYTES):
                yield part
            if len(page) < PAGE_ITEMS:
                return
            first, after = first + page[-1].run, page[-1].account

    async def save(self, caller: Caller, args: Args) -> Args:
        """Write the same to a file below ``/exports``: where it is and how large."""
        row, since, until = self._asked(args)
        form = args.get("format")
        if form not in FORMATS:
            raise BadRequest(because("must-be-one-of", key="format", known=", ".join(FORMATS)))
        if self._saving.locked():
            raise Refused(because("export-being-made"))
        async with self._saving:
            folder = await asyncio.to_thread(exports_folder, self._state)
            at = self._now()
            stamp = f"{at:%Y%m%dT%H%M%S}-{at.microsecond // 1000:03d}Z"
            name = f"{file_word(row['name'])}-runs-{stamp}-{file_word(caller.user)}.{form}"
            span = [f"--until={until.isoformat()}"] + ([] if since == EPOCH else [f"--since={since.isoformat()}"])
            items = ["--items"] if args.get("items") is True else []
            bom = ["--no-bom"] if args.get("bom") is False else []
            try:
                await self._written(
                    f"--state={self._state}", "export", "--runs", f"--format={form}", *span, *items, *bom,
                    f"--output={folder / name}", "--", row["name"],
                )  # fmt: skip
            finally:
                await asyncio.to_thread(_forget_halves, folder)
            size = (await asyncio.to_thread((folder / name).stat)).st_size
        return {"path": f"/exports/{name}", "size": size}

    async def _written(self, *words: str) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "batmon", *words,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(SAVE_SEC):
                _, said = await process.communicate()
        except TimeoutError:
            raise BatmonError(because("export-too-slow", minutes=SAVE_SEC / 60)) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            lines = said.decode(errors="replace").strip().splitlines()
            why = " ".join(lines[-2:]).removeprefix("batmon: ") or "the export could not be written"
            raise BatmonError(because("export-failed", why=why))

    def _asked(self, args: Args) -> tuple[Row, datetime, datetime]:
        """The program's row, and from when until when."""
        name = args.get("program")
        row = self._rows().get(name) if isinstance(name, str) else None
        if row is None:
            raise NotFound(because("no-program", known="", name=name))
        since, until = maybe_moment(args, "since") or EPOCH, maybe_moment(args, "until") or self._now()
        if since > until:
            raise BadRequest(because("since-after-until"))
        return row, since, until


def _forget_halves(folder: Path) -> None:
    """Remove what a writer that was killed left half made: only one writes at a time, and none does now."""
    for left in folder.glob(".*.part"):
        left.unlink(missing_ok=True)
