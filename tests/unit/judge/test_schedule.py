"""Due times: a golden table for change-over days, cronsim as oracle for everything else."""

from __future__ import annotations

import time as clock
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from batmon.errors import ModelError
from batmon.judge.schedule import Schedule, check_expression

ZONES = ("Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
EXPRESSIONS = (
    "0 6 * * *", "0 7 * * *", "30 18 * * *", "*/5 * * * *", "* * * * *", "30 1 * * *", "30 2 * * *", "0 2 * * *",
    "15,45 2 * * *", "15 1,2,3 * * *", "0-30/10 2 * * *", "*/30 2 * * *", "0 */2 * * *", "30 * * * *", "*/30 1 * * *",
    "0 0 * * *", "59 23 * * *", "0 9-18 * * MON-FRI", "0 6 1 * *", "0 6 29 2 *", "30 2 * 3,10,11 0", "0 2 1 4 *",
    "0 3 */2 * MON", "0 3 13 * FRI", "0 12 L * *", "15 2 5,6 * *", "0 8 * * 1#1", "0 8 * * 7", "0 0,12 1 */2 *",
)  # fmt: skip


def local(expressions, zone, start, end):
    tz = ZoneInfo(zone)
    due = Schedule(tuple(expressions), zone).due_between(
        datetime.fromisoformat(start).replace(tzinfo=tz) - timedelta(seconds=1),
        datetime.fromisoformat(end).replace(tzinfo=tz),
    )
    return [moment.astimezone(tz).strftime("%d %H:%M%z") for moment in due]


@pytest.mark.parametrize(
    ("expression", "zone", "start", "end", "expected"),
    [
        # spring: 02:00 becomes 03:00; what was skipped runs at the change, once
        ("30 2 * * *", "Europe/Berlin", "2026-03-28", "2026-03-30T23:00",
         ["28 02:30+0100", "29 03:00+0200", "30 02:30+0200"]),
        ("15,45 2 * * *", "Europe/Berlin", "2026-03-29", "2026-03-29T23:00", ["29 03:00+0200"]),
        ("0 2,3 * * *", "Europe/Berlin", "2026-03-29", "2026-03-29T23:00", ["29 03:00+0200"]),
        ("*/30 2 * * *", "Europe/Berlin", "2026-03-29", "2026-03-29T23:00", []),
        ("0 */2 * * *", "Europe/Berlin", "2026-03-29", "2026-03-29T06:30",
         ["29 00:00+0100", "29 04:00+0200", "29 06:00+0200"]),
        ("30 2 * * *", "America/New_York", "2026-03-08", "2026-03-08T23:00", ["08 03:00-0400"]),
        # Lord Howe moves by half an hour, at 02:00
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-04", "2026-10-04T23:00", ["04 02:30+1100"]),
        # autumn: 03:00 becomes 02:00; what is repeated runs the first time, once
        ("30 2 * * *", "Europe/Berlin", "2026-10-24", "2026-10-26T23:00",
         ["24 02:30+0200", "25 02:30+0200", "26 02:30+0100"]),
        ("30 1 * * *", "America/New_York", "2026-11-01", "2026-11-01T23:00", ["01 01:30-0400"]),
        ("30 1 * * *", "Australia/Lord_Howe", "2026-04-05", "2026-04-05T23:00", ["05 01:30+1100"]),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-05", "2026-04-05T23:00", ["05 01:45+1100"]),
        # cronsim loses the first of these: it steps by hours where the clock moves by half an hour
        ("*/30 2 * * *", "Australia/Lord_Howe", "2026-04-05", "2026-04-05T23:00", ["05 02:00+1030", "05 02:30+1030"]),
        # elapsed: half-hourly stays half-hourly through the repeated hour
        ("*/30 * * * *", "Europe/Berlin", "2026-10-25T01:30", "2026-10-25T03:00",
         ["25 01:30+0200", "25 02:00+0200", "25 02:30+0200", "25 02:00+0100", "25 02:30+0100", "25 03:00+0100"]),
        ("0 6 * * *", "Asia/Seoul", "2026-11-20", "2026-11-21T23:00", ["20 06:00+0900", "21 06:00+0900"]),
    ],
)  # fmt: skip
def test_change_over_days(expression, zone, start, end, expected):
    assert local([expression], zone, start, end) == expected


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_agrees_with_cronsim(expression, zone):
    if (expression, zone) == ("*/30 2 * * *", "Australia/Lord_Howe"):
        return  # cronsim is wrong there: see the golden table
    tz = ZoneInfo(zone)
    schedule = Schedule((expression,), zone)
    # around both change-over days of these zones, and a quiet time
    for day in ("03-07", "03-28", "04-04", "07-01", "10-03", "10-24", "10-31T23:17"):
        start = datetime.fromisoformat(f"2026-{day}").replace(tzinfo=tz)
        oracle = CronSim(expression, start)
        at = start.astimezone(UTC)
        previous = None
        for _ in range(120 if expression.startswith("*") else 12):
            expected = next(oracle).astimezone(UTC)
            if expected == previous:
                continue  # cronsim may name the moment of the change twice
            at = schedule.next_due(at)
            assert at == expected
            assert schedule.last_due(at) == at
            previous = expected


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(EXPRESSIONS),
    st.sampled_from(ZONES),
    st.integers(0, 730 * 86_400).map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)),
)
def test_next_and_last_are_neighbours(expression, zone, at):
    schedule = Schedule((expression,), zone)
    following, last = schedule.next_due(at), schedule.last_due(at)
    assert last <= at < following
    assert schedule.next_due(last) == following
    assert schedule.last_due(following - timedelta(microseconds=1)) == last
    assert schedule.due_between(last, following) == [following]
    assert schedule.interval(following) == following - last


