"""10,000 schedules due in one minute: how late each is dispatched, beside APScheduler 3; and committed."""

import asyncio
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from batmon.config.automations import Automation
from batmon.engine.automations.automations import Automations
from batmon.engine.automations.execution import House
from batmon.engine.scheduler import Scheduler
from batmon.engine.tasks import Tasks
from batmon.judge.schedule import Schedule
from batmon.store import EmbeddedPostgres, Store
from tests.bench.figures import quantile, say, table, verdict

COUNT = 10_000
EXPRESSIONS = 200
"""Different ones among them: people share schedules."""
GOAL_SEC = 0.1
READY = timedelta(seconds=8)
"""What setting up the slower of the two takes at most."""
ZONE = "Asia/Seoul"


def now():
    """The clock of the daemon."""
    return datetime.now(UTC)


def expressions(due):
    """As many schedules as there are programs, all due in one minute and again at other times."""
    local = due.astimezone(Schedule(("* * * * *",), ZONE)._tracks[0]._zone)
    other = [(local.minute + 1 + n % 59) % 60 for n in range(EXPRESSIONS)]
    hours = [(local.hour + 1 + n // 59) % 24 for n in range(EXPRESSIONS)]
    different = [f"{local.minute},{other[n]} {local.hour},{hours[n]} * * *" for n in range(EXPRESSIONS)]
    return [different[n % EXPRESSIONS] for n in range(COUNT)]


def next_minute(after):
    """The first whole minute that leaves ``READY`` to set up."""
    return (after + READY).replace(second=0, microsecond=0) + timedelta(minutes=1)


async def ours():
    """Seconds from the due time to each dispatch, which is given its next due time at once; and CPU seconds of all."""
    due = next_minute(now())
    schedules = {f"program_{n}": Schedule((words,), ZONE) for n, words in enumerate(expressions(due))}
    scheduler, late, began = Scheduler(now), [], 0.0
    for name, schedule in schedules.items():
        scheduler.set(name, schedule.next_due(due - timedelta(seconds=1)))
    async for name in scheduler.due():
        moment = now()
        began = began or time.process_time()
        late.append((moment - due).total_seconds())
        scheduler.set(name, schedules[name].next_due(moment))
        if len(late) == COUNT:
            return late, time.process_time() - began
    raise AssertionError


async def apscheduler():
    """The same by APScheduler 3, whose jobs are coroutine functions on the same loop."""
    due = next_minute(now())
    late, done = [], asyncio.Event()

    async def work():
        late.append((now() - due).total_seconds())
        if len(late) == COUNT:
            done.set()

    scheduler = AsyncIOScheduler(timezone=ZONE, job_defaults={"misfire_grace_time": None, "coalesce": True})
    for n, words in enumerate(expressions(due)):
        scheduler.add_job(work, CronTrigger.from_crontab(words, timezone=ZONE), id=f"program_{n}")
    scheduler.start()
    try:
        await asyncio.wait_for(done.wait(), 180)
    finally:
        scheduler.shutdown(wait=False)
    return late


async def committed():
    """Seconds from the due time until each slot's row and its job are committed, by the daemon's engine on Postgres."""
    state = Path(tempfile.mkdtemp(prefix="bm-"))
    server = await EmbeddedPostgres.start(state)
    store = await Store.open(server.url, server.owner_url)
    tasks = Tasks()
    due = next_minute(now())
    automations = [
        Automation(f"job_{n}", (), schedule=(words,), timezone=ZONE) for n, words in enumerate(expressions(due))
    ]

    async def no_backup(*_):
        raise AssertionError

    house = House(store.url, "bench", now, state, "en", no_backup)
    engine = Automations(automations, store, node="bench", now=now, house=house)
    engine._workers.serve = lambda *_, **__: None  # only whether they are due is measured, not their work
    late = []
    claim = engine.stored.claim

    async def timed(claims, *rest):
        queued = await claim(claims, *rest)
        late.extend([(now() - due).total_seconds()] * len(queued))
        return queued

    engine.stored.claim = timed
    try:
        await engine.start(tasks)
        async with asyncio.timeout(180):
            while len(late) < COUNT:
                await asyncio.sleep(0.2)
        connection = await asyncpg.connect(server.owner_url)
        rows = await connection.fetchval("SELECT count(DISTINCT job_name) FROM automation_logs WHERE slot = $1", due)
        jobs = await connection.fetchval("SELECT count(*) FROM batmon_jobs.pgqueuer")
        await connection.close()
        if (rows, jobs) != (COUNT, COUNT):
            raise AssertionError((rows, jobs))
    finally:
        await tasks.stop()
        await store.close()
        await server.stop()
        shutil.rmtree(state, ignore_errors=True)
    return late


async def bench():
    """Print the table."""
    (mine, cpu), theirs, rows = await ours(), await apscheduler(), await committed()
    table(
        (f"{COUNT:,} due at the same moment, ms late", "p50", "p99", "max"),
        [
            (name, *(f"{value * 1000:.0f}" for value in (quantile(late, 0.5), quantile(late, 0.99), max(late))))
            for name, late in (
                ("BATMON's scheduler, dispatched", mine),
                ("APScheduler 3, dispatched", theirs),
                ("BATMON's automations, row and job committed", rows),
            )
        ],
    )
    late = quantile(mine, 0.99)
    say(f"\nCPU for all {COUNT:,} dispatches of ours: {cpu * 1000:.0f} ms.")
    say(f"Goal: p99 <= {GOAL_SEC * 1000:.0f} ms: {late * 1000:.0f} ms, {verdict(late, GOAL_SEC)}.")
    say(f"APScheduler 3 is {quantile(theirs, 0.99) / late:.0f} x as late (p99).")
