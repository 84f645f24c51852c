"""Logs of many programs as one: in the order of their times, nothing twice, nothing lost, little opened."""

import gzip
import os
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batmon.evidence import merged
from batmon.evidence.listing import log_files
from batmon.evidence.merged import Boundary, Limits, merge
from batmon.evidence.series import all_series
from batmon.model import Program

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LIMITS = Limits(weight=10**9)


def stamp(second):
    return (NOON + timedelta(seconds=second)).strftime("%Y-%m-%d %H:%M:%S")


def program(base, name, **more):
    (base / name).mkdir(parents=True, exist_ok=True)
    return Program(name=name, base_dir=base / name, logs=("*.log",), timezone="UTC", **more)


def write(one, lines, name="x.log", written=None):
    path = one.base_dir / name
    data = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    if written is not None:
        moment = (NOON + timedelta(seconds=written)).timestamp()
        os.utime(path, (moment, moment))
    return path


def logs(*programs):
    return [(one, series) for one in programs for series in all_series(log_files(one))]


def page(sources, at, before=0, after=0, limits=LIMITS, **more):
    weigh = more.pop("weigh", lambda entry: len(entry.lines))
    return merge(sources, at=at, before=before, after=after, weigh=weigh, limits=limits, **more)


def keys(found):
    return [(entry.program, entry.file.path, line.offset) for entry in found.entries for line in entry.lines]


def texts(found):
    return [line.text for entry in found.entries for line in entry.lines]


def walk_on(sources, size, **more):
    at, got = Boundary(time=datetime(2000, 1, 1, tzinfo=UTC)), []
    while True:
        found = page(sources, at, after=size, **more)
        got += keys(found)
        at = found.newer
        if found.at_end:
            return got


def walk_back(sources, size, **more):
    at, got = Boundary(), []
    while True:
        found = page(sources, at, before=size, **more)
        got[:0] = keys(found)
        at = found.older
        if found.at_start:
            return got


def test_two_programs_by_time_with_tracebacks_whole(tmp_path):
    a, b = program(tmp_path, "a"), program(tmp_path, "b")
    write(a, [f"{stamp(0)} a begins", f"{stamp(4)} ERROR a fails", "Traceback", "  line 1", f"{stamp(9)} a ends"])
    write(b, [f"{stamp(2)} b begins", f"{stamp(4)} b at the same time", f"{stamp(5)} b"])
    found = page(logs(a, b), Boundary(), before=100)
    assert [text.removeprefix("2026-11-21 12:00:") for text in texts(found)] == [
        "00 a begins", "02 b begins", "04 ERROR a fails", "Traceback", "  line 1", "04 b at the same time", "05 b",
        "09 a ends",
    ]  # fmt: skip
    assert (found.at_start, found.at_end) == (True, True)
    error = found.entries[2]
    assert error.times == (error.time, None, None)


def test_a_moment_shows_what_is_around_it(tmp_path):
    a, b = program(tmp_path, "a"), program(tmp_path, "b")
    write(a, [f"{stamp(n)} a{n}" for n in range(0, 100, 2)])
    write(b, [f"{stamp(n)} b{n}" for n in range(1, 100, 2)])
    found = page(logs(a, b), Boundary(time=NOON + timedelta(seconds=50)), before=2, after=2)
    assert [text[20:] for text in texts(found)] == ["a48", "b49", "a50", "b51"]
    assert [text[20:] for text in texts(page(logs(a, b), found.newer, after=3))] == ["a52", "b53", "a54"]
    assert [text[20:] for text in texts(page(logs(a, b), found.older, before=2))] == ["a46", "b47"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), size=st.integers(1, 7))
def test_paging_both_ways_meets_each_line_once(tmp_path_factory, data, size):
    """Whatever is written: equal times, times out of order, lines without one, rotated and compressed files."""
    base = tmp_path_factory.mktemp("m")
    programs, expected = [], set()
    for name in "abc":
        one = program(base, name)
        programs.append(one)
        second = 0
        for file in ("x.log.2.gz", "x.log.1", "x.log"):
            kinds = data.draw(st.lists(st.sampled_from(["same", "later", "earlier", "none"]), max_size=12))
            lines = [f"{stamp(second)} first"] if kinds else []
            for kind in kinds:
                second += {"same": 0, "later": 3, "earlier": -2, "none": 0}[kind]
                lines.append("  no time" if kind == "none" else f"{stamp(second)} {kind}")
            path = write(one, lines, file, written=second)
            offset = 0
            for line in lines:
                expected.add((name, str(path), offset))
                offset += len(line) + 1
    sources = logs(*programs)
    for walk in (walk_on, walk_back):
        got = walk(sources, size)
        assert len(got) == len(set(got))
        assert set(got) == expected


