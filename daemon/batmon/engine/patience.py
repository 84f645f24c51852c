"""Asking the store while the daemon starts: a database that goes away for a moment then is no reason to give up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from batmon.errors import StoreUnavailable

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE_SEC = 60.0
AGAIN_SEC = 0.5


async def patient(ask: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """What ``ask(...)`` gives, asked again while Postgres is away. It must change nothing when it fails.

    Raises:
        StoreUnavailable: it has been away for a minute.
    """
    clock = asyncio.get_running_loop().time
    last = clock() + PATIENCE_SEC
    while True:
        try:
            return await ask(*args, **kwargs)
        except StoreUnavailable as error:
            if clock() >= last:
                raise
            log.warning("the database is away, will ask again: %s", error)
            await asyncio.sleep(AGAIN_SEC)
