"""Which folders hold a program's logs, and which of their entries its patterns name; no look at the disk.

A pattern below ``base_dir`` is reached from there without following a link. An absolute one elsewhere begins at the
folder that its text names outright, whose own links are followed: an admin wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from batmon.evidence.discover import folder_matches, names_match
from batmon.model import Program

_MAGIC = re.compile(r"[*?\[]")

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogFolder:
    """A folder of logs: ``below`` leads to it from ``root``; ``patterns`` are globs from it on, in components.

    ``name`` is what it is called among several of one program, empty for the only one.
    """

    root: Path
    below: Parts
    patterns: tuple[Parts, ...]
    name: str = ""

    @property
    def path(self) -> Path:
        """The whole path of the folder."""
        return self.root.joinpath(*self.below)

    def shows(self, names: Sequence[str], *, folder: bool) -> bool:
        """Whether an entry below it is a log, or a folder in which one may be."""
        return any(_reaches(pattern, tuple(names), folder) for pattern in self.patterns)


def log_folders(program: Program) -> tuple[LogFolder, ...]:
    """The folders of a program's logs, in the order of its patterns; one inside another is part of that."""
    found: list[LogFolder] = []
    for one in sorted((_folder(program, pattern) for pattern in program.logs), key=lambda one: len(one.path.parts)):
        outer = next((number for number, other in enumerate(found) if one.path.is_relative_to(other.path)), None)
        if outer is None:
            found.append(one)
            continue
        inside = one.path.relative_to(found[outer].path).parts
        patterns = (*found[outer].patterns, *((*inside, *pattern) for pattern in one.patterns))
        found[outer] = replace(found[outer], patterns=patterns)
    if len(found) == 1:
        return tuple(found)
    called = unlike([one.path.name or "root" for one in found], ())
    return tuple(replace(one, name=name) for one, name in zip(found, called, strict=True))


def log_at(program: Program, path: str) -> tuple[LogFolder, Parts] | None:
    """The folder and the names below it that lead to a log at an absolute ``path``; None when no pattern names it."""
    for folder in log_folders(program):
        if Path(path).is_relative_to(folder.path):
            names = Path(path).relative_to(folder.path).parts
            if names and folder.shows(names, folder=False):
                return folder, names
    return None


def unlike(names: Sequence[str], taken: Sequence[str]) -> list[str]:
    """The names, each with ``~2``, ``~3``, ... behind it as far as it is needed to be like no other."""
    used, result = set(taken), []
    for name in names:
        number, free = 1, name
        while free in used:
            number += 1
            free = f"{name}~{number}"
        used.add(free)
        result.append(free)
    return result


def _folder(program: Program, pattern: str) -> LogFolder:
    base = Path(program.base_dir).absolute()
    whole = base / pattern
    inside = whole.is_relative_to(base)
    parts = whole.relative_to(base).parts if inside else whole.parts[1:]
    fixed = 0
    while fixed < len(parts) - 1 and not _MAGIC.search(parts[fixed]):
        fixed += 1
    if inside:
        return LogFolder(base, parts[:fixed], (parts[fixed:],))
    return LogFolder(Path(whole.anchor, *parts[:fixed]), (), (parts[fixed:],))


def _reaches(pattern: Parts, names: Parts, folder: bool) -> bool:
    """Whether the names lead to a file of the pattern, or as a folder towards one."""
    if not names:
        return folder
    if not pattern:
        return False
    head, below = pattern[0], pattern[1:]
    if head == "**":
        if _reaches(below or ("*",), names, folder):
            return True
        return not names[0].startswith(".") and _reaches(pattern, names[1:], folder) and (folder or len(names) > 1)
    if not below:
        return len(names) == 1 and not folder and names_match(names[0], head)
    return folder_matches(names[0], head) and _reaches(below, names[1:], folder)
