"""Compressed logs are read like any other: whole, damaged, several members, bombs; and who may see them."""

import bz2
import gzip
import lzma
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from batmon.errors import EvidenceError
from batmon.evidence import unpacked
from batmon.evidence.discover import survey
from batmon.evidence.find import Needle, find
from batmon.evidence.listing import log_files
from batmon.evidence.opening import open_content, open_log
from batmon.evidence.packed import Damage
from batmon.evidence.read import At, find_time, read_page
from batmon.evidence.series import neighbours, series_of
from batmon.evidence.trail import Trail
from batmon.evidence.unpacked import Unpacked
from batmon.model import Program

PACKERS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: zstandard.ZstdCompressor().compress(data),
}
TEXT = "".join(f"2026-11-21 06:{n // 60 % 60:02}:{n % 60:02} INFO 처리 {n}\n" for n in range(3000)).encode()


@pytest.fixture(autouse=True)
def copies(tmp_path):
    place = Unpacked(tmp_path / "unpacked")
    before = unpacked.copies()
    unpacked.keep_in(place)
    yield place
    unpacked.keep_in(before)


def content(path):
    with open_log(path) as file:
        return file.read()


@pytest.fixture(params=PACKERS)
def packer(request):
    return request.param, PACKERS[request.param]


def test_a_compressed_log_is_read_searched_and_found_by_time(tmp_path, packer):
    name, pack = packer
    path = tmp_path / f"x.log.1.{name}"
    path.write_bytes(pack(TEXT))
    assert content(path) == TEXT
    page = read_page(path, at=At.end(), before=1)
    assert page.lines[0].text.endswith("처리 2999")
    assert (page.size, page.damage) == (len(TEXT), None)
    assert find(path, needle=Needle(text="처리 1500"), from_offset=0).offset == TEXT.index(b"2026-11-21 06:25:00")
    assert find(path, needle=Needle(regex="처리 150[0]$"), from_offset=0) is not None
    when = datetime(2026, 11, 21, 6, 25, tzinfo=UTC)
    at = find_time(path, when, lambda line: datetime.fromisoformat(line[:19]).replace(tzinfo=UTC))
    assert TEXT[at:].startswith(b"2026-11-21 06:25:00")


def test_several_members_and_padding_are_one_log(tmp_path, packer):
    name, pack = packer
    path = tmp_path / f"x.log.{name}"
    path.write_bytes(pack(TEXT) + pack(b"") + pack("둘째\n".encode()) + b"\0" * 8)
    assert content(path) == TEXT + "둘째\n".encode()


@pytest.mark.parametrize("left", [0, 1, 7, 200, 2000])
def test_of_a_truncated_archive_what_is_there_is_shown(tmp_path, packer, left):
    name, pack = packer
    path = tmp_path / f"x.log.{name}"
    whole = pack(os.urandom(4000).hex().encode())
    path.write_bytes(whole[:left])
    if 0 < left < 6 and name == "xz":
        with pytest.raises(EvidenceError, match="not compressed"):
            open_log(path)
        return
    if 0 < left < 4:
        with pytest.raises(EvidenceError, match="not compressed"):
            open_log(path)
        return
    file, damage = open_content(path)
    with file:
        assert damage is Damage.TRUNCATED
        assert len(file.read()) < 8000
    page = read_page(path, at=At.end(), before=5)
    assert page.damage is Damage.TRUNCATED, "a copy that was kept remembers it"


