from types import SimpleNamespace

import pytest

from batmon.record.batch_results import outcome


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, (True, 0, 0, ())),
        (100, (True, 100, 0, ())),
        ({"processed": 100, "failed": 0}, (True, 100, 0, ())),
        ({"processed": 98, "failed": 2}, (False, 98, 2, ())),
        ({"processed": 98, "failed": 2, "success": True}, (True, 98, 2, ())),
        ({"success": False, "errors": ["로그인 실패"]}, (False, 0, 0, ("로그인 실패",))),
        ({"processed": 3, "error": "중간에 끊김"}, (False, 3, 0, ("중간에 끊김",))),
        ({"processed": 3, "error": "", "errors": [], "took": 3.2}, (True, 3, 0, ())),
        ({"error": ValueError("표 없음")}, (False, 0, 0, ("표 없음",))),
        (SimpleNamespace(processed=7, failed=1), (False, 7, 1, ())),
    ],
)
def test_what_the_work_returned_is_understood(returned, said):
    assert outcome(returned) == said


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (True, "returned True"), ("성공", "returned '성공'"), ([1], "returned a list"), (1.5, "returned a float"),
        ({"processed": "100"}, "processed must be a whole number, not '100'"),
        ({"failed": True}, "failed must be a whole number"), ({"success": 1}, "success must be True or False"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_said(returned, words):
    with pytest.raises(TypeError, match=words.replace("(", r"\(")):
        outcome(returned)


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="may not be negative: -1"):
        outcome({"processed": -1})


def test_a_coroutine_that_nobody_awaits_is_refused_and_closed():
    async def work():
        return 1

    with pytest.raises(TypeError, match="async def"):
        outcome(work())
