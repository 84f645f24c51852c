"""The daemon's tree of files for one person: looked at, listed and read over the gate, which decides each time."""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from batmon.gate.client import GateClient
from batmon_tui.ssh.screens import Connect

PIECE = 512 * 1024
"""Bytes that are asked for at once; the gate gives no more."""
AHEAD = 2
"""Pieces that are asked for before a client that reads on wants them."""
KEPT_PIECES = 6
"""Of all files of a session together: what it holds in memory."""
END_HOLDS_SEC = 1.0
"""For how long the end of a file is taken for its end: it may be a log that grows."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What stood at one place of a file when it was looked at, at ``at`` on the loop's clock."""

    data: bytes
    at: float


class RemoteTree:
    """Files by their path in the tree. Every method raises what the daemon answers, as errors of ``batmon.errors``."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._gate: GateClient | None = None
        self._connecting = asyncio.Lock()
        self._numbers = itertools.count()
        self._pieces: OrderedDict[tuple[int, int], asyncio.Task[Piece]] = OrderedDict()

    async def ask(self, verb: str, **args: Any) -> dict[str, Any]:
        """One request; a connection that was lost is made again."""
        async with self._connecting:
            if self._gate is None or self._gate.is_lost:
                self._gate = await self._connect()
        return await self._gate.request(verb, **args)

    async def stat(self, path: str) -> dict[str, Any]:
        """The ``Entry`` at a path, a link as itself."""
        entry: dict[str, Any] = (await self.ask("tree.stat", path=path))["entry"]
        return entry

    async def open(self, path: str) -> RemoteFile:
        """The file at a path, its first piece read: whoever may not open it learns that here."""
        first = await self.ask("tree.read", path=path, offset=0, length=PIECE)
        file = RemoteFile(self, next(self._numbers), path, first)
        begun: asyncio.Future[Piece] = asyncio.get_running_loop().create_future()
        begun.set_result(self._piece_of(first))
        self._keep((file.number, 0), asyncio.ensure_future(_value(begun)))
        return file

    async def pages(self, path: str) -> AsyncIterator[list[dict[str, Any]]]:
        """The entries of a folder, a page at a time; the first page also of an empty one."""
        offset: int | None = 0
        while offset is not None:
            page = await self.ask("tree.list", path=path, offset=offset)
            yield page["entries"]
            offset = page["next"]

    async def piece(self, file: RemoteFile, index: int, *, on: bool) -> Piece:
        """A piece of a file; with ``on`` those after it are asked for too."""
        task = self._asked(file, index)
        self._pieces.move_to_end((file.number, index))
        if on:
            for ahead in range(index + 1, index + 1 + AHEAD):
                if ahead * PIECE < file.size:
                    self._asked(file, ahead)
        try:
            return await task
        except BaseException:
            self.forget(file, index)
            raise

    def forget(self, file: RemoteFile, index: int | None = None) -> None:
        """Keep a piece of a file no longer, or none of it."""
        for key in [key for key in self._pieces if key[0] == file.number and index in (None, key[1])]:
            self._pieces.pop(key).cancel()

    async def close(self) -> None:
        """Let go of everything."""
        for task in self._pieces.values():
            task.cancel()
        await asyncio.gather(*self._pieces.values(), return_exceptions=True)
        self._pieces.clear()
        if self._gate is not None:
            await self._gate.close()

    def _asked(self, file: RemoteFile, index: int) -> asyncio.Task[Piece]:
        key = (file.number, index)
        if key not in self._pieces:
            self._keep(key, asyncio.create_task(self._read(file, index), name=f"read {index}"))
        return self._pieces[key]

    def _keep(self, key: tuple[int, int], task: asyncio.Task[Piece]) -> None:
        self._pieces[key] = task
        task.add_done_callback(_looked_at)
        while len(self._pieces) > KEPT_PIECES:
            self._pieces.popitem(last=False)[1].cancel()

    async def _read(self, file: RemoteFile, index: int) -> Piece:
        answer = await self.ask("tree.read", path=file.path, offset=index * PIECE, length=PIECE, id=file.id)
        file.know(answer)
        return self._piece_of(answer)

    @staticmethod
    def _piece_of(answer: dict[str, Any]) -> Piece:
        return Piece(base64.b64decode(answer["data"]), asyncio.get_running_loop().time())


class RemoteFile:
    """An open file.

    ``id`` sees to it that all pieces come from the same one; ``size`` and ``modified`` are as last seen.
    """

    def __init__(self, tree: RemoteTree, number: int, path: str, first: dict[str, Any]) -> None:
        self._tree = tree
        self.number = number
        self.path = path
        self.id: str = first["id"]
        self._next = 0
        self.know(first)

    def know(self, answer: dict[str, Any]) -> None:
        """Take what an answer of ``tree.read`` says of the file."""
        self.size: int = answer["size"]
        self.modified: str | None = answer["modified"]

    async def read(self, offset: int, length: int) -> bytes:
        """Up to ``length`` bytes from ``offset``, fewer only at the end of the file."""
        found = bytearray()
        while length > 0:
            index, start = divmod(offset, PIECE)
            piece = await self._tree.piece(self, index, on=index in (0, self._next, self._next - 1))
            if start >= len(piece.data) and len(piece.data) < PIECE and self._is_old(piece):
                self._tree.forget(self, index)
                piece = await self._tree.piece(self, index, on=False)
            self._next = index + 1
            taken = piece.data[start : start + length]
            found += taken
            offset += len(taken)
            length -= len(taken)
            if len(piece.data) < PIECE and start + len(taken) >= len(piece.data):
                break
        return bytes(found)

    def close(self) -> None:
        """Keep nothing of it."""
        self._tree.forget(self)

    @staticmethod
    def _is_old(piece: Piece) -> bool:
        return asyncio.get_running_loop().time() - piece.at > END_HOLDS_SEC


async def _value(ready: asyncio.Future[Piece]) -> Piece:
    return await ready


def _looked_at(task: asyncio.Task[Piece]) -> None:
    """A piece that nobody came for may have failed; whoever comes for it asks again."""
    if not task.cancelled():
        task.exception()
