"""The sockets that the console listens on."""

from __future__ import annotations

import json
import os
import socket
import sys

from batmon.errors import GateError
from batmon.refusals import because

BACKLOG = 64


def listen(host: str, port: int) -> list[socket.socket]:
    """Listening sockets for every address of ``host``; port 0 picks a free one, the same for all.

    Raises:
        GateError: the address is not ours, or taken.
    """
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            if any(other.family == family and other.getsockname()[0] == address[0] for other in sockets):
                continue
            sock = socket.socket(family, kind, protocol)
            sockets.append(sock)
            if os.name != "nt":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((address[0], port, *address[2:]))
            sock.listen(BACKLOG)
            sock.setblocking(False)
            port = sock.getsockname()[1]
    except OSError as error:
        for sock in sockets:
            sock.close()
        raise GateError(because("cannot-listen", host=shown(host, port), why=error.strerror or error)) from error
    return sockets


def shown(host: str, port: int) -> str:
    """``127.0.0.1:8022``, ``[::1]:8022``."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def say_ready(sock: socket.socket) -> None:
    """Tell whoever started us where we listen: the only line that ever goes to standard output."""
    host, port = sock.getsockname()[:2]
    if sys.__stdout__ is not None:
        sys.__stdout__.write(json.dumps({"listening": shown(host, port)}) + "\n")
        sys.__stdout__.flush()


def turn_away(sock: socket.socket, why: str) -> None:
    """Say why in a line before any SSH, as RFC 4253 section 4.2 lets a server do, and close."""
    try:
        sock.setblocking(False)
        sock.send(f"BATMON: {why}\r\n".encode())
    except OSError:
        pass  # it is gone already
    finally:
        sock.close()
