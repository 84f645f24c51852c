"""A verb typed on this machine: standard output, standard error, this terminal, the local gate."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from batmon import places
from batmon.commands.quick_check import state_folder
from batmon.commands.session import Session
from batmon.errors import BadRequest, BatmonError, Refused
from batmon.gate.client import GateClient
from batmon.refusals import because

if TYPE_CHECKING:
    from batmon.commands.inspection import Inspection
    from batmon.config import Config

LARGEST_INPUT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Places:
    """The global options: where things are, and the language, as far as the command line says."""

    config: str | None = None
    state: str | None = None
    language: str | None = None

    def config_file(self) -> Path | None:
        """The configuration file that holds here, read or not; None when there is none."""
        from batmon.config import find_config  # noqa: PLC0415 - as below

        return find_config(self.config, os.environ, Path.cwd())

    def load(self) -> Config:
        """The configuration that holds here.

        Raises:
            ConfigError: it cannot be used.
        """
        from batmon.config import load  # noqa: PLC0415 - most verbs only need the state folder

        overrides = {}
        if self.state is not None:
            overrides["paths.state"] = os.path.abspath(os.path.expanduser(self.state))  # noqa: PTH100, PTH111 - text
        if self.language is not None:
            overrides["ui.language"] = self.language
        return load(self.config_file(), os.environ, overrides)

    def state_folder(self) -> str:
        """The state folder, without reading more of the configuration than needed.

        Raises:
            ConfigError: the configuration has to be read for it and cannot be used.
        """
        found = state_folder(self.state, self.config)
        return str(self.load().state) if found is None else found

    def flags(self) -> list[str]:
        """The same options for a process that is started with absolute paths."""
        flags = []
        for name, value in (("--config", self.config), ("--state", self.state)):
            if value is not None:
                flags += [name, os.path.abspath(os.path.expanduser(value))]  # noqa: PTH100, PTH111 - strings in and out
        return flags + (["--language", self.language] if self.language else [])


class LocalSession(Session):
    """The session of the command line. Close it after the verb."""

    def __init__(self, where: Places = Places()) -> None:
        self.environ = os.environ
        self.use(where)
        self.interactive = sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
        terminal = sys.stdout.isatty()
        self.width = shutil.get_terminal_size().columns if terminal else 0
        self.colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self.writes_bytes = not terminal
        self._gate: GateClient | None = None

    def use(self, where: Places) -> None:
        """Take the global options, once they are known."""
        self.places = where
        self.asked_language = where.language or self.environ.get("BATMON_LANGUAGE") or None
        self.language = chosen_language(self.asked_language)

    @property
    def address(self) -> str:
        """Where the daemon's gate is."""
        return places.gate_address(self.places.state_folder())

    async def gate(self) -> GateClient:
        """The connection to the local daemon."""
        if self._gate is None:
            self._gate = await GateClient.connect(self.address)
            if self.asked_language is None:
                self.language = chosen_language(self._gate.hello.get("language"))
        return self._gate

    async def close(self) -> None:
        """Leave the gate."""
        if self._gate is not None:
            await self._gate.close()
            self._gate = None

    async def inspect(self, said: dict[str, Any]) -> Inspection:
        """What ``doctor`` finds on this machine; ``said`` is the daemon's own answer."""
        from batmon.commands.inspection import inspect_machine  # noqa: PLC0415 - for one verb of many

        return await inspect_machine(self.places, said)

    def out(self, text: str, end: str = "\n") -> None:
        """Print to standard output, at once."""
        _print(sys.stdout, text + end)

    def err(self, text: str) -> None:
        """Print to standard error, at once."""
        _print(sys.stderr, text + "\n")

    def out_bytes(self, data: bytes) -> None:
        """Print to standard output as they are, at once."""
        sys.stdout.flush()
        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # as in _print
            raise BatmonError(because("output-not-written", why=error.strerror)) from error

    def file_to_write(self, path: str, *, force: bool) -> Path:
        """A file here."""
        file = Path(path).expanduser()
        if file.is_dir():
            raise BadRequest(because("path-is-folder", path=path))
        if not force and os.path.lexists(file):
            raise BadRequest(because("path-is-there", path=path))
        if not file.parent.is_dir():
            raise BadRequest(because("folder-not-there", folder=file.parent))
        return file

    def server_file(self, path: str) -> Path:
        """A file below the state folder."""
        return Path(self.places.state_folder(), *path.split("/"))

    async def ask_password(self, prompt: str) -> str:
        """Ask on the terminal, without echo."""
        if not self.interactive:
            raise Refused(because("password-without-terminal"))
        typed = ""
        try:
            with _interruptible():
                typed = getpass.getpass(prompt)
        except (EOFError, KeyboardInterrupt) as error:
            self.err("")  # what follows begins below the prompt
            if isinstance(error, KeyboardInterrupt):
                raise
        if typed:
            return typed
        raise Refused(because("password-not-typed"))

    async def confirm(self, question: str) -> bool:
        """Ask on the terminal; yes is y, yes, 예 or 네."""
        if not self.interactive:
            return await super().confirm(question)
        sys.stderr.write(f"{question} [y/N] ")
        sys.stderr.flush()
        with _interruptible():
            return sys.stdin.readline().strip().lower() in ("y", "yes", "예", "네")

    async def read_file(self, path: str) -> str:
        """A small file here, or standard input for ``-``."""
        with _interruptible():
            return _read(path)


def chosen_language(wanted: object) -> str:
    """``ko`` or ``en``: what was asked for, or for ``auto`` and nothing what the environment's locale says."""
    if wanted in ("ko", "en"):
        return str(wanted)
    locale = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return "ko" if locale.startswith("ko") else "en"


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl+C end a wait for a person. It blocks the loop on purpose: in a thread nothing could end it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _read(path: str) -> str:
    try:
        if path == "-":
            text = sys.stdin.read(LARGEST_INPUT + 1)
        else:
            with Path(path).expanduser().open(encoding="utf-8") as file:
                text = file.read(LARGEST_INPUT + 1)
    except UnicodeDecodeError as error:
        raise BadRequest(because("file-not-utf8", path=path)) from error
    except OSError as error:
        raise BadRequest(because("file-unreadable", path=path, why=error.strerror)) from error
    if len(text) > LARGEST_INPUT:
        raise BadRequest(because("file-too-large", path=path, most=LARGEST_INPUT))
    return text


def _print(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # the interpreter flushes it once more
        raise BatmonError(because("output-not-written", why=error.strerror)) from error
