"""Looking again and again at what is due, and at once when somebody says that there is something."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from batmon.errors import StoreError

log = logging.getLogger(__name__)

RETRY_SEC = 2.0


async def go_round(what: str, woken: asyncio.Event, look: Callable[[], Awaitable[float]]) -> None:
    """Call ``look`` for ever: after as many seconds as it gives, or when ``woken`` is set.

    Whatever it raises is logged and it is tried again: what is owed to others must go on. ``what`` names the work.
    """
    while True:
        woken.clear()
        try:
            wait = await look()
        except StoreError as error:
            log.warning("cannot look at %s, will try again: %s", what, error)
            wait = RETRY_SEC
        except Exception:
            log.exception("while looking at %s", what)
            wait = RETRY_SEC
        try:
            async with asyncio.timeout(wait):
                await woken.wait()
        except TimeoutError:
            continue
