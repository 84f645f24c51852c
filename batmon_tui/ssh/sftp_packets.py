"""SFTP version 3 on the wire, as far as a read-only server needs it: draft-ietf-secsh-filexfer-02.

Pure: bytes in, values out, and back. Every packet is a length, a type, an id and a body; numbers are big-endian.
"""

from __future__ import annotations

import stat
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

VERSION = 3
LARGEST_PACKET = 256 * 1024
"""Of what a client may send, as OpenSSH has it: nobody sends data to a server that takes none."""
LARGEST_READ = LARGEST_PACKET - 1024

_U32 = struct.Struct("!I")
_U64 = struct.Struct("!Q")
_SIZE, _PERMISSIONS, _TIMES = 0x1, 0x4, 0x8


class Kind(IntEnum):
    """What a packet is."""

    INIT = 1
    VERSION = 2
    OPEN = 3
    CLOSE = 4
    READ = 5
    WRITE = 6
    LSTAT = 7
    FSTAT = 8
    SETSTAT = 9
    FSETSTAT = 10
    OPENDIR = 11
    READDIR = 12
    REMOVE = 13
    MKDIR = 14
    RMDIR = 15
    REALPATH = 16
    STAT = 17
    RENAME = 18
    READLINK = 19
    SYMLINK = 20
    STATUS = 101
    HANDLE = 102
    DATA = 103
    NAME = 104
    ATTRS = 105
    EXTENDED = 200
    EXTENDED_REPLY = 201


class Status(IntEnum):
    """How a request ended."""

    OK = 0
    EOF = 1
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    BAD_MESSAGE = 5
    OP_UNSUPPORTED = 8


class Malformed(Exception):
    """A packet that ends before it should."""


class Body:
    """Reads the fields of a packet one after another."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def u32(self) -> int:
        """A number of 32 bits."""
        return int(_U32.unpack(self._take(4))[0])

    def u64(self) -> int:
        """A number of 64 bits."""
        return int(_U64.unpack(self._take(8))[0])

    def text(self) -> bytes:
        """A string, which may be any bytes."""
        return self._take(self.u32())

    def path(self) -> str:
        """A string as a path; what is not UTF-8 in it becomes lone surrogates, which the daemon refuses."""
        return self.text().decode("utf-8", "surrogateescape")

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise Malformed("the packet is too short")
        taken = self._data[self._at : end]
        self._at = end
        return taken


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is told of a file: bytes, mode with the kind of file in it, seconds since the epoch."""

    size: int
    mode: int
    modified: int

    @classmethod
    def of_entry(cls, entry: dict[str, Any]) -> Attributes:
        """Those of an ``Entry`` of docs/gate.md; what may not be read has no bits for it."""
        kinds = {"dir": stat.S_IFDIR | 0o555, "file": stat.S_IFREG | 0o444, "link": stat.S_IFLNK | 0o777}
        mode = kinds.get(entry["kind"], stat.S_IFIFO)
        if not entry.get("readable", True) and entry["kind"] != "link":
            mode = stat.S_IFMT(mode)
        return cls(int(entry["size"]), mode, seconds(entry["modified"]))

    def encoded(self) -> bytes:
        """As they stand in a packet; the time of the last access is that of the last change."""
        flags = _SIZE | _PERMISSIONS | _TIMES
        times = struct.pack("!II", self.modified, self.modified)
        return _U32.pack(flags) + _U64.pack(self.size) + _U32.pack(self.mode) + times


def seconds(moment: str | None) -> int:
    """A protocol time in seconds since the epoch, as far as 32 bits go; 0 for none."""
    return 0 if moment is None else max(0, min(int(datetime.fromisoformat(moment).timestamp()), 2**32 - 1))


def string(data: bytes | str) -> bytes:
    """A string as it stands in a packet."""
    raw = data.encode(errors="surrogateescape") if isinstance(data, str) else data
    return _U32.pack(len(raw)) + raw


def packet(kind: Kind, number: int, *parts: bytes) -> bytes:
    """A whole packet."""
    body = b"".join(parts)
    return struct.pack("!IBI", len(body) + 5, kind, number) + body


def version(extensions: tuple[tuple[str, str], ...]) -> bytes:
    """The answer to INIT."""
    body = b"".join(string(name) + string(value) for name, value in extensions)
    return struct.pack("!IBI", len(body) + 5, Kind.VERSION, VERSION) + body


def status(number: int, code: Status, message: str = "") -> bytes:
    """How a request ended, in a sentence."""
    return packet(Kind.STATUS, number, _U32.pack(code), string(message), string("en"))


def names(number: int, entries: list[tuple[str, Attributes]]) -> bytes:
    """Names with their attributes, and each as a line of ``ls -l``."""
    parts = [string(name) + string(long_name(name, its)) + its.encoded() for name, its in entries]
    return packet(Kind.NAME, number, _U32.pack(len(parts)), *parts)


def limits(number: int, handles: int) -> bytes:
    """The answer to ``limits@openssh.com``: packet, read, write, handles."""
    return packet(Kind.EXTENDED_REPLY, number, struct.pack("!QQQQ", LARGEST_PACKET, LARGEST_READ, 32768, handles))


def long_name(name: str, its: Attributes) -> str:
    """A line as ``ls -l`` prints it, in UTC."""
    at = datetime.fromtimestamp(its.modified, UTC)
    return f"{stat.filemode(its.mode)}    1 batmon   batmon   {its.size:12d} {at:%b %d  %Y} {name}"
