"""Folders for the databases of tests: in memory where there is plenty of it.

A new database is a copy of 10 MB. On a disk that takes ten times the processor time which it takes in memory.
"""

import atexit
import contextlib
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")  # noqa: S108 - what is made there is private and has a name that nobody can guess
PLENTY = 4 * 1024**3
"""Bytes that must be free: a worker of the tests holds some 400 MB, mostly what its servers write ahead."""
PREFIX = "bmt-"


def new_state_folder():
    """An empty folder with a short path; whoever asks removes it."""
    return Path(tempfile.mkdtemp(prefix="bm-", dir=_room()))


@cache
def _room():
    """This process's folder in memory, or None where a usual temporary folder must do."""
    if not sys.platform.startswith("linux") or not os.access(MEMORY, os.W_OK | os.X_OK):
        return None
    if min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available) < PLENTY:
        return None
    for left in MEMORY.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), _held(left):
            shutil.rmtree(left)  # its process was killed: memory, unlike a disk, is not cleaned by anybody else
    made = Path(tempfile.mkdtemp(prefix="new-", dir=MEMORY))
    lock = contextlib.ExitStack()
    lock.enter_context(_held(made))
    room = made.rename(made.with_name(PREFIX + made.name[-8:]))  # only now may others look whether somebody holds it
    atexit.register(lock.close)
    atexit.register(shutil.rmtree, room, ignore_errors=True)
    return room


@contextlib.contextmanager
def _held(folder):
    """The lock on a folder, which ends with this process at the latest.

    Raises:
        OSError: another process has it, or it is another user's.
    """
    import fcntl  # noqa: PLC0415 - absent on Windows

    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(opened)
