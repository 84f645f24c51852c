import asyncio
import json
import socket
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio

from batmon.record import RunLog, ops
from batmon.record.dsn import DsnOutbox
from batmon.record.spool import Spool
from batmon.store.record_ops import Op
from batmon.store.records import write

PATIENCE_SEC = 20


@pytest_asyncio.fixture
async def connection(owner_url):
    opened = await asyncpg.connect(owner_url)
    yield opened
    await opened.close()


@pytest.fixture
def outbox(database_url, tmp_path):
    made = DsnOutbox(database_url, str(tmp_path / "spool"))
    yield made
    made.close()


async def flushed(outbox):
    assert await asyncio.to_thread(outbox.flush, PATIENCE_SEC)


async def test_three_lines_straight_into_the_database(state, database_url, connection):
    log = RunLog(dsn=database_url, spool=state / "s")
    with log.run("Invoice_Bot", "Daily") as run:
        run.item("user1@example.com", processed=100, failed=1)
        assert await asyncio.to_thread(log.flush, PATIENCE_SEC)
        row = await connection.fetchrow("SELECT * FROM rpa_execution_logs WHERE run_id = $1", uuid.UUID(run.id))
        assert (row["status"], row["bot_name"], row["end_time"]) == ("RUNNING", "Invoice_Bot", None)
        assert await connection.fetchval("SELECT beat_at IS NOT NULL FROM open_runs WHERE run_id = $1", row["run_id"])
    assert await asyncio.to_thread(log.flush, PATIENCE_SEC)
    row = await connection.fetchrow("SELECT * FROM rpa_execution_logs WHERE run_id = $1", row["run_id"])
    assert (row["status"], row["processed_count"], row["task_name"]) == ("SUCCESS", 100, "Daily")
    assert row["changed_at"] is not None  # the daemon hears of it
    assert await connection.fetchval("SELECT count(*) FROM open_runs") == 0
    item = await connection.fetchrow("SELECT * FROM run_items")
    assert (item["account"], item["processed"], item["failed"]) == ("user1@example.com", 100, 1)


def story(run_id):
    """Everything that can be said of a run."""
    at = datetime.now(UTC)
    return [
        ops.started(run_id, "Bot", "Task", at, pid=1, process_started=1.5, beats=True),
        ops.item(run_id, "a", processed=1, failed=0, error="", started_at=at, ended_at=at),
        ops.item(run_id, "a", processed=3, failed=1, error="x", started_at=at, ended_at=at + timedelta(seconds=1)),
        ops.ended(run_id, "FAILED", at + timedelta(seconds=9), message="m", error_details="e", processed_count=3,
                  exit_code=2, begun=("Bot", "Task", at)),
    ]  # fmt: skip


async def rows(connection, run_id):
    run = await connection.fetch(
        "SELECT bot_name, task_name, status, message, error_details, start_time, end_time, duration_sec,"
        " processed_count, node, started_by, exit_code FROM rpa_execution_logs WHERE run_id = $1", uuid.UUID(run_id),
    )  # fmt: skip
    items = await connection.fetch(
        "SELECT account, processed, failed, error, started_at, ended_at FROM run_items WHERE run_id = $1",
        uuid.UUID(run_id),
    )
    return [tuple(row) for row in run], [tuple(row) for row in items]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 0, 2, 1, 0, 3), (0, 0, 1, 1, 2, 3, 3), (3, 2, 1)])
async def test_it_leaves_the_rows_that_the_daemon_leaves(outbox, connection, order):
    import msgspec  # noqa: PLC0415 - the daemon's own reading of an operation

    run_id = ops.new_run_id()
    said = story(run_id)
    for place in order:
        outbox.put(said[place])
    await flushed(outbox)
    found = await rows(connection, run_id)
    assert len(found[0]) == len(found[1]) == 1
    assert found[0][0][2] == "FAILED"

    other = ops.new_run_id()
    theirs = [{**op, "run_id": other} for op in said]
    await write(connection, [msgspec.convert(theirs[place], Op) for place in order])
    assert await rows(connection, other) == found


