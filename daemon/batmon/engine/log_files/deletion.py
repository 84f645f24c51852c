"""What the daemon answers at the gate when logs are to go: log.delete, log.retention, log.retain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from batmon.engine.files.tree import Tree
from batmon.engine.log_files.retention import Done, LogRetention, Step
from batmon.errors import BadRequest, BatmonError, NotFound, Refused
from batmon.evidence.listing import LogFile, log_files
from batmon.evidence.log_removal import delete_log
from batmon.evidence.open_files import written_to
from batmon.gate.arguments import Args
from batmon.gate.verbs import Audit, AuditEntry, Caller, Verb
from batmon.model import Program, Role
from batmon.refusals import because

MOST_PATHS = 1000


class LogDeletion:
    """The verbs. ``audit`` hears of each file by itself."""

    def __init__(
        self,
        *,
        programs: Callable[[], Mapping[str, Program]],
        tree: Tree,
        retention: LogRetention,
        audit: Audit,
        now: Callable[[], datetime],
    ) -> None:
        self._programs = programs
        self._tree = tree
        self._retention = retention
        self._audit = audit
        self._now = now

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it and the role that it asks for."""
        return {
            "log.delete": Verb(Role.ADMIN, answer=self.delete),
            "log.retention": Verb(Role.VIEWER, answer=self.retention),
            "log.retain": Verb(Role.ADMIN, answer=self.retain),
        }

    async def delete(self, caller: Caller, args: Args) -> Args:
        """Delete the named logs of a program; those that are being written stay unless it is forced."""
        program = self._program(args)
        asked = args.get("paths")
        if not isinstance(asked, list) or not asked or not all(isinstance(path, str) for path in asked):
            raise BadRequest(because("must-be-texts", key="paths"))
        if len(asked) > MOST_PATHS:
            raise BadRequest(because("too-much-at-once", key="paths", most=MOST_PATHS))
        files = {file.path: file for file in await asyncio.to_thread(log_files, program)}
        wanted = [self._log(program, files, path) for path in dict.fromkeys(asked)]
        deleted, kept = [], []
        busy = await asyncio.to_thread(written_to)
        for file in wanted:
            why = "" if args.get("force") is True else _in_use(file, busy)
            if not why:
                try:
                    size = await asyncio.to_thread(delete_log, program, file.path)
                    deleted.append({"path": file.path, "size": size})
                except (BatmonError, OSError) as error:
                    why = str(error)
            if why:
                kept.append({"path": file.path, "why": why})
            await self._audit(
                AuditEntry(
                    self._now(), caller.user, caller.role.value, caller.peer, "log.delete", program.name,
                    "refused" if why else "done", f"{file.path}: {why}" if why else f"{file.path}, {file.size:,} bytes",
                )
            )  # fmt: skip
        return {"deleted": deleted, "kept": kept}

    async def retention(self, _caller: Caller, args: Args) -> Args:
        """What would go at the next look, and why."""
        program = self._program(args)
        steps = await self._retention.plan(program)
        return {
            "keep": {
                "keep_logs_sec": None if program.keep_logs is None else program.keep_logs.total_seconds(),
                "keep_logs_size": program.keep_logs_size,
                "compress_logs_sec": None if program.compress_logs is None else program.compress_logs.total_seconds(),
            },
            "actions": [_step(step) for step in steps],
            "bytes": sum(step.file.size for step in steps if step.action == "delete"),
        }

    async def retain(self, caller: Caller, args: Args) -> Args:
        """Do it now."""
        program = self._program(args)
        done = await self._retention.run(program, caller)
        return {"actions": [_done(one) for one in done], "bytes": sum(one.freed for one in done)}

    def _log(self, program: Program, files: Mapping[str, LogFile], path: str) -> LogFile:
        """The log that is meant by its path, on the disk or in the tree.

        Raises:
            Refused: it is none of the program's.
        """
        found = files.get(path)
        if found is None and path.startswith("/programs/"):
            place = self._tree.find(path)
            if place.area is not None:
                found = files.get(str(place.area.root.joinpath(*place.area.below, *place.names)))
        if found is None:
            raise Refused(because("not-its-log", path=path, program=program.name))
        return found

    def _program(self, args: Args) -> Program:
        name = args.get("program")
        program = self._programs().get(name) if isinstance(name, str) else None
        if program is None or not program.configured:
            raise NotFound(because("no-program-with-logs", name=name))
        return program


def _in_use(file: LogFile, busy: set[tuple[int, int]]) -> str:
    """Why a log is not deleted without force."""
    if file.current:
        return "it is the current log: the program writes here (force deletes it all the same)"
    if file.identity in busy:
        return "a process has it open for writing (force deletes it all the same)"
    return ""


def _step(step: Step) -> Args:
    file = step.file
    return {"path": file.path, "action": step.action, "why": step.why, "size": file.size, "modified": file.modified}


def _done(one: Done) -> Args:
    return _step(one.step) | {"freed": one.freed} | ({"failed": one.failed} if one.failed else {})
