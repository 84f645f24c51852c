"""The tree where its folders lie oddly: the kernel's file systems, BATMON's own folders, mounts, names that hide."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time

import pytest

from batmon.errors import BatmonError, NotFound, Refused
from batmon.evidence.access import Root
from batmon.evidence.access_linux import LinuxFolder, by_openat2, name_by_name
from batmon.model import Program, Role
from tests.integration.tree_world import TreeWorld

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it has no /proc")


@pytest.fixture
def world(tmp_path):
    return TreeWorld(tmp_path)


@linux
@pytest.mark.parametrize("base", ["/", "/proc", "/proc/self"])
async def test_processes_memory_and_environments_are_no_files(world, base):
    """A base_dir of / is an admin's choice; to read the daemon's own environment by it is not."""
    world.programs["odd"] = Program(name="odd", base_dir=base)
    below = {"/": f"/proc/{os.getpid()}", "/proc": f"/{os.getpid()}", "/proc/self": ""}[base]
    async with world.open() as client:
        for name in ("environ", "cmdline", "mem", "maps", "root/etc/passwd", "cwd/x", "fd/0", "task/1/environ"):
            with pytest.raises((Refused, NotFound)) as caught:
                await client.request("tree.read", path=f"/programs/odd/files{below}/{name}")
            if name in ("environ", "mem", "maps"):
                assert "kernel" in str(caught.value)
        with pytest.raises(Refused, match="kernel"):
            await client.request("tree.preview", path=f"/programs/odd/files{below}/environ")
    with Root("/sys/kernel") as root, pytest.raises(Refused, match="kernel"):
        root.open_file("uevent_seqnum")


@pytest.mark.parametrize("inner", ["exports", "postgres", "spool/deep", "output"])
async def test_a_program_cannot_lie_in_a_folder_of_batmon(world, inner):
    folder = world.state / inner
    folder.mkdir(parents=True)
    (folder / "all.dump").write_text("everything")
    world.programs["odd"] = Program(name="odd", base_dir=folder, logs=("*",))
    world.programs["second"] = Program(name="second", base_dir=world.base, files=(folder,))
    async with world.open(Role.VIEWER) as client:
        for path in ("odd/files/all.dump", "odd/logs/all.dump", f"second/files/{folder.name}/all.dump"):
            for verb in ("tree.read", "tree.stat", "tree.preview"):
                with pytest.raises(Refused, match="own folder"):
                    await client.request(verb, path=f"/programs/{path}")


async def test_what_is_hidden_does_not_tell_what_is_in_it(world):
    hidden = world.base / ".ssh"
    hidden.mkdir()
    (hidden / "id_ed25519").write_text("private")
    (world.state / "exports" / "captures").mkdir(parents=True)
    (world.state / "exports" / "captures" / "screen.png").write_text("picture")
    async with world.open(Role.VIEWER) as client:
        assert not (await client.request("tree.stat", path="/programs/kind/files/.ssh"))["entry"]["readable"]
        for path in ("/programs/kind/files/.ssh/id_ed25519", "/programs/kind/files/.ssh/none", "/exports/captures/x"):
            with pytest.raises(Refused, match="for admins"):
                await client.request("tree.stat", path=path)


async def test_a_role_that_is_taken_away_ends_a_download(world):
    (world.base / ".env").write_bytes(b"x" * 2_000_000)
    async with world.open(Role.OPERATOR) as client:
        path = "/programs/kind/files/.env"
        with pytest.raises(Refused):
            await client.request("tree.read", path=path)
        world.keyring.remove("kim", None)
        entry = world.person("kim", Role.ADMIN, 1)
        first = await client.request("tree.read", path=path, length=1000)
        world.keyring.remove(entry["user"], None)
        world.person("kim", Role.VIEWER, 1)
        with pytest.raises(Refused, match="for admins"):
            await client.request("tree.read", path=path, offset=1000, id=first["id"])
        world.keyring.remove("kim", None)
        with pytest.raises(Refused, match="no such key"):
            await client.request("tree.stat", path="/programs")


HOSTILE = [
    "a\nb", "\x1b]0;x\x07", "\u202egnp.exe", b"\xff\xfe".decode(errors="surrogateescape"), "a\\b", "\\n", "\u034f",
    "-rf", "%2e%2e", "...", "~", "$(id)", "`id`", "a;b", "\u2028", "\ufeff", "x" * 255, "가" * 85,
]  # fmt: skip


@linux
async def test_hostile_names_come_back_as_they_are_and_print_harmless(world):
    for name in HOSTILE:
        (world.base / name).write_text(name.encode(errors="surrogateescape").hex())
    async with world.open() as client:
        page = await client.request("tree.list", path="/programs/kind/files")
        shown = {entry["name"]: entry["readable"] for entry in page["entries"] if entry["kind"] == "file"}
        assert len(shown) == len(HOSTILE)
        assert [name for name, readable in shown.items() if not readable] == ["\\\\n"]  # Windows' beginning of all
        for name, readable in shown.items():
            assert name.isprintable()
            if not readable:
                continue
            piece = await client.request("tree.read", path=f"/programs/kind/files/{name}")
            assert piece["eof"]
        for path in ("/" * 5000, "/programs/kind/files" + "/x" * 9000, "/programs/kind/files/" + "x" * 15000, "/\x1b",
                     "/programs/kind/files/\\x2e\\x2e", "/programs/kind/files/a\\x2fb",
                     "/programs/kind/files/\\U00110000",
                     "/programs/kind/files/a\nb", "/programs/kind/files/\udcff"):  # fmt: skip
            with pytest.raises(BatmonError) as caught:
                await client.request("tree.read", path=path)
            assert str(caught.value).isprintable()
            assert len(str(caught.value)) < 1000


@linux
@pytest.mark.parametrize("way", [None, by_openat2, name_by_name], ids=["best", "openat2", "name by name"])
def test_folders_that_move_while_they_are_walked_never_lead_out(tmp_path, way):
    """The folder on the way goes to and fro between inside, outside and a link: what is read is always the inside's."""
    inside, outside = tmp_path / "root" / "a" / "b", tmp_path / "out"
    inside.mkdir(parents=True)
    outside.mkdir()
    (inside / "file").write_text("inside")
    (outside / "file").write_text("outside")
    (outside / "b").mkdir()
    (outside / "b" / "file").write_text("outside")
    stop = threading.Event()

    def juggle():
        a, away = tmp_path / "root" / "a", tmp_path / "away"
        while not stop.is_set():
            a.rename(away)
            a.symlink_to(outside)
            a.unlink()
            away.rename(a)

    thread = threading.Thread(target=juggle)
    thread.start()
    seen = {"inside": 0, "refused": 0}
    try:
        root = tmp_path / "root"
        held = None if way is None else LinuxFolder.root(str(root), way)
        with Root(root, held=held) as opened:
            bound = time.monotonic() + 30
            # Which of the two the other thread leaves us is the scheduler's choice: go on until both were seen.
            while sum(seen.values()) < 4000 or not all(seen.values()):
                assert time.monotonic() < bound, seen
                try:
                    with opened.open_file("a/b/file") as file:
                        seen[file.read().decode()] += 1
                except (Refused, NotFound):
                    seen["refused"] += 1
    finally:
        stop.set()
        thread.join()


async def test_many_who_ask_for_large_folders_at_once(world):
    many = world.base / "many"
    many.mkdir()
    for number in range(3000):
        (many / f"{number:05d}").touch()
    async with world.open(Role.VIEWER) as client:
        asked = [
            client.request("tree.list", path="/programs/kind/files/many", sort=sort, reverse=reverse, offset=offset)
            for sort in ("name", "size", "modified") for reverse in (False, True) for offset in (0, 1000, 2**61)
        ]  # fmt: skip
        pages = await asyncio.gather(*asked)
    assert {page["total"] for page in pages} == {3000}
