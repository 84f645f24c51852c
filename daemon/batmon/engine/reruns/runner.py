"""Starts programs for re-runs, keeps what they print, and ends whole process trees.

A re-run's output goes to a file of its own, not to a pipe: a program does not die because the daemon did, and a
restarted daemon takes the run up again by its pid and the time at which that process began.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from batmon.engine.reruns import notes as rerun_notes
from batmon.engine.reruns.watched_process import gone
from batmon.engine.tasks import Tasks
from batmon.errors import BadRequest, NotFound, RunnerError, RunningAlready
from batmon.evidence.decode import decode_line
from batmon.evidence.processes import ProcessIdentity, identify, marked, stop_tree
from batmon.model import Origin, ProcessEvidence, Program, Run, RunStatus
from batmon.refusals import because

log = logging.getLogger(__name__)

OUTPUT_LIMIT = 32 * 1024 * 1024
"""A re-run's output file is shown up to this many bytes; what comes after stays in the file."""
TAIL_LINES = 40
BLOCK = 64 * 1024
STOP_GRACE_SEC = 10.0
SAME_START_SEC = 60.0
"""A process that began further than this from a run's start is not that run's."""
POLL_SEC = 0.1
MARK = "BATMON_RUN_ID"
"""The variable by which a re-run's processes are known, wherever they went."""
MESSAGE_CHARS = 2_000
DETAIL_CHARS = 32_000
"""Of what a re-run printed, as its message and its error."""
LONGEST_PARAMETER = 4_096


@dataclass(slots=True)
class ActiveRun:
    """A re-run that has not ended yet, or ended a moment ago."""

    run: Run
    program: Program
    process: ProcessIdentity | None
    """None: it ended before it could be looked at."""
    output: Path
    done: asyncio.Event = field(default_factory=asyncio.Event)
    stopped_by: str = ""


