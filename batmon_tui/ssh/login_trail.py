"""Tells the daemon's audit trail who logged in and who was not let in, in order and without holding anybody up.

A login waits here while the daemon is away. Refused ones are anybody's to make: so many a minute are told one by one,
the others as a number.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from batmon.errors import BatmonError, DaemonUnreachable
from batmon.gate.client import GateClient
from batmon_tui.ssh.auth import Person, utc_now

log = logging.getLogger(__name__)

REFUSED_A_MINUTE = 10
MINUTE_SEC = 60.0
WAITING = 1000
"""Entries that wait for the daemon; beyond that the oldest are in the console's own log only."""

AGAIN_SEC = 5.0


class LoginTrail:
    """One for each process that serves. ``connect`` gives a connection of this process's own to the daemon."""

    def __init__(self, connect: Callable[[], Awaitable[GateClient]]) -> None:
        self._connect = connect
        self._waiting: deque[dict[str, Any]] = deque(maxlen=WAITING)
        self._task: asyncio.Task[None] | None = None
        self._minute = 0.0
        self._told = 0
        self._untold: tuple[int, asyncio.TimerHandle] | None = None

    def came_in(self, person: Person) -> None:
        """Somebody has logged in."""
        self._add(person.user, person.peer, person.fingerprint, "done", "")

    def refused(self, user: str, peer: str, key: str, why: str) -> None:
        """A connection has ended on which ``user`` was not let in; ``key`` is the last one that was shown."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._minute > MINUTE_SEC:
            self._minute, self._told = loop.time(), 0
        self._told += 1
        if self._told <= REFUSED_A_MINUTE:
            self._add(user, peer, key, "refused", why)
        elif self._untold is None:
            self._untold = (1, loop.call_later(MINUTE_SEC, self._tell_number))
        else:
            count, timer = self._untold
            self._untold = (count + 1, timer)

    async def close(self) -> None:
        """Tell what can still be told now, and end."""
        if self._untold is not None:
            self._untold[1].cancel()
            self._tell_number()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=1.0)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _tell_number(self) -> None:
        if self._untold is not None:
            count, _ = self._untold
            self._untold = None
            self._add("", "", "", "refused", f"{count} more in the last minute, see the console's log")

    def _add(self, user: str, peer: str, key: str, outcome: str, why: str) -> None:
        said = {"user": user, "peer": peer, "key": key, "outcome": outcome, "why": why, "at": utc_now().isoformat()}
        self._waiting.append(said)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._tell(), name="login trail")

    async def _tell(self) -> None:
        """Hand over all that waits; while the daemon is away, try again and again."""
        while self._waiting:
            try:
                gate = await self._connect()
                try:
                    while self._waiting:
                        await gate.request("login", **self._waiting[0])
                        self._waiting.popleft()
                finally:
                    await gate.close()
            except DaemonUnreachable:
                await asyncio.sleep(AGAIN_SEC)
            except BatmonError as error:
                log.error("the audit trail does not take a login: %s", error)
                self._waiting.popleft()
