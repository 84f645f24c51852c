"""The gate between real sockets: answers, streams, cancellation, slow and broken clients."""

import asyncio
import json
import socket
import stat
from pathlib import Path

import pytest

from batmon.errors import BadRequest, BatmonError, DaemonUnreachable, GateError, NotFound, Refused
from batmon.gate import connection
from batmon.gate.client import GateClient
from batmon.refusals import told

HELLO = b'{"id":1,"verb":"hello","args":{"protocol":1,"client":"raw"}}\n'


async def raw(world):
    reader, writer = await asyncio.open_unix_connection(world.address, limit=4 * 1024 * 1024)
    writer.write(HELLO)
    assert b'"ok"' in await reader.readline()
    return reader, writer


async def answer(reader):
    return json.loads(await reader.readline())


async def test_the_socket_is_private(world):
    path = Path(world.address)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_hello_says_who_and_where(world):
    async with await world.client() as client:
        assert client.hello["protocol"] == 1
        assert client.hello["role"] == "admin"
        assert client.hello["started_at"] == "2026-11-21T00:00:00+00:00"
        assert client.hello["timezone"] == "Asia/Seoul"


async def test_requests_run_side_by_side(world):
    async with await world.client() as client:
        slow = asyncio.create_task(client.request("slow"))
        await world.began.wait()
        assert (await client.request("echo", x=1, **{"from": 2}))["args"] == {"x": 1, "from": 2}
        world.go.set()
        assert await slow == {}


async def test_a_stream_and_its_end(world):
    async with await world.client() as client:
        stream = client.stream("count", n=1000)
        assert [item["n"] async for item in stream] == list(range(1000))
        assert stream.result == {"total": 1000}


async def test_a_stream_that_ends_badly(world):
    async with await world.client() as client:
        stream = client.stream("count", n=2, fail=True)
        with pytest.raises(Refused, match="enough") as caught:
            async for _ in stream:
                pass
        assert caught.value.hint == "rest"


async def test_closing_a_stream_stops_its_handler(world):
    async with await world.client() as client:
        stream = client.stream("count", n=3, stay=True)
        assert (await anext(stream))["n"] == 0
        await stream.aclose()
        await asyncio.wait_for(world.closed.wait(), 5)
        assert [item async for item in stream] == []
        assert (await client.request("echo"))["args"] == {}


async def test_cancelling_a_request_stops_its_handler(world):
    async with await world.client() as client:
        asked = asyncio.create_task(client.request("slow"))
        await world.began.wait()
        asked.cancel()
        await asyncio.wait_for(world.closed.wait(), 5)


async def test_a_cancelled_request_has_exactly_one_end(world):
    reader, writer = await raw(world)
    writer.write(b'{"id":5,"verb":"slow"}\n{"id":5,"cancel":true}\n{"id":5,"cancel":true}\n{"id":6,"verb":"echo"}\n')
    first, second = await answer(reader), await answer(reader)
    ends = {frame["id"]: frame for frame in (first, second)}
    assert ends[5]["error"]["code"] == "cancelled"
    assert "ok" in ends[6]
    writer.write(b'{"id":5,"verb":"echo"}\n')  # the id is free again
    assert "ok" in await answer(reader)
    writer.close()


async def test_leaving_stops_what_was_asked(world):
    client = await world.client()
    stream = client.stream("count", stay=True)
    await anext(stream)
    await client.close()
    await asyncio.wait_for(world.closed.wait(), 5)
    with pytest.raises(DaemonUnreachable):
        await client.request("echo")


async def test_a_stalled_reader_holds_only_its_own_stream_back(world):
    reader, writer = await raw(world)
    writer.write(b'{"id":2,"verb":"flood"}\n')
    await reader.readexactly(10)  # it flows, and then nobody reads
    other = await world.client()
    made = -1
    while made != world.made:  # until the socket's buffers are full
        made = world.made
        for _ in range(20):
            await other.request("echo")
    assert made < 200  # 100 kB each: buffers of sockets and streams, not a growing queue
    await other.close()
    writer.transport.abort()
    await asyncio.wait_for(world.closed.wait(), 5)


