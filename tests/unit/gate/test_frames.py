"""Frames survive the wire, and whatever else arrives there is told apart from them."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batmon import errors
from batmon.errors import BadRequest, BatmonError, GateError, NotFound, Refused, Sentence
from batmon.gate import frames
from batmon.gate.frames import LINE_LIMIT, Cancel, Failure, Item, Ok, Request

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=4)
IDS = st.integers(1, 2**53)


@given(IDS, st.text(min_size=1), OBJECTS)
def test_requests_arrive(number, verb, args):
    line = frames.encode(Request(number, verb, args))
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert frames.decode_request(line) == Request(number, verb, args)


@given(IDS, OBJECTS)
def test_answers_arrive(number, value):
    for frame in (Item(number, value), Ok(number, value), Failure(number, "refused", "no", "ask")):
        assert frames.decode_answer(frames.encode(frame)) == frame


def test_cancel_arrives():
    assert frames.decode_request(frames.encode(Cancel(7))) == Cancel(7)


def test_a_lone_surrogate_of_a_file_name_arrives():
    frame = Request(1, "logs", {"path": "a\udcff"})
    assert frames.decode_request(frames.encode(frame)) == frame


@given(st.binary(max_size=200))
def test_garbage_is_a_bad_request(data):
    with pytest.raises(BadRequest):
        frames.decode_request(b"\xff" + data)
    assert frames.usable_id(b"\xff" + data) == 0


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"id": 0, "verb": "x"}',
        b'{"id": -1, "verb": "x"}',
        b'{"id": true, "verb": "x"}',
        b'{"id": 1.5, "verb": "x"}',
        b'{"id": "1", "verb": "x"}',
        b'{"id": 1e999, "verb": "x"}',
        b'{"id": 99999999999999999999, "verb": "x"}',
        b'{"id": 1}',
        b'{"id": 1, "verb": 5}',
        b'{"id": 1, "verb": ""}',
        b'{"id": 1, "verb": "x", "args": []}',
        b'{"id": 1, "cancel": 1}',
        b'{"id": 1, "verb": "x", "args": {"a": ' + b"[" * 100 + b"]" * 100 + b"}}",
        b"[" * 500_000,
        b'{"id": ' + b"9" * 10_000 + b"}",
    ],
)
def test_what_is_not_a_request_is_refused_in_words(line):
    with pytest.raises(BadRequest, match=r"\w+ \w+"):
        frames.decode_request(line)


@pytest.mark.parametrize("line", [b'{"id": 1}', b'{"id": 1, "ok": 3}', b'{"id": 1, "error": "no"}'])
def test_what_is_not_an_answer_is_refused(line):
    with pytest.raises(BadRequest):
        frames.decode_answer(line)


def test_a_line_is_never_too_long():
    fitting = frames.encode(Ok(1, {"x": "a" * (LINE_LIMIT - 100)}))
    assert len(fitting) <= LINE_LIMIT
    with pytest.raises(GateError, match="does not fit"):
        frames.encode(Ok(1, {"x": "가" * (LINE_LIMIT // 3)}))


def test_times_ids_and_paths_have_a_form():
    at = datetime(2026, 11, 21, 6, 0, 12, tzinfo=ZoneInfo("Asia/Seoul"))
    run = uuid.UUID(int=1)
    value = {"at": at, "took": timedelta(seconds=12), "run": run, "path": PurePosixPath("/a"), "l": (at,)}
    expected = {"at": "2026-11-20T21:00:12+00:00", "took": 12.0, "run": str(run), "path": "/a"}
    expected["l"] = [expected["at"]]
    assert frames.plain(value) == expected
    assert json.loads(frames.encode(Ok(1, value)))["ok"] == expected


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(errors.ModelError):
        frames.encode(Ok(1, {"at": datetime(2026, 11, 21)}))  # noqa: DTZ001 - that is the point
    with pytest.raises(TypeError):
        frames.encode(Ok(1, {"x": object()}))
    assert frames.plain({"at": datetime(2026, 1, 1, tzinfo=UTC)}) == {"at": "2026-01-01T00:00:00+00:00"}


def test_errors_arrive_as_what_they_were():
    for kind in (NotFound, Refused, BatmonError, errors.StoreUnavailable, errors.RunnerError, errors.ConfigError):
        frame = frames.failure(3, kind("what", hint="do"))
        back = frames.raised(frame)
        assert type(back) is kind
        assert (str(back), back.hint) == ("what", "do")
    assert type(frames.raised(Failure(1, "of-tomorrow", "what"))) is GateError


@pytest.mark.parametrize("fact", [float("nan"), float("inf"), float("-inf"), ["x"], {"a": "b"}, None])
def test_a_fact_that_is_neither_text_nor_a_number_stays_behind(fact):
    sent = frames.encode(frames.failure(3, NotFound(Sentence("what", "do", "of-tomorrow", {"name": fact, "most": 7}))))
    assert json.loads(sent)["error"]["facts"] == {"most": 7}
    strange = Failure(3, "not_found", "what", "do", "of-tomorrow", {"name": fact, "most": 7})
    assert frames.raised(strange).sentence.facts == {"most": 7}


def test_what_an_error_says_is_harmless_and_has_an_end_whoever_sent_it():
    hostile = "\x1b[2J\u202e\ud800\n" + "가" * 500_000
    error = NotFound(Sentence(hostile, hostile, "of-tomorrow", {"name": hostile}))
    line = frames.encode(frames.failure(3, error))
    assert len(line) < 40_000
    foreign = frames.raised(Failure(3, "not_found", hostile, hostile, "of-tomorrow", {"name": hostile}))
    assert foreign.sentence.parts() == frames.raised(frames.decode_answer(line)).sentence.parts()
    assert foreign.sentence.text.startswith("\u241b[2J⟨U+202E⟩⟨U+D800⟩\u240a가")


def test_every_code_can_be_raised_and_says_something():
    for code in ("delivery", "of-tomorrow", "", "not_found"):
        assert str(frames.raised(Failure(1, code, "what"))) == "what"
    silent = frames.decode_answer(b'{"id": 1, "error": {"code": null, "message": ["a"], "hint": {}, "reason": 7}}')
    assert silent == Failure(1, "gate", "")
    assert str(frames.raised(silent)) == "the daemon refused: gate"
