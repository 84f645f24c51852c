"""log.search over a real gate: only own files, hostile text, expressions without end, cancelling, two at a time."""

from __future__ import annotations

import asyncio
import gzip
import os
from pathlib import Path

import psutil
import pytest

from batmon.errors import BadRequest, EvidenceError, NotFound
from batmon.gate.client import GateClient
from tests.integration.search_bed import Searchable

BOUND = 30.0


@pytest.fixture
def stage(tmp_path):
    return Searchable(tmp_path)


async def searched(client, pattern="needle", **args):
    """All items of a search, and how it ended."""
    async with asyncio.timeout(BOUND), client.stream("log.search", pattern=pattern, **args) as items:
        told = [item async for item in items]
    return told, items.result


async def hits(client, pattern="needle", **args):
    told, _ = await searched(client, pattern, **args)
    return [hit for item in told for hit in item.get("hits", ())]


async def test_all_programs_the_file_written_last_first(stage):
    stage.log("kindscrap", "old.log", "needle 1", at=1_700_000_000)
    path = stage.log("kindscrap", "main.log", "2026-11-21 06:00:00 ERROR 로그인 needle", "needle 3", at=1_700_000_200)
    stage.log("fund_mail", "main.log", "needle 2", at=1_700_000_100)
    async with stage.open() as client:
        told, done = await searched(client)
        only = await hits(client, programs=["fund_mail"])
    found = [hit for item in told for hit in item.get("hits", ())]
    assert [hit["text"][-8:] for hit in found] == ["needle 3", "인 needle", "needle 2", "needle 1"]
    assert found[1] == {
        "program": "kindscrap", "path": str(path), "name": "main.log", "offset": 0, "end": found[0]["offset"],
        "text": "2026-11-21 06:00:00 ERROR 로그인 needle", "level": "error", "time": "2026-11-20T21:00:00+00:00",
        "run_id": None, "run": None, "spans": [[30, 36]],
    }  # fmt: skip
    assert found[0]["time"] == "2026-11-20T21:00:00+00:00", "that of its entry"
    assert [hit["program"] for hit in only] == ["fund_mail"]
    size = sum(path.stat().st_size for path in stage.folder.rglob("*.log"))
    assert done == {"hits": 4, "files": 3, "bytes": size, "stopped": None, "unreadable": [], "unreadable_count": 0}
    progress = [item["progress"] for item in told if "progress" in item]
    assert progress[0] == {"files": 3, "files_done": 0, "bytes": size, "bytes_done": 0}
    assert progress[-1] == {"files": 3, "files_done": 3, "bytes": size, "bytes_done": size}


async def test_only_files_that_the_patterns_name_are_opened(stage):
    stage.log("kindscrap", "main.log", "needle")
    (stage.folder / "kindscrap" / "notes.txt").write_text("needle\n")
    secret = stage.folder / "secret.log"
    secret.write_text("needle\n")
    (stage.folder / "kindscrap" / "link.log").symlink_to(secret)
    (stage.folder / "kindscrap" / "inside.log").symlink_to("main.log")
    os.mkfifo(stage.folder / "kindscrap" / "pipe.log")
    (stage.folder / "kindscrap" / "main.log.1.gz").write_bytes(gzip.compress(b"packed needle\n"))
    async with stage.open() as client:
        told, done = await searched(client)
    assert sorted(hit["text"] for item in told for hit in item.get("hits", ())) == ["needle", "packed needle"]
    why = {Path(one["path"]).name: one["why"] for one in done["unreadable"]}
    assert "outside its folder" in why["link.log"]
    assert "not a regular file" in why["pipe.log"]
    assert done["unreadable_count"] == 2


async def test_an_archive_beside_what_it_was_made_of_counts_once(stage):
    path = stage.log("kindscrap", "main.log", "needle")
    (path.parent / "main.log.gz").write_bytes(gzip.compress(path.read_bytes()))
    async with stage.open() as client:
        assert len(await hits(client)) == 1


async def test_hostile_text_is_made_harmless_and_the_spans_still_fit(stage):
    stage.log("kindscrap", "main.log", "[/b]\x1b]52;c;aGk=\x07 \x1b[31m\u202eneedle\u202c [red]\tneedle\x9b2J")
    async with stage.open() as client:
        (hit,) = await hits(client)
        (by_regex,) = await hits(client, "n[e]+dle", regex=True)
    assert hit["text"] == "[/b]␛]52;c;aGk=␇ ␛[31m⟨U+202E⟩needle⟨U+202C⟩ [red]    needle⟨U+009B⟩2J"
    assert [hit["text"][start:end] for start, end in hit["spans"]] == ["needle", "needle"]
    assert by_regex["spans"] == hit["spans"]


