"""``batmon service``: the daemon as a service, by systemd, or by NSSM on Windows."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import subprocess
import sys
from pathlib import Path

from batmon.commands.local_session import LocalSession
from batmon.commands.session import DONE
from batmon.errors import BatmonError, Refused

UNIT = "batmon.service"


async def show(session: LocalSession) -> int:
    """Print what ``install`` would install."""
    if os.name == "nt":
        session.out("\n".join(nssm_commands(session)))
    else:
        session.out(unit(session), end="")
        session.err(f"# goes to {unit_path()}")
    return DONE


async def install(session: LocalSession) -> int:
    """Write the systemd unit, enable and start it.

    Raises:
        Refused: this machine has no systemd.
        BatmonError: systemctl failed.
    """
    _require_systemd()
    session.places.load()  # a service that cannot start is not installed
    path = unit_path()
    await asyncio.to_thread(_write, path, unit(session))
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
        raise Refused(f"{path} is not there: nothing to uninstall")
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


def unit(session: LocalSession) -> str:
    """The systemd unit: ready when the daemon says so, ended by SIGTERM, restarted when it dies."""
    command = " ".join(_quoted(word) for word in _daemon_command(session))
    wanted_by = "multi-user.target" if _for_system() else "default.target"
    return (
        "[Unit]\n"
        "Description=BATMON, operations console for batch work\n"
        "After=network-online.target postgresql.service\n"
        "Wants=network-online.target\n"
        "\n"
        "[Service]\n"
        "Type=notify\n"
        "NotifyAccess=main\n"
        f"ExecStart={command}\n"
        "Restart=on-failure\n"
        "RestartSec=2\n"
        "TimeoutStartSec=120\n"
        "TimeoutStopSec=60\n"
        "KillMode=mixed\n"
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
        f"nssm set batmon AppStderr {subprocess.list2cmdline([logs])}",
        "nssm start batmon",
    ]


def _daemon_command(session: LocalSession) -> list[str]:
    source = session.places.load().source
    where = session.places
    flags = [] if source is None else ["--config", str(source)]
    flags += ["--state", where.state_folder()]
    if where.language is not None:
        flags += ["--language", where.language]
    return [sys.executable, "-m", "batmon", *flags, "daemon"]


def _quoted(word: str) -> str:
    """A word of ExecStart= as systemd.syntax(7) reads it."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or any(c.isspace() or c in "'" for c in word) else word


def _for_system() -> bool:
    return os.name != "nt" and os.geteuid() == 0


def _require_systemd() -> None:
    if os.name == "nt":
        raise Refused("on Windows the service is installed by NSSM", hint="batmon service show prints the commands")
    if shutil.which("systemctl") is None or not Path("/run/systemd/system").is_dir():
        raise Refused(
            "systemd does not run this machine", hint="batmon service show prints the unit; or run batmon daemon"
        )


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
        raise BatmonError(f"systemctl {' '.join(words)} failed: {said.decode(errors='replace').strip()}")
