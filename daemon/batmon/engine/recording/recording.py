"""Runs that programs record themselves: the socket, the spools, and who looks after open runs, put together."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from contextlib import AsyncExitStack

from batmon.config import Config
from batmon.config.machine import host_name
from batmon.engine.checker import Checker
from batmon.engine.patience import patient
from batmon.engine.recording.intake import Intake
from batmon.engine.recording.liveness import Liveness
from batmon.engine.recording.spool_drain import SpoolDrain
from batmon.engine.recording.writer import RecordWriter
from batmon.engine.tasks import Tasks
from batmon.engine.told import Told
from batmon.places import record_address
from batmon.store import Store

log = logging.getLogger(__name__)

EMPTYING_SEC = 10.0
"""So long the daemon's start waits for the spools; whoever starts it does not wait for ever."""


class Recording:
    """The recording side of one daemon. ``told`` hears of every bot whose runs changed."""

    def __init__(self, config: Config, store: Store, checker: Checker) -> None:
        self._config = config
        self._store = store
        names = tuple(dict.fromkeys((config.node, host_name(os.environ), socket.gethostname())))
        self.told = Told()
        self.writer = RecordWriter(store.record, tell=self.told.tell, look_again=self._empty_spools)
        folders = (config.state / "spool", *config.record.spools)
        self.spools = SpoolDrain(folders, self.writer, own_names=names)
        self.liveness = Liveness(
            store, own_names=names, report=checker.on_recorded_process, empty_spools=self._empty_spools
        )
        self.intake = Intake(self.writer, own_names=names, left=self.liveness.look_soon)

    @property
    def address(self) -> str:
        """Where programs record."""
        record = self._config.record
        return str(record.socket) if record.socket else record_address(str(self._config.state))

    def problems(self) -> list[str]:
        """What a person should know, a sentence each."""
        return self.spools.problems()

    async def start(self, tasks: Tasks, down: AsyncExitStack) -> None:
        """Take what waits in the spools, then let programs in.

        Raises:
            GateError: they cannot be let in at the address.
        """
        down.callback(self.spools.close)
        await patient(self._store.prepare_to_record)
        tasks.keep("spools", self.spools.keep())
        tasks.keep("open runs", self.liveness.keep())
        tasks.keep("record writer", self.writer.keep())
        try:
            async with asyncio.timeout(EMPTYING_SEC):
                await self.spools.looked.wait()
        except TimeoutError:
            log.info("the spools are long: programs are let in while they are emptied")
        record = self._config.record
        if record.enabled:
            await self.intake.start(self.address, shared=record.socket is not None, group=record.group)
            down.push_async_callback(self.intake.stop)

    async def _empty_spools(self) -> None:
        await self.spools.drain()
