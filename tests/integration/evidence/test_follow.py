"""A running follower and programs that write, rotate, truncate and delete real files under it."""

import asyncio
import contextlib
import os
import shutil
import time
from pathlib import Path

import pytest

from batmon.errors import EvidenceError
from batmon.evidence import CaughtUp, FileCursor, LogBatch, LogFollower, SightChanged
from batmon.model import LogState, Program

LIMIT = 10.0
"""Seconds after which a test that waits for an event has failed."""


class Follower:
    """A follower with everything that it has said so far, and waiting for more."""

    def __init__(self, *programs: Program, cursors=None, watch: bool = True) -> None:
        poll, survey = (2.0, 10.0) if watch else (0.05, 0.1)
        self.follower = LogFollower(programs, cursors or {}, watch=watch, poll=poll, survey=survey)
        self.events = []
        self._came = asyncio.Condition()
        self._task = asyncio.create_task(self._take())

    async def _take(self):
        async for event in self.follower.batches():
            async with self._came:
                self.events.append(event)
                self._came.notify_all()

    async def until(self, condition):
        async with asyncio.timeout(LIMIT), self._came:
            await self._came.wait_for(lambda: self._task.done() or condition())
        assert condition()

    async def caught_up(self):
        await self.until(lambda: any(isinstance(event, CaughtUp) for event in self.events))

    async def texts(self, *expected: str):
        """Wait until these lines have come, then make sure that nothing else has."""
        await self.until(lambda: len(self.lines) >= len(expected))
        await self.follower.recheck(self.batches[0].program)
        assert self.lines == list(expected)

    @property
    def batches(self):
        return [event for event in self.events if isinstance(event, LogBatch)]

    @property
    def lines(self):
        return [line.text for batch in self.batches for line in batch.lines]

    async def end(self):
        self.follower.stop()
        await asyncio.wait_for(self._task, LIMIT)


@contextlib.asynccontextmanager
async def following(*programs, **options):
    follower = Follower(*programs, **options)
    try:
        yield follower
    finally:
        await follower.end()


@pytest.fixture
def program(tmp_path):
    (tmp_path / "logs").mkdir()
    return Program(name="kindscrap", base_dir=tmp_path)


@pytest.fixture
def log(program):
    return program.base_dir / "logs" / "x.log"


def append(path: Path, text: str) -> None:
    with path.open("ab") as out:
        out.write(text.encode())


