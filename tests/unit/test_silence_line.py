"""What is typed after ``batmon incident silence`` and after an action's name, with and without quotes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from batmon.commands.inbox import _others
from batmon.commands.incident import _timed

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "until", "why"),
    [
        (["2h", "vendor changes the password"], "2026-11-21T05:00:00+00:00", "vendor changes the password"),
        (["2h", "vendor", "changes"], "2026-11-21T05:00:00+00:00", "vendor changes"),
        (["tomorrow", "09:00", "bank", "holiday"], "2026-11-22T00:00:00+00:00", "bank holiday"),
        (["tomorrow 09:00", "x"], "2026-11-22T00:00:00+00:00", "x"),
        (["18:00", "09:00"], "2026-11-21T09:00:00+00:00", "09:00"),
    ],
)
def test_a_time_and_a_why_are_found_whether_quotes_came_through_or_not(line, until, why):
    assert _timed(line, SEOUL, NOW) == (datetime.fromisoformat(until), why)


@pytest.mark.parametrize("line", [["kindscrap", "2h", "why"], ["25:99", "x"], ["2h"], []])
def test_what_begins_with_no_time_or_gives_no_why_is_not_taken_apart(line):
    assert _timed(line, SEOUL, NOW) is None


def test_an_items_columns_have_local_times_and_no_words_of_python():
    row = {"id": 1, "title": "x", "at": "2026-11-21T17:52:39.783305+00:00", "urgent": True, "n": 5, "no": None,
           "text": "a\n b"}  # fmt: skip
    assert _others(row, SEOUL) == "at=2026-11-22 02:52:39  urgent=true  n=5  text=a b"
