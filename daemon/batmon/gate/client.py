"""A client of the gate: requests, streams, and knowing when the daemon is lost.

Works over the local socket and over any pair of asyncio-like streams, such as those of an SSH channel.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from types import TracebackType
from typing import Any, Protocol, Self

from batmon import __version__
from batmon.errors import BadRequest, DaemonUnreachable, GateError
from batmon.gate import address as local
from batmon.gate import frames
from batmon.gate.frames import CANCELLED, PROTOCOL, Cancel, Failure, Item, Ok, Request
from batmon.refusals import because

WAITING_ITEMS = 64
"""Items of a stream that wait in the client before it stops reading from the daemon."""


class ByteReader(Protocol):
    """What the client needs of a reader: ``readline`` gives b"" at the end."""

    async def readline(self) -> bytes:
        """The next line with its newline."""


class ByteWriter(Protocol):
    """What the client needs of a writer."""

    def write(self, data: bytes) -> None:
        """Take bytes to send."""

    async def drain(self) -> None:
        """Wait until they are on their way."""

    def close(self) -> None:
        """End the connection."""


class GateClient:
    """One connection to the daemon. Made by ``connect`` or ``over``; ``hello`` is the daemon's greeting."""

    def __init__(self, reader: ByteReader, writer: ByteWriter) -> None:
        self.hello: dict[str, Any] = {}
        self._reader = reader
        self._writer = writer
        self._ids = 0
        self._replies: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._streams: dict[int, GateStream] = {}
        self._room = asyncio.Event()
        self._lost = asyncio.Event()
        self._why = DaemonUnreachable(because("connection-closed"))
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def connect(
        cls,
        address: str,
        client: str = f"batmon {__version__}",
        act_as: dict[str, Any] | None = None,
        timeout: float = 5.0,  # noqa: ASYNC109 - the error names it
    ) -> Self:
        """A connection to the daemon at ``address``, within ``timeout`` seconds.

        ``act_as`` is hello's ``as``: the person for whom the console speaks, ``{"user", "key", "peer"?}``.

        Raises:
            DaemonUnreachable: nobody answers there, or not in time.
            Refused: what answers is another user's, or the person's key may not come in.
        """
        try:
            async with asyncio.timeout(timeout):
                reader, writer, token = await local.connect(address)
                return await cls.over(reader, writer, client=client, act_as=act_as, token=token, timeout=timeout)
        except TimeoutError:
            raise DaemonUnreachable(because("no-answer-at", address=address, seconds=timeout)) from None

    @classmethod
    async def over(
        cls,
        reader: ByteReader,
        writer: ByteWriter,
        *,
        client: str = f"batmon {__version__}",
        act_as: dict[str, Any] | None = None,
        token: str | None = None,
        timeout: float = 5.0,  # noqa: ASYNC109 - the error names it
    ) -> Self:
        """A client over streams that are already connected to a gate; closes them if hello fails.

        Raises:
            DaemonUnreachable: no answer in time.
            GateError: hello was refused.
        """
        gate = cls(reader, writer)
        gate._task = asyncio.create_task(gate._read(), name="gate-client")
        said: dict[str, Any] = {"protocol": PROTOCOL, "client": client}
        if token is not None:
            said["token"] = token
        if act_as is not None:
            said["as"] = act_as
        try:
            async with asyncio.timeout(timeout):
                gate.hello = await gate.request("hello", **said)
        except TimeoutError:
            await gate.close()
            raise DaemonUnreachable(because("no-answer", seconds=timeout)) from None
        except BaseException:
            await gate.close()
            raise
        return gate

    async def request(self, verb: str, /, **args: Any) -> dict[str, Any]:
        """The daemon's answer. Arguments whose name is a Python word go as ``**{"from": 0}``.

        Raises:
            BatmonError: of the class that the daemon's code names, with its hint.
            DaemonUnreachable: the connection was lost before the answer.
        """
        number = self._next_id()
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._replies[number] = reply
        self._room.set()
        try:
            self._send(Request(number, verb, args))
            await self._drain()
            return await reply
        except asyncio.CancelledError:
            with contextlib.suppress(GateError):
                self._send(Cancel(number))
            raise
        finally:
            self._replies.pop(number, None)

    def stream(self, verb: str, /, **args: Any) -> GateStream:
        """Ask for a stream. Read it or close it: one that is left alone holds back the others on this connection.

        Raises:
            DaemonUnreachable: the connection is lost.
        """
        number = self._next_id()
        stream = GateStream(self, number)
        self._send(Request(number, verb, args))
        self._streams[number] = stream
        return stream

    async def wait_lost(self) -> DaemonUnreachable:
        """Wait until the connection has ended, for whatever reason; why it did."""
        await self._lost.wait()
        return self._why

    @property
    def is_lost(self) -> bool:
        """Whether the connection has ended."""
        return self._lost.is_set()

    async def close(self) -> None:
        """End the connection; what is still open fails with DaemonUnreachable."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._end(DaemonUnreachable(because("connection-closed")))
        self._writer.close()
        wait_closed = getattr(self._writer, "wait_closed", None)
        if wait_closed is not None:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await wait_closed()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _next_id(self) -> int:
        if self._lost.is_set():
            raise self._copy_of_why()
        self._ids += 1
        return self._ids

    def _copy_of_why(self) -> DaemonUnreachable:
        return DaemonUnreachable.of(self._why)

    def _send(self, frame: frames.Frame) -> None:
        if self._lost.is_set():
            raise self._copy_of_why()
        self._writer.write(frames.encode(frame))

    async def _drain(self) -> None:
        try:
            await self._writer.drain()
        except OSError as error:
            raise DaemonUnreachable(because("connection-broke", why=error)) from error

    async def _read(self) -> None:
        """Hand each frame to whom it belongs, until the connection ends."""
        why = DaemonUnreachable(because("daemon-closed"))
        try:
            while (line := await self._reader.readline()).endswith(b"\n"):
                await self._take(line)
        except (OSError, ValueError) as error:
            why = DaemonUnreachable(because("connection-broke", why=error))
        except BadRequest as error:
            why = DaemonUnreachable(because("not-the-protocol", why=error))
        finally:
            self._end(why)

    async def _take(self, line: bytes) -> None:
        frame = frames.decode_answer(line)
        if (reply := self._replies.get(frame.id)) is not None:
            if not reply.done():
                _settle(reply, frame)
        elif (stream := self._streams.get(frame.id)) is not None:
            stream._put(frame)  # noqa: SLF001 - the two classes of this file are one thing
            if not isinstance(frame, Item):
                self._streams.pop(frame.id, None)
            # A full stream stops the reading, and by that the daemon; not while an answer is awaited, because its
            # asker may be the one who should read the stream.
            while stream._full and not self._replies:  # noqa: SLF001
                self._room.clear()
                await self._room.wait()
        elif isinstance(frame, Failure) and frame.id == 0:
            self._end(DaemonUnreachable(because("connection-ended", why=frame.message, hint=frame.hint)))

    def _end(self, why: DaemonUnreachable) -> None:
        if self._lost.is_set():
            return
        self._why = why
        self._lost.set()
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(self._copy_of_why())
        for stream in self._streams.values():
            stream._put(frames.failure(0, why))  # noqa: SLF001
        self._streams.clear()

    def _forget(self, stream: GateStream, *, cancel: bool) -> None:
        """A stream is done with; its frames that still arrive are dropped."""
        if self._streams.pop(stream.id, None) is not None and cancel and not self._lost.is_set():
            self._send(Cancel(stream.id))
        self._room.set()


def _settle(reply: asyncio.Future[dict[str, Any]], frame: Item | Ok | Failure) -> None:
    match frame:
        case Ok(value=value):
            reply.set_result(value)
        case Failure():
            reply.set_exception(frames.raised(frame))
        case Item():
            reply.set_exception(GateError(because("stream-as-request")))


class GateStream:
    """The items of one stream: ``async for item in stream``; ``result`` is the ok frame's object, after the end."""

    def __init__(self, gate: GateClient, number: int) -> None:
        self.id = number
        self.result: dict[str, Any] | None = None
        self._gate = gate
        self._frames: deque[Item | Ok | Failure] = deque()
        self._ready = asyncio.Event()
        self._closed = False

    @property
    def _full(self) -> bool:
        return not self._closed and len(self._frames) >= WAITING_ITEMS

    def _put(self, frame: Item | Ok | Failure) -> None:
        self._frames.append(frame)
        self._ready.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> dict[str, Any]:
        """The next item.

        Raises:
            BatmonError: the stream ended badly, of the class that the daemon's code names.
        """
        while not self._frames:
            if self._closed:
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()
        frame = self._frames.popleft()
        self._gate._room.set()  # noqa: SLF001 - the two classes of this file are one thing
        if isinstance(frame, Item):
            return frame.value
        self._closed = True
        if isinstance(frame, Ok):
            self.result = frame.value
        elif frame.code != CANCELLED:
            raise frames.raised(frame)
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Stop the stream; nothing more comes."""
        if not self._closed:
            self._closed = True
            self._frames.clear()
            self._ready.set()
            self._gate._forget(self, cancel=True)  # noqa: SLF001

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
