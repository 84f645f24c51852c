"""The probes of one daemon: what belongs together when it starts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from batmon.config.probes import Probe
from batmon.engine.probes.looks import Looks
from batmon.engine.probes.prober import Prober
from batmon.engine.tasks import Tasks
from batmon.model import Program
from batmon.store import StoredState
from batmon.store.probes import Probes

if TYPE_CHECKING:
    from batmon.engine.daemon import Daemon


class Probing:
    """Makes the prober of ``daemon`` and keeps it going."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        config, taken = daemon.config, {program.name for program in daemon.programs}
        self._probes = [
            probe for probe in config.probes if probe.program.node == config.node and probe.name not in taken
        ]
        self._programs_ready = daemon.checker.ready
        looks = Looks(
            Probes(daemon.store), url=daemon.database_url, automations=config.automations, since=daemon.started_at
        )
        self.prober = Prober(
            self._probes,
            store=daemon.store,
            board=daemon.board,
            looks=looks,
            tasks=daemon.tasks,
            alerting=daemon.alerting,
            node=config.node,
            now=daemon.now,
        )
        daemon.checker.not_ours = {probe.name.casefold() for probe in self._probes}
        self.all_ready = asyncio.Event()
        """Set once every program and every probe has been judged for the first time since the daemon started."""

    @property
    def programs(self) -> list[Program]:
        """What stands for the probes on the board."""
        return [probe.program for probe in self._probes]

    async def watch(self, states: Mapping[str, StoredState]) -> set[str]:
        """Hold the probes as they were left; their names."""
        await self.prober.watch(states)
        return {probe.name for probe in self._probes}

    async def add(self, probe: Probe) -> None:
        """Look at one more from now on, unless it is there.

        Raises:
            StoreError: Postgres cannot be used; nothing has changed.
        """
        daemon = self._daemon
        if self.prober.probe(probe.name) is not None or probe.name in daemon.checker.programs:
            return
        watched, cost = [*daemon.programs, *self.programs, probe.program], daemon.config.reports.hourly_cost
        states = await daemon.store.register(daemon.config.node, watched, daemon.now(), cost)
        await self.prober.add(probe, states[probe.name])
        self._probes.append(probe)
        daemon.checker.not_ours = {one.name.casefold() for one in self._probes}

    def start(self, tasks: Tasks) -> None:
        """Begin to look."""
        tasks.keep("probes", self.prober.keep())
        tasks.keep("sweep of probes", self.prober.sweep())
        tasks.once("first looks", self._tell())

    async def _tell(self) -> None:
        await self._programs_ready.wait()
        await self.prober.ready.wait()
        self.all_ready.set()
