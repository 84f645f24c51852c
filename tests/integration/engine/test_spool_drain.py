"""What waits in spools comes into the database once, in order, whatever is wrong with some of it."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from batmon.engine.recording.spool_drain import SpoolDrain
from batmon.engine.recording.writer import RecordWriter
from batmon.errors import StoreUnavailable
from batmon.record.spool import Spool

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def start(run_id, **more):
    return json.dumps({
        "op": "start", "run_id": str(run_id), "bot_name": "Invoice_Bot", "task_name": "Daily",
        "start_time": NOW.isoformat(),
        "node": "host", "pid": None, "process_started": None, "cwd": "", "started_by": "rpa", **more,
    })  # fmt: skip


def end(run_id, **more):
    return json.dumps({
        "op": "end", "run_id": str(run_id), "status": "SUCCESS", "message": "m", "error_details": "",
        "processed_count": 1,
        "end_time": (NOW + timedelta(minutes=1)).isoformat(), "exit_code": None, **more,
    })  # fmt: skip


@pytest.fixture
def house(store, tmp_path):
    """Two spools and who empties them; ``record`` may be replaced."""
    made = SimpleNamespace(store=store, record=store.record, told=set())
    made.first, made.second = tmp_path / "a", tmp_path / "b"

    async def record(ops):
        return await made.record(ops)

    async def nowhere():
        raise AssertionError

    writer = RecordWriter(record, tell=made.told.add, look_again=nowhere)
    made.drain = SpoolDrain((made.first, made.second), writer, own_names=("seoul-01", "host"))
    made.spools = []

    def put(folder, *ops):
        made.spools.append(Spool(folder))
        made.spools[-1].put(ops)

    made.put = put
    yield made
    made.drain.close()
    for spool in made.spools:
        spool.close()


def waiting(folder):
    spool = Spool(folder)
    try:
        return spool.waiting_count(), [reason for _, reason in spool.refused()]
    finally:
        spool.close()


async def test_all_of_it_comes_once_and_bots_are_told(house):
    ids = [uuid.uuid4() for _ in range(1500)]
    house.put(house.first, *(op for run_id in ids for op in (start(run_id), end(run_id))))
    assert await house.drain.drain() == 3000
    assert await house.drain.drain() == 0
    assert waiting(house.first) == (0, [])
    assert house.told == {"Invoice_Bot"}
    assert all([(await house.store.run(run_id)).finished for run_id in (ids[0], ids[700], ids[-1])])
    assert len(await house.store.runs_page("invoice_bot", 5000)) == 1500
    assert not house.second.exists()  # nobody makes a spool where none was needed
    assert house.drain.problems() == []


async def test_a_database_that_is_away_takes_nothing_and_loses_nothing(house):
    async def away(_ops):
        raise StoreUnavailable("it restarts")

    real, house.record = house.record, away
    run_id = uuid.uuid4()
    house.put(house.first, start(run_id))
    assert await house.drain.drain() == 0
    assert waiting(house.first) == (1, [])
    house.record = real
    assert await house.drain.drain() == 1
    assert (await house.store.run(run_id)).program == "Invoice_Bot"


async def test_killed_between_commit_and_cut_it_is_said_again(house):
    run_id = uuid.uuid4()
    house.put(house.first, start(run_id), end(run_id))
    real = house.record

    async def killed(ops):
        await real(ops)
        raise asyncio.CancelledError

    house.record = killed
    with pytest.raises(asyncio.CancelledError):
        await house.drain.drain()
    assert waiting(house.first) == (2, [])
    house.record = real
    assert await house.drain.drain() == 2
    assert len(await house.store.runs_page("invoice_bot", 10)) == 1


async def test_what_can_never_be_written_is_kept_with_the_reason(house):
    good = uuid.uuid4()
    house.put(
        house.first, start(good), start(uuid.uuid4(), bot_name="x" * 51), end(uuid.uuid4()), end(good), '{"op": "?"}'
    )
    assert await house.drain.drain() == 5
    left, reasons = waiting(house.first)
    assert left == 0
    assert len(reasons) == 3
    assert any("50" in reason for reason in reasons)
    assert any("has begun here" in reason for reason in reasons)
    assert (await house.store.run(good)).finished
    assert [problem.split(" in ")[0] for problem in house.drain.problems()] == ["3 recorded operations"]


async def test_an_end_finds_its_start_in_another_spool(house):
    run_id = uuid.uuid4()
    house.put(house.first, end(run_id))
    house.put(house.second, start(run_id))
    assert await house.drain.drain() == 2
    assert waiting(house.first) == (0, [])
    assert (await house.store.run(run_id)).finished


async def test_one_damaged_spool_does_not_hold_up_another(house):
    house.first.mkdir()
    (house.first / "ops-000.sqlite").write_bytes(b"this is no database" * 1000)
    run_id = uuid.uuid4()
    house.put(house.second, start(run_id))
    assert await house.drain.drain() == 1
    (problem,) = house.drain.problems()
    assert str(house.first) in problem
    (house.first / "ops-000.sqlite").unlink()
    await house.drain.drain()
    assert house.drain.problems() == []
