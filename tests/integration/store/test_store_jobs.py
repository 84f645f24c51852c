"""Jobs in PgQueuer's tables, on a real Postgres: installed, done, given back, done by others when a worker is gone."""

import asyncio
import subprocess
import sys
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest

from batmon.store import jobs
from batmon.store.jobs import NewJob, enqueue
from batmon.store.migrate import migrate
from batmon.store.workers import Again, Workers

BOUND_SEC = 20.0


@pytest.fixture
async def owner(owner_url):
    connection = await asyncpg.connect(owner_url)
    yield connection
    await connection.close()


class Done:
    """What was done, and when to go on."""

    def __init__(self):
        self.payloads = []
        self.changed = asyncio.Condition()

    async def note(self, payload):
        async with self.changed:
            self.payloads.append(payload)
            self.changed.notify_all()

    async def wait(self, count):
        async with asyncio.timeout(BOUND_SEC), self.changed:
            await self.changed.wait_for(lambda: len(self.payloads) >= count)


@pytest.fixture
def done():
    return Done()


@asynccontextmanager
async def working(url, work, *, slots=4, lease=timedelta(seconds=30), grace=BOUND_SEC):
    workers = Workers(url, lease=lease)
    workers.serve("test", work, slots=slots)
    keeping = asyncio.create_task(workers.keep())
    try:
        yield workers
    finally:
        await workers.stop(grace)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def put(store, *new):
    async with store.connection() as connection, connection.transaction():
        await enqueue(connection, new)


async def until_empty(owner):
    async with asyncio.timeout(BOUND_SEC):
        while await owner.fetchval("SELECT count(*) FROM batmon_jobs.pgqueuer"):
            await asyncio.sleep(0.02)


async def test_the_environment_names_nothing(monkeypatch):
    for name in ("PGQUEUER_SCHEMA", "PGQUEUER_PREFIX", "PGQUEUER_QUEUE_TABLE", "QUEUE_TABLE", "CHANNEL", "DURABILITY"):
        monkeypatch.setenv(name, "volatile")
    jobs.settings.cache_clear()
    try:
        settings = jobs.settings()
        assert settings.qualified.queue_table == "batmon_jobs.pgqueuer"
        assert (settings.channel, settings.durability.value) == ("batmon_jobs", "balanced")
    finally:
        jobs.settings.cache_clear()


def test_whoever_owes_something_need_not_import_it():
    said = (
        "import sys, batmon.store, batmon.store.notifications, batmon.commands.verbs; print('pgqueuer' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", said], text=True) == "False\n"


async def test_an_older_pgqueuers_tables_are_brought_up_to_date(owner):
    assert await jobs.is_installed(owner)
    await owner.execute("DROP INDEX batmon_jobs.pgqueuer_picked_slot_idx; ALTER TABLE batmon_jobs.pgqueuer DROP slot")
    await owner.execute("COMMENT ON SCHEMA batmon_jobs IS 'PgQueuer 1.0.0'")
    await enqueue(owner, [NewJob("test", b"from before")])
    assert await migrate(owner) == 0
    assert await jobs.is_installed(owner)
    assert await owner.fetchval("SELECT payload FROM batmon_jobs.pgqueuer WHERE slot IS NULL") == b"from before"


async def test_the_runtime_role_may_not_change_the_tables(store):
    async with store.connection() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DROP TABLE batmon_jobs.pgqueuer")


async def test_a_job_is_done_once_it_is_committed_and_then_it_is_gone(store, database_url, owner, done):
    async with working(database_url, lambda job: done.note(job.payload)):
        async with store.connection() as connection:
            undone = connection.transaction()
            await undone.start()
            await enqueue(connection, [NewJob("test", b"never")])
            await undone.rollback()
        await put(store, *(NewJob("test", str(n).encode()) for n in range(100)))
        await done.wait(100)
        await until_empty(owner)
    assert sorted(done.payloads, key=int) == [str(n).encode() for n in range(100)]


async def test_a_key_is_there_once_while_its_job_waits(store, owner):
    await put(store, NewJob("test", b"1", key="a"), NewJob("test", b"2", key="a"), NewJob("test", b"3"))
    await put(store, NewJob("test", b"4", key="a"), NewJob("other", b"5", key="a"))
    rows = await owner.fetch("SELECT payload FROM batmon_jobs.pgqueuer ORDER BY id")
    assert [row["payload"] for row in rows] == [b"1", b"3", b"5"]


async def test_not_before_its_delay(store, database_url, done):
    async with working(database_url, lambda job: done.note(job.payload)):
        began = asyncio.get_running_loop().time()
        await put(store, NewJob("test", b"now"), NewJob("test", b"later", delay=timedelta(seconds=0.6)))
        await done.wait(2)
        assert asyncio.get_running_loop().time() - began >= 0.6
    assert done.payloads == [b"now", b"later"]


