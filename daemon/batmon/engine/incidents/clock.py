"""Looks at open incidents when their stored deadlines pass: escalation, reminders, what kept them quiet and is over.

It sleeps until the earliest deadline. After the daemon's own absence it waits until every program has been judged, so
that nobody is reminded of what is over; what was passed over meanwhile is told once, not as often as it was due.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from batmon.engine.incidents.alerting import Alerting
from batmon.engine.rounds import go_round
from batmon.judge.incident import on_deadline
from batmon.judge.incident_state import Incident
from batmon.store.incident_rows import IncidentChange
from batmon.store.incidents import Incidents

log = logging.getLogger(__name__)

AT_ONCE = 50
"""Incidents that take their step in one transaction."""
LONGEST_SLEEP_SEC = 30.0
"""What other daemons change is noticed within this time."""
READY_SEC = 300.0
"""For so long it is waited that every program has been judged; then deadlines count all the same."""
OVERLAP = timedelta(seconds=10)
"""A transaction that took so long to commit is still noticed."""


async def judged_anew(ready: asyncio.Event) -> None:
    """Wait until every program has been judged since the daemon started, but not for ever."""
    try:
        async with asyncio.timeout(READY_SEC):
            await ready.wait()
    except TimeoutError:
        log.warning("not every program could be judged yet; people are told of incidents all the same")


class IncidentClock:
    """The deadlines of the incidents of one node."""

    def __init__(self, incidents: Incidents, alerting: Alerting, *, node: str, now: Callable[[], datetime]) -> None:
        self._incidents = incidents
        self._alerting = alerting
        self._node = node
        self._now = now
        self._woken = alerting.waker()
        self._seen = datetime.min.replace(tzinfo=UTC)

    async def load(self, now: datetime) -> None:
        """Know the incidents that an earlier daemon left."""
        for incident in await self._incidents.that_matter(self._node, now - self._alerting.reopen):
            self._alerting.learn(incident)
        self._seen = now - OVERLAP

    async def keep(self, ready: asyncio.Event) -> None:
        """Look for ever, from when ``ready`` is set; while the database is away it is tried again."""
        await judged_anew(ready)
        await go_round("the deadlines of incidents", self._woken, self.look)

    async def look(self) -> float:
        """Take every step that is due; seconds until the next one may be."""
        while True:
            now = self._now()
            changes = await self._incidents.due(now, self._node, self._alerting.foreign, AT_ONCE, self._step)
            for change in changes:
                self._alerting.committed(change)
            if len(changes) < AT_ONCE:
                break
        await self._learn()
        deadline = await self._incidents.next_deadline(self._node, self._alerting.foreign)
        if deadline is None:
            return LONGEST_SLEEP_SEC
        # one that has passed is being looked at by somebody else
        return min(LONGEST_SLEEP_SEC, max(0.2, (deadline - self._now()).total_seconds()))

    def _step(self, incident: Incident) -> IncidentChange:
        now = self._now()
        return self._alerting.step(incident, now, lambda found, policy, around: on_deadline(found, policy, around, now))

    async def _learn(self) -> None:
        """Know what other daemons, and people at their gates, have changed."""
        since = self._seen - OVERLAP
        while True:
            changed, newest = await self._incidents.changed(self._node, since, self._alerting.writer)
            for incident in changed:
                self._alerting.learn(incident)
            self._seen, since = max(self._seen, newest), newest
            if not changed:
                break
