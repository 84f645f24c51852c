"""The console's connection to the daemon: opened, watched, lost, found again. It posts messages, touches no widget."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from textual.message import Message

from batmon.errors import BatmonError, DaemonUnreachable, GateError
from batmon.gate.client import GateClient, GateStream
from batmon.refusals import because

Connect = Callable[[], Awaitable[GateClient]]
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0


class LinkLost(Message):
    """The daemon does not answer: ``error`` says why, ``since`` when that was noticed."""

    def __init__(self, error: BatmonError, since: datetime) -> None:
        super().__init__()
        self.error = error
        self.since = since

    def can_replace(self, message: Message) -> bool:
        """Only the latest reason matters."""
        return isinstance(message, LinkLost)


class LinkFound(Message):
    """The daemon answers; ``hello`` is its greeting."""

    def __init__(self, hello: Mapping[str, Any]) -> None:
        super().__init__()
        self.hello = hello


class BoardFrame(Message):
    """One item of ``watch``."""

    def __init__(self, frame: Mapping[str, Any]) -> None:
        super().__init__()
        self.frame = frame


class Postbox(Protocol):
    """Where messages go."""

    def post_message(self, message: Message) -> bool:
        """Take a message."""


class Link:
    """Keeps one client for the whole console. ``run`` is the task that does it; ``close`` ends the connection."""

    def __init__(self, connect: Connect, postbox: Postbox, now: Callable[[], datetime]) -> None:
        self._connect = connect
        self._postbox = postbox
        self._now = now
        self._client: GateClient | None = None
        self._lost_since: datetime | None = None
        self._hurry = asyncio.Event()

    @property
    def up(self) -> bool:
        """Whether there is a connection that is not known to be lost."""
        return self._client is not None and not self._client.is_lost

    async def request(self, verb: str, /, **args: Any) -> dict[str, Any]:
        """Ask the daemon.

        Raises:
            DaemonUnreachable: there is no connection.
            BatmonError: what the daemon answered.
        """
        return await self._present().request(verb, **args)

    def stream(self, verb: str, /, **args: Any) -> GateStream:
        """A stream from the daemon; close it.

        Raises:
            DaemonUnreachable: there is no connection.
        """
        return self._present().stream(verb, **args)

    @property
    def client(self) -> GateClient | None:
        """The connected client, or None while there is no connection."""
        return self._client if self.up else None

    def _present(self) -> GateClient:
        client = self.client
        if client is None:
            raise DaemonUnreachable(because("unreachable-now"))
        return client

    def hurry(self) -> None:
        """Try again now instead of waiting."""
        self._hurry.set()

    async def run(self) -> None:
        """Connect, watch, and begin again after each loss; ends by cancellation."""
        pause = FIRST_PAUSE
        try:
            while True:
                try:
                    self._client = await self._connect()
                    pause = FIRST_PAUSE
                    await self._watch(self._client)
                except BatmonError as error:
                    self._say_lost(error)
                except OSError as error:
                    self._say_lost(DaemonUnreachable(because("connection-broke", why=error)))
                await self.close()
                self._hurry.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._hurry.wait(), pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        finally:
            await self.close()

    async def close(self) -> None:
        """End the connection, if there is one."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _watch(self, client: GateClient) -> None:
        """Hand on what ``watch`` sends, until it ends."""
        async with client.stream("watch") as items:
            self._lost_since = None
            self._postbox.post_message(LinkFound(client.hello))
            async for item in items:
                self._postbox.post_message(BoardFrame(item))
        raise GateError(because("stream-ended"))

    def _say_lost(self, error: BatmonError) -> None:
        if self._lost_since is None:
            self._lost_since = self._now()
        self._postbox.post_message(LinkLost(error, self._lost_since))
