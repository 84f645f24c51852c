"""The rows that every attached console sees, and who must be told when one changes.

A subscriber that is slow gets the latest row of each program that changed, once: what waits for it is bounded by the
number of programs.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from batmon.model import Program, Reason, Status
from batmon.store import StoredState

Row = dict[str, Any]


def moment(value: datetime | None) -> str | None:
    """An aware time as ISO 8601 in UTC, as it goes over the gate."""
    return None if value is None else value.isoformat()


def row_of(program: Program, state: StoredState, *, last_log: str, looked: bool) -> Row:
    """A program's row in the shape of docs/gate.md.

    ``looked`` is False until this daemon has judged the program for the first time since it started: what an earlier
    daemon thought is not shown as if it were true now.
    """
    status, reason, facts = state.status, state.reason, dict(state.facts)
    if not looked:
        status, reason, facts = Status.UNKNOWN, Reason.BLIND, {"detail": "not looked yet since the daemon started"}
    return {
        "name": program.name,
        "title": program.title or program.name,
        "node": program.node,
        "status": status.value,
        "reason": reason.value,
        "facts": {key: moment(value) if isinstance(value, datetime) else value for key, value in facts.items()},
        "since": moment(state.since),
        "checked_at": moment(state.checked_at),
        "schedule": list(program.schedule),
        "timezone": program.timezone,
        "scheduler": program.scheduler,
        "base_dir": str(program.base_dir),
        "retry_program": shlex.join(program.rerun),
        "rerun_params": list(program.rerun_params),
        "grace_sec": program.grace.total_seconds(),
        "max_runtime_sec": program.max_runtime.total_seconds(),
        "configured": program.configured,
        "next_due": moment(state.next_due),
        "last_log": last_log,
        "last_run": state.last_run,
        "running": state.running,
        "strip": state.strip,
    }


class Subscription:
    """The changes that one watcher has not taken yet."""

    def __init__(self) -> None:
        self._waiting: dict[str, Row | None] = {}
        self._some = asyncio.Event()

    def put(self, name: str, row: Row | None) -> None:
        """Remember the latest row of ``name``; None when the program is gone."""
        self._waiting[name] = row
        self._some.set()

    async def take(self) -> tuple[list[Row], list[str]]:
        """Wait for a change, then take all that wait: the rows that changed and the names that are gone."""
        await self._some.wait()
        self._some.clear()
        waiting, self._waiting = self._waiting, {}
        return [row for row in waiting.values() if row is not None], [n for n, row in waiting.items() if row is None]


class Board:
    """The current row of every program."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._subscriptions: set[Subscription] = set()

    @property
    def rows(self) -> Mapping[str, Row]:
        """Name to row."""
        return self._rows

    def publish(self, name: str, row: Row) -> None:
        """Show ``row`` and tell every watcher, if it differs from what was shown."""
        if self._rows.get(name) == row:
            return
        self._rows[name] = row
        for subscription in self._subscriptions:
            subscription.put(name, row)

    def subscribe(self) -> Subscription:
        """A new watcher; ``unsubscribe`` it when it goes."""
        subscription = Subscription()
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a watcher."""
        self._subscriptions.discard(subscription)


class Freshness:
    """Whether the rows may be believed: a board that is not kept up says so instead of staying green."""

    STORE_GONE_AFTER = timedelta(seconds=15)
    """A restart of the database takes a few seconds and is nobody's alarm."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.store_lost_at: datetime | None = None

    def problem(self) -> str:
        """Why the rows may not be believed, or nothing."""
        lost = self.store_lost_at
        if lost is not None and self._now() - lost > self.STORE_GONE_AFTER:
            return f"the database has been away since {lost.isoformat(timespec='seconds')}: nothing can be judged"
        return ""
