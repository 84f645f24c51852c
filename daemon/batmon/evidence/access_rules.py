"""What a path below an opened folder may look like, and why it is refused otherwise. Pure.

A path is text as ``os.fsdecode`` gives it, its names parted by single ``/``; the empty path is the folder itself. What
another system would understand as leaving the folder is refused on every system.
"""

from __future__ import annotations

import re
import stat

from batmon.errors import Refused
from batmon.refusals import because

LONGEST_NAME = 255
"""Bytes of a name (on Windows UTF-16 units), as file systems have it."""

DEEPEST = 64
"""Names in a path."""

_DRIVE = re.compile(r"[A-Za-z]:(?:\\|$)")
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE | re.DOTALL
)
_KINDS = {
    stat.S_IFLNK: "it is a link, and links are not followed here",
    stat.S_IFIFO: "it is a FIFO, not a regular file",
    stat.S_IFDIR: "it is a folder, not a file",
    stat.S_IFCHR: "it is a character device, not a regular file",
    stat.S_IFBLK: "it is a block device, not a regular file",
    stat.S_IFSOCK: "it is a socket, not a regular file",
}
SWAPPED = "it was swapped for another file while it was being opened"


def names_of(path: str, *, windows: bool = False) -> tuple[str, ...]:
    """The names of a path, each harmless.

    Raises:
        Refused: one is not, or the path is absolute or too deep.
    """
    if not path:
        return ()
    if path.startswith("/"):
        raise refused(path, "it is absolute")
    names = tuple(path.split("/"))
    if len(names) > DEEPEST:
        raise refused(path, f"it is more than {DEEPEST} levels deep")
    for name in names:
        if why := name_refusal(name, windows=windows):
            raise refused(path, why)
    return names


def name_refusal(name: str, *, windows: bool = False) -> str:
    """Why an entry of this name is never opened; empty when it may be."""
    if name in ("", "."):
        return "it holds an empty name"
    if name == "..":
        return "it leaves its folder by '..'"
    if "\0" in name:
        return "it holds a NUL"
    if "/" in name:
        return "a name holds no '/'"
    if _size(name, windows=windows) > LONGEST_NAME:
        return f"it holds a name of more than {LONGEST_NAME} {'characters' if windows else 'bytes'}"
    return _foreign(name) or (_of_windows(name) if windows else "")


def _size(name: str, *, windows: bool) -> int:
    """How long the name is on the disk: bytes, UTF-16 units on Windows."""
    if windows:
        return len(name.encode("utf-16-le", "surrogatepass")) // 2
    try:
        return len(name.encode(errors="surrogateescape"))
    except UnicodeEncodeError:
        return len(name.encode(errors="surrogatepass"))


def _foreign(name: str) -> str:
    """What Windows would take for a way out, wherever we are: the reader of the path may be there."""
    if name.startswith("\\\\"):
        return "it names another machine (UNC)"
    if name.startswith("\\"):
        return "it is absolute on Windows"
    if _DRIVE.match(name):
        return "it names a drive"
    if "\\" in name and any(part == ".." for part in name.split("\\")):
        return "it leaves its folder by '..\\'"
    return ""


def _of_windows(name: str) -> str:
    if "\\" in name:
        return "a name holds no '\\'"
    if ":" in name:
        return "it names a drive or a hidden stream"
    if _DEVICE.fullmatch(name):
        return "it names a device"
    if name[-1] in ". ":
        return "a name does not end with a dot or a blank"
    return ""


def file_refusal(mode: int, links: int) -> str:
    """Why what has this mode and number of names is not opened as a file; empty when it may be."""
    if not stat.S_ISREG(mode):
        return _KINDS.get(stat.S_IFMT(mode), "it is not a regular file")
    if links > 1:
        return f"it is a hard link: the file has {links} names, and another may lie outside"
    if links < 1:
        return "it was deleted just now"
    return ""


def refused(path: str, why: str) -> Refused:
    """The error for a path that is not opened; its sentence holds the path in a harmless form."""
    shown = path if len(path) <= 200 else f"{path[:200]}…"
    return Refused(because("path-refused", path=shown, why=why))
