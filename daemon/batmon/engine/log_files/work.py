"""Long work on logs in a thread, as a stream: how far it is, then what it found; it ends when nobody reads on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Found = TypeVar("Found")
Progress = Callable[[float], None]
ShouldStop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Finished(Generic[Found]):
    """What the work gave."""

    value: Found


async def in_thread(
    work: Callable[[Progress, ShouldStop], Found], name: str
) -> AsyncGenerator[float | Finished[Found], None]:
    """Run ``work(progress, should_stop)``: yields the part that is done (0.0 to 1.0), at last its result.

    What it raises is raised here. Closing the iterator asks it to stop and waits until it has.
    """
    loop = asyncio.get_running_loop()
    stop, moved, part = threading.Event(), asyncio.Event(), 0.0

    def progress(value: float) -> None:
        nonlocal part
        part = value
        loop.call_soon_threadsafe(moved.set)

    task = asyncio.create_task(asyncio.to_thread(work, progress, stop.is_set), name=name)
    task.add_done_callback(lambda _: moved.set())
    try:
        while not task.done():
            await moved.wait()
            moved.clear()
            if not task.done():
                yield round(part, 4)
        yield Finished(await task)
    finally:
        stop.set()
        await asyncio.wait([task])