async def test_a_client_that_does_not_read_its_stream_may_still_ask(world):
    async with await world.client() as client:
        stream = client.stream("count", n=5000)
        for _ in range(3):
            assert (await client.request("echo", x=1))["args"] == {"x": 1}
        assert len([item async for item in stream]) == 5000


async def test_two_clients_and_two_streams(world):
    async with await world.client() as one, await world.client() as two:
        streams = [one.stream("count", n=50), two.stream("count", n=60), one.stream("count", n=70)]

        async def total(stream):
            return len([item async for item in stream])

        assert await asyncio.gather(*map(total, streams)) == [50, 60, 70]


async def test_a_line_that_is_too_long_is_refused_and_ends_the_connection(world):
    reader, writer = await raw(world)
    writer.write(b'{"id":2,"verb":"echo","args":{"x":"' + b"y" * (1 << 20) + b'"}}\n')
    said = await answer(reader)
    assert said["error"]["code"] == "bad_request"
    assert "1,048,576" in said["error"]["message"]
    assert await reader.read() == b""
    writer.close()
    async with await world.client() as client:
        assert (await client.request("echo", x="y" * 1_000_000))["args"]["x"].endswith("y")


async def test_an_endless_line_is_cut_off(world):
    reader, writer = await raw(world)

    async def pour():
        for _ in range(1000):
            writer.write(b"x" * 65536)
            await writer.drain()
        pytest.fail("64 MB without a newline were taken")

    with pytest.raises(ConnectionError):
        await pour()
    writer.close()
    async with await world.client() as client:
        await client.request("echo")
    del reader


@pytest.mark.parametrize(
    "garbage",
    [b"\x00\xff\xfe\n", b"GET / HTTP/1.1\r\n", b"[]\n", b"{\n", b'{"id":2}\n', b'{"id":2,"verb":"nope"}\n',
     b'{"id":2,"verb":"echo","args":3}\n', b'{"id":2,"verb":"hello"}\n'],
)  # fmt: skip
async def test_garbage_is_answered_and_the_connection_lives(world, garbage):
    reader, writer = await raw(world)
    writer.write(garbage)
    assert (await answer(reader))["error"]["code"] == "bad_request"
    writer.write(b'{"id":3,"verb":"echo"}\n')
    assert (await answer(reader))["id"] == 3
    writer.close()


@pytest.mark.parametrize(
    "first",
    [b"\xff\n", b'{"id":1,"verb":"echo"}\n', b'{"id":1,"verb":"hello"}\n',
     b'{"id":1,"verb":"hello","args":{"protocol":2}}\n', b'{"id":1,"verb":"hello","args":{"protocol":1,"as":"kim"}}\n',
     b'{"id":1,"verb":"hello","args":{"protocol":1,"as":{"user":"kim"}}}\n'],
)  # fmt: skip
async def test_without_a_proper_hello_nothing_happens(world, first):
    reader, writer = await asyncio.open_unix_connection(world.address)
    writer.write(first + b'{"id":2,"verb":"echo"}\n')
    assert "error" in await answer(reader)
    assert await reader.read() == b""
    writer.close()


async def test_whoever_never_says_hello_is_let_go(world, monkeypatch):
    monkeypatch.setattr(connection, "HELLO_WITHIN", 0.05)
    reader, writer = await asyncio.open_unix_connection(world.address)
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()


async def test_too_many_requests_at_once_are_refused(world):
    reader, writer = await raw(world)
    for number in range(2, connection.IN_FLIGHT + 3):
        writer.write(b'{"id":%d,"verb":"slow"}\n' % number)
    refused = await answer(reader)
    assert refused["id"] == connection.IN_FLIGHT + 2
    assert "open on this connection" in refused["error"]["message"]
    writer.write(b'{"id":2,"verb":"echo"}\n')
    assert "in use" in (await answer(reader))["error"]["message"]
    writer.close()


async def test_handlers_errors_arrive_clean(world, caplog):
    async with await world.client() as client:
        with pytest.raises(NotFound) as caught:
            await client.request("absent")
        assert (str(caught.value), caught.value.hint) == ("no such ␛[31mthing", "look ⟨U+202E⟩elsewhere")
        with pytest.raises(BatmonError, match="break failed inside the daemon") as caught:
            await client.request("break")
        assert "secret" not in str(caught.value)
        assert "secret inside" in caplog.text
        with pytest.raises(GateError, match="does not fit"):
            await client.request("huge")
        with pytest.raises(BadRequest, match="no verb"):
            await client.request("no\x1bpe")
        with pytest.raises(GateError, match="stream"):
            await client.request("count")