class Runner:
    """Every re-run of this daemon.

    ``report`` is told each time a run begins, changes or ends; it must not return before that is safe.
    """

    def __init__(
        self,
        folder: Path,
        tasks: Tasks,
        *,
        now: Callable[[], datetime],
        report: Callable[[Run], Awaitable[None]],
    ) -> None:
        self._folder = folder
        self._tasks = tasks
        self._now = now
        self._report = report
        self._active: dict[uuid.UUID, ActiveRun] = {}
        self._starting: set[str] = set()

    def active(self, program: str) -> list[ActiveRun]:
        """The program's re-runs that are alive."""
        return [run for run in self._active.values() if run.program.name == program and not run.done.is_set()]

    async def start(
        self, program: Program, *, by: str, force: bool = False, params: Mapping[str, str] | None = None,
        also_running: bool = False,
    ) -> Run:  # fmt: skip
        """Start the program's ``rerun`` command without a shell in its ``base_dir``.

        ``also_running`` says that other evidence shows it running (its log, a record).

        Raises:
            RunningAlready: it is running already and ``force`` was not given.
            RunnerError: there is no command, or it could not be started.
            BadRequest: a parameter is unknown, missing or has a value that the configuration does not allow.
        """
        if not program.rerun:
            raise RunnerError(because("no-rerun-command", program=program.name))
        if program.name in self._starting or ((self.active(program.name) or also_running) and not force):
            raise RunningAlready(because("running-already", program=program.name))
        argv = fill(program, params or {})
        self._starting.add(program.name)
        try:
            return await self._start(program, argv, by)
        finally:
            self._starting.discard(program.name)

    async def _start(self, program: Program, argv: list[str], by: str) -> Run:
        run_id = uuid.uuid4()
        started = self._now()
        output = self._folder / f"{run_id}.log"
        await self._note(rerun_notes.Note(run_id, program.name, by, started))
        try:
            process = await spawn(argv, program, output, mark=str(run_id))
        except RunnerError:
            await asyncio.to_thread(rerun_notes.forget, self._folder, run_id)
            raise
        run = Run(
            run_id=run_id,
            program=program.name,
            status=RunStatus.RUNNING,
            start_time=started,
            task_name="rerun",
            origin=Origin.RERUN,
            started_by=by,
            process=ProcessEvidence(pid=process.pid, alive=True),
        )
        active = ActiveRun(run, program, identify(process.pid), output)
        self._active[run_id] = active
        await self._report(run)
        self._tasks.once(f"rerun {program.name} {run_id}", self._wait(active, process))
        log.info("re-run started", extra={"program": program.name, "run_id": str(run_id), "by": by, "argv": argv})
        return run

    async def _note(self, note: rerun_notes.Note) -> None:
        def write() -> None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            rerun_notes.prune(self._folder, set(self._active))
            rerun_notes.write(self._folder, note)

        try:
            await asyncio.to_thread(write)
        except OSError as error:
            raise RunnerError(
                because("output-unwritable", program=note.program, folder=self._folder, why=error.strerror)
            ) from error

    async def recover(
        self, programs: Mapping[str, Program], stored: Callable[[uuid.UUID], Awaitable[Run | None]]
    ) -> list[rerun_notes.Note]:
        """Record the re-runs that an earlier daemon started and was killed before it could record them.

        Gives their notes, for the audit trail.
        """
        recovered = []
        for note in await asyncio.to_thread(rerun_notes.begun, self._folder):
            program = programs.get(note.program)
            if program is None or note.run_id in self._active or await stored(note.run_id) is not None:
                continue
            alive = await asyncio.to_thread(marked, MARK, str(note.run_id))
            run = Run(
                run_id=note.run_id,
                program=program.name,
                status=RunStatus.RUNNING,
                start_time=note.started,
                task_name="rerun",
                origin=Origin.RERUN,
                started_by=note.by,
                process=ProcessEvidence(pid=alive[0].pid, alive=True) if alive else None,
            )
            log.warning("a re-run was not recorded yet", extra={"program": program.name, "run_id": str(note.run_id)})
            active = ActiveRun(run, program, alive[0] if alive else None, self._folder / f"{note.run_id}.log")
            self._active[note.run_id] = active
            await self._report(run)
            self._tasks.once(f"rerun {program.name} {note.run_id}", self._wait(active, None))
            recovered.append(note)
        return recovered

    async def adopt(self, program: Program, run: Run) -> None:
        """Take up a run that an earlier daemon started and that is not over in the store."""
        if run.run_id in self._active:
            return
        output = self._folder / f"{run.run_id}.log"
        pid = run.process.pid if run.process else None
        identity = identify(pid) if pid is not None else None
        if identity is not None and abs(identity.created - run.start_time.timestamp()) > SAME_START_SEC:
            identity = None  # the pid is somebody else's by now
        if not output.is_file():
            identity = None  # we started no such run: anybody may have written the row
        active = ActiveRun(run, program, identity, output)
        self._active[run.run_id] = active
        self._tasks.once(f"rerun {program.name} {run.run_id}", self._wait(active, None))

    async def _wait(self, active: ActiveRun, process: asyncio.subprocess.Process | None) -> None:
        if process is not None:
            code: int | None = await process.wait()
        else:
            await gone(active.process)
            code = None
        tail = await asyncio.to_thread(_tail, active.output)
        active.run = self._ended(active, code, tail)
        log.info(
            "re-run ended",
            extra={"program": active.program.name, "run_id": str(active.run.run_id), "exit_code": code},
        )
        await self._report(active.run)
        active.done.set()
        del self._active[active.run.run_id]

    def _ended(self, active: ActiveRun, code: int | None, tail: list[str]) -> Run:
        good = code == 0 and not active.stopped_by
        if active.stopped_by:
            message = f"stopped by {active.stopped_by}"
        elif code is None:
            message = "ended while the daemon was away; its exit code is not known"
        elif good:
            message = tail[-1] if tail else "exit code 0"
        else:
            message = (tail[-1] if tail else "no output") + f" (exit code {code})"
        return replace(
            active.run,
            status=RunStatus.SUCCESS if good else RunStatus.FAILED,
            end_time=self._now(),
            message=message,
            error_details="" if good else "\n".join(tail)[-DETAIL_CHARS:],
            process=ProcessEvidence(
                pid=active.run.process.pid if active.run.process else None,
                alive=False,
                exit_code=code,
                stopped_by=active.stopped_by,
            ),
        )

    async def stop(self, active: ActiveRun, *, by: str, grace: float = STOP_GRACE_SEC) -> int:
        """End the run's whole process tree, gently first; the number of processes that were ended."""
        active.stopped_by = by
        if active.process is None:
            return 0
        mark = (MARK, str(active.run.run_id))
        stopped = await asyncio.to_thread(stop_tree, active.process, grace=grace, mark=mark)
        if stopped.survivors:
            pids = ", ".join(str(process.pid) for process in stopped.survivors)
            raise RunnerError(
                because("not-ended", count=len(stopped.survivors), program=active.program.name, pids=pids)
            )
        await active.done.wait()
        return stopped.ended

    def find(self, run_id: uuid.UUID) -> ActiveRun:
        """The live re-run with this id.

        Raises:
            NotFound: it is not running, or was not started here.
        """
        if run_id not in self._active:
            raise NotFound(because("rerun-not-here", run_id=run_id))
        return self._active[run_id]

    async def output(self, run_id: uuid.UUID, *, start: int = 0) -> AsyncIterator[tuple[int, str]]:
        """What the run prints, line by line with the byte offset after it, until it has ended and all is given."""
        path = self._folder / f"{run_id}.log"
        if not path.is_file():
            raise NotFound(because("no-output", run_id=run_id))
        offset = start
        while True:
            active = self._active.get(run_id)
            over = active is None or active.done.is_set()
            lines = await asyncio.to_thread(_read_lines, path, offset, over)
            for end, text in lines:
                offset = end
                yield offset, text
            if over and not lines:
                return
            if not lines:
                await asyncio.sleep(POLL_SEC)


