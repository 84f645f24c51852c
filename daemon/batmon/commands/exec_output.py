"""What a program prints, on its way to where it was meant to go: passed on byte by byte, its last lines remembered.

The program gets a pipe for each stream, or one for both where both go to the same place; where that is a terminal it
gets a terminal, so that it prints as it would have without us.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections import deque
from typing import Self

REMEMBERED_BYTES = 32 * 1024
REMEMBERED_LINES = 200
AFTER_SEC = 1.0
"""How long output is passed on when the program has ended and something that it left behind holds its output open."""
_LONGEST_MESSAGE = 500
_BLOCK = 65536
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


class Output:
    """Both streams of one program: give ``stdout`` and ``stderr`` to it, then call ``started``."""

    def __init__(self) -> None:
        self._recent: deque[bytes] = deque()
        self._held = 0
        self._forgotten = False
        self._remembering = threading.Lock()
        self._pumps: list[threading.Thread] = []
        self._ours: list[tuple[int, int]] = []
        self._theirs: list[int] = []

    def __enter__(self) -> Self:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - there is none elsewhere

            for handle in (1, 2):
                msvcrt.setmode(handle, os.O_BINARY)
        self.stdout = self._channel(1)
        same = _identity(1) is not None and _identity(1) == _identity(2)
        self.stderr = self.stdout if same else self._channel(2)
        return self

    def __exit__(self, *_: object) -> None:
        self._leave_theirs()

    def _leave_theirs(self) -> None:
        """Close what only the program needs, so that its end is seen."""
        for handle in self._theirs:
            os.close(handle)
        self._theirs.clear()

    def started(self) -> None:
        """The program runs: pass on what it prints."""
        self._leave_theirs()
        for source, target in self._ours:
            pump = threading.Thread(target=self._pump, args=(source, target), daemon=True)
            pump.start()
            self._pumps.append(pump)

    def finish(self) -> None:
        """The program has ended: pass on the rest."""
        for pump in self._pumps:
            pump.join(AFTER_SEC)

    def last_lines(self) -> str:
        """The end of what it printed, both streams as they came."""
        with self._remembering:
            data = b"".join(self._recent)
        if self._forgotten or len(data) > REMEMBERED_BYTES:
            data = data[-REMEMBERED_BYTES:]
            data = data.partition(b"\n")[2] or data  # the first line is only a part of one
        lines = data.strip(b"\r\n").split(b"\n")[-REMEMBERED_LINES:]
        return "\n".join(_readable(line) for line in lines)

    def last_line(self) -> str:
        """The last line that is not empty, cut to what a message may hold."""
        lines = self.last_lines().split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")[:_LONGEST_MESSAGE]

    def _channel(self, target: int) -> int:
        """What the program writes to instead of ``target``; a stream that we do not have is closed for it too."""
        if _identity(target) is None:
            handle = os.open(os.devnull, os.O_WRONLY)
            self._theirs.append(handle)
            return handle
        source, theirs = _terminal_like(target) if os.isatty(target) and os.name != "nt" else os.pipe()
        self._ours.append((source, target))
        self._theirs.append(theirs)
        return theirs

    def _pump(self, source: int, target: int) -> None:
        try:
            while data := _read(source):
                self._remember(data)
                _write(target, data)
        except OSError:
            pass  # whoever read it has gone: the program finds its own output closed, as it would have without us
        finally:
            os.close(source)

    def _remember(self, data: bytes) -> None:
        with self._remembering:
            self._recent.append(data)
            self._held += len(data)
            while self._held - len(self._recent[0]) >= REMEMBERED_BYTES:
                self._held -= len(self._recent.popleft())
                self._forgotten = True


def _identity(handle: int) -> tuple[int, int] | None:
    """What a stream goes to; None when it is closed."""
    try:
        facts = os.fstat(handle)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _read(source: int) -> bytes:
    try:
        return os.read(source, _BLOCK)
    except OSError:  # EIO: the last one who had our terminal open has gone
        return b""


def _write(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(target, view) :]
        except BlockingIOError:  # somebody made it so, and it is full
            import select  # noqa: PLC0415 - hardly ever

            select.select([], [target], [])


def _terminal_like(target: int) -> tuple[int, int]:
    """A terminal of our own of the size of ``target``, which changes nothing in what is written to it."""
    import fcntl  # noqa: PLC0415 - there is none of these on Windows
    import pty  # noqa: PLC0415 - as above
    import signal  # noqa: PLC0415 - only here
    import termios  # noqa: PLC0415 - as above

    ours, theirs = pty.openpty()
    modes = termios.tcgetattr(theirs)
    modes[1] &= ~termios.OPOST
    termios.tcsetattr(theirs, termios.TCSANOW, modes)

    def resize(*_: object) -> None:
        size = fcntl.ioctl(target, termios.TIOCGWINSZ, b"\0" * 8)
        fcntl.ioctl(ours, termios.TIOCSWINSZ, size)

    resize()
    signal.signal(signal.SIGWINCH, resize)
    return ours, theirs


def _readable(line: bytes) -> str:
    """A line as a person saw it: without colours, and only what the last carriage return left."""
    for encoding in ("utf-8", "cp949"):
        try:
            text = line.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        text = line.decode("utf-8", "backslashreplace")
    return _ESCAPES.sub("", text).rstrip("\r").rpartition("\r")[2]
