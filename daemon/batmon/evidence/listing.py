"""The log files of a program as a person chooses among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from batmon.evidence.discover import survey
from batmon.evidence.rotation import Place, packing_of, place_of
from batmon.model import Program


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file: ``size`` in bytes, ``current`` for the newest of those that continue one another.

    ``packing`` says how it is compressed (``gzip``, ``bzip2``, ``xz``, ``zstd``), None for plain text; the size is
    then the archive's own.
    """

    path: str
    identity: tuple[int, int]
    """(device, inode)."""
    size: int
    modified: datetime
    current: bool
    packing: str | None
    place: Place


def log_files(program: Program) -> list[LogFile]:
    """The files that the program's patterns name now, compressed ones too, the newest first. Blocks.

    A path that somebody asks for is one of these or it is not a log of the program.
    """
    found = survey(program.base_dir, program.logs, packed=True).files.values()
    places = {one.path: place_of(one.path) for one in found}
    newest = {places[path].family: path for path in sorted(places, key=lambda path: _rank(path, places[path]))}
    current = set(newest.values())
    files = [
        LogFile(
            one.path, one.identity, one.size, datetime.fromtimestamp(one.mtime_ns / 1e9, UTC), one.path in current,
            packing_of(one.path), places[one.path],
        )
        for one in found
    ]  # fmt: skip
    return sorted(files, key=lambda file: (file.modified, _rank(file.path, file.place)), reverse=True)


def _rank(path: str, place: Place) -> tuple[Place, bool, str]:
    """Oldest first; a file that is being compressed stands behind its archive, which is not whole yet."""
    return place, packing_of(path) is None, path
