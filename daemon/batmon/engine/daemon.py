"""Starts everything in order, watches over it, drains and stops.

The order: the schema, the blind period since the last daemon, programs and their states, the gate, the logs, the
deadlines, the console. Stopping goes the other way. What it stands on is there before it: ``engine.database``.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from batmon import __version__
from batmon.config import Config
from batmon.config.calendars import calendars_of
from batmon.engine import systemd
from batmon.engine.all_verbs import all_verbs
from batmon.engine.automations.events import EventHandling
from batmon.engine.automations.packs import prepare_packs
from batmon.engine.automations.room import automations_of
from batmon.engine.board import Board
from batmon.engine.checker import Checker
from batmon.engine.console import Console
from batmon.engine.database import Database
from batmon.engine.demo import Demonstration
from batmon.engine.demo_plan import effective
from batmon.engine.feeds import feed_deadlines, feed_lines, feed_records
from batmon.engine.heartbeat import AWAY, Heartbeat
from batmon.engine.http.room import listener_of
from batmon.engine.incidents.alerting import Alerting
from batmon.engine.incidents.room import IncidentRoom
from batmon.engine.log_files.retention import LogRetention
from batmon.engine.patience import patient
from batmon.engine.probes.probing import Probing
from batmon.engine.recording.recording import Recording
from batmon.engine.reports.room import ReportRoom, with_probes
from batmon.engine.reruns.process_watch import ProcessWatch
from batmon.engine.reruns.runner import Runner
from batmon.engine.scheduler import Scheduler
from batmon.engine.statistics.rollup import rollup_of
from batmon.engine.tasks import Tasks
from batmon.engine.telling.notifying import Notifying
from batmon.errors import StoreUnavailable
from batmon.evidence import FileCursor, LogFollower
from batmon.evidence.unpacked import Unpacked, keep_in
from batmon.gate.keyring import KeyRing
from batmon.gate.server import AuditEntry as Said
from batmon.gate.server import GateServer
from batmon.model import Origin, Reason
from batmon.places import gate_address
from batmon.store import AuditEntry, Store
from batmon.words import say

log = logging.getLogger(__name__)


CURSORS_KEPT = timedelta(days=90)
"""For how long it is remembered how far a log was read that is not there any more."""


def utc_now() -> datetime:
    """The clock that everything else is given."""
    return datetime.now(UTC)


class Daemon:
    """One daemon of one node. Use ``running``; the attributes are for those who answer for it."""

    def __init__(self, config: Config, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self.config = config
        self.database = database
        self.now = now
        self.started_at = now()
        self.board = Board()
        self.scheduler = Scheduler(now)
        demo = config.demo
        self.calendars = calendars_of(config.calendars)
        self.programs = [effective(p, demo) if demo else p for p in config.programs if p.node == config.node]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Tasks]:
        """Everything up; on leaving, everything down again, nothing lost."""
        config = self.config
        async with AsyncExitStack() as down:
            self.tasks = tasks = Tasks()
            await self._open_store(down)
            config = self.config = await with_probes(config, self.store)
            await self._start_watching(down)
            await asyncio.to_thread(_begin_unpacking, config)
            self.recording = Recording(config, self.store, self.checker)
            for bot in self.left_over:
                self.recording.told.tell(bot)
            self.rollup = rollup_of(config, self.store, lambda: self.checker.programs, now=self.now)
            self.event_handling = EventHandling(self.store, config, owner_url=self.dump_url, now=self.now)
            await self.event_handling.synchronise()
            self.notifying = Notifying(config, self.store, timezone=self.timezone, now=self.now)
            self.reports: ReportRoom = ReportRoom(self)
            self.automations = automations_of(
                config, self.store, dump_url=self.dump_url, now=self.now, report=self.reports.make
            )
            await self._open_gate(down)
            down.push_async_callback(tasks.stop)
            down.push_async_callback(self.automations.stop)
            down.callback(self.reports.reporting.stop)
            tasks.keep("deadlines", feed_deadlines(self.scheduler, self.follower, self.checker, tasks))
            told, writer = self.recording.told, self.recording.writer
            tasks.keep("records", feed_records(self.store, self.checker, self.now, told, lambda: writer.busy))
            tasks.keep("signatures", self.checker.signatures.keep())
            tasks.keep("heartbeat", self.heartbeat.keep())
            tasks.keep("retention of logs", self.retention.keep())
            tasks.keep("statistics", self.rollup.keep())
            tasks.keep("logs", feed_lines(self.follower, self.checker, tasks))
            watch = self._process_watch()
            tasks.keep("processes", watch.keep())
            self.probing.start(tasks)
            self.incidents.start(tasks, self.probing.all_ready)
            await self.notifying.start(tasks, down)
            await self._adopt_runs(watch)
            await self.recording.start(tasks, down)
            await self.event_handling.start(tasks)
            await self.reports.start(tasks)
            await self.automations.start(tasks)
            self._open_to_others(tasks, down)
            log.info("ready", extra={"node": config.node, "programs": len(self.programs), "version": __version__})
            systemd.notify("READY=1")
            yield tasks
            systemd.notify("STOPPING=1")
            log.info("stopping")

    def _open_to_others(self, tasks: Tasks, down: AsyncExitStack) -> None:
        """What the configuration wants beside the watching: figures over HTTP, the demonstration, the SSH console."""
        config = self.config
        if config.http.enabled:
            self.http = listener_of(self, self.verbs)
            tasks.keep("http", self.http.keep())
        if config.demo:
            tasks.keep("demo", Demonstration(self.programs, config.demo, tasks, now=self.now).keep())
        if config.ssh.enabled:
            self.console = Console(config, on_change=lambda at: systemd.notify(f"STATUS=console at {at}"))
            down.push_async_callback(self.console.stop)
            tasks.keep("console", self.console.keep())

    async def _open_store(self, down: AsyncExitStack) -> None:
        self.store = await Store.open(self.database.url, self.database.owner_url)
        down.push_async_callback(self.store.close)
        if self.database.embedded is not None:
            self.tasks.keep("postgres", self.database.keep())
        await self.store.ensure_partitions(self.now())
        self.pack_problems = await prepare_packs(self.dump_url(), self.config.packs)

    async def _start_watching(self, down: AsyncExitStack) -> None:
        config, store, now = self.config, self.store, self.started_at
        last_seen = await store.node_last_seen(config.node)
        blind = (last_seen, now) if last_seen is not None and now - last_seen > AWAY else None
        await store.start_node(config.node, __version__, now)
        self.incidents: IncidentRoom = IncidentRoom(self)
        self.alerting: Alerting = self.incidents.alerting
        await self.incidents.load()
        self.checker = Checker(
            store,
            self.board,
            self.scheduler,
            node=config.node,
            now=self.now,
            blind=blind,
            timezone=self.timezone,
            calendars=self.calendars,
            alerting=self.alerting,
            hourly_cost=config.reports.hourly_cost,
        )
        self.probing: Probing = Probing(self)
        self.alerting.showing += [self.checker.show, self.probing.prober.show]
        watched = [*self.programs, *self.probing.programs]
        states = await store.register(config.node, watched, now, config.reports.hourly_cost)
        cursors = await store.cursors(config.node)
        gone = await asyncio.to_thread(lambda: [c.path for c in cursors if not Path(c.path).exists()])
        await store.forget_cursors(config.node, gone, now - CURSORS_KEPT)
        for program in self.programs:
            state = states[program.name]
            if (
                config.demo and program.name in config.demo.programs
            ):  # while their only starter was away, nothing was due
                state = replace(state, judged_until=now)
            self.checker.watch(program, state, [c for c in cursors if c.program == program.name])
        named = {program.name for program in self.programs} | await self.probing.watch(states)
        others = [state for name, state in states.items() if name not in named]
        self.left_over: list[str] = self.checker.watch_unconfigured(others)
        places = {(c.program, c.fingerprint): FileCursor(path=c.path, offset=c.offset) for c in cursors}
        self.follower: LogFollower = LogFollower(self.programs, places)
        self.heartbeat: Heartbeat = Heartbeat(store, self.checker, self.board, node=config.node, now=self.now)
        down.push_async_callback(self._last_words)
        self.runner = Runner(config.state / "output", self.tasks, now=self.now, report=self.checker.on_own_run)

    async def _last_words(self) -> None:
        """What must be in the store before the daemon goes: how far the logs were read, and that it was here."""
        try:
            await self.heartbeat.beat()
        except StoreUnavailable as error:
            log.warning("could not write the last cursors (the logs will be read again): %s", error)

    async def _open_gate(self, down: AsyncExitStack) -> None:
        state = self.config.state
        keyring = KeyRing(state / "authorized_keys")
        self.retention = LogRetention(
            programs=lambda: self.checker.programs, audit=self.audit, now=self.now, ready=self.checker.ready
        )
        self.verbs = all_verbs(self, keyring)
        gate = GateServer(
            self.verbs,
            greeting=self._greeting,
            keyring=keyring,
            audit=self.audit,
            now=self.now,
        )
        await gate.start(gate_address(str(state)))
        down.push_async_callback(gate.stop)

    def dump_url(self) -> str:
        """The database as somebody who may read all of it."""
        return self.database.owner_url

    @property
    def database_url(self) -> str:
        """The database as somebody who may read and write, but not change the schema of one of our own."""
        return self.database.url

    @property
    def timezone(self) -> str:
        """The zone that people here think in: that of the programs, or the node's own where they differ."""
        zones = {program.timezone for program in self.programs}
        return zones.pop() if len(zones) == 1 else self.config.timezone

    def _greeting(self) -> dict[str, Any]:
        return {
            "version": __version__,
            "node": self.config.node,
            "started_at": self.started_at.isoformat(),
            "language": self.config.language,
            "timezone": self.timezone,
        }

    async def audit(self, entry: AuditEntry) -> None:
        """Add a line to the audit trail."""
        await self.store.audit(entry)
        await self.incidents.heard(entry)

    async def describe(self) -> dict[str, Any]:
        """What the daemon knows of itself, for ``doctor``."""
        problems = []
        if self.board.problem:
            problems.append(say(Reason.BLIND, self.board.problem, "en", ZoneInfo("UTC"), self.now()))
        console = getattr(self, "console", None)
        if console is not None and console.problem:
            problems.append(console.problem)
        http = getattr(self, "http", None)
        if http is not None and http.problem:
            problems.append(http.problem)
        problems += self.recording.problems() + self.pack_problems + await self.reports.problems()
        problems += await self.notifying.delivery.problems() + await self.event_handling.described()
        return {
            "database_url": self.database_url,
            "pid": os.getpid(),
            "version": __version__,
            "node": self.config.node,
            "uptime_sec": round((self.now() - self.started_at).total_seconds()),
            "programs": len(self.board.rows),
            "console": console.listening if console is not None else "",
            "problems": problems,
            "statistics": await self.rollup.describe(),
        }

    def _process_watch(self) -> ProcessWatch:
        return ProcessWatch(
            programs=lambda: self.checker.programs,
            under_way=lambda: self.checker.under_way(self.recording.liveness.watched),
            report=self.checker.on_process,
            recheck=self.follower.recheck,
        )

    async def _adopt_runs(self, watch: ProcessWatch) -> None:
        """Go on with what an earlier daemon left: its re-runs, and the processes that it saw behind others' runs."""
        for note in await self.runner.recover(self.checker.programs, lambda run_id: patient(self.store.run, run_id)):
            said = "started by a daemon that was killed before it could write this"
            entry = Said(note.started, note.by, "", "", "rerun", note.program, "done", f"{said}, run_id: {note.run_id}")
            await patient(self.store.audit, entry)
        for program in self.programs:
            for run in await patient(self.store.recent_runs, program.name):
                if run.origin is Origin.RERUN and not run.finished:
                    await self.runner.adopt(program, run)
                elif run.process is not None and run.process.alive and run.process.pid is not None:
                    going_on = watch.take_up(program.name, run.process.pid, run.start_time)
                    self.tasks.once(f"process of an earlier run of {program.name}", going_on)


def _begin_unpacking(config: Config) -> None:
    """Compressed logs are unpacked below the state folder; what an earlier daemon unpacked is removed."""
    copies = Unpacked(config.state / "unpacked", config.logs.unpacked_mb << 20)
    copies.clear()
    keep_in(copies)
