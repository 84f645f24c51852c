"""``batmon export PROGRAM --runs``: a program's runs, and their items, as CSV, workbook or JSON lines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from batmon.commands.export_formats import CsvRows, JsonRows, Rows
from batmon.commands.session import DONE, Session
from batmon.errors import BadRequest
from batmon.gate.client import GateStream
from batmon.moments import moment_of
from batmon.refusals import because


async def export(
    session: Session,
    program: str,
    *,
    items: bool,
    since: str | None,
    until: str | None,
    form: str,
    output: str | None,
    save: bool,
    force: bool,
    bom: bool,
) -> int:
    """Export the runs of ``program`` to ``output`` (None and ``-``: standard output), or on the server if ``save``."""
    if save and output is not None:
        raise BadRequest(because("save-or-output"))
    target = None if save or output in (None, "-") else session.file_to_write(str(output), force=force)
    if form == "xlsx" and not save and target is None and not (output == "-" and session.writes_bytes):
        raise BadRequest(because("workbook-printed"))
    gate = await session.gate()
    zone = ZoneInfo((await gate.request("program", name=program))["row"]["timezone"])
    now = datetime.now(UTC)
    asked: dict[str, Any] = {"program": program, "items": items}
    for key, text, end in (("since", since, False), ("until", until, True)):
        if text is not None:
            asked[key] = moment_of(text, zone, now, end=end).isoformat()
    if save:
        saved = await gate.request("export.save", **asked, format=form, bom=bom)
        session.out(saved["path"])
        session.err(f"{saved['size']:,} bytes on the server; fetch it with: scp -P PORT USER@HOST:{saved['path']} .")
        return DONE
    async with gate.stream("export.runs", **asked) as stream:
        if target is None:
            done = await _printed(session, stream, form, bom=bom)
        else:
            done = await _to_file(stream, target, form, bom=bom)
    counted = f"{done['runs']:,} run{'' if done['runs'] == 1 else 's'}"
    session.err(counted + (f", {done['items']:,} item{'' if done['items'] == 1 else 's'}" if items else ""))
    return DONE


async def rows_of(stream: GateStream, rows: Rows, drain: Callable[[], Any]) -> dict[str, Any]:
    """Hand a stream of ``export.runs`` to ``rows``; how many there were. ``drain`` is awaited after each frame."""
    runs: list[dict[str, Any]] = []
    place = -1  # the run that is being written

    def go_on(to: int) -> None:
        nonlocal place
        while place < to:
            if place >= 0:
                rows.end_run()
            place += 1
            if place < len(runs):
                rows.run(runs[place])

    async for frame in stream:
        if "columns" in frame:
            rows.begin(frame)
        elif "runs" in frame:
            go_on(len(runs))
            runs, place = frame["runs"], -1
        else:
            for item in frame["items"]:
                go_on(item["run"])
                rows.item(item)
        await drain()
    go_on(len(runs))
    rows.end()
    await drain()
    return stream.result or {"runs": 0, "items": 0}


async def _printed(session: Session, stream: GateStream, form: str, *, bom: bool) -> dict[str, Any]:
    if form == "xlsx":
        return await _workbook(stream, lambda book: book.save(_Stdout(session)))
    held: list[str] = []
    rows: Rows = CsvRows(held.append, bom=bom, newline="\n") if form == "csv" else JsonRows(held.append)

    async def drain() -> None:
        session.out_bytes("".join(held).encode(errors="replace"))
        held.clear()
        await session.drain()

    return await rows_of(stream, rows, drain)


async def _to_file(stream: GateStream, target: Path, form: str, *, bom: bool) -> dict[str, Any]:
    """Write into a file beside ``target`` that takes its name when it is whole."""
    from batmon.commands.whole_file import whole_file  # noqa: PLC0415 - only here a file is written

    with whole_file(target) as file:
        if form == "xlsx":
            return await _workbook(stream, lambda book: book.save(file))
        return await _to_text_file(stream, file, form, bom=bom)


async def _to_text_file(stream: GateStream, file: BinaryIO, form: str, *, bom: bool) -> dict[str, Any]:
    held: list[str] = []
    rows: Rows = CsvRows(held.append, bom=bom, newline="\r\n") if form == "csv" else JsonRows(held.append)

    async def drain() -> None:
        file.write("".join(held).encode(errors="replace"))
        held.clear()

    return await rows_of(stream, rows, drain)


async def _workbook(stream: GateStream, save: Callable[[Any], None]) -> dict[str, Any]:
    """A workbook of the stream; ``save`` is called in a thread, once all rows are in it."""
    from batmon.commands.export_workbook import WorkbookRows  # noqa: PLC0415 - openpyxl takes 0.2 s to import

    rows = WorkbookRows()

    async def drain() -> None:
        await asyncio.sleep(0)

    done = await rows_of(stream, rows, drain)
    await asyncio.to_thread(save, rows.book)
    return done


class _Stdout:
    """Standard output as the file that a workbook is saved to: it can only be written."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write(self, data: bytes) -> int:
        """Print bytes."""
        self._session.out_bytes(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""
