"""Straight into a Postgres, for a machine without a daemon. Only this module of the room speaks SQL or needs asyncpg.

An operation goes into the spool first, so a database that hangs costs the program nothing; a thread takes it from
there, one connection kept open, and sends a beat every 15 seconds while runs are open. What is left at the end of the
program goes with the next program that uses the same DSN. The functions are those of the migration
``0004_records.sql``: any operation may be written any number of times.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any

from batmon.record.outbox import Outbox
from batmon.record.spool import Spool

if TYPE_CHECKING:
    import asyncpg

    from batmon.record.ops import Op

log = logging.getLogger("batmon.record")

BEAT_SEC = 15.0
EXIT_SEC = 3.0
"""How long the end of the program waits for what can still be written."""
CONNECT_SEC = 5.0
STATEMENT_SEC = 10.0
LONGEST_PAUSE_SEC = 30.0
_BATCH = 200

_RECORD_RUNS = (
    "SELECT log_id FROM batmon_record_runs($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[],"
    " $6::text[], $7::integer[], $8::double precision[], $9::text[], $10::boolean[], $11::timestamptz[], $12::text[],"
    " $13::text[], $14::text[], $15::integer[], $16::integer[])"
)
_RECORD_ITEMS = (
    "SELECT batmon_record_items($1::uuid[], $2::text[], $3::integer[], $4::integer[], $5::text[], $6::timestamptz[],"
    " $7::timestamptz[])"
)
_BEAT = "SELECT batmon_beat($1::uuid[])"
_RUN_OF_LOG_ID = "SELECT run_id, start_time FROM rpa_execution_logs WHERE log_id = $1::integer"


class Refused(Exception):
    """An operation that the database will never take."""


class DsnOutbox(Outbox):
    """The way of this process to the database ``dsn``; ``spool`` is the folder in which it has one of its own."""

    beats = True

    def __init__(self, dsn: str, spool: str) -> None:
        self._dsn = dsn
        super().__init__(None, f"{spool}/dsn-{hashlib.sha256(dsn.encode()).hexdigest()[:12]}")

    def _set_up(self) -> None:
        super()._set_up()
        self._open: dict[str, None] = {}
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def put(self, op: Op) -> int | None:
        """As it says there, and tell the thread; an open run beats until its end."""
        if op.get("beats"):
            self._open[op["run_id"]] = None
        elif op["op"] == "end":
            self._open.pop(op.get("run_id", ""), None)
        super().put(op)
        self._tell()
        return None

    def flush(self, seconds: float) -> bool:
        """Wait until the database has everything; whether it has."""
        self._tell()
        return super().flush(seconds)

    def close(self) -> None:
        """Give the thread a last moment."""
        self._stopping = True
        thread = self._thread
        if thread is not None:
            self._wake.set()
            thread.join(EXIT_SEC)
        super().close()

    def _tell(self) -> None:
        with self._starting:
            if self._thread is None and not self._stopping:
                self._thread = threading.Thread(target=self._work, name="batmon-record", daemon=True)
                self._thread.start()
        self._wake.set()

    def _work(self) -> None:
        """The thread: rounds when something was recorded, for beats, and again after a failure."""
        writer = _Writer(self._dsn, self._spool_path)
        pause = 0.0
        with asyncio.Runner() as runner:
            runner.get_loop().set_default_executor(_Inline())
            while True:
                self._wake.wait(pause or (BEAT_SEC if self._open else None))
                self._wake.clear()
                last = self._stopping
                try:
                    runner.run(writer.drain())
                    self._send_kept(runner, writer)
                    runner.run(writer.beat(list(self._open)))
                    pause = 0.0
                except Exception as error:  # noqa: BLE001 - the thread must go on, whatever the database does
                    self._warn("records wait in %s: %s", self._spool_path, _said(error))
                    runner.run(writer.close())
                    pause = min(max(1.0, 2 * pause), LONGEST_PAUSE_SEC)
                    if not last:
                        self._rest(pause)
                if last:
                    runner.run(writer.close())
                    return

    def _rest(self, seconds: float) -> None:
        """Let a database that failed alone for a while; only the end of the program cuts it short."""
        until = time.monotonic() + seconds
        while not self._stopping and (left := until - time.monotonic()) > 0:
            self._wake.wait(left)
            self._wake.clear()
        self._wake.set()

    def _send_kept(self, runner: asyncio.Runner, writer: _Writer) -> None:
        """What even the spool did not take."""
        with self._retrying:
            while self._kept:
                try:
                    runner.run(writer.write(json.loads(self._kept[0])))
                except Refused as error:
                    log.warning("the database will never take a record: %s", error)
                self._kept.popleft()


class _Writer:
    """Writes operations; lives in the thread."""

    def __init__(self, dsn: str, spool: str) -> None:
        self._dsn = dsn
        self._spool = Spool(spool)
        self._connection: asyncpg.Connection[Any] | None = None

    async def drain(self) -> None:
        """Write what waits in the spool, also what programs before this one have left there."""
        while entries := self._spool.batch(_BATCH):
            connection = await self._connected()
            wrong: dict[int, str] = {}
            for seq, op in entries:
                try:
                    await self._write(connection, op)
                except Refused as error:
                    wrong[seq] = str(error)
            for seq, reason in wrong.items():
                log.warning("the database will never take a record: %s", reason)
                self._spool.refuse(seq, reason)
            self._spool.discard(entries[-1][0])

    async def write(self, op: Op) -> None:
        """Write one operation; it is committed when this returns."""
        await self._write(await self._connected(), op)

    async def beat(self, run_ids: list[str]) -> None:
        """These runs live."""
        if run_ids:
            await (await self._connected()).execute(_BEAT, [uuid.UUID(run_id) for run_id in run_ids])

    async def close(self) -> None:
        """Leave the database, politely or not."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                await connection.close(timeout=1.0)
            except Exception:  # noqa: BLE001 - it is thrown away in any case
                connection.terminate()

    async def _connected(self) -> asyncpg.Connection[Any]:
        import asyncpg  # noqa: PLC0415 - nobody else in this room needs it

        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._dsn,
                timeout=CONNECT_SEC,
                command_timeout=STATEMENT_SEC,
                statement_cache_size=0,  # works through a connection pooler too
                server_settings={"application_name": "batmon.record"},
            )
        return self._connection

    async def _write(self, connection: asyncpg.Connection[Any], op: Op) -> None:
        import asyncpg  # noqa: PLC0415 - as above

        try:
            await _execute(connection, op)
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, KeyError, ValueError, TypeError) as error:
            raise Refused(_said(error)) from error


