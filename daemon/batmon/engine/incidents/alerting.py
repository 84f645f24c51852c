"""What a verdict means for the incident of its program: asked wherever somebody judges, written where they commit.

``Alerting`` knows the configuration, and which programs have an incident that matters (open, or resolved so lately that
it may be reopened). Most verdicts concern no incident and cost nothing. For the others ``weigh`` gives an
``IncidentChange``: the state machine with all that it needs to know, to be run in the judgement's own transaction.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from batmon.config import Config
from batmon.engine.automations.steps import message_language
from batmon.judge import incident as machine
from batmon.judge.incident_state import Decision, Incident, Policy, State, Surroundings
from batmon.judge.quiet import Silence, Subject, quiet_now
from batmon.judge.routing import everything_above, route_of
from batmon.model import Program, Status, Verdict
from batmon.store.feed import Entry
from batmon.store.incident_rows import IncidentChange
from batmon.store.shapes import StoredState
from batmon.words import Language, say

log = logging.getLogger(__name__)

Note = dict[str, Any]
"""The ``incident`` of a board's row in docs/gate.md."""


class Alerting:
    """The incidents of one daemon. ``programs``: all that are configured, probes included."""

    def __init__(self, config: Config, programs: Iterable[Program]) -> None:
        self._alerts = config.alerts
        self._node = config.node
        self.showing: list[Callable[[str], None]] = []
        """Each is called with a program's name when its ``note`` has changed."""
        self._programs = {program.name: program for program in programs}
        self._edges = {program.name: program.depends_on for program in self._programs.values()}
        self._known: dict[str, Incident] = {}
        self._notes: dict[str, Note] = {}
        self._policies: dict[str, Policy] = {}
        self._weighed: set[str] = set()
        self.language: Language = "ko" if (config.alerts.language or message_language(config)) == "ko" else "en"
        """Of messages and sentences where nothing names another."""
        self._wakers: list[asyncio.Event] = []
        self.writer = uuid.uuid4().hex
        """Who we are, among those that write into the database."""

    def waker(self) -> asyncio.Event:
        """A new event that is set when a deadline may have become earlier, or a notice waits."""
        self._wakers.append(asyncio.Event())
        return self._wakers[-1]

    def wake(self) -> None:
        """Have everybody look again who waits for deadlines and notices."""
        for waker in self._wakers:
            waker.set()

    @property
    def reopen(self) -> timedelta:
        """How soon after its end an incident that comes back is the same one."""
        return self._alerts.reopen

    @property
    def foreign(self) -> list[str]:
        """Programs of other nodes that this configuration has too."""
        return [program.name for program in self._programs.values() if program.node not in ("", self._node)]

    def program(self, name: str) -> Program | None:
        """The program or probe as it is configured."""
        return self._programs.get(name)

    def named_by(self, silence: Silence) -> int:
        """How many configured programs and probes a silence is about, whatever its pattern."""
        named = replace(silence, pattern="")
        return sum(named.fits(Subject(one.name, one.tags, "")) for one in self._programs.values())

    def policy(self, program: Program | str, tags: Sequence[str] = ()) -> Policy:
        """What holds for its incidents; of a name that is not configured here, what is usual."""
        name = program if isinstance(program, str) else program.name
        kept = self._policies.get(name)
        if kept is None:
            kept = self._made(name, self._programs.get(name) if isinstance(program, str) else program, tags)
            if name in self._programs:
                self._policies[name] = kept
        return kept

    def _made(self, name: str, known: Program | None, tags: Sequence[str]) -> Policy:
        alerts = self._alerts
        subject = Subject(name, tuple(tags) if known is None else known.tags)
        route = route_of(subject, alerts.routes) or alerts.admins
        return Policy(
            program=name,
            node=self._node if known is None else known.node or self._node,
            tags=subject.tags,
            alert_after=1 if known is None else known.alert_after,
            probe=known is not None and known.probe,
            route=route.name,
            language=route.language or self.language,
            ladder=route.ladder,
            remind=alerts.remind if route.remind is None else route.remind or None,
            resolved=alerts.resolved,
            acknowledged=alerts.acknowledged,
            reopen=alerts.reopen,
            hold=alerts.hold if self._edges.get(name) else timedelta(0),
            flapping_high=alerts.flapping_high if alerts.flapping else 101.0,
            flapping_low=alerts.flapping_low,
            calm=alerts.calm,
        )

    def weigh(self, program: Program, before: StoredState, verdict: Verdict, now: datetime) -> IncidentChange | None:
        """What ``verdict``, made at ``now`` after ``before``, means for the program's incident; None: nothing.

        Put it into the ``Judgement`` and call ``committed`` once that is written.
        """
        if program.name not in self._programs:  # a bot that nobody configured
            self._programs[program.name] = program
        known = self._known.get(program.name)
        if known is not None and known.resolved_at is not None and now > known.resolved_at + self._alerts.reopen:
            del self._known[program.name]
            known = None
        policy = self.policy(program)
        first = program.name not in self._weighed
        bad = machine.alarm(verdict, policy) is not None or verdict.status is Status.ERROR
        recovered = verdict.status is Status.OK and before.status is not Status.OK
        if known is None and not bad and not recovered:
            return None
        if not first and not program.probe and _same(before, verdict):
            return None

        def decide(incident: Incident | None, silences: Sequence[Silence], down: Sequence[str]) -> Decision | None:
            around = self.around(machine.subject(policy, verdict), silences, down, now)
            return machine.on_verdict(incident, verdict, policy, around)

        return self._change(policy, decide)

    def step(
        self, incident: Incident, now: datetime, take: Callable[[Incident, Policy, Surroundings], Decision | None]
    ) -> IncidentChange:
        """Some other step of an incident that is there: ``take`` is called with it as it stands then."""
        policy = self.policy(incident.program, incident.tags)

        def decide(found: Incident | None, silences: Sequence[Silence], down: Sequence[str]) -> Decision | None:
            if found is None:
                return None
            return take(found, policy, self.around(machine.subject_of(found), silences, down, now))

        return self._change(policy, decide)

    def around(self, subject: Subject, silences: Iterable[Silence], down: Sequence[str], now: datetime) -> Surroundings:
        """What else is so for a subject."""
        return Surroundings(quiet_now(subject, silences, self._alerts.maintenance, now), tuple(sorted(down)))

    def _change(
        self, policy: Policy, decide: Callable[[Incident | None, Sequence[Silence], Sequence[str]], Decision | None]
    ) -> IncidentChange:
        above = everything_above(policy.program, self._edges) if self._edges.get(policy.program) else ()
        return IncidentChange(
            program=policy.program,
            decide=decide,
            route=policy.route,
            language=policy.language,
            depends_on=above,
            entry=self._entry,
            writer=self.writer,
        )

    def committed(self, change: IncidentChange | None, name: str = "") -> None:
        """A change was written: the board shows what came of it, and whoever waits for deadlines looks again."""
        if name:
            self._weighed.add(name)
        decision = None if change is None else change.outcome
        if decision is None:
            return
        self.learn(decision.incident)
        if decision.notices or decision.incident.next_at is not None or decision.resolved:
            self.wake()
        if decision.opened or decision.resolved:
            words = "incident opened" if decision.opened else "incident resolved"
            log.info(words, extra={"program": decision.incident.program, "incident": decision.incident.id})

    def learn(self, incident: Incident) -> None:
        """Know how an incident stands."""
        held = self._known.get(incident.program)
        if held is not None and held.id > incident.id:
            return
        self._known[incident.program] = incident
        note = _note(incident)
        if self._notes.get(incident.program) == note:
            return
        if note is None:
            self._notes.pop(incident.program, None)
        else:
            self._notes[incident.program] = note
        for show in self.showing:
            show(incident.program)

    def note(self, name: str) -> Note | None:
        """What the board says of a program's incident."""
        return self._notes.get(name)

    def title(self, name: str) -> str:
        """What people call a program."""
        program = self._programs.get(name)
        return program.title or name if program is not None else name

    def sentence(self, incident: Incident, language: Language, now: datetime) -> str:
        """Why it is open, in words."""
        program = self._programs.get(incident.program)
        zone = ZoneInfo(program.timezone if program is not None else "UTC")
        return say(incident.reason, incident.facts, language, zone, now)

    def _entry(self, decision: Decision, now: datetime) -> Entry | None:
        """What the bell says of a step: that an incident was opened, urgently if it is an error, or has ended."""
        incident = decision.incident
        if not decision.opened and not decision.resolved:
            return None
        title, korean = self.title(incident.program), self.language == "ko"
        if decision.resolved:
            words = f"{title}: 장애 해결" if korean else f"{title}: resolved"
            return Entry("info", words, now, source="incident", program=incident.program, incident=incident.id)
        if incident.reopened:
            words = f"{title}: 장애 재발 ({incident.reopened}회)" if korean else f"{title}: again ({incident.reopened})"
        else:
            words = f"{title}: 장애 발생" if korean else f"{title}: incident"
        quiet = incident.state is not State.OPEN
        level: Any = "attention" if quiet or incident.severity is not Status.ERROR else "urgent"
        text = self.sentence(incident, self.language, now)
        return Entry(level, words, now, text, "incident", incident.program, incident.id)


def _same(before: StoredState, verdict: Verdict) -> bool:
    """Whether a verdict says nothing new: the same, about the same run."""
    last = before.last_run["run_id"] if before.last_run else None
    return (
        before.status is verdict.status
        and before.reason is verdict.reason
        and before.facts.get("failures") == verdict.facts.get("failures")
        and before.facts.get("missed") == verdict.facts.get("missed")
        and last == (None if verdict.last_run is None else str(verdict.last_run.run_id))
    )


def _note(incident: Incident) -> Note | None:
    if not incident.open:
        return None
    until, by = incident.until, ""
    if incident.quiet is not None:
        by = incident.quiet.by or incident.quiet.name
    elif incident.acknowledged is not None:
        by = incident.acknowledged.by
    return {
        "id": incident.id,
        "state": incident.state.value,
        "by": by,
        "until": None if until is None else until.isoformat(),
        "held_by": list(incident.held_by),
        "opened_at": incident.opened_at.isoformat(),
    }
