"""``batmon tui ssh://ops@host:8022``: the gate of a daemon on another machine, over SSH."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncssh

from batmon import __version__
from batmon.errors import BadRequest, DaemonUnreachable, GateError, Refused
from batmon.gate.client import GateClient
from batmon.gate.frames import LINE_LIMIT
from batmon.refusals import because

SUBSYSTEM = "batmon-gate"
DEFAULT_PORT = 8022
CONNECT_WITHIN = 15.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where a console listens, and as whom to log in there."""

    user: str
    host: str
    port: int

    @property
    def known_as(self) -> str:
        """The name of the host in a known_hosts file."""
        return self.host if self.port == 22 else f"[{self.host}]:{self.port}"


def parse_address(url: str) -> Address:
    """``ssh://[user@]host[:port]``; without them the local user's name and port 8022.

    Raises:
        BadRequest: it is no such address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadRequest(because("url-not-read", url=url, why=error)) from None
    if parts.scheme != "ssh" or not parts.hostname or parts.path.strip("/") or parts.query or parts.password:
        raise BadRequest(because("url-not-console", url=url))
    return Address(parts.username or getpass.getuser(), parts.hostname, port or DEFAULT_PORT)


async def connect_ssh(
    url: str,
    identity: str | None = None,
    known_hosts: str | None = None,
    *,
    trust: Callable[[str], bool] | None = None,
) -> GateClient:
    """A gate client over SSH. Tries the agent's keys and the usual files, or the file ``identity`` alone.

    The server must be known in ``known_hosts`` (``~/.ssh/known_hosts``). An unknown one is refused unless ``trust``,
    asked with a question that shows the key's fingerprint, says yes; then it is added to the file.

    Raises:
        BadRequest: the address or the identity cannot be used.
        Refused: the server is not known, its key has changed, or it does not let us in.
        DaemonUnreachable: nobody answers, or the daemon behind the console does not.
    """
    address = parse_address(url)
    file = _path(known_hosts or "~/.ssh/known_hosts")
    if not await asyncio.to_thread(_is_known, file, address):
        await _meet(file, address, trust)
    connection = await _log_in(address, file, identity)
    try:
        writer, reader, _ = await connection.open_session(subsystem=SUBSYSTEM, encoding=None)
        wire = _Wire(connection, reader, writer)
        return await GateClient.over(wire, wire, client=f"tui {__version__}", timeout=CONNECT_WITHIN)
    except (asyncssh.Error, OSError) as error:
        connection.abort()
        raise DaemonUnreachable(because("host-closed", host=address.host, why=error)) from error
    except BaseException:
        connection.abort()
        raise


def ask_on_terminal(question: str) -> bool:
    """Put a question to the person at the terminal; without one the answer is no."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    sys.stderr.write(f"{question} [yes/no] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("yes", "예")


class _Wire:
    """An SSH session as the stream pair of a gate client; asyncssh's errors become the operating system's."""

    def __init__(
        self,
        connection: asyncssh.SSHClientConnection,
        reader: asyncssh.SSHReader[bytes],
        writer: asyncssh.SSHWriter[bytes],
    ) -> None:
        self._connection = connection
        self._reader = reader
        self._writer = writer

    async def readline(self) -> bytes:
        """The next line; what there is of it at the end."""
        try:
            return await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            return error.partial
        except asyncio.LimitOverrunError as error:
            raise ValueError(f"a line of more than {LINE_LIMIT:,} bytes") from error
        except asyncssh.Error as error:
            raise ConnectionResetError(str(error)) from error

    def write(self, data: bytes) -> None:
        """Send bytes; after the end they go nowhere, and the reader says so."""
        with contextlib.suppress(BrokenPipeError):
            self._writer.write(data)

    async def drain(self) -> None:
        """Wait until the other side keeps up."""
        try:
            await self._writer.drain()
        except asyncssh.Error as error:
            raise ConnectionResetError(str(error)) from error

    def close(self) -> None:
        """End the connection, which carries nothing else."""
        self._connection.close()

    async def wait_closed(self) -> None:
        """Wait until it is gone."""
        await self._connection.wait_closed()


def _path(text: str) -> Path:
    """A path that may begin with ~."""
    return Path(text).expanduser()


def _is_known(file: Path, address: Address) -> bool:
    """Whether the file has any key for the host."""
    if not file.exists():
        return False
    found = asyncssh.match_known_hosts(str(file), address.host, "", address.port)
    return any(found[:2])


async def _meet(file: Path, address: Address, trust: Callable[[str], bool] | None) -> None:
    """Ask whether an unknown server is the right one, and remember it."""
    try:
        async with asyncio.timeout(CONNECT_WITHIN):
            key = await asyncssh.get_server_host_key(address.host, address.port, config=None)
    except (OSError, asyncssh.Error, TimeoutError) as error:
        raise _unreachable(address, error) from error
    if key is None:
        raise Refused(because("host-without-key", host=address.host))
    fingerprint = key.get_fingerprint()
    question = f"{address.known_as} is not known here. Its key is {fingerprint} (Ed25519).\nIs that the right server?"
    if trust is None or not await asyncio.to_thread(trust, question):
        raise Refused(
            because(
                "host-not-known",
                host=address.known_as,
                file=file,
                fingerprint=fingerprint,
                port=address.port,
                user=address.user,
                address=address.host,
            )
        )
    line = f"{address.known_as} {key.export_public_key().decode().strip()}\n"
    await asyncio.to_thread(_remember, file, line)


def _remember(file: Path, line: str) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as known:
            known.write(line)
    except OSError as error:
        raise GateError(because("known-hosts-unwritable", file=file, why=error.strerror or error)) from error


async def _log_in(address: Address, file: Path, identity: str | None) -> asyncssh.SSHClientConnection:
    keys = () if identity is None else [str(_path(identity))]
    try:
        async with asyncio.timeout(CONNECT_WITHIN):
            return await asyncssh.connect(
                address.host,
                address.port,
                username=address.user,
                known_hosts=str(file),
                client_keys=keys,
                agent_path=() if identity is None else None,
                config=None,
                password_auth=False,
                kbdint_auth=False,
                gss_auth=False,
                gss_kex=False,
                keepalive_interval=15,
                keepalive_count_max=3,
            )
    except asyncssh.HostKeyNotVerifiable as error:
        raise Refused(because("host-key-changed", host=address.known_as, file=file)) from error
    except asyncssh.PermissionDenied as error:
        raise Refused(because("host-refuses-keys", host=address.host, user=address.user)) from error
    except (asyncssh.KeyImportError, FileNotFoundError) as error:
        raise BadRequest(because("identity-unusable", identity=identity, why=error)) from error
    except asyncssh.KeyEncryptionError as error:
        raise BadRequest(because("identity-locked", identity=identity)) from error
    except (OSError, asyncssh.Error, TimeoutError) as error:
        raise _unreachable(address, error) from error


def _unreachable(address: Address, error: Exception) -> DaemonUnreachable:
    why = str(error) or "no answer in time"
    return DaemonUnreachable(because("no-console", host=address.host, port=address.port, why=why))
