"""A real PostgreSQL of our own below the state folder, for when no database is configured.

The folder is the lock: data and socket lie in folders that only their owner may enter (0700), nothing listens on TCP,
and whoever can open the socket is trusted. Decided in docs/decisions/0002-embedded-postgres.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import secrets
import shutil
import signal
import socket
import sys
import time
from collections import deque
from pathlib import Path
from urllib.parse import quote, urlencode

import asyncpg

from batmon import places
from batmon.errors import EmbeddedError
from batmon.store import data_folder, guarded_exec
from batmon.store.binaries import Binaries, find_binaries
from batmon.store.data_folder import OwnerLock

log = logging.getLogger(__name__)

DATABASE = "batmon"
OWNER = "batmon"
RUNTIME = "batmon_app"

START_SEC = 60.0
"""How long a start may take; recovery after a crash is part of it."""
STOP_SEC = 10.0
LOG_BYTES = 4 * 1024 * 1024
"""The server's log is begun afresh beyond this, one older file is kept."""
LOG_LOOK_SEC = 60.0

SETTINGS = {
    "unix_socket_permissions": "0700",
    "max_connections": "40",
    "shared_buffers": "48MB",
    "max_wal_size": "256MB",
    "max_worker_processes": "4",
    "max_parallel_workers_per_gather": "0",
    "max_wal_senders": "2",
    "jit": "off",
    "huge_pages": "off",
    "synchronous_commit": "on",
    "autovacuum_naptime": "15s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %q%u ",
}
"""For a thousand programs in little memory; nothing here trades safety for speed."""


_SAID_WHEN = re.compile(r"^[\d :.-]+UTC \[\d+\] ")
_SAYS_NOTHING = ("database system is shut down", "STATEMENT:", "child process exited", "initdb: removing")


class EmbeddedPostgres:
    """A running server that belongs to this process; made by ``start``, ended by ``stop`` or with the process."""

    def __init__(self, state: Path, process: asyncio.subprocess.Process, lock: OwnerLock, tools: Binaries) -> None:
        self._state = state
        self._process = process
        self._lock = lock
        self._stopping = False
        self.binaries = tools
        self._watch = asyncio.create_task(self._watched(), name="embedded postgres")

    @classmethod
    async def start(cls, state: Path) -> EmbeddedPostgres:
        """Make the data folder if there is none, start the server, and wait until it answers.

        The process that calls this from its main thread owns the server: when it ends, however, the server is told to.

        Raises:
            EmbeddedError: another daemon owns it, another version made it, or it cannot be started here.
        """
        state = Path(os.path.abspath(state))  # noqa: PTH100, ASYNC240 - does not touch the disk; resolve() would follow links
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = OwnerLock(state / "postgres.lock")
        try:
            server = await cls._start_locked(state, lock)
        except BaseException:
            lock.release()
            raise
        try:
            await server.prepare()
        except BaseException:
            await server.stop()
            raise
        return server

    @classmethod
    async def _start_locked(cls, state: Path, lock: OwnerLock) -> EmbeddedPostgres:
        data, sockets = state / "postgres", _sockets(state)
        identity = data_folder.identity_for(state)
        tools = await asyncio.to_thread(find_binaries, data_folder.version_of(data))
        data_folder.private_folder(sockets, identity)
        if not data.exists():
            await _initdb(tools, data, identity)
        await _end_leftovers(data)
        data_folder.forget_dead(data, sockets)
        process = await _spawn(tools, data, sockets, identity)
        server = cls(state, process, lock, tools)
        try:
            await server.until_ready()
        except BaseException:
            await server.stop()
            raise
        return server

    @property
    def pid(self) -> int:
        """The postmaster's."""
        return self._process.pid

    @property
    def url(self) -> str:
        """As the runtime role: may read and write, not change the schema. Good for psql, psycopg2 and asyncpg."""
        return self._url(RUNTIME, DATABASE)

    @property
    def owner_url(self) -> str:
        """As the owner of the database and superuser of this server."""
        return self._url(OWNER, DATABASE)

    def _url(self, user: str, database: str) -> str:
        if os.name == "nt":
            password = quote(_password(self._state), safe="")
            return f"postgresql://{user}:{password}@127.0.0.1:{_port(self._state)}/{database}"
        # The port is named although it is the usual one: PGPORT in somebody's environment would be taken instead.
        given = {"host": str(_sockets(self._state)), "user": user, "port": "5432"}
        query = urlencode(given, quote_via=quote, safe="/")
        return f"postgresql:///{database}?{query}"

    async def died(self) -> None:
        """Return when the server has ended although nobody stopped it; never otherwise."""
        await asyncio.shield(self._watch)
        if self._stopping:
            await asyncio.Event().wait()

    async def stop(self) -> None:
        """End it in order: clients are disconnected, everything is on disk. Bounded; harmless when done twice."""
        self._stopping = True
        for ending in ("SIGINT", "SIGQUIT", "SIGKILL"):
            if self._process.returncode is not None:
                break
            await self._tell(ending)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._watch), STOP_SEC)
        await self._watch

    async def _tell(self, ending: str) -> None:
        if os.name == "nt":
            mode = "fast" if ending == "SIGINT" else "immediate"
            data = str(self._state / "postgres")
            command = (self.binaries.path("pg_ctl"), "stop", "-D", data, "-m", mode, "-W")
            await (await asyncio.create_subprocess_exec(*command)).wait()
        else:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(getattr(signal, ending))

    async def _watched(self) -> None:
        """Until the server ends: keep its log small; then let go of the folder."""
        ended = asyncio.ensure_future(self._process.wait())
        try:
            while not ended.done():
                await asyncio.wait((ended,), timeout=LOG_LOOK_SEC)
                await asyncio.to_thread(_shorten, self._state / "postgres.log")
        finally:
            ended.cancel()
            self._lock.release()

    async def until_ready(self) -> None:
        """Return once our child itself says that it is ready; part of ``start``."""
        data, said = self._state / "postgres", self._state / "postgres.log"
        deadline = time.monotonic() + START_SEC
        while data_folder.postmaster(data) != (self.pid, True):
            if self._process.returncode is not None:
                raise _failure("PostgreSQL did not start", _tail(said), self._process.returncode)
            if time.monotonic() > deadline:
                raise _failure(f"PostgreSQL was not ready within {START_SEC:.0f} s", _tail(said))
            await asyncio.sleep(0.005)

    async def prepare(self) -> None:
        """Make the runtime role and the database where they are missing; part of ``start``."""
        connection = await asyncpg.connect(self._url(OWNER, "postgres"))
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", RUNTIME):
                secret = f" PASSWORD '{_password(self._state)}'" if os.name == "nt" else ""
                await connection.execute(f"CREATE ROLE {RUNTIME} LOGIN{secret}")
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
            await connection.execute(f"REVOKE TEMPORARY ON DATABASE {DATABASE} FROM PUBLIC")
        finally:
            await connection.close()


