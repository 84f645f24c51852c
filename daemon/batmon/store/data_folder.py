"""The embedded server's folders: whose they are, made whole or not at all, and nobody left inside."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from batmon.errors import EmbeddedError

SYNCED_AT_ONCE = 8


class OwnerLock:
    """One owner of a data folder at a time; the operating system drops the lock however its holder ends.

    Raises:
        EmbeddedError: another living process holds it.
    """

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._fd)
        except OSError:
            owner = os.read(self._fd, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(self._fd)
            self._fd = -1
            raise EmbeddedError(
                f"another daemon (pid {owner}) owns the database in {path.parent}",
                hint="stop it, or give this one a state folder of its own",
            ) from None
        os.truncate(self._fd, 0)
        os.write(self._fd, str(os.getpid()).encode())

    def release(self) -> None:
        """Let go; harmless when done twice. The file stays for others to lock."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _lock(fd: int) -> None:
    if os.name == "nt":
        import msvcrt  # noqa: PLC0415 - Windows only

        os.lseek(fd, 4096, os.SEEK_SET)  # beyond the text, which stays readable
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        os.lseek(fd, 0, os.SEEK_SET)
    else:
        import fcntl  # noqa: PLC0415 - absent on Windows

        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def identity_for(state: Path) -> str:
    """As whom the server must run, in the words of ``guarded_exec``: PostgreSQL refuses to be root.

    Not root: ``same``. Root, and the state folder belongs to a user (such as ``batmon``): that user. Root's own folder:
    ``namespace``, for no other user could enter it.
    """
    if os.name == "nt" or os.geteuid() != 0:
        return "same"
    owner = state.stat()
    return "namespace" if owner.st_uid == 0 else f"{owner.st_uid}:{owner.st_gid}"


def give_to(identity: str, folder: Path) -> None:
    """Make the user that the server runs as the owner of ``folder``."""
    if ":" in identity:
        uid, gid = identity.split(":")
        os.chown(folder, int(uid), int(gid))


def private_folder(folder: Path, identity: str) -> None:
    """Make ``folder`` (0700) if it is not there, and refuse one that somebody else could have prepared.

    Raises:
        EmbeddedError: it is a link, no folder, or belongs to another user.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
        give_to(identity, folder)
    if os.name == "nt":
        return
    found = folder.lstat()
    theirs = int(identity.partition(":")[0]) if ":" in identity else os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), theirs):
        raise EmbeddedError(f"{folder} is not a folder of ours", hint="remove it: somebody else made it")
    give_to(identity, folder)
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)


def version_of(data: Path) -> int | None:
    """The major version that made the data folder; None when there is no data folder.

    Raises:
        EmbeddedError: there is a folder, and it is not a whole data folder.
    """
    if not data.exists():
        return None
    try:
        return int((data / "PG_VERSION").read_text().strip())
    except (OSError, ValueError) as error:
        raise EmbeddedError(
            f"{data} is not a PostgreSQL data folder ({error})", hint="move it away; a new one is made in its place"
        ) from error


def half_made(data: Path) -> list[Path]:
    """What is left of attempts to make ``data`` that were cut off."""
    return sorted(data.parent.glob(f"{data.name}.new-*"))


@contextlib.contextmanager
def made_whole(data: Path, identity: str) -> Iterator[Path]:
    """A new folder beside ``data`` to fill, which becomes ``data`` in one step when the block ends well.

    Its name is its own: what a cut-off attempt left may still be written to by a process on its way down.
    """
    new = Path(tempfile.mkdtemp(prefix=f"{data.name}.new-", dir=data.parent))
    give_to(identity, new)
    try:
        yield new
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    new.rename(data)
    if os.name != "nt":
        _synced(data.parent)


def put_on_disk(folder: Path) -> None:
    """Return when all that lies in ``folder``, a thousand small files, is on the disk; OSError if it cannot be.

    One file after the other the disk is waited for a thousand times, as ``initdb`` itself does; several at a time share
    their waits.
    """
    with ThreadPoolExecutor(SYNCED_AT_ONCE, "sync") as pool:
        for _ in pool.map(_synced, (folder, *folder.rglob("*"))):
            pass


def _synced(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def inhabitants(data: Path) -> list[int]:
    """The pids of every PostgreSQL process of this data folder: each of them has it as its working folder."""
    import psutil  # noqa: PLC0415 - 20 ms that only the start of a server pays

    place = os.path.realpath(data)
    return [
        process.pid
        for process in psutil.process_iter(["name", "cwd"])
        if process.info["cwd"] == place and str(process.info["name"]).startswith(("postgres", "initdb"))
    ]


def postmaster(data: Path) -> tuple[int, bool] | None:
    """The pid that ``postmaster.pid`` names and whether it says ready; None while there is nothing to read."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), len(lines) > 7 and lines[7].strip() == "ready"
    except (FileNotFoundError, IndexError, ValueError):
        return None


def forget_dead(data: Path, sockets: Path) -> None:
    """Remove the lock files that a killed server left: their pid may be somebody else's by now."""
    for left in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock", sockets / ".s.PGSQL.5432"):
        left.unlink(missing_ok=True)
