"""``batmon daemon`` and ``batmon tui``: commands that take the whole process for themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import urlsplit

from batmon.commands.local_session import LocalSession
from batmon.errors import BadRequest, Refused
from batmon.refusals import because


def daemon(session: LocalSession) -> int:
    """Run the headless daemon until it is told to stop.

    Raises:
        BatmonError: it could not start.
    """
    from batmon.engine.logs import configure  # noqa: PLC0415 - the engine is slow to import and only needed here
    from batmon.engine.start import run  # noqa: PLC0415 - as above

    configure()
    return run(session.places.load())


def tui(session: LocalSession, where: str | None, *, identity: str | None) -> int:
    """Open the console in this terminal, in a process of its own kind that takes this one's place.

    Raises:
        BadRequest: ``where`` is no ``ssh://`` address.
        Refused: there is no terminal.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refused(because("console-needs-terminal"))
    return replaced_by(tui_command(session, where, identity))


def tui_command(session: LocalSession, where: str | None = None, identity: str | None = None) -> list[str]:
    """The console's argv: the package that people look at is started by name, never imported here."""
    command = [sys.executable, "-P", "-m", "batmon_tui"]
    if where is None:
        if identity is not None:
            raise BadRequest(because("identity-without-ssh"))
        command += ["--address", session.address]
    else:
        try:
            parts = urlsplit(where)
            valid = parts.scheme == "ssh" and bool(parts.hostname) and parts.port != 0
        except ValueError:
            valid = False
        if not valid:
            raise BadRequest(because("not-ssh-address", where=where))
        command += ["--ssh", where]
        if identity is not None:
            command += ["--identity", os.path.abspath(os.path.expanduser(identity))]  # noqa: PTH100, PTH111 - text
    if session.asked_language is not None:
        command += ["--language", session.asked_language]
    return command


def replaced_by(command: list[str]) -> int:
    """Become that program where the system can, else run it; its exit code."""
    if os.name != "nt":
        os.execv(command[0], command)  # noqa: S606 - our own console
    return subprocess.call(command)  # noqa: S603 - as above
