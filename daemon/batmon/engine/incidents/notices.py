"""Gathers what people are owed about incidents into messages: one a group, never two soon after one another.

As Alertmanager does (its documentation, "Grouping"): the first message of a group waits ``group_wait`` for more of its
kind, the next one goes out no sooner than ``group_interval`` after it. Any number of daemons may gather at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from batmon.config.alerts import AlertsConfig
from batmon.engine.incidents.alerting import Alerting
from batmon.engine.incidents.clock import judged_anew
from batmon.engine.rounds import go_round
from batmon.errors import StoreError
from batmon.notify.incident_data import SHOWN, IncidentNotice, IncidentProgram
from batmon.notify.message import Event
from batmon.store.notices import MOST, Group, Notices, ToldIncident, Waiting
from batmon.store.notifications import Owed
from batmon.words import say

log = logging.getLogger(__name__)

IDLE_SEC = 5.0
"""How often it is looked what other daemons have left, where nothing wakes us."""
ONE_BY_ONE = 500
"""Messages of one incident each that are owed in one transaction."""
EVENTS: dict[str, Event] = {
    "opened": "opened", "worse": "opened", "flapping": "opened", "escalated": "escalated", "reminder": "reminder",
    "acknowledged": "acknowledged", "resolved": "resolved",
}  # fmt: skip
"""Kind of notice -> what its message tells."""
_STRONGEST = ("resolved", "opened", "flapping", "worse", "escalated", "reminder", "acknowledged")
_AGAIN = {"ko": " (재발 {n}회)", "en": " (again, {n} times)"}
_FLAPPING = {
    "ko": "정상과 장애를 반복하는 중, 안정될 때까지 알리지 않음: ",
    "en": "goes bad and good again and again, quiet until it is calm: ",
}


class Grouper:
    """Turns due notices into messages, for ever. ``single``: channels that take one incident a message."""

    def __init__(
        self,
        notices: Notices,
        alerting: Alerting,
        alerts: AlertsConfig,
        *,
        node: str,
        console: str,
        single: Sequence[str],
        now: Callable[[], datetime],
    ) -> None:
        self._notices = notices
        self._alerting = alerting
        self._alerts = alerts
        self._node = node
        self._console = console
        self._single = frozenset(single)
        self._now = now
        self._woken = alerting.waker()

    async def keep(self, ready: asyncio.Event) -> None:
        """Gather for ever, from when ``ready`` is set; while the database is away it is tried again."""
        await judged_anew(ready)
        await go_round("notices", self._woken, self.gather)

    async def gather(self) -> float:
        """Send what is ready; seconds until something else may be, at most ``IDLE_SEC``."""
        now = self._now()
        later: list[datetime] = []
        for group, ready_at in await self._notices.groups(now, self._alerts.group_wait, self._alerts.group_interval):
            alone = group.channel in self._single
            if not alone and ready_at > now:
                later.append(ready_at)
                continue
            try:
                await self._send(group, now, alone=alone)
            except StoreError:
                raise
            except Exception:  # one group that cannot be told must not keep the others from being told
                log.exception("cannot tell a group", extra={"route": group.route, "channel": group.channel})
        due = await self._notices.next_due(now)
        if due is not None:
            later.append(due + self._alerts.group_wait)
        return min([IDLE_SEC, *(max(0.05, (at - now).total_seconds()) for at in later)])

    async def _send(self, group: Group, now: datetime, *, alone: bool) -> None:
        interval = timedelta(0) if alone else self._alerts.group_interval
        most = ONE_BY_ONE if alone else MOST

        def chosen(waiting: Sequence[Waiting]) -> Sequence[int]:
            shown = None if alone else SHOWN
            return [one.incident_id for about in by_event(waiting).values() for one in about[:shown]]

        def written(waiting: Sequence[Waiting], told: Sequence[ToldIncident]) -> Sequence[Owed]:
            known = {one.incident.id: one for one in told}
            outgoing: list[Owed] = []
            for event, about in by_event(waiting).items():
                parts = [[one] for one in about] if alone else [about]
                outgoing += [self._message(group, event, part, known, now) for part in parts]
            return outgoing

        rest = True
        while rest:
            rest = (
                await self._notices.send(group, now, interval=interval, most=most, chosen=chosen, written=written)
                == most
            )

    def _message(
        self,
        group: Group,
        event: Event,
        about: Sequence[Waiting],
        known: Mapping[int, ToldIncident],
        now: datetime,
    ) -> Owed:
        ids = {one.incident_id for one in about}
        programs = [
            self._program(known[one.incident_id], one, group.language, now) if one.incident_id in known
            else IncidentProgram(name=one.program, since=one.begun_at, status=one.severity, incident_id=one.incident_id)
            for one in about
        ]  # fmt: skip
        first = known[about[0].incident_id].incident
        correlation = f"incident-{min(ids)}" if len(ids) == 1 else f"incidents-{min(ids)}"
        given = first.acknowledged
        notice = IncidentNotice(
            event=event,
            correlation=correlation,
            programs=programs,
            at=now,
            language=group.language,
            node=self._node,
            console=self._console,
            link=self._alerts.dashboard_url,
            by=given.by if given is not None else "",
            note=given.note if given is not None else "",
            until=given.until if given is not None else None,
            step=first.step,
            steps=len(self._alerting.policy(first.program, first.tags).ladder),
        )
        data: dict[str, Any] = notice.data()
        return Owed(
            channel=group.channel,
            recipient=group.recipient,
            template=notice.template,
            language=group.language,
            data=data,
            key=f"notice:{min(one.id for one in about)}",
            incident_ids=tuple(sorted(ids)),
        )

    def _program(self, told: ToldIncident, one: Waiting, language: str, now: datetime) -> IncidentProgram:
        incident = told.incident
        why = say(incident.reason, incident.facts, "ko" if language == "ko" else "en", ZoneInfo(told.timezone), now)
        if incident.reopened:
            why += _AGAIN["ko" if language == "ko" else "en"].format(n=incident.reopened)
        if one.kind == "flapping":
            why = _FLAPPING["ko" if language == "ko" else "en"] + why
        return IncidentProgram(
            name=incident.program,
            title=told.title,
            since=incident.begun_at,
            status=incident.severity,
            reason=incident.reason.value,
            why=why,
            line=incident.line,
            signature=told.signature,
            incident_id=incident.id,
            run=told.log_id,
            node=incident.node,
            ended=incident.resolved_at,
        )


def by_event(waiting: Sequence[Waiting]) -> dict[Event, list[Waiting]]:
    """Of each incident the strongest notice, by what its message tells; the worst incidents first."""
    best: dict[int, Waiting] = {}
    for one in waiting:
        held = best.get(one.incident_id)
        if held is None or _STRONGEST.index(one.kind) < _STRONGEST.index(held.kind):
            best[one.incident_id] = one
    found: dict[Event, list[Waiting]] = {}
    for one in sorted(best.values(), key=lambda one: (-one.severity.severity, one.begun_at, one.program)):
        found.setdefault(EVENTS[one.kind], []).append(one)
    return found
