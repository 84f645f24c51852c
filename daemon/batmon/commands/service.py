"""``batmon service``: the daemon as a service, by systemd, or by NSSM on Windows."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import subprocess
import sys
from pathlib import Path

from batmon import places
from batmon.commands.local_session import LocalSession
from batmon.commands.session import DONE
from batmon.errors import BadRequest, BatmonError, Refused
from batmon.refusals import because

UNIT = "batmon.service"


async def show(session: LocalSession, *, user: str | None = None) -> int:
    """Print what ``install`` would install."""
    if os.name == "nt":
        session.out("\n".join(nssm_commands(session)))
    else:
        session.out(unit(session, user), end="")
        session.err(f"# goes to {unit_path()}")
    return DONE


async def install(session: LocalSession, *, user: str | None = None) -> int:
    """Write the systemd unit, enable and start it; a system's unit runs as ``user`` if one is named.

    Raises:
        BadRequest: there is no such user.
        Refused: this machine has no systemd.
        BatmonError: systemctl failed.
    """
    _require_systemd()
    session.places.load()  # a service that cannot start is not installed
    path = unit_path()
    await asyncio.to_thread(_write, path, unit(session, user))
    session.err(f"wrote {path}")
    for words in (("daemon-reload",), ("enable", "--now", UNIT)):
        await _systemctl(*words)
    session.err(f"{UNIT} is enabled and started")
    if not _for_system():
        session.err(f"it stops when you log out, unless you say: loginctl enable-linger {getpass.getuser()}")
    return DONE


async def uninstall(session: LocalSession) -> int:
    """Stop and disable the unit and remove its file; the state folder stays."""
    _require_systemd()
    path = unit_path()
    if not await asyncio.to_thread(path.exists):
        raise Refused(because("nothing-to-uninstall", path=path))
    await _systemctl("disable", "--now", UNIT)
    await asyncio.to_thread(path.unlink)
    await _systemctl("daemon-reload")
    session.err(f"{UNIT} is gone; its data stays in {session.places.state_folder()}")
    return DONE


def unit_path() -> Path:
    """Where the unit lies: the system's units for root, else the user's."""
    if _for_system():
        return Path("/etc/systemd/system") / UNIT
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "systemd" / "user" / UNIT


def unit(session: LocalSession, user: str | None = None) -> str:
    """The systemd unit: ready when the daemon says so, ended by SIGTERM, restarted when it dies.

    Only the daemon is ended with it: re-runs go on, and a console outlives a daemon that crashed.
    """
    home = None if user is None else _home_of(user)
    command = " ".join(_quoted(word) for word in _daemon_command(session, home))
    wanted_by = "multi-user.target" if _for_system() else "default.target"
    as_user = f"User={user}\n" if user is not None else ""
    return (
        "[Unit]\n"
        "Description=BATMON, operations console for batch work\n"
        "After=network-online.target postgresql.service\n"
        "Wants=network-online.target\n"
        "\n"
        "[Service]\n"
        "Type=notify\n"
        "NotifyAccess=main\n"
        f"{as_user}"
        f"ExecStart={command}\n"
        "Restart=on-failure\n"
        "RestartSec=2\n"
        "TimeoutStartSec=120\n"
        "TimeoutStopSec=60\n"
        "KillMode=process\n"
        "UMask=0077\n"
        "\n"
        "[Install]\n"
        f"WantedBy={wanted_by}\n"
    )


def nssm_commands(session: LocalSession) -> list[str]:
    """What to type in an elevated prompt on Windows, with NSSM from nssm.cc."""
    words = _daemon_command(session)
    logs = str(Path(session.places.state_folder()) / "logs" / "daemon.log")
    return [
        f"nssm install batmon {subprocess.list2cmdline(words)}",
        "nssm set batmon DisplayName BATMON",
        "nssm set batmon Start SERVICE_AUTO_START",
        "nssm set batmon AppStopMethodConsole 30000",
        "nssm set batmon AppKillProcessTree 0",
        "nssm set batmon AppEnvironmentExtra PYTHONUTF8=1",
        f"nssm set batmon AppStderr {subprocess.list2cmdline([logs])}",
        "nssm start batmon",
    ]


def _home_of(user: str) -> str:
    """The home folder of a user of this machine, for whom only root can install a service."""
    if not _for_system():
        raise Refused(because("user-is-for-root"))
    import pwd  # noqa: PLC0415 - absent on Windows

    try:
        return pwd.getpwnam(user).pw_dir
    except KeyError:
        raise BadRequest(because("no-system-user", user=user)) from None


def _daemon_command(session: LocalSession, home: str | None = None) -> list[str]:
    """The daemon's argv; its state folder lies in ``home`` if one is given and nothing names a state folder."""
    where = session.places
    source = where.load().source
    state = where.state_folder()
    if home is not None and state == places.default_state() and not os.environ.get("BATMON_STATE"):
        state = f"{home}/.local/state/batmon"
    flags = [] if source is None else ["--config", str(source)]
    flags += ["--state", state]
    if where.language is not None:
        flags += ["--language", where.language]
    return [sys.executable, "-P", "-m", "batmon", *flags, "daemon"]


def _quoted(word: str) -> str:
    """A word of ExecStart= as systemd.syntax(7) reads it."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or any(c.isspace() or c in "'" for c in word) else word


def _for_system() -> bool:
    return os.name != "nt" and os.geteuid() == 0


def _require_systemd() -> None:
    if os.name == "nt":
        raise Refused(because("windows-service"))
    if shutil.which("systemctl") is None or not Path("/run/systemd/system").is_dir():
        raise Refused(because("no-systemd"))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


async def _systemctl(*words: str) -> None:
    scope = () if _for_system() else ("--user",)
    process = await asyncio.create_subprocess_exec(
        "systemctl", *scope, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise BatmonError(because("systemctl-failed", words=" ".join(words), why=said.decode(errors="replace").strip()))
