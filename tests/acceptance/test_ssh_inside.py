"""The server inside the test's own process, where its tasks can be counted and its driver looked at."""

from __future__ import annotations

import asyncio
import re
import socket
from typing import ClassVar

import asyncssh
import pytest
from ssh_bed import BOUND, Keys
from ssh_sample_app import SampleApp

from batmon.errors import DaemonUnreachable
from batmon_tui.ssh.server import ConsoleServer
from batmon_tui.ssh.settings import Settings


class Lonely(SampleApp):
    """The sample app without a daemon, and remembered by the test."""

    latest: ClassVar[Lonely]

    def __init__(self, connect, language="auto"):  # noqa: ARG002 - as every app of the console is made
        async def nobody():
            raise DaemonUnreachable("nobody")

        super().__init__(nobody, language)
        type(self).latest = self


class Screen(asyncssh.SSHClientSession):
    """What a client sees."""

    def __init__(self):
        self.seen = b""
        self.chan = None

    def connection_made(self, chan):
        self.chan = chan

    def data_received(self, data, _datatype):
        self.seen += data


async def until(true, what):
    async with asyncio.timeout(BOUND):
        while not true():
            await asyncio.sleep(0.005)
    assert true(), what


@pytest.fixture
async def house(tmp_path):
    key = Keys(tmp_path, tmp_path).add("kim")
    server = ConsoleServer(Settings(state=tmp_path), Lonely, on_login=lambda _: None, on_gone=lambda _: None)
    tasks = asyncio.all_tasks()

    async def client():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            ours = socket.create_connection(listener.getsockname())
            theirs, _ = listener.accept()
        server.take(theirs, theirs.fileno())
        return await asyncssh.connect(
            sock=ours, username="kim", client_keys=[str(key)], known_hosts=None, config=None, agent_path=None
        )

    yield server, client, tasks
    await server.stop()


async def shown(connection, size=(80, 24)):
    chan, screen = await connection.create_session(
        Screen, term_type="xterm-256color", term_size=size, encoding=None, window=64 * 1024
    )
    await until(lambda: b"SIZE %dx%d" % size in screen.seen, "the first frame")
    return chan, screen


@pytest.mark.parametrize("how", ["abort", "close", "eof", "key"])
async def test_nothing_is_left_of_a_session_however_it_ends(house, how):
    server, client, tasks = house
    connection = await client()
    chan, _ = await shown(connection)
    assert server.sessions == 1
    if how == "abort":
        connection.abort()
    elif how == "close":
        chan.close()
    elif how == "eof":
        chan.write_eof()
    else:
        chan.write(b"q")
    await until(lambda: server.sessions == 0, "the session's end")
    connection.close()
    await connection.wait_closed()
    await until(lambda: server.connections == 0, "the connection's end")

    def left():  # the trail of logins waits for a daemon, which there is none of here: one task for the whole server
        others = asyncio.all_tasks() - tasks - {asyncio.current_task()}
        return {task for task in others if task.get_name() != "login trail"}

    await until(lambda: not left(), "the end of all tasks")


FLOOD = re.compile(rb"\b0{3}\d{5} ")
"""Any frame of the flood: a slow machine leaves some out."""


async def test_a_client_that_was_behind_gets_a_whole_screen(house):
    _, client, _ = house
    connection = await client()
    chan, screen = await shown(connection, (200, 60))
    app = Lonely.latest
    chan.write(b"f")
    await until(lambda: FLOOD.search(screen.seen), "the flood")
    chan.pause_reading()
    await until(lambda: app._batch_count > 0, "congestion")
    drawn = app._drawn
    await until(lambda: app._drawn > drawn + 10, "frames that nobody sees")
    screen.seen = b""
    chan.resume_reading()
    await until(lambda: app._batch_count == 0, "the end of it")
    await until(lambda: b"SIZE 200x60" in screen.seen, "the lines that did not change")
    connection.close()
    await connection.wait_closed()


async def test_a_terminal_has_no_say_in_its_size(house):
    _, client, _ = house
    connection = await client()
    chan, screen = await shown(connection)
    chan.write(b"\x1b[48;9999;9999;1;1t\x1b[?2048;2$y\x1b[5;5R" + b"k")
    await until(lambda: b"KEY k" in screen.seen, "the key after it")
    app = Lonely.latest
    assert app.size == (80, 24)
    assert b"\x1b[?2048h" not in screen.seen
    chan.change_terminal_size(100_000, 0)
    await until(lambda: b"SIZE 500x24" in screen.seen, "a size that can be drawn")
    connection.close()
    await connection.wait_closed()


async def test_ten_channels_are_enough_for_one_connection(house):
    server, client, _ = house
    connection = await client()
    for _ in range(10):
        await shown(connection)
    with pytest.raises(asyncssh.ChannelOpenError):
        await connection.create_session(Screen, term_type="xterm", encoding=None)
    assert server.sessions == 10
    connection.close()
    await connection.wait_closed()


async def test_links_and_downloads_stay_off_the_server(house, tmp_path, monkeypatch):
    _, client, _ = house
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda *a, **_: opened.append(a))
    connection = await client()
    _, screen = await shown(connection)
    app = Lonely.latest
    app._driver._context.copy().run(app.open_url, "https://example.org/[b]")
    await until(lambda: b"https://example.org/[b]" in re.sub(rb"\x1b\[[\d;]*m", b"", screen.seen), "the address")
    app._driver._context.copy().run(app.deliver_screenshot, "shot.svg", str(tmp_path))
    await until(lambda: b"shot.svg is not saved" in re.sub(rb"\x1b\[[\d;]*m", b"", screen.seen), "the refusal")
    assert not opened
    assert not (tmp_path / "shot.svg").exists()
    connection.close()
    await connection.wait_closed()
