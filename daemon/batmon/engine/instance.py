"""One daemon a state folder: a lock that the operating system drops when the process ends, however it ends."""

from __future__ import annotations

import os
from pathlib import Path

from batmon.errors import BatmonError
from batmon.refusals import because


class AlreadyRunning(BatmonError):
    """Another daemon owns this state folder."""

    code = "already_running"


class InstanceLock:
    """Held from construction to ``release``; the file names the owner's pid for people who look.

    Raises:
        AlreadyRunning: another process holds it.
        BatmonError: the file belongs to another user.
    """

    def __init__(self, state: Path) -> None:
        self.path = state / "daemon.lock"
        try:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except PermissionError as error:
            raise BatmonError(because("of-another-user", path=self.path, state=state)) from error
        try:
            _lock(self._fd)
        except OSError:
            owner = os.read(self._fd, 32).decode("ascii", "replace").strip()
            os.close(self._fd)
            raise AlreadyRunning(
                f"a daemon (pid {owner or 'unknown'}) already owns {state}",
                hint="attach with `batmon tui`, or name another folder with --state",
            ) from None
        os.truncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0) if hasattr(os, "pwrite") else os.write(
            self._fd, f"{os.getpid()}\n".encode()
        )

    def release(self) -> None:
        """Let go; the file stays, as it must for others to lock."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _lock(fd: int) -> None:
    if os.name == "nt":
        import msvcrt  # noqa: PLC0415 - Windows only

        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl  # noqa: PLC0415 - absent on Windows

        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