async def test_again_and_what_nobody_expected_are_done_again(store, database_url, owner, done):
    async def work(job):
        await done.note((job.payload, job.attempts))
        if job.attempts == 0:
            raise Again(timedelta(0)) if job.payload == b"asks" else ZeroDivisionError

    async with working(database_url, work):
        await put(store, NewJob("test", b"asks"), NewJob("test", b"fails"))
        await done.wait(4)
        await until_empty(owner)
    assert sorted(done.payloads) == [(b"asks", 0), (b"asks", 1), (b"fails", 0), (b"fails", 1)]


async def test_no_more_at_a_time_than_there_are_slots_over_all_workers(store, database_url, owner, done):
    at_once = most = 0

    async def work(job):
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.01)
        at_once -= 1
        await done.note(job.payload)

    async with working(database_url, work, slots=3), working(database_url, work, slots=3):
        await put(store, *(NewJob("test", b"") for _ in range(60)))
        await done.wait(60)
        await until_empty(owner)
    assert (len(done.payloads), most) == (60, 3)


async def test_a_job_that_does_not_end_is_given_back(store, database_url, owner, done):
    async def hang(job):
        await done.note(job.payload)
        await asyncio.Event().wait()

    async with working(database_url, hang, grace=0.1):
        await put(store, NewJob("test", b"long"))
        await done.wait(1)
    row = await owner.fetchrow("SELECT status, queue_manager_id, attempts FROM batmon_jobs.pgqueuer")
    assert (row["status"], row["queue_manager_id"], row["attempts"]) == ("queued", None, 1)
    async with working(database_url, lambda job: done.note(job.payload)):
        await done.wait(2)
    assert done.payloads == [b"long", b"long"]


async def test_lost_connections_are_nothing_to_the_jobs(store, database_url, owner, done):
    async def work(job):
        await asyncio.sleep(0.005)
        await done.note(job.payload)

    async with working(database_url, work):
        for batch in range(6):
            await put(store, *(NewJob("test", b"%d-%d" % (batch, n)) for n in range(20)))
            await owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'batmon jobs'"
            )
        await done.wait(120)
        await until_empty(owner)
    assert {b"%d-%d" % (batch, n) for batch in range(6) for n in range(20)} == set(done.payloads)
    assert len(done.payloads) == 120


async def test_an_idle_worker_whose_connection_was_lost_hears_of_the_next_job_at_once(store, database_url, owner, done):
    async with working(database_url, lambda job: done.note(job.payload)):
        await put(store, NewJob("test", b"1"))
        await done.wait(1)
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'batmon jobs'"
        )
        began = asyncio.get_running_loop().time()
        await put(store, NewJob("test", b"2"))
        await done.wait(2)
        assert asyncio.get_running_loop().time() - began < 4  # not only at the next look


async def test_a_dead_workers_jobs_go_again_after_the_lease(store, database_url, owner, done):
    async with working(database_url, lambda job: done.note(job.payload), lease=timedelta(seconds=1)):
        await put(store, NewJob("test", b"new"))
        await done.wait(1)
        await until_empty(owner)
        began = asyncio.get_running_loop().time()
        async with owner.transaction():
            await enqueue(owner, [NewJob("test", b"claimed by the dead")])
            await owner.execute(
                "UPDATE batmon_jobs.pgqueuer"
                " SET status = 'picked', queue_manager_id = gen_random_uuid(), heartbeat = now(), slot = 0"
            )
        await done.wait(2)
        assert asyncio.get_running_loop().time() - began >= 1.0
        await until_empty(owner)
    assert done.payloads == [b"new", b"claimed by the dead"]


async def test_a_long_job_keeps_its_claim(store, database_url, owner, done):
    async def work(job):
        await done.note(job.payload)
        await asyncio.sleep(3)

    lease = timedelta(seconds=1)
    async with working(database_url, work, lease=lease), working(database_url, work, lease=lease):
        await put(store, NewJob("test", b"long"))
        await done.wait(1)
        await until_empty(owner)
    assert done.payloads == [b"long"]


async def test_workers_stop_though_postgres_does_not_answer(store, database_url, owner, done, monkeypatch):
    monkeypatch.setattr("batmon.store.workers.SETTLE_SEC", 0.3)

    async def work(job):
        await done.note(job.payload)

    async with working(database_url, work, grace=0.3) as workers:
        await put(store, NewJob("test", b"1"))
        await done.wait(1)
        await until_empty(owner)
        async with owner.transaction():
            await owner.execute("LOCK TABLE batmon_jobs.pgqueuer")  # what it asks next has no answer
            workers._driver.wake()
            began = asyncio.get_running_loop().time()
            await workers.stop(0.3)
            assert asyncio.get_running_loop().time() - began < 3
