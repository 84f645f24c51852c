"""Evidence of one execution from several sources becomes one run, in whatever order it comes."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from batmon.judge.merge import carry, merge
from batmon.model import (
    NAMESPACE,
    LogEvidence,
    LogSpan,
    Origin,
    ProcessEvidence,
    RecordEvidence,
    Run,
    RunStatus,
)

T0 = datetime(2026, 11, 21, 6, tzinfo=UTC)


def at(seconds):
    return T0 + timedelta(seconds=seconds)


def logged(start, end=None, status=None, name="p", **extra):
    status = status or (RunStatus.RUNNING if end is None else RunStatus.SUCCESS)
    ended = None if end is None else at(end)
    return Run(
        run_id=uuid.uuid5(NAMESPACE, f"{name}|{at(start).isoformat()}|0"), program=name, status=status,
        start_time=at(start), end_time=ended, origin=Origin.LOG,
        log=LogEvidence(status, LogSpan("a.log", 0), at(start), ended, **extra),
    )  # fmt: skip


def recorded(start, end=None, number=1, origin=Origin.RECORD, **extra):
    status = RunStatus.RUNNING if end is None else RunStatus.SUCCESS
    return Run(
        run_id=uuid.UUID(int=number), program="p", status=status, start_time=at(start),
        end_time=None if end is None else at(end), origin=origin, log_id=number, **extra,
    )  # fmt: skip


def apply(rows, merged):
    by_id = {run.run_id: run for run in rows}
    by_id.update({run.run_id: run for run in merged.changed})
    for run_id in merged.removed:
        del by_id[run_id]
    return list(by_id.values())


def test_a_log_run_alone_is_a_row():
    run = logged(0, 5)
    assert merge([], [run]) == ((run,), ())
    assert merge([run], [run]) == ((), ())
    assert merge([run], []) == ((), ())


def test_a_log_run_within_a_record_is_its_log():
    row, run = recorded(0, 60), logged(3, 50)
    merged = merge([row], [run])
    assert merged == ((replace(row, log=run.log),), ())


def test_a_record_that_comes_later_takes_the_log_row_in():
    row, run = recorded(0, 60), logged(3, 50)
    assert merge([run, row], []) == ((replace(row, log=run.log),), (run.run_id,))


def test_slack_on_both_sides_and_no_more():
    row = recorded(100, 160)
    for start, claimed in ((89, False), (90, True), (170, True), (171, False)):
        merged = merge([row], [logged(start)])
        assert (merged.changed[0].run_id == row.run_id) is claimed


def test_a_running_record_claims_what_comes_but_not_for_ever():
    row = recorded(0)
    assert merge([row], [logged(3600)]).changed[0].run_id == row.run_id
    late = logged(3 * 86_400)
    assert merge([row], [late]).changed == (late,)
    following = recorded(7200, 7300, number=2)
    assert merge([row, following], [logged(7205)]).changed[0].run_id == following.run_id


def test_the_nearest_start_wins_and_a_row_has_one_log():
    first, second = recorded(0, 20, number=1), recorded(12, 40, number=2)
    merged = merge([first, second], [logged(1), logged(13)])
    assert {run.run_id: run.log.started_at for run in merged.changed} == {
        first.run_id: at(1), second.run_id: at(13)}  # fmt: skip
    two = merge([first], [logged(1), logged(5)])
    assert [run.run_id for run in two.changed] == [first.run_id, logged(5).run_id]


def test_what_was_attached_is_renewed():
    row, run = recorded(0), logged(1)
    rows = apply([row], merge([row], [run]))
    renewed = logged(1, 20, status=RunStatus.FAILED, first_error="x")
    merged = merge(rows, [renewed])
    assert merged == ((replace(row, log=renewed.log),), ())


def test_a_record_keeps_its_own_words_and_a_rerun_takes_the_logs():
    run = replace(logged(1, 20, processed=37), message="37건", error_details="tb", processed_count=37)
    record = recorded(0, 30, message="mine", record=RecordEvidence(RunStatus.SUCCESS, "SUCCESS"))
    (kept,) = merge([record], [run]).changed
    assert (kept.message, kept.processed_count, kept.record) == ("mine", 0, record.record)
    rerun = recorded(0, 30, origin=Origin.RERUN, process=ProcessEvidence(7, alive=False, exit_code=0))
    (taken,) = merge([rerun], [run]).changed
    assert (taken.message, taken.processed_count, taken.error_details, taken.end_time) == ("37건", 37, "tb", at(30))
    stopped = replace(rerun, message="stopped by kim", process=ProcessEvidence(7, alive=False, stopped_by="kim"))
    assert merge([stopped], [run]).changed[0].message == "stopped by kim"


def test_missed_rows_and_other_programs_are_left_alone():
    missed = replace(recorded(0, origin=Origin.SCHEDULE), status=RunStatus.MISSED)
    other = replace(recorded(0, 60, number=3), program="q")
    run = logged(3)
    assert merge([missed, other], [run]) == ((run,), ())


def test_a_row_knows_more_than_the_log():
    run = logged(0)
    row = replace(run, log_id=12, verified_late=True)
    renewed = logged(0, 5)
    (changed,) = merge([row], [renewed]).changed
    assert (changed.log_id, changed.verified_late, changed.status) == (12, True, RunStatus.SUCCESS)


def test_carry_keeps_evidence_that_the_newer_state_does_not_have():
    old = replace(recorded(0, origin=Origin.RERUN), log=logged(1).log, log_id=4)
    new = replace(
        recorded(0, 9, origin=Origin.RERUN), log_id=None, process=ProcessEvidence(1, alive=False, exit_code=0)
    )
    kept = carry(old, new)
    assert (kept.log, kept.log_id, kept.process, kept.status) == (old.log, 4, new.process, RunStatus.SUCCESS)
    assert carry(None, new) == new


def test_a_rerun_soon_after_a_short_run_is_not_that_run():
    failed, again = logged(-6, -5, status=RunStatus.FAILED), logged(0.3, 3)
    rerun = recorded(0, 4, origin=Origin.RERUN)
    rows = apply([failed, rerun], merge([failed, rerun], [again]))
    assert {(run.origin, run.log.started_at) for run in rows} == {(Origin.LOG, at(-6)), (Origin.RERUN, at(0.3))}


def test_a_rerun_s_log_may_leave_out_fractions_of_a_second():
    rerun = recorded(0.9, 4, origin=Origin.RERUN)
    (row,) = apply([rerun], merge([rerun], [logged(0, 3)]))
    assert (row.origin, row.log.started_at) == (Origin.RERUN, at(0))


def rerun_with_log(**extra):
    """A re-run whose log told how it went before its process ended."""
    return replace(
        recorded(0, origin=Origin.RERUN, message="공시정보 수집 완료", processed_count=37),
        log=logged(1, 8, processed=37, **extra).log,
    )


def rerun_ended(code, **extra):
    status = RunStatus.SUCCESS if code == 0 else RunStatus.FAILED
    process = ProcessEvidence(1, alive=False, exit_code=code, **extra)
    return replace(recorded(0, 9, origin=Origin.RERUN, message="last words"), status=status, process=process)


def test_the_end_of_a_rerun_keeps_what_its_log_said():
    kept = carry(rerun_with_log(), rerun_ended(0))
    assert (kept.message, kept.processed_count, kept.status) == ("공시정보 수집 완료", 37, RunStatus.SUCCESS)


def test_a_rerun_that_ends_otherwise_than_its_log_says_tells_how_it_ended():
    assert carry(rerun_with_log(), rerun_ended(1)).message == "last words"
    assert carry(rerun_with_log(), rerun_ended(0, stopped_by="kim")).message == "last words"


# executions a minute apart, each seen by a record or a re-run, a log, or both
EXECUTIONS = st.lists(
    st.tuples(st.sampled_from(["record", "rerun", "none"]), st.booleans(), st.integers(-9, 29), st.booleans()),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(EXECUTIONS, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_twice_is_once(executions, random):
    hosts, logs = [], []
    for number, (kind, has_log, shift, ended) in enumerate(executions):
        start = number * 60
        if kind != "none":
            origin = Origin.RECORD if kind == "record" else Origin.RERUN
            hosts.append(
                recorded(start, start + 30 if ended or number + 1 < len(executions) else None, number + 1, origin)
            )
        if has_log or kind == "none":
            logs.append(logged(start + shift, start + 40))
    expected = {run.run_id: run for run in apply(hosts, merge(hosts, logs))}
    arrivals = [("host", run) for run in hosts] + [("log", run) for run in logs]
    random.shuffle(arrivals)
    rows = []
    for kind, run in arrivals:
        if kind == "host":
            rows.append(run)
        merged = merge(rows, [run] if kind == "log" else [])
        rows = apply(rows, merged)
        assert merge(rows, [run] if kind == "log" else []) == ((), ())
    assert {run.run_id: run for run in rows} == expected
