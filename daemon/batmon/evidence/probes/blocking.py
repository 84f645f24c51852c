"""Work that may hang for ever (a dead network drive, a name server that does not answer), in a thread of its own.

Such a thread cannot be ended. It is a daemon thread, so it keeps nobody from stopping, and while it hangs no second one
begins the same work.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

MOST_THREADS = 200
"""How many may hang or work at a time."""

_working: set[str] = set()
_guard = threading.Lock()


class Busy(Exception):
    """The same work is still going on from before, or too many threads hang."""


async def in_thread(key: str, work: Callable[[], T]) -> T:
    """What ``work`` gives; ``key`` names what it works on. The caller may give up waiting, the work goes on.

    Raises:
        Busy: it has not come back from the time before.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            _done(key, loop, _fail, answer, error)
        else:
            _done(key, loop, _give, answer, result)

    with _guard:
        if key in _working or len(_working) >= MOST_THREADS:
            raise Busy(key)
        _working.add(key)
    threading.Thread(target=run, name=f"probe {key}"[:60], daemon=True).start()
    return await answer


def _done(key: str, loop: asyncio.AbstractEventLoop, tell: Callable[..., None], *values: object) -> None:
    with _guard:
        _working.discard(key)
    with contextlib.suppress(RuntimeError):  # nobody waits any more: the loop is closed
        loop.call_soon_threadsafe(tell, *values)


def _give(answer: asyncio.Future[T], result: T) -> None:
    if not answer.done():
        answer.set_result(result)


def _fail(answer: asyncio.Future[T], error: BaseException) -> None:
    if not answer.done():
        answer.set_exception(error)
