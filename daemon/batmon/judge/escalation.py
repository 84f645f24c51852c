"""Who is to be told of an open incident now, and when it must be looked at again.

What holds notices back, the strongest first: a silence or a maintenance window, flapping, an acknowledgement, an open
incident of something that it depends on. Each of them ends by itself, and what is then still bad is told: no incident
with a ladder is silent for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from batmon.judge.incident_state import Decision, Event, Incident, Notice, NoticeKind, Policy, Surroundings
from batmon.judge.routing import Target

HELD_CHECK = timedelta(minutes=5)
"""How soon it is looked again whether what an incident waits for is still bad; mostly its end wakes it sooner."""


class Settling:
    """One step of one incident: fields are changed, then ``settle`` says what follows from them."""

    def __init__(self, incident: Incident, policy: Policy, around: Surroundings, now: datetime) -> None:
        self.incident = incident
        self.policy = policy
        self.around = around
        self.now = now
        self.events: list[Event] = []
        self.notices: list[Notice] = []
        self.withdraw = False
        self.opened = False
        self.resolved = False
        self.speak_up = False
        """What kept it quiet is over: those who had been told hear that it is still bad."""

    def note(self, kind: str, text: str = "", by: str = "", **data: object) -> None:
        """Add to the timeline."""
        self.events.append(Event(kind, text, by, data))

    def tell(self, kind: NoticeKind, targets: Iterable[Target], *, due_at: datetime | None = None) -> None:
        """Owe a notice to each of ``targets``, at most one for each in one step."""
        told = {notice.target for notice in self.notices}
        for target in dict.fromkeys(targets):
            if target not in told:
                self.notices.append(Notice(kind, target, due_at or self.now))

    @property
    def reached(self) -> tuple[Target, ...]:
        """Everybody on the rungs that were told."""
        rungs = self.policy.ladder[: self.incident.step]
        return tuple(dict.fromkeys(target for rung in rungs for target in rung.targets))

    def take_back(self) -> None:
        """What waits to be sent is not sent any more; if nobody has heard of it yet, nobody counts as told."""
        self.withdraw = True
        self.notices.clear()
        if not self.incident.told:
            self.incident = replace(self.incident, step=0, told_at=None)

    def resolve(self, by: str = "", text: str = "") -> None:
        """End it; those who had been told hear of it, once no silence or window keeps them quiet."""
        incident = self.incident
        quiet = self.around.quiet if self.around.quiet is not None else incident.quiet
        self.withdraw = self.resolved = True
        if self.policy.resolved:
            still_quiet = quiet is not None and quiet.until > self.now
            self.tell("resolved", incident.told, due_at=quiet.until if quiet is not None and still_quiet else None)
        self.incident = replace(
            incident, resolved_at=self.now, resolved_by=by, acknowledged=None, quiet=None, held_by=(), flapping=False,
            good_since=None, next_at=None,
        )  # fmt: skip
        self.note("resolved", text, by)

    def decision(self) -> Decision:
        """What this step comes to."""
        if self.notices:
            self.incident = replace(self.incident, sequence=self.incident.sequence + 1)
        return Decision(
            self.incident, tuple(self.events), tuple(self.notices), self.withdraw, self.opened, self.resolved
        )

    def settle(self) -> Decision:
        """Bring the incident in line with what is around it and owe what is due."""
        if self.incident.open and not (self._quiet() or self._flapping() or self._acknowledged() or self._held()):
            self._climb()
        return self.decision()

    def _wait_until(self, at: datetime | None) -> None:
        self.incident = replace(self.incident, next_at=at)

    def _quiet(self) -> bool:
        before, quiet = self.incident.quiet, self.around.quiet
        if quiet is None:
            if before is not None:
                self.note("unsilenced", f"{before.kind} {before.name}")
                self.incident = replace(self.incident, quiet=None)
                self.speak_up = True
            return False
        if before is None or (before.kind, before.name, before.until) != (quiet.kind, quiet.name, quiet.until):
            kind = "silenced" if quiet.kind == "silence" else "maintenance"
            self.note(kind, quiet.why, quiet.by, name=quiet.name, until=quiet.until.isoformat())
        self.take_back()
        self.incident = replace(self.incident, quiet=quiet, next_at=quiet.until)
        return True

    def _flapping(self) -> bool:
        incident = self.incident
        if not incident.flapping:
            return False
        calm_at = (incident.changed_at or self.now) + self.policy.calm
        if self.now < calm_at:
            self._wait_until(calm_at)
            return True
        self.note("calm")
        self.incident = replace(incident, flapping=False)
        if incident.good_since is not None:
            self.resolve()
            return True
        self.speak_up = True
        return False

    def _acknowledged(self) -> bool:
        given = self.incident.acknowledged
        if given is None:
            return False
        if self.now < given.until:
            self._wait_until(given.until)
            return True
        self.note("ack_expired", given.note, given.by)
        self.incident = replace(self.incident, acknowledged=None)
        self.speak_up = True
        return False

    def _held(self) -> bool:
        incident, down = self.incident, self.around.down
        if down:
            if set(down) != set(incident.held_by):
                self.note("held", ", ".join(down), by_programs=list(down))
            self.take_back()
            self.incident = replace(self.incident, held_by=down, next_at=self.now + HELD_CHECK)
            return True
        if incident.held_by:
            self.note("released", ", ".join(incident.held_by))
            self.incident = replace(incident, held_by=())
            self.speak_up = True
        elif incident.told_at is None and self.now < incident.begun_at + self.policy.hold:
            self._wait_until(incident.begun_at + self.policy.hold)
            return True
        return False

    def _climb(self) -> None:
        """Tell the rungs whose time has come, all of those that were passed over at once; else remind."""
        incident, ladder, remind = self.incident, self.policy.ladder, self.policy.remind
        lasted = self.now - incident.begun_at
        due = [rung for rung in ladder[incident.step :] if rung.after <= lasted]
        first = incident.told_at is None
        reached = self.reached
        if due:
            self.note("told" if first else "escalated", step=incident.step + len(due))
            self.tell("opened" if first else "escalated", (target for rung in due for target in rung.targets))
        remind_at = None if remind is None or first else (incident.told_at or self.now) + remind
        overdue = remind_at is not None and remind_at <= self.now and not due and not self.notices
        if not first and (self.speak_up or overdue):
            self.note("reminded")
            self.tell("reminder", reached)
        told_at = self.now if self.notices else incident.told_at
        step = incident.step + len(due)
        nexts = [incident.begun_at + rung.after for rung in ladder[step : step + 1]]
        if told_at is not None and remind is not None:
            nexts.append(told_at + remind)
        self.incident = replace(incident, step=step, told_at=told_at, next_at=min(nexts, default=None))
