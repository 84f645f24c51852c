"""Who is answered over HTTP, and what with: a real server on loopback, asked by a real client."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest

from batmon.config.http import HttpConfig
from batmon.config.secrets import Secret
from batmon.engine.http import listener as http_listener
from batmon.engine.http.listener import HttpListener
from batmon.engine.http.open_metrics import Family
from batmon.errors import NotFound, StoreUnavailable

TOKEN = "0123456789abcdef"
PROGRAM = {
    "name": "공시", "title": "공시정보", "status": "ERROR", "message": "로그인 실패\x1b[31m", "last_log": "a.log",
    "base_dir": "/srv/a", "scheduler": "cron", "retry_program": "python main.py", "next_due": None, "since": None,
    "signature": None, "last_run": {"start_time": "2026-11-21T06:00:00+09:00", "status": "FAILED"},
}  # fmt: skip


async def check(asked):
    if asked.get("programs", ["공시"]) != ["공시"]:
        raise NotFound(f"no program is called {asked['programs'][0]!r}")
    return {"status": "ERROR", "checked_at": "now", "node": "n", "programs": [PROGRAM | {"title": asked["language"]}]}


async def measure():
    found = Family("batmon_program_status", "0 OK")
    found.add(2, program="공시")
    return lambda: [found]


@asynccontextmanager
async def listening(config=None, **more):
    listener = HttpListener(config or HttpConfig(port=0), **{"check": check, "measure": measure, **more})
    task = asyncio.create_task(listener.keep())
    try:
        async with asyncio.timeout(10), aiohttp.ClientSession() as session:
            while not listener.port:
                assert not task.done(), task
                await asyncio.sleep(0.01)
            yield listener, session, f"http://127.0.0.1:{listener.port}"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_the_check_is_the_documents():
    async with listening() as (_, session, place), session.get(f"{place}/api/v1/batmon/check") as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        found = await answer.json()
    assert found["status"] == "ERROR"
    (service,) = found["services"]
    assert service == {
        "name": "공시", "title": "ko", "status": "ERROR", "message": "로그인 실패␛[31m", "last_log": "a.log",
        "base_dir": "/srv/a", "scheduler": "cron", "retry_program": "python main.py",
        "last_run": "2026-11-21T06:00:00+09:00", "last_run_status": "FAILED", "next_due": None,
    }  # fmt: skip


async def test_one_program_in_english_and_one_that_there_is_not():
    async with listening() as (_, session, place):
        async with session.get(f"{place}/api/v1/batmon/check?program=공시&language=en") as answer:
            assert (await answer.json())["services"][0]["title"] == "en"
        async with session.get(f"{place}/api/v1/batmon/check?program=nobody") as answer:
            assert answer.status == 404
            assert "nobody" in (await answer.json())["error"]


@pytest.mark.parametrize(
    ("accept", "kind", "ends"),
    [
        (
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.1",
            "application/openmetrics-text",
            "# EOF\n",
        ),
        ("*/*", "text/plain", "2\n"),
    ],
)
async def test_metrics_come_in_the_form_that_is_asked_for(accept, kind, ends):
    wanted = {"Accept": accept}
    async with listening() as (_, session, place), session.get(f"{place}/metrics", headers=wanted) as answer:
        assert answer.content_type == kind
        said = await answer.text()
    assert 'batmon_program_status{program="공시"} 2' in said
    assert said.endswith(ends)


async def test_a_store_that_is_away_is_said_and_the_server_goes_on():
    async def away():
        raise StoreUnavailable("Postgres does not answer")

    async with listening(measure=away) as (_, session, place):
        for _ in range(2):
            async with session.get(f"{place}/metrics") as answer:
                assert answer.status == 503
                assert (await answer.json())["error"] == "Postgres does not answer"


async def test_only_reading_and_only_what_there_is():
    async with listening() as (_, session, place):
        for method, path, status in (("POST", "/metrics", 405), ("GET", "/", 404), ("GET", "/metrics/../etc", 404)):
            async with session.request(method, place + path) as answer:
                assert answer.status == status
                assert "error" in await answer.json()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:9464", "localhost.evil", "[::1].x", ""])
async def test_a_page_that_calls_itself_by_another_name_is_refused(host):
    named = {"Host": host}
    async with listening() as (_, session, place), session.get(f"{place}/metrics", headers=named) as answer:
        assert answer.status in (400, 403)


@pytest.mark.parametrize(
    ("shown", "status"), [("", 401), ("Bearer wrong", 401), (TOKEN, 401), (f"Bearer {TOKEN}", 200)]
)
async def test_with_a_token_only_who_shows_it_is_answered(shown, status):
    config = HttpConfig(port=0, token=Secret(TOKEN))
    headers = {"Authorization": shown, "Host": "batmon.example"}
    async with listening(config) as (_, session, place), session.get(f"{place}/metrics", headers=headers) as answer:
        assert answer.status == status


async def test_an_address_that_is_taken_is_said_and_had_when_it_is_free(monkeypatch):
    monkeypatch.setattr(http_listener, "AGAIN_SEC", 0.05)
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    listener = HttpListener(HttpConfig(port=port), check=check, measure=measure)
    task = asyncio.create_task(listener.keep())
    try:
        async with asyncio.timeout(10):
            while not listener.problem:
                await asyncio.sleep(0.01)
            assert str(port) in listener.problem
            taken.close()
            while not listener.port:
                await asyncio.sleep(0.01)
        assert listener.problem == ""
    finally:
        taken.close()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_one_connection_too_many_is_ended_and_the_others_go_on(monkeypatch):
    monkeypatch.setattr(http_listener, "MOST_CONNECTIONS", 3)
    async with listening() as (listener, _, _):
        held = [await asyncio.open_connection("127.0.0.1", listener.port) for _ in range(3)]
        for _, writer in held[:1]:
            writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await held[0][0].readline()).startswith(b"HTTP/1.1 200")
        reader, extra = await asyncio.open_connection("127.0.0.1", listener.port)
        assert await reader.read() == b""
        for _, writer in (*held, (None, extra)):
            writer.close()