async def _execute(connection: asyncpg.Connection[Any], op: Op) -> None:
    if op["op"] == "item":
        values = [
            uuid.UUID(op["run_id"]), op["account"], op["processed"], op["failed"], op["error"],
            datetime.fromisoformat(op["started_at"]), datetime.fromisoformat(op["ended_at"]),
        ]  # fmt: skip
        await connection.execute(_RECORD_ITEMS, *([value] for value in values))
        return
    run_id, start = await _run(connection, op)
    row = [
        run_id, start, op.get("bot_name"), op.get("task_name"), op.get("node", ""), op.get("started_by"), op.get("pid"),
        op.get("process_started"), op.get("cwd"), op.get("beats", False), _moment(op.get("end_time")), op.get("status"),
        op.get("message"), op.get("error_details"), op.get("processed_count"), op.get("exit_code"),
    ]  # fmt: skip
    for _ in range(2):  # the second time it sees a row that somebody else committed meanwhile
        if await connection.fetch(_RECORD_RUNS, *([value] for value in row)):
            return
    raise Refused(f"no run {run_id} has begun in this database")


async def _run(connection: asyncpg.Connection[Any], op: Op) -> tuple[uuid.UUID, datetime | None]:
    if "run_id" in op:
        return uuid.UUID(op["run_id"]), _moment(op.get("start_time"))
    row = await connection.fetchrow(_RUN_OF_LOG_ID, op["log_id"])
    if row is None:
        raise Refused(f"rpa_execution_logs has no log_id {op['log_id']}")
    return row["run_id"], row["start_time"]


def _moment(words: str | None) -> datetime | None:
    return None if words is None else datetime.fromisoformat(words)


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


class _Inline(ThreadPoolExecutor):
    """Looks names up in the thread itself: the pool of asyncio does nothing any more while the interpreter ends."""

    def submit(self, fn: Any, /, *args: Any, **options: Any) -> Future[Any]:
        """Call it now."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **options))
        except Exception as error:  # noqa: BLE001 - it goes to whoever waits for the future
            future.set_exception(error)
        return future