@pytest.mark.parametrize(
    "args",
    [
        {"pattern": ""}, {"pattern": "a\nb"}, {"pattern": "x" * 1001}, {"pattern": 7}, {"pattern": "(", "regex": True},
        {"pattern": "x", "limit": 0}, {"pattern": "x", "limit": 100_001}, {"pattern": "x", "since": "soon"},
        {"pattern": "x", "since": "2026-11-21T06:00:00"}, {"pattern": "x", "regex": "yes"},
        {"pattern": "x", "programs": "kindscrap"},
        {"pattern": "x", "since": "2026-11-21T06:00:00+00:00", "until": "2026-11-21T06:00:00+00:00"},
    ],
)  # fmt: skip
async def test_what_cannot_be_understood_is_said(stage, args):
    stage.log("kindscrap", "main.log", "x")
    async with stage.open() as client:
        with pytest.raises(BadRequest):
            await searched(client, **args)


async def test_an_unknown_program_is_said(stage):
    stage.log("kindscrap", "main.log", "x")
    async with stage.open() as client:
        with pytest.raises(NotFound, match="no program is called"):
            await searched(client, programs=["kindscrap", "kind"])


async def test_a_search_by_expression_finds_what_a_search_by_text_finds(stage):
    stage.log("kindscrap", "main.log", *(f"2026-11-21 06:00:{n % 60:02} INFO 줄 {n}" for n in range(5000)))
    async with stage.open() as client:
        told, done = await searched(client, r"줄 \d*77$", regex=True)
        ending = await hits(client, "77")
    assert [hit["offset"] for item in told for hit in item.get("hits", ())] == [
        hit["offset"] for hit in ending if hit["text"].endswith("77")
    ]
    assert done["files"] == 1
    assert done["stopped"] is None


async def test_an_expression_without_end_is_ended(stage, monkeypatch):
    monkeypatch.setattr("batmon.evidence.search_process._SILENCE_SEC", 1.0)
    stage.log("kindscrap", "main.log", "a" * 4000)
    async with stage.open() as client:
        with pytest.raises(EvidenceError, match="takes too long"):
            await searched(client, "(a+)+[0-9]", regex=True)
        stage.log("kindscrap", "main.log", "needle")
        assert len(await hits(client)) == 1
    await none_left()


async def test_a_reader_that_leaves_ends_the_search(stage):
    big = stage.log("kindscrap", "main.log", "x")
    os.truncate(big, 40 << 20)
    async with stage.open() as client:
        for args in ({"pattern": "needle"}, {"pattern": "ne+dle", "regex": True}):
            async with asyncio.timeout(BOUND):
                items = client.stream("log.search", **args)
                await anext(items)
                await items.aclose()
        assert await hits(client, "x")
    await none_left()


async def none_left():
    """No process that searches is left behind."""
    async with asyncio.timeout(BOUND):
        while any("batmon.evidence.search_process" in " ".join(one.cmdline()) for one in psutil.Process().children()):
            await asyncio.sleep(0.02)


async def test_many_hits_are_bounded_and_said(stage):
    stage.log("kindscrap", "main.log", *(f"needle {n} {'가' * 300}" for n in range(20_000)))
    async with stage.open() as client:
        told, done = await searched(client, limit=5000)
        assert done["hits"] == 5000
        assert done["stopped"] == "limit"
        found = [hit["text"].split()[1] for item in told for hit in item.get("hits", ())]
        assert found == [str(n) for n in range(19_999, 14_999, -1)]


async def test_a_third_search_waits_for_one_of_two(stage):
    stage.log("kindscrap", "main.log", *(f"needle {n} {'x' * 3000}" for n in range(3000)))
    async with stage.open() as client, await GateClient.connect(stage.address) as other:
        first, second = (client.stream("log.search", pattern="needle", limit=3000) for _ in range(2))
        await asyncio.gather(anext(first), anext(second))
        third = asyncio.create_task(searched(other))
        done, _ = await asyncio.wait([third], timeout=0.3)
        assert not done
        await first.aclose()
        _, end = await third
        assert end["hits"] == 1000
        await second.aclose()
