"""The rows that every attached console sees, and who must be told when one changes.

A subscriber that is slow gets the latest row of each program that changed, once: what waits for it is bounded by the
number of programs.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from batmon.model import Program, Reason, Status
from batmon.store import StoredState

Row = dict[str, Any]
Facts = Mapping[str, Any]
"""Why a verdict may not be believed, as ``batmon.words`` says it: ``cause`` and what belongs to it."""


def moment(value: datetime | None) -> str | None:
    """An aware time as ISO 8601 in UTC, as it goes over the gate."""
    return None if value is None else value.isoformat()


def row_of(
    program: Program,
    state: StoredState,
    *,
    last_log: str,
    doubt: Facts | None,
    signature: Facts | None = None,
    incident: Facts | None = None,
) -> Row:
    """A program's row in the shape of docs/gate.md; with a ``doubt`` the stored verdict is not shown as if it held."""
    row = {
        "name": program.name,
        "title": program.title or program.name,
        "node": program.node,
        "status": state.status.value,
        "reason": state.reason.value,
        "facts": dict(state.facts),
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
        "signature": signature,
        "incident": incident,
        "probe": "",
    }
    return doubted(row, doubt) if doubt else row


def doubted(row: Row, why: Facts) -> Row:
    """The row as UNKNOWN, because its verdict may not be believed."""
    return {**row, "status": Status.UNKNOWN.value, "reason": Reason.BLIND.value, "facts": dict(why), "signature": None}


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
        self._shown: dict[str, Row] = {}
        self._subscriptions: set[Subscription] = set()
        self.problem: Facts | None = None
        """Why no row may be believed now, if so."""

    @property
    def rows(self) -> Mapping[str, Row]:
        """Name to row, as it is shown."""
        return self._shown

    def publish(self, name: str, row: Row) -> None:
        """Show ``row`` and tell every watcher, if it differs from what was shown."""
        self._rows[name] = row
        shown = doubted(row, self.problem) if self.problem else row
        if self._shown.get(name) == shown:
            return
        self._shown[name] = shown
        for subscription in self._subscriptions:
            subscription.put(name, shown)

    def doubt(self, problem: Facts | None) -> None:
        """Show every row as UNKNOWN because of ``problem``, or again as it is when that is over (None)."""
        if problem != self.problem:
            self.problem = problem
            for name, row in self._rows.items():
                self.publish(name, row)

    def subscribe(self) -> Subscription:
        """A new watcher; ``unsubscribe`` it when it goes."""
        subscription = Subscription()
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a watcher."""
        self._subscriptions.discard(subscription)
