"""The loop of a process that serves sessions: a worker under a parent, or the whole console by itself."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import logging
import signal
import socket
from collections.abc import Coroutine
from typing import Any

from batmon_tui.ssh import printed, strips
from batmon_tui.ssh.doorway import Doorway
from batmon_tui.ssh.listening import say_ready, turn_away
from batmon_tui.ssh.screens import MakeApp, warm
from batmon_tui.ssh.server import ConsoleServer
from batmon_tui.ssh.settings import Settings
from batmon_tui.ssh.workers import ALIVE_EVERY, WORD, Word

log = logging.getLogger(__name__)


class SteadyLoop(asyncio.SelectorEventLoop):
    """A loop whose task factory stays: from Python 3.12 on every app would make the tasks of all others eager."""

    def set_task_factory(self, factory: Any) -> None:
        """Leave the factory as it is."""


def run(main: Coroutine[Any, Any, int]) -> int:
    """Run ``main`` on a loop of its own."""
    with asyncio.Runner(loop_factory=SteadyLoop) as runner:
        return runner.run(main)


def warm_up(make_app: MakeApp) -> None:
    """Import and show the app once, and take what that left out of the collector's sight.

    A live session holds about 15,000 collectable objects, so full collections come when few sessions are live and
    not by themselves.
    """
    gc.set_threshold(700, 10, 1_000_000)
    printed.install()
    strips.install()

    async def once() -> int:
        await warm(make_app)
        return 0

    run(once())
    gc.collect()
    gc.freeze()


class Work:
    """A worker's side of the socket pair: serves what the parent hands over, until it retires us, or is gone."""

    def __init__(self, settings: Settings, make_app: MakeApp, control: socket.socket) -> None:
        self._control = control
        self._retired = False
        self._stop = asyncio.Event()
        self._server = ConsoleServer(
            settings,
            make_app,
            on_login=lambda number: self._tell(Word.LOGIN, number),
            on_gone=self._gone,
            on_sessions=lambda count: self._tell(Word.ALIVE, count),
        )

    async def run(self) -> int:
        """Serve; the worker's exit code."""
        loop = asyncio.get_running_loop()
        _on_stop_signals(loop, self._stop)
        loop.add_reader(self._control, self._told)
        self._tell(Word.READY, 0)
        while not self._stop.is_set():
            self._tell(Word.ALIVE, self._server.sessions)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ALIVE_EVERY):
                    await self._stop.wait()
        loop.remove_reader(self._control)
        await self._server.stop()
        return 0

    def _tell(self, word: Word, number: int) -> None:
        with contextlib.suppress(OSError):  # without a parent we are stopping anyway
            self._control.send(WORD.pack(word, number))

    def _told(self) -> None:
        try:
            said, descriptors, _, _ = socket.recv_fds(self._control, WORD.size, 1)
        except OSError:
            said, descriptors = b"", []
        if len(said) < WORD.size:  # the parent is gone
            asyncio.get_running_loop().remove_reader(self._control)
            self._stop.set()
            return
        word, number = WORD.unpack(said)
        if word == Word.TAKE and descriptors:
            self._server.take(socket.socket(fileno=descriptors[0]), number)
        elif word == Word.RETIRE:
            self._retired = True
            self._end_if_done()

    def _gone(self, number: int) -> None:
        self._tell(Word.GONE, number)
        self._end_if_done()

    def _end_if_done(self) -> None:
        if self._retired and not self._server.connections:
            self._stop.set()


async def work(settings: Settings, make_app: MakeApp, control: socket.socket) -> int:
    """Serve as a worker; its exit code."""
    return await Work(settings, make_app, control).run()


async def alone(settings: Settings, make_app: MakeApp, listeners: list[socket.socket]) -> int:
    """The whole console in one process, for platforms without fork."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    _on_stop_signals(loop, stop)
    doorway = Doorway(
        connections=settings.max_sessions,
        unauthenticated=settings.max_unauthenticated,
        per_address=settings.max_unauthenticated_per_address,
    )
    numbers = itertools.count(1)
    server = ConsoleServer(settings, make_app, on_login=doorway.authenticated, on_gone=doorway.gone)

    async def accept(listener: socket.socket) -> None:
        while True:
            try:
                sock, address = await loop.sock_accept(listener)
            except OSError as error:
                log.error("a connection could not be accepted: %s", error)
                await asyncio.sleep(0.1)
                continue
            number = next(numbers)
            if why := doorway.admit(number, address[0]):
                log.warning("turned away", extra={"peer": address[0], "why": why})
                turn_away(sock, why)
            else:
                server.take(sock, number)

    tasks = [asyncio.create_task(accept(listener), name="accept") for listener in listeners]
    say_ready(listeners[0])
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for listener in listeners:
        listener.close()
    await server.stop()
    return 0


def _on_stop_signals(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Set ``stop`` when the process is told to stop."""
    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is None:
            continue
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: no signal handlers on its loop
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
