"""Compressed logs as streams: gzip, bzip2, xz and Zstandard, of several members, whole or damaged.

Each is fed a KiB at a time: the worst bomb then makes some 30 MiB of one piece, and of a damaged archive nothing is
lost but what lies behind the damage.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Protocol

_PIECE = 1024
_READ_BYTES = 256 * 1024
_XZ_MEMORY = 256 << 20


class Damage(Enum):
    """What is wrong with an archive of which a part could be read."""

    TRUNCATED = "truncated"
    """It ends before its end: cut off, or still being written."""
    CORRUPT = "corrupt"
    """Its bytes are not what the packer wrote."""


class NotPackedError(ValueError):
    """The bytes begin as none of the known formats does."""


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


class _WrongBytesError(Exception):
    """Any unpacker's refusal."""


def _zstd() -> _Unpacker:
    import zstandard  # noqa: PLC0415 - only those who have such logs pay for it

    return zstandard.ZstdDecompressor().decompressobj()


_FORMATS: dict[bytes, Callable[[], _Unpacker]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\0": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY),
    b"\x28\xb5\x2f\xfd": _zstd,
    **{bytes((low, 0x2A, 0x4D, 0x18)): _zstd for low in range(0x50, 0x60)},
}
"""By the bytes that a member begins with; those of the last line begin a frame of Zstandard that holds no data."""


def unpack(file: io.FileIO) -> Iterator[bytes | Damage]:
    """The content of an open archive in pieces; a ``Damage`` comes last, and only when there is one.

    The format is told by the content, not by the name. An empty file is truncated.

    Raises:
        NotPackedError: it begins as no known archive does.
        OSError: reading the file fails.
    """
    held = _fill(file, b"")
    if not held:
        yield Damage.TRUNCATED
        return
    if _format(held) is None:
        raise NotPackedError("it is not compressed with gzip, bzip2, xz or zstd")
    while held:
        begin = _format(held)
        if begin is None:
            yield Damage.CORRUPT
            return
        unpacker = begin()
        while not unpacker.eof:
            if not held and not (held := file.read(_READ_BYTES)):
                yield Damage.TRUNCATED
                return
            piece, held = held[:_PIECE], held[_PIECE:]
            try:
                data = _decompress(unpacker, piece)
            except _WrongBytesError:
                yield Damage.CORRUPT
                return
            if data:
                yield data
        held = _fill(file, unpacker.unused_data + held)


def _decompress(unpacker: _Unpacker, piece: bytes) -> bytes:
    try:
        return unpacker.decompress(piece)
    except MemoryError:
        raise
    except Exception as error:
        # zlib.error, LZMAError, ZstdError, OSError: what they have in common is only that the bytes are wrong.
        raise _WrongBytesError from error


def _fill(file: io.FileIO, held: bytes) -> bytes:
    """What begins the next member, without the zeros that pad an archive; empty at the end of the file."""
    held = held.lstrip(b"\0")
    while len(held) < _PIECE and (more := file.read(_READ_BYTES)):
        held = (held + more).lstrip(b"\0")
    return held


def _format(head: bytes) -> Callable[[], _Unpacker] | None:
    return next((begin for magic, begin in _FORMATS.items() if head.startswith(magic)), None)
