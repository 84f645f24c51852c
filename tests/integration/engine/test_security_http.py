"""The HTTP listener against strangers, pages in browsers and whoever asks for more than there is."""

import asyncio
import json
import logging
from contextlib import suppress

from batmon.engine.http import listener as http_listener
from tests.integration.engine.test_http_listener import PROGRAM, check, listening

HOST = b"Host: localhost\r\n"
END = b"Connection: close\r\n\r\n"
NO_REQUESTS = (
    b"\x16\x03\x01\x00\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 20_000 + END,
    b"GET /metrics HTTP/1.1\r\n" + HOST + b"Host: evil\r\n" + END,
    b"GET /metrics HTTP/1.1\r\nHost: evil\r\n" + HOST + END,
    b"GET /metrics HTTP/1.1\r\n" + END,
    b"GET /metrics HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"
    + END
    + b"0\r\n\r\nGET /x",
    b"GET /metrics HTTP/1.1\r\n" + HOST + b"X:\x0b a\0b\r\n" + END,
    b"GET /../../etc/passwd\xff HTTP/1.1\r\n" + HOST + END,
)


async def sent(port, request):
    """What comes back for some bytes, up to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(ConnectionError):  # it may end while we still write
        writer.write(request)
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.transport.abort()


async def test_what_is_no_request_gets_no_data_and_no_line_in_the_log(caplog):
    caplog.set_level(logging.DEBUG)
    async with listening() as (listener, _, _):
        caplog.clear()
        for request in NO_REQUESTS:
            answer = await sent(listener.port, request)
            assert answer[:12] in (b"", b"HTTP/1.0 400"), request[:60]
            assert b"batmon_" not in answer
        assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


async def test_every_way_but_reading_ends_without_data():
    async with listening() as (listener, _, _):
        for start in (b"POST /metrics", b"PUT /metrics", b"DELETE /metrics", b"OPTIONS /metrics", b"OPTIONS *",
                      b"TRACE /metrics", b"CONNECT evil:80", b"GET /metrics/", b"GET //metrics", b"GET /%2e%2e/metrics",
                      b"GET /api/v1/batmon", b"GET /"):  # fmt: skip
            answer = await sent(listener.port, start + b" HTTP/1.1\r\n" + HOST + b"Origin: http://evil\r\n" + END)
            head, _, body = answer.partition(b"\r\n\r\n")
            assert head[9:12] in (b"404", b"405"), start
            assert b"batmon_program" not in body
            assert b"access-control" not in head.lower()
        head = await sent(listener.port, b"HEAD /metrics HTTP/1.1\r\n" + HOST + END)
        assert head.startswith(b"HTTP/1.1 200")
        assert head.endswith(b"\r\n\r\n")
        assert b"Cross-Origin-Resource-Policy: same-origin" in head
        assert b"X-Content-Type-Options: nosniff" in head


async def test_a_fault_of_ours_tells_nothing_of_us():
    async def broken(_asked):
        raise ValueError("postgresql://batmon:geheim@db/batmon")

    async with listening(check=broken) as (_, session, place), session.get(f"{place}/api/v1/batmon/check") as answer:
        said = await answer.text()
        assert answer.status == 500
        assert answer.headers["Server"] == "batmon"
        assert "geheim" not in said
        assert "error" in json.loads(said)


async def test_names_and_words_of_programs_stay_where_they_stand():
    hostile = 'x\r\nSet-Cookie: a=b\r\n\r\n<script>"\\\ud800\x1b[2J'

    async def named(_asked):
        return {"status": hostile, "checked_at": "now", "node": hostile, "programs": [PROGRAM | {"name": hostile}]}

    async with listening(check=named) as (_, session, place), session.get(f"{place}/api/v1/batmon/check") as answer:
        assert "Set-Cookie" not in answer.headers
        said = await answer.text()
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert not set("\r\n\x1b") & set(json.loads(said)["node"])


async def test_a_few_are_answered_at_a_time_and_who_leaves_leaves_nothing_behind(monkeypatch):
    monkeypatch.setattr(http_listener, "MOST_CONNECTIONS", 30)
    going, most, free = 0, 0, asyncio.Event()

    async def slow(asked):
        nonlocal going, most
        going += 1
        most = max(most, going)
        try:
            await free.wait()
            return await check(asked)
        finally:
            going -= 1

    async with listening(check=slow) as (listener, _, _):
        request = b"GET /api/v1/batmon/check HTTP/1.1\r\n" + HOST + b"\r\n"
        opened = [await asyncio.open_connection("127.0.0.1", listener.port) for _ in range(20)]
        for _, writer in opened:
            writer.write(request)
        async with asyncio.timeout(5):
            while going < http_listener.AT_ONCE:
                await asyncio.sleep(0.01)
        before = len(asyncio.all_tasks())
        for _, writer in opened:
            writer.transport.abort()
        async with asyncio.timeout(5):
            while going or len(asyncio.all_tasks()) > before - 20:
                await asyncio.sleep(0.01)
        assert most == http_listener.AT_ONCE
        free.set()
        answer = await sent(listener.port, request.replace(b"\r\n\r\n", b"\r\n" + END))
        assert answer.startswith(b"HTTP/1.1 200")
