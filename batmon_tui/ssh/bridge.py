"""The subsystem ``batmon-gate``: the daemon's gate, carried over SSH to a console on another machine.

Who the caller is says this bridge and nobody else: it makes the hello itself, and passes on bytes only after that.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from batmon.errors import BadRequest, BatmonError, DaemonUnreachable
from batmon.gate import address as local
from batmon.gate import frames
from batmon.gate.frames import LINE_LIMIT, Request
from batmon.refusals import because

HELLO_WITHIN = 10.0
PIECE = 32 * 1024


class Sink(Protocol):
    """Where the answers go."""

    def write(self, data: bytes) -> None:
        """Take bytes to send."""

    async def drain(self) -> None:
        """Wait until the client keeps up."""


async def bridge(gate: str, act_as: dict[str, Any], reader: asyncio.StreamReader, sink: Sink) -> int:
    """Join a channel to the gate at ``gate`` for the person in ``act_as``; the channel's exit code."""
    number = 0
    try:
        async with asyncio.timeout(HELLO_WITHIN):
            line = await reader.readline()
            if not line:
                return 0
            number = frames.usable_id(line)
            hello = frames.decode_request(line)
            if not isinstance(hello, Request) or hello.verb != "hello":
                raise BadRequest(because("hello-first"))
            down, up, token = await local.connect(gate)
    except TimeoutError:
        _fail(sink, number, DaemonUnreachable(because("no-hello")))
        return 1
    except ValueError:
        _fail(sink, number, BadRequest(because("line-too-long", most=LINE_LIMIT)))
        return 1
    except BatmonError as error:
        _fail(sink, number, error)
        return 1
    up.write(frames.encode(Request(hello.id, "hello", introduced(hello.args, act_as, token))))
    upward = asyncio.create_task(_up(reader, up), name="bridge-up")
    try:
        await _down(down, sink)
    except OSError:
        return 1
    finally:
        upward.cancel()
        await asyncio.gather(upward, return_exceptions=True)
        up.close()
    return 0


def introduced(said: dict[str, Any], act_as: dict[str, Any], token: str | None) -> dict[str, Any]:
    """hello's arguments: what the client may say of itself, and what only the server knows of it."""
    args: dict[str, Any] = {name: said[name] for name in ("protocol", "client") if name in said}
    args["as"] = act_as
    if token is not None:
        args["token"] = token
    return args


async def _up(reader: asyncio.StreamReader, up: asyncio.StreamWriter) -> None:
    """From the client to the daemon; the client's end is the daemon's end."""
    while piece := await reader.read(PIECE):
        up.write(piece)
        await up.drain()
    up.write_eof()


async def _down(down: asyncio.StreamReader, sink: Sink) -> None:
    """From the daemon to the client, no faster than it reads."""
    while piece := await down.read(PIECE):
        sink.write(piece)
        await sink.drain()


def _fail(sink: Sink, number: int, error: BatmonError) -> None:
    sink.write(frames.encode(frames.failure(number, error)))
