"""``ssh host VERB``: a verb of the command line run on a channel, without a shell in between."""

from __future__ import annotations

import asyncio
import logging
import shlex
from collections.abc import Mapping

from batmon.cli import remote_verb
from batmon.commands.session import FAILED, WRONG_USAGE, Session, tell_error
from batmon.errors import BadRequest, BatmonError, Refused
from batmon.gate.client import GateClient
from batmon.refusals import because
from batmon_tui.ssh.colours import Depth
from batmon_tui.ssh.outlet import Outlet
from batmon_tui.ssh.printed import printing_to
from batmon_tui.ssh.screens import Connect, language_of
from batmon_tui.ssh.terminal import Terminal

log = logging.getLogger(__name__)

INPUT_LIMIT = 64 * 1024
"""Bytes of standard input that a verb may read; also what a password's line may hold."""


class VerbSession(Session):
    """The place where a verb runs: a channel, with a terminal at the other end or without."""

    def __init__(
        self,
        outlet: Outlet,
        stdin: asyncio.StreamReader,
        *,
        terminal: Terminal | None,
        environ: Mapping[str, str],
        language: str,
        connect: Connect,
    ) -> None:
        self.language = "ko" if language_of(environ, language) == "ko" else "en"
        self.interactive = terminal is not None
        self.width = terminal.size[0] if terminal is not None else 0
        self.colour = terminal is not None and terminal.depth is not Depth.NONE
        self.writes_bytes = terminal is None
        self._newline = "\r\n" if terminal is not None else "\n"
        self._outlet = outlet
        self._stdin = stdin
        self._connect = connect
        self._gate: GateClient | None = None

    async def gate(self) -> GateClient:
        """The connection to the daemon, for the person who logged in."""
        if self._gate is None:
            self._gate = await self._connect()
        return self._gate

    def out(self, text: str, end: str = "\n") -> None:
        """Print data to the channel."""
        self._write(text + end)

    def out_bytes(self, data: bytes) -> None:
        """Print data to the channel as it is; a terminal gets text."""
        if self.writes_bytes:
            self._outlet.write(data)
        else:
            super().out_bytes(data)

    def err(self, text: str) -> None:
        """Print words to the channel's second stream; a terminal has only one."""
        self._write(f"{text}\n", stderr=True)

    def printed(self, text: str, stderr: bool) -> None:
        """Take what typer or a library prints by itself."""
        self._write(text, stderr=stderr)

    async def ask_password(self, prompt: str) -> str:
        """A line typed unseen on the terminal.

        Raises:
            Refused: there is no terminal, or nothing was typed.
        """
        if not self.interactive:
            raise Refused(because("no-terminal-for-password"))
        self._write(prompt)
        typed = bytearray()
        while (key := await self._stdin.read(1)) not in (b"\r", b"\n", b"\x04", b""):
            if key in (b"\x7f", b"\b"):
                typed = bytearray(typed.decode(errors="ignore")[:-1].encode())
            elif key == b"\x15":
                typed.clear()
            elif len(typed) < INPUT_LIMIT:
                typed += key
        self._write("\n")
        if not typed:
            raise Refused(because("password-not-typed"))
        return typed.decode(errors="replace")

    async def confirm(self, question: str) -> bool:
        """One key, y for yes.

        Raises:
            Refused: there is no terminal.
        """
        if not self.interactive:
            return await super().confirm(question)
        self._write(f"{question} [y/N] ")
        key = await self._stdin.read(1)
        self._write("y\n" if (yes := key in (b"y", b"Y")) else "n\n")
        return yes

    async def read_file(self, path: str) -> str:
        """Standard input, for ``-``: other files lie on the client's machine, which cannot be reached from here.

        Raises:
            BadRequest: it is another path, or too much.
        """
        if path != "-":
            raise BadRequest(because("no-reading-over-ssh", path=path))
        text = bytearray()
        while piece := await self._stdin.read(INPUT_LIMIT):
            text += piece
            if len(text) > INPUT_LIMIT:
                raise BadRequest(because("stdin-too-large", most=INPUT_LIMIT))
        return text.decode(errors="replace")

    async def drain(self) -> None:
        """Wait until the client has taken what was printed."""
        await self._outlet.drain()

    async def close(self) -> None:
        """Let go of the daemon."""
        if self._gate is not None:
            await self._gate.close()

    def _write(self, text: str, *, stderr: bool = False) -> None:
        if self.interactive:
            text, stderr = text.replace("\n", self._newline), False
        self._outlet.write(text.encode(errors="replace"), stderr=stderr)


async def run_verb(command: str, session: VerbSession) -> int:
    """Run what the client asked for; its exit code. A command that is no verb is said to be wrong."""
    printing_to.set(session.printed)
    try:
        args = shlex.split(command)
        if args[:1] == ["batmon"]:
            del args[0]
        return await remote_verb(args, session)
    except ValueError as error:
        session.err(f"batmon: the command cannot be read: {error}")
        return WRONG_USAGE
    except BatmonError as error:
        tell_error(session, error)
        return FAILED
    finally:
        await session.close()
