"""The one way to what programs leave: a configured folder is opened once, and everything below it from there.

No link is followed, only regular files with one name are opened, opening never waits, and what is swapped while it is
being opened is refused or is what was there. See ``access_rules`` for paths, ``access_linux`` for how.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, Self

from batmon.errors import EvidenceError, NotFound
from batmon.evidence.access_linux import LinuxFolder, birth_of
from batmon.evidence.access_plain import PlainFolder
from batmon.evidence.access_rules import file_refusal, name_refusal, names_of, refused
from batmon.refusals import because

Kind = Literal["dir", "file", "link", "other"]
_BY_DESCRIPTOR = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
_WINDOWS = os.name == "nt"


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry of a folder: ``size`` in bytes, ``why`` it is not opened (empty when it may be)."""

    name: str
    kind: Kind
    size: int
    mtime_ns: int
    why: str = ""


class HeldFolder(Protocol):
    """A folder that is open, or held by its path; what each system's way of opening has to offer."""

    def close(self) -> None:
        """Let go of it."""

    def folder(self, names: tuple[str, ...]) -> HeldFolder:
        """The folder that these names lead to."""

    def entries(self) -> Iterator[tuple[str, bool]]:
        """The name of each entry and whether it is a folder, in no order."""

    def stat(self, name: str) -> os.stat_result:
        """What the entry is, not what it leads to."""

    def may_read(self, name: str) -> bool:
        """Whether permissions let us read an entry that is no link."""

    def open(self, name: str) -> io.FileIO:
        """The regular file of this name, for reading."""

    def create(self, name: str) -> io.FileIO:
        """A new file of this name, for writing."""

    def rename(self, old: str, new: str) -> None:
        """Call a file otherwise; what stands there already is never replaced."""

    def unlink(self, name: str) -> None:
        """Delete an entry that is no folder."""

    def sync(self) -> None:
        """Let its entries be on the disk."""


class Root:
    """A folder of the configuration, open. Every method blocks; every path is below it (``a/b``, empty for itself).

    ``held`` is the folder when it is opened in another way than the system's best.

    Raises:
        NotFound: the folder is not there.
        EvidenceError: it cannot be opened.
    """

    def __init__(self, path: Path | str, *, held: HeldFolder | None = None) -> None:
        self.path = Path(path)
        self._held = held or _held(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it; files that were opened stay open."""
        self._held.close()

    @contextmanager
    def folder(self, path: str) -> Iterator[HeldFolder]:
        """The folder at ``path``, open.

        Raises:
            Refused: it leads out, or is no folder.
            NotFound: it is not there.
            EvidenceError: it cannot be opened.
        """
        folder = self._held.folder(names_of(path, windows=_WINDOWS))
        try:
            yield folder
        finally:
            folder.close()

    def open_file(self, path: str) -> io.FileIO:
        """The regular file at ``path``, open for unbuffered reading.

        Raises:
            Refused: it leads out, or is anything but a regular file with one name.
            NotFound: it is not there.
            EvidenceError: it cannot be read.
        """
        above, name = _parted(path)
        with self.folder(above) as folder:
            return folder.open(name)

    def stat(self, path: str) -> Seen:
        """What is at ``path``.

        Raises:
            Refused: as ``folder``, for the folders on the way.
            NotFound: it is not there.
        """
        if not path:
            return Seen("", "dir", 0, self.path.stat().st_mtime_ns)
        above, name = _parted(path)
        with self.folder(above) as folder:
            return seen(folder, name)

    def list(self, path: str) -> Iterator[Seen]:
        """The entries of the folder at ``path``, in no order; those that may not be opened say why."""
        with self.folder(path) as folder:
            for name, _ in folder.entries():
                try:
                    yield seen(folder, name)
                except NotFound:
                    continue  # deleted while we looked


def seen(folder: HeldFolder, name: str) -> Seen:
    """One entry of an open folder.

    Raises:
        NotFound: it is gone.
    """
    known = folder.stat(name)
    mode = known.st_mode
    why = name_refusal(name, windows=_WINDOWS)
    kind: Kind = "dir" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "other"
    if stat.S_ISLNK(mode):
        kind = "link"
    if kind != "dir":
        why = why or file_refusal(mode, known.st_nlink)
    if not why and not folder.may_read(name):
        why = "the daemon's user may not read it"
    return Seen(name, kind, known.st_size if kind == "file" else 0, known.st_mtime_ns, why)


def identity_of(file: io.FileIO) -> str:
    """Which file is open, whatever it is called and however it grows: device, inode and, where known, birth."""
    known = os.fstat(file.fileno())
    return f"{known.st_dev:x}-{known.st_ino:x}-{birth_of(file.fileno()):x}"


def _parted(path: str) -> tuple[str, str]:
    above, _, name = path.rpartition("/")
    if not above and path.startswith("/"):
        raise refused(path, "it is absolute")
    names_of(path, windows=_WINDOWS)
    if not name:
        raise refused(path, "it is a folder, not a file")
    return above, name


def _held(path: Path) -> HeldFolder:
    try:
        return LinuxFolder.root(str(path)) if _BY_DESCRIPTOR else PlainFolder.root(str(path))
    except FileNotFoundError as error:
        raise NotFound(because("no-folder", path=path)) from error
    except OSError as error:
        raise EvidenceError(because("cannot-open-folder", path=path, why=error.strerror or error)) from error
