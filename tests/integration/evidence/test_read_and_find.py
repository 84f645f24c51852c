"""Pages of and searches in real files, however large."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batmon.errors import BadRequest, EvidenceError
from batmon.evidence.find import Needle, find
from batmon.evidence.listing import log_files
from batmon.evidence.read import SHOWN_CHARS, At, find_time, read_page
from batmon.model import Program

TERABYTE = 1 << 40


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "x.log"
    path.write_text("".join(f"{number:03} 줄\n" for number in range(100)) + "last, half", "utf-8")
    return path


def texts(page):
    return [line.text for line in page.lines]


def test_the_end_the_start_and_a_place_between(log):
    page = read_page(log, at=At.end(), before=2, after=5)
    assert (texts(page), page.at_start, page.at_end, page.size) == (
        ["099 줄", "last, half"],
        False,
        True,
        log.stat().st_size,
    )
    page = read_page(log, at=At.start(), before=3, after=2)
    assert (texts(page), page.at_start, page.at_end) == (["000 줄", "001 줄"], True, False)
    page = read_page(log, at=At.byte(page.lines[1].end + 5), before=1, after=1)
    assert texts(page) == ["001 줄", "002 줄"]
    page = read_page(log, at=At.byte(10**9), before=1000, after=1000)
    assert (len(page.lines), page.at_start, page.at_end) == (101, True, True)
    assert texts(read_page(log, at=At.byte(-5), after=1)) == ["000 줄"]


def test_an_empty_file(tmp_path):
    (tmp_path / "x.log").touch()
    page = read_page(tmp_path / "x.log", at=At.end(), before=10, after=10)
    assert (page.lines, page.at_start, page.at_end) == ([], True, True)


@pytest.mark.parametrize("encoding", ["utf-16", "cp949"])
def test_pages_in_other_encodings(tmp_path, encoding):
    path = tmp_path / "x.log"
    path.write_bytes("첫째 줄\r\n둘째 ਊ\n셋째\n".replace("ਊ", "ਊ" if encoding == "utf-16" else "행").encode(encoding))
    page = read_page(path, at=At.end(), before=2)
    assert [text[:2] for text in texts(page)] == ["둘째", "셋째"]
    assert texts(read_page(path, at=At.start(), after=1))[0].endswith("첫째 줄")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 100, 65_535, 65_536, 70_000, 1 << 20, 2_500_000]), max_size=6), st.data())
def test_paging_up_meets_the_lines_that_paging_down_met(tmp_path_factory, lengths, data):
    path = tmp_path_factory.mktemp("page") / "x.log"
    path.write_bytes(b"".join(b"x" * length + b"\n" for length in lengths))
    down = [line.offset for line in _every_line(path)]
    assert down == sorted({*down})
    if down:
        place = data.draw(st.sampled_from(down))
        up = read_page(path, at=At.byte(place), before=3)
        assert [line.offset for line in up.lines] == [offset for offset in down if offset < place][-len(up.lines) :]
        assert up.lines or place == 0


def _every_line(path):
    at = 0
    while at < path.stat().st_size:
        page = read_page(path, at=At.byte(at), after=50)
        assert page.lines
        yield from page.lines
        at = page.lines[-1].end


def test_a_long_line_is_cut_with_its_length_known(tmp_path):
    path = tmp_path / "x.log"
    path.write_text("가" * 10_000 + "\nb\n", "utf-8")
    line = read_page(path, at=At.start(), after=1).lines[0]
    assert (line.text, line.cut, line.end) == ("가" * SHOWN_CHARS, 10_000, 30_001)


def test_a_terabyte_is_opened_at_its_end_in_a_moment(tmp_path):
    path = tmp_path / "x.log"
    with path.open("wb") as out:
        out.write(b"first\n")
        out.seek(TERABYTE)
        out.write(b"\n" + b"".join(b"line %d\n" % number for number in range(1000)))
    begin = time.perf_counter()
    page = read_page(path, at=At.end(), before=50)
    assert time.perf_counter() - begin < 0.5
    assert texts(page)[-1] == "line 999"
    assert len(page.lines) == 50
    assert read_page(path, at=At.byte(TERABYTE // 2), before=1000, after=1000).lines
    assert texts(read_page(path, at=At.start(), after=1)) == ["first"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
def test_only_regular_files_inside_their_folder_are_opened(tmp_path):
    (tmp_path / "logs").mkdir()
    os.mkfifo(tmp_path / "logs" / "fifo.log")
    (tmp_path / "secret").touch()
    (tmp_path / "logs" / "out.log").symlink_to(tmp_path / "secret")
    (tmp_path / "logs" / "ring.log").symlink_to("ring.log")
    reasons = {
        "fifo.log": "a FIFO",
        ".": "a folder",
        "out.log": "outside its folder",
        "ring.log": "symbolic links",
        "none.log": "No such file",
    }
    for name, why in reasons.items():
        with pytest.raises(EvidenceError, match=why):
            read_page(tmp_path / "logs" / name, at=At.end(), before=1)


def test_a_name_that_no_file_can_have(tmp_path):
    with pytest.raises(EvidenceError, match="embedded null"):
        read_page(f"{tmp_path}/a\0b", at=At.end(), before=1)


def test_the_files_of_a_program_newest_first(tmp_path):
    for age, name in enumerate(["a-20261121.log", "a-20261120.log", "b.log", "b.log.1", "b.log.2.gz", "c.txt"]):
        (tmp_path / name).write_text("x\n")
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    (tmp_path / "folder.log").mkdir()
    files = log_files(Program(name="p", base_dir=tmp_path, logs=("*.log",)))
    assert [(file.path.removeprefix(f"{tmp_path}/"), file.current) for file in files] == [
        ("a-20261121.log", True),
        ("a-20261120.log", False),
        ("b.log", True),
        ("b.log.1", False),
        ("b.log.2.gz", False),
    ]
    assert files[0].modified == datetime.fromtimestamp(1e9, UTC)
    assert files[0].size == 2


@pytest.fixture
def mixed(tmp_path):
    """A file of some MiB with both encodings in it."""
    path = tmp_path / "mixed.log"
    filler = b"2026-11-21 06:00:00 INFO nothing to see here\n" * 30_000
    path.write_bytes(
        "로그인 실패\n".encode() + filler + "로그인 실패 둘\n".encode("cp949") + filler + b"ERROR Disk FULL\n" + filler
    )
    return path


@pytest.mark.parametrize(
    "needle",
    [Needle(text="로그인 실패"), Needle(regex="로그인 (실|성)패"), Needle(text="로그인 실패", ignore_case=True)],
    ids=["text", "regex", "any case"],
)
def test_a_korean_word_is_found_in_both_encodings_both_ways(mixed, needle):
    first = find(mixed, needle=needle, from_offset=0)
    assert first is not None
    assert first.offset == 0
    second = find(mixed, needle=needle, from_offset=first.end)
    assert second is not None
    assert second.text == "로그인 실패 둘"
    assert find(mixed, needle=needle, from_offset=second.end) is None
    size = mixed.stat().st_size
    assert find(mixed, needle=needle, from_offset=size, direction="back") == second
    assert find(mixed, needle=needle, from_offset=second.offset, direction="back") == first
    assert find(mixed, needle=needle, from_offset=first.offset, direction="back") is None


def test_case_is_told_apart_unless_asked(mixed):
    assert find(mixed, needle=Needle(text="disk full"), from_offset=0) is None
    hit = find(mixed, needle=Needle(text="diSK full", ignore_case=True), from_offset=0)
    assert hit is not None
    assert hit.text == "ERROR Disk FULL"


def test_letters_with_case_outside_ascii(tmp_path):
    path = tmp_path / "x.log"
    path.write_text("a\nÉCHEC total\n", "utf-8")
    hit = find(path, needle=Needle(text="échec", ignore_case=True), from_offset=0)
    assert hit is not None
    assert hit.text == "ÉCHEC total"


def test_errors_are_jumped_between(mixed):
    needle = Needle(level="error")
    hits, at = [], 0
    while (hit := find(mixed, needle=needle, from_offset=at)) is not None:
        hits.append(hit.text)
        at = hit.end
    assert hits == ["로그인 실패", "로그인 실패 둘", "ERROR Disk FULL"]
    last = find(mixed, needle=needle, from_offset=mixed.stat().st_size, direction="back")
    assert last is not None
    assert last.text == "ERROR Disk FULL"


@pytest.mark.parametrize("shift", range(-7, 2))
def test_a_word_that_lies_across_two_blocks(tmp_path, shift):
    path = tmp_path / "x.log"
    block = 1 << 20
    word = "실패".encode()
    before = block + shift
    path.write_bytes(b"y\n" * (before // 2) + b" " * (before % 2) + word + b"\n" + b"z\n" * (block // 2 - 3))
    hit = find(path, needle=Needle(text="실패"), from_offset=0)
    assert hit is not None
    assert hit.text.strip() == "실패"
    assert find(path, needle=Needle(text="실패"), from_offset=path.stat().st_size, direction="back") == hit


def test_bytes_that_only_look_like_the_word_are_no_hit(tmp_path):
    path = tmp_path / "x.log"
    word = "가".encode("cp949")  # B0 A1: also the middle of two other characters
    path.write_bytes(b"\xb0\xb0\xa1\xa1\n" + word + b"\n")
    hit = find(path, needle=Needle(text="가"), from_offset=0)
    assert hit is not None
    assert hit.offset == 5


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(alphabet="ab가나", max_size=4), max_size=30),
    st.text(alphabet="ab가", min_size=1, max_size=2),
    st.integers(0, 200),
    st.booleans(),
)
def test_a_search_finds_what_looking_at_each_line_finds(tmp_path_factory, lines, word, place, fold):
    path = tmp_path_factory.mktemp("find") / "x.log"
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    every = read_page(path, at=At.start(), after=100).lines
    needle = Needle(text=word, ignore_case=fold)
    ahead = [line for line in every if word in line.text and line.offset >= place]
    behind = [line for line in every if word in line.text and line.offset < place]
    assert find(path, needle=needle, from_offset=place) == (ahead[0] if ahead else None)
    assert find(path, needle=needle, from_offset=place, direction="back") == (behind[-1] if behind else None)


def test_a_search_tells_how_far_it_is_and_stops_when_told(mixed):
    parts = []
    assert find(mixed, needle=Needle(text="not there"), from_offset=0, progress=parts.append) is None
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    assert len(parts) >= 3
    parts.clear()
    assert (
        find(mixed, needle=Needle(text="not there"), from_offset=0, progress=parts.append, should_stop=lambda: True)
        is None
    )
    assert len(parts) == 1


def test_a_wrong_expression_is_said(mixed):
    with pytest.raises(BadRequest, match="not a regular expression"):
        find(mixed, needle=Needle(regex="(unclosed"), from_offset=0)


def test_an_expression_that_never_ends_can_be_stopped(tmp_path):
    path = tmp_path / "x.log"
    path.write_text("a" * 60 + "!\n", "utf-8")
    begin = time.monotonic()
    stop = begin + 1.0
    assert find(path, needle=Needle(regex="(a+)+$"), from_offset=0, should_stop=lambda: time.monotonic() > stop) is None
    assert time.monotonic() - begin < 5


def test_a_time_is_found_by_bisection(tmp_path):
    path = tmp_path / "x.log"
    begin = datetime(2026, 11, 21, tzinfo=UTC)
    with path.open("w", encoding="utf-8") as out:
        for minute in range(20_000):
            out.write(f"{(begin + timedelta(minutes=minute)).isoformat()} INFO 수집\n  without a time\n")
    asked = []

    def parse(text):
        asked.append(text)
        try:
            return datetime.fromisoformat(text.split(" ")[0])
        except ValueError:
            return None

    offset = find_time(path, begin + timedelta(minutes=12_345, seconds=1), parse)
    line = read_page(path, at=At.byte(offset), after=1).lines[0]
    assert line.text.startswith((begin + timedelta(minutes=12_346)).isoformat())
    assert len(asked) < 4000
    assert find_time(path, begin - timedelta(days=1), parse) == 0
    assert find_time(path, begin + timedelta(days=99), parse) == path.stat().st_size


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no interval timers")
def test_a_search_whose_daemon_was_killed_ends_by_itself(tmp_path):
    path = tmp_path / "a.log"
    path.write_text("a" * 64 + "!\n")
    request = {
        "path": str(path), "regex": "(a+)+$", "ignore_case": False, "from": 0, "direction": "forward",
        "encoding": "auto", "orphan_sec": 0.3, "unpacked": [str(tmp_path / "unpacked"), 1 << 20],
    }  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-m", "batmon.evidence.regex_find"], input=json.dumps(request) + "\n", text=True,
        capture_output=True, timeout=20, check=False,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGALRM
