"""Opening below a folder where there are no descriptors of folders (Windows): every step looked at, before and after.

Written for Windows and tried there by nobody; the tests run it on Linux. A reparse point (link, junction, mount) on the
way is refused, and what was opened must be what was looked at, at the place where it was looked for.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from batmon.errors import EvidenceError, NotFound, Refused
from batmon.evidence.access_rules import SWAPPED, file_refusal, refused
from batmon.evidence.opening import open_shared
from batmon.refusals import because

_REPARSE = 0x400
"""FILE_ATTRIBUTE_REPARSE_POINT."""


class PlainFolder:
    """A folder below a root, known by its path; the same questions as ``LinuxFolder`` answers."""

    def __init__(self, root: Path, names: Sequence[str]) -> None:
        self._root = root
        self._names = tuple(names)

    @classmethod
    def root(cls, path: str) -> PlainFolder:
        """The folder at ``path``, whose own links are followed: an admin configured it."""
        real = Path(os.path.realpath(path, strict=True))
        if not real.is_dir():
            raise NotADirectoryError(20, os.strerror(20), path)
        return cls(real, ())

    def close(self) -> None:
        """Nothing is held."""

    def folder(self, names: Sequence[str]) -> PlainFolder:
        """The folder that these names lead to."""
        found = PlainFolder(self._root, (*self._names, *names))
        found._check()
        return found

    def entries(self) -> Iterator[tuple[str, bool]]:
        """The name of each entry and whether it is a folder, in no order."""
        self._check()
        try:
            with os.scandir(self._path) as entries:
                for entry in entries:
                    yield entry.name, entry.is_dir(follow_symlinks=False)
        except OSError as error:
            raise self._said(error, "") from error

    def stat(self, name: str) -> os.stat_result:
        """What the entry is, not what it leads to."""
        self._check()
        try:
            return (self._path / name).lstat()
        except OSError as error:
            raise self._said(error, name) from error

    def may_read(self, name: str) -> bool:
        """Whether permissions let us read an entry that is no link."""
        return os.access(self._path / name, os.R_OK)

    def open(self, name: str) -> io.FileIO:
        """The regular file of this name."""
        before = self.stat(name)
        if why := self._refusal(before):
            raise refused(self._of(name), why)
        try:
            descriptor = open_shared(str(self._path / name))
        except OSError as error:
            raise self._said(error, name) from error
        try:
            self._check_opened(name, before, os.fstat(descriptor))
            return io.FileIO(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise

    def _check_opened(self, name: str, before: os.stat_result, known: os.stat_result) -> None:
        """See that what was opened is what was looked at, and what is there now."""
        if why := self._refusal(known):
            raise refused(self._of(name), why)
        after = self.stat(name)
        if not (known.st_dev, known.st_ino) == (before.st_dev, before.st_ino) == (after.st_dev, after.st_ino):
            raise refused(self._of(name), SWAPPED)

    def create(self, name: str) -> io.FileIO:
        """A new file of this name, open for writing."""
        self._check()
        try:
            return io.FileIO(os.open(self._path / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except OSError as error:
            raise self._said(error, name) from error

    def rename(self, old: str, new: str) -> None:
        """Call a file otherwise; what stands there already is never replaced."""
        self._check()
        try:
            if os.name != "nt" and os.path.lexists(self._path / new):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            (self._path / old).rename(self._path / new)  # on Windows it replaces nothing
        except OSError as error:
            raise self._said(error, new) from error

    def unlink(self, name: str) -> None:
        """Delete an entry that is no folder."""
        self._check()
        try:
            (self._path / name).unlink()
        except OSError as error:
            raise self._said(error, name) from error

    def sync(self) -> None:
        """Windows orders its own directory entries."""

    @property
    def _path(self) -> Path:
        return self._root.joinpath(*self._names)

    def _of(self, name: str) -> str:
        return "/".join((*self._names, name))

    def _check(self) -> None:
        """See that each folder on the way is one, and that the whole leads where it says.

        Raises:
            Refused: a link or something else is on the way.
            NotFound: it is not there.
        """
        path = self._root
        for name in self._names:
            path /= name
            try:
                known = path.lstat()
            except OSError as error:
                raise self._said(error, "") from error
            if stat.S_ISLNK(known.st_mode) or _is_reparse_point(known):
                raise refused("/".join(self._names), "a link is on the way, and links are not followed here")
            if not stat.S_ISDIR(known.st_mode):
                raise refused("/".join(self._names), "a name on the way is no folder")
        try:
            leads = Path(os.path.realpath(path))
        except OSError as error:
            raise self._said(error, "") from error
        if leads != path:
            raise refused("/".join(self._names), "it leads elsewhere")

    @staticmethod
    def _refusal(known: os.stat_result) -> str:
        if _is_reparse_point(known):
            return "it is a link, and links are not followed here"
        return file_refusal(known.st_mode, known.st_nlink)

    def _said(self, error: OSError, name: str) -> Refused | NotFound | EvidenceError:
        path = self._of(name) if name else "/".join(self._names)
        if isinstance(error, FileNotFoundError):
            return NotFound(because("not-there", path=path))
        if error.errno == errno.ELOOP:
            return refused(path, "it is a link, and links are not followed here")
        if isinstance(error, FileExistsError):
            return refused(path, "it is there already")
        if isinstance(error, NotADirectoryError):
            return refused(path, "a name on the way is no folder")
        hint = "give the daemon's user the right to read it" if isinstance(error, PermissionError) else ""
        return EvidenceError(because("cannot-open", path=path, why=error.strerror or error, hint=hint))


def _is_reparse_point(known: os.stat_result) -> bool:
    return bool(getattr(known, "st_file_attributes", 0) & _REPARSE)
