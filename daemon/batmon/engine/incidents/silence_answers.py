"""What the daemon answers at the gate about silences and maintenance windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from batmon.engine.board import moment
from batmon.engine.incidents.alerting import Alerting
from batmon.engine.incidents.answers import until_of
from batmon.engine.incidents.shapes import silence_shape
from batmon.errors import BadRequest, NotFound
from batmon.gate.arguments import Args, number
from batmon.gate.verbs import Caller, Verb
from batmon.judge.incident import subject_of
from batmon.judge.quiet import Silence, Window
from batmon.model import Role
from batmon.refusals import because
from batmon.store.incidents import Incidents

LISTED, MOST_LISTED = 200, 1000
LONGEST = timedelta(days=366)
LONGEST_MATCHER = 200
LONGEST_WHY = 1000


class SilenceAnswers:
    """The verbs about silences. ``windows`` are those of the configuration."""

    def __init__(
        self, incidents: Incidents, alerting: Alerting, *, windows: Sequence[Window], now: Callable[[], datetime]
    ) -> None:
        self._incidents = incidents
        self._alerting = alerting
        self._windows = windows
        self._now = now

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it."""
        return {
            "silences": Verb(Role.VIEWER, answer=self.silences),
            "silence.add": Verb(Role.OPERATOR, answer=self.add),
            "silence.end": Verb(Role.OPERATOR, answer=self.end),
        }

    async def silences(self, _caller: Caller, args: Args) -> Args:
        """Silences, and the windows of the configuration."""
        now = self._now()
        limit = max(1, number(args, "limit", LISTED, MOST_LISTED))
        rows = await self._incidents.silences(now, ended=args.get("all") is True, limit=limit)
        quietens = await self._incidents.silenced()
        return {
            "silences": [silence_shape(row, quietens.get(str(row["silence_id"]), 0), now) for row in rows],
            "maintenance": [_window(window, now) for window in self._windows],
        }

    async def add(self, caller: Caller, args: Args) -> Args:
        """Quiet from now on, for what fits."""
        now = self._now()
        program, tag, pattern = (_matcher(args, name) for name in ("program", "tag", "pattern"))
        why = args.get("why")
        if not program and not tag and not pattern:
            raise BadRequest(because("what-to-silence"))
        if not isinstance(why, str) or not why.strip() or len(why) > LONGEST_WHY:
            raise BadRequest(because("why-silent", most=LONGEST_WHY))
        until = until_of(args, now, None, LONGEST)
        row = await self._incidents.add_silence(
            program=program, tag=tag, pattern=pattern, why=why.strip(), by=caller.user, now=now, until=until
        )
        silence = Silence(row["silence_id"], until, caller.user, why, program, tag, pattern)
        quietened = [one.id for one in await self._incidents.open() if silence.fits(subject_of(one))]
        await self._incidents.wake(quietened, now)
        self._alerting.wake()
        return {
            "silence": silence_shape(row, len(quietened), now),
            "incidents": len(quietened),
            "programs": self._alerting.named_by(silence),
        }

    async def end(self, caller: Caller, args: Args) -> Args:
        """End one before its time; what it kept quiet and is still bad is told then."""
        now, wanted = self._now(), number(args, "id", 0)
        row = await self._incidents.end_silence(wanted, now, caller.user)
        if row is None:
            there = await self._incidents.silence(wanted)
            raise NotFound(because("no-silence" if there is None else "silence-over", number=wanted))
        self._alerting.wake()
        return {"silence": silence_shape(row, 0, now)}


def _matcher(args: Args, name: str) -> str:
    value = args.get(name) or ""
    if not isinstance(value, str) or len(value) > LONGEST_MATCHER or not value.isprintable():
        raise BadRequest(because("text-not-printable", key=name, most=LONGEST_MATCHER))
    return value.strip()


def _window(window: Window, now: datetime) -> dict[str, Any]:
    until = window.until(now)
    return {
        "name": window.name,
        "programs": list(window.programs),
        "tags": list(window.tags),
        "why": window.why,
        "now": until is not None,
        "until": moment(until),
        "next": moment(window.next_start(now)),
    }
