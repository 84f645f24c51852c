from datetime import UTC, datetime, timedelta

import pytest

from batmon.judge.catching_up import days, decide

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
HOURS = [NOW - timedelta(hours=number) for number in (3, 2, 1)]


@pytest.mark.parametrize(
    ("catch_up", "run"), [("none", [False] * 3), ("last", [False, False, True]), ("all", [True] * 3)]
)
def test_what_was_missed(catch_up, run):
    decided = decide(HOURS, NOW, catch_up)
    assert [one.slot for one in decided] == HOURS
    assert [not one.skipped for one in decided] == run


@pytest.mark.parametrize("catch_up", ["none", "last", "all"])
def test_what_is_on_time_is_run_whatever_was_missed_before(catch_up):
    decided = decide([*HOURS, NOW - timedelta(seconds=59), NOW], NOW, catch_up)
    assert [not one.skipped for one in decided] == [catch_up == "all"] * 3 + [True, True]
    assert decide([], NOW, catch_up) == []


def test_the_days_around_midnight_in_seoul():
    found = days(datetime(2025, 12, 31, 15, tzinfo=UTC), "Asia/Seoul")
    assert {key: str(value) for key, value in found.items()} == {
        "today": "2026-01-01",
        "yesterday": "2025-12-31",
        "this_month": "2026-01-01",
        "last_month": "2025-12-01",
        "timezone": "Asia/Seoul",
        "today_start": "2025-12-31 15:00:00+00:00",
        "yesterday_start": "2025-12-30 15:00:00+00:00",
        "month_start": "2025-12-31 15:00:00+00:00",
        "last_month_start": "2025-11-30 15:00:00+00:00",
    }


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 30), 23), ((2026, 10, 26), 25), ((2026, 6, 2), 24)])
def test_yesterday_is_as_long_as_it_was(day, hours):
    found = days(datetime(*day, 12, tzinfo=UTC), "Europe/Berlin")
    assert found["today_start"] - found["yesterday_start"] == timedelta(hours=hours)