def test_back_and_on_again_from_any_page_is_the_same(tmp_path):
    rng = random.Random(3)  # noqa: S311 - no secret
    programs = [program(tmp_path, f"p{n}") for n in range(5)]
    for one in programs:
        seconds = sorted(rng.randrange(150) for _ in range(200))
        write(one, [f"{stamp(second)} {one.name} {n}" for n, second in enumerate(seconds)], written=300)
    sources = logs(*programs)
    whole = walk_on(sources, 37)
    assert len(whole) == 1000
    middle = page(sources, Boundary(time=NOON + timedelta(seconds=100)), before=20, after=20)
    back = page(sources, middle.older, before=30)
    again = page(sources, back.newer, after=40)
    assert keys(again) == keys(middle)
    assert keys(back) + keys(again) == [key for key in whole if key in {*keys(back), *keys(again)}]


def test_new_lines_come_behind_the_newest_page(tmp_path):
    a, b = program(tmp_path, "a"), program(tmp_path, "b")
    log = write(a, [f"{stamp(0)} one"], written=0)
    write(b, [f"{stamp(-5000)} long ago"], written=-5000)
    first = page(logs(a, b), Boundary(), before=1)
    assert texts(first) == [f"{stamp(0)} one"]
    assert page(logs(a, b), first.newer, after=5).entries == []
    with log.open("a") as out:
        out.write(f"{stamp(1)} two\n")
    with (b.base_dir / "x.log").open("a") as out:
        out.write(f"{stamp(2)} b is back\n")
    assert [text[20:] for text in texts(page(logs(a, b), first.newer, after=5))] == ["two", "b is back"]


def test_a_rotation_between_two_pages_loses_nothing(tmp_path):
    a = program(tmp_path, "a")
    log = write(a, [f"{stamp(n)} {n}" for n in range(10)])
    first = page(logs(a), Boundary(), before=3)
    log.rename(a.base_dir / "x.log.1")
    write(a, [f"{stamp(n)} {n}" for n in range(10, 12)])
    assert [text[20:] for text in texts(page(logs(a), first.newer, after=9))] == ["10", "11"]
    assert [text[20:] for text in texts(page(logs(a), first.older, before=9))] == list("0123456")


def test_a_log_without_times_and_one_that_cannot_be_read_are_named(tmp_path):
    a, b, c = (program(tmp_path, name) for name in "abc")
    write(a, [f"{stamp(0)} one"])
    plain = write(b, ["no time here"] * 30)
    broken = c.base_dir / "x.log.1.gz"
    broken.write_bytes(b"no archive")
    found = page(logs(a, b, c), Boundary(), before=10)
    assert texts(found) == [f"{stamp(0)} one"]
    assert {(one.program, one.path, one.why) for one in found.left_out} == {
        ("b", str(plain), "no_time"),
        ("c", str(broken), "unreadable"),
    }
    at = page(logs(a, b, c), Boundary(time=NOON - timedelta(days=1)), after=10)
    assert texts(at) == [f"{stamp(0)} one"]
    assert {one.program for one in at.left_out} == {"b", "c"}


def test_only_what_can_matter_is_opened(tmp_path, monkeypatch):
    programs = [program(tmp_path, f"p{n}") for n in range(200)]
    for n, one in enumerate(programs):
        write(one, [f"{stamp(-86400 * n)} {n} a", f"{stamp(-86400 * n)} {n} b"], written=-86400 * n)
    opened = []
    read = merged.entries_before
    monkeypatch.setattr(merged, "entries_before", lambda *args: opened.append(args[1].path) or read(*args))
    found = page(logs(*programs), Boundary(), before=6)
    assert [text[20:] for text in texts(found)] == ["2 a", "2 b", "1 a", "1 b", "0 a", "0 b"]
    assert len(opened) <= 4
    opened.clear()
    older = page(logs(*programs), found.older, before=4)
    assert [text[20:] for text in texts(older)] == ["4 a", "4 b", "3 a", "3 b"]
    assert len(opened) <= 3 + 3


def test_a_filter_goes_on_page_by_page_and_a_page_stays_within_its_weight(tmp_path):
    a = program(tmp_path, "a")
    write(a, [f"{stamp(n)} {'ERROR' if n == 5 else 'INFO'} {n}" for n in range(1000)])

    def keep(entry):
        return "ERROR" in entry.lines[0].text

    at, pages, got = Boundary(), 0, []
    while True:
        found = page(logs(a), at, before=10, keep=keep, limits=Limits(weight=100, scanned=300))
        at, pages, got = found.older, pages + 1, got + texts(found)
        if found.at_start:
            break
    assert got == [f"{stamp(5)} ERROR 5"]
    assert pages == 4
    heavy = page(logs(a), Boundary(), before=500, limits=Limits(weight=100), weigh=lambda _: 30)
    assert len(heavy.entries) == 3


@pytest.mark.parametrize("name", ["x.log", "x.log.1.gz"])
def test_an_entry_of_any_length_is_told_in_pieces(tmp_path, name):
    a = program(tmp_path, "a")
    lines = [f"{stamp(0)} begins", *(f"  frame {n}" for n in range(3000)), f"{stamp(1)} ends"]
    write(a, lines, name)
    for walk in (walk_on, walk_back):
        got = walk(logs(a), 100)
        assert len(got) == len(set(got)) == len(lines)
