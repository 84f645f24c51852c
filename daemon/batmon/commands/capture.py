"""``batmon capture``: a picture of the server's screen."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from batmon.commands.session import DONE, Session
from batmon.commands.whole_file import whole_file


async def capture(session: Session, *, output: str | None, force: bool) -> int:
    """Have the daemon take it, and say where it is; with ``output`` write a copy there."""
    target = None if output is None else session.file_to_write(output, force=force)
    gate = await session.gate()
    taken = await gate.request("capture", shown=False)
    if target is None:
        session.out(taken["path"])
    else:
        await asyncio.to_thread(_copy, session.server_file(taken["path"]), target)
        session.out(str(target))
    session.err(f"{taken['width']} x {taken['height']}, {taken['size']:,} bytes")
    return DONE


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as taken, whole_file(target) as copy:
        shutil.copyfileobj(taken, copy)