def age(path: Path, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(path, (moment, moment))


@pytest.fixture(params=[True, False], ids=["told by the system", "polling alone"])
def watch(request):
    return request.param


async def test_what_is_there_comes_first_oldest_first_then_each_line_as_it_lands(program, log, watch):
    for name, text, seconds in (("x.log.2", "one\n", 300), ("x.log.1", "two\n", 200), ("x.log", "three\nfo", 0)):
        append(log.with_name(name), text)
        age(log.with_name(name), seconds)
    async with following(program, watch=watch) as follower:
        await follower.caught_up()
        assert follower.lines == ["one", "two", "three"]
        oldest, middle, newest = follower.batches
        assert (oldest.rotated_from, middle.rotated_from, newest.rotated_from) == (
            None,
            oldest.fingerprint,
            middle.fingerprint,
        )
        assert not newest.live
        assert newest.caught_up
        assert newest.offset_after == len("three\n")
        assert follower.follower.sight("kindscrap").state is LogState.PRESENT
        append(log, "ur\n")
        await follower.texts("one", "two", "three", "four")
        assert follower.batches[-1].live


async def test_rotation_by_rename_finishes_the_old_file_first(program, log, watch):
    append(log, "one\n")
    async with following(program, watch=watch) as follower:
        await follower.caught_up()
        old = log.open("ab", buffering=0)
        log.rename(log.with_name("x.log.1"))
        old.write(b"two, with the old handle\nthree, without its end")
        old.close()
        append(log, "four\n")
        await follower.texts("one", "two, with the old handle", "three, without its end", "four")
        first, last = follower.batches[0], follower.batches[-1]
        assert first.fingerprint != last.fingerprint
        assert last.rotated_from == first.fingerprint


async def test_rotation_many_times_while_lines_come(program, log):
    expected = []
    async with following(program) as follower:
        await follower.caught_up()
        for turn in range(5):
            for number in range(20):
                expected.append(f"{turn}-{number} 공시정보 수집")
                append(log, expected[-1] + "\n")
                await asyncio.sleep(0)
            for number in range(turn, 0, -1):
                log.with_name(f"x.log.{number}").rename(log.with_name(f"x.log.{number + 1}"))
            log.rename(log.with_name("x.log.1"))
        append(log, "end\n")
        await follower.texts(*expected, "end")


async def test_copytruncate_loses_nothing_that_the_copy_has_and_doubles_nothing(program, log, watch):
    append(log, "one\ntwo\n")
    async with following(program, watch=watch) as follower:
        await follower.caught_up()
        append(log, "three, just before the copy\n")
        shutil.copyfile(log, log.with_name("x.log.1"))
        os.truncate(log, 0)
        append(log, "four\n")
        await follower.texts("one", "two", "three, just before the copy", "four")


async def test_a_copy_of_a_log_is_not_read_twice(program, log):
    append(log, "one\ntwo\n")
    async with following(program) as follower:
        await follower.caught_up()
        shutil.copyfile(log, log.with_name("x.log.bak"))
        append(log, "three\n")
        await follower.texts("one", "two", "three")


async def test_a_file_written_anew_in_its_place_is_read_from_its_start_under_another_fingerprint(program, log):
    append(log, "=== banner ===\none\n")
    async with following(program) as follower:
        await follower.caught_up()
        log.write_bytes(b"=== banner ===\ntwo\nand more than was there before\n")
        await follower.texts("=== banner ===", "one", "=== banner ===", "two", "and more than was there before")
        first, second = follower.batches
        assert first.fingerprint != second.fingerprint
        assert second.rotated_from == first.fingerprint


async def test_a_new_day_is_a_new_file(program, log, watch):
    first = log.with_name("x-20261120.log")
    append(first, "yesterday\n")
    async with following(program, watch=watch) as follower:
        await follower.caught_up()
        append(log.with_name("x-20261121.log"), "today\n")
        await follower.texts("yesterday", "today")
        assert follower.batches[1].rotated_from == follower.batches[0].fingerprint


async def test_a_folder_that_does_not_exist_yet(tmp_path, watch):
    program = Program(name="late", base_dir=tmp_path / "not" / "yet", logs=("logs/*/x.log",))
    async with following(program, watch=watch) as follower:
        await follower.caught_up()
        assert follower.follower.sight("late").state is LogState.NONE_YET
        folder = tmp_path / "not" / "yet" / "logs" / "2026"
        folder.mkdir(parents=True)
        append(folder / "x.log", "here\n")
        await follower.texts("here")
        assert follower.follower.sight("late").state is LogState.PRESENT


async def test_logs_that_vanish_and_come_back_are_said(program, log, watch):
    append(log, "one\n")
    async with following(program, watch=watch) as follower:
        await follower.caught_up()
        shutil.rmtree(log.parent)
        await follower.until(lambda: follower.follower.sight("kindscrap").state is LogState.GONE)
        log.parent.mkdir()
        append(log, "two\n")
        await follower.texts("one", "two")
        states = [event.sight.state for event in follower.events if isinstance(event, SightChanged)]
        assert states == [LogState.PRESENT, LogState.GONE, LogState.PRESENT]


async def test_a_log_replaced_by_a_fifo_is_said_and_nobody_waits(program, log, watch):
    append(log, "one\n")
    async with following(program, watch=watch) as follower:
        await follower.caught_up()
        log.unlink()
        os.mkfifo(log)
        await follower.until(lambda: follower.follower.sight("kindscrap").state is LogState.UNREADABLE)
        assert "not a regular file" in follower.follower.sight("kindscrap").detail
        log.unlink()
        append(log, "two\n")
        await follower.texts("one", "two")


@pytest.mark.parametrize("kind", ["ring of links", "file for a folder", "link that leaves"])
async def test_what_cannot_be_looked_at_is_said(tmp_path, kind):
    folder = tmp_path / "base" / "logs"
    if kind == "file for a folder":
        folder.parent.mkdir()
        folder.touch()
    else:
        folder.mkdir(parents=True)
        (tmp_path / "secret").write_text("hidden\n")
        (folder / "x.log").symlink_to("x.log" if kind == "ring of links" else tmp_path / "secret")
    async with following(Program(name="p", base_dir=tmp_path / "base")) as follower:
        await follower.caught_up()
        assert follower.follower.sight("p").state is LogState.UNREADABLE
        assert follower.lines == []


async def test_a_file_among_the_folders_of_a_pattern_is_nobodys_fault(tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "readme.txt").touch()
    async with following(Program(name="p", base_dir=tmp_path, logs=("logs/*/x.log",))) as follower:
        await follower.caught_up()
        assert follower.follower.sight("p").state is LogState.NONE_YET


async def test_a_pattern_of_any_depth_finds_folders_made_later(tmp_path, watch):
    async with following(Program(name="p", base_dir=tmp_path, logs=("**/*.log",)), watch=watch) as follower:
        await follower.caught_up()
        (tmp_path / "a" / "b").mkdir(parents=True)
        append(tmp_path / "a" / "b" / "x.log", "deep\n")
        await follower.texts("deep")


async def test_a_link_beside_its_target_is_the_same_log(program, log):
    append(log.with_name("x-20261121.log"), "one\n")
    log.symlink_to("x-20261121.log")
    async with following(program) as follower:
        await follower.caught_up()
        await follower.texts("one")


def kept(batches):
    return {
        (batch.program, batch.fingerprint): FileCursor(path=batch.path, offset=batch.offset_after) for batch in batches
    }


async def test_another_daemon_goes_on_where_one_stopped(program, log):
    append(log, "one\ntwo\n")
    async with following(program) as first:
        await first.caught_up()
    append(log, "three\n")
    log.rename(log.with_name("x.log.1"))
    append(log, "four\n")
    async with following(program, cursors=kept(first.batches)) as second:
        await second.caught_up()
        assert second.lines == ["three", "four"]
        assert second.batches[0].fingerprint == first.batches[0].fingerprint
        assert second.batches[0].rotated_from is None
        assert second.batches[1].rotated_from == first.batches[0].fingerprint


async def test_copytruncate_while_no_daemon_looked(program, log):
    append(log, "one\ntwo\n")
    async with following(program) as first:
        await first.caught_up()
    append(log, "three\n")
    shutil.copyfile(log, log.with_name("x.log.1"))
    os.truncate(log, 0)
    append(log, "four\n")
    age(log.with_name("x.log.1"), 5)
    async with following(program, cursors=kept(first.batches)) as second:
        await second.caught_up()
        assert second.lines == ["three", "four"]


async def test_a_cursor_beyond_the_end_is_not_believed(program, log):
    append(log, "one\n")
    async with following(program) as first:
        await first.caught_up()
    cursors = {key: FileCursor(path=str(log), offset=10_000) for key in kept(first.batches)}
    async with following(program, cursors=cursors) as second:
        await second.caught_up()
        assert second.lines == ["one"]
        assert second.batches[0].fingerprint != first.batches[0].fingerprint


async def test_binary_content_is_lines_like_any_other(program, log):
    log.write_bytes(bytes(range(256)) * 4 + b"\n")
    async with following(program) as follower:
        await follower.caught_up()
        assert follower.batches[-1].offset_after == log.stat().st_size


async def test_one_huge_log_does_not_keep_the_others_waiting(tmp_path):
    programs = [Program(name=name, base_dir=tmp_path / name) for name in ("huge", "small")]
    for program in programs:
        (program.base_dir / "logs").mkdir(parents=True)
    (tmp_path / "huge" / "logs" / "x.log").write_bytes(
        b"0123456789abcdef" * 8 * 1024 * 32 + b"\n" + b"line\n" * 1_000_000
    )
    append(tmp_path / "small" / "logs" / "x.log", "one\n")
    async with following(*programs) as follower:
        await follower.until(lambda: any(event == CaughtUp("small") for event in follower.events))
        assert CaughtUp("huge") not in follower.events


async def test_200_programs_each_hear_their_own_lines(tmp_path):
    programs = [Program(name=f"p{number}", base_dir=tmp_path / f"p{number}") for number in range(200)]
    for program in programs:
        (program.base_dir / "logs").mkdir(parents=True)
        append(program.base_dir / "logs" / "x.log", f"{program.name} first\n")
    async with following(*programs) as follower:
        await follower.until(lambda: sum(isinstance(event, CaughtUp) for event in follower.events) == 200)
        for program in programs:
            append(program.base_dir / "logs" / "x.log", f"{program.name} second\n")
        await follower.until(lambda: len(follower.lines) == 400)
        for batch in follower.batches:
            assert all(line.text.startswith(f"{batch.program} ") for line in batch.lines)


async def test_a_recheck_ends_when_everything_was_taken_and_never_hangs_after_a_stop(program, log):
    async with following(program, watch=False) as follower:
        await follower.caught_up()
        append(log, "one\n")
        await asyncio.wait_for(follower.follower.recheck("kindscrap"), LIMIT)
        assert follower.lines == ["one"]
        with pytest.raises(EvidenceError, match="no program named 'other'"):
            await follower.follower.recheck("other")
    await asyncio.wait_for(follower.follower.recheck("kindscrap"), LIMIT)
