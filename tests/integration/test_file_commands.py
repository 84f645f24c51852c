"""batmon files, batmon get, batmon logs --delete and --retention, as a person types them, over a real gate."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from batmon.cli import remote_verb
from batmon.commands.session import Session
from batmon.errors import BadRequest
from tests.integration.retention_world import DAY, RetentionWorld


class Typed(Session):
    """Somebody who types; ``yes`` is what they answer, None without a terminal."""

    def __init__(self, gate, folder=None, *, yes=None, writes_bytes=True):
        self.said, self.words, self.data = "", "", b""
        self.writes_bytes = writes_bytes
        self._gate, self._folder, self._yes = gate, folder, yes

    async def gate(self):
        return self._gate

    def out(self, text, end="\n"):
        self.said += text + end

    def out_bytes(self, data):
        self.data += data

    def err(self, text):
        self.words += text + "\n"

    async def confirm(self, question):
        self.words += question
        return await super().confirm(question) if self._yes is None else self._yes

    def file_to_write(self, path, *, force):
        if self._folder is None:
            return super().file_to_write(path, force=force)
        if (self._folder / path).exists() and not force:
            raise BadRequest(f"{path} is there already")
        return self._folder / path

    async def ask_password(self, prompt):
        raise NotImplementedError(prompt)

    async def read_file(self, path):
        raise NotImplementedError(path)


@pytest.fixture
def world(tmp_path):
    return RetentionWorld(tmp_path)


@pytest.fixture
async def client(world):
    async with world.open() as client:
        yield client


async def test_files_are_listed(world, client):
    (world.base / os.fsdecode(b"odd\n\xff")).touch()
    (world.base / "link").symlink_to("/etc/passwd")
    session = Typed(client)
    assert await remote_verb(["files", "kind"], session) == 0
    assert [line.split()[-1] for line in session.said.splitlines()[1:]] == ["files/", "logs/"]
    session = Typed(client)
    assert await remote_verb(["files", "kind", "files"], session) == 0
    assert "odd\\n\\xff" in session.said
    assert "link@  (it is a link" in session.said
    session = Typed(client)
    assert await remote_verb(["files", "kind", "logs", "--json", "--sort", "modified"], session) == 0
    names = [json.loads(line)["name"] for line in session.said.splitlines()]
    assert names == ["app.log.3", "app.log.2", "app.log.1", "app.log"]
    session = Typed(client)
    assert await remote_verb(["files", "/exports"], session) == 0
    assert await remote_verb(["files", "kind", "logs/app.log"], session) == 0
    assert "app.log" in session.said
    assert await remote_verb(["files", "nobody"], session) == 1
    assert "nobody" in session.words


async def test_files_are_fetched(world, client, tmp_path):
    (tmp_path / "got").mkdir()
    content = (world.logs / "app.log").read_bytes()
    session = Typed(client, tmp_path / "got")
    assert await remote_verb(["get", "kind/logs/app.log", "/programs/kind/logs/app.log.1"], session) == 0
    assert (tmp_path / "got/app.log").read_bytes() == content
    assert (tmp_path / "got/app.log.1").exists()
    session = Typed(client, tmp_path / "got")
    assert await remote_verb(["get", "kind/logs/app.log"], session) == 2
    assert await remote_verb(["get", "kind/logs/app.log", "--force"], session) == 0
    assert await remote_verb(["get", "kind/logs/app.log", "-o", "other.log"], session) == 0
    assert (tmp_path / "got/other.log").read_bytes() == content
    assert await remote_verb(["get", "kind/logs/app.log", "kind/logs/app.log.1", "-o", "one"], session) == 2
    assert await remote_verb(["get", "kind/logs/none.log", "kind/logs/app.log.2"], session) == 1
    assert (tmp_path / "got/app.log.2").exists()
    assert await remote_verb(["get", "/programs/kind/files/../../etc/passwd"], session) == 1
    assert sorted(p.name for p in (tmp_path / "got").iterdir()) == ["app.log", "app.log.1", "app.log.2", "other.log"]


async def test_bytes_go_to_a_pipe_and_never_to_a_terminal(world, client):
    data = os.urandom(700_000)
    (world.base / "x.bin").write_bytes(data)
    session = Typed(client)
    assert await remote_verb(["get", "kind/files/x.bin", "-o", "-"], session) == 0
    assert session.data == data
    session = Typed(client, writes_bytes=False)
    assert await remote_verb(["get", "kind/files/x.bin", "-o", "-"], session) == 2
    assert session.data == b""
    assert await remote_verb(["get", "kind/files/x.bin"], session) == 2
    assert "over SSH" in session.words


async def test_deleting_asks_first(world, client):
    assert await remote_verb(["logs", "kind", "--delete", "app.log.3"], Typed(client)) == 1
    session = Typed(client, yes=False)
    assert await remote_verb(["logs", "kind", "--delete", "app.log.3"], session) == 1
    assert "Delete 1 log file of kind?" in session.words
    assert str(world.logs / "app.log.3") in session.words
    assert (world.logs / "app.log.3").exists()
    session = Typed(client, yes=True)
    assert await remote_verb(["logs", "kind", "--delete", "app.log.3"], session) == 0
    assert session.said == f"{world.logs}/app.log.3\n"
    session = Typed(client)
    assert await remote_verb(["logs", "kind", "--delete", "app.log", "--delete", "app.log.2", "--yes"], session) == 1
    assert "kept" in session.words
    assert await remote_verb(["logs", "kind", "--delete", "app.log", "--yes", "--force"], session) == 0
    assert world.names() == ["app.log.1"]
    assert await remote_verb(["logs", "kind", "--delete", "/etc/passwd", "-y"], session) == 1
    assert await remote_verb(["logs", "--delete", "app.log.1", "-y"], session) == 2


async def test_retention_by_hand(world, client):
    session = Typed(client)
    assert await remote_verb(["logs", "kind", "--retention"], session) == 0
    assert "names no retention" in session.words
    world.keep(keep_logs=90 * DAY, compress_logs=7 * DAY)
    session = Typed(client)
    assert await remote_verb(["logs", "kind", "--retention", "--dry-run"], session) == 0
    assert [line.split()[0] for line in session.said.splitlines()] == ["action", "delete", "compress", "compress"]
    assert "older than keep_logs = 90d" in session.said
    assert len(world.names()) == 4
    assert await remote_verb(["logs", "kind", "--retention"], Typed(client, yes=False)) == 1
    assert len(world.names()) == 4
    session = Typed(client)
    assert await remote_verb(["logs", "kind", "--retention", "--yes", "--json"], session) == 0
    assert [one["action"] for one in json.loads(session.said)["actions"]] == ["delete", "compress", "compress"]
    assert world.names() == ["app.log", "app.log.1.gz", "app.log.2.gz"]
    session = Typed(client)
    assert await remote_verb(["logs", "kind", "--retention"], session) == 0
    assert "nothing of kind is to go" in session.words
    assert Path(world.logs).exists()
