"""Fetches a file of the daemon's tree, piece by piece, and makes sure that all pieces are of one file."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO

from batmon.commands.whole_file import whole_file
from batmon.errors import BatmonError, GateError
from batmon.gate.client import GateClient
from batmon.refusals import because

Progress = Callable[[int], None]
"""Is told how many bytes have come."""


async def pieces(gate: GateClient, path: str) -> AsyncGenerator[bytes]:
    """The file at ``path`` of the tree, as long as it was when the first piece came.

    Raises:
        Refused: it may not be read, or another file took its place meanwhile.
        NotFound: it is not there.
        GateError: it became shorter meanwhile.
    """
    done, size, identity = 0, -1, None
    while size < 0 or done < size:
        known: dict[str, str] = {"id": identity} if identity is not None else {}
        piece = await gate.request("tree.read", path=path, offset=done, **known)
        identity = piece["id"]
        size = piece["size"] if size < 0 else size
        try:
            data = base64.b64decode(piece["data"], validate=True)[: size - done]
        except binascii.Error as error:
            raise GateError(because("sent-no-base64", path=path)) from error
        if piece["offset"] != done or (not data and done < size):
            raise GateError(because("became-shorter", path=path, done=done, size=size))
        done += len(data)
        yield data


async def fetch(gate: GateClient, path: str, target: Path, *, progress: Progress | None = None) -> int:
    """Write the file at ``path`` of the tree to ``target``, which is there whole or not at all; its size in bytes.

    Raises:
        BatmonError: as ``pieces``, or ``target`` cannot be written.
    """
    with whole_file(target) as file:
        return await _copied(gate, path, file, progress)


async def _copied(gate: GateClient, path: str, file: BinaryIO, progress: Progress | None) -> int:
    done = 0
    async with aclosing(pieces(gate, path)) as stream:
        async for data in stream:
            file.write(data)
            done += len(data)
            if progress is not None:
                progress(done)
    return done


def local_name(path: str) -> str:
    """What a file of the tree is called here: its last name as the tree writes it, unless that leads elsewhere.

    Raises:
        BatmonError: it is no name for a file.
    """
    name = path.rstrip("/").rpartition("/")[2]
    if name in ("", ".", "..") or "\0" in name:
        raise BatmonError(because("names-no-file", path=path))
    return name
