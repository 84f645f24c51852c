"""The state machine of incidents: what opens, quietens, tells and ends one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from batmon.judge.escalation import HELD_CHECK
from batmon.judge.incident import (
    acknowledge,
    add_note,
    alarm,
    is_good,
    on_deadline,
    on_verdict,
    resolve,
    unacknowledge,
)
from batmon.judge.incident_state import Policy, State, Surroundings
from batmon.judge.quiet import Quiet
from batmon.judge.routing import Rung
from batmon.model import Reason, Run, RunStatus, Status, Verdict

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ADMIN, SLACK, KIM = ("email", "ops@example.com"), ("ops-slack", ""), ("email", "kim@example.com")
LADDER = (Rung(timedelta(0), (ADMIN,)), Rung(30 * MINUTE, (SLACK, KIM)), Rung(2 * HOUR, (ADMIN,)))
POLICY = Policy("kindscrap", "seoul-01", ("finance",), route="ops", ladder=LADDER)
CALM = Surroundings()
SILENCED = Surroundings(quiet=Quiet("silence", "7", NOW + HOUR, "kim", "known"))


def verdict(status=Status.ERROR, reason=Reason.FAILED, at=NOW, run=1, **facts):
    last = Run(UUID(int=run), "kindscrap", RunStatus.FAILED, at - MINUTE, at)
    return Verdict(status, reason, at, {"line": "login failed", "failures": 1, **facts}, last_run=last)


def well(at):
    return verdict(Status.OK, Reason.SUCCEEDED, at)


def told(decision, *targets):
    """The incident after its notices went out to ``targets`` (default: to all of them)."""
    sent = targets or tuple(notice.target for notice in decision.notices)
    return replace(decision.incident, id=decision.incident.id or 1, told=(*decision.incident.told, *sent))


def opened(policy=POLICY, around=CALM):
    return on_verdict(None, verdict(), policy, around)


def kinds(decision):
    return [(notice.kind, notice.target) for notice in decision.notices]


def entries(decision):
    return [event.kind for event in decision.events]


@pytest.mark.parametrize(
    ("status", "reason", "facts", "policy", "expected"),
    [
        (Status.ERROR, Reason.FAILED, {"failures": 1}, {}, Status.ERROR),
        (Status.ERROR, Reason.FAILED, {"failures": 1}, {"alert_after": 2}, None),
        (Status.ERROR, Reason.FAILED, {"failures": 2}, {"alert_after": 2}, Status.ERROR),
        (Status.ERROR, Reason.DIED, {"failures": 2}, {"alert_after": 3}, None),
        (Status.ERROR, Reason.MISSED, {}, {"alert_after": 5}, Status.ERROR),
        (Status.ERROR, Reason.FAILED, {}, {"alert_after": 5}, Status.ERROR),
        (Status.WARNING, Reason.LATE, {}, {}, None),
        (Status.WARNING, Reason.CONTRADICTION, {}, {}, None),
        (Status.WARNING, Reason.TOO_SHORT, {}, {}, Status.WARNING),
        (Status.WARNING, Reason.UNUSUAL_OUTPUT, {}, {"alert_after": 3}, Status.WARNING),
        (Status.WARNING, Reason.UNUSUAL_TIME, {}, {}, Status.WARNING),
        (Status.WARNING, Reason.FAILED, {"failures": 1}, {"probe": True}, Status.WARNING),
        (Status.WARNING, Reason.FAILED, {"failures": 1}, {"probe": True, "alert_after": 2}, None),
        (Status.UNKNOWN, Reason.BLIND, {}, {}, None),
        (Status.OK, Reason.SUCCEEDED, {}, {}, None),
    ],
)
def test_what_opens_an_incident(status, reason, facts, policy, expected):
    assert alarm(Verdict(status, reason, NOW, facts), replace(POLICY, **policy)) is expected


def test_a_run_under_way_ends_no_incident():
    assert not is_good(Verdict(Status.OK, Reason.RUNNING, NOW))
    assert is_good(Verdict(Status.OK, Reason.SUCCEEDED, NOW))


def test_it_opens_and_tells_the_first_rung_at_once():
    decision = opened()
    assert decision.opened
    assert kinds(decision) == [("opened", ADMIN)]
    assert entries(decision) == ["opened", "told"]
    incident = decision.incident
    assert (incident.state, incident.step, incident.severity) == (State.OPEN, 1, Status.ERROR)
    assert incident.next_at == NOW + 30 * MINUTE
    assert incident.run_id == UUID(int=1)


def test_the_ladder_is_climbed_by_time_and_then_people_are_reminded():
    incident = told(opened())
    second = on_deadline(incident, POLICY, CALM, NOW + 30 * MINUTE)
    assert kinds(second) == [("escalated", SLACK), ("escalated", KIM)]
    third = on_deadline(told(second), POLICY, CALM, NOW + 2 * HOUR)
    assert kinds(third) == [("escalated", ADMIN)]
    assert third.incident.next_at == NOW + 6 * HOUR
    reminder = on_deadline(told(third), POLICY, CALM, NOW + 6 * HOUR)
    assert kinds(reminder) == [("reminder", ADMIN), ("reminder", SLACK), ("reminder", KIM)]
    assert reminder.incident.next_at == NOW + 10 * HOUR
    assert not on_deadline(reminder.incident, POLICY, CALM, NOW + 7 * HOUR).notices


def test_after_a_day_of_absence_everybody_hears_once():
    decision = on_deadline(told(opened()), POLICY, CALM, NOW + 26 * HOUR)
    assert kinds(decision) == [("escalated", SLACK), ("escalated", KIM), ("escalated", ADMIN)]
    assert decision.incident.step == 3
    assert decision.incident.next_at == NOW + 30 * HOUR


def test_those_who_had_been_told_hear_that_it_is_over_and_nobody_else():
    decision = on_verdict(told(opened()), well(NOW + HOUR), POLICY, CALM)
    assert decision.resolved
    assert decision.withdraw
    assert kinds(decision) == [("resolved", ADMIN)]
    assert decision.incident.state is State.RESOLVED
    assert decision.incident.next_at is None


def test_what_is_over_before_anybody_was_told_is_not_told():
    decision = on_verdict(replace(opened().incident, id=1), well(NOW + MINUTE), POLICY, CALM)
    assert decision.resolved
    assert decision.withdraw
    assert not decision.notices


def test_resolved_is_not_told_where_nobody_wants_it():
    assert not on_verdict(told(opened()), well(NOW + HOUR), replace(POLICY, resolved=False), CALM).notices


@pytest.mark.parametrize(
    ("status", "reason"), [(Status.UNKNOWN, Reason.BLIND), (Status.WARNING, Reason.LATE), (Status.OK, Reason.RUNNING)]
)
def test_not_seeing_is_no_recovery(status, reason):
    assert on_verdict(told(opened()), verdict(status, reason, NOW + HOUR), POLICY, CALM) is None


def test_what_comes_back_soon_is_the_same_incident_and_is_told_again():
    over = on_verdict(told(opened()), well(NOW + HOUR), POLICY, CALM).incident
    again = on_verdict(over, verdict(at=NOW + 90 * MINUTE, run=2), POLICY, CALM)
    assert again.opened
    assert again.withdraw
    assert entries(again) == ["reopened", "told"]
    assert kinds(again) == [("opened", ADMIN)]
    incident = again.incident
    assert (incident.id, incident.reopened, incident.opened_at) == (1, 1, NOW)
    assert (incident.begun_at, incident.step) == (NOW + 90 * MINUTE, 1)


def test_what_comes_back_later_is_another_incident():
    over = on_verdict(told(opened()), well(NOW + HOUR), POLICY, CALM).incident
    later = on_verdict(over, verdict(at=NOW + 3 * HOUR), POLICY, CALM)
    assert (later.incident.id, later.incident.reopened, later.incident.opened_at) == (0, 0, NOW + 3 * HOUR)


def test_an_acknowledged_one_is_quiet_until_the_acknowledgement_expires():
    incident = told(opened())
    taken = acknowledge(
        incident, POLICY, CALM, NOW + 5 * MINUTE, by="kim", note="on it", until=NOW + 2 * HOUR + 5 * MINUTE
    )
    assert taken.incident.state is State.ACKNOWLEDGED
    assert not taken.notices
    assert taken.incident.next_at == NOW + 2 * HOUR + 5 * MINUTE
    assert not on_deadline(taken.incident, POLICY, CALM, NOW + HOUR).notices
    back = on_deadline(taken.incident, POLICY, CALM, NOW + 2 * HOUR + 5 * MINUTE)
    assert entries(back) == ["ack_expired", "escalated", "reminded"]
    assert kinds(back) == [("escalated", SLACK), ("escalated", KIM), ("escalated", ADMIN)]
    assert back.incident.state is State.OPEN


def test_whoever_was_told_is_reminded_when_an_acknowledgement_expires():
    policy = replace(POLICY, ladder=LADDER[:1])
    incident = told(opened(policy))
    taken = acknowledge(incident, policy, CALM, NOW, by="kim", note="", until=NOW + HOUR)
    assert kinds(on_deadline(taken.incident, policy, CALM, NOW + HOUR)) == [("reminder", ADMIN)]


def test_acknowledging_takes_back_what_waits_and_giving_back_tells():
    incident = replace(opened().incident, id=1)
    taken = acknowledge(incident, POLICY, CALM, NOW, by="kim", note="", until=NOW + HOUR)
    assert taken.withdraw
    assert (taken.incident.step, taken.incident.told_at) == (0, None)
    given_back = unacknowledge(taken.incident, POLICY, CALM, NOW + MINUTE, by="kim")
    assert kinds(given_back) == [("opened", ADMIN)]


def test_others_hear_of_an_acknowledgement_where_that_is_wanted():
    policy = replace(POLICY, acknowledged=True)
    taken = acknowledge(told(opened(policy)), policy, CALM, NOW, by="kim", note="", until=NOW + HOUR)
    assert kinds(taken) == [("acknowledged", ADMIN)]


def test_a_worse_severity_ends_an_acknowledgement_and_is_told():
    policy = replace(POLICY, ladder=LADDER[:2])
    warned = on_verdict(None, verdict(Status.WARNING, Reason.TOO_SHORT), policy, CALM)
    taken = acknowledge(told(warned), policy, CALM, NOW, by="kim", note="", until=NOW + 8 * HOUR)
    worse = on_verdict(taken.incident, verdict(at=NOW + HOUR, run=2), policy, CALM)
    assert entries(worse)[:2] == ["worse", "ack_ended"]
    assert kinds(worse) == [("worse", ADMIN), ("escalated", SLACK), ("escalated", KIM)]
    assert worse.incident.severity is Status.ERROR
    assert worse.incident.acknowledged is None


def test_another_failure_of_the_same_severity_tells_nobody():
    again = on_verdict(told(opened()), verdict(at=NOW + MINUTE, run=2, line="timeout"), POLICY, CALM)
    assert not again.notices
    assert not again.events
    assert (again.incident.line, again.incident.run_id) == ("timeout", UUID(int=2))


def test_a_silenced_one_is_recorded_and_owes_nothing_until_the_silence_ends():
    quiet = opened(around=SILENCED)
    assert quiet.opened
    assert not quiet.notices
    assert quiet.incident.state is State.SILENCED
    assert quiet.incident.next_at == NOW + HOUR
    loud = on_deadline(replace(quiet.incident, id=1), POLICY, CALM, NOW + HOUR)
    assert entries(loud) == ["unsilenced", "told"]
    assert kinds(loud) == [("opened", ADMIN), ("opened", SLACK), ("opened", KIM)]


def test_a_silence_over_an_incident_that_was_told_speaks_up_when_it_ends():
    policy = replace(POLICY, ladder=LADDER[:1])
    quiet = on_deadline(told(opened(policy)), policy, SILENCED, NOW + MINUTE)
    assert entries(quiet) == ["silenced"]
    assert kinds(on_deadline(quiet.incident, policy, CALM, NOW + HOUR)) == [("reminder", ADMIN)]


def test_the_end_of_a_silenced_one_is_told_when_the_silence_is_over():
    quiet = on_deadline(told(opened()), POLICY, SILENCED, NOW + MINUTE)
    over = on_verdict(quiet.incident, well(NOW + 10 * MINUTE), POLICY, SILENCED)
    assert over.resolved
    assert [(notice.kind, notice.due_at) for notice in over.notices] == [("resolved", NOW + HOUR)]


def test_a_maintenance_window_is_called_so():
    around = Surroundings(quiet=Quiet("maintenance", "patch day", NOW + HOUR))
    assert opened(around=around).incident.state is State.MAINTENANCE


def test_a_dependent_waits_a_moment_and_is_then_told():
    policy = replace(POLICY, hold=timedelta(seconds=30))
    waiting = on_verdict(None, verdict(), policy, CALM)
    assert not waiting.notices
    assert waiting.incident.next_at == NOW + timedelta(seconds=30)
    assert kinds(on_deadline(replace(waiting.incident, id=1), policy, CALM, NOW + timedelta(seconds=30))) == [
        ("opened", ADMIN)
    ]


def test_a_dependent_is_held_while_what_it_depends_on_is_down_and_released_after():
    policy = replace(POLICY, hold=timedelta(seconds=30))
    waiting = replace(on_verdict(None, verdict(), policy, CALM).incident, id=1)
    held = on_deadline(waiting, policy, Surroundings(down=("database",)), NOW + timedelta(seconds=30))
    assert entries(held) == ["held"]
    assert not held.notices
    assert (held.incident.state, held.incident.held_by) == (State.HELD, ("database",))
    assert held.incident.next_at == NOW + timedelta(seconds=30) + HELD_CHECK
    released = on_deadline(held.incident, policy, CALM, NOW + 10 * MINUTE)
    assert entries(released) == ["released", "told"]
    assert kinds(released) == [("opened", ADMIN)]


def test_a_dependent_that_is_well_before_it_was_told_of_says_nothing():
    around = Surroundings(down=("database",))
    held = on_verdict(None, verdict(), POLICY, around)
    assert not on_verdict(replace(held.incident, id=1), well(NOW + HOUR), POLICY, around).notices


def flap(times, policy=POLICY):
    """Bad and good by turns, a minute each: every decision."""
    decisions, incident = [], None
    for number in range(times):
        at = NOW + number * MINUTE
        seen = verdict(at=at, run=number) if number % 2 == 0 else well(at)
        decision = on_verdict(incident, seen, policy, CALM)
        decisions.append(decision)
        incident = told(decision)
    return decisions


def test_flapping_gives_one_message_and_then_quiet():
    decisions = flap(20)
    begun = next(number for number, decision in enumerate(decisions) if "flapping" in entries(decision))
    assert begun == 5
    assert [kind for kind, _ in kinds(decisions[begun])] == ["flapping"]
    assert not any(decision.notices for decision in decisions[begun + 1 :])
    assert not any(decision.resolved for decision in decisions[begun:])
    assert decisions[-1].incident.state is State.FLAPPING
    assert decisions[-1].incident.next_at == NOW + 19 * MINUTE + POLICY.calm


def test_flapping_ends_when_nothing_changes_and_is_resolved_if_it_is_well():
    last = flap(20)[-1].incident
    assert last.good_since is not None
    over = on_deadline(last, POLICY, CALM, last.next_at)
    assert entries(over) == ["calm", "resolved"]
    assert over.resolved
    assert [kind for kind, _ in kinds(over)] == ["resolved"]


def test_flapping_that_ends_badly_speaks_up():
    last = flap(19)[-1].incident
    assert last.good_since is None
    bad = on_deadline(last, POLICY, CALM, last.next_at)
    assert entries(bad)[0] == "calm"
    assert {kind for kind, _ in kinds(bad)} <= {"reminder", "escalated"}
    assert bad.notices


def test_flapping_ends_by_itself_after_many_good_observations():
    incident, number = flap(8)[-1].incident, 8
    while incident.open and number < 60:
        decision = on_verdict(incident, well(NOW + number * MINUTE), POLICY, CALM)
        incident, number = decision.incident, number + 1
    assert decision.resolved
    assert number < 30


def test_without_flapping_each_time_is_told():
    decisions = flap(12, replace(POLICY, flapping_high=101.0))
    assert [kind for decision in decisions for kind, _ in kinds(decision)] == ["opened", "resolved"] * 6


def test_notes_and_an_end_by_hand():
    incident = told(opened())
    noted = add_note(incident, POLICY, CALM, NOW, by="kim", text="called the vendor")
    assert [(event.kind, event.by, event.text) for event in noted.events] == [("note", "kim", "called the vendor")]
    assert noted.incident == incident
    over = resolve(incident, POLICY, CALM, NOW + HOUR, by="kim", text="done by hand")
    assert over.incident.resolved_by == "kim"
    assert kinds(over) == [("resolved", ADMIN)]


def test_without_anybody_to_tell_it_is_recorded_all_the_same():
    decision = opened(replace(POLICY, ladder=()))
    assert decision.opened
    assert not decision.notices
    assert decision.incident.next_at is None
