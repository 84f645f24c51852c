"""Logs that go: what a plan says, how they are compressed and deleted, what is kept, what is written down."""

from __future__ import annotations

import asyncio
import gzip
import os
from pathlib import Path

import pytest

from batmon.errors import BadRequest, EvidenceError, NeedsRole, NotFound, Refused
from batmon.evidence import CaughtUp, LogBatch, LogFollower, log_removal
from batmon.evidence.listing import log_files
from batmon.evidence.log_removal import compress_log, delete_log
from batmon.evidence.series import series_of
from batmon.model import LogState, Role
from tests.integration.retention_world import DAY, NOW, RetentionWorld


@pytest.fixture
def world(tmp_path):
    return RetentionWorld(tmp_path)


def test_what_a_plan_says(world):
    assert world.plan() == []
    world.keep(keep_logs=90 * DAY)
    assert world.plan() == [("delete", "app.log.3")]
    world.keep(compress_logs=15 * DAY)
    assert world.plan() == [("delete", "app.log.3"), ("compress", "app.log.2")]
    three = sum((world.logs / name).stat().st_size for name in ("app.log", "app.log.1", "app.log.2"))
    world.keep(keep_logs=None, compress_logs=None, keep_logs_size=three)
    assert world.plan() == [("delete", "app.log.3")]
    world.keep(keep_logs_size=1)
    assert world.plan() == [("delete", "app.log.3"), ("delete", "app.log.2"), ("delete", "app.log.1")]


def test_the_current_file_never_goes(world):
    at = (NOW - 400 * DAY).timestamp()
    os.utime(world.logs / "app.log", (at, at))
    world.keep(keep_logs=DAY, keep_logs_size=1, compress_logs=DAY)
    assert all(name != "app.log" for _, name in world.plan())


async def test_a_file_that_somebody_writes_is_kept(world):
    world.keep(keep_logs=DAY)
    writer = await asyncio.create_subprocess_exec(
        "sh", "-c", f"exec 3>>{world.logs}/app.log.2; echo ready; read x", stdin=-1, stdout=-1
    )
    await writer.stdout.readline()
    steps = await world.retention.plan(world.program)
    done = await world.retention.run(world.program)
    writer.stdin.close()
    await writer.wait()
    actions = {Path(step.file.path).name: step.action for step in steps}
    assert actions == {"app.log.3": "delete", "app.log.2": "keep", "app.log.1": "delete"}
    assert len(done) == 2
    assert world.names() == ["app.log", "app.log.2"]


async def test_a_look_compresses_and_deletes_and_writes_down(world):
    world.keep(keep_logs=90 * DAY, compress_logs=7 * DAY)
    content = (world.logs / "app.log.1").read_bytes()
    (world.logs / "app.log.1").chmod(0o640)
    before = (world.logs / "app.log.1").stat()
    async with world.open() as client:
        plan = await client.request("log.retention", program="kind")
        assert [one["action"] for one in plan["actions"]] == ["delete", "compress", "compress"]
        assert plan["bytes"] == plan["actions"][0]["size"]
        done = await client.request("log.retain", program="kind")
        assert (await client.request("log.retention", program="kind"))["actions"] == []
    assert world.names() == ["app.log", "app.log.1.gz", "app.log.2.gz"]
    packed = world.logs / "app.log.1.gz"
    assert gzip.decompress(packed.read_bytes()) == content
    after = packed.stat()
    assert (after.st_mtime_ns, after.st_mode, after.st_uid) == (before.st_mtime_ns, before.st_mode, before.st_uid)
    assert done["bytes"] > 0
    details = [entry.detail for entry in world.trail if entry.action == "log.retain" and entry.detail]
    assert len([detail for detail in details if "app.log" in detail]) == 3
    assert any("older than keep_logs = 90d" in detail for detail in details)


