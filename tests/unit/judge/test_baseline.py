"""What is usual for a run, and when one that succeeded is not: histories of a program, told day by day."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batmon.judge.baseline import FAR, LEAST_RUNS, LEAST_WEEKDAYS, Success, question, usual
from batmon.judge.calendar import Calendar, YearDay
from batmon.model import Origin, Program, Reason, Run, RunStatus

SEOUL = ZoneInfo("Asia/Seoul")
DAILY = Program("kindscrap", Path("/srv"), ("0 6 * * *",), timezone="Asia/Seoul")
MONDAY = date(2026, 11, 16)


def six(day, zone=SEOUL, clock="06:00"):
    return datetime.combine(day, datetime.strptime(clock, "%H:%M").time(), zone).astimezone(UTC)  # noqa: DTZ007


def ran(start, seconds=41.0, processed=120, **extra):
    return Run(
        run_id=uuid.uuid4(), program="kindscrap", status=extra.pop("status", RunStatus.SUCCESS), start_time=start,
        end_time=None if seconds is None else start + timedelta(seconds=seconds), processed_count=processed, **extra,
    )  # fmt: skip


def judged(run, history, program=DAILY, calendar=None):
    """``(reason, facts)`` for ``run`` after the runs of ``history``, as the store would find them."""
    asked = question(program, run, calendar)
    if asked is None:
        return None
    found = {}
    for number, (since, until, most) in enumerate(asked.windows):
        within = [one for one in history if since <= one.start_time < until and one.status is RunStatus.SUCCESS]
        latest = sorted(within, key=lambda one: one.start_time, reverse=True)[:most]
        if latest:
            found[number] = [
                Success(o.start_time, None if o.duration is None else o.duration.total_seconds(), o.processed_count)
                for o in latest
            ]
    known = usual(asked, found)
    return None if known is None else known.oddity(run)


def days(count, figures=lambda _day, _n: (41.0, 120), until=MONDAY, clock="06:00"):
    """A run on each of ``count`` days before ``until``; ``figures(day, n)`` are seconds and items, None: no run."""
    runs = []
    for back in range(1, count + 1):
        day = until - timedelta(days=back)
        made = figures(day, back)
        if made is not None:
            runs.append(ran(six(day, clock=clock), *made))
    return runs


def noisy(seed=1, items=120, seconds=41.0):
    """About as many items and seconds every day."""
    source = random.Random(seed)  # noqa: S311 - no secret
    return lambda _day, _n: (seconds * source.lognormvariate(0, 0.1), round(items * source.lognormvariate(0, 0.1)))


def reason(found):
    return None if found is None else found[0]


def test_none_of_the_usual_items():
    found, facts = judged(ran(six(MONDAY), processed=0), days(90, noisy()))
    assert found is Reason.UNUSUAL_OUTPUT
    assert facts["processed"] == 0
    assert 105 <= facts["usual"] <= 135
    assert (facts["scope"], facts["samples"], facts["weekday"], facts["clock"]) == ("weekday", 12, 0, "06:00")


@pytest.mark.parametrize(
    ("seconds", "processed", "expected"),
    [
        (41, 120, None),
        (41, 70, None),  # more than half
        (41, 50, Reason.UNUSUAL_OUTPUT),
        (41, 5000, None),  # many items are no fault
        (15, 120, Reason.UNUSUAL_TIME),
        (25, 120, None),
        (15, 70, None),  # 15 s for 70 is 26 s for 120: still explained
        (24, 70, None),
        (200, 120, Reason.UNUSUAL_TIME),
        (110, 120, None),  # not three times
        (200, 600, None),  # five times as many items
        (None, 120, None),
        (0.2, 0, Reason.UNUSUAL_OUTPUT),  # one warning, the more telling one
    ],
)
def test_figures_against_a_steady_program(seconds, processed, expected):
    assert reason(judged(ran(six(MONDAY), seconds, processed), days(90, noisy(2)))) is expected


@pytest.mark.parametrize("known", range(15))
def test_the_first_weeks_are_quiet(known):
    assert judged(ran(six(MONDAY), processed=0), days(known, noisy())) is None


def test_after_them_all_weekdays_count_until_there_are_enough_of_one():
    for known, scope in ((20, "slot"), (7 * LEAST_WEEKDAYS - 1, "slot"), (7 * LEAST_WEEKDAYS, "weekday")):
        found, facts = judged(ran(six(MONDAY), processed=0), days(known, noisy()))
        assert (found, facts["scope"]) == (Reason.UNUSUAL_OUTPUT, scope)


def weekly(day, _n):
    """Nothing on weekends, a lot on Mondays."""
    if day.weekday() >= 5:
        return 5.0, 0
    return (90.0, 500) if day.weekday() == 0 else (41.0, 110 + day.day % 7)


@pytest.mark.parametrize("known", [14, 21, 35, 60, 84, 200])
@pytest.mark.parametrize("ahead", range(7))
def test_a_weekday_is_held_against_its_like(known, ahead):
    day = MONDAY + timedelta(days=ahead)
    history = days(known, weekly, until=day)
    seconds, items = weekly(day, 0)
    assert judged(ran(six(day), seconds, items), history) is None
    if known >= 60 and day.weekday() < 5:
        assert reason(judged(ran(six(day), seconds, 0), history)) is Reason.UNUSUAL_OUTPUT
        if day.weekday() == 0:
            assert reason(judged(ran(six(day), 41.0, 115), history)) is Reason.UNUSUAL_OUTPUT


def test_programs_that_never_count_or_vary_wildly_never_warn():
    source = random.Random(3)  # noqa: S311 - no secret
    for figures in (
        lambda *_: (41.0, 0),
        lambda *_: (source.lognormvariate(4, 2), round(source.lognormvariate(3, 2))),
        lambda *_: (source.uniform(1, 600), source.choice([0, 0, 0, 300])),
        lambda *_: (3.0, source.choice([0, 1, 2, 3])),
    ):
        history = days(90, figures)
        middle = sorted(run.duration.total_seconds() for run in history)[45]
        assert judged(ran(six(MONDAY), middle, 0), history) is None


def test_a_constant_count_that_falls_is_unusual():
    assert reason(judged(ran(six(MONDAY), processed=0), days(90, lambda *_: (41.0, 5)))) is Reason.UNUSUAL_OUTPUT
    few = days(90, lambda day, _n: (41.0, 4 + day.day % 3))
    assert judged(ran(six(MONDAY), processed=0), few) is None  # few and not the same: none may come by chance


def test_one_outage_does_not_hide_the_next_and_a_habit_is_none():
    usual_figures = noisy()

    def zeros(*weeks):
        return lambda day, n: (41.0, 0) if n in {7 * week for week in weeks} else usual_figures(day, n)

    assert reason(judged(ran(six(MONDAY), processed=0), days(90, zeros(3)))) is Reason.UNUSUAL_OUTPUT
    assert reason(judged(ran(six(MONDAY), processed=0), days(90, zeros(3, 7)))) is Reason.UNUSUAL_OUTPUT
    assert judged(ran(six(MONDAY), processed=0), days(90, zeros(1, 3, 5, 7, 9))) is None


def test_long_runs_at_the_turn_of_the_month_are_known_after_two_of_them():
    def figures(day, _n):
        return (410.0 + day.day, 0) if (day + timedelta(days=1)).day == 1 else (41.0 + day.day % 5, 0)

    last = date(2026, 11, 30)
    assert judged(ran(six(last), 430.0, 0), days(90, figures, until=last)) is None
    assert reason(judged(ran(six(last), 430.0, 0), days(50, figures, until=last))) is Reason.UNUSUAL_TIME


def test_repetitions_add_to_what_their_slot_yielded():
    history = days(90, noisy())
    good = ran(six(MONDAY), processed=118)
    again = ran(six(MONDAY) + timedelta(hours=3), seconds=2, processed=0, origin=Origin.RERUN)
    assert judged(again, [*history, good]) is None
    empty = ran(six(MONDAY), processed=0)
    assert reason(judged(again, [*history, empty])) is Reason.UNUSUAL_OUTPUT
    mended = ran(six(MONDAY) + timedelta(hours=3), seconds=300, processed=119, origin=Origin.RERUN)
    assert judged(mended, [*history, empty]) is None


def test_what_belongs_to_no_slot_is_not_judged():
    weekly_program = replace(DAILY, schedule=("0 6 * * 1",))
    assert question(weekly_program, ran(six(MONDAY + timedelta(days=2)))) is None
    unscheduled = replace(DAILY, schedule=())
    assert question(unscheduled, ran(six(MONDAY), origin=Origin.RERUN)) is None
    history = days(40, noisy())
    found, facts = judged(ran(six(MONDAY), processed=0), history, unscheduled)
    assert (found, facts["scope"], facts["weekday"], facts["clock"]) == (Reason.UNUSUAL_OUTPUT, "runs", None, "")


@pytest.mark.parametrize(
    "run",
    [
        ran(six(MONDAY), status=RunStatus.FAILED),
        ran(six(MONDAY), None, status=RunStatus.RUNNING),
        ran(six(MONDAY), None, status=RunStatus.MISSED),
    ],
)
def test_only_success_is_held_against_the_usual(run):
    assert question(DAILY, run) is None
    assert question(replace(DAILY, baseline=False), ran(six(MONDAY))) is None
    assert question(replace(DAILY, probe=True), ran(six(MONDAY))) is None


def test_free_days_are_left_out():
    first = MONDAY - timedelta(days=90)
    free = Calendar("c", company_days=tuple(YearDay(d.month, d.day, d.year) for d in (MONDAY, first)), weekend=True)
    assert question(DAILY, ran(six(MONDAY), processed=0), free) is None
    tuesday = MONDAY + timedelta(days=1)
    asked = question(DAILY, ran(six(tuesday)), free)
    assert len(asked.windows) == 3 + sum(not free.is_free(tuesday - timedelta(days=back)) for back in range(1, 85))
    history = days(90, lambda day, _n: (41.0, 120) if day.weekday() < 5 else (3.0, 0), until=tuesday)
    assert reason(judged(ran(six(tuesday), processed=0), history, calendar=free)) is Reason.UNUSUAL_OUTPUT


@pytest.mark.parametrize("change", [date(2026, 3, 8), date(2026, 11, 1)])
def test_a_slot_keeps_its_time_of_day_over_change_over_days(change):
    zone = ZoneInfo("America/New_York")
    program = replace(DAILY, timezone="America/New_York", schedule=("0 6 * * *",))
    for ahead in range(-1, 8):
        day = change + timedelta(days=ahead)
        asked = question(program, ran(six(day, zone)))
        assert asked.slot == six(day, zone)
        middle = [since + timedelta(seconds=60) for since, _, most in asked.windows[3:] if most]
        assert middle == [six(day - timedelta(days=back), zone) for back in range(1, 85)]


def test_frequent_programs_have_windows_that_do_not_overlap():
    mail = replace(DAILY, schedule=("*/5 * * * *",), grace=timedelta(minutes=20))
    asked = question(mail, ran(six(MONDAY) + timedelta(seconds=2)))
    since, until, _ = asked.windows[3]
    assert until - since == timedelta(minutes=5)
    assert since <= six(MONDAY) - timedelta(days=1) < until


@settings(max_examples=60, deadline=None)
@given(
    items=st.integers(0, 3000), seconds=st.floats(0, 4000), seed=st.integers(0, 99),
    known=st.integers(0, 120), factor=st.floats(1, 4),
)  # fmt: skip
def test_more_is_never_worse_and_no_shift_of_weeks_matters(items, seconds, seed, known, factor):
    history = days(known, noisy(seed))
    found = judged(ran(six(MONDAY), seconds, items), history)
    if known < LEAST_RUNS:
        assert found is None
    if reason(found) is not Reason.UNUSUAL_OUTPUT:
        better = judged(ran(six(MONDAY), seconds, round(items * factor) + 1), history)
        assert reason(better) is not Reason.UNUSUAL_OUTPUT
    shifted = [replace(one, start_time=one.start_time - timedelta(weeks=4), end_time=one.end_time - timedelta(weeks=4))
               for one in history]  # fmt: skip
    assert reason(judged(ran(six(MONDAY) - timedelta(weeks=4), seconds, items), shifted)) == reason(found)


def test_ordinary_days_of_an_ordinary_program_are_usual():
    source = random.Random(7)  # noqa: S311 - no secret
    runs = []
    odd = 0
    for number in range(400):
        day = MONDAY + timedelta(days=number)
        run = ran(six(day), 60 * source.lognormvariate(0, 0.25), round(200 * source.lognormvariate(0, 0.25)))
        odd += judged(run, runs[-90:]) is not None
        runs.append(run)
    assert odd == 0
    assert FAR >= 3
