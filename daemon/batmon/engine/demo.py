"""Plays the schedulers of the sample programs (``[demo]``): starts them as cron or a Windows service would.

What it starts is not recorded: BATMON finds those runs as it finds anybody's, in their logs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from batmon.config import Demo
from batmon.engine.demo_plan import plan
from batmon.engine.reruns.runner import spawn
from batmon.engine.tasks import Tasks
from batmon.errors import RunnerError
from batmon.evidence.processes import identify, stop_tree
from batmon.model import Program

log = logging.getLogger(__name__)

STOP_GRACE_SEC = 2.0


class Demonstration:
    """Starts each sample program at once, and then at each of the demo's minutes."""

    def __init__(self, programs: list[Program], demo: Demo, tasks: Tasks, *, now: Callable[[], datetime]) -> None:
        self._programs = programs
        self._demo = demo
        self._tasks = tasks
        self._now = now

    async def keep(self) -> None:
        """Start them for ever."""
        every = self._demo.every.total_seconds()
        index = 0
        while True:
            for program in self._programs:
                self._tasks.once(f"demo {program.name} {index}", self._start(program, index))
            index += 1
            now = self._now().timestamp()
            await asyncio.sleep(every - now % every)

    async def _start(self, program: Program, index: int) -> None:
        start = plan(program, self._demo, index)
        if start is None:
            return
        await asyncio.sleep(start.delay_sec)
        try:
            process = await spawn([*program.rerun, *start.arguments], program, None)
        except RunnerError as error:
            log.error("the demo could not start a sample program: %s", error, extra={"program": program.name})
            return
        identity = identify(process.pid)
        limit = program.max_runtime + timedelta(seconds=self._demo.every.total_seconds() / 2)
        try:
            async with asyncio.timeout(limit.total_seconds()):
                await process.wait()
        except TimeoutError:
            log.info("the demo ends a sample program that hangs", extra={"program": program.name})
        finally:
            if process.returncode is None and identity is not None:
                await asyncio.shield(asyncio.to_thread(stop_tree, identity, grace=STOP_GRACE_SEC))
                await process.wait()
