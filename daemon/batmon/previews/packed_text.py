"""The beginning of a compressed text: gzip, bzip2, xz, zstd."""

from __future__ import annotations

import bz2
import gzip
import lzma
from typing import Any, BinaryIO

from batmon.previews.cells import CannotShow, Request
from batmon.previews.decoding import decoded
from batmon.previews.kinds import kind_of

_UNPACKED_BYTES = 4 << 20
_LONGEST_LINE = 4096


def packed_text(file: BinaryIO, request: Request) -> dict[str, Any]:
    """Lines from the byte ``offset`` of the unpacked text on, within its first MiB; ``limit`` counts lines."""
    raw, cut, why = _unpacked(file, request.format)
    if not raw and why:
        raise CannotShow(why)
    inner = request.name.rpartition(".")[0]
    if kind_of(raw[:8192], inner)[0] not in ("text", "table", "json"):
        raise CannotShow("what is packed in it is no text")
    _, encoding = decoded(raw, cut=True)
    lines: list[dict[str, Any]] = []
    place = min(request.offset, len(raw))
    while place < len(raw) and len(lines) < request.limit:
        newline = raw.find(b"\n", place)
        end = len(raw) if newline < 0 else newline + 1
        text = raw[place:end].decode(encoding, "backslashreplace").rstrip("\r\n").removeprefix("\ufeff")
        line: dict[str, Any] = {"offset": place, "end": end, "text": text[:_LONGEST_LINE]}
        lines.append(line | {"cut": len(text)} if len(text) > _LONGEST_LINE else line)
        place = end
    more = place < len(raw)
    shown = {"lines": lines, "encoding": encoding, "more": more, "next": place if more else None}
    if cut or why:
        shown["cut"] = why or f"only the first {_UNPACKED_BYTES >> 20} MiB of the unpacked text are shown here"
    return shown


def _unpacked(file: BinaryIO, packing: str) -> tuple[bytes, bool, str]:
    """(the beginning, whether there is more, what is wrong with the rest)."""
    data = bytearray()
    try:
        stream = _stream(file, packing)
        while len(data) <= _UNPACKED_BYTES and (piece := stream.read1(256 * 1024)):
            data += piece
    except (OSError, EOFError, lzma.LZMAError, ValueError, ArithmeticError) as error:
        return bytes(data[:_UNPACKED_BYTES]), False, f"it cannot be unpacked any further: {error}"
    return bytes(data[:_UNPACKED_BYTES]), len(data) > _UNPACKED_BYTES, ""


def _stream(file: BinaryIO, packing: str) -> Any:
    if packing == "gzip":
        return gzip.GzipFile(fileobj=file)
    if packing == "bzip2":
        return bz2.BZ2File(file)
    if packing == "xz":
        return lzma.LZMAFile(file)
    import zstandard  # noqa: PLC0415 - only for what needs it

    return zstandard.ZstdDecompressor(max_window_size=128 << 20).stream_reader(file)