async def test_a_refusal_carries_what_it_takes_to_say_it_in_another_language(world):
    async with await world.client() as client:
        with pytest.raises(NotFound) as caught:
            await client.request("unknown")
    error = caught.value
    assert str(error) == r"no program is called 'a\x1b[31m'"
    assert (error.sentence.reason, error.sentence.facts["name"]) == ("no-program", "a␛[31m")
    said, hint = told(error, "ko")
    assert said == "‘a␛[31m’ 프로그램이 없습니다."
    assert hint.startswith("프로그램: b⟨U+202E⟩ccc")
    assert len(hint) < 1100


async def test_what_leaves_is_harmless(world):
    async with await world.client() as client:
        said = await client.request("echo", message="\x1b]0;x\x07\n\u202e", text="a\nb\x9b")
    assert said["args"] == {"message": "␛]0;x␇␊⟨U+202E⟩", "text": "a\nb⟨U+009B⟩"}


async def test_the_end_of_the_daemon_is_noticed(world):
    client = await world.client()
    stream = client.stream("count", stay=True)
    asked = asyncio.create_task(client.request("slow"))
    await world.began.wait()
    await world.gate.stop()
    assert "closed the connection" in str(await asyncio.wait_for(client.wait_lost(), 5))
    assert client.is_lost
    with pytest.raises(DaemonUnreachable):
        await asked
    with pytest.raises(DaemonUnreachable):
        async for _ in stream:
            pass
    await client.close()
    assert world.gate.connections == 0
    assert not Path(world.address).exists()
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("gate-")]


async def test_a_second_daemon_is_refused_and_a_dead_one_s_socket_taken_over(world):
    before = Path(world.address).stat().st_ino
    with pytest.raises(Refused, match="another daemon"):
        await type(world)(world.state).gate.start(world.address)
    assert Path(world.address).stat().st_ino == before
    await world.gate.stop()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(world.address)
    await world.gate.start(world.address)
    async with await world.client() as client:
        await client.request("echo")


async def test_a_file_in_the_socket_s_place_is_left_alone(world):
    await world.gate.stop()
    Path(world.address).write_text("precious")
    with pytest.raises(Refused, match="not a socket"):
        await world.gate.start(world.address)
    assert Path(world.address).read_text() == "precious"


async def test_nobody_there(world):
    with pytest.raises(DaemonUnreachable) as caught:
        await GateClient.connect(world.address + "x")
    assert world.address in str(caught.value)
    assert "batmon daemon" in caught.value.hint


async def test_somebody_there_who_does_not_answer(world):
    address = f"{world.state}/mute.sock"
    left = asyncio.Event()

    async def silent(reader, writer):
        await reader.read()  # until the client gives up
        writer.close()
        await writer.wait_closed()
        left.set()

    mute = await asyncio.start_unix_server(silent, address)
    with pytest.raises(DaemonUnreachable, match=r"within 0\.1 s"):
        await GateClient.connect(address, timeout=0.1)
    await left.wait()
    mute.close()


async def test_something_else_there(world):
    address = f"{world.state}/web.sock"

    async def web(_reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_unix_server(web, address)
    with pytest.raises(DaemonUnreachable, match="protocol"):
        await GateClient.connect(address)
    server.close()


async def test_the_loopback_port_wants_its_token(world):
    address = f"{world.state}/gate.json"
    await world.gate.stop()
    await world.gate.start(address)
    assert stat.S_IMODE(Path(address).stat().st_mode) == 0o600
    async with await GateClient.connect(address) as client:
        assert (await client.request("echo"))["role"] == "admin"
    named = json.loads(Path(address).read_text())
    Path(f"{world.state}/forged.json").write_text(json.dumps({**named, "token": "guess"}))
    with pytest.raises(Refused, match="token"):
        await GateClient.connect(f"{world.state}/forged.json")
    with pytest.raises(Refused, match="another daemon"):
        await type(world)(world.state).gate.start(address)
    await world.gate.stop()
    with pytest.raises(DaemonUnreachable):
        await GateClient.connect(address)
