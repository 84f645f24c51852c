"""A program in a pty, and when what it should show is there."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time


class Terminal:
    """``command`` in a pty of this size; ``wait_for`` says when something was on it."""

    def __init__(self, command, environ, size=(120, 40)):
        self._fd, theirs = pty.openpty()
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env={**environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - one system call, no locks
        )  # fmt: skip
        os.close(theirs)
        self.seen = b""

    def wait_for(self, *wanted, bound=60.0):
        """Read until each of ``wanted`` was shown after the last ``forget``; seconds since the program's start."""
        texts = [text.encode() for text in wanted]
        end = time.monotonic() + bound
        while not all(text in self.seen for text in texts):
            ready, _, _ = select.select([self._fd], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise SystemExit(f"{wanted} is not on the terminal after {bound} s: {self.seen[-2000:]!r}")
            try:
                piece = os.read(self._fd, 65536)
            except OSError as error:
                raise SystemExit(f"the program has ended: {self.seen[-2000:]!r}") from error
            self.seen += piece
        return time.perf_counter() - self.began

    def forget(self):
        """Forget what was shown so far."""
        self.seen = b""

    def send(self, keys):
        """Type."""
        os.write(self._fd, keys)

    def leave(self, keys=b"q", bound=60.0):
        """Type ``keys`` and read on until the program has ended."""
        self.send(keys)
        end = time.monotonic() + bound
        while self.process.poll() is None and time.monotonic() < end:
            if select.select([self._fd], [], [], 0.05)[0]:
                try:
                    os.read(self._fd, 65536)
                except OSError:
                    break
        self.process.wait(bound)
        os.close(self._fd)
