"""A client's terminal: its size, its colours, and the channel that leads to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import asyncssh

from batmon_tui.ssh.colours import depth_of
from batmon_tui.ssh.outlet import Outlet

USUAL = (80, 24)
LARGEST = (500, 200)


class Screen(Protocol):
    """What draws on the terminal and listens to it."""

    def received(self, data: bytes) -> None:
        """Take what the person typed."""

    def resized(self, width: int, height: int) -> None:
        """Follow the window's new size, in cells."""


def clamped(width: int, height: int) -> tuple[int, int]:
    """A size that can be drawn: clients send 0x0 when they do not know, and anything when they are broken."""
    return (
        min(width, LARGEST[0]) if width > 0 else USUAL[0],
        min(height, LARGEST[1]) if height > 0 else USUAL[1],
    )


class Terminal:
    """The pty of one session. Input that comes before there is a screen waits for it."""

    def __init__(
        self, chan: asyncssh.SSHServerChannel[bytes], outlet: Outlet, term: str, size: tuple[int, int]
    ) -> None:
        self._chan = chan
        self._screen: Screen | None = None
        self._early = bytearray()
        self.outlet = outlet
        self.term = term
        self.size = clamped(*size)
        self.depth = depth_of(term, {})

    @property
    def server(self) -> tuple[str, int] | None:
        """Address and port that the client reached us at, if it came over a network."""
        name = self._chan.get_extra_info("sockname")
        return (str(name[0]), int(name[1])) if isinstance(name, tuple) else None

    def know(self, environ: Mapping[str, str]) -> None:
        """Take the client's environment into account."""
        self.depth = depth_of(self.term, environ)

    def attach(self, screen: Screen) -> None:
        """From now on input and sizes go to ``screen``."""
        self._screen = screen
        if self._early:
            early, self._early = bytes(self._early), bytearray()
            screen.received(early)

    def received(self, data: bytes) -> None:
        """The client sent input; what comes early is bounded by the channel's window."""
        if self._screen is not None:
            self._screen.received(data)
        elif len(self._early) < 4096:
            self._early += data

    def resize(self, width: int, height: int) -> None:
        """The client's window has another size."""
        self.size = clamped(width, height)
        if self._screen is not None:
            self._screen.resized(*self.size)

    def hold(self, on: bool) -> None:
        """Ask the client to send no more input, or to go on."""
        if on:
            self._chan.pause_reading()
        else:
            self._chan.resume_reading()
