"""Side tasks with names: the death of any of them stops the daemon loudly, none is ever forgotten."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


class TaskDied(Exception):
    """A task that should have gone on for ever has ended; ``__cause__`` is what ended it, if anything."""


class Tasks:
    """Named tasks that live as long as the daemon does, and short ones whose errors must be seen."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._died: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def keep(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        """Start ``work``, which never ends by itself: if it does, ``died`` raises."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def once(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start ``work``, which may end; an exception in it counts as a death all the same."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or self._died.done():
            return
        death = TaskDied(f"the task {task.get_name()!r} ended")
        death.__cause__ = task.exception()
        self._died.set_exception(death)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        if task.cancelled() or task.exception() is None:
            self._tasks.discard(task)
        else:
            self._ended(task)

    async def died(self) -> None:
        """Wait until a task dies.

        Raises:
            TaskDied: always, in the end.
        """
        await asyncio.shield(self._died)

    async def stop(self) -> None:
        """Cancel all and wait for them; what they raise on the way out is logged."""
        if not self._died.done():
            self._died.cancel()
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                try:
                    await task
                except Exception:
                    log.exception("while stopping %s", task.get_name())
