"""A thousand probes of a TCP port, each looked at twice a minute: how late looks begin, and how long the loop stands.

The prober alone with a Postgres of its own. A look begins at the moment that was planned for it; what is told is by how
much later it was begun, in steady state, and how long any other task of the same loop had to wait meanwhile.
"""

import asyncio
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from batmon.config import Config
from batmon.config.probe_targets import TcpTarget
from batmon.config.probes import Probe
from batmon.engine.board import Board
from batmon.engine.incidents.alerting import Alerting
from batmon.engine.probes.looks import Looks
from batmon.engine.probes.prober import Prober
from batmon.engine.tasks import Tasks
from batmon.judge.probe import Rule
from batmon.model import Program
from batmon.store import EmbeddedPostgres, Store
from batmon.store.probes import Probes
from tests.bench.figures import quantile, say, spread, table

PROBES = 1000
EVERY = timedelta(seconds=30)
WATCHED_SEC = 60.0
TICK_SEC = 0.005


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


class Lateness(Looks):
    """The looks, and by how many seconds each began later than it was planned."""

    late: list[float]
    prober: Prober

    def of(self, probe: Probe):
        """The look of ``probe``, timed."""
        look = super().of(probe)

        async def timed(at):
            planned = self.prober._held[probe.name].planned - EVERY  # the next one is planned when a look begins
            self.late.append((at - planned).total_seconds())
            return await look(at)

        return timed


async def stalls(found: list[float]) -> None:
    """How long a task that wants to go on every few milliseconds is made to wait."""
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(TICK_SEC)
        found.append(time.perf_counter() - begun - TICK_SEC)


async def bench() -> None:
    """Watch them for a minute."""
    state = Path(tempfile.mkdtemp(prefix="bm-"))
    server = await EmbeddedPostgres.start(state)
    store = await Store.open(server.url, server.owner_url)
    listener = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, backlog=4096)
    port = listener.sockets[0].getsockname()[1]
    probes = [
        Probe(
            Program(f"port-{number:04}", Path(), node="n", logs=(), probe=True),
            Rule("tcp", EVERY, timedelta(seconds=5), warn=3.0, unit="s"),
            TcpTarget("127.0.0.1", port),
        )
        for number in range(PROBES)
    ]
    tasks, waits = Tasks(), []
    looks = Lateness(Probes(store), url=server.url, automations=(), since=now())
    looks.late = []
    prober = Prober(
        probes,
        store=store,
        board=Board(),
        looks=looks,
        tasks=tasks,
        alerting=Alerting(Config(state=state, node="n"), [probe.program for probe in probes]),
        node="n",
        now=now,
    )
    looks.prober = prober
    try:
        await prober.watch(await store.register("n", [probe.program for probe in probes], now()))
        begun = time.monotonic()
        tasks.keep("probes", prober.keep())
        tasks.keep("sweep", prober.sweep())
        await prober.ready.wait()
        first = time.monotonic() - begun
        await asyncio.sleep(EVERY.total_seconds())
        looks.late.clear()
        watching = asyncio.create_task(stalls(waits))
        cpu = time.process_time()
        await asyncio.sleep(WATCHED_SEC)
        cpu = time.process_time() - cpu
        watching.cancel()
    finally:
        await tasks.stop()
        listener.close()
        await store.close()
        await server.stop()
        shutil.rmtree(state)
    late = looks.late
    say(f"all {PROBES} looked at and committed for the first time within {first:.1f} s (spread over 20 s on purpose)")
    say(f"then {len(late)} looks in {WATCHED_SEC:.0f} s, {cpu / len(late) * 1000:.1f} ms CPU each\n")
    rows = [
        ("a look begins later than planned by", *spread(late, 1), f"{quantile(late, 0.99) * 1000:.1f}"),
        ("another task waits for", *spread(waits, 1), f"{quantile(waits, 0.99) * 1000:.1f}"),
    ]
    table(("ms", "p50", "p95", "most", "p99"), rows)
