"""Takes what programs could not tell the daemon out of their spools, once it is durable in the database.

A spool is read in its order and cut only after the commit, so whatever ends in between only means that the same is
said again. What can never be written is kept in the spool, with the reason, and told by ``batmon doctor``.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from batmon.engine.recording.intake import with_own_name
from batmon.engine.recording.intake_lines import BadOperation, from_spool
from batmon.engine.recording.writer import BATCH_OPS, RecordWriter
from batmon.errors import BatmonError, NotFound, StoreUnavailable
from batmon.record.spool import Spool
from batmon.store.record_ops import Op

log = logging.getLogger(__name__)

LOOK_EVERY_SEC = 2.0

Entry = tuple[int, dict[str, Any]]
"""An operation as the spool keeps it, with its number there."""


class SpoolDrain:
    """Empties the spools of ``folders``; a folder that is not there is one that nobody needed yet."""

    def __init__(self, folders: Iterable[Path], writer: RecordWriter, *, own_names: tuple[str, ...]) -> None:
        self._spools = {folder: Spool(folder) for folder in folders}
        self._writer = writer
        self._own_names = own_names
        self._one = asyncio.Lock()
        self.looked = asyncio.Event()
        """Set once every spool was emptied, or could not be, for the first time."""
        self._faults: dict[Path, str] = {}
        self._refused: dict[Path, int] = {}

    async def keep(self) -> None:
        """Empty them for ever, every few seconds."""
        while True:
            await self.drain()
            self.looked.set()
            await asyncio.sleep(LOOK_EVERY_SEC)

    def problems(self) -> list[str]:
        """What a person should know, a sentence each."""
        found = [f"the spool {folder} cannot be emptied: {why}" for folder, why in sorted(self._faults.items())]
        found += [
            f"{count} recorded operations in {folder} can never be written; see the table `refused` there"
            for folder, count in sorted(self._refused.items())
            if count
        ]
        return found

    async def drain(self) -> int:
        """Empty every spool that can be emptied now; how many operations were taken.

        An end whose run nobody knows waits until the other spools are empty: its start may lie in one of them.
        """
        async with self._one:
            taken, again = 0, []
            for folder in self._spools:
                count, whole = await self._guarded(folder, final=False)
                taken += count
                if not whole:
                    again.append(folder)
            for folder in again:
                taken += (await self._guarded(folder, final=True))[0]
            return taken

    async def _guarded(self, folder: Path, *, final: bool) -> tuple[int, bool]:
        """How many were taken, and whether all was; what is wrong with one spool does not hold up the others."""
        try:
            result = await self._drain(folder, final=final)
        except StoreUnavailable as error:
            log.debug("the spool waits: %s", error)
            return 0, True
        except (OSError, sqlite3.Error) as error:
            if self._faults.get(folder) != str(error):
                log.warning("the spool %s cannot be emptied: %s", folder, error)
            self._faults[folder] = str(error)
            return 0, True
        self._faults.pop(folder, None)
        return result

    async def _drain(self, folder: Path, *, final: bool) -> tuple[int, bool]:
        spool, taken = self._spools[folder], 0
        while entries := await asyncio.to_thread(spool.batch, BATCH_OPS):
            wrong = await self._write(entries)
            if not final and any(isinstance(error, NotFound) for error in wrong.values()):
                return taken, False
            for number, error in wrong.items():
                log.warning("an operation in %s will never be written: %s", folder, error)
                await asyncio.to_thread(spool.refuse, number, str(error))
            await asyncio.to_thread(spool.discard, entries[-1][0])
            taken += len(entries)
        faults = dict(spool.faults)
        if taken:
            log.info("took %d recorded operations out of %s", taken, folder)
        if taken or folder not in self._refused:
            self._refused[folder] = await asyncio.to_thread(spool.refused_count)
        if faults:
            raise OSError("; ".join(f"{name}: {why}" for name, why in faults.items()))
        return taken, True

    def close(self) -> None:
        """Close their files."""
        for spool in self._spools.values():
            spool.close()

    async def _write(self, entries: list[Entry]) -> dict[int, BatmonError]:
        """Write them durably; by number, why some will never be."""
        wrong: dict[int, BatmonError] = {}
        ops: list[Op] = []
        numbers: list[int] = []
        for seq, entry in entries:
            try:
                ops.append(with_own_name(from_spool(entry), self._own_names))
                numbers.append(seq)
            except BadOperation as error:
                wrong[seq] = error
        if ops:
            _, refused = await self._writer.write(ops, patient=False)
            wrong.update({numbers[place]: error for place, error in refused})
        return wrong