def test_of_a_corrupt_archive_what_lies_before_the_damage_is_shown(tmp_path, packer):
    name, pack = packer
    path = tmp_path / f"x.log.{name}"
    first, second = pack(TEXT), bytearray(pack(os.urandom(8000).hex().encode()))
    second[len(second) // 2 : len(second) // 2 + 16] = b"\xaa" * 16
    path.write_bytes(first + bytes(second))
    file, damage = open_content(path)
    with file:
        assert file.read().startswith(TEXT)
    if name == "zst":
        assert damage in (Damage.CORRUPT, None), "zstd need not notice: this frame has no checksum"
    else:
        assert damage is Damage.CORRUPT


def test_rubbish_behind_an_archive_is_said(tmp_path):
    path = tmp_path / "x.log.gz"
    path.write_bytes(gzip.compress(TEXT) + b"rubbish")
    file, damage = open_content(path)
    with file:
        assert (file.read(), damage) == (TEXT, Damage.CORRUPT)


def test_the_content_says_the_format_and_text_is_refused_with_words(tmp_path):
    path = tmp_path / "x.log.gz"
    path.write_bytes(bz2.compress(b"a\n"))
    assert content(path) == b"a\n"
    path.write_bytes(b"plain text\n")
    with pytest.raises(EvidenceError, match=r"x\.log\.gz: it is not compressed with gzip") as caught:
        open_log(path)
    assert "another name" in caught.value.hint


def test_a_bomb_is_given_up_and_leaves_nothing(tmp_path, packer, copies):
    name, pack = packer
    unpacked.keep_in(small := Unpacked(copies.folder, most=16 << 20))
    path = tmp_path / f"x.log.{name}"
    path.write_bytes(pack(bytes(80 << 20)))
    with pytest.raises(EvidenceError, match="more than the 16 MiB") as caught:
        open_log(path)
    assert "unpacked_mb" in caught.value.hint
    assert list(small.folder.iterdir()) == []


def test_copies_are_kept_and_the_one_used_longest_ago_goes_first(tmp_path, copies):
    unpacked.keep_in(small := Unpacked(copies.folder, most=3 << 20))
    paths = [tmp_path / f"x.log.{n}.gz" for n in range(4)]
    for n, path in enumerate(paths):
        path.write_bytes(gzip.compress(bytes([65 + n]) * (1 << 20)))
    for path in paths[:3]:
        open_log(path).close()
        for copy in small.folder.iterdir():  # a minute goes by
            os.utime(copy, (copy.stat().st_atime - 60, copy.stat().st_mtime - 60))
    held = open_log(paths[0])  # used again, just now
    before = {copy.name: copy.stat().st_ino for copy in small.folder.iterdir()}
    open_log(paths[3]).close()
    after = {copy.name: copy.stat().st_ino for copy in small.folder.iterdir()}
    assert len(before) == len(after) == 3
    assert len(before.items() & after.items()) == 2, "nothing was unpacked a second time"
    with held:
        assert held.read() == b"A" * (1 << 20)


def test_a_changed_archive_is_unpacked_again(tmp_path):
    path = tmp_path / "x.log.gz"
    path.write_bytes(gzip.compress(b"one\n"))
    assert content(path) == b"one\n"
    path.write_bytes(gzip.compress(b"another\n"))
    assert content(path) == b"another\n"


def test_many_at_once_unpack_it_once(tmp_path, copies):
    path = tmp_path / "x.log.gz"
    path.write_bytes(gzip.compress(TEXT * 100))
    got = []
    threads = [threading.Thread(target=lambda: got.append(content(path))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(one) for one in got] == [len(TEXT) * 100] * 6
    assert len(list(copies.folder.iterdir())) == 1


def test_a_copy_is_for_its_owner_alone(tmp_path, copies):
    path = tmp_path / "x.log.gz"
    path.write_bytes(gzip.compress(b"secret\n"))
    open_log(path).close()
    assert copies.folder.stat().st_mode & 0o777 == 0o700
    assert {copy.stat().st_mode & 0o777 for copy in copies.folder.iterdir()} == {0o600}


def test_the_patterns_name_them_and_the_follower_never_does(tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "x.log").write_bytes(b"now\n")
    for name in ("x.log.1.gz", "x.log-20261120.zst", "y.log.2.bz2"):
        (logs / name).write_bytes(gzip.compress(b"then\n"))
    for name in ("x.log.3.zip", "other.txt.gz"):
        (logs / name).write_bytes(b"?")
    program = Program(name="p", base_dir=tmp_path, logs=("logs/*.log",))
    names = {Path(found.path).name for found in survey(tmp_path, program.logs, packed=True).files.values()}
    assert names == {"x.log", "x.log.1.gz", "x.log-20261120.zst", "y.log.2.bz2"}
    assert [found.path for found in survey(tmp_path, program.logs).files.values()] == [str(logs / "x.log")]
    files = {Path(file.path).name: (file.packing, file.current) for file in log_files(program)}
    assert files["x.log"] == (None, True)
    assert files["x.log.1.gz"] == ("gzip", False)
    trail = Trail(program, {})
    trail.look()
    batch, _ = trail.take(live=True)
    assert [line.text for line in batch.lines] == ["now"]
    assert trail.take(live=True) == (None, False)


def test_a_log_compressed_after_its_rotation_is_judged_once(tmp_path):
    """Read, rotated, compressed: the follower neither reads it again nor takes the next file for the same one."""
    log = tmp_path / "x.log"
    program = Program(name="p", base_dir=tmp_path, logs=("x.log",))
    trail, seen = Trail(program, {}), []

    def take():
        trail.look()
        more = True
        while more:
            batch, more = trail.take(live=True)
            if batch is not None:
                seen.extend(line.text for line in batch.lines)

    log.write_text("1\n2\n")
    take()
    with log.open("a") as file:
        file.write("3\n")
    log.rename(tmp_path / "x.log.1")
    log.write_text("4\n")
    take()
    (tmp_path / "x.log.1.gz").write_bytes(gzip.compress((tmp_path / "x.log.1").read_bytes()))
    take()
    (tmp_path / "x.log.1").unlink()
    take()
    with log.open("a") as file:
        file.write("5\n")
    take()
    assert seen == ["1", "2", "3", "4", "5"]


def test_a_series_goes_through_archives_in_order_and_counts_none_twice(tmp_path):
    for name in ("x.log", "x.log.1", "x.log.1.gz", "x.log.2.gz", "x.log.10.zst", "y.log"):
        (tmp_path / name).write_bytes(b"x\n")
    (tmp_path / "x.log.3.gz").touch()
    files = log_files(Program(name="p", base_dir=tmp_path, logs=("*.log",)))
    series = series_of(files, str(tmp_path / "x.log"))
    names = [Path(file.path).name for file in series]
    assert names == ["x.log.10.zst", "x.log.3.gz", "x.log.2.gz", "x.log.1", "x.log"]
    older, newer = neighbours(series, str(tmp_path / "x.log.2.gz"))
    assert (older.path, newer.path) == (str(tmp_path / "x.log.10.zst"), str(tmp_path / "x.log.1"))
    asked = series_of(files, str(tmp_path / "x.log.1.gz"))
    assert [Path(file.path).name for file in asked][-2:] == ["x.log.1.gz", "x.log"]


def test_a_search_in_a_process_of_its_own_shares_the_copies(tmp_path, copies, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    path = tmp_path / "x.log.gz"
    path.write_bytes(gzip.compress(TEXT))
    assert find(path, needle=Needle(regex="처리 15.0$"), from_offset=0) is not None
    assert len(list(copies.folder.iterdir())) == 1
    assert not list(tmp_path.glob("batmon-unpacked-*"))


def test_what_a_killed_process_left_half_done_goes_after_a_while(tmp_path, copies):
    unpacked.keep_in(small := Unpacked(copies.folder, most=2 << 20))
    small.folder.mkdir(mode=0o700)
    left, going_on = small.folder / "old.part", small.folder / "new.part"
    for part, age in ((left, 3600), (going_on, 5)):
        part.write_bytes(bytes(1 << 20))
        now = datetime.now(UTC).timestamp()
        os.utime(part, (now - age, now - age))
    path = tmp_path / "x.log.gz"
    path.write_bytes(gzip.compress(b"x" * (1 << 20)))
    open_log(path).close()
    assert not left.exists()
    assert going_on.exists()
