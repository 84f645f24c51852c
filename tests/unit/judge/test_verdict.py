"""Verdicts, missed runs and deadlines, from stories told in minutes after midnight in Seoul."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batmon.judge.schedule import Schedule
from batmon.judge.verdict import NO_END, NO_WORD, judge, late_after, undecided_since
from batmon.model import (
    LogEvidence,
    LogSight,
    LogSpan,
    LogState,
    Origin,
    ProcessEvidence,
    Program,
    Reason,
    RecordEvidence,
    Run,
    RunStatus,
    Status,
)

RUNNING, SUCCESS, FAILED = RunStatus.RUNNING, RunStatus.SUCCESS, RunStatus.FAILED
MIDNIGHT = datetime(2026, 11, 20, 15, tzinfo=UTC)  # in Seoul
SIGHT = LogSight(LogState.PRESENT)
DAILY = Program("kindscrap", Path("/srv"), ("0 6 * * *",), timezone="Asia/Seoul")
MAIL = Program(
    "fund_mail", Path("/srv"), ("*/5 * * * *",), timezone="Asia/Seoul",
    grace=timedelta(minutes=3), max_runtime=timedelta(minutes=20),
)  # fmt: skip


def at(minutes):
    return MIDNIGHT + timedelta(minutes=minutes)


def ran(start, end=None, status=None, origin=Origin.LOG, **extra):
    """A run from minute to minute."""
    return Run(
        run_id=uuid.uuid4(), program="p", status=status or (RUNNING if end is None else SUCCESS), start_time=at(start),
        end_time=None if end is None else at(end), origin=origin, **extra,
    )  # fmt: skip


def log(status, ended=None, **extra):
    return LogEvidence(status, LogSpan("a.log", 0), MIDNIGHT, None if ended is None else at(ended), **extra)


def verdict_of(program, runs, now, *, sight=SIGHT, since=-10_000, until=None, blind=None, **more):
    newest_first = sorted(runs, key=lambda run: run.start_time, reverse=True)
    return judge(
        program, newest_first, sight, watch_since=at(since), judged_until=at(now if until is None else until),
        now=at(now), blind=blind, **more,
    )  # fmt: skip


def says(program, runs, now, **more):
    verdict = verdict_of(program, runs, now, **more).verdict
    return verdict.status, verdict.reason


def test_succeeded():
    verdict = verdict_of(DAILY, [ran(360, 361, processed_count=7)], 400).verdict
    assert (verdict.status, verdict.reason) == (Status.OK, Reason.SUCCEEDED)
    assert (verdict.facts["start"], verdict.facts["duration_sec"], verdict.facts["processed"]) == (at(360), 60.0, 7)
    assert verdict.next_due == at(360 + 1440)
    assert verdict.deadline == at(361 + 1440)  # late one minute after the next slot


def test_failed_names_the_line():
    verdict = verdict_of(DAILY, [ran(360, 361, FAILED, message="로그인 실패"), ran(0, 1)], 400).verdict
    assert (verdict.status, verdict.reason, verdict.facts["line"]) == (Status.ERROR, Reason.FAILED, "로그인 실패")
    assert verdict.last_run.start_time == at(360)


@pytest.mark.parametrize(
    ("extra", "line"),
    [
        ({"log": log(FAILED, 1, first_error="x")}, "x"),
        ({"record": RecordEvidence(FAILED, "ERROR", "기록")}, "기록"),
        ({"error_details": "Traceback\n  a\nKeyError: 'x'\n"}, "KeyError: 'x'"),
        ({"process": ProcessEvidence(1, alive=False, exit_code=3)}, "exit code 3"),
        ({"record": RecordEvidence(FAILED, "HMM")}, "HMM"),
        ({}, ""),
    ],
)
def test_the_best_words_for_a_failure(extra, line):
    assert verdict_of(DAILY, [ran(360, 361, FAILED, **extra)], 400).verdict.facts["line"] == line


def test_a_slot_is_due_late_and_missed():
    runs = [ran(360 - 1440, 361 - 1440)]
    assert says(DAILY, runs, 360.9) == (Status.OK, Reason.SUCCEEDED)
    assert says(DAILY, runs, 361) == (Status.WARNING, Reason.LATE)
    late = verdict_of(DAILY, runs, 364).verdict
    assert (late.facts["due"], late.facts["grace_end"], late.facts["last_start"]) == (
        at(360),
        at(380),
        runs[0].start_time,
    )
    assert late.deadline == at(380)
    judged = verdict_of(DAILY, runs, 380, until=379)
    assert (judged.verdict.status, judged.verdict.reason) == (Status.ERROR, Reason.MISSED)
    (row,) = judged.missed
    assert (row.status, row.origin, row.start_time, row.slot) == (RunStatus.MISSED, Origin.SCHEDULE, at(360), at(360))
    assert not row.verified_late
    assert judged.verdict.facts["grace_end"] == at(380)
    again = verdict_of(DAILY, [*runs, row], 500, until=380)
    assert (again.missed, again.removed, again.verdict.reason) == ((), (), Reason.MISSED)
    assert verdict_of(DAILY, runs, 380, until=379).missed == judged.missed


def test_late_is_between_five_and_sixty_seconds():
    assert [late_after(timedelta(seconds=s)).total_seconds() for s in (0, 30, 300, 3600)] == [5, 5, 30, 60]


def test_without_grace_a_slot_is_missed_at_once():
    program = replace(DAILY, grace=timedelta(0))
    judged = verdict_of(program, [ran(-1080, -1079)], 360, until=359)
    assert judged.verdict.reason is Reason.MISSED


def test_a_run_a_little_early_or_at_the_end_of_grace_is_the_slots():
    for start in (359, 360, 380):
        assert verdict_of(DAILY, [ran(start, 381)], 390, until=350).missed == ()
    for start in (358.9, 380.1):
        assert len(verdict_of(DAILY, [ran(start, 381)], 390, until=350).missed) == 1
    assert verdict_of(MAIL, [ran(-1, -0.5)], 3, until=-3).missed != ()  # a minute early, but it is a quarter at most
    quick = replace(MAIL, schedule=("* * * * *",), grace=timedelta(seconds=20))
    assert verdict_of(quick, [ran(-0.25, -0.1)], 0.5, until=0).missed == ()
    assert len(verdict_of(quick, [ran(-0.27, -0.1)], 0.5, until=0).missed) == 1


def test_slots_before_watching_are_not_judged_and_not_green():
    judged = verdict_of(DAILY, [ran(-9000, -8999)], 500, since=400, until=400)
    assert judged.missed == ()
    assert (judged.verdict.status, judged.verdict.reason) == (Status.UNKNOWN, Reason.NEVER_SEEN)


def test_never_seen():
    verdict = verdict_of(DAILY, [], 100, since=90).verdict
    assert (verdict.status, verdict.reason, verdict.facts["due"]) == (Status.UNKNOWN, Reason.NEVER_SEEN, at(360))


def test_late_evidence_takes_a_missed_row_back():
    row = verdict_of(DAILY, [], 390, since=0, until=379).missed[0]
    judged = verdict_of(DAILY, [row, ran(365, 366)], 400, until=390)
    assert judged.removed == (row.run_id,)
    assert judged.verdict.reason is Reason.SUCCEEDED


def test_a_rerun_after_a_miss_or_a_failure_makes_it_well():
    row = verdict_of(DAILY, [], 390, since=0, until=379).missed[0]
    rerun = ran(400, 401, origin=Origin.RERUN, process=ProcessEvidence(1, alive=False, exit_code=0))
    judged = verdict_of(DAILY, [row, rerun], 410)
    assert (judged.verdict.reason, judged.removed) == (Reason.SUCCEEDED, ())
    assert says(DAILY, [ran(360, 361, FAILED), rerun], 410) == (Status.OK, Reason.SUCCEEDED)


def test_running_after_a_failure_keeps_the_error():
    failed, running = ran(360, 361, FAILED), ran(400)
    verdict = verdict_of(DAILY, [failed, running], 410).verdict
    assert (verdict.reason, verdict.running, verdict.last_run) == (Reason.FAILED, running, failed)


def test_running_and_hung():
    runs = [ran(360 - 1440, 361 - 1440), ran(360)]
    verdict = verdict_of(DAILY, runs, 370).verdict
    assert (verdict.status, verdict.reason, verdict.deadline) == (Status.OK, Reason.RUNNING, at(390))
    assert says(DAILY, runs, 390) == (Status.ERROR, Reason.HUNG)


def test_died():
    run = ran(360, origin=Origin.RERUN, process=ProcessEvidence(12, alive=False, exit_code=-9))
    verdict = verdict_of(DAILY, [run], 361).verdict
    assert (verdict.status, verdict.reason, verdict.facts["exit_code"]) == (Status.ERROR, Reason.DIED, -9)


def test_a_process_that_is_gone_after_the_log_said_done_did_not_die():
    gone = ProcessEvidence(12, alive=False)
    done = ran(360, origin=Origin.RERUN, process=gone, log=log(SUCCESS, 361))
    assert says(DAILY, [done], 361.5) == (Status.OK, Reason.RUNNING)
    assert says(DAILY, [done], 362) == (Status.WARNING, Reason.CONTRADICTION)
    broken = replace(done, log=log(FAILED, 361, first_error="KeyError: 'x'"))
    verdict = verdict_of(DAILY, [broken], 361.5).verdict
    assert (verdict.reason, verdict.facts["line"]) == (Reason.DIED, "KeyError: 'x'")


def test_an_old_run_without_an_end_is_closed_once_a_later_one_ended():
    lost, good = ran(0), ran(5, 6)
    assert verdict_of(MAIL, [lost, good], 7).closed == ()
    judged = verdict_of(MAIL, [lost, good, ran(20, 21)], 21)
    (closed,) = judged.closed
    assert (closed.run_id, closed.status, closed.end_time, closed.message) == (lost.run_id, FAILED, at(20), NO_END)
    assert judged.verdict.reason is Reason.SUCCEEDED
    alive = replace(lost, process=ProcessEvidence(1, alive=True))
    assert verdict_of(MAIL, [alive, ran(20, 21)], 21).closed == ()
    record = replace(lost, origin=Origin.RECORD)
    judged = verdict_of(MAIL, [record, ran(20, 21)], 21)
    assert (judged.closed, judged.verdict.reason) == ((), Reason.SUCCEEDED)  # not ours to close, and not hung


def test_overlapping():
    assert says(MAIL, [ran(0), ran(5)], 6) == (Status.WARNING, Reason.OVERLAPPING)
    pair = [ran(5, origin=Origin.RERUN), ran(5.1, origin=Origin.RECORD)]
    assert says(MAIL, pair, 6) == (Status.OK, Reason.RUNNING)


def test_record_against_log():
    good = RecordEvidence(SUCCESS, "SUCCESS")
    run = ran(360, 361, origin=Origin.RECORD, record=good, log=log(FAILED, 361, first_error="KeyError: 'x'"))
    verdict = verdict_of(DAILY, [run], 400).verdict
    assert (verdict.status, verdict.reason) == (Status.WARNING, Reason.CONTRADICTION)
    assert (verdict.facts["record"], verdict.facts["log"], verdict.facts["line"]) == (
        "SUCCESS",
        "FAILED",
        "KeyError: 'x'",
    )


def test_a_log_against_itself_and_plain_errors_not():
    assert says(DAILY, [ran(360, 361, log=log(SUCCESS, 361, traceback="x"))], 400)[1] is Reason.CONTRADICTION
    assert says(DAILY, [ran(360, 361, log=log(SUCCESS, 361, errors=4))], 400)[1] is Reason.SUCCEEDED


def test_exit_code_against_log():
    run = ran(360, 361, origin=Origin.RERUN, process=ProcessEvidence(1, alive=False, exit_code=0), log=log(FAILED, 361))
    verdict = verdict_of(DAILY, [run], 400).verdict
    assert (verdict.reason, verdict.facts["process"], verdict.facts["log"]) == (
        Reason.CONTRADICTION,
        "exit code 0",
        "FAILED",
    )


def test_the_log_says_done_and_the_process_lives_on():
    run = ran(360, origin=Origin.RERUN, process=ProcessEvidence(1, alive=True), log=log(SUCCESS, 362))
    verdict = verdict_of(DAILY, [run], 362.5).verdict
    assert (verdict.reason, verdict.deadline) == (Reason.RUNNING, at(363))
    verdict = verdict_of(DAILY, [run], 363).verdict
    assert (verdict.reason, verdict.facts["process"], verdict.facts["log"]) == (
        Reason.CONTRADICTION,
        "alive",
        "SUCCESS",
    )
    assert says(DAILY, [run], 390) == (Status.ERROR, Reason.HUNG)


def test_log_gone_is_a_warning_and_hides_no_error():
    gone = LogSight(LogState.GONE, "logs/*.log")
    assert says(DAILY, [ran(360, 361)], 400, sight=gone) == (Status.WARNING, Reason.LOG_GONE)
    assert says(DAILY, [ran(360, 361, FAILED)], 400, sight=gone) == (Status.ERROR, Reason.FAILED)


def test_who_cannot_look_decides_nothing():
    blind = LogSight(LogState.UNREADABLE, "permission denied")
    judged = verdict_of(DAILY, [ran(-1080, -1079)], 500, sight=blind, until=300)
    assert (judged.verdict.status, judged.verdict.reason) == (Status.UNKNOWN, Reason.BLIND)
    assert (judged.missed, judged.judged_until) == ((), at(300))
    assert len(verdict_of(DAILY, [ran(-1080, -1079)], 501, until=300).missed) == 1
    assert says(DAILY, [ran(360, 361, FAILED)], 500, sight=blind) == (Status.ERROR, Reason.FAILED)


def test_late_hides_no_error():
    runs = [ran(360 - 1440, 361 - 1440, FAILED)]
    assert says(DAILY, runs, 365) == (Status.ERROR, Reason.FAILED)


def test_a_program_without_schedule_is_judged_by_its_runs():
    program = replace(DAILY, schedule=())
    assert says(program, [], 0) == (Status.UNKNOWN, Reason.NEVER_SEEN)
    assert says(program, [ran(-9000, -8999)], 0) == (Status.OK, Reason.SUCCEEDED)
    verdict = verdict_of(program, [ran(-9000, -8999)], 0).verdict
    assert (verdict.next_due, verdict.deadline) == (None, None)


DAY_AND_2H = 26 * 60


def test_after_absence_runs_that_took_place_are_not_missed():
    runs = [ran(minute, minute + 1) for minute in range(-30, DAY_AND_2H, 5)]
    judged = verdict_of(MAIL, runs, DAY_AND_2H - 1, until=0, known_since=at(-30))
    assert (judged.missed, judged.verdict.reason) == ((), Reason.SUCCEEDED)


def test_after_absence_a_list_that_may_be_cut_makes_no_storm():
    runs = [ran(minute, minute + 1) for minute in range(-30, DAY_AND_2H, 5)][-60:]
    judged = verdict_of(MAIL, runs, DAY_AND_2H - 1, until=0)
    assert (judged.missed, judged.verdict.reason) == ((), Reason.SUCCEEDED)


def test_after_absence_without_runs_every_slot_is_missed_and_verified_late():
    now = DAY_AND_2H + 1
    judged = verdict_of(MAIL, [ran(-5, -4)], now, until=0, blind=(at(0), at(now)))
    assert [row.slot for row in judged.missed] == [at(minute) for minute in range(0, DAY_AND_2H - 2, 5)]
    assert all(row.verified_late for row in judged.missed)
    assert judged.verdict.reason is Reason.MISSED
    assert judged.verdict.facts["missed"] == len(judged.missed) == 312
    assert judged.judged_until == at(now)
    assert verdict_of(MAIL, [*judged.missed, ran(-5, -4)], now, until=now).missed == ()


def test_only_what_fell_into_the_absence_is_verified_late():
    judged = verdict_of(MAIL, [ran(-5, -4)], 30, until=0, blind=(at(0), at(14)))
    assert [row.verified_late for row in judged.missed] == [True, True, True, False, False, False]


def test_missed_rows_are_bounded():
    judged = verdict_of(replace(MAIL, schedule=("* * * * *",)), [], 5000, since=0, until=0)
    assert len(judged.missed) == 500
    assert max(row.slot for row in judged.missed) == at(4997)


def test_what_must_be_loaded_to_decide():
    assert undecided_since(MAIL, watch_since=at(0), judged_until=at(100)) == at(96)
    assert undecided_since(MAIL, watch_since=at(0), judged_until=None) == at(-1)


@pytest.mark.parametrize(
    ("zone", "day", "slots"),
    [("Europe/Berlin", "2026-03-29", 1), ("Europe/Berlin", "2026-10-25", 1), ("America/New_York", "2026-11-01", 1)],
)
def test_a_fixed_time_is_missed_once_on_change_over_days(zone, day, slots):
    program = replace(DAILY, schedule=("30 2 * * *" if zone == "Europe/Berlin" else "30 1 * * *",), timezone=zone)
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    judged = judge(program, [], SIGHT, watch_since=start, judged_until=None, now=start + timedelta(hours=12))
    assert len(judged.missed) == slots


def test_every_five_minutes_stays_so_through_the_repeated_hour():
    program = replace(MAIL, timezone="Europe/Berlin")
    start = datetime(2026, 10, 25, 0, tzinfo=UTC)
    judged = judge(program, [], SIGHT, watch_since=start, judged_until=start, now=start + timedelta(hours=2, minutes=3))
    assert len(judged.missed) == 25


SCHEDULES = st.sampled_from([("*/5 * * * *",), ("0 * * * *",), ("0 0 * * *", "30 1 * * *"), (), ("* * * * *",)])
MINUTES = st.integers(-90 * 6, 90 * 6).map(lambda tenth: tenth / 6)


@st.composite
def stories(draw):
    program = Program(
        "p", Path("/srv"), draw(SCHEDULES), timezone="Asia/Seoul",
        grace=timedelta(seconds=draw(st.sampled_from([0, 3, 30, 180, 1200]))),
        max_runtime=timedelta(minutes=draw(st.sampled_from([1, 10, 30]))),
    )  # fmt: skip
    now = draw(MINUTES)
    runs = []
    for _ in range(draw(st.integers(0, 7))):
        start = min(draw(MINUTES), now)
        status = draw(st.sampled_from([RUNNING, SUCCESS, FAILED]))
        end = None if status is RUNNING else min(now, start + draw(st.integers(0, 40)))
        evidence = draw(
            st.sampled_from([None, log(SUCCESS, min(start + 2, now)), log(FAILED, min(start + 2, now)), log(RUNNING)])
        )
        process = draw(
            st.sampled_from([None, ProcessEvidence(1, alive=True), ProcessEvidence(1, alive=False, exit_code=1)])
        )
        origin = draw(st.sampled_from([Origin.LOG, Origin.RECORD, Origin.RERUN]))
        runs.append(ran(start, end, status, origin, log=evidence, process=process))
    since = draw(MINUTES)
    sight = LogSight(
        draw(st.sampled_from([LogState.PRESENT] * 4 + [LogState.GONE, LogState.UNREADABLE, LogState.NONE_YET]))
    )
    return program, sorted(runs, key=lambda run: run.start_time, reverse=True), sight, at(since), at(now)


@settings(max_examples=400, deadline=None)
@given(stories(), st.floats(0, 1, exclude_max=True))
def test_nothing_changes_before_the_deadline(story, part):
    program, runs, sight, since, now = story
    first = judge(program, runs, sight, watch_since=since, judged_until=None, now=now)
    rows = [*first.missed, *runs]
    deadline = first.verdict.deadline
    assert deadline is None or deadline > now
    moment = now + (timedelta(days=3) if deadline is None else deadline - now) * part
    if deadline is not None:
        moment = min(moment, deadline - timedelta(microseconds=1))
    for evidence in (runs, rows):
        later = judge(
            program,
            evidence,
            sight,
            watch_since=since,
            judged_until=first.judged_until if evidence is rows else None,
            now=moment,
        )
        assert (later.verdict.status, later.verdict.reason) == (first.verdict.status, first.verdict.reason)
    if first.verdict.status is Status.OK:  # never green without evidence
        assert runs
        slot = Schedule(program.schedule, program.timezone).last_due(now - program.grace)
        assert slot is None or any(run.start_time >= slot - timedelta(seconds=60) for run in runs)


@settings(max_examples=200, deadline=None)
@given(stories())
def test_judging_what_was_judged_changes_nothing(story):
    program, runs, sight, since, now = story
    first = judge(program, runs, sight, watch_since=since, judged_until=None, now=now)
    closed = {run.run_id: run for run in first.closed}
    rows = [
        run
        for run in (*first.missed, *(closed.get(run.run_id, run) for run in runs))
        if run.run_id not in first.removed
    ]
    again = judge(program, rows, sight, watch_since=since, judged_until=first.judged_until, now=now)
    assert (again.missed, again.closed, again.removed) == ((), (), ())
    assert (again.verdict.status, again.verdict.reason) == (first.verdict.status, first.verdict.reason)
    assert again.verdict.deadline == first.verdict.deadline


def test_a_run_in_the_future_is_a_warning_until_its_time_comes():
    verdict = verdict_of(DAILY, [ran(360 + 60, 360 + 61)], 361).verdict
    assert (verdict.status, verdict.reason, verdict.facts["timezone"]) == (Status.WARNING, Reason.FUTURE, "Asia/Seoul")
    assert verdict.deadline is not None
    assert verdict.deadline <= at(360 + 60)


def test_lines_that_say_neither_start_nor_end_are_no_run_and_are_named():
    sight = LogSight(LogState.PRESENT, last_line="2026-11-21 05:00:00 tick")
    verdict = verdict_of(DAILY, [], 300, sight=sight, since=0).verdict
    assert (verdict.reason, verdict.facts["unread_lines"]) == (Reason.NEVER_SEEN, True)


def test_a_run_whose_process_is_gone_is_closed_when_the_next_one_begins():
    dead = ran(360, process=ProcessEvidence(pid=7, alive=False))
    judged = verdict_of(DAILY, [dead, ran(362)], 363)
    assert [(run.run_id, run.status, run.message) for run in judged.closed] == [(dead.run_id, FAILED, NO_WORD)]
    assert (judged.verdict.reason, judged.verdict.facts["line"]) == (Reason.FAILED, NO_WORD)
    assert judged.verdict.running is not None
