"""Each argument that a client may send: what is taken, what is refused, and in which words."""

import uuid
from datetime import UTC, datetime

import pytest

from batmon.errors import BadRequest
from batmon.gate import arguments

NOTHING = object()
ID = "0d6b2b9e-6f3e-4f0c-9a53-3a4f0e7a1c11"


def refused(check, *more, value=NOTHING):
    with pytest.raises(BadRequest) as caught:
        check({} if value is NOTHING else {"key": value}, "key", *more)
    return str(caught.value)


@pytest.mark.parametrize("value", [NOTHING, None, "", 1, ["a"], {"a": 1}, True])
def test_a_text_is_a_text_and_not_empty(value):
    assert refused(arguments.text, value=value) == "key must be a text"


@pytest.mark.parametrize("check", [arguments.text, arguments.maybe_text, arguments.run_id])
def test_no_text_holds_a_nul(check):
    assert refused(check, value="a\0b") == "key holds a NUL"


def test_a_text_has_an_end():
    assert arguments.text({"key": "가" * 10}, "key", 10) == "가" * 10
    assert refused(arguments.text, 9, value="가" * 10) == "key must be a text of up to 9 characters"


def test_what_may_be_missing_is_none_but_not_anything():
    assert arguments.maybe_text({}, "key") is None
    assert arguments.maybe_text({"key": None}, "key") is None
    assert arguments.maybe_text({"key": ""}, "key") == ""
    assert refused(arguments.maybe_text, value=7) == "key must be a text"
    assert arguments.maybe_moment({"key": None}, "key") is None
    assert "key must be a time" in refused(arguments.maybe_moment, value="yesterday")


def test_texts():
    assert arguments.texts({"key": ["a", "나"]}, "key") == ("a", "나")
    assert arguments.texts({}, "key") == ()
    for value in ("ab", [1], {"a": 1}, [None]):
        assert refused(arguments.texts, value=value) == "key must be a list of texts"


def test_numbers():
    assert arguments.number({}, "key", 50, 500) == 50
    assert arguments.number({"key": 0}, "key", 50) == 0
    assert arguments.number({"key": 501}, "key", 50, 500) == 500
    assert arguments.number({"key": 10**30}, "key", 50) == 2**62
    for value in (-1, 1.0, "1", True, None, float("inf")):
        assert refused(arguments.number, 50, value=value) == "key must be a whole number, 0 or more"


def test_ids():
    assert arguments.identity({"key": 12}, "key", "a report") == 12
    assert arguments.identity({"key": "12"}, "key", "a report") == 12
    for value in (NOTHING, 0, -1, 2**63, "9" * 5000, "1.0", "１２", "-1", True, None, [1]):
        assert refused(arguments.identity, "a report", value=value) == "key must be the id of a report"


def test_moments_have_an_offset():
    assert arguments.moment({"key": "2026-11-21T15:00:00+09:00"}, "key") == datetime(2026, 11, 21, 6, tzinfo=UTC)
    for value in (NOTHING, None, "", "2026-11-21T06:00:00", "0001-01-01T00:00:00+14:00", 5, ["2026"], "2026-13-01"):
        assert "such as 2026-11-21T06:00:00+09:00" in refused(arguments.moment, value=value)


def test_runs():
    assert arguments.run_id({"key": ID}, "key") == uuid.UUID(ID)
    for value in (NOTHING, None, "", 7, [ID]):
        assert refused(arguments.run_id, value=value) == "key must be a text"
    found = refused(arguments.run_id, value="x" * 10_000)
    assert "is not a run's id" in found
    assert len(found) < 200


@pytest.mark.parametrize("value", [None, True, "5", 1.0, 0, -1, 501, 10**30, [1]])
def test_a_number_in_a_range_is_a_whole_number_in_it(value):
    assert refused(arguments.up_to, 50, 500, value=value) == "key must be a whole number from 1 to 500"
    assert [arguments.up_to({"key": one}, "key", 50, 500) for one in (1, 500)] == [1, 500]
    assert arguments.up_to({}, "key", 50, 500) == 50
