"""The state machine of incidents: each function is one thing that can happen, and gives what comes of it.

Pure: the incident as it stands, what the configuration says (``Policy``), what else is so (``Surroundings``) and
``now`` come in; a ``Decision`` comes out, or None where nothing changes. The rules and where they come from are in
docs/incidents.md.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from batmon.judge.escalation import Settling
from batmon.judge.flapping import observed, percent
from batmon.judge.incident_state import Acknowledgement, Decision, Incident, Policy, Surroundings
from batmon.judge.quiet import Subject
from batmon.model import Reason, Status, Verdict

_SUSPICIOUS = frozenset({Reason.TOO_SHORT, Reason.UNUSUAL_OUTPUT, Reason.UNUSUAL_TIME})
"""Warnings that are worth a message: the run is over and nothing else will come of it."""


def alarm(verdict: Verdict, policy: Policy) -> Status | None:
    """How bad a verdict is that opens an incident; None for one that opens none.

    ERROR opens one once so many runs have failed one after the other as ``alert_after`` says, but at once when a run
    never started. Of WARNING only what is suspicious about a run that is over, and a probe's. UNKNOWN never does: who
    cannot look says so, and knows nothing bad.
    """
    failures = verdict.facts.get("failures")
    enough = (failures if isinstance(failures, int) else policy.alert_after) >= policy.alert_after
    if verdict.status is Status.ERROR:
        return Status.ERROR if verdict.reason is Reason.MISSED or enough else None
    if verdict.status is Status.WARNING and (verdict.reason in _SUSPICIOUS or (policy.probe and enough)):
        return Status.WARNING
    return None


def is_good(verdict: Verdict) -> bool:
    """Whether a verdict ends an incident: all is well, and not only because a run is under way."""
    return verdict.status is Status.OK and verdict.reason is not Reason.RUNNING


def subject(policy: Policy, verdict: Verdict) -> Subject:
    """What silences and windows are held against."""
    line = verdict.facts.get("line") or verdict.facts.get("detail") or ""
    return Subject(policy.program, policy.tags, f"{verdict.reason.value}\n{line}")


def subject_of(incident: Incident) -> Subject:
    """What silences and windows are held against, from what was last known."""
    return Subject(incident.program, incident.tags, f"{incident.reason.value}\n{incident.line}")


def on_verdict(incident: Incident | None, verdict: Verdict, policy: Policy, around: Surroundings) -> Decision | None:
    """A program was judged. ``incident`` is its latest, open or resolved; ``verdict.at`` is now."""
    bad, good, now = alarm(verdict, policy), is_good(verdict), verdict.at
    if incident is not None and incident.open:
        if good:
            return _went_well(incident, policy, around, now)
        if bad is not None or verdict.status is Status.ERROR:
            return _still_bad(incident, verdict, policy, around)
        return None
    if bad is None:
        return _calmer(incident, policy, now) if incident is not None and good else None
    if incident is not None and incident.resolved_at is not None and now <= incident.resolved_at + policy.reopen:
        return _reopen(incident, verdict, policy, around)
    fresh = Incident(
        program=policy.program, node=policy.node, severity=bad, reason=verdict.reason, opened_at=now, begun_at=now,
        tags=policy.tags, facts=verdict.facts, run_id=_run_of(verdict), history=observed("", bad=True), changed_at=now,
    )  # fmt: skip
    step = Settling(fresh, policy, around, now)
    step.opened = True
    step.note("opened", fresh.line, severity=bad.value, reason=verdict.reason.value)
    return step.settle()


def _run_of(verdict: Verdict) -> UUID | None:
    run = verdict.running if verdict.reason in (Reason.HUNG, Reason.DIED) else verdict.last_run
    return None if run is None or verdict.reason is Reason.MISSED else run.run_id


def _seen(incident: Incident, now: datetime, *, bad: bool) -> Incident:
    """The incident with one more observation."""
    changed = incident.history[-1:] != ("1" if bad else "0")
    return replace(
        incident,
        history=observed(incident.history, bad=bad),
        changed_at=now if changed or incident.changed_at is None else incident.changed_at,
    )


def _calmer(incident: Incident, policy: Policy, now: datetime) -> Decision | None:
    """All is well again after a resolved one: it counts against flapping, as long as it may be reopened."""
    if incident.resolved_at is None or now > incident.resolved_at + policy.reopen:
        return None
    return Decision(_seen(incident, now, bad=False))


def _went_well(incident: Incident, policy: Policy, around: Surroundings, now: datetime) -> Decision:
    step = Settling(_seen(incident, now, bad=False), policy, around, now)
    changes = percent(step.incident.history)
    if incident.flapping and changes >= policy.flapping_low:
        step.incident = replace(step.incident, good_since=incident.good_since or now)
        return step.settle()
    if incident.flapping:
        step.note("calm")
        step.incident = replace(step.incident, flapping=False)
    elif changes >= policy.flapping_high:
        step.incident = replace(step.incident, good_since=now)
        _begin_flapping(step)
        return step.settle()
    step.resolve()
    return step.decision()


def _begin_flapping(step: Settling) -> None:
    """One message to whoever was told, else to the first rung; then quiet until it is calm."""
    incident, ladder = step.incident, step.policy.ladder
    step.withdraw = True
    step.note("flapping", changes=incident.history)
    step.tell("flapping", incident.told or step.reached or (ladder[0].targets if ladder else ()))
    step.incident = replace(
        incident, flapping=True, acknowledged=None, step=max(incident.step, min(1, len(ladder))),
        told_at=step.now if step.notices else incident.told_at,
    )  # fmt: skip


def _still_bad(incident: Incident, verdict: Verdict, policy: Policy, around: Surroundings) -> Decision:
    now, severity = verdict.at, verdict.status
    seen = replace(
        _seen(incident, now, bad=True), severity=severity, reason=verdict.reason, facts=verdict.facts,
        tags=policy.tags, run_id=_run_of(verdict) or incident.run_id, good_since=None,
    )  # fmt: skip
    step = Settling(seen, policy, around, now)
    if incident.flapping and percent(seen.history) < policy.flapping_low:
        step.note("calm")
        step.incident = replace(seen, flapping=False)
        step.speak_up = True
    if severity.severity > incident.severity.severity:
        step.note("worse", step.incident.line, severity=severity.value, reason=verdict.reason.value)
        if incident.acknowledged is not None:
            step.note("ack_ended", incident.acknowledged.note, incident.acknowledged.by)
            step.incident = replace(step.incident, acknowledged=None)
        if incident.told_at is not None and not incident.flapping:
            step.tell("worse", step.reached)
    return step.settle()


def _reopen(incident: Incident, verdict: Verdict, policy: Policy, around: Surroundings) -> Decision:
    now, severity = verdict.at, verdict.status
    again = replace(
        _seen(incident, now, bad=True), severity=severity, reason=verdict.reason, facts=verdict.facts,
        tags=policy.tags, run_id=_run_of(verdict), resolved_at=None, resolved_by="", begun_at=now,
        reopened=incident.reopened + 1, step=0, told_at=None, told=(), next_at=None,
    )  # fmt: skip
    step = Settling(again, policy, around, now)
    step.withdraw = step.opened = True
    step.note("reopened", again.line, severity=severity.value, reason=verdict.reason.value, count=again.reopened)
    if percent(again.history) >= policy.flapping_high:
        _begin_flapping(step)
    return step.settle()


def on_deadline(incident: Incident, policy: Policy, around: Surroundings, now: datetime) -> Decision:
    """It is time to look again, or something around it has changed: a silence, what it depends on, the clock."""
    return Settling(incident, policy, around, now).settle()


def acknowledge(
    incident: Incident, policy: Policy, around: Surroundings, now: datetime, *, by: str, note: str, until: datetime
) -> Decision:
    """Somebody takes it on: no reminders and no escalation until ``until``; those who wait to be told need not be."""
    step = Settling(incident, policy, around, now)
    step.note("acknowledged", note, by, until=until.isoformat())
    step.incident = replace(incident, acknowledged=Acknowledgement(by, now, until, note))
    step.take_back()
    if policy.acknowledged and not incident.held_by:
        step.tell("acknowledged", incident.told)
    return step.settle()


def unacknowledge(incident: Incident, policy: Policy, around: Surroundings, now: datetime, *, by: str) -> Decision:
    """Whoever took it on gives it back: it is told again at once."""
    step = Settling(incident, policy, around, now)
    step.note("unacknowledged", by=by)
    step.incident = replace(incident, acknowledged=None)
    step.speak_up = True
    return step.settle()


def add_note(
    incident: Incident, policy: Policy, around: Surroundings, now: datetime, *, by: str, text: str
) -> Decision:
    """Somebody writes something down."""
    step = Settling(incident, policy, around, now)
    step.note("note", text, by)
    return step.decision()


def resolve(incident: Incident, policy: Policy, around: Surroundings, now: datetime, *, by: str, text: str) -> Decision:
    """Somebody ends it by hand; the next failure opens it again."""
    step = Settling(incident, policy, around, now)
    step.resolve(by, text)
    return step.decision()
