"""Searching log files: every spelling and encoding, newest first, any size, files that change meanwhile."""

from __future__ import annotations

import bz2
import gzip
import os
import random
import unicodedata
from datetime import UTC, datetime

import pytest
import zstandard

from batmon.errors import BadRequest
from batmon.evidence.discover import Found
from batmon.evidence.search import SearchFile, search
from batmon.evidence.search_scan import BLOCK
from batmon.evidence.search_wanted import Wanted, _literal_in


def to_search(path, encoding="auto"):
    known = path.stat()
    found = Found(str(path), (known.st_dev, known.st_ino), known.st_size, known.st_mtime_ns)
    return SearchFile(found, encoding, "Asia/Seoul")


def reports(*paths, limit=100_000, since=None, until=None, encoding="auto", **wanted):
    pattern = wanted.pop("pattern")
    files = [to_search(path, encoding) for path in paths]
    return list(search(files, Wanted(pattern, **wanted), limit=limit, since=since, until=until))


def hits(*paths, **asked):
    return [hit for report in reports(*paths, **asked) for hit in report.hits]


def texts(*paths, **asked):
    return [hit.text for hit in hits(*paths, **asked)]


@pytest.fixture
def log(tmp_path):
    def write(*lines, encoding="utf-8", name="a.log"):
        path = tmp_path / name
        with path.open("ab") as file:
            for line in lines:
                file.write(line if isinstance(line, bytes) else f"{line}\n".encode(encoding))
        return path

    return write


def test_newest_first_with_places_and_spans(log):
    path = log("1 needle", "2 nothing", "3 a needle and a needle")
    found = hits(path, pattern="needle")
    assert [(hit.text, hit.spans) for hit in found] == [
        ("3 a needle and a needle", ((4, 10), (17, 23))),
        ("1 needle", ((2, 8),)),
    ]
    for hit in found:
        assert path.read_bytes()[hit.offset : hit.end].decode() == f"{hit.text}\n"


def test_every_encoding_of_a_korean_word_line_by_line(log):
    path = log("로그인 실패 1")
    log("로그인 실패 2", encoding="cp949")
    log(unicodedata.normalize("NFD", "로그인 실패 3"))
    found = texts(path, pattern="로그인 실패")
    assert [unicodedata.normalize("NFC", text)[-1] for text in found] == ["3", "2", "1"]
    nfd = texts(path, pattern=unicodedata.normalize("NFD", "로그인 실패"))
    assert nfd == found
    assert texts(path, pattern=r"로그인 실패 \d", regex=True) == found


def test_a_decomposed_syllable_is_not_the_longer_one_that_begins_like_it(log):
    path = log(unicodedata.normalize("NFD", "각오"))
    assert not hits(path, pattern="가")
    assert len(hits(path, pattern="각")) == 1


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16(tmp_path, encoding):
    path = tmp_path / "a.log"
    path.write_bytes(f"\ufeff시작 ਊ\n{'x' * 300_000}\n로그인 실패 ਊ끝\n".encode(encoding) * 1)
    found = hits(path, pattern="로그인")
    assert [hit.text for hit in found] == ["로그인 실패 ਊ끝"]
    assert path.read_bytes()[found[0].offset : found[0].end].decode(encoding) == "로그인 실패 ਊ끝\n"
    assert texts(path, pattern="시작") == ["시작 ਊ"]
    assert texts(path, pattern="x" * 3)[0].startswith("xxx")


def test_case(log):
    path = log("Login FAILED", "login failed", "로그인 FAILED", "ÉTÉ", "été")
    assert texts(path, pattern="failed") == ["login failed"]
    assert len(texts(path, pattern="failed", ignore_case=True)) == 3
    assert texts(path, pattern="로그인 failed", ignore_case=True) == ["로그인 FAILED"]
    assert texts(path, pattern="été", ignore_case=True) == ["été", "ÉTÉ"]
    assert Wanted("été", ignore_case=True).heavy


