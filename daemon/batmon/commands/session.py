"""What a verb needs of the place where it was typed: a terminal here, or a channel of the SSH console."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from batmon.errors import BadRequest, BatmonError, ConfigError, Refused
from batmon.gate.client import GateClient
from batmon.gate.sanitize import clean
from batmon.refusals import because, told

DONE: Final = 0
FAILED: Final = 1
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 130


class Session(ABC):
    """Where a verb prints, asks and finds the daemon. Data goes to ``out``, words go to ``err``."""

    language: str = "en"
    """``ko`` or ``en``."""
    asked_language: str | None = None
    """The language that was asked for by a flag or the environment; None if nobody did."""
    interactive: bool = False
    """Whether there is a person to ask: questions are only asked on a terminal."""
    width: int = 80
    """Columns that a line may take; 0 when nobody looks and nothing needs cutting."""
    colour: bool = False
    environ: Mapping[str, str] = MappingProxyType({})
    """The environment of whoever typed the verb; over SSH there is none."""

    @abstractmethod
    async def gate(self) -> GateClient:
        """The connection to the daemon, opened at the first call.

        Raises:
            DaemonUnreachable: nobody answers.
        """

    @abstractmethod
    def out(self, text: str, end: str = "\n") -> None:
        """Print data."""

    @abstractmethod
    def err(self, text: str) -> None:
        """Print words: what happens, what went wrong, what to do."""

    @abstractmethod
    async def ask_password(self, prompt: str) -> str:
        """What a person types unseen.

        Raises:
            Refused: there is no terminal, or nobody typed anything.
        """

    async def confirm(self, question: str) -> bool:
        """Whether a person says yes.

        Raises:
            Refused: there is no terminal to ask on.
        """
        raise Refused(because("no-terminal-to-ask", question=question))

    @abstractmethod
    async def read_file(self, path: str) -> str:
        """The text of a small file on the side of whoever typed the verb; ``-`` is standard input.

        Raises:
            BadRequest: it cannot be read from here.
        """

    async def drain(self) -> None:
        """Wait until what was printed is on its way; for those who print without end."""
        return

    writes_bytes: bool = False
    """Whether ``out_bytes`` takes what is no text."""

    def out_bytes(self, data: bytes) -> None:
        """Print data that is UTF-8 already; anything else only where ``writes_bytes``."""
        self.out(data.decode(errors="replace"), end="")

    def file_to_write(self, path: str, *, force: bool) -> Path:
        """The file at ``path`` on the side of whoever typed the verb, which is not there yet unless ``force``.

        Raises:
            BadRequest: it cannot be written from here, or is there.
        """
        del force
        raise BadRequest(because("no-file-over-ssh", path=path))

    def server_file(self, path: str) -> Path:
        """A file of the server's tree (``/exports/...``) as a file of this machine, where they are the same one.

        Raises:
            BadRequest: they are not.
        """
        raise BadRequest(because("file-on-server", path=path))

    def out_json(self, value: Any) -> None:
        """Print one JSON value, a line of its own."""
        self.out(json.dumps(value, ensure_ascii=False))

    async def one_line(self, path: str, what: str) -> str:
        """The only line of a small file, such as a password or a public key.

        Raises:
            BadRequest: it cannot be read, is empty or has several lines.
        """
        lines = [line for line in (await self.read_file(path)).splitlines() if line.strip()]
        if len(lines) != 1:
            raise BadRequest(because("not-one-line", what=what, path=path, count=len(lines)))
        return lines[0]


def tell_error(session: Session, error: BatmonError) -> None:
    """Say what is wrong, and below it what to do, in the session's language."""
    sentence, hint = told(error, session.language)
    begins_with_file = isinstance(error, ConfigError) and error.problems
    said = ("" if begins_with_file else "batmon: ") + sentence + (f"\n  {hint}" if hint else "")
    session.err(clean(said, multiline=True))
