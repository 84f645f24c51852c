"""What the daemon answers at the gate about incidents: the list, the page, and what people do with one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from batmon.engine.board import moment as shown_moment
from batmon.engine.incidents.alerting import Alerting
from batmon.engine.incidents.shapes import incident_shape, short_shape, shown_facts, silence_shape
from batmon.errors import BadRequest, NotFound, Refused
from batmon.gate.arguments import Args, maybe_moment, maybe_text, moment, number
from batmon.gate.fitting import fitting
from batmon.gate.verbs import Caller, Verb
from batmon.judge import incident as machine
from batmon.judge.incident_state import Decision, Incident, Policy, Surroundings
from batmon.model import Role, Run
from batmon.refusals import because
from batmon.store.incidents import Incidents
from batmon.store.run_rows import run_json

LISTED, MOST_LISTED = 50, 500
TIMELINE = 200
MOST_TOLD = 200
MOST_HELD = 100
LONGEST_TEXT = 500
LONGEST_NOTE = 1000
LONGEST_ACK = timedelta(days=366)
STATES = ("open", "acknowledged", "silenced", "maintenance", "held", "flapping", "resolved", "all")

Take = Callable[[Incident, Policy, Surroundings], Decision | None]


class IncidentAnswers:
    """The verbs about incidents. ``acknowledge``: how long an acknowledgement holds that names no time."""

    def __init__(
        self,
        incidents: Incidents,
        alerting: Alerting,
        *,
        acknowledge: timedelta,
        find_run: Callable[[UUID], Awaitable[Run | None]],
        now: Callable[[], datetime],
    ) -> None:
        self._incidents = incidents
        self._alerting = alerting
        self._acknowledge = acknowledge
        self._find_run = find_run
        self._now = now

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it: whoever may see the board may see incidents, operators work on them."""
        return {
            "incidents": Verb(Role.VIEWER, answer=self.incidents),
            "incident": Verb(Role.VIEWER, answer=self.incident),
            "incident.ack": Verb(Role.OPERATOR, answer=self.ack),
            "incident.unack": Verb(Role.OPERATOR, answer=self.unack),
            "incident.note": Verb(Role.OPERATOR, answer=self.note),
            "incident.resolve": Verb(Role.OPERATOR, answer=self.resolve),
        }

    def _shape(self, incident: Incident) -> dict[str, Any]:
        return incident_shape(incident, self._alerting, self._now())

    async def incidents(self, _caller: Caller, args: Args) -> Args:
        """A page of incidents, the newest first."""
        state = args.get("state")
        if state is not None and state not in STATES:
            raise BadRequest(because("must-be-one-of", key="state", known=", ".join(STATES)))
        program = maybe_text(args, "program")
        since = maybe_moment(args, "since")
        before = None if args.get("before") is None else number(args, "before", 0)
        limit = max(1, number(args, "limit", LISTED, MOST_LISTED))
        found = await self._incidents.page(str(state or "unresolved"), program, since, before, limit + 1)
        if program is not None and not found and self._alerting.program(program) is None:
            await self._find({"program": program})
        counts = dict.fromkeys(("open", "acknowledged", "silenced", "maintenance", "held", "flapping"), 0)
        shown = fitting([self._shape(one) for one in found[:limit]])
        return {
            "incidents": shown,
            "more": len(found) > len(shown),
            "counts": counts | await self._incidents.counts(),
        }

    async def incident(self, _caller: Caller, args: Args) -> Args:
        """Everything about one incident."""
        incident = await self._find(args)
        timeline = await self._incidents.timeline(incident.id, TIMELINE)
        first, last = await self._incidents.verdicts(incident.id)
        told = await self._incidents.told(incident.id, MOST_TOLD)
        holds = await self._incidents.held_by(incident.program, MOST_HELD) if incident.open else []
        held_by = await self._incidents.open_of(incident.held_by) if incident.held_by else []
        run = await self._find_run(incident.run_id) if incident.run_id is not None else None
        now = self._now()
        subject = machine.subject_of(incident)
        silenced = await self._incidents.silenced()
        silences = [
            silence_shape(row, silenced.get(str(row["silence_id"]), 0), now)
            for row, silence in await self._incidents.silences_in_force(now)
            if silence.fits(subject)
        ]
        return {
            "incident": self._shape(incident),
            "timeline": [_event(row) for row in timeline],
            "first": None if first is None else _verdict(first),
            "last": None if last is None else _verdict(last),
            "told": [_told(row) for row in told],
            "silences": silences,
            "held_by": [short_shape(one, self._alerting, now) for one in held_by],
            "holds": [short_shape(one, self._alerting, now) for one in holds],
            "run": None if run is None else run_json(run),
        }

    async def _find(self, args: Args) -> Incident:
        if args.get("id") is not None:
            return await self._by_id(args)
        program = args.get("program")
        if not isinstance(program, str):
            raise BadRequest(because("which-incident"))
        found = await self._incidents.page("all", program, None, None, 1)
        if not found:
            raise NotFound(because("never-had-incident", program=program))
        return found[0]

    async def _by_id(self, args: Args) -> Incident:
        wanted = number(args, "id", 0)
        found = await self._incidents.get(wanted)
        if found is None:
            raise NotFound(because("no-incident", number=wanted))
        return found

    async def ack(self, caller: Caller, args: Args) -> Args:
        """Somebody takes it on."""
        note, now = _text(args, "note"), self._now()
        until = until_of(args, now, self._acknowledge, LONGEST_ACK)

        def take(incident: Incident, policy: Policy, around: Surroundings) -> Decision:
            return machine.acknowledge(incident, policy, around, now, by=caller.user, note=note, until=until)

        return await self._act(args, take, now)

    async def unack(self, caller: Caller, args: Args) -> Args:
        """Whoever took it on gives it back."""
        now = self._now()

        def take(incident: Incident, policy: Policy, around: Surroundings) -> Decision:
            if incident.acknowledged is None:
                raise Refused(because("not-acknowledged", number=incident.id))
            return machine.unacknowledge(incident, policy, around, now, by=caller.user)

        return await self._act(args, take, now)

    async def note(self, caller: Caller, args: Args) -> Args:
        """Somebody writes something down; also of one that is over."""
        text, now = _text(args, "note"), self._now()
        if not text.strip():
            raise BadRequest(because("must-be-text", key="note"))
        return await self._act(
            args,
            lambda incident, policy, around: machine.add_note(incident, policy, around, now, by=caller.user, text=text),
            now,
            open_only=False,
        )

    async def resolve(self, caller: Caller, args: Args) -> Args:
        """Somebody ends it by hand."""
        text, now = _text(args, "note"), self._now()
        return await self._act(
            args,
            lambda incident, policy, around: machine.resolve(incident, policy, around, now, by=caller.user, text=text),
            now,
        )

    async def _act(self, args: Args, take: Take, now: datetime, *, open_only: bool = True) -> Args:
        wanted = (await self._by_id(args)).id

        def checked(incident: Incident, policy: Policy, around: Surroundings) -> Decision | None:
            if open_only and not incident.open:
                raise Refused(because("incident-over", number=incident.id))
            return take(incident, policy, around)

        change = await self._incidents.step(wanted, lambda found: self._alerting.step(found, now, checked), now)
        if change is None or change.outcome is None:
            raise NotFound(because("no-incident", number=wanted))
        self._alerting.committed(change)
        return {"incident": self._shape(change.outcome.incident)}


