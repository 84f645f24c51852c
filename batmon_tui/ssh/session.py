"""One session channel: a screen, a verb, the gate, files, or a sentence that says how to ask for one of them."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import asyncssh

from batmon import __version__
from batmon.gate.client import GateClient
from batmon.places import gate_address
from batmon_tui.ssh.auth import Person
from batmon_tui.ssh.bridge import bridge
from batmon_tui.ssh.outlet import Outlet
from batmon_tui.ssh.screens import MakeApp, Screening, language_of
from batmon_tui.ssh.settings import Settings
from batmon_tui.ssh.sftp import SftpServer
from batmon_tui.ssh.sftp_scp import is_scp, run_scp
from batmon_tui.ssh.sftp_tree import RemoteTree
from batmon_tui.ssh.terminal import Terminal
from batmon_tui.ssh.verbs import VerbSession, run_verb

log = logging.getLogger(__name__)

GATE = "batmon-gate"
SFTP = "sftp"
STDIN_BYTES = 1024 * 1024
SFTP_STDIN_BYTES = 64 * 1024
"""Of a client's requests that may wait here; twice as many at most, the others wait on its side."""
LEAVE_WITHIN = 10.0
"""Seconds that an app has to end when its person is gone."""

LONGEST_COMMAND = 16 * 1024

_NO_TERMINAL = (
    "BATMON's console needs a terminal: ssh -t ... opens it, and ssh ... check answers without one.\n"
    "BATMON의 화면에는 터미널이 필요합니다: ssh -t ...\n"
)


class Environment(dict[bytes, bytes]):
    """What a client says of its environment: the few variables that are used here, cut short."""

    KEPT = frozenset({b"LANG", b"LC_ALL", b"LC_MESSAGES", b"COLORTERM", b"NO_COLOR"})

    def __setitem__(self, name: bytes, value: bytes) -> None:
        """Keep it if it is one of those."""
        if name in self.KEPT:
            super().__setitem__(name, value[:256])


class House(Protocol):
    """What a session needs of the server that it belongs to."""

    settings: Settings
    make_app: MakeApp

    def session_began(self, session: ConsoleSession) -> None:
        """Count a session."""

    def session_ended(self, session: ConsoleSession) -> None:
        """Count it no more."""


