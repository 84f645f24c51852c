"""Keeps each program's logs as its configuration says: old ones compressed, then deleted by age and size.

The current file of a series is never touched, nor one that a process has open for writing. Everything that is done is
in the audit trail, one entry a file.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from batmon.errors import BatmonError
from batmon.evidence.listing import LogFile, log_files
from batmon.evidence.log_removal import clear_left_behind, compress_log, delete_log, make_room
from batmon.evidence.open_files import written_to
from batmon.gate.verbs import Audit, AuditEntry, Caller
from batmon.model import Program

log = logging.getLogger(__name__)

EVERY_SEC = 86_400.0
AFTER_START_SEC = 300.0
_SAME_TIME = timedelta(seconds=2)
"""Within which an archive's time is that of the log it was made of: some file systems count in steps of two."""

Action = Literal["delete", "compress", "renumber", "keep"]


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done with a file, and why; ``keep`` is one that would go if it were not in use."""

    file: LogFile
    action: Action
    why: str


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: ``freed`` bytes, or why it ``failed``."""

    step: Step
    freed: int = 0
    failed: str = ""


class LogRetention:
    """The retention of all programs. ``keep`` is a task of the daemon; ``ready`` says that all logs were read once."""

    def __init__(
        self,
        *,
        programs: Callable[[], Mapping[str, Program]],
        audit: Audit,
        now: Callable[[], datetime],
        ready: asyncio.Event,
    ) -> None:
        self._programs = programs
        self._audit = audit
        self._now = now
        self._ready = ready
        self._one = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "retention")

    async def keep(self) -> None:
        """Look a while after the start, and then each day, for ever."""
        await self._ready.wait()
        await asyncio.sleep(AFTER_START_SEC)
        while True:
            for program in list(self._programs().values()):
                if program.configured:
                    await self.run(program)
            await asyncio.sleep(EVERY_SEC)

    async def plan(self, program: Program) -> list[Step]:
        """What is to be done for a program now."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._plan, program)

    async def run(self, program: Program, caller: Caller | None = None) -> list[Done]:
        """Do what is to be done; one program at a time. ``caller`` is who asked for it, None for the daemon itself."""
        if not _configured(program):
            return []
        loop = asyncio.get_running_loop()
        async with self._one:
            done: list[Done] = []
            for step in await self.plan(program):
                if step.action == "keep":
                    continue
                done.append(one := await loop.run_in_executor(self._thread, self._do, program, step))
                await self._write_down(program, one, caller)
            return done

    def _plan(self, program: Program) -> list[Step]:
        """Blocks."""
        if not _configured(program):
            return []
        files = log_files(program)
        return planned(program, files, self._now(), written_to())

    def _do(self, program: Program, step: Step) -> Done:
        """One step. Blocks."""
        path = step.file.path
        try:
            clear_left_behind(program, path, self._now())
            if step.action == "delete":
                return Done(step, delete_log(program, path))
            if step.action == "renumber":
                return Done(step, failed="" if make_room(program, path, -step.file.place.age) else "no number is free")
            _, before, after = compress_log(program, path)
            return Done(step, before - after)
        except (BatmonError, OSError) as error:
            return Done(step, failed=str(error))

    async def _write_down(self, program: Program, done: Done, caller: Caller | None) -> None:
        step = done.step
        detail = f"{step.action} {step.file.path}: {done.failed or step.why}"
        outcome = "failed" if done.failed else "done"
        log.log(
            logging.WARNING if done.failed else logging.INFO, "retention of %s: %s", program.name, detail,
            extra={"freed": done.freed},
        )  # fmt: skip
        who = (caller.user, caller.role.value, caller.peer) if caller else ("batmon", "", "")
        try:
            await self._audit(AuditEntry(self._now(), *who, "log.retain", program.name, outcome, detail[:1000]))
        except BatmonError as error:
            log.warning("the audit trail could not be written: %s", error)


def planned(program: Program, files: Sequence[LogFile], now: datetime, busy: Collection[tuple[int, int]]) -> list[Step]:
    """What is to be done with a program's logs. Pure. ``busy`` are the files that somebody writes to."""
    steps: list[Step] = []
    left = list(files)

    def take(file: LogFile, action: Action, why: str) -> None:
        steps.append(Step(file, action, why) if file.identity not in busy else _in_use(file))
        left.remove(file)

    for file in _rotated(left):
        if program.keep_logs is not None and now - file.modified > program.keep_logs:
            take(file, "delete", f"older than keep_logs = {_days(program.keep_logs)}")
    total = sum(file.size for file in left)
    for file in _rotated(left):
        if program.keep_logs_size is None or total <= program.keep_logs_size:
            break
        take(file, "delete", f"all logs take {total:,} bytes, more than keep_logs_size = {program.keep_logs_size:,}")
        total -= file.size if steps[-1].action == "delete" else 0
    plain = {file.path: file for file in left if file.packing is None}
    for file in _rotated(left):
        of_its_name = plain.get(file.path.removesuffix(".gz")) if file.packing == "gzip" else None
        if (
            program.compress_logs
            and of_its_name
            and file.place.age
            and abs(of_its_name.modified - file.modified) > _SAME_TIME
        ):
            take(file, "renumber", f"its number is that of {of_its_name.path} now")
    for file in _rotated(left):
        old = program.compress_logs is not None and now - file.modified > program.compress_logs
        if old and file.packing is None and file.size:
            take(file, "compress", f"older than compress_logs = {_days(program.compress_logs)}")
    return steps


def _rotated(files: Sequence[LogFile]) -> list[LogFile]:
    """Those that are not current, the oldest first."""
    return sorted((file for file in files if not file.current), key=lambda file: (file.modified, file.place))


def _in_use(file: LogFile) -> Step:
    return Step(file, "keep", "a process has it open for writing")


def _configured(program: Program) -> bool:
    return any(key is not None for key in (program.keep_logs, program.keep_logs_size, program.compress_logs))


def _days(length: timedelta | None) -> str:
    """``90d``, ``1h30m``: as the configuration writes it."""
    seconds = round(length.total_seconds()) if length is not None else 0
    parts = []
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