def test_only_errors(log):
    path = log("06:00 INFO page 1", "06:01 ERROR page 2", "06:02 오류 없음 page 3", "06:03 로그인 실패")
    assert texts(path, pattern="page", errors=True) == ["06:01 ERROR page 2"]
    assert texts(path, pattern="", errors=True) == ["06:03 로그인 실패", "06:01 ERROR page 2"]


def test_what_cannot_be_searched_for_is_said():
    for pattern in ("", "a\nb", "x" * 1001):
        with pytest.raises(BadRequest):
            Wanted(pattern)
    with pytest.raises(BadRequest, match="regular expression"):
        list(search([], Wanted("(", regex=True), limit=1))


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        ("abc", "abc"), ("ab*c", "a"), ("ab+cd", "ab"), ("([)ab])x", "x"), ("[^]abc]x", "x"), ("[]ab]yz", "yz"),
        (r"[\]ab]yz", "yz"), ("a{2}bcd", "bcd"), (r"\x41bc", ""), ("foo|bar", ""), ("(?i)abc", ""),
        (r"login failed: \d+", "login failed: "), ("x(a(b)c)yyy", "yyy"), (r"\(abc\)", "(abc)"),
        ("실패.*비밀번호", "비밀번호"),
    ],
)  # fmt: skip
def test_the_text_that_an_expression_cannot_do_without(pattern, literal):
    assert _literal_in(pattern) == literal


def test_the_same_as_a_simple_search_whatever_the_lengths_of_lines(log):
    """Lines around the size of a block and of a piece, in no order, one without a newline at the end."""
    draw = random.Random(4711)  # noqa: S311 - lengths of lines are no secret
    lines = []
    for number in range(150):
        length = draw.choice([0, 1, 50, 200, 5000, 100_000, BLOCK - 60, BLOCK, BLOCK + 7])
        rare = " needle " if draw.random() < 0.2 else " "
        lines.append(f"{number:04}{rare}{'가' * (length // 3)}")
    path = log(*lines[:-1])
    log(b"last needle")
    expected = [line[:4] for line in [*lines[:-1], "last needle"] if "needle" in line][::-1]
    assert [text[:4] for text in texts(path, pattern="needle")] == expected
    assert [text[:4] for text in texts(path, pattern="needle", ignore_case=True)] == expected
    assert [text[:4] for text in texts(path, pattern="n(e)+dle", regex=True)] == expected


def test_a_line_of_100_megabytes_is_shown_around_the_hit(tmp_path):
    path = tmp_path / "a.log"
    with path.open("wb") as file:
        file.write(b"first\n")
        for _ in range(100):
            file.write(b"x" * (1 << 20))
        file.write(b"x" * 50_000 + b"needle\nafter needle\n")
    found = hits(path, pattern="needle")
    assert found[0].text == "after needle"
    assert len(found) == 2
    text, (start, end) = found[1].text, found[1].spans[0]
    assert text[start:end] == "needle"
    assert text.startswith("…xxx")
    assert len(text) <= 4096
    assert found[1].cut > 50_000


def test_a_sparse_terabyte(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"needle 1\n")
    with path.open("r+b") as file:
        file.truncate(1 << 40)
        file.seek(1 << 40)
        file.write(b"\nneedle 2\n")
    if path.stat().st_blocks * 512 > 1 << 30:
        pytest.skip("this file system has no holes")
    assert texts(path, pattern="needle") == ["needle 2", "needle 1"]


def test_the_limit_says_that_there_is_more(log):
    path = log(*(f"needle {number}" for number in range(1000)))
    told = reports(path, pattern="needle", limit=10)
    assert [hit.text for report in told for hit in report.hits] == [
        f"needle {number}" for number in range(999, 989, -1)
    ]
    assert told[-1].more
    assert not reports(path, pattern="needle", limit=1000)[-1].more


