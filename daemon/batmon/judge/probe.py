"""A probe's verdict: what was measured lately, held against its limits.

A figure beyond ``crit`` is an ERROR and beyond ``warn`` a WARNING, if it has been so for as long as the rule asks. What
could not be reached is an ERROR at once; what could not be looked at from here, or was not for too long, is UNKNOWN.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from batmon.model import NAMESPACE, Origin, Reason, Run, RunStatus, Status, Verdict, aware

STALE_LOOKS = 3
"""A probe that was not looked at for so many times its interval is not known any more."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one look of a probe found.

    ``value`` is in the unit of the probe's rule; None when there is no figure. ``fault`` is a word of
    ``probe_words.FAULTS`` for what went wrong, empty when nothing did; ``blind`` says that the fault is on our side and
    the thing may be well. ``status`` is what the thing says of itself, where it does. ``detail`` is text of others.
    """

    at: datetime
    seconds: float = 0.0
    """How long the look took."""
    value: float | None = None
    fault: str = ""
    blind: bool = False
    status: Status | None = None
    detail: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Further figures for the sentence."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", aware(self.at, "the time of a look"))


@dataclass(frozen=True, slots=True)
class Rule:
    """When a probe is well. Limits are in ``unit``: ``s``, ``%``, ``B``, ``d`` or empty for a count."""

    kind: str
    every: timedelta
    timeout: timedelta
    warn: float | None = None
    crit: float | None = None
    unit: str = ""
    below: bool = False
    """Whether a figure below the limit is bad, instead of one above it."""
    lasting: timedelta = timedelta(0)
    """For how long a figure must have been beyond its limit."""

    @property
    def stale_after(self) -> timedelta:
        """How old the latest look may be."""
        return STALE_LOOKS * self.every + self.timeout

    def beyond(self, value: float, limit: float | None) -> bool:
        """Whether a figure is on the bad side of a limit; the limit itself is still good."""
        return limit is not None and (value < limit if self.below else value > limit)


def level(rule: Rule, sample: Sample) -> Status:
    """What one look says by itself."""
    if sample.blind:
        return Status.UNKNOWN
    if sample.fault:
        return sample.status or Status.ERROR
    said = sample.status or Status.OK
    return max(said, _of_value(rule, sample), key=lambda status: status.severity)


def _of_value(rule: Rule, sample: Sample) -> Status:
    if sample.value is None:
        return Status.OK
    if rule.beyond(sample.value, rule.crit):
        return Status.ERROR
    return Status.WARNING if rule.beyond(sample.value, rule.warn) else Status.OK


def judge(
    program: str, rule: Rule, samples: Sequence[Sample], *, now: datetime, next_due: datetime | None = None
) -> Verdict:
    """The verdict on a probe from its looks, newest first."""
    if not samples:
        return Verdict(Status.UNKNOWN, Reason.NOT_PROBED, now, {"kind": rule.kind, "cause": "never"}, next_due)
    last = samples[0]
    run, deadline = run_of(program, rule, last), last.at + rule.stale_after
    if now > deadline:
        facts = {"kind": rule.kind, "cause": "stale", "since": last.at}
        return Verdict(Status.UNKNOWN, Reason.NOT_PROBED, now, facts, next_due, last_run=run)
    status, reason = _held(rule, samples)
    facts = facts_of(rule, last, status)
    if status in (Status.WARNING, Status.ERROR):
        streak = list(_streak(rule, samples, status))
        facts |= {"failures": len(streak), "failing_since": streak[-1].at}
    return Verdict(status, reason, now, facts, next_due, deadline, last_run=run)


def _held(rule: Rule, samples: Sequence[Sample]) -> tuple[Status, Reason]:
    """Status and reason of the latest look, as far as its figure has been beyond the limit for long enough."""
    last = samples[0]
    found = level(rule, last)
    if found is Status.OK:
        return found, Reason.IN_LIMITS
    if found is Status.UNKNOWN:
        return found, Reason.NOT_PROBED
    if _of_value(rule, last) is not found:
        return found, Reason.PROBE_FAILED
    for status in (Status.ERROR, Status.WARNING):
        if status.severity <= found.severity and _long_enough(rule, samples, status):
            return status, Reason.OVER_LIMIT
    return Status.OK, Reason.IN_LIMITS


def _long_enough(rule: Rule, samples: Sequence[Sample], status: Status) -> bool:
    streak = list(_streak(rule, samples, status))
    return bool(streak) and samples[0].at - streak[-1].at >= rule.lasting


def _streak(rule: Rule, samples: Sequence[Sample], status: Status) -> Iterator[Sample]:
    """The latest looks that were as bad as ``status`` or worse, newest first; those that saw nothing are left out."""
    for sample in samples:
        found = level(rule, sample)
        if found is Status.UNKNOWN:
            continue
        if found.severity < status.severity:
            return
        yield sample


def facts_of(rule: Rule, sample: Sample, status: Status) -> dict[str, Any]:
    """The figures that the sentence of a look needs."""
    facts: dict[str, Any] = {"kind": rule.kind, "unit": rule.unit, **sample.facts}
    if sample.value is not None:
        facts |= {"value": sample.value, "below": rule.below}
    limit = rule.crit if status is Status.ERROR and rule.crit is not None else rule.warn
    limit = rule.crit if limit is None else limit
    if limit is not None:
        facts["limit"] = limit
    if rule.lasting:
        facts["for_sec"] = rule.lasting.total_seconds()
    if sample.fault:
        facts |= {"fault": sample.fault, "timeout_sec": rule.timeout.total_seconds()}
    if sample.detail:
        facts["detail"] = sample.detail
    return facts


def reason_of(rule: Rule, sample: Sample) -> Reason:
    """The reason of one look by itself."""
    return _held(Rule(rule.kind, rule.every, rule.timeout, rule.warn, rule.crit, rule.unit, rule.below), [sample])[1]


def fate(status: Status) -> RunStatus:
    """How a look counts among the runs of a strip: one that saw nothing is a gap."""
    if status is Status.ERROR:
        return RunStatus.FAILED
    return RunStatus.MISSED if status is Status.UNKNOWN else RunStatus.SUCCESS


def run_of(program: str, rule: Rule, sample: Sample) -> Run:
    """A look in the shape of a run; it has no row among the runs."""
    return Run(
        run_id=uuid.uuid5(NAMESPACE, f"probe\n{program}\n{sample.at.isoformat()}"),
        program=program,
        status=fate(level(rule, sample)),
        start_time=sample.at,
        end_time=sample.at + timedelta(seconds=sample.seconds),
        message=sample.detail,
        origin=Origin.PROBE,
    )
