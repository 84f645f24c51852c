"""The record socket: programs say that their runs start, go on and end, and hear when that is durable.

The protocol is docs/recording.md. While the connection that carried a start is open, the run's process lives; when it
closes and the run has not ended, somebody looks at the process at once.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from uuid import UUID

import msgspec

from batmon.engine.recording.intake_lines import LINE_BYTES, BadOperation, Unreadable, operation, refused
from batmon.engine.recording.writer import RecordWriter
from batmon.errors import BadRequest, Refused
from batmon.gate.address import Listener, open_door
from batmon.store.record_ops import End, Op, Start

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 512
MOST_CARRIED = 10_000
"""Open runs that are remembered for one connection."""


class Intake:
    """Everybody who records; hands what they say to the writer.

    ``own_names``: what this machine is called, the first being the node's name, under which runs are kept. ``left``
    is called when a connection closes that carried the start of a run that has not ended.
    """

    def __init__(self, writer: RecordWriter, *, own_names: tuple[str, ...], left: Callable[[], None]) -> None:
        self.writer = writer
        self.own_names = own_names
        self.left = left
        self.connections: set[Connection] = set()
        self.token: str | None = None
        self._door: Listener | None = None

    async def start(self, address: str, *, shared: bool = False, group: str = "") -> None:
        """Let programs in at ``address``; ``shared`` with other users, those of ``group``.

        Raises:
            GateError: it cannot be opened there.
        """
        self._door = await open_door(address, lambda: Connection(self), shared=shared, group=group)
        self.token = self._door.token

    async def stop(self) -> None:
        """Let nobody in any more and close every connection; what was not committed was not acknowledged."""
        if self._door is not None:
            self._door.close()
        for connection in list(self.connections):
            connection.close()


def with_own_name(op: Op, own_names: tuple[str, ...]) -> Op:
    """The operation with the node's name, the first of ``own_names``, in the place of another of this machine's."""
    if (type(op) is Start or type(op) is End) and (not op.node or op.node in own_names):
        op.node = own_names[0]
    return op


class Connection(asyncio.Protocol):
    """One program that records."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._writer = intake.writer
        self._rest = b""
        self._carried: set[UUID] = set()
        self._known = intake.token is None
        self._waits_for_room = False
        self._slow = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has come."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a stream's is
        self._transport = transport
        if len(self._intake.connections) >= MOST_CONNECTIONS:
            log.warning("more than %d programs record at the same time: one was sent away", MOST_CONNECTIONS)
            self._send_away(0, Refused(f"{MOST_CONNECTIONS} programs record here already", hint="try again later"))
            return
        self._intake.connections.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        """It has gone, or its process has ended."""
        self._intake.connections.discard(self)
        if self._carried:
            self._intake.left()

    def data_received(self, data: bytes) -> None:
        """Some lines, and perhaps the beginning of one."""
        lines = (self._rest + data).split(b"\n") if self._rest else data.split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) >= LINE_BYTES:
            self._send_away(0, BadRequest(f"a line holds at most {LINE_BYTES} bytes", hint="shorten error_details"))
            return
        for line in lines:
            if line and not self._take(line):
                return

    def _take(self, line: bytes) -> bool:
        """Take one line; whether to go on."""
        if not self._known:
            return self._let_in(line)
        if len(line) >= LINE_BYTES:
            self._send_away(0, BadRequest(f"a line holds at most {LINE_BYTES} bytes", hint="shorten error_details"))
            return False
        try:
            op = with_own_name(operation(line), self._intake.own_names)
        except BadOperation as error:
            self.answer(refused(error.seq, error))
            return True
        except Unreadable as error:
            self._send_away(0, BadRequest(str(error), hint="one JSON object a line, UTF-8"))
            return False
        if type(op) is Start and len(self._carried) < MOST_CARRIED:
            self._carried.add(op.run_id)
        if not self._writer.put(self, op, len(line)):
            self._waits_for_room = True
            self._hold()
        return True

    def _let_in(self, line: bytes) -> bool:
        """Where the kernel does not vouch for who comes, the first line must hold the token."""
        try:
            shown = msgspec.json.decode(line)["token"]
        except (msgspec.DecodeError, KeyError, TypeError):
            shown = ""
        if isinstance(shown, str) and secrets.compare_digest(shown.encode(), (self._intake.token or "").encode()):
            self._known = True
            return True
        self._send_away(0, Refused("the first line must hold the token", hint="it is in record.json"))
        return False

    # What the writer asks of it

    def answer(self, data: bytes) -> None:
        """Send these lines."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def ended(self, run_id: UUID) -> None:
        """The run needs no looking after any more."""
        self._carried.discard(run_id)

    def resume(self) -> None:
        """There is room again."""
        self._waits_for_room = False
        self._read_on()

    # What the transport asks of it

    def pause_writing(self) -> None:
        """It does not read its answers: it is not listened to meanwhile."""
        self._slow = True
        self._hold()

    def resume_writing(self) -> None:
        """It reads them again."""
        self._slow = False
        self._read_on()

    def close(self) -> None:
        """End the connection when what was answered has been sent."""
        self._carried.clear()
        self._transport.close()

    def _hold(self) -> None:
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def _read_on(self) -> None:
        if not (self._waits_for_room or self._slow or self._transport.is_closing()):
            self._transport.resume_reading()

    def _send_away(self, seq: int, error: Refused | BadRequest) -> None:
        self.answer(refused(seq, error))
        self._rest = b""
        self._transport.close()
