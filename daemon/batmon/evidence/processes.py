"""Processes as evidence: is this very process alive, what belongs to it, and how to end all of it.

A pid alone is not an identity (numbers are used again), so each goes with its creation time. Nothing here reaps a
child: whoever started it wants its exit code.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

_CLOCK_TOLERANCE_SEC = 0.05
"""By which two readings of one creation time may differ: Linux derives it from the boot time."""

_CLOCKS_SEC = 2.0
"""The same where another program read one of the two: in whole seconds perhaps, or before the clock was set."""

_POLL_SEC = 0.02
_ROUNDS = 3
"""How often a tree is listed again while it is being killed: a process may start another meanwhile."""


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process for as long as the machine runs: ``created`` in seconds since the epoch, as psutil gives it."""

    pid: int
    created: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """What became of a process tree: how many processes ended, and those that outlived even the kill.

    A survivor is stuck in the kernel, or not ours to end.
    """

    ended: int
    survivors: tuple[ProcessIdentity, ...] = ()


def identify(pid: int) -> ProcessIdentity | None:
    """The process that has this pid now; None when there is none."""
    try:
        return ProcessIdentity(pid, psutil.Process(pid).create_time())
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        return None


def is_alive(process: ProcessIdentity) -> bool:
    """Whether that very process still runs; one that ended and was not yet reaped (a zombie) does not."""
    return _living(process) is not None


def holds(pid: int, created: float | None, *, begun_by: float) -> bool:
    """Whether the process that somebody named still runs.

    ``created`` is as that somebody read it, seconds since the epoch. Where it could not be read, whatever has this pid
    and was created at ``begun_by`` or before is taken for it.
    """
    found = identify(pid)
    if found is None:
        return False
    same = found.created <= begun_by if created is None else abs(found.created - created) <= _CLOCKS_SEC
    return same and is_alive(found)


def tree(process: ProcessIdentity) -> tuple[ProcessIdentity, ...]:
    """The living process and everything it started, itself first. Blocks for some milliseconds.

    On POSIX a process that leads a session owns all of that session: children whose parent died are found too, even
    when the leader itself is gone.
    """
    root = _living(process)
    found = [] if root is None else [root, *_descendants([root])]
    return tuple(dict.fromkeys(_identities([*found, *_session(process)])))


def marked(name: str, value: str) -> tuple[ProcessIdentity, ...]:
    """The living processes whose environment holds this variable, oldest first. Costs 50 us a process; blocks.

    A process hands its environment on to what it starts, whatever session that goes into and whoever becomes its
    parent. Processes that we may not ask (other users', when not root) are left out.
    """
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(name) == value:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return tuple(sorted(_identities(found), key=lambda one: one.created))


def stop_tree(
    process: ProcessIdentity, *, grace: float = 5.0, kill_wait: float = 5.0, mark: tuple[str, str] | None = None
) -> Stopped:
    """End a process and all that it started: asked first, killed after ``grace`` seconds. Blocks; run it in a thread.

    ``mark`` is a variable of the environment that the process was started with: by it those are found that left the
    tree and its session too. On Windows asking is killing. Takes at most about ``grace + 3 * kill_wait`` seconds.
    """
    seen = dict.fromkeys((*tree(process), *_marked(mark)))
    _signal(seen, kill=False)
    _wait(seen, grace)
    for _ in range(_ROUNDS):
        seen.update(dict.fromkeys((*_rest(process, tuple(seen)), *_marked(mark))))
        rest = [known for known in seen if is_alive(known)]
        if not rest:
            break
        _signal(rest, kill=True)
        _wait(rest, kill_wait)
    survivors = tuple(known for known in seen if is_alive(known))
    return Stopped(len(seen) - len(survivors), survivors)


def _marked(mark: tuple[str, str] | None) -> tuple[ProcessIdentity, ...]:
    return () if mark is None else marked(*mark)


def _living(process: ProcessIdentity) -> psutil.Process | None:
    try:
        found = psutil.Process(process.pid)
        same = abs(found.create_time() - process.created) <= _CLOCK_TOLERANCE_SEC
        return found if same and found.status() != psutil.STATUS_ZOMBIE else None
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        return None


def _identities(processes: Iterable[psutil.Process]) -> list[ProcessIdentity]:
    found = []
    for process in processes:
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(ProcessIdentity(process.pid, process.create_time()))
        except psutil.NoSuchProcess:
            continue
    return found


def _descendants(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for process in processes:
        try:
            found += process.children(recursive=True)
        except psutil.NoSuchProcess:
            continue
    return found


def _rest(process: ProcessIdentity, seen: tuple[ProcessIdentity, ...]) -> list[ProcessIdentity]:
    """What lives of the tree now, and what those that were seen in it have started since."""
    alive = [living for known in seen if (living := _living(known))]
    return [*tree(process), *_identities([*alive, *_descendants(alive)])]


if sys.platform == "win32":

    def _session(_: ProcessIdentity) -> list[psutil.Process]:
        return []

else:

    def _session(process: ProcessIdentity) -> list[psutil.Process]:
        """The members of the session that this process leads or led.

        The kernel gives a pid to nobody else while a session of that number lives: when the leader is gone and its pid
        is free, the session is still its own.
        """
        if process.pid <= 1:
            return []
        holder = identify(process.pid)
        if holder is not None and abs(holder.created - process.created) > _CLOCK_TOLERANCE_SEC:
            return []
        members = []
        for pid in psutil.pids():
            try:
                if os.getsid(pid) == process.pid:
                    members.append(psutil.Process(pid))
            except (psutil.NoSuchProcess, ProcessLookupError, PermissionError):
                continue
        return members


def _wait(processes: Iterable[ProcessIdentity], seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and any(is_alive(known) for known in processes):
        time.sleep(_POLL_SEC)


def _signal(processes: Iterable[ProcessIdentity], *, kill: bool) -> None:
    for process in processes:
        living = _living(process)
        try:
            if living is not None:
                (living.kill if kill else living.terminate)()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # gone already, or not ours to end: the count that comes back says so
