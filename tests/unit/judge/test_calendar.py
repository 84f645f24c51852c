"""Free days: Korea's of two years, the company's own, and what is due around them."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batmon.config.calendars import CalendarConfig, calendar_of
from batmon.judge.calendar import Calendar, YearDay
from batmon.judge.schedule import Schedule
from batmon.judge.slots import Slots
from batmon.model import Program

SEOUL = ZoneInfo("Asia/Seoul")

KOREA_2026 = """
01-01 02-16 02-17 02-18 03-01 03-02 05-01 05-05 05-24 05-25 06-03 06-06 07-17 08-15 08-17 09-24 09-25 09-26 10-03
10-05 10-09 12-25
"""
"""설날 16 to 18 February, 추석 24 to 26 September; 대체공휴일 2 March (삼일절), 25 May (부처님오신날), 17 August
(광복절), 5 October (개천절); the local elections; 노동절 and 제헌절 are public holidays from this year on."""
KOREA_2027 = """
01-01 02-06 02-07 02-08 02-09 03-01 05-01 05-03 05-05 05-13 06-06 07-17 07-19 08-15 08-16 09-14 09-15 09-16 10-03
10-04 10-09 10-11 12-25 12-27
"""
"""설날 falls on a Sunday: 9 February stands in for it."""


def days(year, text):
    return {date.fromisoformat(f"{year}-{word}") for word in text.split()}


@pytest.mark.parametrize(("year", "expected"), [(2026, KOREA_2026), (2027, KOREA_2027)])
def test_the_free_days_of_korea(year, expected):
    korea = calendar_of(CalendarConfig("korea", country="KR"))
    every = (date(year, 1, 1) + timedelta(days=number) for number in range(365))
    assert {day for day in every if korea.is_free(day)} == days(year, expected)


def test_company_days_working_days_and_weekends():
    calendar = calendar_of(
        CalendarConfig(
            "c", country="KR", company_days=("2025-05-01", "12-31"), working_days=("2026-12-25", "02-16"), weekend=True
        )
    )
    free = {
        "2025-05-01": True,  # 근로자의 날, before it was a public holiday
        "2024-05-01": False,
        "2026-12-31": True,
        "2031-12-31": True,
        "2026-12-25": False,
        "2027-12-24": False,
        "2026-02-16": False,
        "2026-02-17": True,
        "2026-11-21": True,  # a Saturday
        "2026-11-23": False,
    }
    assert {day: calendar.is_free(date.fromisoformat(day)) for day in free} == free
    assert not calendar_of(CalendarConfig("none")).is_free(date(2026, 1, 1))


def test_each_year_is_asked_for_once():
    asked = []

    def holidays_of(year):
        asked.append(year)
        return {date(year, 5, 5)}

    calendar = Calendar("c", holidays_of)
    assert calendar.is_free(date(2026, 5, 5))
    assert not calendar.is_free(date(2026, 5, 6))
    assert calendar.is_free(date(2027, 5, 5))
    assert asked == [2026, 2027]


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL).astimezone(UTC)


def test_nothing_is_due_on_free_days():
    korea = calendar_of(CalendarConfig("korea", country="KR", company_days=("12-31",), weekend=True))
    schedule = Schedule(("0 6 * * *",), "Asia/Seoul", korea)
    assert schedule.next_due(at("2026-02-13 07:00")) == at("2026-02-19 06:00")
    assert schedule.last_due(at("2026-02-18 23:00")) == at("2026-02-13 06:00")
    assert schedule.interval(at("2026-02-19 06:00")) == timedelta(days=6)
    assert schedule.due_between(at("2026-12-29 00:00"), at("2027-01-05 00:00")) == [
        at("2026-12-29 06:00"), at("2026-12-30 06:00"), at("2027-01-04 06:00"),
    ]  # fmt: skip
    program = Program("p", Path("/srv"), ("0 6 * * *",), timezone="Asia/Seoul")
    slots = Slots(program, [], korea)
    found = slots.unsatisfied(at("2026-09-22 12:00"), at("2026-09-28 12:00"), since=at("2026-01-01 00:00"))
    assert found == [at("2026-09-23 06:00"), at("2026-09-28 06:00")]


def test_the_local_date_of_the_due_time_counts():
    calendar = Calendar("c", company_days=(YearDay(11, 20),))
    for zone, due in (("Asia/Seoul", "2026-11-21T00:30+09:00"), ("America/New_York", "2026-11-21T00:30-05:00")):
        start = datetime(2026, 11, 19, 12, tzinfo=ZoneInfo(zone))
        found = Schedule(("30 0 * * *",), zone, calendar).next_due(start)
        assert found == datetime.fromisoformat(due)


def test_a_schedule_without_a_working_day_is_never_due():
    weekend = Calendar("c", weekend=True)
    for expression in ("0 6 * * 6", "*/5 * * * 0,6"):
        schedule = Schedule((expression,), "Asia/Seoul", weekend)
        assert schedule.next_due(at("2026-11-21 00:00")) is None
        assert schedule.last_due(at("2026-11-21 00:00")) is None
    assert Schedule(("0 6 29 2 *",), "UTC", weekend).next_due(at("2026-11-21 00:00")).date() == date(2028, 2, 29)


@settings(max_examples=100, deadline=None)
@given(
    free=st.sets(st.integers(0, 60), max_size=30), weekend=st.booleans(),
    expression=st.sampled_from(["0 6 * * *", "*/30 * * * *", "30 2 * * *", "0 6 * * 1-5", "15 1 1,15 * *"]),
    zone=st.sampled_from(["Asia/Seoul", "America/New_York", "Australia/Lord_Howe"]),
)  # fmt: skip
def test_due_times_are_those_of_the_expression_without_the_free_days(free, weekend, expression, zone):
    first = date(2026, 10, 1)  # both change-over days of autumn and of spring in the south lie ahead
    calendar = Calendar("c", lambda _: {first + timedelta(days=n) for n in free}, weekend=weekend)
    start = datetime.combine(first, time(), UTC)
    end = start + timedelta(days=62)
    plain, kept = (Schedule((expression,), zone, c).due_between(start, end, limit=10_000) for c in (None, calendar))
    assert kept == [due for due in plain if not calendar.is_free(due.astimezone(ZoneInfo(zone)).date())]
    moment, forward = start, []
    schedule = Schedule((expression,), zone, calendar)
    while (moment := schedule.next_due(moment)) is not None and moment <= end and len(forward) < 40:
        forward.append(moment)
    assert forward == kept[: len(forward)]
