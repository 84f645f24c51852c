import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from batmon.model import RunStatus, run_status
from batmon.record import ops
from batmon.record.run_log import RunLog


@pytest.mark.parametrize(
    ("name", "words"),
    [(None, "needs the name"), ("  ", "needs the name"), ("x" * 51, "51 characters"), ("a/b", "without '/'"),
     ("a\n", None), ("a\tb", "printable")],
)  # fmt: skip
def test_names_of_bots(name, words):
    if words is None:
        assert ops.bot_name(name) == name.strip()
        return
    with pytest.raises(ValueError, match=words):
        ops.bot_name(name)


def test_long_texts_are_cut_where_it_hurts_least():
    assert ops.task_name("가" * 200) == "가" * 99 + "…"
    assert ops.task_name(None) == ""
    message = ops.message("begin" + "x" * 9000)
    assert len(message) == ops.LONGEST_MESSAGE
    assert message.startswith("begin")
    details = ops.error_details("x" * 200_000 + "the reason")
    assert len(details) == ops.LONGEST_ERROR
    assert details.endswith("the reason")
    assert details.startswith("... 100010 characters left out ...\n")


def test_the_longest_line_fits_the_protocol():
    worst = "\x01" * 1_000_000
    now = datetime.now(UTC)
    op = ops.ended(
        ops.new_run_id(), "FAILED", now, message=ops.message(worst), error_details=ops.error_details(worst),
        processed_count=1, begun=("b" * 50, "\x01" * 100, now),
    )  # fmt: skip
    assert len(json.dumps(op, ensure_ascii=False).encode()) < 1 << 20


@pytest.mark.parametrize("word", sorted(ops.SUCCEEDED | ops.FAILED))
def test_status_words_mean_what_the_judge_reads(word):
    assert ops.status(word.lower()) == word.lower()
    assert run_status(word) is (RunStatus.SUCCESS if word in ops.SUCCEEDED else RunStatus.FAILED)


@pytest.mark.parametrize("word", ["", "RUNNING", "SUCESS", None, "x" * 100])
def test_other_words_end_no_run(word):
    with pytest.raises(ValueError, match="use 'SUCCESS' or 'FAILED'"):
        ops.status(word)


@pytest.mark.parametrize("count", [-1, 2**31, "3", 1.5, None])
def test_what_is_no_count(count):
    with pytest.raises(ValueError, match="processed must be"):
        ops.count(count, "processed")


def test_ids():
    given = ops.new_run_id()
    assert uuid.UUID(given).version == 4
    assert str(uuid.UUID(given)) == given
    assert uuid.UUID(given).variant == uuid.RFC_4122
    assert ops.run_key(given.upper()) == ops.run_key(uuid.UUID(given)) == given
    assert ops.run_key(4711) == ops.run_key(" 4711 ") == 4711
    for wrong in ("", "x", True, None, 1.5):
        with pytest.raises(ValueError, match="log_id"):
            ops.run_key(wrong)


def test_text_is_such_that_json_and_postgres_take_it():
    assert ops.text("a\0b") == "a\\x00b"
    assert ops.text("\udcff한글") == "\\udcff한글"
    assert ops.text(b"\xff") == "\\xff"

    class Rude:
        def __str__(self):
            raise RuntimeError

        __repr__ = __str__

    assert "Rude object" in ops.text(Rude())


def test_an_exception_that_cannot_be_printed_is_a_failure_still():
    class Rude(Exception):
        def __str__(self):
            raise RuntimeError

    assert "Rude" in ops.error_details(Rude())
    assert ops.said(Rude()).startswith("Rude: ")


def test_a_moment_is_later_than_the_one_before():
    later = datetime.now(UTC) + timedelta(days=1)
    assert ops.now(later) == later + timedelta(microseconds=1)
    assert ops.now(later).tzinfo is not None


@pytest.mark.parametrize("wrong", [{"account": ""}, {"account": "x" * 501}, {"account": "a", "processed": -1}])
def test_wrong_items(wrong, tmp_path):
    run = RunLog("Bot", state=tmp_path).run()
    with pytest.raises(ValueError, match=r"account|processed"):
        run.item(**wrong)


def test_wrong_use_is_said_before_anything_is_recorded(tmp_path):
    with pytest.raises(ValueError, match="at most 50"):
        RunLog("x" * 51)
    log = RunLog(state=tmp_path)
    with pytest.raises(ValueError, match="needs the name"):
        log.start_log()
    with pytest.raises(ValueError, match="use 'SUCCESS'"):
        log.end_log(ops.new_run_id(), "GOOD")
    with pytest.raises(ValueError, match="not by the number"):
        log.record_item("4711", "a")
    assert list(tmp_path.iterdir()) == []
