"""``batmon search`` as it is typed: here as a process, and over SSH as the console runs it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

import pytest

from batmon.cli import remote_verb
from batmon.commands.session import Session
from batmon.gate.server import GateServer
from batmon.gate.verbs import Done, Verb
from batmon.model import Role
from tests.integration.search_bed import Searchable

BOUND = 30.0


class Afar(Session):
    """Somebody at the other end of a channel."""

    def __init__(self, gate, *, colour=False):
        self._gate, self.colour = gate, colour
        self.said = self.words = ""

    async def gate(self):
        return self._gate

    def out(self, text, end="\n"):
        self.said += text + end

    def err(self, text):
        self.words += text + "\n"

    async def ask_password(self, prompt):
        raise AssertionError(prompt)

    async def read_file(self, path):
        raise AssertionError(path)


@pytest.fixture
def stage(tmp_path):
    stage = Searchable(tmp_path)
    stage.log(
        "kindscrap",
        "main.log",
        "2026-11-21 06:00:12 ERROR 로그인 실패 \x1b[31m[/b]",
        "no time 로그인",
        at=1_795_219_300,
    )
    stage.log("fund_mail", "mail.log", "2026-11-20 05:00:00 INFO 로그인 timeout", at=1_795_219_200)
    return stage


async def typed(stage, *words):
    """What a process prints, and its exit code."""
    environ = {**os.environ, "BATMON_STATE": str(stage.folder / "state"), "NO_COLOR": ""}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "batmon", "search", *words, env=environ, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(BOUND):
        out, err = await process.communicate()
    return out.decode(), err.decode(), process.returncode


async def test_program_time_file_and_line_newest_first(stage):
    async with stage.open():
        out, err, code = await typed(stage, "로그인")
        assert out.splitlines() == [
            "kindscrap     2026-11-21 06:00:12  main.log  no time 로그인",
            "kindscrap     2026-11-21 06:00:12  main.log  2026-11-21 06:00:12 ERROR 로그인 실패 ␛[31m[/b]",
            "fund_mail     2026-11-20 05:00:00  mail.log  2026-11-20 05:00:00 INFO 로그인 timeout",
        ]
        assert (err, code) == ("", 0)
        out, err, code = await typed(stage, "TIMEOUT", "-i", "--json", "--program", "fund_mail")
        assert [json.loads(line)["program"] for line in out.splitlines()] == ["fund_mail"]
        assert code == 0


async def afar(gate, *words):
    """The same over SSH."""
    session = Afar(gate)
    code = await remote_verb(["search", *words], session)
    return session.said, session.words, code


async def test_the_exit_code_is_that_of_grep(stage):
    async with stage.open() as gate:
        assert await afar(gate, "nothing like it") == ("", "", 1)
        for wrong in (("(", "--regex"), (), ("x", "--since", "soon"), ("x", "--limit", "0")):
            out, err, code = await afar(gate, *wrong)
            assert (out, code) == ("", 2)
            assert "batmon: " in err
        _, err, code = await afar(gate, "x", "--program", "kind")
        assert code == 2
        assert "no program is called 'kind'" in err
    out, err, code = await typed(stage, "x")
    assert (out, code) == ("", 2), "1 would mean that nothing was found"
    assert "batmon: " in err


async def test_errors_alone_since_and_the_limit(stage):
    async with stage.open() as gate:
        out, _, code = await afar(gate, "--errors")
        assert (out.count("\n"), code) == (1, 0)
        assert "로그인 실패" in out
        out, _, _ = await afar(gate, "로그인", "--since", "2026-11-21", "--until", "2026-11-21")
        assert out.count("\n") == 2
        out, err, code = await afar(gate, "로그인", "--limit", "1")
        assert (out.count("\n"), code) == (1, 0)
        assert "there are more: --limit 10" in err
        (stage.folder / "kindscrap" / "link.log").symlink_to("/etc/passwd")
        _, err, code = await afar(gate, "로그인")
        assert f"not searched: {stage.folder}/kindscrap/link.log: it is a link to /etc/passwd" in err
        assert code == 0


async def test_over_ssh_with_colours(stage):
    async with stage.open() as gate:
        afar = Afar(gate, colour=True)
        assert await remote_verb(["search", "로그인 실패"], afar) == 0
    assert afar.said.endswith(
        "\x1b[31m2026-11-21 06:00:12 ERROR \x1b[1;7m로그인 실패\x1b[0m\x1b[31m ␛[31m[/b]\x1b[0m\n"
    )


async def test_ctrl_c_ends_the_search_in_the_daemon(stage):
    begun, ended = asyncio.Event(), asyncio.Event()

    async def without_end(_caller, _args):
        try:
            yield {"hits": []}
            begun.set()
            await asyncio.Event().wait()
        finally:
            ended.set()
        yield Done({})

    async def audit(_): ...

    server = GateServer(
        {"log.search": Verb(Role.VIEWER, stream=without_end)}, greeting=lambda: {"timezone": "Asia/Seoul"},
        keyring=stage.keyring, audit=audit,
    )  # fmt: skip
    await server.start(stage.address)
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "batmon", "--state", str(stage.folder / "state"), "search", "x",
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(BOUND):
            await begun.wait()
            process.send_signal(signal.SIGINT)
            _, err = await process.communicate()
            await ended.wait()
        assert process.returncode == 130
        assert b"Traceback" not in err
    finally:
        await server.stop()