def until_of(args: Args, now: datetime, usual: timedelta | None, longest: timedelta) -> datetime:
    """The moment that ``until`` or ``for_sec`` name; what is ``usual`` where neither is given.

    Raises:
        BadRequest: it is no moment later than now, or too late.
    """
    if args.get("until") is not None:
        until = moment(args, "until")
    elif args.get("for_sec") is not None:
        seconds = args["for_sec"]
        if (
            isinstance(seconds, bool)
            or not isinstance(seconds, int | float)
            or not 0 < seconds <= longest.total_seconds()
        ):
            raise BadRequest(because("must-be-seconds", key="for_sec"))
        until = now + timedelta(seconds=seconds)
    elif usual is not None:
        until = now + usual
    else:
        raise BadRequest(because("say-until"))
    if not now < until <= now + longest:
        raise BadRequest(because("until-not-ahead"))
    return until


def _text(args: Args, name: str) -> str:
    value = args.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST_NOTE:
        raise BadRequest(because("text-too-long", key=name, most=LONGEST_NOTE))
    return value.strip()


def _event(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["event_id"],
        "at": shown_moment(row["at"]),
        "kind": row["kind"],
        "by": row["by"],
        "text": row["text"][:LONGEST_TEXT],
        "data": row["data"],
    }


def _verdict(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "at": shown_moment(row["at"]), "facts": shown_facts(row["facts"])}


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """A notice, and where it went into a message, what became of that."""
    state = row["state"]
    if row["message_state"] is not None:
        state = "retrying" if row["message_state"] == "owed" and row["attempts"] else row["message_state"]
    sent = row["settled_at"] if state == "sent" else None
    return {
        "id": row["notice_id"],
        "kind": row["kind"],
        "channel": row["channel"],
        "recipient": row["recipient"],
        "created_at": shown_moment(row["created_at"]),
        "due_at": shown_moment(row["due_at"]),
        "state": state,
        "why": row["why"],
        "notification_id": None if row["notification_id"] is None else str(row["notification_id"]),
        "sent_at": shown_moment(sent),
        "error": row["error"] or "",
    }
