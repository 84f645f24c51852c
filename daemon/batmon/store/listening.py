"""Hear what others write: LISTEN on a connection of its own that comes back when it was lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import msgspec

from batmon.errors import StoreError
from batmon.store.mapping import errors_mapped

log = logging.getLogger(__name__)

CHANNEL = "batmon_runs"
PROBE_SEC = 30.0
"""How often a silent connection is asked whether it still lives: a cut network says nothing."""
FIRST_WAIT_SEC, LONGEST_WAIT_SEC = 0.1, 5.0

Heard = Callable[[str, str], None]
Reconnected = Callable[[], Awaitable[None]]


class Listener:
    """Calls ``heard(channel, bot_name)`` for every run that somebody else wrote or changed.

    On another ``channel`` than that of runs ``heard`` is given the payload as it is.
    """

    def __init__(self, url: str, heard: Heard, reconnected: Reconnected, channel: str = CHANNEL) -> None:
        self._url = url
        self._channel = channel
        self._heard = heard
        self._reconnected = reconnected

    async def connect(self) -> tuple[asyncpg.Connection, asyncio.Event]:
        """A connection that listens, and the event of its loss."""
        lost = asyncio.Event()
        with errors_mapped():
            connection = await asyncpg.connect(self._url, timeout=10, command_timeout=10)
            try:
                connection.add_termination_listener(lambda _connection: lost.set())
                await connection.add_listener(self._channel, self._hear)
            except BaseException:
                connection.terminate()
                raise
        return connection, lost

    async def keep(self, connection: asyncpg.Connection, lost: asyncio.Event) -> None:
        """Listen until cancelled; after a loss connect again and call ``reconnected``: notifications were missed."""
        try:
            while True:
                await self._until_lost(connection, lost)
                log.warning("lost the connection that listens for records", extra={"channel": self._channel})
                connection, lost = await self._again()
                log.info("listening for records again", extra={"channel": self._channel})
        finally:
            connection.terminate()

    async def _again(self) -> tuple[asyncpg.Connection, asyncio.Event]:
        wait = FIRST_WAIT_SEC
        while True:
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT_SEC)
            try:
                connection, lost = await self.connect()
            except StoreError as error:
                log.debug("not yet: %s", error)
                continue
            try:
                await self._reconnected()
            except StoreError as error:
                log.debug("lost again at once: %s", error)
                connection.terminate()
            except BaseException:
                connection.terminate()
                raise
            else:
                return connection, lost

    async def _until_lost(self, connection: asyncpg.Connection, lost: asyncio.Event) -> None:
        while not lost.is_set():
            try:
                await asyncio.wait_for(lost.wait(), PROBE_SEC)
            except TimeoutError:
                try:
                    with errors_mapped():
                        await connection.execute("SELECT 1")
                except StoreError:
                    connection.terminate()
                    return

    def _hear(self, _connection: Any, _pid: int, channel: str, payload: object) -> None:
        if channel != CHANNEL:
            self._heard(channel, str(payload))
            return
        try:
            bot_name = msgspec.json.decode(str(payload))["bot_name"]
        except (msgspec.DecodeError, KeyError, TypeError):
            log.warning("a notification that is not ours: %.200s", payload)
            return
        self._heard(channel, str(bot_name))
