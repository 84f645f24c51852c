"""Opening below a folder by descriptors: openat2(2) where the kernel has it, else name by name. Linux, other POSIX.

Either way no link is followed, whatever is swapped while we look: the kernel resolves from an open folder, never from
the path's text again.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence

from batmon.errors import EvidenceError, NotFound, Refused
from batmon.evidence.access_rules import SWAPPED, file_refusal, refused
from batmon.refusals import because

OpenFolder = Callable[[int, Sequence[str]], int]
"""(descriptor of a folder, names below it) -> descriptor of the folder there, or ``OSError``."""

_OPENAT2 = 437
"""Its system call number on every architecture of Linux."""
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
_NOREPLACE = 1
_RETRIES = 16
_STATX_BTIME = 0x800
_AT_EMPTY_PATH = 0x1000
_OF_THE_KERNEL = frozenset({
    0x9FA0, 0x62656572, 0x62656570, 0x64626720, 0x74726163, 0x73636673, 0x27E0EB, 0x63677270, 0xCAFE4A11, 0x6165676C,
})  # fmt: skip
"""File systems (statfs(2)) whose files are questions to the kernel, some of memory or environments of processes:
proc, sysfs, configfs, debugfs, tracefs, securityfs, cgroup, cgroup2, bpf, pstore."""


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


class _Statx(ctypes.Structure):
    _fields_ = (("mask", ctypes.c_uint32), ("_before", ctypes.c_uint8 * 76), ("btime_sec", ctypes.c_int64),
                ("btime_nsec", ctypes.c_uint32), ("_after", ctypes.c_uint8 * 164))  # fmt: skip


class LinuxFolder:
    """An open folder below a root; ``path`` is its path below the root, for sentences. Close it."""

    def __init__(self, descriptor: int, path: str, open_folder: OpenFolder) -> None:
        self._descriptor = descriptor
        self._path = path
        self._open_folder = open_folder

    @classmethod
    def root(cls, path: str, open_folder: OpenFolder | None = None) -> LinuxFolder:
        """The folder at ``path``, whose own links are followed: an admin configured it."""
        descriptor = os.open(path, _FOLDER_FLAGS & ~_NOFOLLOW)
        return cls(descriptor, "", open_folder or best_way())

    def close(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)

    def folder(self, names: Sequence[str]) -> LinuxFolder:
        """The folder that these names lead to."""
        path = "/".join((self._path, *names)).lstrip("/")
        if not names:
            return LinuxFolder(os.dup(self._descriptor), path, self._open_folder)
        try:
            descriptor = self._open_folder(self._descriptor, names)
        except OSError as error:
            raise self._said(error, path, self._link_among(names)) from error
        return LinuxFolder(descriptor, path, self._open_folder)

    def entries(self) -> Iterator[tuple[str, bool]]:
        """The name of each entry and whether it is a folder, in no order."""
        try:
            with os.scandir(self._descriptor) as entries:
                for entry in entries:
                    yield entry.name, entry.is_dir(follow_symlinks=False)
        except OSError as error:
            raise self._said(error, self._path) from error

    def stat(self, name: str) -> os.stat_result:
        """What the entry is, not what it leads to."""
        try:
            return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
        except OSError as error:
            raise self._said(error, self._of(name)) from error

    def may_read(self, name: str) -> bool:
        """Whether permissions let us read an entry that is no link."""
        return os.access(name, os.R_OK, dir_fd=self._descriptor)

    def open(self, name: str) -> io.FileIO:
        """The regular file of this name, looked at before it is opened, for opening a device may already act on it."""
        before = self.stat(name)
        if _is_of_the_kernel(self._descriptor):
            raise refused(self._of(name), "it lies in a file system of the kernel's own, such as /proc")
        if why := file_refusal(before.st_mode, before.st_nlink):
            raise refused(self._of(name), why)
        try:
            descriptor = os.open(name, _FILE_FLAGS, dir_fd=self._descriptor)
        except OSError as error:
            raise self._said(error, self._of(name)) from error
        try:
            self._check(name, before, os.fstat(descriptor))
            return io.FileIO(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise

    def _check(self, name: str, before: os.stat_result, known: os.stat_result) -> None:
        """See that what was opened is what was looked at, and still a file with one name."""
        if why := file_refusal(known.st_mode, known.st_nlink):
            raise refused(self._of(name), why)
        if (known.st_dev, known.st_ino) != (before.st_dev, before.st_ino):
            raise refused(self._of(name), SWAPPED)

    def create(self, name: str) -> io.FileIO:
        """A new file of this name, open for writing, mode 0600."""
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW | os.O_CLOEXEC
            return io.FileIO(os.open(name, flags, 0o600, dir_fd=self._descriptor), "wb")
        except OSError as error:
            raise self._said(error, self._of(name)) from error

    def rename(self, old: str, new: str) -> None:
        """Call a file otherwise; what stands there already is never replaced."""
        try:
            _rename(self._descriptor, old, new)
        except OSError as error:
            raise self._said(error, self._of(new)) from error

    def unlink(self, name: str) -> None:
        """Delete an entry that is no folder."""
        try:
            os.unlink(name, dir_fd=self._descriptor)
        except OSError as error:
            raise self._said(error, self._of(name)) from error

    def sync(self) -> None:
        """Let its entries be on the disk when this returns."""
        os.fsync(self._descriptor)

    def _of(self, name: str) -> str:
        return f"{self._path}/{name}".lstrip("/")

    def _link_among(self, names: Sequence[str]) -> bool:
        """Whether a link stood in the way, only to say so: nothing rests on it."""
        descriptor = os.dup(self._descriptor)
        try:
            for name in names:
                if stat.S_ISLNK(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode):
                    return True
                inner = os.open(name, _FOLDER_FLAGS, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return False

    @staticmethod
    def _said(error: OSError, path: str, link: bool = False) -> Refused | NotFound | EvidenceError:
        """The error as a sentence."""
        if link or error.errno in (errno.ELOOP, errno.EXDEV, errno.EMLINK):
            return refused(path, "a link is on the way, and links are not followed here")
        if error.errno == errno.ENOTDIR:
            return refused(path, "a name on the way is no folder")
        if error.errno == errno.ENOENT:
            return NotFound(because("not-there", path=path))
        if error.errno == errno.EEXIST:
            return refused(path, "it is there already")
        if error.errno in (errno.ENXIO, errno.ENODEV):
            return refused(path, "it is no regular file any more")
        hint = "give the daemon's user the right to read it" if isinstance(error, PermissionError) else ""
        return EvidenceError(because("cannot-open", path=path, why=error.strerror or error, hint=hint))


_NOFOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
_FOLDER_FLAGS: int = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _NOFOLLOW | getattr(os, "O_CLOEXEC", 0)
_FILE_FLAGS: int = (
    os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)
)


def by_openat2(root: int, names: Sequence[str]) -> int:
    """One call of the kernel's own resolver: beneath the root, through no link of any kind."""
    how = _OpenHow(_FOLDER_FLAGS, 0, _BENEATH | _NO_SYMLINKS | _NO_MAGICLINKS)
    path = os.fsencode("/".join(names))
    for _ in range(_RETRIES):
        descriptor = _libc().syscall(
            ctypes.c_long(_OPENAT2), ctypes.c_int(root), ctypes.c_char_p(path), ctypes.byref(how),
            ctypes.c_size_t(ctypes.sizeof(how)),
        )  # fmt: skip
        if descriptor >= 0:
            return int(descriptor)
        number = ctypes.get_errno()
        if number not in (errno.EAGAIN, errno.EINTR):  # renamed while it looked: it asks to be called again
            raise OSError(number, os.strerror(number))
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def name_by_name(root: int, names: Sequence[str]) -> int:
    """One folder after the other, each from the descriptor of the one before."""
    descriptor = os.dup(root)
    for name in names:
        try:
            inner = os.open(name, _FOLDER_FLAGS, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = inner
    return descriptor


def _rename(folder: int, old: str, new: str) -> None:
    """Rename without replacing; where the file system cannot promise that, after a look."""
    call = getattr(_libc(), "renameat2", None)
    if call is not None:
        if call(folder, os.fsencode(old), folder, os.fsencode(new), _NOREPLACE) == 0:
            return
        number = ctypes.get_errno()
        if number not in (errno.EINVAL, errno.ENOSYS):
            raise OSError(number, os.strerror(number))
    try:
        os.stat(new, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


@functools.cache
def best_way() -> OpenFolder:
    """openat2 if this kernel has it and lets us call it (a container's filter may not), found out once."""
    if not sys.platform.startswith("linux"):
        return name_by_name
    root = os.open("/", _FOLDER_FLAGS)
    try:
        os.close(by_openat2(root, (".",)))
    except OSError:
        return name_by_name
    finally:
        os.close(root)
    return by_openat2


def _is_of_the_kernel(descriptor: int) -> bool:
    """Whether an open folder is one of /proc, /sys and the like."""
    if not sys.platform.startswith("linux"):
        return False
    known = (ctypes.c_long * 64)()  # struct statfs: its first field is the type, the rest is not looked at
    return _libc().fstatfs(descriptor, known) == 0 and known[0] & 0xFFFFFFFF in _OF_THE_KERNEL


def birth_of(descriptor: int) -> int:
    """When the open file was made, in ns; 0 where not known. It tells apart files that had one inode in turn."""
    try:
        call = _libc().statx
    except AttributeError:  # an older C library, or none of Linux
        return 0
    known = _Statx()
    if call(descriptor, b"", _AT_EMPTY_PATH, _STATX_BTIME, ctypes.byref(known)) != 0 or not known.mask & _STATX_BTIME:
        return 0
    return int(known.btime_sec) * 10**9 + int(known.btime_nsec)


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
