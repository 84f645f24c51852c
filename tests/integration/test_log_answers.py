"""The log verbs over real files: any size, two encodings, rotation under a running follow, only own files."""

from __future__ import annotations

import asyncio
import gzip
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from batmon.errors import BadRequest, EvidenceError, NotFound
from batmon.gate.client import GateClient
from batmon.model import RunStatus
from tests.tui.log_stage import KST_SIX, LogServer, story


@pytest.fixture
def stage(tmp_path):
    return LogServer(tmp_path / "k")


async def ask(client: GateClient, verb: str, **args):
    async with asyncio.timeout(20):
        return await client.request(verb, program="kindscrap", **args)


async def found(client: GateClient, **args):
    async with asyncio.timeout(30), client.stream("log.find", program="kindscrap", **args) as items:
        progress = [item["progress"] async for item in items]
    return items.result, progress


class Follower:
    """Gathers what a follow gives, to be waited for."""

    def __init__(self, client: GateClient, **args):
        self.items = client.stream("log.follow", program="kindscrap", **args)

    async def take(self, enough):
        got = []
        async with asyncio.timeout(15):
            async for item in self.items:
                got.append(item)
                if enough(got):
                    return got
        return got


def texts(items):
    return [line["text"] for item in items for line in item.get("lines", ())]


async def test_the_page_at_the_end_says_level_time_and_run(stage):
    story(stage)
    async with stage.open() as client:
        page = await ask(client, "log.read", at={"end": True}, before=100)
    lines = page["lines"]
    assert page["at_start"]
    assert page["at_end"]
    assert page["size"] == stage.log.stat().st_size
    failed = [line for line in lines if line["run_id"] == str(uuid.UUID(int=4711))]
    assert [line["run"] for line in failed] == ["start", None, None, None, None, None, "end"]
    assert failed[2]["level"] == "error"
    assert failed[2]["time"] == "2026-11-19T21:00:12.377000+00:00"
    assert next(line for line in lines if "housekeeping" in line["text"])["run_id"] is None
    assert [(run["log_id"], run["status"]) for run in page["runs"]][-2:] == [(4711, "FAILED"), (4712, "RUNNING")]
    cut = next(line for line in lines if "cut" in line)
    assert len(cut["text"]) == 4096
    assert cut["cut"] > 5000


async def test_cp949_is_read_and_searched(tmp_path):
    stage = LogServer(tmp_path / "k")
    stage.write("2026-11-21 06:00:00 INFO 수집 시작\n2026-11-21 06:00:01 ERROR 로그인 실패\n", "cp949")
    async with stage.open() as client:
        page = await ask(client, "log.read", at={"start": True})
        hit, _ = await found(client, text="로그인", **{"from": 0})
    assert [line["text"][-6:] for line in page["lines"]] == [" 수집 시작", "로그인 실패"]
    assert hit["line"]["offset"] == page["lines"][1]["offset"]


async def test_a_gibibyte_opens_at_once_and_is_searched_with_progress(stage):
    stage.write("first\n")
    with stage.log.open("r+b") as file:
        file.truncate(1 << 30)
        file.seek(1 << 30)
        file.write("\n2026-11-21 06:00:00 INFO 끝\n".encode())
    async with stage.open() as client:
        async with asyncio.timeout(2):
            page = await ask(client, "log.read", at={"end": True}, before=2)
        assert page["lines"][-1]["text"].endswith("INFO 끝")
        hit, progress = await found(client, text="끝", **{"from": 0})
        assert hit["line"]["offset"] == page["lines"][-1]["offset"]
        assert progress == sorted(progress)
        assert progress[-1] <= 1.0
        missing, _ = await found(client, text="없다", direction="back", **{"from": page["size"]})
        assert missing == {"line": None}


async def test_a_search_ends_when_its_reader_leaves(stage):
    stage.write("x\n")
    os.truncate(stage.log, 2 << 30)
    async with stage.open() as client:
        async with asyncio.timeout(10):
            items = client.stream("log.find", program="kindscrap", text="없다", **{"from": 0})
            await anext(items)
            await items.aclose()
            page = await ask(client, "log.read", at={"start": True}, after=1)
    assert page["lines"][0]["text"] == "x"


