"""Many sessions in several processes: the parent accepts, its forked workers serve.

The parent imports everything and shows the app once to nobody, freezes what that left in memory, and forks: a worker
starts warm and shares that memory. A worker that hangs or dies takes only its own sessions along. The parent speaks
no SSH; over a socket pair it hands accepted connections to the worker with the fewest, and hears what became of them.
"""

from __future__ import annotations

import itertools
import logging
import os
import selectors
import signal
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from batmon_tui.ssh.doorway import Doorway
from batmon_tui.ssh.listening import say_ready, turn_away
from batmon_tui.ssh.settings import Settings

log = logging.getLogger(__name__)

WORD = struct.Struct("!BQ")
"""One message on the socket pair: a ``Word`` and a number."""

ALIVE_EVERY = 5.0
STOP_WITHIN = 7.0
TICK_SEC = 1.0


class Word(IntEnum):
    """What parent and worker tell each other; the number is a connection's except where noted."""

    TAKE = 1
    """To a worker, with a socket: serve this."""
    RETIRE = 2
    """To a worker: end when nobody is left. Number 0."""
    READY = 3
    """From a worker: it can serve. Number 0."""
    ALIVE = 4
    """From a worker, now and then: how many sessions it has."""
    LOGIN = 5
    """From a worker: this connection has logged in."""
    GONE = 6
    """From a worker: this connection has ended."""


@dataclass(eq=False, slots=True)
class Worker:
    """What the parent knows of one worker."""

    pid: int
    control: socket.socket
    heard: float
    ready: bool = False
    retired: bool = False
    taken: int = 0
    sessions: int = 0
    connections: set[int] = field(default_factory=set)
    inbox: bytearray = field(default_factory=bytearray)

    @property
    def load(self) -> int:
        """Places that are taken."""
        return max(self.sessions, len(self.connections))


