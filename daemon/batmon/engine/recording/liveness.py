"""Finds out which recorded runs have died: by their process where it is on this machine, by their beats elsewhere.

A run that came over the socket, through a spool or straight into the database is looked after alike, from the table of
open runs, so that nothing is forgotten when the daemon ends. One that was thought dead and beats again lives.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from batmon.errors import StoreUnavailable
from batmon.evidence.processes import holds
from batmon.model import ProcessEvidence
from batmon.store import Store
from batmon.store.records import OpenRun

log = logging.getLogger(__name__)

LOOK_EVERY_SEC = 3.0
SILENT_SEC = 45.0
"""Three beats left out."""
DEAD_FOR = timedelta(days=2)
"""A run that began so long ago and is dead is not looked at any more, should it beat again or not."""
MOST_RUNS = 20_000
"""How many open runs are looked after, the newest."""
ENDING_SEC = 0.1
"""A process that closes its connection because it ends needs a moment to have ended."""
SLACK_SEC = 5.0
"""A process may have been created so long after its run said that it began: two clocks, and their roundings."""

Report = Callable[[str, UUID, ProcessEvidence], Awaitable[None]]
"""(bot_name, run, what is known of its process)"""


class Liveness:
    """Looks after the open runs. ``own_names``: what this machine is called in them.

    ``empty_spools`` is awaited before a run is called dead: its program may have ended well and said so there.
    """

    def __init__(
        self,
        store: Store,
        *,
        own_names: tuple[str, ...],
        report: Report,
        empty_spools: Callable[[], Awaitable[object]],
    ) -> None:
        self._store = store
        self._own_names = own_names
        self._report = report
        self._empty_spools = empty_spools
        self._soon = asyncio.Event()
        self._dead: set[UUID] = set()
        self._listening_since: float | None = None
        self.watched: frozenset[UUID] = frozenset()
        """Open runs whose process is known."""

    def look_soon(self) -> None:
        """A program that records has gone away before its run ended."""
        self._soon.set()

    async def keep(self) -> None:
        """Look for ever: every few seconds, and soon after somebody went away."""
        while True:
            try:
                async with asyncio.timeout(LOOK_EVERY_SEC):
                    await self._soon.wait()
                self._soon.clear()
                await asyncio.sleep(ENDING_SEC)
            except TimeoutError:
                pass  # nobody went away: it is time all the same
            try:
                await self.look()
            except StoreUnavailable as error:
                self._listening_since = None  # who could not beat was not silent
                log.debug("cannot look after open runs now: %s", error)

    async def look(self) -> None:
        """One look.

        Raises:
            StoreUnavailable: Postgres is away.
        """
        runs = await self._store.open_runs(self._own_names, MOST_RUNS)
        if self._listening_since is None:
            self._listening_since = time.monotonic()
        here = [run for run in runs if run.pid is not None and run.node in self._own_names]
        self.watched = frozenset(run.run_id for run in here)
        gone = await asyncio.to_thread(_gone, here)
        if time.monotonic() - self._listening_since > SILENT_SEC:
            gone += [run for run in runs if run.run_id not in self.watched and (run.silent_sec or 0.0) > SILENT_SEC]
        dead = {run.run_id for run in gone}
        back = [run for run in runs if run.run_id in self._dead and run.run_id not in dead]
        self._dead &= {run.run_id for run in runs}
        await self._forget_old(runs)
        await self._say([run for run in gone if run.run_id not in self._dead], alive=False)
        await self._say(back, alive=True)

    async def _forget_old(self, runs: Iterable[OpenRun]) -> None:
        before = datetime.now(UTC) - DEAD_FOR
        old = [run.run_id for run in runs if run.run_id in self._dead and run.start_time < before]
        if old:
            await self._store.forget_open_runs(old)

    async def _say(self, runs: Sequence[OpenRun], *, alive: bool) -> None:
        """Report these runs, but not those that have ended meanwhile: they are forgotten."""
        if not runs:
            return
        if not alive:
            await self._empty_spools()
        ended = await self._store.ended_runs(runs)
        await self._store.forget_open_runs(ended)
        for run in runs:
            if run.run_id in ended:
                continue
            log.info(
                "a recorded run lives again" if alive else "the process of a recorded run has ended",
                extra={"bot": run.bot_name, "run_id": str(run.run_id), "pid": run.pid, "run_node": run.node},
            )
            await self._report(run.bot_name, run.run_id, ProcessEvidence(pid=run.pid, alive=alive))
            (self._dead.discard if alive else self._dead.add)(run.run_id)


def _gone(runs: Iterable[OpenRun]) -> list[OpenRun]:
    """Those whose process has ended. Costs 0.1 ms a process."""
    known: dict[tuple[int, float | None, float], bool] = {}
    found = []
    for run in runs:
        begun_by = 0.0 if run.process_started is not None else run.start_time.timestamp() + SLACK_SEC
        process = (run.pid or 0, run.process_started, begun_by)
        if process not in known:
            known[process] = holds(process[0], run.process_started, begun_by=begun_by)
        if not known[process]:
            found.append(run)
    return found
