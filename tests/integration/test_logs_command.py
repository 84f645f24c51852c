"""``batmon logs``: one program's files and lines, and all programs' lines by time, as a person types it."""

import asyncio
import gzip
import json
from contextlib import asynccontextmanager

import pytest

from batmon.commands.logs import log_files, logs
from batmon.commands.merged_logs import PAGE, merged_logs
from batmon.commands.session import Session
from batmon.engine.log_files.answers import LogAnswers
from batmon.errors import BadRequest, NotFound
from batmon.gate.client import GateClient
from batmon.gate.keyring import KeyRing
from batmon.gate.server import GateServer
from batmon.model import Program


class Paper(Session):
    """Keeps what is printed."""

    def __init__(self, client, *, colour=False):
        self._client = client
        self.colour = colour
        self.lines, self.words = [], []

    async def gate(self):
        return self._client

    def out(self, text, end="\n"):  # noqa: ARG002 - as a Session's
        self.lines.append(text)

    def err(self, text):
        self.words.append(text)

    async def ask_password(self, prompt):
        raise AssertionError(prompt)

    async def read_file(self, path):
        raise AssertionError(path)


@asynccontextmanager
async def gate(folder, programs):
    async def nothing(*_):
        return []

    async def audit(_): ...

    answers = LogAnswers(programs=lambda: programs, runs_near=nothing, find_run=nothing)
    greeting = {"timezone": "Asia/Seoul"}
    server = GateServer(
        answers.verbs(), greeting=lambda: greeting, keyring=KeyRing(folder / "authorized_keys"), audit=audit
    )
    await server.start(str(folder / "gate.sock"))
    try:
        async with await GateClient.connect(str(folder / "gate.sock")) as client:
            yield client
    finally:
        await server.stop()


@pytest.fixture
def programs(tmp_path):
    """Two programs that write every other second, 1,000 lines each; the older half of one is compressed."""
    found = {}
    for number, name in enumerate(("a", "수집기")):
        (tmp_path / name).mkdir()
        found[name] = Program(name=name, base_dir=tmp_path / name, logs=("*.log",), timezone="Asia/Seoul")
        lines = [f"2026-11-21 06:{n // 60:02}:{n % 60:02} INFO {name} {n:04}\n" for n in range(number, 2000, 2)]
        if number == 0:
            (tmp_path / name / "x.log.1.gz").write_bytes(gzip.compress("".join(lines[:500]).encode()))
            lines = [*lines[500:], "Traceback\n"]
        (tmp_path / name / "x.log").write_text("".join(lines), "utf-8")
    return found


async def test_files_name_compressed_ones_with_their_kind(tmp_path, programs):
    async with gate(tmp_path, programs) as client:
        paper = Paper(client)
        await log_files(paper, "a", as_json=False)
        await log_files(paper, "a", as_json=True)
        assert [line.split()[1] for line in paper.lines[1:3]] == ["text", "gzip"]
        assert {one["packing"] for one in json.loads(paper.lines[3])} == {None, "gzip"}
        paper = Paper(client)
        await logs(paper, "a", lines=2, follow=False, path=str(tmp_path / "a" / "x.log.1.gz"))
        assert [line[-4:] for line in paper.lines] == ["0996", "0998"]
        paper = Paper(client)
        await logs(paper, "a", lines=900, follow=False, path=None)
        assert len(paper.lines) == 900
        assert [line[-4:] for line in paper.lines[:-1]] == [f"{n:04}" for n in range(202, 2000, 2)]
        for name in ("x.log.1.gz", "a/x.log.1.gz"):
            paper = Paper(client)
            await logs(paper, "a", lines=1, follow=False, path=name)
            assert [line[-4:] for line in paper.lines] == ["0998"], name
        with pytest.raises(NotFound, match="no log file of a"):
            await logs(paper, "a", lines=1, follow=False, path="og.1.gz")


async def test_all_programs_by_time(tmp_path, programs):
    async with gate(tmp_path, programs) as client:

        async def said(*names, lines=50, at=None, since=None, errors=False):
            paper = Paper(client)
            await merged_logs(
                paper, list(names), lines=lines, at=at, since=since, follow=False, errors=errors
            )  # fmt: skip
            return paper.lines

        def numbers(lines):
            return [int(line[-4:]) for line in lines if line[-4:].isdigit()]

        last = await said(lines=5)
        assert last[-1].startswith("수집기")
        assert any(line == "a       Traceback" for line in last), "a line without a time stays with its entry"
        whole = await said(lines=3 * PAGE)
        assert numbers(whole) == list(range(2000 - len(numbers(whole)), 2000))
        assert len(whole) >= 3 * PAGE
        assert numbers(await said(since="2026-11-21 06:00:00")) == list(range(2000))
        around = numbers(await said(at="2026-11-21 06:10:00", lines=20))
        assert around == list(range(590, 610))
        assert {line.split()[0] for line in await said("a", lines=5)} == {"a"}
        assert await said(errors=True, since="2026-11-21 06:00:00") == []
        with pytest.raises(BadRequest, match="no time"):
            await said(at="sometime")
        with pytest.raises(NotFound):
            await said("nobody")


async def test_it_is_followed_in_colour_and_says_what_is_left_out(tmp_path, programs):
    (tmp_path / "a" / "plain.log").write_text("no time at all\n" * 3)
    async with gate(tmp_path, programs) as client:
        paper = Paper(client)
        await merged_logs(paper, [], lines=5, at=None, since=None, follow=False, errors=False)
        assert paper.words == [f"-- {tmp_path / 'a' / 'plain.log'} is left out: its lines have no time"]
        paper = Paper(client, colour=True)
        following = asyncio.create_task(
            merged_logs(paper, [], lines=1, at=None, since=None, follow=True, errors=False)
        )  # fmt: skip
        async with asyncio.timeout(20):
            while not paper.lines:
                await asyncio.sleep(0.01)
            with (tmp_path / "수집기" / "x.log").open("a", encoding="utf-8") as log:
                log.write("2026-11-21 07:00:00 ERROR 실패\n")
            while not any("실패" in line for line in paper.lines):
                await asyncio.sleep(0.01)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        assert paper.lines[-1].endswith("\x1b[31m2026-11-21 07:00:00 ERROR 실패\x1b[0m")
