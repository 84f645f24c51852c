"""PgQueuer's way to Postgres: one connection of its own, which listens, and is made again whenever it was lost.

While Postgres is away a call waits and is then made once more, so that PgQueuer never notices: it has no way back from
a lost connection. All that it says may be said twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Self

import asyncpg
from pgqueuer.core.tm import TaskManager
from pgqueuer.domain.models import TableChangedEvent
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import Driver, NotifyCallback

from batmon.errors import StoreUnavailable
from batmon.store.jobs import SCHEMA

log = logging.getLogger(__name__)

CONNECT_SEC = 10.0
ANSWER_SEC = 30.0
"""A connection that does not answer within this time is taken for lost."""
FIRST_WAIT_SEC, LONGEST_WAIT_SEC = 0.1, 3.0

_LOST = (
    OSError,  # also refused connections and TimeoutError
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_SESSION = {
    "application_name": "batmon jobs",
    "search_path": "public",
    "timezone": "UTC",
    # A claim or an end that a crash of Postgres takes back is made again: whoever does a job can bear to do it twice.
    "synchronous_commit": "off",
}


class LastingDriver(Driver):
    """A driver for PgQueuer, over a connection to ``url`` that lasts until ``close``."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: asyncpg.Connection | None = None
        self._lock = asyncio.Lock()
        self._closing = asyncio.Event()
        self._listeners: list[tuple[str, NotifyCallback]] = []
        self._told = False

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """The rows, in the end."""
        return [dict(row) for row in await self._asked(lambda connection: connection.fetch(query, *args))]

    async def execute(self, query: str, *args: object) -> str:
        """The status of the command, in the end."""
        return str(await self._asked(lambda connection: connection.execute(query, *args)))

    async def notify(self, channel: str, payload: str) -> None:
        """Announce ``payload``."""
        await self.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Call ``callback`` with what is announced on ``channel``, over this connection and those that follow it."""
        self._listeners.append((channel, callback))
        await self._asked(lambda connection: connection.add_listener(channel, self._heard))

    @property
    def shutdown(self) -> asyncio.Event:
        """Set when no more work should be taken."""
        return self._closing

    @property
    def tm(self) -> TaskManager:
        """It has no tasks."""
        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    def looking(self) -> None:
        """The queue is about to be looked at: what is announced from now on must be told."""
        self._told = False

    def wake(self) -> None:
        """Have the queue looked at here, as if something had been announced."""
        self._tell(_changed())

    async def announce(self) -> None:
        """Have the queue looked at by all workers."""
        await self.notify(SCHEMA, _changed())

    async def close(self) -> None:
        """Let go of the connection; calls that wait for one raise StoreUnavailable."""
        self._closing.set()
        if self._connection is not None:
            self._connection.terminate()

    async def _asked(self, ask: Callable[[asyncpg.Connection], Any]) -> Any:
        async with self._lock:
            while True:
                connection = await self._connected()
                try:
                    return await ask(connection)
                except _LOST as error:
                    log.debug("the connection for jobs: %s", error)
                    connection.terminate()

    async def _connected(self) -> asyncpg.Connection:
        wait = FIRST_WAIT_SEC
        while self._connection is None or self._connection.is_closed():
            if self._closing.is_set():
                raise StoreUnavailable("the connection for jobs is closed")
            again = self._connection is not None
            try:
                self._connection = await self._connect()
            except _LOST as error:
                log.debug("no connection for jobs yet: %s", error)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), wait)
                wait = min(2 * wait, LONGEST_WAIT_SEC)
            else:
                if again:
                    log.info("the connection for jobs is back")
        return self._connection

    async def _connect(self) -> asyncpg.Connection:
        connection = await asyncpg.connect(
            self._url, timeout=CONNECT_SEC, command_timeout=ANSWER_SEC, server_settings=_SESSION
        )
        try:
            for channel in dict.fromkeys(channel for channel, _ in self._listeners):
                await connection.add_listener(channel, self._heard)
        except BaseException:
            connection.terminate()
            raise
        connection.add_termination_listener(self._lost)
        return connection

    def _lost(self, _connection: object) -> None:
        if not self._closing.is_set():
            log.warning("lost the connection for jobs")
            self.wake()  # whoever looks makes the next one

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        """Pass on what was announced; changes of the queue only once between two looks at it.

        PgQueuer keeps every one of them and looks once for each: after ten thousand jobs it would look ten thousand
        times at an empty queue.
        """
        text = str(payload)
        if '"table_changed_event"' in text:
            if self._told:
                return
            self._told = True
        self._tell(text)

    def _tell(self, payload: str) -> None:
        for _, callback in self._listeners:
            callback(payload)


def _changed() -> str:
    """What PgQueuer's trigger announces when jobs are added; it says nothing of jobs that are to be done again."""
    event = TableChangedEvent(
        channel=Channel(SCHEMA), sent_at=datetime.now(UTC), type="table_changed_event", operation="update", table=""
    )
    return event.model_dump_json()
