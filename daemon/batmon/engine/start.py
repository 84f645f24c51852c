"""The daemon's process: starts the database and loads the engine side by side, and ends when it is told to."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from batmon.config import Config
from batmon.engine.database import opened
from batmon.engine.tasks import TaskDied

if TYPE_CHECKING:
    from batmon.engine.daemon import Daemon

log = logging.getLogger(__name__)


def run(config: Config) -> int:
    """The headless daemon in the foreground until SIGTERM or SIGINT; the process's exit code.

    Raises:
        BatmonError: it could not start; the message says why and what to do.
    """
    if sys.platform == "win32":  # pragma: no cover - the default there, named because subprocesses need it
        asyncio.set_event_loop_policy(asyncio.WindowsProactorEventLoopPolicy())
    return asyncio.run(_serve(config))


async def _serve(config: Config) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is None:
            continue
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: no signal handlers on its loop
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    loading = asyncio.create_task(asyncio.to_thread(_engine), name="load the engine")
    async with AsyncExitStack() as standing:
        stopping = asyncio.create_task(stop.wait(), name="stop signal")
        opening = asyncio.create_task(standing.enter_async_context(opened(config)), name="open the database")
        await asyncio.wait((stopping, opening), return_when=asyncio.FIRST_COMPLETED)
        if stopping.done():  # making or recovering a database may last a minute
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            return 0
        database = await opening
        engine = await loading
        async with engine(config, database).running() as tasks:
            died = asyncio.create_task(tasks.died(), name="death watch")
            await asyncio.wait((stopping, died), return_when=asyncio.FIRST_COMPLETED)
            if not died.done():
                died.cancel()
                return 0
            error = died.exception()
            if not isinstance(error, TaskDied):
                return 0
            log.critical("%s: stopping", error, exc_info=error.__cause__ or error)
            return 1


def _engine() -> type[Daemon]:
    """What takes half a second of a processor to load, while PostgreSQL's programs make and start the database.

    All of it lasts as long as the process: the collector need not look at it, neither now, which is a tenth of that
    time, nor later, when each full collection would hold up the loop for 50 ms.
    """
    gc.disable()
    try:
        from batmon.engine.daemon import Daemon  # noqa: PLC0415 - see above
    finally:
        gc.enable()
    gc.freeze()
    return Daemon
