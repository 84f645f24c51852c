"""Become another program, as another user if need be, that is told to stop when its parent ends.

Run by path in an interpreter of its own (``python -I -S guarded_exec.py PARENT IDENTITY COMMAND...``), because code
between fork and exec of a threaded process may not do such things. ``PARENT`` is the pid that must still be the parent;
``IDENTITY`` is ``same``, ``namespace`` (a user namespace in which this user is *nobody*) or ``UID:GID``.
Linux only. Exit code 77: the identity could not be taken; 126: the command could not be started.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
NOBODY = 65534
NO_IDENTITY = 77
NO_COMMAND = 126


def take_identity(libc: ctypes.CDLL, identity: str) -> None:
    """Become the user that ``identity`` names; OSError if that is not allowed here."""
    if identity == "namespace":
        uid, gid = os.getuid(), os.getgid()
        if libc.unshare(CLONE_NEWUSER):
            raise OSError(ctypes.get_errno(), "a user namespace could not be made")
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1")
    elif identity != "same":
        wanted, group = identity.split(":")
        os.setgroups([])
        os.setgid(int(group))
        os.setuid(int(wanted))


def main(argv: list[str]) -> int:
    """Take the identity, ask for the signal, exec; returns only when something failed."""
    parent, identity, command = int(argv[1]), argv[2], argv[3:]
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        take_identity(libc, identity)
    except OSError as error:
        sys.stderr.write(f"cannot become {identity}: {error}\n")
        return NO_IDENTITY
    # After the change of user, which clears the signal; before the question, so that no parent is lost in between.
    libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)
    if os.getppid() != parent:
        return 0
    try:
        os.execv(command[0], command)  # noqa: S606 - starting a program without a shell is what this is for
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error}\n")
    return NO_COMMAND


if __name__ == "__main__":
    sys.exit(main(sys.argv))
