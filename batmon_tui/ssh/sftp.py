"""The subsystem ``sftp``: the daemon's tree of files, to be read and nothing else, for sftp, scp, WinSCP and FileZilla.

One request at a time is answered, and the next one is read when the client has taken the answer: however many it asks
for at once wait on its own side. What a file is and who may see it decides the daemon, for the person who logged in.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import posixpath
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

from batmon.errors import BatmonError, DaemonUnreachable, NotFound, Refused
from batmon_tui.ssh import sftp_packets as wire
from batmon_tui.ssh.sftp_packets import Attributes, Body, Kind, Status
from batmon_tui.ssh.sftp_tree import RemoteFile, RemoteTree

log = logging.getLogger(__name__)

HANDLES = 64
"""Files and folders that a session may have open."""
IDLE_SEC = 30 * 60.0
"""A session that asks for nothing for so long is ended."""
NAMES_AT_ONCE = 100
FURTHEST = 2**53
"""No file is so long; the gate's numbers end here."""
EXTENSIONS = (("limits@openssh.com", "1"),)
READ_ONLY = "this is a read-only view of logs, files, reports and exports"

CHANGES = (
    Kind.WRITE, Kind.SETSTAT, Kind.FSETSTAT, Kind.REMOVE, Kind.MKDIR, Kind.RMDIR, Kind.RENAME, Kind.SYMLINK,
)  # fmt: skip
"""Requests that would change something: none of them is even understood."""

_READ, _OTHER_FLAGS = 0x01, ~0x01


class Sink(Protocol):
    """Where the answers go."""

    def write(self, data: bytes) -> None:
        """Take bytes to send."""

    async def drain(self) -> None:
        """Wait until the client keeps up; ConnectionError when it is gone."""