async def test_an_archive_makes_room_for_the_next_of_its_number(world):
    world.keep(compress_logs=7 * DAY)
    await world.retention.run(world.program)
    assert world.names() == ["app.log", "app.log.1.gz", "app.log.2.gz", "app.log.3.gz"]
    third = (world.logs / "app.log.3.gz").read_bytes()
    world.write("app.log.1", 8, "newer\n" * 50)
    await world.retention.run(world.program)
    assert world.names() == ["app.log", "app.log.1.gz", "app.log.2.gz", "app.log.3.gz", "app.log.4.gz"]
    assert gzip.decompress((world.logs / "app.log.1.gz").read_bytes()) == b"newer\n" * 50
    assert (world.logs / "app.log.4.gz").read_bytes() == third


def test_an_archive_whose_number_was_used_again_is_not_hidden(world):
    compress_log(world.program, str(world.logs / "app.log.3"))
    (world.logs / "app.log.2").rename(world.logs / "app.log.3")
    series = series_of(log_files(world.program), str(world.logs / "app.log"))
    assert [Path(file.path).name for file in series] == ["app.log.3.gz", "app.log.3", "app.log.1", "app.log"]


def test_what_an_earlier_try_left_is_finished(world):
    path = world.logs / "app.log.1"
    packed = world.logs / "app.log.1.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert compress_log(world.program, str(path))[0] == str(packed)
    assert world.names() == ["app.log", "app.log.1.gz", "app.log.2", "app.log.3"]
    packed = world.logs / "app.log.2.gz"
    for content in (gzip.compress(b"other"), b"damaged", gzip.compress(b"other" * 1000)[:20]):
        packed.write_bytes(content)
        with pytest.raises(Refused, match="with other content"):
            compress_log(world.program, str(world.logs / "app.log.2"))
        assert (world.logs / "app.log.2").exists()


def test_a_log_that_is_written_while_it_is_compressed_stays(world, monkeypatch):
    path = world.logs / "app.log.1"
    write = log_removal._write

    def and_somebody_writes(*args):
        digest = write(*args)
        with path.open("a") as file:
            file.write("late\n")
        return digest

    monkeypatch.setattr(log_removal, "_write", and_somebody_writes)
    with pytest.raises(Refused, match="written to meanwhile"):
        compress_log(world.program, str(path))
    assert path.read_text().endswith("late\n")
    assert world.names() == ["app.log", "app.log.1", "app.log.2", "app.log.3"]


def test_a_log_that_is_rotated_while_it_is_compressed_stays(world, monkeypatch):
    path = world.logs / "app.log.1"
    take_away = log_removal._take_away

    def after_a_rotation(folder, name, identity):
        path.rename(world.logs / "app.log.9")
        path.write_text("another\n")
        take_away(folder, name, identity)

    monkeypatch.setattr(log_removal, "_take_away", after_a_rotation)
    with pytest.raises(Refused, match="another file took its place"):
        compress_log(world.program, str(path))
    assert path.read_text() == "another\n"
    assert (world.logs / "app.log.9").exists()
    assert not [name for name in world.names() if name.startswith(".")]


def test_a_full_disk_leaves_everything_as_it_was(world, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log_removal, "_write", full)
    with pytest.raises(EvidenceError, match="No space left"):
        compress_log(world.program, str(world.logs / "app.log.1"))
    assert world.names() == ["app.log", "app.log.1", "app.log.2", "app.log.3"]


async def test_leftovers_are_removed_after_an_hour(world):
    world.keep(keep_logs=90 * DAY)
    old, new = world.write(".batmon-0123.tmp", 1), world.write(".batmon-4567.tmp", 0)
    await world.retention.run(world.program)
    assert (old.exists(), new.exists()) == (False, True)


