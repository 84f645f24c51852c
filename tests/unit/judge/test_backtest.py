"""Rules replayed over recorded runs: what would have fired, when it would have been over, and how two rules differ."""

import random
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from batmon.judge.backtest import Firing, History, Rule, only_in, replay
from batmon.judge.calendar import Calendar
from batmon.judge.past_successes import PastSuccesses
from batmon.judge.verdict import NO_END
from batmon.model import Program, Reason, Run, RunStatus

SUCCESS, FAILED, RUNNING, MISSED = RunStatus.SUCCESS, RunStatus.FAILED, RunStatus.RUNNING, RunStatus.MISSED
SEOUL = ZoneInfo("Asia/Seoul")
DAILY = Program("kindscrap", Path("/srv"), ("0 6 * * *",), timezone="Asia/Seoul")
RULE = Rule.of(DAILY)
MONDAY = date(2026, 11, 2)
END = datetime(2026, 11, 21, 12, tzinfo=SEOUL).astimezone(UTC)


def six(day, **later):
    """06:00 on the ``day``-th day, and so much later."""
    start = datetime.combine(MONDAY + timedelta(days=day), datetime.min.time(), SEOUL) + timedelta(hours=6)
    return start.astimezone(UTC) + timedelta(**later)


def ran(day, status=SUCCESS, *, seconds=60.0, items=120, late=0.0, **extra):
    start = six(day, minutes=late)
    return Run(
        run_id=uuid.uuid4(), program="kindscrap", status=status, start_time=start,
        end_time=None if seconds is None else start + timedelta(seconds=seconds), processed_count=items, **extra,
    )  # fmt: skip


def fired(runs, rule=RULE, program=DAILY, *, since=None, until=END, calendar=None):
    history = History(program, runs, since=since or six(-90), until=until, calendar=calendar)
    return replay(program, rule, history)


def told(firings):
    return [(one.reason.value, one.at, one.resolved_at) for one in firings]


def test_one_incident_from_the_first_failure_to_the_next_success():
    runs = [ran(0), ran(1, FAILED, message="x"), ran(2, FAILED), *(ran(day) for day in range(3, 20))]
    (one,) = fired(runs)
    assert told([one]) == [("failed", six(1, minutes=1), six(3, minutes=1))]
    assert (one.run.run_id, one.due, one.facts["failures"]) == (runs[1].run_id, None, 1)
    (two,) = fired(runs, replace(RULE, alert_after=2))
    assert (two.run.run_id, two.facts["failures"]) == (runs[2].run_id, 2)
    assert fired(runs, replace(RULE, alert_after=3)) == []


def test_slots_without_a_run_fire_when_their_grace_ends():
    runs = [ran(day) for day in range(20) if day not in (4, 5)] + [ran(9, late=10)]
    (one,) = fired(runs)
    assert told([one]) == [("missed", six(4, minutes=20), six(6, minutes=1))]
    assert (one.due, one.run) == (six(4), None)
    late = [ran(day, late=15) for day in range(20)]
    assert fired(late) == []
    strict = fired(late, replace(RULE, grace=timedelta(minutes=10)))
    assert [one.due for one in strict] == [six(day) for day in range(1, 20)]  # the first run begins the history
    assert {one.resolved_at - one.at for one in strict} == {timedelta(minutes=6)}
    assert len(fired(late, replace(RULE, grace=timedelta(minutes=10), alert_after=5))) == 19  # missed: at once


def test_a_missed_slot_between_two_failures_counts_as_one():
    runs = [ran(0), ran(1, FAILED), ran(3, FAILED), *(ran(day) for day in range(4, 20))]
    quiet = Calendar("c", lambda _: {MONDAY + timedelta(days=2)})
    assert [one.reason for one in fired(runs, replace(RULE, alert_after=3))] == [Reason.MISSED]
    assert fired(runs, replace(RULE, alert_after=3), calendar=quiet) == []
    assert len(fired(runs, replace(RULE, alert_after=2), calendar=quiet)) == 1


def test_long_runs_fire_at_the_longest_run_time_and_not_with_a_longer_one():
    runs = [*(ran(day) for day in range(20) if day != 7), ran(7, seconds=2700)]
    (one,) = fired(runs, replace(RULE, baseline=False))
    assert told([one]) == [("hung", six(7, minutes=30), six(7, minutes=45))]
    assert one.run.run_id == runs[-1].run_id
    assert fired(runs, replace(RULE, baseline=False, max_runtime=timedelta(hours=1))) == []


def test_a_run_that_was_closed_without_an_end_was_hung():
    closed = ran(7, FAILED, seconds=1800, message=NO_END)
    runs = [*(ran(day) for day in range(20) if day != 7), closed]
    (one,) = fired(runs, replace(RULE, max_runtime=timedelta(hours=2)))
    assert told([one]) == [("hung", six(7, hours=2), six(8, minutes=1))]


def test_short_runs_fire_where_that_is_asked_for():
    runs = [*(ran(day) for day in range(20) if day != 7), ran(7, seconds=4)]
    (one,) = fired(runs, replace(RULE, min_runtime=timedelta(seconds=10)))
    assert told([one]) == [("too_short", six(7, seconds=4), six(8, minutes=1))]
    assert fired(runs) == []