async def test_an_end_by_number_and_ends_that_nobody_can_write(outbox, connection):
    log_id = await connection.fetchval(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status) VALUES ('Bot', 'Task', 'RUNNING')"
        " RETURNING log_id"
    )
    end = {"message": "", "error_details": "", "processed_count": 1}
    now = datetime.now(UTC)
    outbox.put(ops.ended(ops.new_run_id(), "SUCCESS", now, **end))
    outbox.put(ops.ended(999_999, "SUCCESS", now, **end))
    outbox.put(ops.started(ops.new_run_id(), "x" * 60, "Task", now, pid=None, process_started=None))
    outbox.put(ops.ended(log_id, "SUCCESS", now + timedelta(seconds=1), **end))
    await flushed(outbox)
    assert await connection.fetchval("SELECT status FROM rpa_execution_logs WHERE log_id = $1", log_id) == "SUCCESS"
    spool = Spool(outbox._spool_path)
    assert sorted(reason.split(":")[0].split(" ")[0] for _, reason in spool.refused()) == [
        "StringDataRightTruncationError", "no", "rpa_execution_logs",
    ]  # fmt: skip
    spool.close()


@pytest.fixture
def black_hole():
    """A port that takes connections and never says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    yield f"postgresql://x:y@127.0.0.1:{listener.getsockname()[1]}/z"
    listener.close()


def test_a_black_hole_costs_nothing_but_the_spool(state, black_hole):
    program = (
        "import json, sys, time\nfrom batmon.record import RunLog\n"
        "log = RunLog(dsn=sys.argv[1])\ntook = []\n"
        "for _ in range(20):\n"
        "    began = time.perf_counter()\n    log.end_log(log.start_log('Bot', 'Task'), 'SUCCESS')\n"
        "    took.append(time.perf_counter() - began)\n"
        "print(json.dumps(took))\n"
    )
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program, black_hole], capture_output=True, text=True, timeout=30, check=True
    )
    assert time.monotonic() - began < 15  # the end of the program waits 3 s at most
    assert min(json.loads(done.stdout)) < 0.05
    (folder,) = (state / "spool").glob("dsn-*")
    spool = Spool(folder)
    assert spool.waiting_count() == 40
    spool.close()
    assert "y@" not in str(folder)


async def test_what_a_program_had_to_leave_goes_with_the_next(state, database_url, connection):
    before = DsnOutbox(database_url, str(state / "spool"))
    before._stopping = True  # its thread never came to it
    run_id = ops.new_run_id()
    for op in story(run_id):
        before.put(op)
    before.close()
    program = (
        "import sys\nfrom batmon.record import RunLog\n"
        "RunLog(dsn=sys.argv[1]).start_log('Next', 'Task')\n"
    )  # fmt: skip
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program, database_url], timeout=30, check=True)
    assert {row["bot_name"] for row in await connection.fetch("SELECT bot_name FROM rpa_execution_logs")} == {
        "Bot",
        "Next",
    }


async def test_a_database_that_comes_later(state, database_url, connection, caplog):
    """A wrong name first, as while a database is being restored: the operations wait, and a warning says so."""
    await connection.execute("ALTER TABLE open_runs RENAME TO open_runs_away")
    outbox = DsnOutbox(database_url, str(state / "spool"))
    outbox.put(story(ops.new_run_id())[0])
    async with asyncio.timeout(PATIENCE_SEC):
        while "records wait in" not in caplog.text:
            await asyncio.sleep(0.02)
    await connection.execute("ALTER TABLE open_runs_away RENAME TO open_runs")
    await flushed(outbox)
    outbox.close()
    assert await connection.fetchval("SELECT count(*) FROM rpa_execution_logs") == 1


async def test_beats(outbox, connection, monkeypatch):
    monkeypatch.setattr("batmon.record.dsn.BEAT_SEC", 0.05)
    run_id = ops.new_run_id()
    outbox.put(story(run_id)[0])
    await flushed(outbox)
    first = await connection.fetchval("SELECT beat_at FROM open_runs")
    async with asyncio.timeout(PATIENCE_SEC):
        while await connection.fetchval("SELECT beat_at FROM open_runs") <= first:
            await asyncio.sleep(0.02)


def test_the_environment_names_it_only_where_no_daemon_is(server, state, monkeypatch, black_hole):
    monkeypatch.setenv("BATMON_DATABASE_URL", black_hole)
    RunLog().start_log("Bot", "Task")
    assert len(server.ops) == 1
    server.remove()
    monkeypatch.setenv("BATMON_STATE", str(state / "other"))
    assert isinstance(RunLog()._outbox, DsnOutbox)
    assert not isinstance(RunLog(state=state)._outbox, DsnOutbox)
