"""The tree over a real gate: what is in it, what is refused and written down, pages of large folders, downloads."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import threading
import time
from dataclasses import replace

import pytest

from batmon.commands.fetching import fetch, pieces
from batmon.engine.files import tree
from batmon.engine.files.tree import Tree
from batmon.errors import BadRequest, GateError, NotFound, Refused
from batmon.model import Program, Role
from tests.integration.tree_world import TreeWorld


@pytest.fixture
def world(tmp_path):
    world = TreeWorld(tmp_path)
    (world.base / "logs" / "app.log").write_text("line\n")
    (world.base / "logs" / "app.log.1").write_text("older\n")
    (world.base / "logs" / "app.log.2.gz").write_bytes(b"\x1f\x8b")
    (world.base / "logs" / "notes.txt").write_text("not a log")
    (world.base / "result.csv").write_text("a,b\n1,2\n")
    (world.base / ".env").write_text("PASSWORD=secret")
    (world.out / "page.html").write_text("<html>")
    return world


async def names(client, path, **args):
    page = await client.request("tree.list", path=path, **args)
    return [entry["name"] for entry in page["entries"]]


async def test_what_is_in_the_tree(world):
    async with world.open() as client:
        assert await names(client, "/") == ["exports", "programs", "reports"]
        assert await names(client, "/programs") == ["kind"]
        assert await names(client, "/programs/kind/") == ["files", "logs"]
        assert await names(client, "/programs/kind/logs") == ["app.log", "app.log.1", "app.log.2.gz"]
        assert await names(client, "/programs/kind/files") == ["logs", "out", ".env", "result.csv"]
        assert await names(client, "/programs/kind/files/out") == ["page.html"]
        assert await names(client, "/reports") == []
        entry = (await client.request("tree.stat", path="/programs/kind/logs/app.log"))["entry"]
        piece = await client.request("tree.read", path="/programs/kind/logs/app.log")
    assert (entry["kind"], entry["size"], entry["readable"]) == ("file", 5, True)
    assert entry["id"] == piece["id"]
    assert base64.b64decode(piece["data"]) == b"line\n"
    assert piece["eof"] is True


async def test_what_no_pattern_names_is_not_among_the_logs(world):
    async with world.open() as client:
        for path in ("/programs/kind/logs/notes.txt", "/programs/kind/logs/none.log"):
            for verb in ("tree.read", "tree.stat", "tree.preview"):
                with pytest.raises(NotFound):
                    await client.request(verb, path=path)
        assert (await client.request("tree.read", path="/programs/kind/files/logs/notes.txt"))["size"] == 9


async def test_logs_in_several_folders_each_have_theirs(world, tmp_path):
    elsewhere = tmp_path / "var" / "logs"
    deep = world.base / "logs" / "accounts" / "2026-11-21"
    for folder in (elsewhere, deep):
        folder.mkdir(parents=True)
        (folder / "kim.log").write_text("x")
    patterns = ("logs/*.log", f"{elsewhere}/*.log", "logs/accounts/**/*.log")
    world.programs["kind"] = replace(world.program, logs=patterns)
    async with world.open() as client:
        assert await names(client, "/programs/kind/logs") == ["logs", "logs~2"]
        first = await names(client, "/programs/kind/logs/logs")
        second = await names(client, "/programs/kind/logs/logs~2")
        assert sorted([first, second]) == [["accounts", "app.log", "app.log.1", "app.log.2.gz"], ["kim.log"]]
        home = "/programs/kind/logs/logs" + ("" if "accounts" in first else "~2")
        assert await names(client, f"{home}/accounts/2026-11-21") == ["kim.log"]
        located = await client.request("tree.locate", program="kind", file=str(deep / "kim.log"))
        assert located == {"path": f"{home}/accounts/2026-11-21/kim.log"}


async def test_a_folder_of_files_gives_way_to_one_of_base_dir(world):
    (world.base / "out").mkdir()
    async with world.open() as client:
        assert "out~2" in await names(client, "/programs/kind/files")
        assert await names(client, "/programs/kind/files/out") == []
        assert await names(client, "/programs/kind/files/out~2") == ["page.html"]
        located = await client.request("tree.locate", program="kind", file=str(world.out / "page.html"))
        assert located == {"path": "/programs/kind/files/out~2/page.html"}
        assert (await client.request("tree.locate", program="kind", file="result.csv"))["path"].endswith(
            "/files/result.csv"
        )
        with pytest.raises(NotFound):
            await client.request("tree.locate", program="kind", file="/etc/passwd")


@pytest.mark.parametrize(
    "path",
    [
        "/programs/kind/files/../out", "/programs/../etc", "/..", "//etc", "etc/passwd", "/programs/kind/files//x",
        "/programs/kind/files/C:", "/programs/kind/files/C:\\\\x", "/programs/kind/files/\\\\\\\\server",
        "/programs/kind/files/..\\x", "/programs/kind/files/..\\\\x", "/programs/kind/files/a\\x00b", "/" + "x" * 256,
        "/programs/kind/files/" + "/".join("x" * 70), "\\\\server\\share", "C:\\x", "/programs/kind/files/link",
        "/programs/kind/files/linked/page.html", "/programs/kind/files/fifo", "/programs/kind/files/hard",
    ],
)  # fmt: skip
async def test_whatever_leads_out_is_refused_and_written_down(world, path):
    (world.base / "link").symlink_to("/etc/passwd")
    (world.base / "linked").symlink_to(world.out)
    os.mkfifo(world.base / "fifo")
    os.link(world.base / "result.csv", world.base / "hard")
    async with world.open() as client:
        with pytest.raises(Refused, match="is refused"):
            await client.request("tree.read", path=path)
    [entry] = world.trail
    assert (entry.action, entry.outcome) == ("tree.read", "refused")
    assert entry.target == path[:200]


async def test_what_a_viewer_may_not_read(world):
    exports = world.state / "exports"
    (exports / "captures").mkdir(parents=True)
    for name in ("batmon.dump", "runs.csv", "captures/screen.png"):
        (exports / name).write_text(name)
    (world.base / ".git").mkdir()
    (world.base / ".git" / "config").touch()
    secrets = [
        "/programs/kind/files/.env",
        "/programs/kind/files/.git/config",
        "/exports/batmon.dump",
        "/exports/captures/screen.png",
    ]
    async with world.open(Role.VIEWER) as client:
        for path in secrets:
            with pytest.raises(Refused, match="for admins"):
                await client.request("tree.read", path=path)
        with pytest.raises(Refused, match="for admins"):
            await client.request("tree.list", path="/exports/captures")
        with pytest.raises(Refused, match="for admins"):
            await client.request("tree.preview", path="/programs/kind/files/.env")
        page = await client.request("tree.list", path="/exports")
        assert {e["name"]: e["readable"] for e in page["entries"]} == {
            "captures": False, "batmon.dump": False, "runs.csv": True,
        }  # fmt: skip
        assert (await client.request("tree.read", path="/exports/runs.csv"))["eof"]
    assert {entry.target for entry in world.trail} >= set(secrets)
    async with world.open(Role.ADMIN) as client:
        for path in secrets:
            assert (await client.request("tree.read", path=path))["eof"]


async def test_the_state_folder_is_seen_by_nobody_from_outside(world, tmp_path):
    (world.state / "ssh_host_ed25519_key").write_text("private")
    (tmp_path / "alias").symlink_to(tmp_path)
    inside = world.state / "samples" / "kind"
    (inside / "logs").mkdir(parents=True)
    (inside / "a.txt").write_text("a")
    programs = {
        "home": Program(name="home", base_dir=tmp_path / "alias", logs=("**/*",)),
        "own": Program(name="own", base_dir=world.state),
        "sample": Program(name="sample", base_dir=inside),
    }
    world.programs.update(programs)
    async with world.open() as client:
        for path in (
            "/programs/home/files/state/ssh_host_ed25519_key",
            "/programs/home/logs/state/ssh_host_ed25519_key",
            "/programs/own/files/ssh_host_ed25519_key",
        ):
            for verb in ("tree.read", "tree.preview"):
                with pytest.raises(Refused, match="own folder"):
                    await client.request(verb, path=path)
        for path in ("/programs/home/files/state", "/programs/own/files"):
            with pytest.raises(Refused, match="own folder"):
                await client.request("tree.list", path=path)
        page = await client.request("tree.list", path="/programs/home/files")
        assert {entry["name"]: entry["readable"] for entry in page["entries"]}["state"] is False
        assert await names(client, "/programs/sample/files") == ["logs", "a.txt"]


async def test_refusals_take_their_time_one_after_the_other(world):
    async with world.open(Role.VIEWER) as client:
        began = time.monotonic()
        answers = [client.request("tree.read", path="/programs/kind/files/.env") for _ in range(5)]
        results = await asyncio.gather(*answers, return_exceptions=True)
    assert all(isinstance(result, Refused) for result in results)
    assert time.monotonic() - began > 0.9
    assert len(world.trail) == 5


async def test_odd_names_come_back(world):
    odd = {b"two\nlines.log": "two\\nlines.log", b"\xc7\xd1.log": "\\xc7\\xd1.log",
           "한글 \u202e.log".encode(): "한글 \\u202e.log",
           b"back\\slash.log": "back\\\\slash.log"}  # fmt: skip
    for raw in odd:
        (world.base / "logs" / os.fsdecode(raw)).write_bytes(raw)
    async with world.open() as client:
        listed = await names(client, "/programs/kind/logs")
        for raw, shown in odd.items():
            assert shown in listed
            piece = await client.request("tree.read", path=f"/programs/kind/logs/{shown}")
            assert base64.b64decode(piece["data"]) == raw


async def test_programs_that_are_not_configured_and_folders_that_are_not_there(world):
    world.programs["bot"] = Program(name="bot", base_dir=world.base, configured=False)
    world.programs["gone"] = Program(name="gone", base_dir=world.base / "nowhere")
    async with world.open() as client:
        assert await names(client, "/programs") == ["gone", "kind"]
        with pytest.raises(NotFound):
            await client.request("tree.list", path="/programs/bot/files")
        page = await client.request("tree.list", path="/programs/gone")
        assert [entry["readable"] for entry in page["entries"]] == [False, False]
        with pytest.raises(NotFound, match="not there"):
            await client.request("tree.list", path="/programs/gone/files")
        with pytest.raises(NotFound):
            await client.request("tree.list", path="/programs/nobody")
        with pytest.raises(NotFound):
            await client.request("tree.list", path="/nowhere")
        for path in ("/", "/programs/kind", "/programs/kind/files", "/reports"):
            with pytest.raises(Refused, match="folder"):
                await client.request("tree.read", path=path)


@pytest.mark.parametrize(
    "args",
    [
        {"path": ""}, {"path": 7}, {}, {"path": "/", "sort": "colour"}, {"path": "/", "offset": -1},
        {"path": "/", "limit": "many"}, {"path": "/", "offset": True},
    ],
)  # fmt: skip
async def test_bad_arguments_are_said(world, args):
    async with world.open() as client:
        with pytest.raises(BadRequest):
            await client.request("tree.list", **args)


async def test_a_large_folder_comes_in_pages(world):
    many = world.base / "many"
    many.mkdir()
    for number in range(6000):
        os.close(os.open(many / f"{number:05}.txt", os.O_CREAT))
    os.truncate(many / "00777.txt", 50)
    os.utime(many / "00042.txt", (1, 1))
    async with world.open() as client:
        seen, offset = [], 0
        while offset is not None:
            page = await client.request("tree.list", path="/programs/kind/files/many", offset=offset, limit=1000)
            assert page["total"] == 6000
            seen += [entry["name"] for entry in page["entries"]]
            offset = page["next"]
        assert seen == sorted(seen)
        assert len(set(seen)) == 6000
        largest = await names(client, "/programs/kind/files/many", sort="size", reverse=True, limit=1)
        oldest = await names(client, "/programs/kind/files/many", sort="modified", limit=1)
        backwards = await names(client, "/programs/kind/files/many", reverse=True, limit=1000)
    assert (largest, oldest) == (["00777.txt"], ["00042.txt"])
    assert backwards == seen[:-1001:-1]


async def test_a_folder_that_takes_long_holds_up_nobody(world, monkeypatch):
    go_on, began = threading.Event(), threading.Event()
    entries = Tree.entries

    def slow(*args):
        began.set()
        assert go_on.wait(20)
        return entries(*args)

    monkeypatch.setattr(Tree, "entries", slow)
    async with world.open() as client:
        listing = asyncio.create_task(names(client, "/programs/kind/files"))
        await asyncio.to_thread(began.wait, 20)
        assert (await client.request("tree.read", path="/programs/kind/logs/app.log"))["eof"]
        assert not listing.done()
        go_on.set()
        assert "result.csv" in await listing


async def test_more_entries_than_are_shown(world, monkeypatch):
    monkeypatch.setattr(tree, "MOST_ENTRIES", 2)
    async with world.open() as client:
        page = await client.request("tree.list", path="/programs/kind/files/logs")
    assert (page["total"], page["cut"]) == (2, True)


async def test_a_download_is_the_file_byte_for_byte(world, tmp_path):
    data = os.urandom(1_700_000)
    (world.base / "big.bin").write_bytes(data)
    told = []
    async with world.open() as client:
        size = await fetch(client, "/programs/kind/files/big.bin", tmp_path / "got", progress=told.append)
    assert size == len(data) == told[-1]
    assert hashlib.sha256((tmp_path / "got").read_bytes()).digest() == hashlib.sha256(data).digest()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["app", "got", "out", "state"]


async def test_a_file_that_is_swapped_or_cut_between_two_pieces_is_no_download(world):
    big = world.base / "big.bin"
    big.write_bytes(b"a" * 1_500_000)
    async with world.open() as client:
        stream = pieces(client, "/programs/kind/files/big.bin")
        await anext(stream)
        (world.base / "new").write_bytes(b"b" * 1_500_000)
        (world.base / "new").replace(big)
        with pytest.raises(Refused, match="another file"):
            await anext(stream)
        stream = pieces(client, "/programs/kind/files/big.bin")
        await anext(stream)
        os.truncate(big, 10)
        with pytest.raises(GateError, match="became shorter"):
            await anext(stream)
    assert world.trail[-1].outcome == "refused"


async def test_a_file_that_grows_comes_as_long_as_it_was(world):
    log = world.base / "logs" / "app.log"
    log.write_bytes(b"x" * 900_000)
    async with world.open() as client:
        stream = pieces(client, "/programs/kind/logs/app.log")
        first = await anext(stream)
        with log.open("ab") as file:
            file.write(b"more")
        rest = [piece async for piece in stream]
    assert len(first) + sum(map(len, rest)) == 900_000
