"""One growing file, real bytes: any way of writing the same bytes gives the same lines."""

import os
import tempfile
import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batmon.evidence.decode import codec_of
from batmon.evidence.tail import LINE_BYTES, PIECE, Outcome, Tail


def tail_of(path: Path, encoding: str = "auto") -> Tail:
    known = path.stat()
    return Tail(str(path), (known.st_dev, known.st_ino), encoding, resolved=True)


def drain(tail: Tail, *, finished: bool = False):
    lines = []
    while True:
        more, outcome = tail.advance(finished=finished)
        lines += more
        assert outcome in (Outcome.MORE, Outcome.AT_END)
        if outcome is Outcome.AT_END:
            return lines


LINES = st.lists(
    st.one_of(
        st.text(alphabet="가나다힣 abcERROR\r\0", max_size=12).map(str.encode),
        st.text(alphabet="가나다 abc", max_size=12).map(lambda text: text.encode("cp949")),
        st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b"")),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(LINES, st.lists(st.integers(min_value=1, max_value=30), max_size=30))
def test_any_split_of_the_same_bytes_gives_the_same_lines(raws, cuts):
    content = b"".join(raw + b"\n" for raw in raws) + b"half"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.log"
        path.touch()
        tail = tail_of(path)
        got, position = [], 0
        with path.open("ab", buffering=0) as out:
            for cut in [*cuts, len(content)]:
                out.write(content[position : position + cut])
                position += cut
                got += drain(tail)
        assert tail.offset >= len(content) - len(b"half")
        got += drain(tail, finished=True)
    auto = codec_of(content, "auto")
    assert [line.text for line in got] == [auto.decode(raw.lstrip(b"\0")) for raw in [*raws, b"half"]]
    assert all(before.end <= after.offset for before, after in pairwise(got))
    for line in got:
        assert auto.decode(content[line.offset : line.end].removesuffix(b"\n")) == line.text


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16"])
def test_a_byte_at_a_time_never_shows_half_a_hangul(tmp_path, encoding):
    path = tmp_path / "x.log"
    path.touch()
    tail = tail_of(path)
    got = []
    with path.open("ab", buffering=0) as out:
        for byte in "로그인 실패\n비밀번호 오류\n".encode(encoding):
            out.write(bytes([byte]))
            got += drain(tail)
    assert [line.text.removeprefix("\ufeff") for line in got] == ["로그인 실패", "비밀번호 오류"]
    assert got[-1].end == path.stat().st_size


def test_a_line_of_100_mb_is_delivered_in_little_memory(tmp_path):
    path = tmp_path / "x.log"
    with path.open("wb") as out:
        out.write(b"first\n" + b"A" * 70_000)
        out.truncate(100_000_000)
        out.seek(100_000_000)
        out.write(b"\nlast\n")
    tail = tail_of(path)
    tracemalloc.start()
    lines = drain(tail)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * PIECE
    first, long, last = lines
    assert (first.text, last.text) == ("first", "last")
    assert (long.offset, long.end, len(long.text), long.cut) == (6, 100_000_001, LINE_BYTES, 100_000_000 - 6)


def test_a_hole_left_by_a_truncation_is_no_part_of_the_line_behind_it(tmp_path):
    path = tmp_path / "x.log"
    with path.open("wb") as out:
        out.seek(3 * PIECE)
        out.write(b"after the hole\n")
    (line,) = drain(tail_of(path))
    assert (line.text, line.offset) == ("after the hole", 3 * PIECE)


def test_a_file_that_became_shorter_or_other_is_noticed(tmp_path):
    path = tmp_path / "x.log"
    path.write_bytes(b"one\ntwo\n")
    tail = tail_of(path)
    assert len(drain(tail)) == 2
    path.write_bytes(b"one\n")
    assert tail.advance(finished=False) == ([], Outcome.REWRITTEN)
    path.write_bytes(b"other, and longer than before\n")
    assert tail.advance(finished=False) == ([], Outcome.REWRITTEN)
    path.write_bytes(b"one\nTWO\nthree\n")
    assert tail.advance(finished=False) == ([], Outcome.REWRITTEN)


def test_a_rewrite_that_begins_alike_and_is_longer_is_noticed_by_its_end(tmp_path):
    path = tmp_path / "x.log"
    banner = b"=" * 300 + b"\n"
    path.write_bytes(banner + b"one\n")
    tail = tail_of(path)
    assert len(drain(tail)) == 2
    path.write_bytes(banner + b"two\nand more\n")
    assert tail.advance(finished=False) == ([], Outcome.REWRITTEN)
    tail.restart()
    assert [line.text for line in drain(tail)][1:] == ["two", "and more"]


def test_another_file_at_the_path_or_none(tmp_path):
    path = tmp_path / "x.log"
    path.write_bytes(b"one\n")
    tail = tail_of(path)
    path.rename(tmp_path / "y.log")
    assert tail.advance(finished=False)[1] is Outcome.MISSING
    path.write_bytes(b"two\n")
    assert tail.advance(finished=False)[1] is Outcome.REPLACED


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
def test_a_fifo_is_refused_without_waiting_for_a_writer(tmp_path):
    path = tmp_path / "x.log"
    os.mkfifo(path)
    tail = tail_of(path)
    assert tail.advance(finished=False)[1] is Outcome.UNREADABLE
    assert "a FIFO, not a regular file" in tail.error
