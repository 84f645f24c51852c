"""Which files a program's log patterns name now, and which folders must be watched to learn of new ones."""

from __future__ import annotations

import errno
import fnmatch
import functools
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from batmon.evidence.rotation import is_compressed, packing_of, unrotated

_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file that a pattern names; ``identity`` is (device, inode)."""

    path: str
    identity: tuple[int, int]
    size: int
    mtime_ns: int


@dataclass(slots=True)
class Survey:
    """What one look at the disk gave.

    ``folders`` maps each folder on the way to the patterns that its entries were held against: an entry that matches
    none of them is of no interest. ``problems`` maps a path to why it could not be looked at.
    """

    files: dict[tuple[int, int], Found] = field(default_factory=dict)
    folders: dict[str, set[str]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    irregular: dict[str, str] = field(default_factory=dict)
    """Paths that match and are not regular files, with what is wrong."""
    packed: bool = False
    """Whether compressed files were looked for too."""


def survey(base_dir: Path, patterns: Iterable[str], *, packed: bool = False) -> Survey:
    """Look for the files that ``patterns`` (glob forms below ``base_dir``, ``**`` for any depth) name.

    A rotated file (``x.log.1``, ``x.log-20261121``) belongs to the pattern that its unrotated name matches. Names that
    begin with a dot need a pattern that does. Compressed files (``x.log.2.gz``) are left out unless ``packed``. Never
    raises for what is on the disk.
    """
    result = Survey(packed=packed)
    for pattern in patterns:
        whole = Path(base_dir).absolute() / pattern
        fixed, rest = Path(whole.anchor), list(whole.parts[1:])
        depth = len(Path(base_dir).absolute().parts) - 1
        _walk(result, str(fixed), rest, unwatched=min(depth, len(rest) - 1))
    return result


def names_match(name: str, pattern: str) -> bool:
    """Whether an entry's name fits one component of a pattern, as itself or as a rotated file."""
    if pattern == "**":
        return True
    if name.startswith(".") and not pattern.startswith("."):
        return False
    if _compiled(pattern).match(name):
        return True
    before = unrotated(name)
    return before is not None and _compiled(pattern).match(before) is not None


def folder_matches(name: str, pattern: str) -> bool:
    """Whether a folder's name fits one component of a pattern that goes on below it."""
    return not (name.startswith(".") and not pattern.startswith(".")) and _compiled(pattern).match(name) is not None


def _walk(result: Survey, folder: str, rest: list[str], *, unwatched: int) -> None:
    """Descend one component. ``unwatched`` counts those above the base folder: they need no watch while they exist."""
    component, below = rest[0], rest[1:]
    if component == "**":
        _walk_any_depth(result, folder, below)
        return
    if unwatched <= 0:
        result.folders.setdefault(folder, set()).add(component)
    if below and not _MAGIC.search(component):
        child = os.path.join(folder, component)  # noqa: PTH118 - hot path: strings, not objects
        if _is_folder(result, child):
            _walk(result, child, below, unwatched=unwatched - 1)
        else:
            result.folders.setdefault(folder, set()).add(component)
        return
    for name in _names(result, folder):
        if not names_match(name, component):
            continue
        path = os.path.join(folder, name)  # noqa: PTH118 - hot path
        if not below:
            _take(result, path)
        elif _compiled(component).match(name) and os.path.isdir(path):  # noqa: PTH112 - hot path
            _walk(result, path, below, unwatched=0)


def _walk_any_depth(result: Survey, folder: str, below: list[str]) -> None:
    below = below or ["*"]
    for inner in _folders_below(result, folder):
        result.folders.setdefault(inner, set()).add("**")
        _walk(result, inner, below, unwatched=0)


def _folders_below(result: Survey, folder: str) -> Iterator[str]:
    """The folder and all below it, without following links (they may form a ring)."""
    waiting = [folder]
    while waiting:
        inner = waiting.pop()
        yield inner
        for name in _names(result, inner):
            path = os.path.join(inner, name)  # noqa: PTH118 - hot path
            if not name.startswith(".") and not os.path.islink(path) and os.path.isdir(path):  # noqa: PTH112, PTH114 - hot path
                waiting.append(path)


def _names(result: Survey, folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - hot path
    except FileNotFoundError:
        return []
    except OSError as error:
        result.problems[folder] = error.strerror or str(error)
        return []


def _is_folder(result: Survey, path: str) -> bool:
    """Whether a folder that a pattern names outright is there; what stands in its way is a problem."""
    try:
        if stat.S_ISDIR(os.stat(path).st_mode):  # noqa: PTH116 - hot path
            return True
    except FileNotFoundError:
        return False
    except OSError as error:
        result.problems[path] = error.strerror or str(error)
        return False
    result.problems[path] = os.strerror(errno.ENOTDIR)
    return False


def _take(result: Survey, path: str) -> None:
    if is_compressed(path) and not (result.packed and packing_of(path)):
        return
    try:
        # os.stat, not DirEntry.stat: the latter has no inode on Windows.
        known = os.stat(path)  # noqa: PTH116 - hot path
    except FileNotFoundError:
        return
    except OSError as error:
        result.irregular[path] = error.strerror or str(error)
        return
    if not stat.S_ISREG(known.st_mode):
        result.irregular[path] = "it is not a regular file"
        return
    identity = (known.st_dev, known.st_ino)
    other = result.files.get(identity)
    if other is None or (os.path.islink(other.path) and not os.path.islink(path)):  # noqa: PTH114 - hot path
        result.files[identity] = Found(path, identity, known.st_size, known.st_mtime_ns)


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern), re.IGNORECASE if os.name == "nt" else 0)
