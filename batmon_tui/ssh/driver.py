"""The Textual driver that draws on an SSH channel: no threads, no signals, no terminal of this process."""

from __future__ import annotations

import asyncio
import contextvars
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO, Literal, TextIO

from textual import events, messages
from textual.app import App
from textual.driver import Driver
from textual.geometry import Size
from textual.message import Message

from batmon_tui.ssh.colours import downgrade
from batmon_tui.ssh.input_pump import InputPump
from batmon_tui.ssh.outlet import POLL_SEC
from batmon_tui.ssh.terminal import Terminal

_MOUSE = ("1000", "1003", "1015", "1006")
_START = (
    "\x1b[?1049h",  # the alternate screen
    *(f"\x1b[?{mode}h" for mode in _MOUSE),
    "\x1b[?25l",  # no cursor
    "\x1b[?1004h",  # say when the window gains and loses the focus
    "\x1b[>25u",  # kitty's keys: disambiguate, report all, with their text
    "\x1b[?2026$p",  # can it show a frame at once?
    "\x1b[?2004h",  # mark what is pasted
    "\x1b[?7l",  # no wrapping
)
_STOP = (
    "\x1b[?2004l",
    "\x1b[?7h",
    *(f"\x1b[?{mode}l" for mode in _MOUSE),
    "\x1b[<u",  # before the alternate screen is left: kitty keeps a stack for each
    "\x1b[?1004l",
    "\x1b[?1049l",
    "\x1b[?25h",
    "\x1b[0m",
)
_IGNORED = (events.CursorPosition, messages.InBandWindowResize, events.Resize)
"""What a terminal may send and must not: its size is what SSH says it is."""


class SshDriver(Driver):
    """Draws on ``terminal``; made by the app itself, inside the app's context, where every callback runs again."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
        terminal: Terminal,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size or terminal.size)
        self._terminal = terminal
        self._context = contextvars.copy_context()
        self._pump = InputPump(
            self.process_message, hold=terminal.hold, too_much=terminal.outlet.cut, context=self._context
        )
        self._unsent: list[str] = []
        self._flush: asyncio.Handle | None = None
        self._batch: AbstractContextManager[None] | None = None
        self._congested_since = 0.0
        self._poll: asyncio.TimerHandle | None = None
        self._running = False

    # -- what the app does with its driver

    def write(self, data: str) -> None:
        """Take output; it leaves in one piece once the app has nothing more to do."""
        self._unsent.append(data)
        if self._flush is None:
            self._flush = self._loop.call_soon(self._send, context=self._context)

    def start_application_mode(self) -> None:
        """Switch the terminal over and tell the app its size."""
        self._running = True
        self.write("".join(_START))
        self._terminal.attach(self)
        self.resized(*self._terminal.size)

    def disable_input(self) -> None:
        """Listen no more."""
        self._pump.stop()

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was. The channel stays open."""
        if not self._running:
            return
        self._running = False
        self.disable_input()
        self._leave_batch()
        self.write("".join(_STOP))
        self._send()

    def close(self) -> None:
        """Let go of timers."""
        self.stop_application_mode()
        for timer in (self._poll, self._flush):
            if timer is not None:
                timer.cancel()

    def send_message(self, message: Message) -> None:
        """Hand a message to the app, unless it is one that a terminal has no say in."""
        if not isinstance(message, _IGNORED):
            self._app.post_message(message)

    def open_url(self, url: str, new_tab: bool = True) -> None:  # noqa: ARG002 - Textual's signature
        """Show the address: a browser opened here would open on the server."""
        self._app.notify(url, title="Open this address on your own machine", timeout=20, markup=False)

    def deliver_binary(
        self,
        binary: BinaryIO | TextIO,
        *,
        delivery_key: str,
        save_path: Path,
        open_method: Literal["browser", "download"] = "download",  # noqa: ARG002 - Textual's signature
        encoding: str | None = None,  # noqa: ARG002 - as above
        mime_type: str | None = None,  # noqa: ARG002 - as above
        name: str | None = None,
    ) -> None:
        """Refuse: the file would land on the server."""
        binary.close()
        refusal = OSError(f"{save_path.name} is not saved: this screen is shown over SSH")
        self._app.notify(str(refusal), severity="warning", markup=False)
        self._app.post_message(events.DeliveryFailed(key=delivery_key, exception=refusal, name=name))

    # -- what comes from the client

    def received(self, data: bytes) -> None:
        """Take what the person typed."""
        self._pump.feed(data)

    def resized(self, width: int, height: int) -> None:
        """Tell the app the window's size, in cells."""
        if self._running:
            self._size = (width, height)
            size = Size(width, height)
            self._context.copy().run(self._app.post_message, events.Resize(size, size))

    def leave(self) -> None:
        """Ask the app to end: the person hung up, or the server stops."""
        self._context.copy().run(self._app.exit)

    # -- output, and a client that does not keep up with it

    def _send(self) -> None:
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        if self._unsent:
            text = downgrade("".join(self._unsent), self._terminal.depth)
            self._unsent.clear()
            self._terminal.outlet.write(text.encode(errors="replace"))
            if self._running and self._batch is None and self._terminal.outlet.congested:
                self._enter_batch()

    def _enter_batch(self) -> None:
        """Draw nothing while the client is behind: what it would show is old by then."""
        self._batch = self._app.batch_update()
        self._batch.__enter__()
        self._congested_since = self._loop.time()
        self._poll = self._loop.call_later(POLL_SEC, self._look, context=self._context)

    def _look(self) -> None:
        outlet = self._terminal.outlet
        if not outlet.congested or outlet.closed:
            self._leave_batch()
            self._app.refresh()
        elif self._loop.time() - self._congested_since > outlet.stall_limit:
            outlet.cut("the client has stopped reading")
        else:
            self._poll = self._loop.call_later(POLL_SEC, self._look, context=self._context)

    def _leave_batch(self) -> None:
        if self._poll is not None:
            self._poll.cancel()
            self._poll = None
        if self._batch is not None:
            self._batch.__exit__(None, None, None)
            self._batch = None
