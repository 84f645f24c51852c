"""Who recorded a start and died is noticed: by its process on this machine, by its silence elsewhere."""

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import psutil
import pytest

from batmon.engine.recording import liveness as liveness_module
from batmon.engine.recording.liveness import Liveness
from batmon.errors import StoreUnavailable
from batmon.model import ProcessEvidence
from batmon.store.record_ops import Beat, End, Start

BOUND = 20.0


@pytest.fixture
async def sleeper():
    """A process that would live on for long."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(600)")
    yield process
    if process.returncode is None:
        process.kill()
    await process.wait()


@pytest.fixture
def look(store):
    """One look, with the reports in ``look.said``."""
    said = []

    async def report(bot, run_id, process):
        said.append((bot, run_id, process))

    async def empty_spools():
        await store.record(spooled)
        spooled.clear()

    spooled = []
    liveness = Liveness(store, own_names=("seoul-01", "host"), report=report, empty_spools=empty_spools)

    async def looked():
        said.clear()
        await liveness.look()
        return list(said)

    looked.liveness = liveness
    looked.spooled = spooled
    return looked


def start(**more):
    more = {"node": "seoul-01", "start_time": datetime.now(UTC), **more}
    return Start(uuid4(), "bot", "task", **more)


async def age(database_url, seconds):
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE open_runs SET beat_at = beat_at - $1::interval", timedelta(seconds=seconds))
    await connection.close()


async def test_a_process_that_ends_is_reported_once(store, look, sleeper):
    op = start(pid=sleeper.pid, process_started=round(psutil.Process(sleeper.pid).create_time(), 2))
    await store.record([op])
    assert await look() == []
    assert look.liveness.watched == {op.run_id}
    sleeper.kill()
    await sleeper.wait()
    assert await look() == [("bot", op.run_id, ProcessEvidence(sleeper.pid, alive=False))]
    assert await look() == []


async def test_a_pid_that_another_process_has_by_now_is_not_taken_for_it(store, look, sleeper):
    created = psutil.Process(sleeper.pid).create_time()
    other = start(pid=sleeper.pid, process_started=created - 3600)
    unsure = start(pid=sleeper.pid)
    older = start(pid=sleeper.pid, start_time=datetime.fromtimestamp(created, UTC) - timedelta(hours=1))
    await store.record([other, unsure, older])
    assert {run_id for _, run_id, _ in await look()} == {other.run_id, older.run_id}


async def test_one_that_was_not_reaped_is_dead(store, look):
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "pass")
    pid = process.pid
    op = start(pid=pid, process_started=psutil.Process(pid).create_time())
    await process.wait()
    await store.record([op])
    assert [run_id for _, run_id, _ in await look()] == [op.run_id]


async def test_whose_node_is_another_is_looked_after_by_its_beats_only(store, look, database_url):
    op = start(node="elsewhere", pid=2**22, beats=True)
    await store.record([op, start(node="elsewhere", pid=2**22)])
    assert await look() == []
    await age(database_url, 3600)
    assert await look() == []  # we do not listen for long enough to call anybody silent
    look.liveness._listening_since -= liveness_module.SILENT_SEC  # so much later
    assert await look() == [("bot", op.run_id, ProcessEvidence(2**22, alive=False))]
    assert await look() == []
    await store.record([Beat(op.run_id)])
    assert await look() == [("bot", op.run_id, ProcessEvidence(2**22, alive=True))]
    await store.record([End("SUCCESS", datetime.now(UTC), run_id=op.run_id)])
    await age(database_url, 3600)
    assert await look() == []


async def test_while_the_database_was_away_nobody_was_silent(store, look, database_url, monkeypatch):
    monkeypatch.setattr(liveness_module, "SILENT_SEC", 0.3)
    monkeypatch.setattr(liveness_module, "LOOK_EVERY_SEC", 0.05)
    monkeypatch.setattr(liveness_module, "ENDING_SEC", 0.0)
    op = start(node="elsewhere", beats=True)
    await store.record([op])
    real, calls = store.open_runs, []

    async def open_runs(*args):
        calls.append(time.monotonic())
        if len(calls) == 2:
            raise StoreUnavailable("away")
        return await real(*args)

    monkeypatch.setattr(store, "open_runs", open_runs)
    keeping = asyncio.create_task(look.liveness.keep())
    async with asyncio.timeout(BOUND):
        while len(calls) < 3:
            await asyncio.sleep(0.01)
        assert look.liveness._dead == set()
        await age(database_url, 3600)
        while not look.liveness._dead:
            await asyncio.sleep(0.01)
    assert time.monotonic() - calls[2] > liveness_module.SILENT_SEC  # long after it was back
    assert look.liveness._dead == {op.run_id}
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_who_ended_well_and_said_so_in_the_spool_is_not_called_dead(store, look):
    op = start(pid=2**22)
    await store.record([op])
    look.spooled.append(End("SUCCESS", datetime.now(UTC), run_id=op.run_id))
    assert await look() == []
    assert (await store.run(op.run_id)).finished


async def test_a_dead_run_is_not_looked_at_for_ever(store, look):
    old, young = start(pid=2**22, start_time=datetime.now(UTC) - timedelta(days=3)), start(pid=2**22)
    await store.record([old, young])
    assert {run_id for _, run_id, _ in await look()} == {old.run_id, young.run_id}
    assert await look() == []
    assert [run.run_id for run in await store.open_runs(["seoul-01"], 10)] == [young.run_id]


async def test_what_somebody_ended_in_plain_sql_is_forgotten(store, look, database_url):
    op = start(pid=2**22)
    await store.record([op])
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE rpa_execution_logs SET status = 'SUCCESS', end_time = now()")
    await connection.close()
    assert await look() == []
    assert await store.open_runs(["seoul-01"], 10) == []
