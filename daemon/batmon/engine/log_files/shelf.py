"""Which programs and log files there are: a client names a file only among those that a program's own patterns name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from batmon.errors import BadRequest, NotFound
from batmon.evidence.listing import LogFile, log_files
from batmon.gate.arguments import Args
from batmon.model import Program
from batmon.refusals import because


class LogShelf:
    """The logs of the programs that are watched now, which ``programs`` gives."""

    def __init__(self, programs: Callable[[], Mapping[str, Program]]) -> None:
        self._programs = programs

    def program(self, args: Args) -> Program:
        """The program that ``program`` names.

        Raises:
            NotFound: there is none of that name.
        """
        return self._named(args.get("program"))

    def chosen(self, args: Args) -> list[Program]:
        """Those that ``programs`` names, in the order of their names; all that have logs when it is left out.

        Raises:
            BadRequest: it is no list of names.
            NotFound: there is none of one name.
        """
        names = args.get("programs")
        if names is None:
            return sorted((one for one in self._programs().values() if one.configured), key=lambda one: one.name)
        if not isinstance(names, list) or not names:
            raise BadRequest(because("must-be-names", key="programs"))
        return sorted({name: self._named(name) for name in map(str, names)}.values(), key=lambda one: one.name)

    async def files(self, program: Program) -> list[LogFile]:
        """The program's log files, the one written last first."""
        return await asyncio.to_thread(log_files, program)

    async def path(self, program: Program, args: Args) -> tuple[str, list[LogFile]]:
        """The file that ``path`` names, or ``file`` whatever its name, else the one written last; and all files.

        Raises:
            NotFound: there is none, or it is no log of the program.
        """
        found = await self.files(program)
        path = args.get("path")
        if path is None and args.get("file") is not None:
            known = next((one.path for one in found if file_id(one.identity) == args["file"]), None)
            if known is None:
                raise NotFound(because("log-gone", program=program.name))
            return known, found
        if path is None:
            return _newest(program, found).path, found
        if not any(one.path == path for one in found):
            raise NotFound(because("no-log-file", path=path, program=program.name))
        return str(path), found

    def _named(self, name: object) -> Program:
        program = self._programs().get(name) if isinstance(name, str) else None
        if program is None:
            known = ", ".join(sorted(self._programs())[:20])
            raise NotFound(because("no-program", name=name, known=known))
        return program


def file_id(identity: tuple[int, int]) -> str:
    """What the gate calls a file, whatever its name."""
    return "{:x}.{:x}".format(*identity)


def _newest(program: Program, found: list[LogFile]) -> LogFile:
    if found:
        return next((file for file in found if file.packing is None), found[0])
    if not program.configured:
        raise NotFound(because("no-logs-known", program=program.name))
    raise NotFound(
        because("no-logs-yet", program=program.name, known=", ".join(program.logs), base_dir=program.base_dir)
    )