def test_a_span_of_time(log):
    path = log(*(f"2026-11-21 06:{minute:02}:00 INFO needle {minute}" for minute in range(60)), "  no time, needle")
    since, until = datetime(2026, 11, 20, 21, 10, tzinfo=UTC), datetime(2026, 11, 20, 21, 12, tzinfo=UTC)
    assert [text[-2:] for text in texts(path, pattern="needle", since=since, until=until)] == ["11", "10"]
    last = hits(path, pattern="needle", since=datetime(2026, 11, 20, 21, 59, tzinfo=UTC))
    assert [hit.time.minute for hit in last] == [59, 59], "a line without a time has that of its entry"
    untimed = log("needle without any time", name="b.log")
    assert len(hits(untimed, pattern="needle", since=since, until=until)) == 1


@pytest.mark.parametrize("ending", ["gz", "bz2", "zst"])
def test_archives(tmp_path, ending):
    pack = {"gz": gzip.compress, "bz2": bz2.compress, "zst": zstandard.compress}[ending]
    lines = [f"2026-11-21 06:00:00 INFO needle {number:05} {'가' * 20}" for number in range(30_000)]
    path = tmp_path / f"a.log.1.{ending}"
    path.write_bytes(pack("\n".join(lines).encode()))
    found = hits(path, pattern="needle", limit=5)
    assert [hit.text for hit in found] == lines[:-6:-1]
    whole = "\n".join(lines).encode()
    assert all(whole[hit.offset : hit.end].decode().rstrip("\n") == hit.text for hit in found)
    assert reports(path, pattern="needle", limit=5)[-1].more
    cut = tmp_path / f"cut.log.1.{ending}"
    cut.write_bytes(path.read_bytes()[:-20] if ending == "gz" else path.read_bytes()[: path.stat().st_size // 2])
    (tmp_path / f"no.log.1.{ending}").write_bytes(b"needle, but no archive\n")
    told = reports(tmp_path / f"no.log.1.{ending}", cut, path, pattern="needle 00001")
    assert "not compressed" in told[-1].unreadable[0][1]
    assert "truncated" in told[-1].unreadable[1][1]
    assert told[-1].files_done == 3


def test_files_that_vanish_shrink_or_are_replaced_do_not_end_the_search(tmp_path, log):
    gone, new, link = (log("needle", name=name) for name in ("gone.log", "new.log", "link.log"))
    short = log(*["x" * 80] * 20_000, "needle", name="short.log")
    rest = log("needle at last", name="rest.log")
    files = [to_search(path) for path in (gone, new, link, short, rest)]
    gone.unlink()
    new.rename(tmp_path / "new.log.1")
    log("needle of another file", name="new.log")
    link.unlink()
    link.symlink_to("/etc/passwd")
    steps = search(files, Wanted("needle"), limit=100)
    os.truncate(short, 50)
    told = list(steps)
    assert [hit.text for report in told for hit in report.hits] == ["needle at last"]
    why = {path.rsplit("/", 1)[-1]: said for report in told for path, said in report.unreadable}
    assert "No such file" in why["gone.log"]
    assert "another file" in why["new.log"]
    assert "outside its folder" in why["link.log"]
    assert "short.log" not in why


def test_a_file_that_shrinks_between_two_blocks(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"needle at the start\n" + b"x" * 99 + b"\n" + b"filler\n" * 500_000 + b"needle at the end\n")
    found = []
    for report in search([to_search(path)], Wanted("needle|fille\\w 1", regex=True), limit=10):
        found += [hit.text for hit in report.hits]
        os.truncate(path, 50)
    assert found == ["needle at the end", "needle at the start"]


def test_ten_thousand_files(tmp_path):
    files = []
    for number in range(10_000):
        path = tmp_path / f"{number}.log"
        path.write_bytes(b"needle\n" if number % 1000 == 7 else b"nothing\n")
        files.append(to_search(path))
    told = list(search(files, Wanted("needle"), limit=100))
    assert sum(len(report.hits) for report in told) == 10
    assert told[-1].files_done == 10_000
    assert len(told) >= 10, "progress comes on the way"
