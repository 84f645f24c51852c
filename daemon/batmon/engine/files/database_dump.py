"""What the daemon answers at the gate about the database as a whole: database.dump writes it below ``/exports``."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

from batmon.engine.files.exports import exports_folder, file_word
from batmon.errors import BatmonError, Refused
from batmon.gate.arguments import Args
from batmon.gate.verbs import Caller, Done, Verb
from batmon.model import Role
from batmon.refusals import because
from batmon.store.dump import dump


class DatabaseDump:
    """The verb. ``url`` gives the database as somebody who may read all of it; ``state`` is the state folder."""

    def __init__(self, *, url: Callable[[], str], state: Path, node: str, now: Callable[[], datetime]) -> None:
        self._url = url
        self._state = state
        self._node = node
        self._now = now
        self._dumping = asyncio.Lock()

    def verbs(self) -> dict[str, Verb]:
        """For admins: everything that anybody ever recorded is in it."""
        return {"database.dump": Verb(Role.ADMIN, stream=self.dump)}

    async def dump(self, _caller: Caller, _args: Args) -> AsyncIterator[Args | Done]:
        """How large it is so far, again and again; then where it is, its size and its SHA-256."""
        if self._dumping.locked():
            raise Refused(because("dump-being-made"))
        async with self._dumping:
            folder = await asyncio.to_thread(exports_folder, self._state)
            name = f"batmon-{file_word(self._node)}-{self._now():%Y%m%dT%H%M%SZ}.dump"
            half = self._state / f".{name}.part"  # not in the tree, where somebody could fetch it half made
            try:
                await asyncio.to_thread(self._forget_halves)
                async with contextlib.aclosing(dump(self._url(), half)) as sizes:
                    async for size in sizes:
                        yield {"bytes": size}
                sha256, size = await asyncio.to_thread(_digest, half)
                half.replace(folder / name)
            except OSError as error:
                raise BatmonError(because("dump-unwritable", why=error.strerror, path=error.filename)) from error
            finally:
                half.unlink(missing_ok=True)
        yield Done({"path": f"/exports/{name}", "size": size, "sha256": sha256})

    def _forget_halves(self) -> None:
        """Remove what a daemon that was killed left of a dump: only one is made at a time, and none is now."""
        for left in self._state.glob(".batmon-*.dump.part"):
            left.unlink(missing_ok=True)


def _digest(file: Path) -> tuple[str, int]:
    with file.open("rb") as dumped:
        digest = hashlib.file_digest(dumped, "sha256")
        return digest.hexdigest(), dumped.tell()
