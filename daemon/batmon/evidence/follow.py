"""Follows the log files of all programs: first everything that is there, then each line as it lands.

One thread at a time reads, in bounded pieces and in turn, so that no log starves another; and it reads only as fast as
its events are taken. The operating system tells of changes where it can; polling alone finds everything too.
"""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from watchfiles import Change

from batmon.errors import EvidenceError
from batmon.evidence.discover import names_match
from batmon.evidence.events import CaughtUp, FileCursor, LogEvent, SightChanged
from batmon.evidence.trail import Trail
from batmon.evidence.watch import Changes, FolderWatch
from batmon.model import LogSight, LogState, Program
from batmon.refusals import because

_LIVE_TURN = 64
"""Programs of which the first pass is over, per turn: each gives at most one piece (128 KiB) of lines."""

_BACKLOG_TURN = 8
"""Programs in their first pass per turn: few, so that a live line never waits long."""


class LogFollower:
    """Follows the logs of ``programs``; ``cursors`` says by (program, fingerprint) how far an earlier daemon came.

    ``watch`` False does without the operating system's help. ``poll`` and ``survey`` are seconds: between looking
    whether the files in use changed, and between looking for new ones.
    """

    def __init__(
        self, programs: Sequence[Program], cursors: Mapping[tuple[str, str], FileCursor], *, watch: bool = True,
        poll: float = 2.0, survey: float = 10.0,
    ) -> None:  # fmt: skip
        by_program: dict[str, dict[str, FileCursor]] = defaultdict(dict)
        for (program, fingerprint), cursor in cursors.items():
            by_program[program][fingerprint] = cursor
        self._trails = {program.name: Trail(program, by_program[program.name]) for program in programs}
        self._sights = {name: trail.sight() for name, trail in self._trails.items()}
        self._watched = watch
        self._poll, self._survey = poll, survey
        self._to_look = dict.fromkeys(self._trails)
        self._to_read: dict[str, None] = {}
        self._caught_up: set[str] = set()
        self._waiting: dict[str, list[asyncio.Future[None]]] = defaultdict(list)
        self._looked: dict[str, list[asyncio.Future[None]]] = defaultdict(list)
        self._folders: dict[str, dict[str, frozenset[str]]] = {}
        """By folder and program: the patterns for its entries."""
        self._inodes: dict[str, int] = {}
        self._of_program: dict[str, tuple[str, ...]] = {}
        self._wake = asyncio.Event()
        self._stopped = False
        self._polls = 0

    def sight(self, program: str) -> LogSight:
        """What could be seen of a program's logs when they were last looked at.

        Raises:
            EvidenceError: no such program is followed.
        """
        self._known(program)
        return self._sights[program]

    async def recheck(self, program: str) -> None:
        """Look at a program's files now; returns once everything that was in them has been taken from ``batches``.

        For a verdict that must not rest on unread lines. Not to be awaited by the task that takes the batches: it would
        wait for itself. Returns at once when the follower has stopped.

        Raises:
            EvidenceError: no such program is followed.
        """
        self._known(program)
        if self._stopped:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[program].append(done)
        self._to_look[program] = None
        self._wake.set()
        await done

    def stop(self) -> None:
        """End ``batches`` after the turn that is under way."""
        self._stopped = True
        self._wake.set()

    async def batches(self) -> AsyncIterator[LogEvent]:
        """All events, to be taken by one consumer: the first pass (oldest file first), then live, until ``stop``."""
        watch = FolderWatch(self._on_changes, self._on_armed) if self._watched else None
        loop = asyncio.get_running_loop()
        next_poll = loop.time() + self._poll
        try:
            while not self._stopped:
                if loop.time() >= next_poll:
                    await self._stir()
                    next_poll = loop.time() + self._poll
                looks, reads = self._next_turn()
                if not looks and not reads:
                    await self._sleep(next_poll - loop.time())
                    continue
                turn = await asyncio.to_thread(self._work, looks, reads)
                self._sights.update(turn.sights)
                self._caught_up.update(turn.calm)
                self._to_read.update(dict.fromkeys(turn.again))
                self._remember_folders(turn.folders)
                if watch is not None and looks and not self._to_look:
                    watch.set_folders(self._inodes)
                for event in turn.events:
                    yield event
                self._settle(turn.calm)
        finally:
            self._stopped = True
            self._settle(list(self._trails), everything=True)
            if watch is not None:
                await watch.close()

    def _known(self, program: str) -> None:
        if program not in self._trails:
            raise EvidenceError(because("not-followed", program=program))

    def _next_turn(self) -> tuple[list[str], list[str]]:
        """Which programs to look at and which to read now; live ones before those in their first pass."""
        looks = list(self._to_look)[:_LIVE_TURN]
        for name in looks:
            del self._to_look[name]
            self._to_read[name] = None
            self._looked[name] += self._waiting.pop(name, [])
        live = [name for name in self._to_read if name in self._caught_up][:_LIVE_TURN]
        backlog = [name for name in self._to_read if name not in self._caught_up and name not in self._to_look][
            :_BACKLOG_TURN
        ]
        for name in (*live, *backlog):
            del self._to_read[name]
        return looks, live + backlog

    def _work(self, looks: list[str], reads: list[str]) -> _Turn:
        """One turn, in the reading thread; changes nothing of the follower but its trails."""
        turn = _Turn()
        finished: list[LogEvent] = []
        for name in looks:
            self._trails[name].look()
            turn.folders[name] = _with_inodes(self._trails[name].folders)
        for name in reads:
            batch, more = self._trails[name].take(live=name in self._caught_up)
            if batch is not None:
                turn.events.append(batch)
            (turn.again if more else turn.calm).append(name)
            if not more and name not in self._caught_up:
                finished.append(CaughtUp(name))
        for name in dict.fromkeys((*looks, *reads)):
            sight, before = self._trails[name].sight(), self._sights[name]
            turn.sights[name] = sight
            if sight.state is not before.state or (
                sight.detail != before.detail and sight.state is not LogState.PRESENT
            ):
                turn.events.append(SightChanged(name, sight))
        turn.events += finished
        return turn

    async def _stir(self) -> None:
        """What polling finds: files in use that changed, and in each poll a part of the programs surveyed anew."""
        parts = max(1, round(self._survey / self._poll))
        names = list(self._trails)
        self._to_look.update(dict.fromkeys(names[self._polls % parts :: parts]))
        self._polls += 1
        live = [name for name in names if name in self._caught_up and name not in self._to_look]
        stirred = await asyncio.to_thread(lambda: [(name, *self._trails[name].stirred()) for name in live])
        for name, grown, moved in stirred:
            if moved:
                self._to_look[name] = None
            elif grown:
                self._to_read[name] = None

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    def _settle(self, calm: list[str], *, everything: bool = False) -> None:
        """Answer those who asked for a recheck of programs that have no more to give and whose events were taken."""
        for name in calm:
            answered = self._looked.pop(name, []) + (self._waiting.pop(name, []) if everything else [])
            for done in answered:
                if not done.done():
                    done.set_result(None)

    def _remember_folders(self, looked: Mapping[str, Mapping[str, tuple[int, frozenset[str]]]]) -> None:
        for name, folders in looked.items():
            for folder in self._of_program.get(name, ()):
                self._folders[folder].pop(name, None)
            for folder, (inode, patterns) in folders.items():
                self._folders.setdefault(folder, {})[name] = patterns
                self._inodes[folder] = inode
            for folder in self._of_program.get(name, ()):
                if not self._folders[folder]:
                    del self._folders[folder], self._inodes[folder]
            self._of_program[name] = tuple(folders)

    def _on_changes(self, changes: Changes) -> None:
        for change, path in changes:
            folder, name = os.path.split(path)
            for program, patterns in self._folders.get(folder, {}).items():
                if any(names_match(name, pattern) for pattern in patterns):
                    queue = self._to_read if change is Change.modified else self._to_look
                    queue[program] = None
        self._wake.set()

    def _on_armed(self) -> None:
        self._to_look.update(dict.fromkeys(self._trails))
        self._wake.set()


@dataclass(slots=True)
class _Turn:
    events: list[LogEvent] = field(default_factory=list)
    sights: dict[str, LogSight] = field(default_factory=dict)
    again: list[str] = field(default_factory=list)
    calm: list[str] = field(default_factory=list)
    folders: dict[str, dict[str, tuple[int, frozenset[str]]]] = field(default_factory=dict)
    """By program: each folder to watch, its inode (a new one needs a new watch), the patterns for its entries."""


def _with_inodes(folders: Mapping[str, set[str]]) -> dict[str, tuple[int, frozenset[str]]]:
    known = {}
    for folder, patterns in folders.items():
        try:
            known[folder] = (os.stat(folder).st_ino, frozenset(patterns))  # noqa: PTH116 - thousands at a time
        except OSError:
            continue  # gone again: the next look finds what is there then
    return known
