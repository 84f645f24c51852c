"""Where the gate is on this machine: a Unix socket, or on Windows a loopback port named in a file with a token.

A Unix socket lies in a folder that only its owner enters, and the kernel says who is at the other end. A loopback port
has neither, so there whoever can read the file (the state folder is the owner's) proves it with the token.
An address that ends in ``.json`` is such a file; every other one is a socket's path.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import json
import os
import secrets
import shutil
import socket
import stat
import struct
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from batmon.errors import DaemonUnreachable, GateError, Refused
from batmon.gate.frames import LINE_LIMIT
from batmon.refusals import because

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Factory = Callable[[], asyncio.Protocol]

BACKLOG = 128


class Listener:
    """An open gate. ``token`` is what a client must show, None where the kernel vouches for it."""

    def __init__(self, server: asyncio.Server, path: Path, token: str | None) -> None:
        self._server = server
        self._path = path
        self._inode = path.stat().st_ino
        self.token = token

    def close(self) -> None:
        """Accept nobody any more and take the address away, unless another daemon took it over."""
        self._server.close()
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()


async def listen(address: str, handler: Handler) -> Listener:
    """Open the gate at ``address``.

    Raises:
        Refused: another daemon answers there, or the folder is somebody else's.
        GateError: the address cannot be used.
    """
    path = Path(address)
    try:
        private_folder(path.parent)
        if path.suffix == ".json":
            return await _listen_loopback(
                path, lambda: asyncio.start_server(handler, "127.0.0.1", 0, limit=LINE_LIMIT, backlog=BACKLOG), "gate"
            )
        return await _listen_socket(
            path, lambda sock: asyncio.start_unix_server(handler, sock=sock, limit=LINE_LIMIT, backlog=BACKLOG)
        )
    except OSError as error:
        raise GateError(because("gate-not-opened", address=address, why=error.strerror or error)) from error


async def open_door(address: str, factory: Factory, *, shared: bool = False, group: str = "") -> Listener:
    """Listen at ``address`` with a protocol of one's own; ``shared``: in a folder that others may enter.

    A shared one is open to ``group``, or to nobody else without it.

    Raises:
        Refused: another daemon answers there, or the folder is somebody else's.
        GateError: the address cannot be used.
    """
    path = Path(address)
    loop = asyncio.get_running_loop()
    try:
        if not shared:
            private_folder(path.parent)
        if path.suffix == ".json":
            return await _listen_loopback(
                path, lambda: loop.create_server(factory, "127.0.0.1", 0, backlog=BACKLOG), "record"
            )
        return await _listen_socket(
            path, lambda sock: loop.create_unix_server(factory, sock=sock, backlog=BACKLOG), group=group
        )
    except OSError as error:
        raise GateError(because("gate-not-shared", address=address, why=error.strerror or error)) from error


async def connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, str | None]:
    """A connection to the gate at ``address`` and the token to show there.

    Raises:
        DaemonUnreachable: nobody answers.
        Refused: what answers is another user's.
    """
    try:
        if address.endswith(".json"):
            port, token = _read_loopback(Path(address))
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2 * LINE_LIMIT)
            return reader, writer, token
        reader, writer = await asyncio.open_unix_connection(address, limit=2 * LINE_LIMIT)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unreachable(address, error) from error
    owner = peer_uid(writer.get_extra_info("socket"))
    if owner is not None and os.geteuid() not in (0, owner) and owner != 0:
        writer.close()
        raise Refused(because("daemon-of-another", address=address, owner=owner))
    return reader, writer, None


def unreachable(address: str, error: Exception) -> DaemonUnreachable:
    """The sentence for a gate where nobody answers."""
    why = "" if isinstance(error, FileNotFoundError) else f" ({getattr(error, 'strerror', None) or error})"
    return DaemonUnreachable(because("no-daemon", address=address, why=why))


def private_folder(folder: Path) -> None:
    """Make ``folder`` if it is not there, and see that it is ours and closed to others (0700).

    Raises:
        Refused: it belongs to another user or is no folder.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "nt":
        return
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode):
        raise Refused(because("not-a-folder", folder=folder))
    if facts.st_uid != os.geteuid():
        raise Refused(because("folder-of-another", folder=folder, owner=facts.st_uid, own=os.geteuid()))
    if facts.st_mode & 0o077:
        folder.chmod(0o700)


def peer_uid(sock: socket.socket) -> int | None:
    """The user at the other end of a Unix socket as the kernel knows it; None where it cannot say."""
    if sock.family != getattr(socket, "AF_UNIX", None):
        return None
    if hasattr(socket, "SO_PEERCRED"):
        _, uid, _ = struct.unpack("iII", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return int(uid)
    if sys.platform == "darwin":
        local_level, peer_credentials = 0, 1  # SOL_LOCAL, LOCAL_PEERCRED in <sys/un.h>; struct xucred
        return int(struct.unpack_from("=II", sock.getsockopt(local_level, peer_credentials, 76))[1])
    return None


def user_name(uid: int | None) -> str:
    """The name of a local user, ``uid:N`` if it has none; without a uid this process's own."""
    if uid is None:
        return getpass.getuser()
    import pwd  # noqa: PLC0415 - there is none on Windows, where nobody has a uid

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid:{uid}"


async def _listen_socket(
    path: Path, serve: Callable[[socket.socket], Awaitable[asyncio.Server]], *, group: str = ""
) -> Listener:
    await _clear(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(os.fspath(path))
        path.chmod(0o600)  # noqa: ASYNC240 - once, at the start
        if group:
            try:
                shutil.chown(path, group=group)
            except LookupError:
                raise GateError(because("no-group", group=group)) from None
            path.chmod(0o660)  # noqa: ASYNC240 - once, at the start
        server = await serve(sock)
    except BaseException:
        sock.close()
        raise
    return Listener(server, path, None)


async def _clear(path: Path) -> None:
    """Take a dead daemon's socket away; a living one's stays."""
    try:
        facts = path.lstat()  # noqa: ASYNC240 - once, at the start
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(facts.st_mode):
        raise Refused(because("not-a-socket", path=path))
    try:
        _, writer = await asyncio.wait_for(asyncio.open_unix_connection(path), timeout=2)
    except (ConnectionRefusedError, FileNotFoundError):
        path.unlink(missing_ok=True)  # noqa: ASYNC240 - once, at the start
        return
    except TimeoutError:
        raise Refused(because("socket-silent", path=path)) from None
    writer.close()
    raise Refused(because("another-daemon", path=path))


async def _listen_loopback(path: Path, serve: Callable[[], Awaitable[asyncio.Server]], name: str) -> Listener:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        port, _ = _read_loopback(path)
        _, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), timeout=2)
        writer.close()
        raise Refused(because("another-daemon", path=path))
    server = await serve()
    token = secrets.token_urlsafe(32)
    handle, temporary = tempfile.mkstemp(prefix=f".{name}-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"port": server.sockets[0].getsockname()[1], "token": token}, file)
    Path(temporary).replace(path)  # noqa: ASYNC240 - once, at the start
    return Listener(server, path, token)


def _read_loopback(path: Path) -> tuple[int, str]:
    named = json.loads(path.read_text("utf-8"))
    return int(named["port"]), str(named["token"])
