"""The incidents of one daemon put together: weighing verdicts, deadlines, gathering messages, and the verbs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batmon.engine.handover import HandoverAnswers
from batmon.engine.incidents.alerting import Alerting
from batmon.engine.incidents.answers import IncidentAnswers
from batmon.engine.incidents.clock import IncidentClock
from batmon.engine.incidents.notices import Grouper
from batmon.engine.incidents.silence_answers import SilenceAnswers
from batmon.engine.tasks import Tasks
from batmon.gate.logins import ACTION
from batmon.gate.verbs import Verb
from batmon.model import Program
from batmon.store import AuditEntry
from batmon.store.handovers import Handovers
from batmon.store.incidents import Incidents
from batmon.store.notices import Notices

if TYPE_CHECKING:
    from batmon.engine.daemon import Daemon

SINGLE = frozenset({"servicenow"})
"""Kinds of channel on which each incident is a record of its own."""


class IncidentRoom:
    """Made before the checker, which asks ``alerting``; ``load`` once the store is open, ``start`` once all else is."""

    def __init__(self, daemon: Daemon) -> None:
        config = daemon.config
        self._daemon = daemon
        self._incidents = Incidents(daemon.store)
        own: dict[str, Program] = {program.name: program for program in config.programs}
        own |= {program.name: program for program in daemon.programs}
        own |= {probe.name: probe.program for probe in config.probes}
        self.alerting = Alerting(config, own.values())
        self._clock = IncidentClock(self._incidents, self.alerting, node=config.node, now=daemon.now)
        self._handovers = Handovers(daemon.store)

    async def load(self) -> None:
        """Know the incidents that an earlier daemon left."""
        await self._clock.load(self._daemon.now())

    def start(self, tasks: Tasks, ready: asyncio.Event) -> None:
        """Begin; nobody is told anything before ``ready`` is set."""
        config = self._daemon.config
        address = f"ssh -p {config.ssh.port} {config.node}" if config.ssh.enabled and config.ssh.port else "batmon tui"
        grouper = Grouper(
            Notices(self._daemon.store),
            self.alerting,
            config.alerts,
            node=config.node,
            console=address,
            single=[channel.name for channel in config.channels if channel.kind in SINGLE],
            now=self._daemon.now,
        )
        tasks.keep("notices of incidents", grouper.keep(ready))
        tasks.keep("deadlines of incidents", self._clock.keep(ready))

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it."""
        daemon, now = self._daemon, self._daemon.now
        answers = IncidentAnswers(
            self._incidents,
            self.alerting,
            acknowledge=daemon.config.alerts.acknowledge,
            find_run=daemon.store.run,
            now=now,
        )
        silences = SilenceAnswers(self._incidents, self.alerting, windows=daemon.config.alerts.maintenance, now=now)
        handover = HandoverAnswers(
            self._handovers, self._incidents, self.alerting, timezone=lambda: daemon.timezone, now=now
        )
        return answers.verbs() | silences.verbs() | handover.verbs()

    async def heard(self, entry: AuditEntry) -> None:
        """Something was written into the audit trail: a login is a visit, from which handovers are counted."""
        if entry.action == ACTION and entry.outcome == "done":
            await self._handovers.visited(entry.target, entry.actor, entry.at)
