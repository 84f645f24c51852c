"""Says that this node is here, keeps log cursors and partitions, and notices when the database is away and back.

While it is away nothing can be judged, so after a short patience the whole board is doubted: a monitor that cannot look
says so instead of staying green.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from batmon.engine.board import Board
from batmon.engine.checker import Checker
from batmon.errors import StoreUnavailable
from batmon.store import Store

log = logging.getLogger(__name__)

EVERY_SEC = 10.0
AGAIN_SEC = 1.0
"""How often it is tried while the database is away."""
ANSWER_SEC = 5.0
"""A database that does not answer within this time is away."""
PATIENCE = timedelta(seconds=15)
"""A restart of the database takes a few seconds and is nobody's alarm."""
AWAY = timedelta(seconds=2 * EVERY_SEC)
"""A daemon that was last seen longer ago than this was away."""
PARTITIONS_EVERY = 360
"""Heartbeats between two looks whether next month's partitions are there: about an hour."""


class Heartbeat:
    """The beat of one daemon."""

    def __init__(self, store: Store, checker: Checker, board: Board, *, node: str, now: Callable[[], datetime]) -> None:
        self._store = store
        self._checker = checker
        self._board = board
        self._node = node
        self._now = now
        self._lost_at: datetime | None = None
        self._beats = 0

    async def keep(self) -> None:
        """Beat for ever."""
        while True:
            try:
                async with asyncio.timeout(ANSWER_SEC):
                    await self.beat()
            except (StoreUnavailable, TimeoutError) as error:
                self._missed(str(error) or "no answer")
            else:
                self._found()
            await asyncio.sleep(EVERY_SEC if self._lost_at is None else AGAIN_SEC)

    async def beat(self) -> None:
        """One beat.

        Raises:
            StoreUnavailable: the database is away.
        """
        await self._store.heartbeat(self._node, self._now())
        await self._checker.save_cursors()
        if self._beats % PARTITIONS_EVERY == 0:
            await self._store.ensure_partitions(self._now())
            await self._store.prune_signatures()
        self._beats += 1

    def _missed(self, why: str) -> None:
        now = self._now()
        if self._lost_at is None:
            self._lost_at = now
            log.error("the database is away: %s", why)
        if now - self._lost_at > PATIENCE:
            self._board.doubt({"cause": "database_away", "since": self._lost_at.isoformat()})

    def _found(self) -> None:
        if self._lost_at is not None:
            log.info("the database is back", extra={"away_since": self._lost_at})
            self._lost_at = None
            self._board.doubt(None)
