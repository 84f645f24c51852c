"""The log files of a program as a person chooses among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from batmon.evidence.discover import survey
from batmon.evidence.rotation import place_of
from batmon.model import Program


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file: ``size`` in bytes, ``current`` for the newest of those that continue one another."""

    path: str
    size: int
    modified: datetime
    current: bool


def log_files(program: Program) -> list[LogFile]:
    """The files that the program's patterns name now, the newest first. Blocks.

    A path that somebody asks for is one of these or it is not a log of the program.
    """
    found = sorted(survey(program.base_dir, program.logs).files.values(), key=lambda one: place_of(one.path))
    newest = {place_of(one.path).family: one.path for one in found}
    current = set(newest.values())
    files = [
        LogFile(one.path, one.size, datetime.fromtimestamp(one.mtime_ns / 1e9, UTC), one.path in current)
        for one in found
    ]
    return sorted(files, key=lambda file: (file.modified, place_of(file.path)), reverse=True)
