"""Automations in Postgres: which there are and whether they are paused, and a row for each execution.

A slot (a due time of an automation) is decided once, by ``UNIQUE (job_name, slot)``, whoever comes first; the job that
executes it is enqueued in the same transaction. Who executes, and that nobody else does, is ``store.executing``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from asyncpg import Record

from batmon.errors import RunningAlready
from batmon.refusals import because
from batmon.store.jobs import Connection, NewJob, enqueue
from batmon.store.statements import sql
from batmon.store.store import Store
from batmon.store.texts import from_json, storable, to_json

LEAD_CLASS = 0x6261_746A
"""The first number of the advisory locks of those who execute: 'batj' in ASCII; the second is the execution's id."""
PRUNED_AT_ONCE = 10_000
SILENCE_SEC = 20.0
"""After which who executes, or is in the middle of a transaction, and says nothing to Postgres is taken for gone."""

REMOVED = "it is in nobody's configuration any more"
FAMILY = "report/"
"""How the names of automations begin that come and go while daemons run; none of a configuration holds a ``/``."""

Outcome = Literal["queued", "success", "failed"]


@dataclass(frozen=True, slots=True)
class Registered:
    """What a daemon's configuration says of an automation, as far as other daemons must know it."""

    name: str
    title: str = ""
    on: str = ""
    paused: bool = False


@dataclass(frozen=True, slots=True)
class AutomationState:
    """A row of ``automation_state``; ``last_slot``: up to which due time, inclusive, it was decided what happens."""

    name: str
    title: str
    on: str
    nodes: tuple[str, ...]
    paused: bool
    paused_by: str
    paused_at: datetime | None
    paused_why: str
    last_slot: datetime | None


