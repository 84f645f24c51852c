"""Where one process hands over what it records: to the daemon, else into the spool, else it waits in memory.

An operation is safe when the daemon has committed it or when it is on the disk; ``put`` returns then. Nothing here
raises: a program never fails because BATMON is down, full or broken, it only finds a warning in the log
``batmon.record``.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import threading
import time
import weakref
from collections import deque

from batmon.record.line import Line, NoAnswer
from batmon.record.spool import Spool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from batmon.record.ops import Op

log = logging.getLogger("batmon.record")

MOST_KEPT = 10_000
"""Operations that wait in memory when even the disk does not take them; the oldest go first."""
WARN_EVERY_SEC = 60.0
_FLUSH_LOOK_SEC = 0.05

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_everyone: weakref.WeakSet[Outbox] = weakref.WeakSet()
_left_behind: list[object] = []
"""What belonged to the process before a fork. It is neither used nor closed: SQLite forbids both."""


class Outbox:
    """The way of this process to the daemon at ``address``, with the spool in the folder ``spool`` behind it.

    Without an ``address`` everything goes into the spool. ``trusted`` as in ``Line``.
    """

    beats = False
    """Whether runs are watched by the beats that are sent for them, not by their process."""

    def __init__(self, address: str | None, spool: str, *, trusted: bool = False) -> None:
        self._address = address
        self._spool_path = spool
        self._trusted = trusted
        self._set_up()
        _everyone.add(self)

    def _set_up(self) -> None:
        self._line = None if self._address is None else Line(self._address, trusted=self._trusted)
        self._spool = Spool(self._spool_path)
        self._kept: deque[str] = deque()
        self._retrying = threading.Lock()
        self._warned: dict[str, float] = {}
        self._lost = 0

    def put(self, op: Op) -> int | None:
        """Hand an operation over; the ``log_id`` that the daemon gave the run. Without a daemon there is none yet."""
        try:
            line = _encode(op)
            if self._kept:
                self._retry()
            answer = self._said(line)
            if answer is None:
                self._spooled(line)
        except Exception:  # the promise of this module
            log.exception("a record could not be kept")
            return None
        return None if answer is None else answer.get("log_id")

    @property
    def durable(self) -> bool:
        """Whether everything that was handed over is with the daemon or on the disk."""
        return not self._kept

    def flush(self, seconds: float) -> bool:
        """Wait until the spool is empty, because somebody drains it; whether it is."""
        until = time.monotonic() + seconds
        while True:
            try:
                if self._kept:
                    self._retry()
                if not self._kept and not self._spool.waiting_count():
                    return True
            except Exception as error:  # noqa: BLE001 - the promise of this module
                self._warn("the spool %s cannot be read: %s", self._spool_path, error)
            if time.monotonic() >= until:
                return False
            time.sleep(min(_FLUSH_LOOK_SEC, max(0.0, until - time.monotonic())))

    def close(self) -> None:
        """What is done at the end of the process: the last try for what is only in memory."""
        if self._kept:
            self._retry()
        if self._kept:
            log.warning(
                "%d records are lost: neither BATMON nor the spool %s took them", len(self._kept), self._spool_path
            )
        if self._line is not None:
            self._line.leave_to_the_kernel()

    def _said(self, line: str) -> dict[str, Any] | None:
        """What the daemon says when it has it."""
        if self._line is None:
            return None
        try:
            answer = self._line.say(line)
        except NoAnswer as reason:
            log.debug("into the spool: %s", reason)
            return None
        if answer.get("ok") is True:
            return answer
        error = answer.get("error") or {}
        self._warn("the daemon did not take a record: %s", error.get("message", answer))
        return None

    def _spooled(self, line: str) -> None:
        try:
            self._spool.put((line,))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is said and tried again
            self._keep(line)
            self._warn("a record waits in memory: the spool %s did not take it: %s", self._spool_path, error)
        except BaseException:  # an interrupt in the middle
            self._keep(line)
            raise

    def _keep(self, line: str) -> None:
        if len(self._kept) >= MOST_KEPT:
            self._kept.popleft()
            self._lost += 1
            self._warn("%d records are lost: more than %d waited in memory", self._lost, MOST_KEPT)
        self._kept.append(line)

    def _retry(self) -> None:
        """Try again with what is only in memory, the oldest first."""
        if not self._retrying.acquire(blocking=False):
            return
        try:
            waiting = list(self._kept)
            try:
                self._spool.put(waiting)
                taken = len(waiting)
            except Exception:  # noqa: BLE001 - it was said before
                taken = self._say_some(waiting)
            for _ in range(min(taken, len(self._kept))):
                self._kept.popleft()
            if taken:
                log.info("%d records that waited in memory are safe now", taken)
        finally:
            self._retrying.release()

    def _say_some(self, waiting: list[str]) -> int:
        """Tell the daemon as many as it takes within a moment; how many."""
        until = time.monotonic() + 0.01
        for count, line in enumerate(waiting):
            if time.monotonic() >= until or self._said(line) is None:
                return count
        return len(waiting)

    def _warn(self, words: str, *args: object) -> None:
        """Say it, the same at most once a minute."""
        now = time.monotonic()
        if now - self._warned.get(words, -WARN_EVERY_SEC) >= WARN_EVERY_SEC:
            self._warned[words] = now
            log.warning(words, *args)

    def after_fork(self) -> None:
        """Begin anew in a child: the connection, the files and what waits in memory are the parent's."""
        _left_behind.append(self._spool)
        if self._line is not None:
            self._line.close()  # only the child's end: the daemon must see it close when the parent ends
        self._set_up()


def _after_fork() -> None:
    for outbox in _everyone:
        outbox.after_fork()


def _at_exit() -> None:
    for outbox in list(_everyone):
        outbox.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)