async def spawn(
    argv: list[str], program: Program, output: Path | None, *, mark: str = ""
) -> asyncio.subprocess.Process:
    """Start ``argv`` in the program's folder, in a process group of its own, output appended to a file or dropped.

    ``mark`` is the run's id, put into the environment.

    Raises:
        RunnerError: the executable or the folder is missing, or may not be used.
    """
    where = {**os.environ, **program.env, "PYTHONUNBUFFERED": "1"}
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        where.pop(name, None)
    if mark:
        where[MARK] = mark
    group = (
        {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        if sys.platform == "win32"
        else {"start_new_session": True}
    )
    try:
        sink = await asyncio.to_thread(_sink, output)
        try:
            return await asyncio.create_subprocess_exec(
                *argv, cwd=program.base_dir, env=where, stdin=asyncio.subprocess.DEVNULL, stdout=sink,
                stderr=asyncio.subprocess.STDOUT, **group,
            )  # fmt: skip
        finally:
            if sink >= 0:
                os.close(sink)
    except (OSError, ValueError) as error:
        raise RunnerError(because("start-failed", program=program.name, error=error, argv=argv)) from error


def _sink(output: Path | None) -> int:
    if output is None:
        return subprocess.DEVNULL
    return os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def fill(program: Program, params: Mapping[str, str]) -> list[str]:
    """The program's re-run command with each ``{name}`` replaced by its parameter.

    Raises:
        BadRequest: a parameter that the configuration does not name, one that is missing, or a forbidden value.
    """
    for name, value in params.items():
        pattern = program.rerun_params.get(name)
        if pattern is None:
            known = ", ".join(sorted(program.rerun_params)) or "none"
            raise BadRequest(because("strange-parameter", program=program.name, name=name, known=known))
        if len(value) > LONGEST_PARAMETER or "\0" in value or re.fullmatch(pattern, value) is None:
            raise BadRequest(because("parameter-not-allowed", name=name, value=value, pattern=pattern))

    def one(match: re.Match[str]) -> str:
        name = match[1]
        if name not in program.rerun_params:
            return match[0]
        if name not in params:
            raise BadRequest(because("parameter-missing", program=program.name, name=name))
        return params[name]

    return [_PLACE.sub(one, part) for part in program.rerun]


def _read_lines(path: Path, offset: int, over: bool) -> list[tuple[int, str]]:
    """Up to 64 KiB of whole lines from ``offset``; the unfinished last one too once the program is over."""
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(BLOCK)
    if offset >= OUTPUT_LIMIT or not data:
        return []
    full = len(data) == BLOCK
    whole = data if over and not full else data[: data.rfind(b"\n") + 1] or (_whole_characters(data) if full else b"")
    lines = []
    for raw in whole.splitlines(keepends=True):
        offset += len(raw)
        lines.append((offset, decode_line(raw.rstrip(b"\r\n"), "auto")))
    return lines


def _whole_characters(data: bytes) -> bytes:
    """The data without the beginning of a UTF-8 character at its end."""
    for back in range(1, 4):
        if data[-back] & 0xC0 == 0xC0:
            length = 2 if data[-back] < 0xE0 else 3 if data[-back] < 0xF0 else 4
            return data[:-back] if back < length else data
        if data[-back] < 0x80:
            break
    return data


def _tail(path: Path) -> list[str]:
    """The last lines that are not blank; what a program prints need not be in the encoding of its log files."""
    if not path.is_file():
        return []
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 64 * 1024))
        lines = file.read().splitlines()
    texts = [text[:MESSAGE_CHARS] for raw in lines if (text := decode_line(raw, "auto")).strip()]
    return texts[-TAIL_LINES:]
