"""What holds for incidents whatever happens to them: whole lives, drawn at random, with the messages they give."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import example, given, settings
from hypothesis import strategies as st

from batmon.judge.escalation import HELD_CHECK
from batmon.judge.incident import acknowledge, on_deadline, on_verdict, resolve, unacknowledge
from batmon.judge.incident_state import Policy, Surroundings
from batmon.judge.quiet import Quiet
from batmon.judge.routing import Rung
from batmon.model import Reason, Run, RunStatus, Status, Verdict

START = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIRST, SECOND = ("email", "ops@example.com"), ("ops-slack", "")
POLICY = Policy(
    "kindscrap", "seoul-01", ladder=(Rung(timedelta(0), (FIRST,)), Rung(30 * MINUTE, (SECOND, FIRST))),
    hold=timedelta(seconds=30), remind=timedelta(hours=4), acknowledged=True,
)  # fmt: skip

BAD = st.sampled_from(
    [(Status.ERROR, Reason.FAILED), (Status.ERROR, Reason.MISSED), (Status.WARNING, Reason.TOO_SHORT)]
)
GOOD = st.just((Status.OK, Reason.SUCCEEDED))
OTHER = st.sampled_from([(Status.UNKNOWN, Reason.BLIND), (Status.WARNING, Reason.LATE), (Status.OK, Reason.RUNNING)])
DO = st.sampled_from(["ack", "unack", "resolve", "silence", "unsilence", "down", "up", "look", "group"])
STEPS = st.lists(st.tuples(st.one_of(BAD, GOOD, OTHER, DO), st.integers(0, 400)), max_size=40)


class Life:
    """An incident, what is around it, and everybody's letter box, filled by the grouper as the store does it."""

    def __init__(self):
        self.now, self.incident, self.number = START, None, 0
        self.quiet_until, self.down, self.until = None, False, None
        self.waiting, self.sent, self.decisions = [], [], []

    def around(self):
        if self.until is not None and self.now >= self.until:
            self.until = None
        quiet = Quiet("silence", "1", self.until) if self.until else None
        return Surroundings(quiet, ("database",) if self.down else ())

    def take(self, decision):
        if decision is None:
            return
        self.decisions.append(decision)
        if decision.withdraw:
            self.waiting.clear()
        self.incident = replace(decision.incident, id=decision.incident.id or len(self.decisions))
        assert len({notice.target for notice in decision.notices}) == len(decision.notices), "told twice at a time"
        self.waiting += [(notice, self.incident.reopened, self.incident.id) for notice in decision.notices]
        if decision.opened:
            self.incident = replace(self.incident, told=())

    def group(self):
        """All that is due goes out."""
        for entry in [one for one in self.waiting if one[0].due_at <= self.now]:
            self.waiting.remove(entry)
            notice, episode, number = entry
            if (notice.kind == "resolved") != (not self.incident.open):
                continue
            self.sent.append((number, episode, notice.kind, notice.target, self.now))
            if notice.kind != "resolved" and notice.target not in self.incident.told:
                self.incident = replace(self.incident, told=(*self.incident.told, notice.target))

    def deadlines(self, end):
        """Every deadline before ``end``, in its order."""
        for _ in range(500):
            if self.incident is None or not self.incident.open or self.incident.next_at is None:
                break
            if self.incident.next_at > end:
                break
            self.now = max(self.now, self.incident.next_at)
            self.take(on_deadline(self.incident, POLICY, self.around(), self.now))
            self.group()
        else:
            raise AssertionError("a deadline that never moves")
        self.now = end

    def do(self, what):
        opened = self.incident is not None and self.incident.open
        if what == "silence":
            self.until = self.now + timedelta(hours=2)
        elif what == "unsilence":
            self.until = None
        elif what in ("down", "up"):
            self.down = what == "down"
        elif what == "group":
            self.group()
            return
        elif what == "ack" and opened:
            until = self.now + timedelta(hours=3)
            self.take(acknowledge(self.incident, POLICY, self.around(), self.now, by="kim", note="", until=until))
        elif what == "unack" and opened and self.incident.acknowledged is not None:
            self.take(unacknowledge(self.incident, POLICY, self.around(), self.now, by="kim"))
        elif what == "resolve" and opened:
            self.take(resolve(self.incident, POLICY, self.around(), self.now, by="kim", text=""))
        if self.incident is not None and self.incident.open:
            self.take(on_deadline(self.incident, POLICY, self.around(), self.now))

    def judge(self, status, reason):
        self.number += 1
        run = Run(UUID(int=self.number), "kindscrap", RunStatus.FAILED, self.now, self.now)
        verdict = Verdict(status, reason, self.now, {"failures": 1}, last_run=run)
        self.take(on_verdict(self.incident, verdict, POLICY, self.around()))


def lived(steps):
    life = Life()
    for what, minutes in steps:
        life.deadlines(life.now + minutes * MINUTE)
        if isinstance(what, str):
            life.do(what)
        else:
            life.judge(*what)
    return life


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_nobody_hears_of_the_end_of_what_they_were_not_told_of(steps):
    life = lived(steps)
    life.deadlines(life.now + timedelta(hours=24))
    life.group()
    for number, episode, kind, target, at in life.sent:
        if kind == "resolved":
            assert any(one[:2] == (number, episode) and one[3] == target and one[4] <= at and one[2] != "resolved"
                       for one in life.sent)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_within_one_episode_the_opening_is_told_once(steps):
    life = lived(steps)
    seen = [(number, episode, target) for number, episode, kind, target, _ in life.sent if kind == "opened"]
    assert len(seen) == len(set(seen))


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_what_is_bad_is_never_silent_for_ever(steps):
    """Once nobody keeps it quiet any more, somebody hears of an open incident within a day."""
    life = lived(steps)
    life.down = False
    if life.incident is None or not life.incident.open:
        return
    before = len(life.sent)
    assert life.incident.next_at is not None
    life.deadlines(life.now + timedelta(hours=24))
    life.group()
    assert len(life.sent) > before or not life.incident.open


@settings(max_examples=100, deadline=None)
@given(STEPS)
@example([((Status.ERROR, Reason.FAILED), 0), ("down", 1), ("ack", 0)])
def test_nothing_is_owed_while_it_is_quiet(steps):
    for decision in lived(steps).decisions:
        incident = decision.incident
        if incident.open and (incident.quiet is not None or incident.held_by):
            assert not decision.notices
        if incident.open and incident.acknowledged is not None:
            assert {notice.kind for notice in decision.notices} <= {"acknowledged"}


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_the_deadline_lies_ahead_and_the_numbers_only_grow(steps):
    life = lived(steps)
    sequence = {}
    for decision in life.decisions:
        incident = decision.incident
        if incident.open and incident.id:
            assert incident.sequence >= sequence.get(incident.id, 0)
            sequence[incident.id] = incident.sequence
        if not incident.open:
            assert (incident.next_at, incident.acknowledged, incident.quiet) == (None, None, None)
    assert timedelta(0) < HELD_CHECK
