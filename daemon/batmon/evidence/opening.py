"""The one door to a log file: only a regular file, never waiting, never in the way of the program that writes it.

A compressed log is read as what it holds, from an unpacked copy.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from pathlib import Path

from batmon.errors import EvidenceError
from batmon.evidence.identity import read_at
from batmon.evidence.packed import Damage, NotPackedError, unpack
from batmon.evidence.rotation import packing_of
from batmon.refusals import because

_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFSOCK: "a socket",
}


def open_log(path: str | Path) -> io.FileIO:
    """The content of the log at ``path``, open for unbuffered reading; of a compressed one its unpacked copy.

    Raises:
        EvidenceError: it is missing, not readable, not a regular file, or a link that leaves its folder; or an archive
            that cannot be unpacked.
    """
    return open_content(path)[0]


def open_content(path: str | Path) -> tuple[io.FileIO, Damage | None]:
    """As ``open_log``, and what is wrong with a compressed log that could be read in part."""
    try:
        file = open_regular(os.fspath(path))
        if packing_of(os.fspath(path)) is None:
            return file, None
        from batmon.evidence.unpacked import copies  # noqa: PLC0415 - it imports this module

        with file:
            return copies().open(file, os.fspath(path))
    except (OSError, ValueError) as error:
        raise _refusal(path, error) from error


def read_head(path: str | Path, length: int) -> bytes:
    """The first ``length`` bytes of a log's content, without unpacking the rest of a compressed one.

    Raises:
        EvidenceError: as ``open_log``.
    """
    try:
        with open_regular(os.fspath(path)) as file:
            if packing_of(os.fspath(path)) is None:
                return read_at(file, 0, length)
            head = bytearray()
            for piece in unpack(file):
                if isinstance(piece, Damage) or len(head) >= length:
                    break
                head += piece
            return bytes(head[:length])
    except (OSError, ValueError) as error:
        raise _refusal(path, error) from error


def open_regular(path: str) -> io.FileIO:
    """The bytes of a file as they are, with ``OSError`` for callers that treat a missing file unlike an unreadable one.

    A symbolic link is followed only to a file in its own folder or below (``current.log -> app-1.log``): a program
    could otherwise have the daemon show any file of the machine.
    """
    target = _inside_its_folder(path)
    refuse_irregular(os.stat(target).st_mode)  # noqa: PTH116 - hot path; before opening: opening a device may already act on it
    descriptor = open_shared(target)
    try:
        refuse_irregular(os.fstat(descriptor).st_mode)
        return io.FileIO(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def refuse_irregular(mode: int) -> None:
    """Refuse what is not a regular file.

    Raises:
        OSError: EINVAL with what it is.
    """
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"it is {_KINDS.get(stat.S_IFMT(mode), 'something else')}, not a regular file")


def _inside_its_folder(path: str) -> str:
    if not os.path.islink(path):  # noqa: PTH114 - hot path
        return path
    target, folder = Path(os.path.realpath(path)), Path(os.path.realpath(os.path.dirname(path)))  # noqa: PTH120 - hot path
    if not target.is_relative_to(folder):
        raise OSError(errno.ELOOP, f"it is a link to {target}, outside its folder")
    return str(target)


def _refusal(path: str | Path, error: OSError | ValueError) -> EvidenceError:
    if isinstance(error, NotPackedError):
        return EvidenceError(because("cannot-unpack", path=path, error=error))
    if isinstance(error, OSError):
        return EvidenceError(because("cannot-read-file", path=path, why=error.strerror or error, hint=_hint(error)))
    return EvidenceError(because("cannot-read-name", path=path, why=error))  # a NUL byte in the name


def _hint(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "give the daemon's user the right to read it"
    if isinstance(error, FileNotFoundError):
        return "it may have been rotated away or deleted; list the program's files again"
    if error.errno == errno.ELOOP:
        return "name the link's target itself in `logs`"
    return ""


if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    def open_shared(path: str) -> int:
        """A descriptor for reading; the program may go on to write, rename and delete the file."""
        # os.open does not share deletion: while we read, the program's own rotation would fail.
        generic_read, share_all, open_existing, attribute_normal = 0x80000000, 0x7, 3, 0x80
        create = ctypes.WinDLL("kernel32", use_last_error=True).CreateFileW
        create.argtypes = [
            wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, wintypes.LPVOID, wintypes.DWORD, wintypes.DWORD,
            wintypes.HANDLE,
        ]  # fmt: skip
        create.restype = wintypes.HANDLE
        handle = create(path, generic_read, share_all, None, open_existing, attribute_normal, None)
        if handle == wintypes.HANDLE(-1).value:
            raise ctypes.WinError(ctypes.get_last_error())
        return msvcrt.open_osfhandle(handle, os.O_RDONLY | os.O_BINARY)

else:

    def open_shared(path: str) -> int:
        """A descriptor for reading; never waits, follows no link."""
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY)
