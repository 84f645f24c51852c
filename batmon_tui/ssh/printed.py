"""One standard output for many apps: what is printed goes to whoever printed it, and never to the process's own.

``contextlib.redirect_stdout`` does not nest among apps that start and end in any order, so the process and every app
get the same two routers.
"""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from textual._context import active_app
from textual.app import App

log = logging.getLogger(__name__)

printing_to: ContextVar[Callable[[str, bool], None] | None] = ContextVar("printing_to", default=None)
"""Where this task's printing goes (text, is it stderr?): set for verbs; nobody else is meant to print."""


class Router(io.TextIOBase):
    """A text file that hands what is written to the verb or the app at work, else to the log."""

    def __init__(self, *, stderr: bool) -> None:
        super().__init__()
        self._stderr = stderr

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str, /) -> int:
        """Route one piece of text; the number of its characters."""
        target, app = printing_to.get(), active_app.get(None)
        if target is not None:
            target(text, self._stderr)
        elif app is not None and not app.is_headless:
            app._print(text, stderr=self._stderr)  # noqa: SLF001 - what Textual's own capture does
        elif text.strip():
            log.info("printed: %s", text.rstrip())
        return len(text)


_OUT = Router(stderr=False)
_ERR = Router(stderr=True)


def install() -> None:
    """Make the routers this process's standard output and error; its own stay ``sys.__stdout__`` and so on."""
    sys.stdout = _OUT
    sys.stderr = _ERR


def adopt(app: App[Any]) -> None:
    """Have ``app`` leave the process's output alone when it redirects it."""
    patched: Any = app
    patched._capture_stdout = _OUT  # noqa: SLF001 - Textual offers no setting
    patched._capture_stderr = _ERR  # noqa: SLF001 - as above
