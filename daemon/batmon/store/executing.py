"""The lead of an execution: a connection of its own that holds the execution's lock for as long as it is executed.

The connection of a daemon that was killed closes. That of one that is stopped, or cut off, says nothing, and whoever
wants to lead in its place has Postgres end it: idle timeouts of the server are not enough, for they do not count
between two messages of one statement. Either way the lock is free, and what the first one had not committed is undone
and can never be committed. So whatever is done in this connection's transaction together with the mark that it is done
is done once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from batmon.errors import StoreError, StoreUnavailable
from batmon.refusals import because
from batmon.store import automations
from batmon.store.automations import LEAD_CLASS, Execution
from batmon.store.judgements import Connection
from batmon.store.mapping import ASYNCPG_BASES, errors_mapped
from batmon.store.statements import sql
from batmon.store.store import CLOSE_SEC, CONNECT_SEC
from batmon.store.timestamps import bound_times

log = logging.getLogger(__name__)

SIGN_OF_LIFE_SEC = 5.0
ANSWER_SEC = 10.0
AGAIN_SEC = 1.0
LOOKS, LOOK_SEC = 20, 0.1
"""How often it is looked whether the connection of who was silent has ended, and how long between."""
_SESSION = {
    "application_name": "batmon automation",
    "synchronous_commit": "on",
    "batmon.quiet": "on",
    "search_path": "public",
    "timezone": "UTC",
    "tcp_keepalives_idle": "20",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


class LeadLost(Exception):
    """Somebody else executes this by now, or it has ended; no error: it unwinds the transaction."""


class Lead:
    """Made by ``take``; ``connection`` is for one task at a time, and nobody uses it while ``alive`` is entered.

    Every method raises StoreUnavailable when Postgres is away, or has ended the lead.
    """

    def __init__(self, connection: asyncpg.Connection, number: int) -> None:
        self.connection = connection
        self.number = number

    @classmethod
    async def take(cls, url: str, number: int) -> Lead | None:
        """Lead the execution ``number``; None while somebody else does.

        Raises:
            StoreUnavailable: Postgres is away.
        """
        lead = cls(await _connected(url), number)
        for _ in range(LOOKS):
            if await lead._lock():
                return lead
            if not await lead._end_silent():
                break
            await asyncio.sleep(LOOK_SEC)
        await lead.leave()
        return None

    async def regain(self, url: str, patience: float) -> None:
        """Lead again after the connection was lost, on another one, within ``patience`` seconds.

        Whether it was somebody else's turn meanwhile is seen by ``transaction``.

        Raises:
            StoreUnavailable: Postgres does not come back, or somebody else leads.
        """
        until = asyncio.get_running_loop().time() + patience
        while True:
            over = asyncio.get_running_loop().time() >= until
            try:
                self.connection = await _connected(url)
                if await self._lock():
                    return
                await self.leave()
            except StoreUnavailable:
                if over:
                    raise
            if over:
                raise StoreUnavailable(because("executed-by-another", number=self.number))
            await asyncio.sleep(AGAIN_SEC)

    async def _lock(self) -> bool:
        try:
            with errors_mapped():
                return bool(await self.connection.fetchval(sql("lead_execution"), LEAD_CLASS, self.number))
        except BaseException:
            self.connection.terminate()
            raise

    async def _end_silent(self) -> bool:
        """Whether who leads has said nothing for so long that its connection was ended."""
        try:
            with errors_mapped():
                ended = await self.connection.fetch(
                    sql("end_silent_lead"), LEAD_CLASS, self.number, automations.SILENCE_SEC
                )
        except BaseException:
            self.connection.terminate()
            raise
        if ended:
            log.warning("who executed %s is silent; its connection is ended", self.number)
        return bool(ended)

    async def execution(self) -> Execution | None:
        """What is executed, as it stands now."""
        with errors_mapped():
            return await automations.execution(self.connection, self.number)

    async def may_begin(self, name: str) -> bool:
        """Whether it is its turn; see ``automations.may_begin``."""
        with errors_mapped():
            async with self.connection.transaction():
                return await automations.may_begin(self.connection, name, self.number)

    async def begin(
        self, now: datetime, node: str, holder: UUID, attempts: Sequence[Mapping[str, Any]], *, counts: bool = True
    ) -> int | None:
        """An attempt begins; see ``automations.begin``."""
        with errors_mapped():
            return await automations.begin(
                self.connection, self.number, now, node=node, holder=holder, attempts=attempts, counts=counts
            )

    @contextlib.asynccontextmanager
    async def transaction(self, holder: UUID) -> AsyncIterator[Connection]:
        """A transaction in which this attempt, and no other, executes.

        Raises:
            LeadLost: it is another's by now.
        """
        with errors_mapped():
            async with self.connection.transaction():
                if not await automations.held(self.connection, self.number, holder):
                    raise LeadLost
                yield self.connection

    @property
    def lost(self) -> bool:
        """Whether the connection is known to be gone, and the lead with it."""
        return self.connection.is_closed()

    @contextlib.asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """Give signs of life while something outside of Postgres is waited for."""
        over = asyncio.Event()
        signs = asyncio.create_task(self._give_signs(over), name=f"signs of life of execution {self.number}")
        try:
            yield
        finally:
            over.set()  # not cancelled: that would end the transaction in whose middle it may be
            await asyncio.wait((signs,))

    async def _give_signs(self, over: asyncio.Event) -> None:
        while not self.lost and not over.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SIGN_OF_LIFE_SEC):
                    await over.wait()
            try:
                with errors_mapped():
                    await self.connection.execute("SELECT 1", timeout=ANSWER_SEC)
            except StoreError as error:
                log.warning("the lead of execution %s may be lost: %s", self.number, error)

    async def leave(self) -> None:
        """Close the connection, and with it give the lead back; never raises."""
        try:
            await self.connection.close(timeout=CLOSE_SEC)
        except (OSError, *ASYNCPG_BASES):
            self.connection.terminate()


async def _connected(url: str) -> asyncpg.Connection:
    with errors_mapped():
        connection = await asyncpg.connect(url, timeout=CONNECT_SEC, server_settings=_SESSION)
        try:
            await bound_times(connection)
            await _notice_the_dead(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection


async def _notice_the_dead(connection: asyncpg.Connection) -> None:
    """Have a statement ended whose client was killed, where the server's system can tell (not on Windows)."""
    with contextlib.suppress(asyncpg.InvalidParameterValueError):
        await connection.execute("SET client_connection_check_interval = '2s'")
