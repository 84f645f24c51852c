"""Feeds a terminal's input to Textual's parser in portions, so that one flood does not stall the neighbours."""

from __future__ import annotations

import asyncio
import codecs
import contextvars
import logging
from collections.abc import Callable
from typing import Any

from textual import constants
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.message import Message

log = logging.getLogger(__name__)

TURN_CHARACTERS = 64
"""Characters that are parsed in one turn, in however many pieces they come."""

PASTE_CHARACTERS = 8 * 1024
"""The same inside a bracketed paste, whose characters are no events of their own."""

TURN_SEC = 0.02
"""How long a turn lasts before the next may begin."""

PASTE_LIMIT = 1024 * 1024
"""Characters in one paste; more ends the session."""

HOLD_ABOVE = 32 * 1024
"""Characters that wait before the channel is asked to send no more; it may again at half of that."""

_MARK = len(BRACKETED_PASTE_START)


class _Parser(XTermParser):
    """Textual's parser without the cache that it shares among all: that held each parser, and by it a whole app."""

    _parse_extended_key: Any = XTermParser._parse_extended_key.__wrapped__  # noqa: SLF001 - the method below the cache


class InputPump:
    """Bytes in, messages out to ``deliver``.

    ``hold(True)`` asks the channel to stop reading, ``hold(False)`` to go on; ``too_much`` is told why the session
    must end. Everything runs in ``context``.
    """

    def __init__(
        self,
        deliver: Callable[[Message], None],
        *,
        hold: Callable[[bool], None],
        too_much: Callable[[str], None],
        context: contextvars.Context,
    ) -> None:
        self._deliver = deliver
        self._hold = hold
        self._too_much = too_much
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._parser = _Parser()
        self._waiting = ""
        self._tail = ""
        self._paste: int | None = None
        self._held = False
        self._began = 0.0
        self._used = 0.0
        self._next: asyncio.Handle | None = None
        self._escape: asyncio.TimerHandle | None = None
        self._stopped = False

    @property
    def waiting(self) -> int:
        """Characters that are not parsed yet."""
        return len(self._waiting)

    def feed(self, data: bytes) -> None:
        """Take what the client sent."""
        if self._stopped:
            return
        self._waiting += self._decoder.decode(data)
        if not self._held and len(self._waiting) > HOLD_ABOVE:
            self._held = True
            self._hold(True)
        self._go_on()

    def stop(self) -> None:
        """Take nothing more."""
        self._stopped = True
        self._waiting = ""
        for timer in (self._next, self._escape):
            if timer is not None:
                timer.cancel()

    def _go_on(self) -> None:
        """See that what waits is parsed: at once while this turn has room, else in the next."""
        if not self._waiting or self._next is not None:
            return
        if self._used < 1 or self._loop.time() >= self._began + TURN_SEC:
            self._next = self._loop.call_soon(self._turn, context=self._context)
        else:
            self._next = self._loop.call_at(self._began + TURN_SEC, self._turn, context=self._context)

    def _turn(self) -> None:
        """Parse one portion, and come back for the next."""
        self._next = None
        now = self._loop.time()
        if now >= self._began + TURN_SEC:
            self._began, self._used = now, 0.0
        portion = self._take()
        if self._stopped or not portion:  # "" would mean the end to the parser
            return
        self._parse(portion)
        if self._waiting:
            self._go_on()
        else:
            self._await_escape()
        if self._held and len(self._waiting) <= HOLD_ABOVE // 2:
            self._held = False
            self._loop.call_soon(self._hold, False)  # it feeds us at once what the channel kept

    def _take(self) -> str:
        """The next portion: it ends where a paste begins or ends, even if the mark came in pieces."""
        whole = TURN_CHARACTERS if self._paste is None else PASTE_CHARACTERS
        size = max(1, int(whole * (1 - self._used)))
        mark = BRACKETED_PASTE_START if self._paste is None else BRACKETED_PASTE_END
        seen = self._tail + self._waiting[:size]
        found = seen.find(mark)
        end = found + _MARK - len(self._tail) if found >= 0 else min(size, len(self._waiting))
        portion, self._waiting = self._waiting[:end], self._waiting[end:]
        self._used += len(portion) / whole
        if found >= 0:
            self._tail = ""
            self._paste = 0 if self._paste is None else None
            return portion
        self._tail = (self._tail + portion)[1 - _MARK :]
        if self._paste is not None:
            self._paste += len(portion)
            if self._paste > PASTE_LIMIT:
                self.stop()
                self._too_much(f"more than {PASTE_LIMIT:,} characters were pasted at once")
        return portion

    def _parse(self, portion: str) -> None:
        try:
            for message in self._parser.feed(portion):
                self._deliver(message)
        except Exception:  # the parser is not made for hostile input: chr() of a number too large, for one
            log.info("input that the parser could not take was dropped", exc_info=True)
            self._parser = _Parser()
            self._paste = None

    def _await_escape(self) -> None:
        """Let a lone Escape become a key when nothing follows it."""
        if self._stopped:
            return
        if self._escape is not None:
            self._escape.cancel()
        self._escape = self._loop.call_later(constants.ESCAPE_DELAY + 0.005, self._tick, context=self._context)

    def _tick(self) -> None:
        self._escape = None
        for message in self._parser.tick():
            self._deliver(message)
