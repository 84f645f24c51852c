"""Runs the console's app on a terminal, and says in one line when it breaks."""

from __future__ import annotations

import importlib
import io
import logging
import secrets
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rich.console import Console
from textual.app import App

from batmon.errors import BatmonError, DaemonUnreachable
from batmon.gate.client import GateClient
from batmon.refusals import because
from batmon_tui.ssh import printed
from batmon_tui.ssh.driver import SshDriver
from batmon_tui.ssh.terminal import USUAL, Terminal

log = logging.getLogger(__name__)

Connect = Callable[[], Awaitable[GateClient]]
MakeApp = Callable[..., App[Any]]


def find_app(name: str) -> MakeApp:
    """The app class named ``package.module:Name``; it is called with ``connect`` and ``language=``.

    Raises:
        BatmonError: there is none.
    """
    module, _, attribute = name.partition(":")
    try:
        found: MakeApp = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise BatmonError(f"there is no app {name}: {error}", hint="--app package.module:Name") from error
    return found


def language_of(environ: Mapping[str, str], configured: str) -> str:
    """The language for a client: the configured one, or with ``auto`` what the client's locale says."""
    if configured != "auto":
        return configured
    locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    if locale.startswith("ko"):
        return "ko"
    return "en" if locale[:2].isalpha() and locale not in ("C", "POSIX", "C.UTF-8", "C.utf8") else "auto"


class Screening:
    """One app on one terminal, from ``run`` to its end or to ``leave``."""

    def __init__(self, make_app: MakeApp, connect: Connect, terminal: Terminal, language: str) -> None:
        self._terminal = terminal
        self._language = language
        self._crash = ""
        self._app = make_app(connect, language=language)
        self._driver: SshDriver | None = None
        patched: Any = self._app
        patched.came_by = terminal.server
        patched.driver_class = self._make_driver
        patched._fatal_error = self._broken  # noqa: SLF001 - Textual would print the traceback to the person
        patched.error_console = Console(file=io.StringIO())
        patched._print_error_renderables = self._swallow_panic  # noqa: SLF001 - as above
        printed.adopt(self._app)

    async def run(self) -> int:
        """Show the app until it ends; its exit code."""
        await self._app.run_async(size=self._terminal.size)
        if self._crash:
            self._say_crash()
            return 1
        return self._app.return_code or 0

    def leave(self) -> None:
        """Ask the app to end."""
        if self._driver is not None:
            self._driver.leave()
        else:
            self._app.exit()

    def _make_driver(self, app: App[Any], **arguments: Any) -> SshDriver:
        self._driver = SshDriver(app, terminal=self._terminal, **arguments)
        return self._driver

    def _broken(self) -> None:
        """An exception that nobody in the app caught: the whole of it to the log, a number to the person."""
        if not self._crash:
            self._crash = secrets.token_hex(3)
            log.error("the app of a session broke (%s)", self._crash, exc_info=sys.exc_info())
        self._app._close_messages_no_wait()  # noqa: SLF001 - how Textual's own handler ends the app

    def _swallow_panic(self) -> None:
        """What Textual prints at the end for errors that render themselves, such as a broken style sheet."""
        app: Any = self._app
        if app._exit_renderables and app._exception is not None and not self._crash:  # noqa: SLF001
            self._crash = secrets.token_hex(3)
            log.error("the app of a session broke (%s)", self._crash, exc_info=app._exception)  # noqa: SLF001
        app._exit_renderables.clear()  # noqa: SLF001 - the list that this method of Textual's empties

    def _say_crash(self) -> None:
        words = {
            "ko": f"BATMON: 화면이 오류로 끝났습니다. 서버의 로그에 자세한 내용이 있습니다 (번호 {self._crash}).",
            "en": f"BATMON: the screen ended with an error; the server's log has the details (number {self._crash}).",
        }
        self._terminal.outlet.write(f"{words.get(self._language, words['en'])}\r\n".encode())


async def warm(make_app: MakeApp) -> None:
    """Run the app once without a terminal, so that sessions find styles parsed and modules imported."""

    async def refuse() -> GateClient:
        raise DaemonUnreachable(because("nobody-attached"))

    app = make_app(refuse, language="en")
    printed.adopt(app)
    async with app.run_test(size=USUAL) as pilot:
        await pilot.pause()
