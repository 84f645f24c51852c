"""Which files some process has open for writing, as far as this user may know."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")


def written_to() -> set[tuple[int, int]]:
    """(device, inode) of each file that is open for writing; of other users' processes only what root may see. Blocks.

    Empty where there is no /proc: nobody can be asked there. A process that opens its log anew for each line is not
    seen either.
    """
    return set(_open_for_writing()) if _PROC.is_dir() else set()


def _open_for_writing() -> Iterator[tuple[int, int]]:
    for process in _names(_PROC):
        if not process.isdigit() or int(process) == os.getpid():
            continue
        for descriptor in _names(_PROC / process / "fd"):
            try:
                if _writes((_PROC / process / "fdinfo" / descriptor).read_text("ascii")):
                    known = (_PROC / process / "fd" / descriptor).stat()
                    yield known.st_dev, known.st_ino
            except OSError:
                continue  # closed meanwhile, or a kind of file that cannot be asked


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names, not paths
    except OSError:
        return []  # it ended meanwhile, or is another user's


def _writes(information: str) -> bool:
    for line in information.splitlines():
        key, _, value = line.partition(":")
        if key == "flags":
            return int(value, 8) & (os.O_WRONLY | os.O_RDWR) != 0
    return False