class Parent:
    """Accepts and hands on. ``run`` until SIGTERM or SIGINT."""

    def __init__(
        self, settings: Settings, listeners: list[socket.socket], work: Callable[[socket.socket], int]
    ) -> None:
        self._settings = settings
        self._listeners = listeners
        self._work = work
        self._doorway = Doorway(
            connections=settings.max_sessions,
            unauthenticated=settings.max_unauthenticated,
            per_address=settings.max_unauthenticated_per_address,
        )
        self._numbers = itertools.count(1)
        self._workers: dict[int, Worker] = {}
        self._selector = selectors.DefaultSelector()
        self._stop = False
        self._said = False
        self._is_open = False
        self._fork_not_before = 0.0

    def run(self) -> int:
        """Serve until told to stop; the process's exit code."""
        wake, woken = socket.socketpair()
        wake.setblocking(False)
        woken.setblocking(False)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told_to_stop)
        self._selector.register(wake, selectors.EVENT_READ, None)
        self._shared = [wake, woken, *self._listeners]
        self._tend()
        while not self._stop:
            for key, _ in self._selector.select(TICK_SEC):
                if isinstance(key.data, Worker):
                    self._hear(key.data)
                elif key.data is None:
                    wake.recv(4096)
                else:
                    self._accept(key.data)
            self._tend()
        return self._end()

    def _told_to_stop(self, *_: object) -> None:
        self._stop = True

    # -- connections

    def _free(self) -> list[Worker]:
        """The workers that can take a connection, the one with the fewest first."""
        ready = (worker for worker in self._workers.values() if worker.ready and not worker.retired)
        return sorted(ready, key=lambda worker: worker.load)

    def _open(self, wanted: bool) -> None:
        """Accept, or let those who come wait in the system's queue while there is no worker for them."""
        if wanted != self._is_open:
            for listener in self._listeners:
                if wanted:
                    self._selector.register(listener, selectors.EVENT_READ, listener)
                else:
                    self._selector.unregister(listener)
            self._is_open = wanted

    def _accept(self, listener: socket.socket) -> None:
        if not self._free():
            return
        try:
            sock, address = listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError as error:
            log.error("a connection could not be accepted: %s", error)
            time.sleep(0.1)  # no descriptors are left: it would be tried again at once, and again
            return
        number = next(self._numbers)
        if why := self._doorway.admit(number, address[0]):
            log.warning("turned away", extra={"peer": address[0], "why": why})
            turn_away(sock, why)
            return
        if not self._hand_on(sock, number):
            self._doorway.gone(number)
            turn_away(sock, "no process is free to serve you, try again in a moment")
            return
        sock.close()

    def _hand_on(self, sock: socket.socket, number: int) -> bool:
        """Give a connection to the worker with the fewest; whether one took it."""
        for worker in self._free():
            try:
                word = WORD.pack(Word.TAKE, number)
                socket.send_fds(worker.control, [word], [sock.fileno()], socket.MSG_DONTWAIT)
            except OSError as error:
                log.warning("a worker takes nothing: %s", error, extra={"worker": worker.pid})
                continue
            worker.connections.add(number)
            worker.taken += 1
            return True
        return False

    # -- workers

    def _hear(self, worker: Worker) -> None:
        try:
            heard = worker.control.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            heard = b""
        if not heard:
            self._lose(worker)
            return
        worker.heard = time.monotonic()
        worker.inbox += heard
        while len(worker.inbox) >= WORD.size:
            word, number = WORD.unpack_from(worker.inbox)
            del worker.inbox[: WORD.size]
            if word == Word.READY:
                worker.ready = True
                self._say_ready()
            elif word == Word.ALIVE:
                worker.sessions = number
            elif word == Word.LOGIN:
                self._doorway.authenticated(number)
            elif word == Word.GONE:
                self._doorway.gone(number)
                worker.connections.discard(number)

    def _say_ready(self) -> None:
        if not self._said:
            self._said = True
            say_ready(self._listeners[0])

    def _lose(self, worker: Worker) -> None:
        """A worker has ended, or must."""
        if self._workers.pop(worker.pid, None) is None:
            return
        self._selector.unregister(worker.control)
        worker.control.close()
        _kill(worker.pid)
        os.waitpid(worker.pid, 0)
        for number in worker.connections:
            self._doorway.gone(number)
        if worker.retired and not worker.connections:
            log.info("a worker has retired", extra={"worker": worker.pid})
        else:
            log.error("a worker has ended", extra={"worker": worker.pid, "connections": len(worker.connections)})
        if not worker.ready:
            self._fork_not_before = time.monotonic() + 1.0

    def _tend(self) -> None:
        """Have as many workers as are needed, and none that hangs."""
        now = time.monotonic()
        for worker in list(self._workers.values()):
            if now - worker.heard > self._settings.silent_limit:
                log.error("a worker hangs and is killed", extra={"worker": worker.pid})
                self._lose(worker)
        serving = [worker for worker in self._workers.values() if not worker.retired]
        for worker in serving:
            if worker.taken >= self._settings.recycle_after:
                self._retire(worker)
        idle = [worker for worker in serving if worker.ready and not worker.load and not worker.retired]
        for worker in idle[1:] if len(idle) > 1 else ():
            self._retire(worker)
        serving = [worker for worker in serving if not worker.retired]
        full = all(worker.ready and worker.load >= self._settings.sessions_per_worker for worker in serving)
        if full and now >= self._fork_not_before:
            self._fork()
        self._open(bool(self._free()))

    def _retire(self, worker: Worker) -> None:
        worker.retired = True
        try:
            worker.control.send(WORD.pack(Word.RETIRE, 0))
        except OSError as error:
            log.warning("a worker cannot be retired: %s", error, extra={"worker": worker.pid})
            self._lose(worker)

    def _fork(self) -> None:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            ours.close()
            self._become_worker(theirs)
        theirs.close()
        ours.setblocking(False)
        worker = Worker(pid, ours, time.monotonic())
        self._workers[pid] = worker
        self._selector.register(ours, selectors.EVENT_READ, worker)

    def _become_worker(self, control: socket.socket) -> None:
        """The child's side of the fork: forget all that is the parent's, work, and never come back."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            self._selector.close()
            for sock in (*self._shared, *(worker.control for worker in self._workers.values())):
                sock.close()
            with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a descriptor is wanted
                os.dup2(nothing.fileno(), 1)
            code = self._work(control)
        except BaseException:
            log.exception("a worker failed")
        finally:
            os._exit(code)

    def _end(self) -> int:
        """Stop accepting, let the workers restore the terminals, and see that all are gone."""
        self._open(wanted=False)
        for listener in self._listeners:
            listener.close()
        for pid in self._workers:
            _signal(pid, signal.SIGTERM)
        until = time.monotonic() + STOP_WITHIN
        while self._workers and time.monotonic() < until:
            for key, _ in self._selector.select(0.2):
                if isinstance(key.data, Worker):
                    key.data.retired = True
                    self._hear(key.data)
        for worker in list(self._workers.values()):
            self._lose(worker)
        signal.set_wakeup_fd(-1)
        return 0


def _kill(pid: int) -> None:
    _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: int) -> None:
    """Signal a child that has not been waited for: its id cannot be another process's yet."""
    os.kill(pid, number)
