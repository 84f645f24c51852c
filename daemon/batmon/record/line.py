"""The connection of this process to the daemon's record socket: one, shared by its threads, kept open.

As long as it is open the daemon knows that the process lives. Lines go out one after another and answers come back in
any order; whichever thread waits reads for all of them, so there is no thread of ours in anybody's program.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ANSWER_SEC = 0.03
"""How long an answer is waited for; with what the spool takes then, a call takes less than 50 ms."""
FIRST_QUIET_SEC = 0.5
LONGEST_QUIET_SEC = 30.0
"""After an answer that did not come nothing is asked for so long, the double at each time that follows."""
_BACKLOG_PAUSE_SEC = 0.002


class NoAnswer(Exception):
    """The daemon did not say that an operation is durable: nobody is there, or not in time."""


class Line:
    """The line to ``address``: a Unix socket's path, or the ``record.json`` that names a loopback port and its token.

    ``trusted``: anybody may answer there; otherwise it must be this user or root (root talks to anybody).
    """

    def __init__(self, address: str, *, trusted: bool = False) -> None:
        self._address = address
        self._trusted = trusted
        self._changed = threading.Condition(threading.Lock())
        self._socket: socket.socket | None = None
        self._rest = b""
        self._seq = 0
        self._answers: dict[int, dict[str, Any] | None] = {}
        self._reading = False
        self._quiet_until = 0.0
        self._quiet_sec = FIRST_QUIET_SEC

    def say(self, op: str, seconds: float = ANSWER_SEC) -> dict[str, Any]:
        """Say an operation (a JSON object as text); the daemon's answer. Takes at most ``seconds``.

        Raises:
            NoAnswer: there was none.
        """
        until = time.monotonic() + seconds
        if not self._changed.acquire(timeout=seconds):
            raise NoAnswer("another thread is in the way")
        try:
            if self._is_quiet():
                raise NoAnswer("it has not answered before")
            return self._said(op, until)
        except TimeoutError:
            self._be_quiet()
            raise NoAnswer(f"no answer at {self._address} within {seconds * 1000:.0f} ms") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NoAnswer(f"{self._address}: {getattr(error, 'strerror', None) or error}") from error
        finally:
            self._changed.release()

    def close(self) -> None:
        """Close the connection; the next ``say`` opens another. It asks for no lock: after a fork nobody holds one."""
        channel, self._socket = self._socket, None
        if channel is not None:
            channel.close()

    def leave_to_the_kernel(self) -> None:
        """The process ends: its connection closes with it and no sooner, for the daemon takes that for its end."""
        channel, self._socket = self._socket, None
        if channel is not None:
            channel.detach()

    def _said(self, op: str, until: float) -> dict[str, Any]:
        """Say it, once more on a new connection when the old one turns out to be gone."""
        fresh = self._socket is None
        try:
            return self._say_once(op, until)
        except ConnectionError:
            if fresh:
                raise
            return self._say_once(op, until)

    def _say_once(self, op: str, until: float) -> dict[str, Any]:
        if self._socket is None:
            self._connect(until)
        channel = self._socket
        assert channel is not None  # noqa: S101 - it was just opened
        self._seq += 1
        seq = self._seq
        self._answers[seq] = None
        try:
            self._send(channel, f'{{"seq":{seq},{op[1:]}\n'.encode(), until)
            while (answer := self._answers[seq]) is None:
                if self._socket is not channel:
                    raise ConnectionResetError("the connection was lost")
                self._wait(channel, until)
            return answer
        finally:
            self._answers.pop(seq, None)

    def _wait(self, channel: socket.socket, until: float) -> None:
        """Wait for some answers: read them, or let the thread that reads already do it."""
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if self._reading:
            self._changed.wait(left)
            return
        self._reading = True
        self._changed.release()
        try:
            data = _receive(channel, left)
        except OSError:
            data = b""
        finally:
            self._changed.acquire()
            self._reading = False
            self._changed.notify_all()
        self._take(channel, data)

    def _take(self, channel: socket.socket, data: bytes | None) -> None:
        """What was read: some lines, nothing in time (None), or the end of the connection (empty)."""
        if data is None or self._socket is not channel:
            return
        if not data:
            self._lose(channel)
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        try:
            for line in lines:
                self._heard(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            self._lose(channel)
            raise ConnectionAbortedError("what answers does not speak the record protocol") from error
        except ConnectionError:
            self._lose(channel)
            raise

    def _heard(self, answer: dict[str, Any]) -> None:
        self._quiet_until, self._quiet_sec = 0.0, FIRST_QUIET_SEC
        seq = answer["seq"]
        if seq == 0:
            raise ConnectionRefusedError(answer["error"]["message"])
        if seq in self._answers:  # somebody waits for it
            self._answers[seq] = answer

    def _lose(self, channel: socket.socket) -> None:
        if self._socket is channel:
            self._socket = None
        channel.close()
        self._rest = b""

    def _is_quiet(self) -> bool:
        """Whether the daemon has not answered lately, and has not begun to again."""
        if time.monotonic() >= self._quiet_until:
            return False
        if self._socket is not None and not self._reading:
            try:
                self._take(self._socket, _receive(self._socket, 0))
            except OSError:
                self.close()
        return time.monotonic() < self._quiet_until

    def _be_quiet(self) -> None:
        if time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + self._quiet_sec
            self._quiet_sec = min(2 * self._quiet_sec, LONGEST_QUIET_SEC)

    def _connect(self, until: float) -> None:
        loopback = self._address.endswith(".json")
        family = socket.AF_INET if loopback else socket.AF_UNIX
        channel = socket.socket(family, socket.SOCK_STREAM)
        try:
            if loopback:
                with open(self._address, encoding="utf-8") as file:
                    named = json.load(file)
                channel.settimeout(max(0.001, until - time.monotonic()))
                channel.connect(("127.0.0.1", int(named["port"])))
                channel.sendall(json.dumps({"token": str(named["token"])}).encode() + b"\n")
            else:
                _connect_unix(channel, self._address, until)
                if not self._trusted:
                    _trust(channel)
            channel.setblocking(False)
        except BaseException:
            channel.close()
            raise
        self._socket, self._rest = channel, b""

    def _send(self, channel: socket.socket, data: bytes, until: float) -> None:
        """Send it whole; a connection on which half a line was sent is closed."""
        view = memoryview(data)
        try:
            while view:
                try:
                    view = view[channel.send(view) :]
                except BlockingIOError:
                    _ready(channel, select.POLLOUT if hasattr(select, "POLLOUT") else 0, until - time.monotonic())
                    if time.monotonic() >= until:
                        raise TimeoutError from None
        except BaseException:
            self._lose(channel)
            raise


def _connect_unix(channel: socket.socket, address: str, until: float) -> None:
    """Connect; a queue that is full at this moment (EAGAIN) is waited for."""
    channel.setblocking(False)
    while True:
        try:
            channel.connect(address)
        except BlockingIOError:
            if time.monotonic() + _BACKLOG_PAUSE_SEC >= until:
                raise TimeoutError from None
            time.sleep(_BACKLOG_PAUSE_SEC)
        else:
            return


def _trust(channel: socket.socket) -> None:
    """What answers must be this user's or root's, where the kernel can say; root may talk to anybody."""
    if not hasattr(socket, "SO_PEERCRED"):
        return
    credentials = channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    owner = int.from_bytes(credentials[4:8], sys.byteorder)
    if os.geteuid() not in (0, owner) and owner != 0:
        raise PermissionError(1, f"what answers there runs as another user, uid {owner}")


def _receive(channel: socket.socket, seconds: float) -> bytes | None:
    """Some bytes, nothing at the end, None when nothing came in time."""
    _ready(channel, select.POLLIN if hasattr(select, "POLLIN") else 1, seconds)
    try:
        return channel.recv(65536)
    except BlockingIOError:
        return None


def _ready(channel: socket.socket, event: int, seconds: float) -> None:
    """Wait until it can be read or written, or the time is over."""
    if hasattr(select, "poll"):  # select itself fails from descriptor 1024 on
        poll = select.poll()
        poll.register(channel, event)
        poll.poll(max(0.0, seconds) * 1000)
    elif event:
        select.select([channel], [], [], max(0.0, seconds))
    else:
        select.select([], [channel], [], max(0.0, seconds))
