"""``batmon database dump``: the whole database as one file that pg_restore reads."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from pathlib import Path
from typing import Any

from batmon.commands.session import DONE, Session
from batmon.commands.whole_file import whole_file
from batmon.errors import BatmonError
from batmon.refusals import because

PIECE = 1024 * 1024


async def dump(session: Session, *, output: str | None, force: bool) -> int:
    """Have the daemon make a dump, and say where it is; with ``output`` move it there."""
    target = None if output is None else session.file_to_write(output, force=force)
    gate = await session.gate()
    told = 0
    async with gate.stream("database.dump") as stream:
        async for step in stream:
            if session.interactive and step["bytes"] - told >= 64 * PIECE:
                told = step["bytes"]
                session.err(f"{told:,} bytes so far")
    made: dict[str, Any] = stream.result or {}
    if target is None:
        session.out(made["path"])
    else:
        await asyncio.to_thread(_move, session.server_file(made["path"]), target, made["sha256"])
        session.out(str(target))
    session.err(f"{made['size']:,} bytes, SHA-256 {made['sha256']}")
    return DONE


def _move(source: Path, target: Path, sha256: str) -> None:
    """Copy the dump to its place, see that it is the same, and remove it from the server's folder."""
    digest = hashlib.sha256()
    with source.open("rb") as dumped, whole_file(target) as copy:
        shutil.copyfileobj(dumped, copy, PIECE)
        copy.seek(0)
        while piece := copy.read(PIECE):
            digest.update(piece)
        if digest.hexdigest() != sha256:
            raise BatmonError(because("dump-arrived-changed", target=target, source=source))
    source.unlink()
