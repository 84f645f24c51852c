"""Deliveries a second to a web server on the loopback, beside PgQueuer's own jobs that do nothing.

All in one embedded Postgres with fsync, one after the other, three rounds: PgQueuer as it comes (its schema, its
driver, one connection, no limits), PgQueuer with the eight slots that a channel has, our jobs that do nothing, and
whole deliveries: claimed, rendered, sent over HTTP to another process, written down, marked.
"""

import asyncio
import json
import shutil
import sys
import tempfile
import time
import urllib.request
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence import qb
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import Channel, QueueExecutionMode
from pgqueuer.queries import Queries

from batmon.config.channels import WebhookConfig
from batmon.config.secrets import Secret
from batmon.engine.telling.delivery import SLOTS, Delivery
from batmon.engine.telling.sending import Sender
from batmon.notify.templates import Templates
from batmon.notify.webhook import WebhookChannel
from batmon.store import EmbeddedPostgres, Store
from batmon.store.jobs import NewJob, enqueue
from batmon.store.notifications import Notifications, Owed
from batmon.store.workers import Workers
from tests.bench.figures import pause, quantile, say, spread, table

JOBS = 1000
ROUNDS = 3
SINGLE = 60
WITHIN_SEC = 120.0


async def bench():
    """Take turns, so that what else the machine does falls on all alike."""
    state = Path(tempfile.mkdtemp(prefix="bm-"))
    postgres = await EmbeddedPostgres.start(state)
    store = await Store.open(postgres.url, postgres.owner_url)
    figures = {}
    try:
        async with receiver() as port:
            for _ in range(ROUNDS):
                for name, measure in (
                    ("PgQueuer alone", lambda: alone(postgres.owner_url, 0)),
                    (f"PgQueuer alone, {SLOTS} slots", lambda: alone(postgres.owner_url, SLOTS)),
                    (f"our jobs that do nothing, {SLOTS} slots", lambda: jobs_of_ours(store)),
                    ("deliveries, one channel", lambda: deliveries(store, port, 1)),
                    ("deliveries, four channels", lambda: deliveries(store, port, 4)),
                ):
                    figures.setdefault(name, []).append(JOBS / await measure())
            waits = await one_by_one(store, port)
    finally:
        await store.close()
        await postgres.stop()
        shutil.rmtree(state)
    floor = sorted(figures["PgQueuer alone"])[ROUNDS // 2]
    table(
        ("what", "a second (median)", "slowest", "fastest", "of PgQueuer alone"),
        [
            (name, f"{quantile(f, 0.5):.0f}", f"{min(f):.0f}", f"{max(f):.0f}", f"{quantile(f, 0.5) / floor:.2f}")
            for name, f in figures.items()
        ],
    )
    say("\nowed -> taken by the receiver, one at a time, ms:")
    table(("p50", "p95", "max"), [spread(waits, 1)])


async def alone(url, slots):
    """Seconds for JOBS of PgQueuer's own jobs in a schema of its own."""
    names = DBSettings(db_schema="alone", channel=Channel("alone"))
    connection = await asyncpg.connect(url)
    queries = Queries(
        AsyncpgDriver(connection),
        qbe=qb.QueryBuilderEnvironment(names),
        qbq=qb.QueryQueueBuilder(names),
        qbs=qb.QuerySchedulerBuilder(names),
    )
    await connection.execute("DROP SCHEMA IF EXISTS alone CASCADE")
    await queries.install()
    manager = QueueManager(queries, channel=Channel("alone"))

    @manager.entrypoint("nothing", concurrency_limit=slots)
    async def nothing(_job):
        pass

    await queries.enqueue(["nothing"] * JOBS, [b"x"] * JOBS, [0] * JOBS)
    began = time.perf_counter()
    await manager.run(mode=QueueExecutionMode.drain)
    seconds = time.perf_counter() - began
    await connection.close()
    return seconds


async def jobs_of_ours(store):
    """Seconds for JOBS of our jobs, from when they can be begun to when none is left."""
    done = 0

    async def nothing(_job):
        nonlocal done
        done += 1

    workers = Workers(store.url)
    workers.serve("nothing", nothing, slots=SLOTS)
    keeping = asyncio.create_task(workers.keep())
    await pause(0.3, 0.3)  # the queue manager looks whether its tables are there
    began = time.perf_counter()
    async with store.connection() as connection, connection.transaction():
        await enqueue(connection, [NewJob("nothing", b"x")] * JOBS)
    async with asyncio.timeout(WITHIN_SEC):
        while done < JOBS:
            await asyncio.sleep(0.002)
    seconds = time.perf_counter() - began
    await ended(workers, keeping)
    return seconds


@asynccontextmanager
async def deliverer(store, port, channels):
    """Workers and deliveries of so many channels, all to the same receiver."""
    notifications, workers = Notifications(store), Workers(store.url)
    url = Secret(f"http://127.0.0.1:{port}/")
    there = {f"hook{n}": WebhookChannel(WebhookConfig(name=f"hook{n}", url=url)) for n in range(channels)}
    sender = Sender(there, Templates(None))
    Delivery(notifications, workers, sender, node="bench", now=lambda: datetime.now(UTC))
    keeping = asyncio.create_task(workers.keep())
    await pause(0.3, 0.3)
    yield notifications
    await ended(workers, keeping)
    await sender.close()


async def deliveries(store, port, channels):
    """Seconds from the commit of JOBS notifications to the last one's arrival."""
    async with deliverer(store, port, channels) as notifications:
        before = (await counted(port))["came"]
        owed = [message(f"hook{n % channels}") for n in range(JOBS)]
        await notifications.owe(owed, datetime.now(UTC))
        began = time.monotonic()
        async with asyncio.timeout(WITHIN_SEC):
            while (await notifications.counts())["owed"]:
                await asyncio.sleep(0.05)
        said = await counted(port)
        assert said["came"] == before + JOBS
        return said["last"] - began


async def one_by_one(store, port):
    """Seconds from the commit of one notification to its arrival, on a calm queue."""
    waits = []
    async with deliverer(store, port, 1) as notifications:
        for _ in range(SINGLE):
            before = (await counted(port))["came"]
            await notifications.owe([message("hook0")], datetime.now(UTC))
            began = time.monotonic()
            while (said := await counted(port))["came"] == before:
                await asyncio.sleep(0.005)
            waits.append(said["last"] - began)
            await pause(0.02, 0.3)
    return waits


def message(channel):
    """A short message, as a channel's test sends it."""
    data = {
        "channel": channel,
        "by": "ops",
        "node": "bench",
        "console": "",
        "link": "",
        "at": datetime.now(UTC).isoformat(),
    }
    return Owed(channel, "", "test", "ko", data)


async def ended(workers, keeping):
    """No more jobs."""
    await workers.stop(timedelta(seconds=5).total_seconds())
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def counted(port):
    """What the receiver says."""

    def ask():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            return json.load(answer)

    return await asyncio.to_thread(ask)


@asynccontextmanager
async def receiver():
    """Its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.receiver", stdout=asyncio.subprocess.PIPE
    )
    try:
        yield int(await asyncio.wait_for(process.stdout.readline(), 10))
    finally:
        process.kill()
        await process.wait()
