"""The store: programs, runs, verdicts and what else must be remembered, in PostgreSQL.

Every method raises StoreUnavailable while Postgres is away (trying again later may work), SchemaError when the
database is not what it should be, and StoreError for the rest. SQL is in ``queries/*.sql``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from batmon.errors import StoreUnavailable
from batmon.model import Program, Run
from batmon.store import export, judgements, records
from batmon.store import signatures as kinds
from batmon.store.listening import Listener, Reconnected
from batmon.store.mapping import errors_mapped
from batmon.store.migrate import migrate, require_schema
from batmon.store.record_ops import Op
from batmon.store.records import OpenRun, Recorded
from batmon.store.run_rows import run_of
from batmon.store.shapes import AuditEntry, Cursor, ErrorSeen, Judgement, StoredState, cursor_of, program_json, state_of
from batmon.store.signatures import InProgram, StoredSignature
from batmon.store.statements import sql
from batmon.store.texts import from_json, to_json
from batmon.store.timestamps import bound_times

log = logging.getLogger(__name__)

CONNECTIONS = 10
"""How many the pool may open; the embedded server has 40 for everybody."""
QUERY_SEC = 30.0
CONNECT_SEC = 10.0
CLOSE_SEC = 5.0
BATCH_RUNS = 1000
MOST_RUNS = 100_000
"""How many runs one question about a span may bring back."""
MONTHS_AHEAD = 3

SESSION = {
    "application_name": "batmon",
    "synchronous_commit": "on",  # what has been acknowledged is durable, whatever the server's default is
    "batmon.quiet": "on",  # what the daemon writes itself need not be announced to it
    "search_path": "public",
    "timezone": "UTC",
    "lock_timeout": "3s",  # somebody's forgotten transaction must not hold up a judgement
    "plan_cache_mode": "force_generic_plan",  # planning over the partitions costs more than running
    "enable_seqscan": "off",  # a plan made while a table was empty is kept after it has grown
}
MIGRATING = {
    "search_path": "public",
    "timezone": "UTC",
    # The disk is waited for once, by the first commit after it, and not for each step: a crash in between takes back
    # the last steps, in order, and they are made again.
    "synchronous_commit": "off",
}


class Store:
    """A pool of connections to a migrated database; made by ``open``."""

    def __init__(self, url: str, pool: asyncpg.Pool) -> None:
        self._url = url
        self._pool = pool
        self._months: set[tuple[int, int]] = set()
        self._listening: set[asyncio.Task[None]] = set()
        self._recorders: list[asyncpg.pool.PoolConnectionProxy] = []

    @classmethod
    async def open(cls, url: str, owner_url: str | None = None) -> Store:
        """Bring the schema up to date, as ``owner_url`` or with what rights ``url`` has, and connect.

        Raises:
            StoreUnavailable: nobody answers there.
            SchemaError: the database is newer, another's, or may not be changed by this role.
        """
        with errors_mapped():
            owner = await asyncpg.connect(owner_url or url, timeout=CONNECT_SEC, server_settings=MIGRATING)
            try:
                await migrate(owner)
            finally:
                await owner.close(timeout=CLOSE_SEC)
        return await cls._connected(url)

    @classmethod
    async def beside(cls, url: str) -> Store:
        """Connect as a process that works for a daemon; what the schema is remains the daemon's matter.

        Raises:
            StoreUnavailable: nobody answers there.
            SchemaError: the schema is not that of this version: the daemon is of another one.
        """
        store = await cls._connected(url)
        try:
            async with store.connection() as connection:
                await require_schema(connection)
        except BaseException:
            await store.close()
            raise
        return store

    @classmethod
    async def _connected(cls, url: str) -> Store:
        with errors_mapped():
            pool = await asyncpg.create_pool(
                url,
                min_size=0,  # a floor would be logged about, with a traceback a second, while Postgres is away
                max_size=CONNECTIONS,
                timeout=CONNECT_SEC,
                command_timeout=QUERY_SEC,
                max_inactive_connection_lifetime=300.0,
                server_settings=SESSION,
                init=bound_times,
                reset=_keep_session,
            )
        store = cls(url, pool)
        try:
            await store.ping()
        except BaseException:
            pool.terminate()
            raise
        return store

    async def close(self) -> None:
        """Stop listening and let go of every connection."""
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        try:
            while self._recorders:
                await self._pool.release(self._recorders.pop())
            await asyncio.wait_for(self._pool.close(), CLOSE_SEC)
        except (TimeoutError, OSError, asyncpg.InterfaceError):
            self._pool.terminate()

    @property
    def url(self) -> str:
        """Where it is, for connections outside of the pool; it may hold a password."""
        return self._url

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[judgements.Connection]:
        """One connection of the pool, for the rooms of the store; what goes wrong on it is raised as ours."""
        with errors_mapped():
            async with self._pool.acquire(timeout=QUERY_SEC) as connection:
                yield connection

    async def _fetch(self, name: str, *values: Any) -> list[asyncpg.Record]:
        async with self.connection() as connection:
            return list(await connection.fetch(sql(name), *values))

    async def _execute(self, name: str, *values: Any) -> None:
        async with self.connection() as connection:
            await connection.execute(sql(name), *values)

    async def ping(self) -> None:
        """Return if Postgres answers."""
        await self._fetch("ping")

    # Partitions

    async def ensure_partitions(self, now: datetime) -> int:
        """Make the months around ``now``, and those of rows that lie in the rest; how many were made."""
        rest = [row["month"] for row in await self._fetch("months_in_rest")]
        return await self._make_partitions([*(_month(now, ahead) for ahead in range(-1, MONTHS_AHEAD + 1)), *rest])

    async def _make_partitions(self, moments: Iterable[datetime]) -> int:
        missing = {(at.year, at.month): at for at in moments if (at.year, at.month) not in self._months}
        if not missing:
            return 0
        made = await self._fetch("make_partitions", [missing[key] for key in sorted(missing)])
        self._months.update(missing)
        return int(made[0][0])

    # Programs and what is thought of them

    async def register(
        self, node: str, programs: Sequence[Program], now: datetime, hourly_cost: float = 0.0
    ) -> dict[str, StoredState]:
        """Write a node's programs as configured; forget those that no longer are. Every state of the node, by name.

        ``hourly_cost``: that of bots that nobody configured.
        """
        names = [program.name for program in programs]
        async with self.connection() as connection, connection.transaction():
            await connection.execute(sql("watch_afresh"), names, now)
            await connection.execute(sql("put_programs"), to_json([program_json(p, node, now) for p in programs]))
            await connection.execute(sql("cost_of_unconfigured"), node, hourly_cost)
            await connection.execute(sql("add_states"), names, node, now)
            gone = [row["name"] for row in await connection.fetch(sql("remove_programs"), node, names)]
            if gone:
                await connection.execute(sql("resolve_incidents"), gone, now)
            rows = await connection.fetch(sql("states"), node)
        return {row["program"]: state_of(row) for row in rows}

    async def register_unconfigured(
        self, name: str, node: str, now: datetime, timezone: str = "UTC", hourly_cost: float = 0.0
    ) -> StoredState:
        """The state of a bot that nobody configured and that records its own runs, made if there is none."""
        async with self.connection() as connection, connection.transaction():
            await connection.execute(sql("add_unconfigured"), name, node, now, timezone, hourly_cost)
            await connection.execute(sql("add_states"), [name], node, now)
            rows = await connection.fetch(sql("state"), name)
        return state_of(rows[0])

    async def states(self, node: str | None = None) -> dict[str, StoredState]:
        """Every state of ``node``, or of all nodes, by the program's name."""
        return {row["program"]: state_of(row) for row in await self._fetch("states", node)}

    async def state(self, program: str) -> StoredState:
        """One program's state; KeyError if it has never been registered."""
        rows = await self._fetch("state", program)
        if not rows:
            raise KeyError(program)
        return state_of(rows[0])

    async def commit(self, judgement: Judgement) -> StoredState | None:
        """Write a judgement in one transaction; None, and nothing written, if another writer was first."""
        try:
            async with self.connection() as connection:
                return await judgements.commit(connection, judgement)
        except judgements.Lost:
            return None

    async def incidents(self, program: str, limit: int = 20) -> list[dict[str, Any]]:
        """A program's latest incidents, newest first: the columns of ``incidents``."""
        return [dict(row) for row in await self._fetch("incidents", program, limit)]

    async def verdicts(self, program: str, limit: int = 50) -> list[dict[str, Any]]:
        """A program's latest changes of verdict, newest first: the columns of ``verdicts``."""
        return [{**row, "facts": from_json(row["facts"])} for row in await self._fetch("verdicts", program, limit)]

    # Runs

    async def recent_runs(self, program: str, limit: int = 60) -> list[Run]:
        """A program's latest runs, newest first; the name matches in any case."""
        return await self.runs_page(program, limit)

    async def runs_page(self, program: str, limit: int, before: datetime | None = None) -> list[Run]:
        """Up to ``limit`` runs that started before ``before``, newest first."""
        return [run_of(row) for row in await self._fetch("recent_runs", program, before, limit)]

    async def runs_between(self, program: str, start: datetime, end: datetime) -> list[Run]:
        """The runs that started from ``start`` to ``end``, both inclusive, newest first; at most ``MOST_RUNS``."""
        return [run_of(row) for row in await self._fetch("runs_between", program, start, end, MOST_RUNS)]

    async def runs_near(self, program: str, at: datetime, limit: int = 50) -> list[Run]:
        """The runs around a moment, newest first: up to ``limit`` that had started by then, and as many after."""
        after = await self._fetch("runs_after", program, at, limit)
        return [run_of(row) for row in (*after, *await self._fetch("runs_until", program, at, limit))]

    async def run(self, run_id: UUID) -> Run | None:
        """One run, or None."""
        rows = await self._fetch("run_by_id", run_id)
        return run_of(rows[0]) if rows else None

    async def run_by_log_id(self, log_id: int) -> Run | None:
        """The run with this ``log_id``, or None."""
        rows = await self._fetch("run_by_log_id", log_id)
        return run_of(rows[0]) if rows else None

    async def runs_for_export(
        self, program: str, since: datetime, until: datetime, after: export.ExportedRun | None, limit: int
    ) -> list[export.ExportedRun]:
        """Up to ``limit`` runs that started from ``since`` and before ``until``, oldest first, after ``after``."""
        start, log_id = (since, -1) if after is None else (after.start_time, after.log_id)
        texts = (export.MESSAGE_CHARS, export.DETAIL_CHARS)
        rows = await self._fetch("export_runs", program, since, until, start, log_id, limit, *texts)
        return [export.exported_run(row) for row in rows]

    async def items_for_export(
        self, run_ids: Sequence[UUID], after: str | None, limit: int
    ) -> list[export.ExportedItem]:
        """Up to ``limit`` items in the order of ``run_ids``; of the first of them only accounts after ``after``."""
        rows = await self._fetch("export_items", list(run_ids), after, limit, export.ITEM_ERROR_CHARS)
        return [export.exported_item(row) for row in rows]

    async def put_runs(
        self,
        runs: Iterable[Run],
        cursors: Iterable[Cursor],
        removed: Iterable[UUID] = (),
        errors: Mapping[str, Sequence[ErrorSeen]] | None = None,
    ) -> None:
        """Write runs in bulk, with the cursors of the logs that they were found in; no verdict, nobody is told.

        Batches of ``BATCH_RUNS`` are transactions of their own; the cursors, and the ``errors`` by program that stand
        before them, are in the last one, so that what is not written yet is read again.
        """
        found, places, gone = list(runs), list(cursors), list(removed)
        try:
            await self._make_partitions(run.start_time for run in found)
        except StoreUnavailable as error:  # a writer that does not end: the rest takes the rows, they are moved later
            log.info("no partitions made for old runs now: %s", error)
        node = places[0].node if places else ""
        async with self.connection() as connection:
            for start in range(0, max(len(found), 1), BATCH_RUNS):
                last = start + BATCH_RUNS >= len(found)
                async with connection.transaction():
                    await judgements.write_runs(
                        connection, found[start : start + BATCH_RUNS], gone if last else (), node
                    )
                    if last:
                        for program in sorted(errors or {}):
                            await kinds.count(connection, program, node, (errors or {})[program])
                        await judgements.write_cursors(connection, places)

    async def cursors(self, node: str) -> list[Cursor]:
        """How far the logs of a node were read."""
        return [cursor_of(row) for row in await self._fetch("cursors", node)]

    async def forget_cursors(self, node: str, paths: Sequence[str], before: datetime) -> None:
        """Forget how far these files were read, if that was last written down before ``before``."""
        await self._execute("forget_cursors", node, list(paths), before)

    # Runs that programs record themselves

    async def record(self, ops: Sequence[Op]) -> dict[UUID, Recorded]:
        """Write what programs said of their runs, durably; see ``records.write``.

        A connection is kept for the next batch: taking one from the pool costs as much as ten operations.
        """
        with errors_mapped():
            connection = self._recorders.pop() if self._recorders else await self._pool.acquire(timeout=QUERY_SEC)
            try:
                there = await records.write(connection, ops)
            except BaseException:
                await self._pool.release(connection)
                raise
            self._recorders.append(connection)
            return there

    async def prepare_to_record(self) -> None:
        """Have a connection ready and the large statement planned: the first who records waits 50 ms at most."""
        with errors_mapped():
            connection = await self._pool.acquire(timeout=QUERY_SEC)
            try:
                await connection.fetch(sql("record_runs"), *([] for _ in range(16)))
            except BaseException:
                await self._pool.release(connection)
                raise
            self._recorders.append(connection)

    async def open_runs(self, nodes: Sequence[str], limit: int) -> list[OpenRun]:
        """Recorded runs that are open and can be looked after by a daemon on ``nodes``, newest first."""
        async with self.connection() as connection:
            return await records.open_runs(connection, nodes, limit)

    async def ended_runs(self, runs: Iterable[OpenRun]) -> set[UUID]:
        """Those of ``runs`` whose row says meanwhile that they have ended."""
        async with self.connection() as connection:
            return await records.ended(connection, runs)

    async def forget_open_runs(self, run_ids: Iterable[UUID]) -> None:
        """Look after these runs no longer."""
        await self._execute("forget_open_runs", list(run_ids))

    async def items(self, run_id: UUID, limit: int, start: int = 0) -> list[dict[str, Any]]:
        """Up to ``limit`` items of a run from the ``start``-th on, as they were begun: the columns of ``run_items``."""
        return [dict(row) for row in await self._fetch("items", run_id, limit, start)]

    async def item_totals(self, run_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
        """Of each run that has items: ``items``, ``failed_items``, and the sums ``processed`` and ``failed``."""
        rows = await self._fetch("item_totals", list(run_ids))
        return {row["run_id"]: {key: value for key, value in row.items() if key != "run_id"} for row in rows}

    async def savings(self, month: date, limit: int = 1000) -> list[dict[str, Any]]:
        """Hours spared in the month that begins on ``month``, by bot, the most first: ``v_bot_savings_month``."""
        return [dict(row) for row in await self._fetch("savings", month, limit)]

    async def savings_total(self, month: date) -> tuple[int, float]:
        """How many bots ``savings`` has without a limit, and the sum of their hours."""
        row = (await self._fetch("savings_total", month))[0]
        return row["bots"], row["hours"]

    # Kinds of error

    async def signatures(
        self, program: str | None = None, since: datetime | None = None, order: str = "last", limit: int = 100
    ) -> list[StoredSignature]:
        """Kinds of error, of one program or of all; see ``signatures.listed``."""
        async with self.connection() as connection:
            return await kinds.listed(connection, program, since, order, limit)

    async def signatures_of(self, ids: Iterable[str]) -> dict[str, StoredSignature]:
        """These kinds of error over all programs."""
        async with self.connection() as connection:
            return await kinds.some(connection, ids)

    async def signature_places(self, signature: str) -> tuple[list[InProgram], list[Run]]:
        """The programs that had a kind of error, and the latest runs with it."""
        async with self.connection() as connection:
            places = await kinds.programs_of(connection, signature)
            return places, await kinds.runs_of(connection, signature, places)

    async def prune_signatures(self, keep: int = kinds.MOST_SIGNATURES) -> None:
        """Forget all but the ``keep`` kinds of error that were seen last."""
        async with self.connection() as connection:
            await kinds.prune(connection, keep)

    # What others write

    async def listen(
        self, heard: Callable[[str, str], None], on_reconnect: Reconnected | None = None
    ) -> asyncio.Task[None]:
        """Call ``heard(channel, bot_name)`` for each run that others write, from now until ``close``.

        ``on_reconnect`` is awaited after each loss of the connection, once it is back: ask ``foreign_changes_since``
        what was missed. The task that is returned ends only by an error that nobody expected: watch it.
        """
        listener = Listener(self._url, heard, on_reconnect or _nothing)
        connection, lost = await listener.connect()
        task = asyncio.create_task(listener.keep(connection, lost), name="listen for records")
        self._listening.add(task)
        return task

    async def foreign_changes_since(self, moment: datetime) -> list[str]:
        """The ``bot_name`` of every row that others have written or changed since ``moment`` (Postgres's clock)."""
        return [row["bot_name"] for row in await self._fetch("foreign_changes_since", moment)]

    # Nodes and the audit trail

    async def start_node(self, node: str, version: str, now: datetime) -> None:
        """A daemon has started on ``node``."""
        await self._execute("start_node", node, version, now)

    async def heartbeat(self, node: str, now: datetime) -> None:
        """The daemon of ``node`` is still here."""
        await self._execute("heartbeat", node, now)

    async def node_last_seen(self, node: str) -> datetime | None:
        """When the daemon of ``node`` was last here; None if never."""
        rows = await self._fetch("node_last_seen", node)
        return rows[0]["last_seen"] if rows else None

    async def audit(self, entry: AuditEntry) -> None:
        """Add one line to the audit trail."""
        async with self.connection() as connection:
            await judgements.write_audit(connection, entry)

    async def audit_entries(self, limit: int = 100) -> list[dict[str, Any]]:
        """The latest lines of the audit trail, newest first, as docs/gate.md shows them."""
        rows = await self._fetch("audit_entries", limit)
        return [{**row, "at": row["at"].isoformat(), "detail": from_json(row["detail"])} for row in rows]


def _month(now: datetime, ahead: int) -> datetime:
    """The first moment (UTC) of the month that is ``ahead`` months after the one of ``now``."""
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    year, month = divmod(first.year * 12 + first.month - 1 + ahead, 12)
    return first.replace(year=year, month=month + 1)


async def _keep_session(_connection: asyncpg.Connection) -> None:
    """Nothing to undo between two uses: no method leaves anything in its session, and undoing costs a round trip."""


async def _nothing() -> None:
    """For a listener that need not know of reconnections."""
