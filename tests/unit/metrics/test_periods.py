"""Periods: what people call them, what they are compared with, and their moments in every time zone."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batmon.errors import ModelError
from batmon.metrics.periods import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST_DAYS,
    NAMES,
    Period,
    asked_for,
    chosen,
    completed,
    midnight,
    named,
    so_far,
)

TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)
days = st.dates(date(1971, 1, 1), date(2100, 12, 31))
periods = st.builds(lambda start, length: Period(start, start + length * DAY), days, st.integers(0, 1000))
zones = st.sampled_from(
    ["UTC", "Asia/Seoul", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo",
     "Asia/Kathmandu", "America/Havana", "Pacific/Apia", "Asia/Beirut", "Africa/Casablanca", "Pacific/Chatham"]
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "start", "end", "before"),
    [
        ("week", "2026-11-14", "2026-11-20", ("2026-11-07", "2026-11-13")),
        ("month", "2026-11-01", "2026-11-21", ("2026-10-01", "2026-10-21")),
        (" Month ", "2026-11-01", "2026-11-21", ("2026-10-01", "2026-10-21")),
        ("2026-11", "2026-11-01", "2026-11-21", ("2026-10-01", "2026-10-21")),
        ("last-month", "2026-10-01", "2026-10-31", ("2026-09-01", "2026-09-30")),
        ("2024-02", "2024-02-01", "2024-02-29", ("2024-01-01", "2024-01-31")),
        ("quarter", "2026-10-01", "2026-11-21", ("2026-08-10", "2026-09-30")),
        ("2026-Q4", "2026-10-01", "2026-11-21", ("2026-08-10", "2026-09-30")),
        ("last-quarter", "2026-07-01", "2026-09-30", ("2026-04-01", "2026-06-30")),
        ("2026-q1", "2026-01-01", "2026-03-31", ("2025-10-01", "2025-12-31")),
        ("year", "2026-01-01", "2026-11-21", ("2025-02-10", "2025-12-31")),
        ("2026", "2026-01-01", "2026-11-21", ("2025-02-10", "2025-12-31")),
        ("last-year", "2025-01-01", "2025-12-31", ("2024-01-01", "2024-12-31")),
        ("30d", "2026-10-23", "2026-11-21", ("2026-09-23", "2026-10-22")),
        ("1d", "2026-11-21", "2026-11-21", ("2026-11-20", "2026-11-20")),
    ],
)
def test_what_people_call_a_period(text, start, end, before):
    period = named(text, TODAY)
    assert period == Period(date.fromisoformat(start), date.fromisoformat(end))
    assert period.before() == Period(*map(date.fromisoformat, before))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "last-week",
        "weekly",
        "2026-13",
        "2026-0",
        "2026-Q5",
        "1969",
        "9999",
        "0d",
        "d",
        "-3d",
        "２０２６",
        "2026-11-21",
    ],
)
def test_what_nobody_calls_one_is_refused_with_what_they_do(text):
    with pytest.raises(ModelError, match="is no period") as caught:
        named(text, TODAY)
    assert "last-quarter" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "words"), [("2026-12", "has not begun"), ("2027", "has not begun"), ("9999d", "9,999 days")]
)
def test_what_has_not_begun_or_is_too_long_is_refused(text, words):
    with pytest.raises(ModelError, match=words):
        named(text, TODAY)


def test_the_last_day_of_a_month_is_the_whole_month():
    period = named("month", date(2026, 11, 30))
    assert period == named("2026-11", date(2026, 12, 5))
    assert period.before() == Period(date(2026, 10, 1), date(2026, 10, 31))
    assert named("month", date(2026, 3, 31)).before() == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert named("month", date(2026, 3, 30)).before() == Period(date(2026, 2, 1), date(2026, 2, 28))


def test_days_are_asked_for_by_name_or_by_themselves():
    assert asked_for(TODAY) == so_far("month", TODAY)
    assert asked_for(TODAY, usual="week") == so_far("week", TODAY)
    assert asked_for(TODAY, name="last-year") == completed("year", TODAY)
    assert asked_for(TODAY, start="2026-11-01") == Period(date(2026, 11, 1), TODAY)
    assert asked_for(TODAY, start="2026-11-01", end="2026-11-30") == Period(date(2026, 11, 1), date(2026, 11, 30))
    for wrong in (
        {"name": "month", "end": "2026-11-01"}, {"end": "2026-11-01"}, {"start": "1.11.2026"}, {"start": "2026-11-22"},
        {"start": "2026-11-20", "end": "2026-11-19"}, {"start": f"{FIRST_YEAR - 1}-12-31"},
        {"start": "2026-01-01", "end": f"{LAST_YEAR + 1}-01-01"},
    ):  # fmt: skip
        with pytest.raises(ModelError):
            asked_for(TODAY, **wrong)
    assert chosen(TODAY - (LONGEST_DAYS - 1) * DAY, TODAY, TODAY).days == LONGEST_DAYS
    with pytest.raises(ModelError, match=r"1,101 days"):
        chosen(TODAY - LONGEST_DAYS * DAY, TODAY, TODAY)


@given(st.sampled_from(NAMES), days)
def test_every_name_is_a_period_that_has_begun_and_one_before_it(name, today):
    period = named(name, today)
    assert period.start <= today
    assert period.end <= today
    before = period.before()
    assert before.end < period.start
    assert before.days <= period.days + 3 * 3


@given(periods)
def test_a_period_is_its_days(period):
    every = list(period)
    assert len(every) == period.days
    assert (every[0], every[-1]) == (period.start, period.end)
    assert all(after - before == DAY for before, after in pairwise(every))
    assert period.before().end < period.start


def test_a_period_cannot_end_before_it_begins():
    with pytest.raises(ModelError, match="cannot end"):
        Period(TODAY, TODAY - DAY)


@given(periods, zones)
def test_moments_are_the_first_and_the_one_after_the_last_of_its_days(period, name):
    since, until = period.moments(name)
    zone = ZoneInfo(name)
    assert since.utcoffset() is not None
    assert since <= until
    for moment, day in ((since, period.start), (until, period.end + DAY)):
        at = moment.astimezone(UTC)
        assert at.astimezone(zone).date() >= day
        assert (at - timedelta(microseconds=1)).astimezone(zone).date() < day
    parts = [Period(day, day).moments(name) for day in list(period)[:40]]
    assert all(before[1] == after[0] for before, after in pairwise(parts))


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", "2026-03-08", 23), ("America/New_York", "2026-11-01", 25),
        ("Europe/Berlin", "2026-03-29", 23), ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Asia/Seoul", "2026-03-29", 24), ("Pacific/Apia", "2011-12-30", 0),
        ("America/Sao_Paulo", "2018-11-04", 23), ("America/Havana", "2026-11-01", 25),
    ],
)  # fmt: skip
def test_a_day_may_be_longer_or_shorter(zone, day, hours):
    at = date.fromisoformat(day)
    since, until = Period(at, at).moments(zone)
    assert (until.astimezone(UTC) - since.astimezone(UTC)) == timedelta(hours=hours)


def test_midnight_is_that_of_the_zone():
    assert midnight(date(2026, 11, 21), ZoneInfo("Asia/Seoul")) == datetime(2026, 11, 20, 15, tzinfo=UTC)