def test_several_expressions_are_one_schedule():
    schedule = Schedule(("0 7 * * *", "30 18 * * *", "0 7 * * *", "0 7 * * MON"), "Asia/Seoul")
    start = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)  # Monday 00:00 in Seoul
    due = schedule.due_between(start, start + timedelta(days=1))
    assert [moment.hour for moment in due] == [22, 9]


def test_between_keeps_the_latest():
    end = datetime(2026, 11, 21, tzinfo=UTC)
    due = Schedule(("* * * * *",), "UTC").due_between(end - timedelta(days=2), end, limit=3)
    assert due == [end - timedelta(minutes=2), end - timedelta(minutes=1), end]


def test_nothing_is_due_without_a_schedule():
    schedule = Schedule((), "UTC")
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert (schedule.next_due(now), schedule.last_due(now)) == (None, None)
    assert schedule.due_between(now - timedelta(days=9), now) == []


def test_a_naive_time_is_refused():
    with pytest.raises(ModelError, match="no time zone"):
        Schedule(("0 6 * * *",), "UTC").next_due(datetime(2026, 11, 21))  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize("expression", [*EXPRESSIONS, "@daily", "@HOURLY", " @weekly ", "0 0 15W * *"])
def test_good_expressions(expression):
    assert check_expression(expression) is None


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("0 6 * *", "has 4 fields; five are needed"),
        ("0 0 6 * * *", "has 6 fields"),
        ("", "has 0 fields"),
        ("61 * * * *", "out of range"),
        ("0 25 * * *", "is not a cron expression"),
        ("0 6 * * FUNDAY", "is not a cron expression"),
        ("0 0 30 2 *", "never comes"),
        ("@noon", "use one of @hourly"),
        ("h 6 * * *", "random or hashed"),
        ("0 r(1-5) * * *", "random or hashed"),
    ],
)
def test_bad_expressions_are_explained(expression, part):
    assert part in check_expression(expression)
    with pytest.raises(ModelError):
        Schedule((expression,), "UTC")


def test_an_unknown_zone_is_refused():
    with pytest.raises(ModelError, match="Asia/Soul"):
        Schedule(("0 6 * * *",), "Asia/Soul")


def test_ten_thousand_schedules_cost_nothing():
    now = datetime(2026, 11, 21, 2, 3, 4, tzinfo=UTC)
    started = clock.process_time()
    schedules = [Schedule((EXPRESSIONS[n % len(EXPRESSIONS)],), ZONES[n % len(ZONES)]) for n in range(10_000)]
    assert all(schedule.next_due(now) > now for schedule in schedules)
    assert clock.process_time() - started < 5.0  # croniter alone: 0.5 s for the step, 10 s for the parsing
