"""Previews of files by their kind: text and bytes read here, everything that needs a parser in a process of its own.

Whatever a parser makes of a hostile file, it ends within seconds, within its memory, and only that preview is lost: the
file is shown as text or as bytes then, with the reason.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from batmon.errors import BadRequest, EvidenceError
from batmon.evidence.identity import read_at
from batmon.evidence.read import At, LogText
from batmon.gate.sanitize import clean_value
from batmon.previews.kinds import HEAD_BYTES, kind_of
from batmon.refusals import because

T = TypeVar("T")

AT_ONCE = 2
"""Previews that are made at the same time."""
DEADLINE_SEC = 10.0
ANSWER_BYTES = 8 << 20
"""That a preview's process may print; more is a fault of its own."""
FRAME_BYTES = 900 * 1024
"""Of an answer as it leaves the gate."""
READ_BYTES = 1 << 20
"""Of text on one page."""
LIMITS = {"text": (200, 2000), "hex": (64, 2048), "table": (100, 500), "json": (500, 5000), "archive": (500, 5000)}
"""Kind to (usual, most) lines, rows, nodes or members on a page."""
_ROWS_OF = {
    "text": "lines",
    "hex": "lines",
    "table": "rows",
    "json": "nodes",
    "archive": "members",
    "database": "tables",
}
_HEX_WIDTH = 16
_KINDS_ASKED = {"text": ("text", "text"), "hex": ("hex", "bytes"), "table": ("table", "csv")}
_KEPT_VARIABLES = ("LANG", "LC_ALL", "PATH", "PYTHONPATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a preview; ``limit`` None for the kind's usual one, ``kind`` empty to go by the content."""

    kind: str = ""
    offset: int = 0
    limit: int | None = None
    sheet: str | None = None
    table: str | None = None


class Work(Protocol):
    """Runs what blocks in a thread."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        """Its result."""


class Previewing:
    """Makes previews, few at a time; ``work`` runs what blocks."""

    def __init__(self, work: Work) -> None:
        self._room = asyncio.Semaphore(AT_ONCE)
        self._work = work

    @staticmethod
    def wanted(args: dict[str, Any]) -> Wanted:
        """What the arguments of ``tree.preview`` ask.

        Raises:
            BadRequest: they make no sense.
        """
        kind = args.get("as") or ""
        if kind not in ("", *_KINDS_ASKED):
            raise BadRequest(because("must-be-one-of", key="as", known=", ".join(_KINDS_ASKED)))
        offset, limit = args.get("offset", 0), args.get("limit")
        for key, value in (("offset", offset), ("limit", 1 if limit is None else limit)):
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**62:
                raise BadRequest(because("must-be-whole", key=key))
        names = [args.get(key) for key in ("sheet", "table")]
        if not all(name is None or (isinstance(name, str) and len(name) <= 1000) for name in names):
            raise BadRequest(because("must-be-texts", key="sheet, table"))
        return Wanted(str(kind), offset, limit, names[0], names[1])

    async def preview(self, file: io.FileIO, name: str, wanted: Wanted, encoding: str) -> dict[str, Any]:
        """The preview of an open file that is called ``name``: the gate's ``Preview`` without the file's own facts.

        Raises:
            EvidenceError: reading it fails.
        """
        async with self._room:
            try:
                return await self._made(file, name, wanted, encoding)
            except OSError as error:
                raise EvidenceError(because("cannot-read", path=name, why=error.strerror or error)) from error

    async def _made(self, file: io.FileIO, name: str, wanted: Wanted, encoding: str) -> dict[str, Any]:
        head = await self._work(lambda: read_at(file, 0, HEAD_BYTES))
        kind, form = _KINDS_ASKED[wanted.kind] if wanted.kind else kind_of(head, name)
        why: dict[str, Any] = {}
        if kind not in ("text", "hex"):
            as_shown = _kind_shown(kind, wanted)
            shown = await _parsed(file, name, kind, form, _bounded(wanted, as_shown))
            if "why" not in shown and "problem" not in shown:
                return await self._work(lambda: _fitting({"kind": as_shown, "format": form} | shown, wanted.offset))
            why = shown
            kind = "text" if kind in ("table", "json") and form != "xlsx" else "hex"
            wanted = wanted if wanted.kind else replace(wanted, offset=wanted.offset if kind == "text" else 0)
        bounded = _bounded(wanted, kind)
        show = _text if kind == "text" else _hex
        about = {"kind": kind, "format": form}
        return await self._work(lambda: _fitting(about | show(file, bounded, encoding) | why, wanted.offset))


def _kind_shown(kind: str, wanted: Wanted) -> str:
    """What a preview of this kind is to the reader."""
    if kind == "packed":
        return "text"
    return "table" if kind == "database" and wanted.table is not None else kind


def _bounded(wanted: Wanted, kind: str) -> Wanted:
    usual, most = LIMITS.get(kind, (1, 1))
    return replace(wanted, limit=usual if wanted.limit is None else max(1, min(wanted.limit, most)))


async def _parsed(file: io.FileIO, name: str, kind: str, form: str, wanted: Wanted) -> dict[str, Any]:
    """What the process of its own says: the preview, or ``why`` there is none."""
    request = {"kind": kind, "format": form, "name": name, "offset": wanted.offset, "limit": wanted.limit,
               "sheet": wanted.sheet, "table": wanted.table}  # fmt: skip
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "batmon.previews", json.dumps(request), stdin=file, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, limit=ANSWER_BYTES,
        env={name: value for name, value in os.environ.items() if name.upper() in _KEPT_VARIABLES},
    )  # fmt: skip
    try:
        async with asyncio.timeout(DEADLINE_SEC):
            if process.stdout is None:
                raise RuntimeError("a process without the output that was asked for")
            printed = bytearray()
            while len(printed) < ANSWER_BYTES and (piece := await process.stdout.read(1 << 20)):
                printed += piece
            await process.wait()
    except TimeoutError:
        return {"why": "it takes too long to show"}
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        answer = json.loads(printed)
    except ValueError:
        return {"why": "it takes too much to show: the process that looked at it was ended"}
    return answer if isinstance(answer, dict) else {"why": "it cannot be shown"}


def _text(file: io.FileIO, wanted: Wanted, encoding: str) -> dict[str, Any]:
    """Lines from the one that holds the byte ``offset`` on. Blocks."""
    text = LogText(file, encoding)
    anchor = text.anchor(At.byte(wanted.offset) if wanted.offset else At.start())
    lines: list[dict[str, Any]] = []
    place = anchor
    for start, end in text.extents_from(anchor):
        if len(lines) == wanted.limit or (lines and end - anchor > READ_BYTES):
            break
        line = text.line(start, end)
        lines.append({"offset": start, "end": end, "text": line.text} | ({"cut": line.cut} if line.cut else {}))
        place = end
    more = place < text.size
    return {"lines": lines, "encoding": text.codec.name, "more": more, "next": place if more else None}


def _hex(file: io.FileIO, wanted: Wanted, _encoding: str) -> dict[str, Any]:
    """Lines of 16 bytes from ``offset`` on, rounded down to a whole line. Blocks."""
    start = wanted.offset - wanted.offset % _HEX_WIDTH
    raw = read_at(file, start, (wanted.limit or 1) * _HEX_WIDTH)
    lines = []
    for at in range(0, len(raw), _HEX_WIDTH):
        piece = raw[at : at + _HEX_WIDTH]
        shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in piece)
        lines.append({"offset": start + at, "hex": piece.hex(" "), "text": shown})
    place = start + len(raw)
    more = place < os.fstat(file.fileno()).st_size
    return {"lines": lines, "more": more, "next": place if more else None}


def _fitting(shown: dict[str, Any], offset: int) -> dict[str, Any]:
    """The preview, made harmless, with as many of its lines or rows as fit a frame; at least one. Blocks.

    The gate makes everything harmless once more; that costs its loop nothing where it was done here.
    """
    shown = clean_value(shown)
    key = _ROWS_OF.get(shown["kind"], "")
    rows = shown.get(key, [])
    room = FRAME_BYTES - _size(shown | {key: []})
    for number, row in enumerate(rows):
        room -= _size(row) + 1
        if room < 0 and number:
            after = row["offset"] if key == "lines" else offset + number
            return shown | {key: rows[:number], "more": True, "next": after}
    return shown


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode(errors="backslashreplace"))
