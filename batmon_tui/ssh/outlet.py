"""The way out to one channel's client, and whether that client keeps up."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import asyncssh

log = logging.getLogger(__name__)

HIGH_WATER = 32 * 1024
"""Bytes that may wait for the client's window before the channel counts as congested; it is clear again at none."""

TRANSPORT_LIMIT = 64 * 1024
"""Bytes that may wait for the network: asyncssh itself pays no attention to a full socket."""

BUFFER_LIMIT = 8 * 1024 * 1024
"""Bytes that may wait in all; beyond that the client is cut off."""

POLL_SEC = 0.05
FIRST_POLL_SEC = 0.001
"""How soon it is looked again at a client that does not keep up; twice as long each time, up to ``POLL_SEC``."""


class Outlet:
    """Writes to a channel. ``paused`` is set by the session as asyncssh says so."""

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes], *, stall_limit: float) -> None:
        self._chan = chan
        self._connection = chan.get_connection()
        self.stall_limit = stall_limit
        self.paused = False
        chan.set_write_buffer_limits(high=HIGH_WATER, low=0)

    @property
    def congested(self) -> bool:
        """Whether the client does not take what was written."""
        return self.paused or self._in_transport() > TRANSPORT_LIMIT

    @property
    def closed(self) -> bool:
        """Whether nothing can be written any more."""
        return self._chan.is_closing()

    def write(self, data: bytes, *, stderr: bool = False) -> None:
        """Send bytes; a client that is gone does not get them, and one that lets too much pile up is cut off."""
        if not data or self._chan.is_closing():
            return
        self._chan.write(data, asyncssh.EXTENDED_DATA_STDERR if stderr else None)
        if self._chan.get_write_buffer_size() + self._in_transport() > BUFFER_LIMIT:
            self.cut("too much output is waiting for a client that does not read")

    async def drain(self) -> None:
        """Wait until the client keeps up.

        Raises:
            ConnectionError: it was cut off, or is gone.
        """
        loop = asyncio.get_running_loop()
        since, pause = loop.time(), FIRST_POLL_SEC
        while self.congested and not self.closed:
            if loop.time() - since > self.stall_limit:
                self.cut("the client has stopped reading")
                break
            await asyncio.sleep(pause)
            pause = min(2 * pause, POLL_SEC)
        if self.closed:
            raise ConnectionResetError("the channel is closed")

    def cut(self, why: str) -> None:
        """Drop the channel and what is unsent; with the network full, the whole connection."""
        log.warning("a session is cut off: %s", why)
        if self._in_transport() > TRANSPORT_LIMIT:
            self._connection.abort()
        else:
            self._chan.abort()

    def _in_transport(self) -> int:
        transport: Any = self._connection._transport  # noqa: SLF001 - asyncssh offers no other way to see it
        return 0 if transport is None else int(transport.get_write_buffer_size())