class ConsoleSession(asyncssh.SSHServerSession[bytes]):
    """What asyncssh calls for one channel of ``person``."""

    def __init__(self, house: House, person: Person) -> None:
        self._house = house
        self._person = person
        self._chan: asyncssh.SSHServerChannel[bytes]
        self._outlet: Outlet
        self._stdin: asyncio.StreamReader
        self._terminal: Terminal | None = None
        self._command: str | None = None
        self._subsystem = ""
        self._screening: Screening | None = None
        self._task: asyncio.Task[None] | None = None
        self._last_words = ""
        self._gates: list[GateClient] = []

    # -- asyncssh tells what the client wants

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """The channel is open."""
        self._chan = chan
        unbounded: Any = chan
        unbounded._env = Environment()  # noqa: SLF001 - asyncssh keeps whatever is sent, without a limit
        self._outlet = Outlet(chan, stall_limit=self._house.settings.stall_limit)
        self._stdin = self._input(STDIN_BYTES)

    def _input(self, limit: int) -> asyncio.StreamReader:
        reader = asyncio.StreamReader(limit=limit)
        reader.set_transport(self._chan)  # type: ignore[arg-type]  # it uses pause_reading and resume_reading alone
        return reader

    def pty_requested(
        self,
        term_type: str,
        term_size: tuple[int, int, int, int],
        term_modes: Any,  # noqa: ARG002
    ) -> bool:
        """The client has a terminal; a restricted key may not use one."""
        if self._person.restricted:
            return False
        self._terminal = Terminal(self._chan, self._outlet, term_type[:64], term_size[:2])
        return True

    def shell_requested(self) -> bool:
        """The screen is asked for."""
        return True

    def exec_requested(self, command: str) -> bool:
        """A verb is asked for."""
        self._command = command
        return len(command) <= LONGEST_COMMAND

    def subsystem_requested(self, subsystem: str) -> bool:
        """The gate or the files are asked for; there is no other subsystem."""
        if subsystem not in (GATE, SFTP):
            return False
        self._subsystem = subsystem
        if subsystem == SFTP:
            self._stdin = self._input(SFTP_STDIN_BYTES)
        return True

    def session_started(self) -> None:
        """All is known: begin."""
        environ = dict(self._chan.get_environment())
        if self._terminal is not None:
            self._terminal.know(environ)
        self._house.session_began(self)
        loop = asyncio.get_running_loop()
        # A context of its own: what is active in another session's app must not be seen here.
        self._task = loop.create_task(
            self._live(environ), name=f"session of {self._person.user}", context=contextvars.Context()
        )

    # -- and what happens then

    def data_received(self, data: bytes, datatype: Any) -> None:  # noqa: ARG002 - clients have one stream
        """The client sent input."""
        if self._terminal is not None and self._command is None:
            self._terminal.received(data)
        elif self._terminal is not None and b"\x03" in data:
            self._interrupt()
        else:
            self._stdin.feed_data(data)

    def eof_received(self) -> bool:
        """The client sends no more: the end for a screen, the end of the input for everything else."""
        self._stdin.feed_eof()
        if self._screening is not None:
            self._screening.leave()
        return True

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:  # noqa: ARG002
        """The window has another size."""
        if self._terminal is not None:
            self._terminal.resize(width, height)

    def break_received(self, msec: int) -> bool:  # noqa: ARG002 - however long
        """Ctrl+C by another way."""
        self._interrupt()
        return True

    def signal_received(self, signal: str) -> None:
        """The client sends a signal to what it runs."""
        if signal == "INT":
            self._interrupt()
        elif signal in ("HUP", "TERM", "KILL"):
            self.leave()

    def pause_writing(self) -> None:
        """The client's window is full."""
        self._outlet.paused = True

    def resume_writing(self) -> None:
        """It has room again."""
        self._outlet.paused = False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the server logs the connection's end
        """The channel is gone; what runs in it ends now, or soon if it is an app."""
        if not self._stdin.at_eof():
            self._stdin.feed_eof()
        self.leave()

    def leave(self, last_words: str = "") -> None:
        """End the session; ``last_words`` are shown when the terminal is restored."""
        self._last_words = last_words or self._last_words
        if self._task is None or self._task.done():
            return
        if self._screening is None:
            self._task.cancel()
        else:
            self._screening.leave()
            asyncio.get_running_loop().call_later(LEAVE_WITHIN, self._task.cancel)

    @property
    def ended(self) -> bool:
        """Whether it ran and is over."""
        return self._task is not None and self._task.done()

    @property
    def has_shown(self) -> bool:
        """Whether an app was shown on it."""
        return self._screening is not None

    async def wait_ended(self) -> None:
        """Wait until nothing runs in the session any more."""
        if self._task is not None:
            await asyncio.wait({self._task})

    def abort(self) -> None:
        """End what runs, at once."""
        if self._task is not None:
            self._task.cancel()

    def _interrupt(self) -> None:
        if self._terminal is not None and self._command is None:
            self._terminal.received(b"\x03")
        elif self._task is not None:
            self._task.cancel()

    async def _live(self, environ: dict[str, str]) -> None:
        """Run what was asked for and close the channel with its exit code, whatever happens."""
        code = 1
        try:
            code = await self._work(environ)
        except asyncio.CancelledError:
            code = 130
        except Exception:
            log.exception("a session of %s failed", self._person.user)
            self._outlet.write(b"BATMON: this failed inside the server; its log has the details\r\n", stderr=True)
        finally:
            if self._last_words:
                self._outlet.write(f"{self._last_words}\r\n".encode(), stderr=self._terminal is None)
            with contextlib.suppress(OSError):
                self._chan.exit(code)
            await asyncio.gather(*(gate.close() for gate in self._gates), return_exceptions=True)
            self._house.session_ended(self)

    def _work(self, environ: dict[str, str]) -> Coroutine[Any, Any, int]:
        gate = gate_address(str(self._house.settings.state))
        if self._subsystem == SFTP:
            return SftpServer(RemoteTree(self._connector("sftp")), self._stdin, self._outlet).run()
        if self._command is not None and is_scp(self._command):
            return run_scp(self._command, RemoteTree(self._connector("scp")), self._stdin, self._outlet)
        if self._subsystem:
            return bridge(gate, self._person.act_as, self._stdin, self._outlet)
        if self._command is not None:
            verb = VerbSession(
                self._outlet,
                self._stdin,
                terminal=self._terminal,
                environ=environ,
                language=self._house.settings.language,
                connect=self._connector("ssh"),
            )
            return run_verb(self._command, verb)
        if self._terminal is None:
            return self._explain()
        return self._show(self._terminal, language_of(environ, self._house.settings.language))

    async def _show(self, terminal: Terminal, language: str) -> int:
        self._screening = Screening(self._house.make_app, self._connector("tui"), terminal, language)
        return await self._screening.run()

    async def _explain(self) -> int:
        self._outlet.write(_NO_TERMINAL.encode(), stderr=True)
        return 1

    def _connector(self, client: str) -> Callable[[], Coroutine[Any, Any, GateClient]]:
        """What opens a connection to the daemon for this person: the daemon looks up and enforces the role.

        The session closes what was opened, whether its app or verb did or not.
        """
        gate, act_as = gate_address(str(self._house.settings.state)), self._person.act_as

        async def connect() -> GateClient:
            opened = await GateClient.connect(gate, client=f"{client} {__version__}", act_as=act_as)
            lost = [other for other in self._gates if other.is_lost]
            self._gates = [*(other for other in self._gates if not other.is_lost), opened]
            await asyncio.gather(*(other.close() for other in lost), return_exceptions=True)
            return opened

        return connect