def _sockets(state: Path) -> Path:
    return Path(places.socket_folder(str(state)))


def _listed(folder: Path) -> str:
    """A folder as the only element of PostgreSQL's list of folders."""
    return '"' + str(folder).replace('"', '""') + '"'


def _guarded(identity: str, *command: str) -> tuple[str, ...]:
    if not sys.platform.startswith("linux"):
        if identity != "same":
            raise EmbeddedError("PostgreSQL does not run as root", hint="start BATMON as an ordinary user")
        return command
    return (sys.executable, "-I", "-S", guarded_exec.__file__, str(os.getpid()), identity, *command)


async def _initdb(tools: Binaries, data: Path, identity: str) -> None:
    for left in data_folder.half_made(data):
        await _end_leftovers(left)
        shutil.rmtree(left, ignore_errors=True)  # what cannot be removed now is tried again before the next attempt
    with data_folder.made_whole(data, identity) as new:
        locale = ("--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
        access = ["--auth-local=trust", "--auth-host=scram-sha-256"]
        if os.name == "nt":
            access.append(f"--pwfile={_password_file(data.parent)}")
        place = (f"--pgdata={new}", f"--username={OWNER}", "--no-instructions")
        unsynced = () if os.name == "nt" else ("--no-sync",)
        command = (tools.path("initdb"), *place, *locale, *access, *unsynced)
        process = await asyncio.create_subprocess_exec(
            *_guarded(identity, *command),
            cwd=new,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=_environment() | {"TZ": "UTC"},  # else it reads the whole time zone database to find the name of ours
            start_new_session=True,
        )
        try:
            said, _ = await asyncio.wait_for(process.communicate(), START_SEC)
        except BaseException:
            if process.returncode is None:
                process.kill()
                await process.wait()
            await _end_leftovers(new)
            raise
        if process.returncode:
            words = said.decode(errors="replace").strip().splitlines()
            fatal = [line.partition("FATAL:")[2].strip() for line in words if "FATAL:" in line]
            raise _failure("the database could not be made", _reason(fatal or words), process.returncode)
        if unsynced:
            try:
                await asyncio.to_thread(data_folder.put_on_disk, new)
            except OSError as error:
                raise _failure("the database could not be made", error.strerror or str(error)) from error


async def _spawn(tools: Binaries, data: Path, sockets: Path, identity: str) -> asyncio.subprocess.Process:
    settings = dict(SETTINGS)
    if os.name == "nt":
        settings.pop("unix_socket_permissions")
        settings.update(listen_addresses="127.0.0.1", port=str(_port(data.parent)), unix_socket_directories="")
    else:
        settings.update(listen_addresses="", port="5432", unix_socket_directories=_listed(sockets))
    if tools.major >= 18:
        settings["io_method"] = "sync"  # its workers would cost memory that we do not need to spend
    given = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    output = os.open(data.parent / "postgres.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return await asyncio.create_subprocess_exec(
            *_guarded(identity, tools.path("postgres"), "-D", str(data), *given),
            cwd=data,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=_environment(),
            start_new_session=True,  # Ctrl+C in a terminal is the daemon's to answer
        )
    finally:
        os.close(output)


async def _end_leftovers(data: Path) -> None:
    """End what runs in a data folder that nobody owns: a server on its way down, or the backends of a dead one."""
    ours = data_folder.postmaster(data)
    living = await asyncio.to_thread(data_folder.inhabitants, data)
    if not living:
        return
    if ours is not None and ours[0] in living:  # told to stop when its daemon ended; it may need a moment
        for number in (signal.SIGINT, getattr(signal, "SIGQUIT", signal.SIGTERM)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(ours[0], number)
            if await _gone(data, STOP_SEC):
                return
    deadline = time.monotonic() + STOP_SEC
    while living := await asyncio.to_thread(data_folder.inhabitants, data):
        if time.monotonic() > deadline:
            pids = ", ".join(map(str, living))
            raise EmbeddedError(f"processes of a former server still run in {data}: {pids}", hint="end them by hand")
        for pid in living:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        await asyncio.sleep(0.02)


async def _gone(data: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while await asyncio.to_thread(data_folder.inhabitants, data):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


def _environment() -> dict[str, str]:
    """Ours without what would steer PostgreSQL's programs elsewhere."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")} | {"LC_ALL": "C.UTF-8"}


def _failure(what: str, words: str, code: int | None = None) -> EmbeddedError:
    if code == guarded_exec.NO_IDENTITY:
        return EmbeddedError(
            f"PostgreSQL does not run as root, and {words}",
            hint="start BATMON as an ordinary user, chown the state folder to one, or allow user namespaces",
        )
    return EmbeddedError(f"{what}: {words}", hint="name a server of yours as [database] url to do without it")


def _tail(path: Path) -> str:
    with contextlib.suppress(FileNotFoundError), path.open(encoding="utf-8", errors="replace") as lines:
        return _reason([line.strip() for line in deque(lines, maxlen=20)])
    return "it said nothing"


def _reason(said: list[str]) -> str:
    """What went wrong, among the last lines that a program of PostgreSQL's said."""
    lines: list[str] = []
    for line in said:
        if "starting PostgreSQL" in line:
            lines.clear()  # what an earlier server said
        elif not any(word in line for word in _SAYS_NOTHING):
            lines.append(_SAID_WHEN.sub("", line).strip())
    return "; ".join(lines[-3:]) or "it said nothing"


def _shorten(path: Path) -> None:
    """Keep the log below its cap: its text moves to ``.1`` and the file, which the server has open, starts again."""
    try:
        if path.stat().st_size > LOG_BYTES:
            path.with_suffix(".log.1").write_bytes(path.read_bytes()[-LOG_BYTES:])
            os.truncate(path, 0)
    except OSError as error:  # a full disk must not end the watch over the server
        log.warning("the log of PostgreSQL could not be shortened: %s", error)


def _password_file(state: Path) -> Path:
    """Windows only: TCP cannot be locked by a folder, so the server asks for a password that lies in one."""
    file = state / "postgres.password"
    if not file.exists():
        file.write_text(secrets.token_urlsafe(32))
    return file


def _password(state: Path) -> str:
    return _password_file(state).read_text().strip()


def _port(state: Path) -> int:
    """Windows only: the loopback port, chosen once and kept."""
    file = state / "postgres.port"
    if not file.exists():
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            file.write_text(str(free.getsockname()[1]))
    return int(file.read_text())
