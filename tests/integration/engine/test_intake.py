"""The record socket on a real database: durable answers, hostile input, back-pressure, a database that goes away."""

import asyncio
import contextlib
import json
import os
import shutil
import tempfile
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from batmon.engine.recording import intake as intake_module
from batmon.engine.recording import writer as record_writer
from batmon.engine.recording.intake import Intake
from batmon.engine.recording.writer import RecordWriter
from batmon.errors import GateError, Refused, StoreError, StoreUnavailable

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
BOUND = 20.0


def start(seq=1, run_id=None, **more):
    return {
        "seq": seq, "op": "start", "run_id": str(run_id or uuid.uuid4()), "bot_name": "Invoice_Bot",
        "task_name": "Daily",
        "start_time": NOW.isoformat(), "node": "thishost.example.com", "pid": None, "process_started": None,
        "cwd": "/srv", "started_by": "rpa", **more,
    }  # fmt: skip


def end(seq=2, run_id=None, **more):
    return {
        "seq": seq, "op": "end", "run_id": run_id and str(run_id), "status": "SUCCESS", "message": "끝",
        "error_details": "",
        "processed_count": 3, "end_time": (NOW + timedelta(minutes=1)).isoformat(), "exit_code": None, **more,
    }  # fmt: skip


class Client:
    """Somebody who records, line by line."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    def say(self, *ops):
        lines = (op if isinstance(op, bytes) else json.dumps(op).encode() + b"\n" for op in ops)
        self.writer.write(b"".join(lines))

    async def hear(self, count=1):
        async with asyncio.timeout(BOUND):
            return [json.loads(await self.reader.readline()) for _ in range(count)]

    async def ask(self, *ops):
        """What is answered, by seq."""
        self.say(*ops)
        return {answer["seq"]: answer for answer in await self.hear(len(ops))}

    async def close(self):
        self.writer.transport.abort()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def gone(self):
        async with asyncio.timeout(BOUND):
            return await self.reader.read()


@pytest.fixture
async def house(store):
    """An intake on a socket; ``told`` are the bots that it told of, ``record`` may be replaced."""
    folder = Path(tempfile.mkdtemp(prefix="bm-"))
    made = SimpleNamespace(told=[], left=asyncio.Event(), looks=0, record=store.record, store=store, batches=[])

    async def record(ops):
        made.batches.append(len(ops))
        return await made.record(ops)

    async def look_again():
        made.looks += 1

    writer = RecordWriter(record, tell=made.told.append, look_again=look_again)
    made.intake = Intake(writer, own_names=("seoul-01", "thishost", "thishost.example.com"), left=made.left.set)
    made.address = str(folder / "record.sock")
    await made.intake.start(made.address)
    keeping = asyncio.create_task(writer.keep())
    clients = []

    async def client():
        clients.append(Client(*await asyncio.open_unix_connection(made.address)))
        return clients[-1]

    made.client = client
    yield made
    for one in clients:
        await one.close()
    await made.intake.stop()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    shutil.rmtree(folder)


async def test_what_is_answered_is_in_the_table(house):
    client, run_id = await house.client(), uuid.uuid4()
    answer = (await client.ask(start(7, run_id)))[7]
    run = await house.store.run(run_id)
    assert answer == {"seq": 7, "ok": True, "log_id": run.log_id}
    assert (run.program, run.task_name, run.finished) == ("Invoice_Bot", "Daily", False)
    item = {"op": "item", "run_id": str(run_id), "account": "a@b", "processed": 3, "failed": 0, "error": "",
            "started_at": NOW.isoformat(), "ended_at": NOW.isoformat()}  # fmt: skip
    answers = await client.ask({**item, "seq": 8}, end(9, run_id))
    assert answers == {8: {"seq": 8, "ok": True}, 9: {"seq": 9, "ok": True, "log_id": run.log_id}}
    run = await house.store.run(run_id)
    assert (run.finished, run.message, run.processed_count) == (True, "끝", 3)
    assert [item["account"] for item in await house.store.items(run_id, 9)] == ["a@b"]
    assert set(house.told) == {"Invoice_Bot"}


async def test_many_lines_in_one_chunk_and_one_line_in_many_chunks(house):
    client = await house.client()
    ids = [uuid.uuid4() for _ in range(700)]
    answers = await client.ask(*(op for n, i in enumerate(ids) for op in (start(2 * n, i), end(2 * n + 1, i))))
    assert len(answers) == 1400
    assert all(answer["ok"] for answer in answers.values())
    assert all([(await house.store.run(run_id)).finished for run_id in (ids[0], ids[-1])])
    assert len(house.batches) < 100  # they were written together
    line = json.dumps(start(9000, message="가" * 100_000), ensure_ascii=False).encode() + b"\n"
    for place in range(0, len(line), 7919):
        client.say(line[place : place + 7919])
        await client.writer.drain()
    assert (await client.hear())[0]["ok"]


async def test_one_bad_operation_does_not_hold_up_the_others(house):
    client, run_id = await house.client(), uuid.uuid4()
    answers = await client.ask(
        start(1, run_id),
        start(2, bot_name="x" * 51),
        start(3, bot_name="a/b"),
        start(4, start_time="2026-11-21T03:00:00"),
        start(5, run_id="no uuid"),
        {"seq": 6, "op": "stop"},
        end(8),
        end(9, uuid.uuid4()),
        end(10, log_id=12345),
        start(11, task_name="t" * 101),
        end(12, run_id, status="S" * 21),
        start(13, message="\0 and \ud800 are made visible", bot_name="bot"),
        end(14, run_id),
        start(15, start_time="0001-01-01T00:00:00+23:59"),
        start(16, process_started=1e308, pid=2**31 - 1),
        end(17, run_id, processed_count=10**30, exit_code=-(10**30)),
    )
    assert {seq for seq, answer in answers.items() if answer.get("ok")} == {1, 13, 14, 16, 17}
    assert {seq for seq, answer in answers.items() if answer.get("error", {}).get("code") == "not_found"} == {9, 10}
    assert all(
        answer["error"]["message"] and answer["error"]["hint"] for answer in answers.values() if "error" in answer
    )
    assert "bot_name" in answers[2]["error"]["message"]
    assert "50" in answers[2]["error"]["message"]
    assert (await house.store.run(run_id)).finished
    assert house.looks == 1  # for 9 and 10 together: their start may have lain in a spool


async def test_what_the_database_refuses_is_found_in_the_batch(house):
    real, bad = house.record, uuid.uuid4()

    async def refusing(ops):
        if any(op.run_id == bad for op in ops):
            raise StoreError("no such thing can be written")
        return await real(ops)

    house.record = refusing
    client = await house.client()
    answers = await client.ask(*(start(n, bad if n == 33 else None) for n in range(100)))
    assert [seq for seq, answer in answers.items() if "error" in answer] == [33]


@pytest.mark.parametrize(
    "line",
    [b"hello\n", b"\xff\xfe{}\n", b"[" * 100_000 + b"\n", b'{"seq":1,"op":\n'],
    ids=["words", "utf-16", "deep", "half"],
)
async def test_what_is_not_json_is_answered_and_sent_away(house, line):
    client = await house.client()
    client.say(line, start(2))
    (answer,) = [json.loads(said) for said in (await client.gone()).splitlines()]
    assert answer["error"]["code"] == "bad_request"
    assert (await (await house.client()).ask(start(3)))[3]["ok"]


@pytest.mark.parametrize("line", [b"[]\n", b'"x"\n', b"1\n", b'{"seq":"x"}\n', b'{"seq":4,"op":"start"}\n'])
async def test_json_that_is_no_operation_is_answered(house, line):
    client = await house.client()
    client.say(line)
    assert (await client.hear())[0]["error"]["code"] == "bad_request"
    assert (await client.ask(start(5)))[5]["ok"]


@pytest.mark.parametrize("ended", [b"", b"\n"])
async def test_a_line_over_a_mebibyte_is_sent_away(house, ended):
    client = await house.client()
    client.say(b'{"seq":1,"message":"' + b"x" * (1 << 20) + b'"}' + ended)
    assert b"at most 1048576 bytes" in await client.gone()


async def test_more_connections_than_there_is_room_for(house, monkeypatch):
    monkeypatch.setattr(intake_module, "MOST_CONNECTIONS", 2)
    first, second = await house.client(), await house.client()
    assert all([(await client.ask(start(1)))[1]["ok"] for client in (first, second)])
    assert b"try again later" in await (await house.client()).gone()
    first.writer.close()
    async with asyncio.timeout(BOUND):
        while len(house.intake.connections) == 2:
            await asyncio.sleep(0.01)
    assert (await (await house.client()).ask(start(1)))[1]["ok"]


async def test_while_the_database_is_away_operations_wait_and_then_are_written_once(house):
    real, away = house.record, True

    async def record(ops):
        if away:
            raise StoreUnavailable("it restarts")
        return await real(ops)

    house.record = record
    client, run_id = await house.client(), uuid.uuid4()
    client.say(start(1, run_id))
    async with asyncio.timeout(BOUND):
        while len(house.batches) < 3:
            await asyncio.sleep(0.01)
    client.say(start(2, run_id), end(3, run_id))
    away = False
    assert [answer["seq"] for answer in await client.hear(3)] == [1, 2, 3]
    assert (await house.store.run(run_id)).finished


async def test_what_waits_is_bounded_and_nothing_of_it_is_lost(house, monkeypatch):
    monkeypatch.setattr(record_writer, "MOST_OPS", 20)
    real, gate = house.record, asyncio.Event()

    async def record(ops):
        await gate.wait()
        return await real(ops)

    house.record = record
    clients = [await house.client() for _ in range(5)]
    filler = "x" * 100_000
    for client in clients:
        client.say(*(start(n, started_by=filler) for n in range(100)))
    writer = house.intake.writer
    async with asyncio.timeout(BOUND):
        while len(writer._paused) < 5:
            await asyncio.sleep(0.01)
    assert len(writer._waiting) < 60  # of 500: what was in the chunk at hand, then no more was read
    gate.set()
    for client in clients:
        assert sorted(answer["seq"] for answer in await client.hear(100)) == list(range(100))


async def test_whoever_does_not_read_answers_is_not_read_either(house):
    client = await house.client()
    sent = 0
    line = b'{"seq":1,"op":"stop"}\n' * 1000
    async with asyncio.timeout(BOUND):
        while True:
            client.writer.write(line)
            sent += len(line)
            try:
                async with asyncio.timeout(0.5):
                    await client.writer.drain()
            except TimeoutError:
                break
    assert sent < 20 << 20
    assert (await (await house.client()).ask(start(2)))[2]["ok"]


async def test_who_leaves_before_the_end_is_noticed_and_who_leaves_after_it_is_not(house):
    well, badly = await house.client(), await house.client()
    run_id = uuid.uuid4()
    await well.ask(start(1, run_id), end(2, run_id))
    well.writer.close()
    async with asyncio.timeout(BOUND):
        while len(house.intake.connections) == 2:
            await asyncio.sleep(0.01)
    assert not house.left.is_set()
    await badly.ask(start(1))
    badly.writer.transport.abort()
    async with asyncio.timeout(BOUND):
        await house.left.wait()


async def test_the_node_is_named_as_the_daemon_names_it(house):
    client = await house.client()
    other = uuid.uuid4()
    await client.ask(start(1, pid=5), start(2, other, node="elsewhere", pid=5), start(3, node="", pid=6))
    found = await house.store.open_runs(["seoul-01"], 10)
    assert {(run.node, run.pid) for run in found} == {("seoul-01", 5), ("seoul-01", 6)}


@asynccontextmanager
async def an_intake(address, **options):
    async def never(*_ops):
        raise AssertionError

    writer = RecordWriter(never, tell=print, look_again=never)
    intake = Intake(writer, own_names=("n",), left=print)
    await intake.start(address, **options)
    try:
        yield intake
    finally:
        await intake.stop()


async def test_the_socket_is_the_owners_or_the_groups():
    folder = Path(tempfile.mkdtemp(prefix="bm-"))
    address = folder / "record.sock"
    async with an_intake(str(address)):
        assert address.stat().st_mode & 0o777 == 0o600
        with pytest.raises(Refused, match="another daemon"):
            async with an_intake(str(address)):
                pass
    assert not address.exists()
    folder.chmod(0o755)
    async with an_intake(str(address), shared=True, group="root" if os.getuid() == 0 else ""):
        assert address.stat().st_mode & 0o777 == (0o660 if os.getuid() == 0 else 0o600)
        assert folder.stat().st_mode & 0o777 == 0o755
    with pytest.raises(GateError, match="no group 'nobody-has-this'"):
        async with an_intake(str(address), shared=True, group="nobody-has-this"):
            pass
    shutil.rmtree(folder)


async def test_where_the_kernel_does_not_vouch_the_token_must_come_first(tmp_path):
    note = tmp_path / "record.json"
    async with an_intake(str(note)):
        named = json.loads(note.read_text())
        for first, expected in ((b"{}\n", b"refused"), (b'{"token": "x"}\n', b"refused"), (b"[1]\n", b"refused")):
            client = Client(*await asyncio.open_connection("127.0.0.1", named["port"]))
            client.say(first)
            assert expected in await client.gone()
            await client.close()
        client = Client(*await asyncio.open_connection("127.0.0.1", named["port"]))
        client.say({"token": named["token"]}, {"seq": 1, "op": "stop"})
        assert (await client.hear())[0]["error"]["code"] == "bad_request"
        await client.close()
