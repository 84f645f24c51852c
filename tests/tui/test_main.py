from __future__ import annotations

import subprocess
import sys

import pytest

from batmon.errors import Refused
from batmon_tui import __main__ as console
from batmon_tui.attach import ask_on_terminal


@pytest.mark.parametrize(("language", "words"), [("en", "needs a terminal"), ("ko", "터미널이 필요합니다")])
def test_without_a_terminal_it_says_so_and_ends(language, words):
    ended = subprocess.run(
        [sys.executable, "-m", "batmon_tui", "--language", language],
        capture_output=True, text=True, encoding="utf-8", stdin=subprocess.DEVNULL, check=False, timeout=20,
    )  # fmt: skip
    assert ended.returncode == 2
    assert words in ended.stderr
    assert ended.stdout == ""


def test_only_the_first_connection_to_another_machine_may_ask(monkeypatch):
    asked, closed = [], []

    class Client:
        async def close(self):
            closed.append(self)

    async def connect_ssh(url, identity, **more):
        asked.append((url, identity, more))
        return Client()

    async def show(connect, *_):
        first, second = await connect(), await connect()
        assert first is not second
        return 0

    monkeypatch.setattr("batmon_tui.attach.connect_ssh", connect_ssh)
    monkeypatch.setattr(console, "_show", show)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert console.main(["--ssh", "ssh://ops@server:8022"]) == 0
    assert [more for _, _, more in asked] == [{"trust": ask_on_terminal}, {}]


def test_a_server_that_does_not_let_us_in_is_told_before_the_screen_opens(monkeypatch, capsys):
    async def connect_ssh(*_, **__):
        raise Refused("server does not let ops in", hint="an admin adds yours")

    monkeypatch.setattr("batmon_tui.attach.connect_ssh", connect_ssh)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert console.main(["--ssh", "ssh://ops@server:8022"]) == 1
    assert capsys.readouterr().err == "server does not let ops in\nan admin adds yours\n"