async def test_deleting_by_hand(world):
    paths = [str(world.logs / name) for name in ("app.log.1", "app.log", "app.log.3")]
    async with world.open() as client:
        answer = await client.request("log.delete", program="kind", paths=paths)
        assert [Path(one["path"]).name for one in answer["deleted"]] == ["app.log.1", "app.log.3"]
        [kept] = answer["kept"]
        assert "the current log" in kept["why"]
        assert world.names() == ["app.log", "app.log.2"]
        again = await client.request(
            "log.delete", program="kind", paths=[paths[1], "/programs/kind/logs/app.log.2"], force=True
        )
        assert len(again["deleted"]) == 2
    assert world.names() == []
    each = [entry for entry in world.trail if entry.action == "log.delete" and "app.log" in entry.detail]
    assert [entry.outcome for entry in each] == ["done", "refused", "done", "done", "done"]


async def test_nothing_but_logs_can_be_deleted(world):
    (world.base / "main.py").touch()
    (world.logs / "notes.txt").touch()
    (world.logs / "link.log").symlink_to(world.base / "main.py")
    os.link(world.base / "main.py", world.logs / "hard.log")
    refused = [
        world.base / "main.py", world.logs / "notes.txt", world.logs / ".." / "main.py", "/etc/passwd", "app.log.1",
        world.base / "logs" / ".." / "logs" / "app.log.1", "/programs/kind/files/main.py",
        "/programs/kind/logs/../files/main.py",
    ]  # fmt: skip
    async with world.open() as client:
        for path in refused:
            with pytest.raises(Refused):
                await client.request("log.delete", program="kind", paths=[str(world.logs / "app.log.2"), str(path)])
        for path in (world.logs / "link.log", world.logs / "hard.log"):
            try:
                answer = await client.request("log.delete", program="kind", paths=[str(path)], force=True)
                assert answer["deleted"] == []
            except Refused:
                pass
        for args in ({"paths": []}, {"paths": "app.log"}, {"paths": [1]}, {}):
            with pytest.raises(BadRequest):
                await client.request("log.delete", program="kind", **args)
        with pytest.raises(NotFound):
            await client.request("log.delete", program="none", paths=["x"])
    assert (world.base / "main.py").exists()
    assert (world.logs / "hard.log").exists()
    assert (world.logs / "app.log.2").exists()
    assert len([entry for entry in world.trail if entry.outcome == "refused"]) >= len(refused)


async def test_only_admins_delete(world):
    async with world.open(Role.OPERATOR) as client:
        with pytest.raises(NeedsRole):
            await client.request("log.delete", program="kind", paths=[str(world.logs / "app.log.1")])
        with pytest.raises(NeedsRole):
            await client.request("log.retain", program="kind")
        assert (await client.request("log.retention", program="kind"))["actions"] == []
    assert (world.logs / "app.log.1").exists()


def test_a_link_swapped_in_for_the_folder_deletes_nothing_outside(world):
    outside = world.out / "app.log.1"
    outside.write_text("precious")
    world.logs.rename(world.base / "aside")
    world.logs.symlink_to(world.out)
    with pytest.raises(Refused, match="link"):
        delete_log(world.program, str(world.logs / "app.log.1"))
    assert outside.read_text() == "precious"


async def test_the_follower_neither_misses_a_compressed_log_nor_reads_it_again(world):
    world.keep(compress_logs=7 * DAY)
    follower = LogFollower([world.program], {}, watch=False, poll=0.05, survey=0.05)
    lines, caught_up = [], asyncio.Event()

    async def read():
        async for event in follower.batches():
            if isinstance(event, LogBatch):
                lines.extend(line.text for line in event.lines)
            elif isinstance(event, CaughtUp):
                caught_up.set()

    reading = asyncio.create_task(read())
    async with asyncio.timeout(20):
        await caught_up.wait()
        assert len(lines) == 400
        await world.retention.run(world.program)
        assert world.names() == ["app.log", "app.log.1.gz", "app.log.2.gz", "app.log.3.gz"]
        with (world.logs / "app.log").open("a") as file:
            file.write("2026-11-21 06:00:01 INFO after\n")
        await follower.recheck("kind")
        await follower.recheck("kind")
    assert len(lines) == 401
    assert follower.sight("kind").state is LogState.PRESENT
    follower.stop()
    await reading
