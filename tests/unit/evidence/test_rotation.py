"""What names say of time."""

import pytest

from batmon.evidence.discover import names_match
from batmon.evidence.identity import Fingerprint
from batmon.evidence.rotation import is_compressed, log_series, place_of, unrotated


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("x.log.1", "x.log"),
        ("x.log.12", "x.log"),
        ("x.log-20261121", "x.log"),
        ("x.log.2026-11-21", "x.log"),
        ("x.log.2026-11-21_06-00", "x.log"),
        ("x.log-2026112106", "x.log"),
        ("x.log-20261121.1", "x.log"),
        ("x.log.old", "x.log"),
        ("x.log", None),
        ("x-20261121.log", None),
        (".1", None),
    ],
)
def test_a_rotated_name_shows_what_it_was(name, before):
    assert unrotated(name) == before


@pytest.mark.parametrize(
    "oldest_first",
    [
        ["x.log.10", "x.log.2", "x.log.1", "x.log"],
        ["x.log-20261119", "x.log-20261120", "x.log"],
        ["x-20261119.log", "x-20261120.log.1", "x-20261120.log", "x-20261121.log"],
        ["2026/11/20/x.log", "2026/11/21/x.log", "2026/12/01/x.log"],
    ],
)
def test_files_of_one_series_are_ordered_by_name(oldest_first):
    places = [place_of(f"/logs/{name}") for name in oldest_first]
    assert sorted(places) == places
    assert len(set(places)) == len(places)
    assert len({place.family for place in places}) == 1


def test_logs_that_are_written_side_by_side_are_not_one_series():
    assert len({log_series(name) for name in ("worker1.log", "worker2.log", "worker.log")}) == 3
    assert log_series("fund_mail_20261121.log") == log_series("fund_mail_20261122.log.1")


@pytest.mark.parametrize(
    ("name", "pattern", "fits"),
    [
        ("x.log", "*.log", True),
        ("x.log.1", "*.log", True),
        ("x.log-20261121", "x.log", True),
        ("x.log.gz", "*.log", True),
        ("x.txt", "*.log", False),
        (".x.log", "*.log", False),
        (".x.log", ".*.log", True),
        ("anything", "**", True),
    ],
)
def test_a_rotated_file_belongs_to_the_pattern_of_its_old_name(name, pattern, fits):
    assert names_match(name, pattern) is fits


def test_packed_files_are_left_out():
    assert is_compressed("x.log.1.GZ")
    assert not is_compressed("x.log.1")


def test_a_fingerprint_is_read_as_it_was_written():
    known = Fingerprint(0xABC, 17, "0123456789abcdef", 2)
    assert Fingerprint.parse(str(known)) == known
    assert Fingerprint.parse("from another program") is None
