"""Host names to addresses, apart from the daemon's own threads: a dead name server must not take those."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Any, TypedDict

from batmon.evidence.probes.blocking import Busy, in_thread


class Found(TypedDict):
    """One address of a host, in aiohttp's words."""

    hostname: str
    host: str
    port: int
    family: int
    proto: int
    flags: int


_asked: dict[tuple[int, str, int], asyncio.Task[list[Found]]] = {}
"""Questions under way, by loop, host and family: probes of one host ask once."""


async def resolve(host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[Found]:
    """The addresses of ``host``.

    Raises:
        OSError: it has none, or nobody could say.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return [{**found, "port": port} for found in await _ask(host, family)]
    kind = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    return [_result(host, host, port, kind)]


async def _ask(host: str, family: int) -> list[Found]:
    key = (id(asyncio.get_running_loop()), host, family)
    task = _asked.get(key)
    if task is None:
        task = _asked[key] = asyncio.create_task(_look_up(host, family), name=f"look up {host}")
        task.add_done_callback(lambda done: _forget(key, done))
    return await asyncio.shield(task)


def _forget(key: tuple[int, str, int], done: asyncio.Task[list[Found]]) -> None:
    _asked.pop(key, None)
    if not done.cancelled():
        done.exception()  # seen by those who wait, if any still do


async def _look_up(host: str, family: int) -> list[Found]:
    try:
        found: list[Any] = await in_thread(
            f"dns {family} {host}", lambda: socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)
        )
    except Busy as error:
        raise OSError("the name server does not answer") from error
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, "not a host name") from error
    return [_result(host, str(entry[4][0]), 0, entry[0]) for entry in found]


def _result(name: str, address: str, port: int, family: int) -> Found:
    return Found(
        hostname=name, host=address, port=port, family=family, proto=socket.IPPROTO_TCP, flags=socket.AI_NUMERICHOST
    )


async def connect(host: str, port: int, **options: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the first address of ``host`` that takes one; ``options`` as in ``asyncio.open_connection``.

    Raises:
        OSError: none does, or the name is not known.
    """
    failed: OSError | None = None
    for found in await resolve(host, port):
        try:
            return await asyncio.open_connection(found["host"], port, **options)
        except OSError as error:
            failed = failed or error
    raise failed or OSError("the host has no address")
