"""Finds the process behind a run that somebody else started, and says when it is gone.

A run known only from its log or record has no pid. Its process is taken to be the oldest one that works in the
program's folder and began about when the run did. From then on its end is seen within seconds: a run whose process is
gone and whose log never said how it ended has died, long before its max_runtime; one whose log said "done" while the
process lives on is a contradiction.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from batmon.engine.known_runs import AFTER, BEFORE
from batmon.evidence.processes import ProcessIdentity, identify, is_alive
from batmon.evidence.working_in import working_in
from batmon.model import ProcessEvidence, Program

log = logging.getLogger(__name__)

LOOK_EVERY_SEC = 3.0

Report = Callable[[str, ProcessEvidence, datetime], Awaitable[None]]
"""(program, what is known of the process, when the process began)"""


class ProcessWatch:
    """Looks at the processes of the runs that are under way; costs nothing while there are none.

    ``under_way`` gives, by program, the start of the run that somebody else started and that has not ended. ``recheck``
    returns once everything in a program's logs has been read.
    """

    def __init__(
        self,
        *,
        programs: Callable[[], Mapping[str, Program]],
        under_way: Callable[[], Mapping[str, datetime]],
        report: Report,
        recheck: Callable[[str], Awaitable[None]],
    ) -> None:
        self._programs = programs
        self._under_way = under_way
        self._report = report
        self._recheck = recheck
        self._known: dict[ProcessIdentity, str] = {}

    async def keep(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_SEC)
            await self.look()

    async def look(self) -> None:
        """One look: new processes are found, ended ones reported."""
        followed = set(self._known.values())
        await self._find({name: start for name, start in self._under_way().items() if name not in followed})
        for process, name in list(self._known.items()):
            if not await asyncio.to_thread(is_alive, process):
                await self._ended(process, name)

    async def take_up(self, name: str, pid: int, start: datetime) -> None:
        """Go on with a process that an earlier daemon knew of: watch it, or say that it has ended meanwhile.

        ``start`` is when its run began; a process that did not begin about then is another's by now.
        """
        process = await asyncio.to_thread(identify, pid)
        if process is not None and start - BEFORE <= _began(process) <= start + AFTER:
            self._known[process] = name
            return
        await self._recheck(name)  # its last lines, if any, are judged first
        await self._report(name, ProcessEvidence(pid=pid, alive=False), start)

    async def _find(self, starts: Mapping[str, datetime]) -> None:
        programs = self._programs()
        folders = {name: programs[name].base_dir for name in starts if programs[name].configured}
        if not folders:
            return
        found = await asyncio.to_thread(working_in, set(folders.values()))
        for name, folder in folders.items():
            start = starts[name]
            for process in found[folder]:
                began = _began(process)
                if process not in self._known and start - BEFORE <= began <= start + AFTER:
                    self._known[process] = name
                    await self._report(name, ProcessEvidence(pid=process.pid, alive=True), began)
                    break

    async def _ended(self, process: ProcessIdentity, name: str) -> None:
        del self._known[process]
        await self._recheck(name)  # its last lines, if any, are judged first
        log.debug("a process has ended", extra={"program": name, "pid": process.pid})
        await self._report(name, ProcessEvidence(pid=process.pid, alive=False), _began(process))


def _began(process: ProcessIdentity) -> datetime:
    return datetime.fromtimestamp(process.created, UTC)