@dataclass(frozen=True, slots=True)
class SlotClaim:
    """A due time that has come. ``skipped`` says why it is not run; empty for one that is.

    With ``alone`` it is not run while an earlier execution of the same automation has not ended.
    """

    name: str
    slot: datetime
    skipped: str = ""
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Execution:
    """A row of ``automation_logs``. ``attempts``: those that failed, as docs/gate.md shows them."""

    id: int
    name: str
    execution_time: datetime
    status: str
    error_message: str | None
    duration_ms: int | None
    slot: datetime | None
    trigger: str
    started_by: str
    node: str
    attempt: int
    attempts: list[dict[str, Any]]
    data: dict[str, Any]
    output: str
    holder: UUID | None
    not_before: datetime | None
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Latest:
    """What an automation does now and did last, skipped executions apart."""

    running: Execution | None = None
    last: Execution | None = None
    last_success: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended. ``again_at`` goes with ``queued``: when the next one may begin."""

    outcome: Outcome
    error: str = ""
    duration: timedelta | None = None
    output: str = ""
    attempts: Sequence[Mapping[str, Any]] = ()
    again_at: datetime | None = None
    again_after: timedelta = timedelta(0)


class Automations:
    """The automations of one database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def register(self, node: str, automations: Sequence[Registered], now: datetime) -> dict[str, AutomationState]:
        """Write a node's automations as configured; the state of each."""
        given = sorted(automations, key=lambda one: one.name)
        names = [one.name for one in given]
        columns = ([one.title for one in given], [one.on for one in given], [one.paused for one in given])
        async with self._store.connection() as connection, connection.transaction():
            await connection.execute(sql("unregister_automations"), node, names)
            await connection.execute(sql("register_automations"), node, names, *columns, now)
            await connection.execute(sql("end_removed"), REMOVED)
            rows = await connection.fetch(sql("automation_states"), None)
        known = set(names)
        return {row["job_name"]: state_of(row) for row in rows if row["job_name"] in known}

    async def states(self, name: str | None = None) -> dict[str, AutomationState]:
        """Every automation's state by name, or that of one."""
        async with self._store.connection() as connection:
            return {row["job_name"]: state_of(row) for row in await connection.fetch(sql("automation_states"), name)}

    async def claim(self, claims: Sequence[SlotClaim], now: datetime, node: str) -> list[tuple[str, int]]:
        """Decide what happens in these slots, in one transaction; name and id of the executions that are to run.

        What another daemon decided before, and what is paused, is not among them. Claims of one automation are in the
        order of their slots.
        """
        if not claims:
            return []
        latest = {claim.name: claim.slot for claim in claims}
        names = sorted(latest)
        async with self._store.connection() as connection, connection.transaction():
            await connection.fetch(sql("lock_automations"), names)
            rows = await connection.fetch(
                sql("claim_slots"),
                [claim.name for claim in claims],
                [claim.slot for claim in claims],
                [claim.skipped or None for claim in claims],
                [claim.alone for claim in claims],
                now,
                node,
            )
            await connection.execute(sql("move_last_slots"), names, [latest[name] for name in names])
            queued = [(row["job_name"], row["id"]) for row in rows if row["status"] == "queued"]
            await enqueue(connection, [job_of(name, number) for name, number in queued])
        return queued

    async def start(self, name: str, now: datetime, by: str, node: str, *, alone: bool) -> int:
        """Ask for an execution now, paused or not; its id.

        Raises:
            RunningAlready: another has not ended, and it is to run ``alone``.
        """
        async with self._store.connection() as connection, connection.transaction():
            await connection.fetch(sql("lock_automations"), [name])
            if alone and await connection.fetchval(sql("open_executions"), name):
                raise RunningAlready(because("automation-running", name=name))
            number: int = await connection.fetchval(sql("add_execution"), name, now, storable(by), node)
            await enqueue(connection, [job_of(name, number)])
        return number

    async def pause(self, name: str, *, paused: bool, by: str, why: str, now: datetime) -> bool:
        """Pause an automation or let it go on, for all daemons; False if there is none of that name."""
        async with self._store.connection() as connection:
            words = (storable(by), storable(why))
            return await connection.fetchval(sql("pause_automation"), name, paused, *words, now) is not None

    async def execution(self, number: int) -> Execution | None:
        """One execution, or None."""
        async with self._store.connection() as connection:
            return await execution(connection, number)

    async def page(self, name: str | None, limit: int, before: int | None = None) -> list[Execution]:
        """Up to ``limit`` executions with an id below ``before``, newest first."""
        async with self._store.connection() as connection:
            return [execution_of(row) for row in await connection.fetch(sql("executions"), name, before, limit)]

    async def latest(self, names: Sequence[str]) -> dict[str, Latest]:
        """What each of these automations does now and did last."""
        async with self._store.connection() as connection:
            found = await connection.fetch(sql("latest_executions"), list(names))
            numbers = [number for row in found for number in (row["open_id"], row["ended_id"]) if number is not None]
            rows = {row["id"]: execution_of(row) for row in await connection.fetch(sql("executions_of"), numbers)}
        return {
            row["job_name"]: Latest(rows.get(row["open_id"]), rows.get(row["ended_id"]), row["last_success"])
            for row in found
        }

    async def rouse(self, names: Sequence[str], before: datetime) -> int:
        """Enqueue again what nobody executes though it could have begun ``before`` this; how many."""
        async with self._store.connection() as connection, connection.transaction():
            rows = await connection.fetch(sql("orphans"), list(names), before, LEAD_CLASS, SILENCE_SEC)
            await enqueue(connection, [job_of(row["job_name"], row["id"], "again") for row in rows])
        return len(rows)

    async def end_silent(self) -> int:
        """End the connections of daemons that are stopped in the middle of a transaction; how many."""
        async with self._store.connection() as connection:
            return len(await connection.fetch(sql("end_silent_transactions"), 2 * SILENCE_SEC))

    async def prune(self, before: datetime) -> None:
        """Forget executions that ended before that, but the latest of each automation and outcome."""
        async with self._store.connection() as connection:
            await connection.execute(sql("prune_executions"), before, PRUNED_AT_ONCE)


async def automations_owed(connection: Connection, event: str, data: Mapping[str, Any]) -> int:
    """Owe an execution of each automation that waits for ``event``, in the caller's transaction; how many.

    ``event`` is ``incident.opened`` or ``incident.resolved``; ``data`` is what JSON knows, and times: steps see it as
    ``incident``, so that ``:incident.program`` is its key ``program``.
    """
    rows = await connection.fetch(sql("add_event_executions"), event, to_json(data))
    await enqueue(connection, [job_of(row["job_name"], row["id"]) for row in rows])
    return len(rows)


