from datetime import UTC, datetime, timedelta

import pytest

from batmon.judge.duties import Duty, troubled
from batmon.judge.probe import Rule, Sample, fate, judge, level, reason_of, run_of
from batmon.model import Origin, Reason, RunStatus, Status

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
API = Rule("http", MINUTE, timedelta(seconds=10), warn=3.0, crit=8.0, unit="s")
DISK = Rule("disk", MINUTE, timedelta(seconds=10), warn=15.0, crit=5.0, unit="%", below=True)
CPU = Rule("cpu", MINUTE, timedelta(seconds=10), warn=90.0, crit=98.0, unit="%", lasting=timedelta(minutes=5))


def looks(*values, rule_every=MINUTE, now=NOW):
    """Samples, newest first, from values told oldest first; a word is a fault, None a blind look."""
    found = []
    for index, value in enumerate(reversed(values)):
        at = now - index * rule_every
        if value is None:
            found.append(Sample(at, 0.1, fault="busy", blind=True))
        elif isinstance(value, str):
            found.append(Sample(at, 0.1, fault=value))
        else:
            found.append(Sample(at, 0.1, value=float(value)))
    return found


@pytest.mark.parametrize(
    ("rule", "value", "status"),
    [
        (API, 0.2, Status.OK), (API, 3.0, Status.OK), (API, 3.001, Status.WARNING), (API, 8.0, Status.WARNING),
        (API, 8.1, Status.ERROR), (DISK, 45, Status.OK), (DISK, 15.0, Status.OK), (DISK, 14.9, Status.WARNING),
        (DISK, 4.9, Status.ERROR), (DISK, 0, Status.ERROR),
    ],
)  # fmt: skip
def test_a_figure_is_bad_only_beyond_its_limit(rule, value, status):
    verdict = judge("p", rule, looks(value), now=NOW)
    assert verdict.status is status
    assert verdict.reason is (Reason.IN_LIMITS if status is Status.OK else Reason.OVER_LIMIT)
    assert verdict.facts["value"] == value
    assert verdict.facts["limit"] == (rule.crit if status is Status.ERROR else rule.warn)


def test_what_is_down_is_an_error_and_what_cannot_be_looked_at_is_unknown():
    down = judge("p", API, looks(0.1, "refused"), now=NOW)
    assert (down.status, down.reason, down.facts["fault"]) == (Status.ERROR, Reason.PROBE_FAILED, "refused")
    blind = judge("p", API, looks(0.1, None), now=NOW)
    assert (blind.status, blind.reason, blind.facts["fault"]) == (Status.UNKNOWN, Reason.NOT_PROBED, "busy")
    assert "failures" not in blind.facts


def test_failures_are_counted_over_looks_that_saw_nothing():
    verdict = judge("p", API, looks(0.1, "refused", None, 9.0, "timeout"), now=NOW)
    assert verdict.facts["failures"] == 3
    assert verdict.facts["failing_since"] == NOW - 3 * MINUTE
    warned = judge("p", API, looks(0.1, "refused", 4.0), now=NOW)
    assert (warned.status, warned.facts["failures"]) == (Status.WARNING, 2)  # the error before was as bad or worse
    worse = judge("p", API, looks(0.1, 4.0, "refused"), now=NOW)
    assert (worse.status, worse.facts["failures"]) == (Status.ERROR, 1)


def test_a_figure_must_last():
    assert judge("p", CPU, looks(10, 99, 99, 99, 99, 99), now=NOW).status is Status.OK  # four minutes
    assert judge("p", CPU, looks(10, 99, 99, 99, 99, 99, 99), now=NOW).status is Status.ERROR
    lasting = judge("p", CPU, looks(95, 95, 95, 95, 95, 99), now=NOW)
    assert (lasting.status, lasting.reason) == (Status.WARNING, Reason.OVER_LIMIT)
    assert judge("p", CPU, looks(99, 99, 99, 50, 99, 99, 99, 99), now=NOW).status is Status.OK
    assert judge("p", CPU, looks(99, 99, None, 99, 99, 99, 99), now=NOW).status is Status.ERROR


def test_a_fault_need_not_last():
    rule = Rule("http", MINUTE, timedelta(seconds=10), warn=3.0, unit="s", lasting=timedelta(minutes=5))
    assert judge("p", rule, looks(0.1, "refused"), now=NOW).status is Status.ERROR


def test_what_was_not_looked_at_for_too_long_is_unknown():
    samples = looks(0.1)
    stale_at = NOW + API.stale_after
    assert judge("p", API, samples, now=stale_at).status is Status.OK
    stale = judge("p", API, samples, now=stale_at + timedelta(microseconds=1))
    assert (stale.status, stale.reason) == (Status.UNKNOWN, Reason.NOT_PROBED)
    assert (stale.facts["cause"], stale.facts["since"]) == ("stale", NOW)
    never = judge("p", API, [], now=NOW)
    assert (never.status, never.facts["cause"]) == (Status.UNKNOWN, "never")
    assert judge("p", API, samples, now=NOW).deadline == stale_at


def test_a_command_says_itself_how_it_is():
    rule = Rule("command", MINUTE, MINUTE)
    for said in (Status.OK, Status.WARNING, Status.ERROR):
        verdict = judge("p", rule, [Sample(NOW, 0.1, status=said, detail="DISK - free")], now=NOW)
        assert verdict.status is said
        assert verdict.reason is (Reason.IN_LIMITS if said is Status.OK else Reason.PROBE_FAILED)


def test_a_look_as_a_run():
    sample = Sample(NOW, 0.25, value=9.0)
    run = run_of("p", API, sample)
    assert (run.status, run.origin, run.start_time) == (RunStatus.FAILED, Origin.PROBE, NOW)
    assert run.run_id == run_of("p", API, sample).run_id != run_of("q", API, sample).run_id
    assert run.duration == timedelta(seconds=0.25)
    assert fate(Status.WARNING) is RunStatus.SUCCESS
    assert level(CPU, Sample(NOW, value=99)) is Status.ERROR
    assert reason_of(CPU, Sample(NOW, value=99)) is Reason.OVER_LIMIT


LATE = timedelta(minutes=10)
DAILY = {"stats": (("0 0 * * *",), "Asia/Seoul")}


def trouble(*duties, now=NOW, since=NOW - timedelta(days=3)):
    return [(name, what) for name, what, _ in troubled(duties, DAILY, now=now, since=since, late=LATE)]


def test_automations_that_failed_waited_or_never_ran():
    due = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)  # 00:00 in Seoul
    assert trouble(Duty("stats", last_slot=due)) == []
    assert trouble(Duty("stats", last_slot=due, failed=True, error="no such table")) == [("stats", "failed")]
    assert trouble(Duty("stats", last_slot=due - timedelta(days=1))) == [("stats", "missed")]
    assert trouble(Duty("stats", last_slot=due - timedelta(days=1), paused=True)) == []
    assert trouble(Duty("stats", last_slot=due - timedelta(days=1)), now=due + LATE - MINUTE) == []
    assert trouble(Duty("stats"), since=due + MINUTE) == []  # the daemon began after it was due
    assert trouble(Duty("x", waits_since=NOW - LATE)) == []
    assert trouble(Duty("x", waits_since=NOW - LATE - MINUTE), Duty("a", failed=True)) == [
        ("a", "failed"), ("x", "waiting"),
    ]  # fmt: skip