def test_unusual_runs_fire_with_the_baseline():
    runs = [*(ran(day) for day in range(-90, 20) if day != 7), ran(7, items=0)]
    (one,) = fired(runs, since=six(0))
    assert told([one]) == [("unusual_output", six(7, minutes=1), six(8, minutes=1))]
    assert fired(runs, replace(RULE, baseline=False), since=six(0)) == []


def test_rows_of_missed_runs_and_runs_ahead_of_the_clock_are_passed_over():
    runs = [ran(day) for day in range(20)]
    assert fired([*runs, ran(5, MISSED, seconds=None), ran(60, FAILED)]) == []
    assert fired([]) == []
    assert fired([ran(day, seconds=None) for day in range(20)]) == []  # a record that says no end


def test_what_is_only_in_one():
    def firing(at, end):
        return Firing(six(at), Reason.FAILED, {}, None, None, None if end is None else six(end))

    one = [firing(0, 2), firing(5, 6), firing(9, None)]
    other = [firing(1, 3), firing(6, 7), firing(12, 13)]
    assert only_in(one, other) == [one[1]]
    assert only_in(other, one) == [other[1]]
    assert only_in(one, []) == one
    assert only_in([], one) == []


FATES = st.sampled_from(["good", "good", "good", "failed", "missed", "late", "long", "short", "empty"])


def history_of(fates):
    runs = []
    for day, fate in enumerate(fates):
        if fate == "missed":
            continue
        runs.append(
            ran(
                day - len(fates) + 19,
                FAILED if fate == "failed" else SUCCESS,
                seconds={"long": 2400.0, "short": 3.0}.get(fate, 60.0 + day % 5),
                items=0 if fate == "empty" else 100 + day % 9,
                late=12.0 if fate == "late" else 0.0,
            )
        )
    return runs


@settings(max_examples=60, deadline=None)
@given(fates=st.lists(FATES, min_size=2, max_size=60), more=st.integers(2, 4))
def test_milder_rules_fire_only_while_the_stricter_one_does(fates, more):
    runs = history_of(fates)
    plain = replace(RULE, min_runtime=timedelta(seconds=10))
    present = fired(runs, plain)
    assert all(one.resolved_at is None or one.at < one.resolved_at for one in present)
    assert all(one.resolved_at is not None and one.resolved_at <= two.at for one, two in pairwise(present))
    for milder in (
        replace(plain, alert_after=more),
        replace(plain, grace=timedelta(minutes=30)),
        replace(plain, max_runtime=timedelta(hours=1)),
        replace(plain, min_runtime=None),
        replace(plain, baseline=False),
    ):
        assert only_in(fired(runs, milder), present) == []


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    spread=st.sampled_from([0.05, 0.2, 0.5]),
    calendar=st.sampled_from([None, Calendar("c", weekend=True)]),
)
@example(seed=1475, spread=0.5, calendar=None)  # thirteen days are too few to hold a run against
def test_looking_fast_finds_what_looking_closely_finds(seed, spread, calendar):
    source = random.Random(seed)  # noqa: S311 - no secret
    runs = []
    for day in range(-90, 20):
        odd = source.random()
        runs.append(
            ran(
                day, FAILED if odd > 0.97 else SUCCESS,
                seconds=60 * source.lognormvariate(0, spread) * (0.2 if odd < 0.03 else 6 if odd < 0.05 else 1),
                items=round(120 * source.lognormvariate(0, spread) * (0 if 0.05 < odd < 0.1 else 1)),
                late=source.choice([0, 0, 0, 15, 90]),
            )
        )  # fmt: skip
    runs.sort(key=lambda run: run.start_time)
    history = History(DAILY, runs, since=six(-90), until=END, calendar=calendar)
    past = PastSuccesses(DAILY, history.runs, history.due, calendar)
    for run in runs:
        known = past.usual(run)
        assert past.odd(run) == (known is not None and known.oddity(run) is not None)


def test_a_month_of_frequent_runs():
    minutes = 5
    program = replace(
        DAILY, schedule=(f"*/{minutes} * * * *",), grace=timedelta(minutes=3), max_runtime=timedelta(minutes=4)
    )
    runs = []
    for number in range(30 * 24 * 60 // minutes):
        if number == 1000:
            continue
        start = six(-15, minutes=minutes * number, seconds=2)
        status = FAILED if number in (2000, 2001, 2002, 4000) else SUCCESS
        runs.append(
            Run(run_id=uuid.uuid4(), program="kindscrap", status=status, start_time=start,
                end_time=start + timedelta(seconds=3), processed_count=number % 3)
        )  # fmt: skip
    assert [one.reason.value for one in fired(runs, Rule.of(program), program, until=runs[-1].end_time)] == [
        "missed", "failed", "failed",
    ]  # fmt: skip
    patient = replace(Rule.of(program), alert_after=3)
    assert [one.facts.get("failures") for one in fired(runs, patient, program, until=runs[-1].end_time)] == [None, 3]