class _Ended(Exception):
    """A request ended with this status."""

    def __init__(self, code: Status, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Folder:
    """A folder that is being listed."""

    def __init__(self, pages: AsyncIterator[list[dict[str, Any]]], first: list[dict[str, Any]]) -> None:
        self._pages = pages
        here = Attributes.of_entry({"kind": "dir", "size": 0, "modified": None})
        self._waiting = [(".", here), ("..", here), *_named(first)]

    async def next(self) -> list[tuple[str, Attributes]]:
        """The next names; none at the end."""
        while not self._waiting:
            try:
                self._waiting = _named(await anext(self._pages))
            except StopAsyncIteration:
                return []
        found, self._waiting = self._waiting[:NAMES_AT_ONCE], self._waiting[NAMES_AT_ONCE:]
        return found


class SftpServer:
    """One session: reads requests from ``reader`` and answers to ``sink`` until the client ends it."""

    def __init__(self, tree: RemoteTree, reader: asyncio.StreamReader, sink: Sink) -> None:
        self._tree = tree
        self._reader = reader
        self._sink = sink
        self._numbers = itertools.count(1)
        self._open: dict[bytes, RemoteFile | _Folder] = {}
        self._answers: dict[int, Callable[[int, Body], Awaitable[bytes]]] = {
            Kind.OPEN: self._open_file,
            Kind.CLOSE: self._close,
            Kind.READ: self._read,
            Kind.LSTAT: self._lstat,
            Kind.FSTAT: self._fstat,
            Kind.STAT: self._stat,
            Kind.OPENDIR: self._open_folder,
            Kind.READDIR: self._read_folder,
            Kind.REALPATH: self._real_path,
            Kind.READLINK: self._read_link,
            Kind.EXTENDED: self._extended,
            **dict.fromkeys(CHANGES, self._refuse),
        }

    async def run(self) -> int:
        """Serve; the channel's exit code."""
        try:
            kind, _, _ = await self._request(first=True)
            if kind != Kind.INIT:
                return 1
            self._sink.write(wire.version(EXTENSIONS))
            while True:
                kind, number, body = await self._request()
                self._sink.write(await self._answered(kind, number, body))
                await self._sink.drain()
        except asyncio.IncompleteReadError as error:
            return 1 if error.partial else 0
        except wire.Malformed as error:
            log.warning("an SFTP session is ended: %s", error)
            return 1
        except TimeoutError:
            return 0
        except ConnectionError:
            return 1
        finally:
            self._open.clear()
            await self._tree.close()

    async def _request(self, *, first: bool = False) -> tuple[int, int, Body]:
        """The next packet: its kind, its id (of the first: the client's version) and the rest."""
        async with asyncio.timeout(IDLE_SEC):
            size = int.from_bytes(await self._reader.readexactly(4), "big")
            if not 5 <= size <= wire.LARGEST_PACKET:
                raise wire.Malformed(f"a packet of {size:,} bytes")
            data = await self._reader.readexactly(size)
        body = Body(data[1:])
        number = body.u32()
        if first:
            return data[0], number, Body(b"")
        return data[0], number, body

    async def _answered(self, kind: int, number: int, body: Body) -> bytes:
        answer = self._answers.get(kind)
        if answer is None:
            words = f"there is no request {kind} in version {wire.VERSION}"
            return wire.status(number, Status.OP_UNSUPPORTED, words)
        try:
            return await answer(number, body)
        except _Ended as end:
            return wire.status(number, end.code, str(end))
        except wire.Malformed as error:
            return wire.status(number, Status.BAD_MESSAGE, str(error))
        except BatmonError as error:
            return wire.status(number, status_of(error), in_words(error))

    # -- files

    async def _open_file(self, number: int, body: Body) -> bytes:
        path, flags = body.path(), body.u32()
        if flags & _OTHER_FLAGS or not flags & _READ:
            raise _Ended(Status.PERMISSION_DENIED, READ_ONLY)
        self._see_room()
        return self._opened(number, await self._tree.open(absolute(path)))

    async def _close(self, number: int, body: Body) -> bytes:
        held = self._open.pop(body.text(), None)
        if held is None:
            raise _Ended(Status.FAILURE, "nothing is open by this handle")
        if isinstance(held, RemoteFile):
            held.close()
        return wire.status(number, Status.OK)

    async def _read(self, number: int, body: Body) -> bytes:
        file = self._file(body)
        offset, length = body.u64(), body.u32()
        data = await file.read(offset, min(length, wire.LARGEST_READ)) if offset < FURTHEST else b""
        if not data:
            raise _Ended(Status.EOF, "the end of the file")
        return wire.packet(Kind.DATA, number, wire.string(data))

    async def _fstat(self, number: int, body: Body) -> bytes:
        file = self._file(body)
        entry = {"kind": "file", "size": file.size, "modified": file.modified}
        return wire.packet(Kind.ATTRS, number, Attributes.of_entry(entry).encoded())

    def _file(self, body: Body) -> RemoteFile:
        held = self._open.get(body.text())
        if not isinstance(held, RemoteFile):
            raise _Ended(Status.FAILURE, "no file is open by this handle")
        return held

    def _see_room(self) -> None:
        if len(self._open) >= HANDLES:
            raise _Ended(Status.FAILURE, f"{HANDLES} files and folders are open already")

    def _opened(self, number: int, held: RemoteFile | _Folder) -> bytes:
        handle = str(next(self._numbers)).encode()
        self._open[handle] = held
        return wire.packet(Kind.HANDLE, number, wire.string(handle))

    # -- names

    async def _lstat(self, number: int, body: Body) -> bytes:
        entry = await self._tree.stat(absolute(body.path()))
        return wire.packet(Kind.ATTRS, number, Attributes.of_entry(entry).encoded())

    async def _stat(self, number: int, body: Body) -> bytes:
        path = absolute(body.path())
        entry = await self._tree.stat(path)
        if entry["kind"] in ("link", "other"):  # to follow it is to open it: the daemon refuses, and writes that down
            (await self._tree.open(path)).close()
        return wire.packet(Kind.ATTRS, number, Attributes.of_entry(entry).encoded())

    async def _open_folder(self, number: int, body: Body) -> bytes:
        path = absolute(body.path())
        self._see_room()
        pages = self._tree.pages(path)
        first = await anext(pages)
        return self._opened(number, _Folder(pages, first))

    async def _read_folder(self, number: int, body: Body) -> bytes:
        held = self._open.get(body.text())
        if not isinstance(held, _Folder):
            raise _Ended(Status.FAILURE, "no folder is open by this handle")
        found = await held.next()
        if not found:
            raise _Ended(Status.EOF, "the end of the folder")
        return wire.names(number, found)

    async def _real_path(self, number: int, body: Body) -> bytes:
        path = posixpath.normpath(absolute(body.path()))
        return wire.names(number, [(f"/{path.lstrip('/')}", Attributes(0, 0, 0))])

    async def _read_link(self, number: int, body: Body) -> bytes:
        del number, body
        raise _Ended(Status.OP_UNSUPPORTED, "where a link leads is not told")

    async def _extended(self, number: int, body: Body) -> bytes:
        name = body.text()
        if name == b"limits@openssh.com":
            return wire.limits(number, HANDLES)
        raise _Ended(Status.OP_UNSUPPORTED, f"{name[:60].decode(errors='replace')!r} is not known here: {READ_ONLY}")

    async def _refuse(self, number: int, body: Body) -> bytes:
        del number, body
        raise _Ended(Status.PERMISSION_DENIED, READ_ONLY)


def absolute(path: str) -> str:
    """A client's path from the tree's root, without empty names and ``.``; ``..`` stays, for the daemon to refuse."""
    return "/" + "/".join(name for name in path.split("/") if name not in ("", "."))


def status_of(error: BatmonError) -> Status:
    """The status that says the same as an error of the daemon."""
    if isinstance(error, NotFound):
        return Status.NO_SUCH_FILE
    return Status.PERMISSION_DENIED if isinstance(error, Refused) else Status.FAILURE


def in_words(error: BatmonError) -> str:
    """An error on one line, with what to do about it."""
    return f"{error} ({error.hint})" if error.hint and not isinstance(error, DaemonUnreachable) else str(error)


def _named(entries: list[dict[str, Any]]) -> list[tuple[str, Attributes]]:
    return [(entry["name"], Attributes.of_entry(entry)) for entry in entries]