async def execution(connection: Connection, number: int) -> Execution | None:
    """One execution, or None."""
    row = await connection.fetchrow(sql("execution"), number)
    return None if row is None else execution_of(row)


async def may_begin(connection: Connection, name: str, number: int) -> bool:
    """Whether no earlier execution of the automation is left, inside a transaction that ends soon.

    One that has to wait is enqueued when the one before it ends: the lock on the automation's state sees to it that
    either this sees that end, or that end sees this.
    """
    await connection.fetch(sql("lock_automations"), [name])
    return await connection.fetchval(sql("earlier_execution"), name, number) is None


async def begin(
    connection: Connection,
    number: int,
    now: datetime,
    *,
    node: str,
    holder: UUID,
    attempts: Iterable[Mapping[str, Any]],
    counts: bool,
) -> int | None:
    """An attempt begins: its number, from 1; None if the execution has ended.

    One that does not count is made only to end the execution.
    """
    attempt: int | None = await connection.fetchval(
        sql("begin_execution"), number, now, node, holder, to_json(list(attempts)), int(counts)
    )
    return attempt


async def held(connection: Connection, number: int, holder: UUID) -> bool:
    """Whether ``holder`` still is the one who executes; nobody else can become it before this transaction ends."""
    return bool(await connection.fetchval(sql("held_execution"), number, holder))


async def failed_before(connection: Connection, name: str, number: int) -> bool:
    """Whether the last execution that ended before ``number`` failed."""
    return bool(await connection.fetchval(sql("failed_before"), name, number))


async def end(connection: Connection, name: str, number: int, ending: Ending) -> None:
    """Write how an attempt ended, in the transaction of what it did, and wake the execution whose turn it is."""
    await connection.execute(
        sql("end_execution"),
        number,
        ending.outcome,
        storable(ending.error) or None,
        None if ending.duration is None else min(round(ending.duration.total_seconds() * 1000), 2**31 - 1),
        storable(ending.output),
        to_json(list(ending.attempts)),
        ending.again_at,
    )
    await connection.fetch(sql("lock_automations"), [name])
    following = await connection.fetchval(sql("next_execution"), name)
    if following is not None:
        again = ending.again_after if following == number else timedelta(0)
        await enqueue(connection, [job_of(name, following, f"after {number} {len(ending.attempts)}", again)])


def job_of(name: str, number: int, why: str = "", delay: timedelta = timedelta(0)) -> NewJob:
    """The job that executes ``number``; one with the same ``why`` is not enqueued twice at a time."""
    return NewJob(entrypoint_of(name), str(number).encode(), delay, f"{number} {why}".strip())


def entrypoint_of(name: str) -> str:
    """Where the jobs of an automation are served: by the daemons that have it in their configuration.

    Those that come and go share one place: what is served is settled when the workers begin.
    """
    return f"automation:{FAMILY if name.startswith(FAMILY) else name}"


def state_of(row: Record) -> AutomationState:
    """A row of ``automation_state``."""
    return AutomationState(
        name=row["job_name"],
        title=row["title"],
        on=row["on_event"],
        nodes=tuple(row["nodes"]),
        paused=row["paused"],
        paused_by=row["paused_by"],
        paused_at=row["paused_at"],
        paused_why=row["paused_why"],
        last_slot=row["last_slot"],
    )


def execution_of(row: Record) -> Execution:
    """A row of ``automation_logs``."""
    return Execution(
        id=row["id"],
        name=row["job_name"],
        execution_time=row["execution_time"],
        status=row["status"],
        error_message=row["error_message"],
        duration_ms=row["duration_ms"],
        slot=row["slot"],
        trigger=row["trigger"],
        started_by=row["started_by"],
        node=row["node"],
        attempt=row["attempt"],
        attempts=from_json(row["attempts"]) or [],
        data=from_json(row["data"]) or {},
        output=row["output"],
        holder=row["holder"],
        not_before=row["not_before"],
        asked_at=row["asked_at"],
    )