async def test_a_page_of_long_korean_lines_fits_the_gate(stage):
    stage.write(("가" * 4000 + "\n") * 500)
    async with stage.open() as client:
        page = await ask(client, "log.read", at={"end": True}, before=400)
        assert 10 < len(page["lines"]) < 400
        assert page["at_end"]
        assert not page["at_start"]
        assert page["lines"][-1]["end"] == page["size"]
        middle = await ask(client, "log.read", at={"offset": page["size"] // 2}, before=400, after=400)
        assert not middle["at_start"]
        assert not middle["at_end"]


async def test_places_by_time_and_by_run(stage):
    story(stage)
    async with stage.open() as client:
        page = await ask(client, "log.read", at={"time": "2026-11-20T06:00:00+09:00"}, after=1)
        assert "2026-11-20 06:00:00,098" in page["lines"][0]["text"]
        page = await ask(client, "log.read", at={"run": str(uuid.UUID(int=4711))}, after=2)
        assert page["lines"][0]["run"] == "start"
        stage.log.rename(stage.folder / "kindscrap.log.1")
        stage.write("2026-11-22 06:00:00 INFO 새 파일\n" * 80)
        page = await ask(client, "log.read", at={"run": str(uuid.UUID(int=4711))}, after=2)
        assert page["path"].endswith("kindscrap.log.1")
        assert page["lines"][0]["run"] == "start"
        fresh = await ask(client, "log.read", at={"start": True}, path=str(stage.log))
        assert {line["run_id"] for line in fresh["lines"]} == {None}, "offsets of the old file mean nothing in the new"
        with pytest.raises(NotFound):
            await ask(client, "log.read", at={"run": str(uuid.UUID(int=1))})


async def test_errors_forward_and_back(stage):
    story(stage)
    async with stage.open() as client:
        first, _ = await found(client, level="error", **{"from": 0})
        assert "로그인 실패" in first["line"]["text"]
        second, _ = await found(client, level="error", **{"from": first["line"]["end"]})
        assert second["line"]["text"].startswith("Traceback")
        assert second["line"]["run_id"] == str(uuid.UUID(int=4711)), "a line without a time belongs to a run too"
        back, _ = await found(client, level="error", direction="back", **{"from": second["line"]["offset"]})
        assert back["line"]["offset"] == first["line"]["offset"]


async def test_only_own_files_are_opened(stage, tmp_path):
    story(stage)
    secret = tmp_path / "secret.log"
    secret.write_text("secret\n")
    (stage.folder / "notes.txt").write_text("no log\n")
    (stage.folder / "link.log").symlink_to(secret)
    async with stage.open() as client:
        around = f"{stage.folder}/../secret.log"
        for path in (str(secret), "/etc/passwd", str(stage.folder / "notes.txt"), around, "", 7):
            with pytest.raises(NotFound):
                await ask(client, "log.read", path=path)
            with pytest.raises(NotFound):
                await found(client, path=path, text="x")
            with pytest.raises(NotFound):
                await Follower(client, path=path).take(len)
        with pytest.raises((NotFound, EvidenceError)):
            await ask(client, "log.read", path=str(stage.folder / "link.log"))


@pytest.mark.parametrize(
    "args",
    [
        {"at": {"end": True, "start": True}}, {"at": {"offset": -1}}, {"at": {"time": "six"}},
        {"at": {"time": "2026-11-21"}}, {"at": {"run": "x"}}, {"before": -1}, {"before": "many"},
    ],
)  # fmt: skip
async def test_what_cannot_be_understood_is_said(stage, args):
    story(stage)
    async with stage.open() as client:
        with pytest.raises(BadRequest):
            await ask(client, "log.read", **args)
        with pytest.raises(BadRequest, match="regular expression"):
            await found(client, text="(", regex=True)
        with pytest.raises(BadRequest):
            await found(client, text="x", level="error")


async def test_files_newest_first_with_the_current_ones(stage):
    old = stage.folder / "kindscrap.log.1"
    old.write_text("old\n")
    os.utime(old, (1_700_000_000, 1_700_000_000))
    stage.write("new\n")
    async with stage.open() as client:
        files = (await ask(client, "log.files"))["files"]
    assert [(file["path"], file["current"]) for file in files] == [(str(stage.log), True), (str(old), False)]
    assert files[1]["modified"] == datetime.fromtimestamp(1_700_000_000, UTC).isoformat()


async def test_follow_gives_lines_whole_and_with_their_run(stage):
    stage.write("2026-11-21 05:59:00 INFO 앞\nhalf")
    async with stage.open() as client:
        follower = Follower(client, **{"from": stage.log.stat().st_size})
        stage.ran(" a line\n2026-11-21 06:00:00 INFO 시작\n", RunStatus.RUNNING, 7, KST_SIX, None)
        got = await follower.take(lambda items: len(texts(items)) >= 2)
    assert texts(got) == ["half a line", "2026-11-21 06:00:00 INFO 시작"]


async def test_follow_goes_on_through_rotations(stage):
    stage.write("one\n")
    async with stage.open() as client:
        follower = Follower(client, **{"from": 0})
        await follower.take(lambda items: "one" in texts(items))
        stage.write("two\n")
        stage.log.rename(stage.folder / "kindscrap.log.1")
        with (stage.folder / "kindscrap.log.1").open("a") as file:
            file.write("three\n")
        stage.write("four\n")
        got = await follower.take(lambda items: "four" in texts(items))
        assert texts(got) == ["two", "three", "four"]
        assert [item["rotated"]["path"] for item in got if "rotated" in item] == [str(stage.log)]
        os.truncate(stage.log, 0)
        stage.write("5\n")
        got = await follower.take(lambda items: "5" in texts(items))
        assert "rotated" in got[0]


async def test_follow_goes_on_in_the_next_dated_file(tmp_path):
    stage = LogServer(tmp_path / "k")
    stage.log = stage.folder / "kindscrap-2026-11-21.log"
    stage.write("today\n")
    async with stage.open() as client:
        follower = Follower(client, **{"from": 0})
        await follower.take(lambda items: "today" in texts(items))
        stage.write("last of today")
        stage.log = stage.folder / "kindscrap-2026-11-22.log"
        stage.write("tomorrow\n")
        got = await follower.take(lambda items: "tomorrow" in texts(items))
    assert texts(got) == ["last of today", "tomorrow"]


async def test_a_hopelessly_late_follower_leaps_to_the_end(stage):
    stage.write("start\n")
    async with stage.open() as client:
        follower = Follower(client, **{"from": 6})
        stage.write("".join(f"line {n:07} {'x' * 80}\n" for n in range(200_000)))
        got = await follower.take(lambda items: any("0199999" in text for text in texts(items)))
    gap = next(item["gap"] for item in got if "gap" in item)
    assert gap > 8 << 20
    assert sum(map(len, texts(got))) + gap <= stage.log.stat().st_size


async def test_a_series_is_one_log(stage):
    """What came before stands in the file before, compressed or not; a time finds its file by itself."""
    (stage.folder / "kindscrap.log.2.gz").write_bytes(gzip.compress(b"2026-11-19 06:00:00 INFO oldest\n"))
    (stage.folder / "kindscrap.log.1").write_text("2026-11-20 06:00:00 INFO older\n")
    stage.write("2026-11-21 06:00:00 INFO now\n")
    async with stage.open() as client:
        page, walked = await ask(client, "log.read", at={"end": True}, path=str(stage.log)), []
        while True:
            walked.insert(0, page["lines"][0]["text"].split()[-1])
            if page["older"] is None:
                break
            page = await ask(client, "log.read", at={"end": True}, path=page["older"])
        assert walked == ["oldest", "older", "now"]
        assert page["newer"] == str(stage.folder / "kindscrap.log.1")
        assert page["damaged"] is None
        for time, name, offset in (
            ("2026-11-19T06:00:00+09:00", "kindscrap.log.2.gz", 0),
            ("2026-11-20T00:00:00+09:00", "kindscrap.log.1", 0),
            ("2026-11-20T06:00:01+09:00", "kindscrap.log", 0),
            ("2001-01-01T00:00:00+09:00", "kindscrap.log.2.gz", 0),
        ):
            page = await ask(client, "log.read", at={"time": time}, after=1)
            assert (page["path"], page["lines"][0]["offset"]) == (str(stage.folder / name), offset)
        page = await ask(client, "log.read", at={"time": "2030-01-01T00:00:00+09:00"}, before=1, after=1)
        assert [line["text"][-3:] for line in page["lines"]] == ["now"]
        files = {Path(one["path"]).name: one["packing"] for one in (await ask(client, "log.files"))["files"]}
        assert files == {"kindscrap.log": None, "kindscrap.log.1": None, "kindscrap.log.2.gz": "gzip"}
        hit, _ = await found(client, text="oldest", path=str(stage.folder / "kindscrap.log.2.gz"), **{"from": 0})
        assert hit["line"]["offset"] == 0
        with pytest.raises(BadRequest, match="compressed"):
            await Follower(client, path=str(stage.folder / "kindscrap.log.2.gz")).take(len)


async def test_a_run_is_found_in_the_archive_that_its_log_became(stage):
    story(stage)
    (stage.folder / "kindscrap.log.1.gz").write_bytes(gzip.compress(stage.log.read_bytes()))
    stage.log.unlink()
    stage.write("2026-11-25 06:00:00 INFO new\n")
    async with stage.open() as client:
        page = await ask(client, "log.read", at={"run": str(uuid.UUID(int=4711))}, after=2)
    assert page["path"].endswith("kindscrap.log.1.gz")
    assert page["lines"][0]["run"] == "start"


async def test_a_damaged_archive_shows_what_there_is_and_says_so(stage):
    whole = gzip.compress(os.urandom(5000).hex().encode() + b"\n")
    (stage.folder / "kindscrap.log.1.gz").write_bytes(whole[: len(whole) // 2])
    async with stage.open() as client:
        page = await ask(client, "log.read", at={"start": True})
        assert page["damaged"] == "truncated"
        assert page["lines"]
        (stage.folder / "kindscrap.log.1.gz").write_bytes(b"plain")
        with pytest.raises(EvidenceError, match="not compressed"):
            await ask(client, "log.read", at={"start": True})


async def test_a_terabyte_is_no_longer_than_a_line(stage):
    """Holes, no newline, no time: opened, searched, jumped in and left within a moment."""
    stage.write("2026-11-21 06:00:00 INFO first\n")
    os.truncate(stage.log, 1 << 40)
    async with stage.open() as client, asyncio.timeout(5):
        page = await ask(client, "log.read", at={"end": True}, before=50)
        assert page["at_end"]
        await ask(client, "log.read", at={"offset": 1 << 39}, before=50, after=50)
        first = await ask(client, "log.read", at={"time": "2026-11-21T05:00:00+09:00"}, after=1)
        assert first["lines"][0]["offset"] == 0
        await ask(client, "log.read", at={"time": "2026-11-21T07:00:00+09:00"}, after=1)
        items = client.stream("log.find", program="kindscrap", text="없다", **{"from": 0})
        await anext(items)
        await items.aclose()
        counting = client.stream("log.histogram", program="kindscrap")
        await anext(counting)
        await counting.aclose()
        merged = await client.request("log.merged", at={"end": True}, before=5)
        assert merged["left_out"] or merged["lines"]


async def test_utf16_with_and_without_its_mark_is_read_followed_searched_and_timed(tmp_path):
    text = "2026-11-21 06:00:00 INFO 수집 시작\n2026-11-21 06:00:01 ERROR 로그인 실패\n2026-11-21 06:00:02 INFO 끝\n"
    for number, (encoding, mark) in enumerate((("utf-16-le", ""), ("utf-16-be", ""), ("auto", "\ufeff"))):
        stage = LogServer(tmp_path / str(number), encoding=encoding)
        codec = "utf-16-le" if encoding == "auto" else encoding
        stage.write(mark + text, codec)
        async with stage.open() as client:
            page = await ask(client, "log.read", at={"end": True}, before=9)
            assert [line["text"] for line in page["lines"]] == text.splitlines()
            assert [line["level"] for line in page["lines"]] == ["info", "error", "info"]
            for needle in ({"text": "로그인"}, {"level": "error"}, {"text": "로그인 .패", "regex": True}):
                hit, _ = await found(client, **needle, **{"from": 0})
                assert hit["line"]["offset"] == page["lines"][1]["offset"]
            at = await ask(client, "log.read", at={"time": "2026-11-21T06:00:02+09:00"}, after=1)
            assert at["lines"][0]["text"].endswith("INFO 끝")
            merged = await client.request("log.merged", at={"end": True}, before=9)
            assert [line["text"] for line in merged["lines"]] == text.splitlines()
            _, buckets = await histogram(client, program="kindscrap", buckets=3)
            assert [(one["lines"], one["errors"]) for one in buckets["buckets"]] == [(1, 0), (1, 1), (1, 0)]
            follower = Follower(client, **{"from": page["size"]})
            for piece in ("새 줄\n".encode(codec)[:3], "새 줄\n".encode(codec)[3:]):
                with stage.log.open("ab") as file:
                    file.write(piece)
            assert texts(await follower.take(texts)) == ["새 줄"]


async def histogram(client, **args):
    async with asyncio.timeout(20), client.stream("log.histogram", **args) as items:
        progress = [item["progress"] async for item in items]
    return progress, items.result


async def test_how_much_was_written_when(stage):
    (stage.folder / "kindscrap.log.1.gz").write_bytes(
        gzip.compress(b"".join(b"2026-11-21 05:%02d:00 INFO x\n" % n for n in range(60)))
    )
    stage.write("".join(f"2026-11-21 06:{n:02}:00 INFO x\n" for n in range(60)))
    stage.write(
        "2026-11-21 07:00:00 ERROR 실패\nTraceback (most recent call last)\n  x\n2026-11-21 07:00:01 WARNING y\n"
    )
    async with stage.open() as client:
        start, end = "2026-11-21T05:00:00+09:00", "2026-11-21T07:29:59+09:00"
        progress, done = await histogram(client, program="kindscrap", start=start, end=end, buckets=5)
        assert done["seconds"] == 1800
        assert done["buckets"][0]["start"] == "2026-11-20T20:00:00+00:00"
        assert [one["lines"] for one in done["buckets"]] == [30, 30, 30, 30, 4]
        assert done["buckets"][4]["errors"] == 2
        assert done["buckets"][4]["warnings"] == 1
        assert progress == sorted(progress)
        _, whole = await histogram(client, program="kindscrap", path=str(stage.log), buckets=200)
        assert sum(one["lines"] for one in whole["buckets"]) == 124
        assert len(whole["buckets"]) <= 200
        _, everything = await histogram(client, start=start, end=end, buckets=1)
        assert [one["lines"] for one in everything["buckets"]] == [124]
        for far in ({"end": "9999-12-31T23:59:59+00:00"}, {"start": "0001-01-01T00:00:00+00:00"}):
            _, ages = await histogram(client, program="kindscrap", **far)
            assert sum(one["lines"] for one in ages["buckets"]) == 124
        _, ahead = await histogram(client, program="kindscrap", start="9999-12-31T23:59:59+00:00")
        assert [one["lines"] for one in ahead["buckets"]] == [0]
        for wrong in ({"start": end, "end": start}, {"start": "six"}, {"buckets": -1}, {"programs": []}):
            with pytest.raises(BadRequest):
                await histogram(client, **wrong)


async def test_logs_merged_by_time_over_the_gate(stage):
    story(stage)
    async with stage.open() as client:
        end = await client.request("log.merged", at={"end": True}, before=3)
        assert end["at_end"]
        assert {line["program"] for line in end["lines"]} == {"kindscrap"}
        at = await client.request("log.merged", at={"time": "2026-11-20T06:00:00+09:00"}, after=1)
        assert at["lines"][0]["text"].startswith("2026-11-20 06:00")
        older = await client.request("log.merged", at={"cursor": at["older"]}, before=5, after=0)
        assert older["lines"][-1]["end"] == at["lines"][0]["offset"]
        errors, seen = [], {"cursor": end["newer"]}
        while True:
            page = await client.request("log.merged", at=seen, before=50, after=0, level="error")
            errors = page["lines"] + errors
            if page["at_start"]:
                assert page["older"] is None
                break
            seen = {"cursor": page["older"]}
        assert any("로그인 실패" in line["text"] for line in errors)
        assert all(line["entry"] <= line["offset"] for line in errors)
        for wrong in (
            {"at": {"cursor": "rubbish"}}, {"at": {"cursor": 7}}, {"at": {"end": True, "time": "x"}}, {"at": 3},
            {"level": "loud"}, {"level": []}, {"programs": "kindscrap"}, {"before": -1}, {"at": {"time": "2026-11-21"}},
        ):  # fmt: skip
            with pytest.raises(BadRequest):
                await client.request("log.merged", **wrong)
        with pytest.raises(NotFound):
            await client.request("log.merged", programs=["nobody"])


async def test_a_merged_page_of_long_korean_lines_fits_the_gate(stage):
    stage.write("".join(f"2026-11-21 06:00:{n % 60:02} {'가' * 4000}\n" for n in range(400)))
    async with stage.open() as client:
        page = await client.request("log.merged", at={"end": True}, before=400)
        assert 10 < len(page["lines"]) < 400
        again = await client.request("log.merged", at={"cursor": page["older"]}, before=400, after=400)
        assert again["lines"]


async def test_what_would_act_on_a_terminal_is_shown_however_it_arrives(stage):
    """ESC cut in two by the writer, OSC 52, markup, overrides, in text and in an archive, alone and merged."""
    stage.write("2026-11-21 06:00:00 INFO begins\n")
    evil = "2026-11-21 06:00:01 ERROR \x1b[31m[/b] \x1b]52;c;aGk=\x07 \u202etxt.exe\n"
    (stage.folder / "kindscrap.log.1.gz").write_bytes(gzip.compress(evil.encode()))
    shown = "2026-11-21 06:00:01 ERROR ␛[31m[/b] ␛]52;c;aGk=␇ ⟨U+202E⟩txt.exe"
    async with stage.open() as client:
        follower = Follower(client, **{"from": stage.log.stat().st_size})
        raw = evil.encode()
        for piece in (raw[:27], raw[27:28], raw[28:60], raw[60:]):
            with stage.log.open("ab") as log:
                log.write(piece)
            await asyncio.sleep(0)
        assert texts(await follower.take(texts)) == [shown]
        page = await ask(client, "log.read", at={"start": True}, path=str(stage.folder / "kindscrap.log.1.gz"))
        assert page["lines"][0]["text"] == shown
        merged = await client.request("log.merged", at={"end": True}, before=9)
        assert [line["text"] for line in merged["lines"]].count(shown) == 2


async def test_lines_without_end_stay_within_bounds_in_every_answer(stage):
    """100 MB without a newline, binary, as text and unpacked: paged, merged and counted."""
    huge = b"2026-11-21 06:00:00 INFO " + os.urandom(1 << 20).replace(b"\n", b"") * 100
    stage.write("2026-11-21 05:00:00 INFO before\n")
    with stage.log.open("ab") as log:
        log.write(huge + b"\n2026-11-21 07:00:00 INFO after\n")
    (stage.folder / "kindscrap.log.1.gz").write_bytes(gzip.compress(huge.replace(b"06", b"04", 1)[: 20 << 20], 1))
    async with stage.open() as client, asyncio.timeout(60):
        page = await ask(client, "log.read", at={"end": True}, before=400)
        assert page["lines"][-1]["text"].endswith("after")
        packed = await ask(client, "log.read", at={"start": True}, path=str(stage.folder / "kindscrap.log.1.gz"))
        assert packed["size"] == 20 << 20
        merged = await client.request("log.merged", at={"end": True}, before=3)
        assert merged["lines"][-1]["text"].endswith("after")
        counted = (await histogram(client, program="kindscrap", path=str(stage.log), buckets=2))[1]
        assert sum(one["lines"] for one in counted["buckets"]) == 3


async def test_a_log_replaced_by_a_fifo_is_left_out_of_the_whole(stage):
    stage.write("2026-11-21 06:00:00 INFO x\n")
    async with stage.open() as client, asyncio.timeout(10):
        stage.log.unlink()
        os.mkfifo(stage.log)
        merged = await client.request("log.merged", at={"end": True}, before=9)
        assert merged["lines"] == []
        with pytest.raises(NotFound):
            await ask(client, "log.read")
