"""The files that one program writes one after another, as one long log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from batmon.evidence.listing import LogFile
from batmon.evidence.read import At, head_lines, open_text, read_page, time_offset
from batmon.evidence.times import times_of
from batmon.model import Program

_LAST_LINES = 200
_SAME_TIME = timedelta(seconds=2)
"""Within which an archive's time is that of the log it was made of."""


def series_of(files: Iterable[LogFile], path: str) -> list[LogFile]:
    """The files that continue one another and of which ``path`` is one, oldest first; empty when it is none of them.

    A file that stands beside its own archive (it is being compressed) counts once, as the plain one, unless ``path``
    names the archive.
    """
    known = list(files)
    asked = next((file for file in known if file.path == path), None)
    if asked is None:
        return []
    at: dict[str, LogFile] = {}
    for file in known:
        if file.place.family != asked.place.family:
            continue
        other = at.get(_unpacked_path(file))
        if other is not None and abs(other.modified - file.modified) > _SAME_TIME:
            at[other.path], at[file.path] = other, file  # a rotation used the archive's number again
        elif other is None or file is asked or (other is not asked and other.packing is not None):
            at[_unpacked_path(file)] = file
    return sorted(at.values(), key=lambda file: (file.place, file.modified))


def neighbours(series: Sequence[LogFile], path: str) -> tuple[LogFile | None, LogFile | None]:
    """The files before and after ``path`` in its series; empty files are passed over."""
    place = next((n for n, file in enumerate(series) if file.path == path), None)
    if place is None:
        return None, None
    older = next((file for file in reversed(series[:place]) if file.size), None)
    newer = next((file for file in series[place + 1 :] if file.size), None)
    return older, newer


def all_series(files: Sequence[LogFile]) -> list[list[LogFile]]:
    """A program's files as its series, each oldest first and without empty files."""
    families: dict[str, list[LogFile]] = {}
    for file in files:
        families.setdefault(file.place.family, []).append(file)
    found = ([file for file in series_of(family, family[0].path) if file.size] for family in families.values())
    return [series for series in found if series]


def first_time(program: Program, file: LogFile) -> datetime | None:
    """The first time in the beginning (64 KiB) of a file. Blocks.

    Raises:
        EvidenceError: it cannot be read.
    """
    parse = times_of(program, file.path)
    return next((time for line in head_lines(file.path, program.encoding) if (time := parse(line)) is not None), None)


def last_time(program: Program, file: LogFile) -> datetime | None:
    """The last time among the last 200 lines of a file. Blocks; a compressed file is unpacked.

    Raises:
        EvidenceError: it cannot be read.
    """
    parse = times_of(program, file.path)
    lines = read_page(file.path, at=At.end(), before=_LAST_LINES, encoding=program.encoding).lines
    return next((time for line in reversed(lines) if (time := parse(line.text)) is not None), None)


def place_at(program: Program, series: Sequence[LogFile], when: datetime) -> tuple[LogFile, int]:
    """The file and the offset of a series' first line at or after ``when``; the end of the last file without one.

    Looks at the beginnings of few files and bisects one. Blocks.

    Raises:
        EvidenceError: a file cannot be read.
    """
    low, high = 0, len(series)
    while high - low > 1:
        middle = (low + high) // 2
        begins = first_time(program, series[middle])
        if begins is None:  # no times: when it was written last is all that is known
            begins = series[middle].modified
        low, high = (middle, high) if begins < when else (low, middle)
    file = series[low]
    with open_text(file.path, program.encoding) as text:
        offset = time_offset(text, when, times_of(program, file.path))
        if offset >= text.size and low + 1 < len(series):
            return series[low + 1], 0
    return file, offset


def _unpacked_path(file: LogFile) -> str:
    return file.path if file.packing is None else file.path[: file.path.rfind(".")]
