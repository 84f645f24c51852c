"""What a log file's name says of its place in time: rotated copies, dated files, and which follows which. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STAMP = r"(?:19|20)\d{2}[-._]?\d{2}[-._]?\d{2}(?:[-._T ]?\d{2}(?:[-._:]?\d{2}){0,2})?"
_SUFFIX = re.compile(rf"^(?P<base>.+?)(?:\.(?P<number>\d{{1,4}})|[-._](?P<date>{_STAMP}|\d{{10}})|\.(?:old|bak|prev))$")
_DATE = re.compile(rf"(?<!\d)(?:{_STAMP}|(?:19|20)\d{{2}}(?:[-._/\\]\d{{2}}){{1,2}}|\d{{6}})(?!\d)")
_PACKINGS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}
_UNREAD = (".zip", ".7z", ".lz4", ".tmp", ".swp")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a file stands among those that one program writes one after another; a later one is greater.

    ``family`` is the same for all of them: the path without dates and without the suffix of a rotation.
    """

    family: str
    dates: tuple[str, ...]
    current: bool
    stamp: str
    age: int
    """Minus the rotation's number: ``x.log.2`` is older than ``x.log.1``."""


def place_of(path: str) -> Place:
    """The place that a path claims: ``x.log.2.gz < x.log.1 < x.log``, ``x-20261120.log < x-20261121.log``.

    A compressed file stands where it stood before it was compressed.
    """
    base, stamp, number = _strip(path)
    dates = tuple(re.sub(r"\D", "", found) for found in _DATE.findall(base))
    return Place(_DATE.sub("#", base), dates, base == path, stamp, -number)


def log_series(name: str) -> str:
    """What the names of files have in common that follow one another: without dates and suffixes of rotation."""
    return place_of(name).family


def unrotated(name: str) -> str | None:
    """The name that a rotated file had before (``x.log`` for ``x.log.1``); None for a name without such a suffix."""
    base, _, _ = _strip(name)
    return None if base == name else base


def packing_of(name: str) -> str | None:
    """How the name says that a log is compressed: ``gzip``, ``bzip2``, ``xz`` or ``zstd``; None when it does not."""
    return _PACKINGS.get(_ending(name))


def is_compressed(name: str) -> bool:
    """Whether the name says that the content is packed, or not yet in its place: nothing that grows."""
    return packing_of(name) is not None or _ending(name) in _UNREAD


def _ending(name: str) -> str:
    return name[name.rfind(".") :].lower()


def _strip(path: str) -> tuple[str, str, int]:
    """(without suffixes, date of the suffix, number of the suffix); up to two suffixes, as in ``x.log-20261121.1``.

    The suffix of a compression stands behind them and does not count.
    """
    stamp, number = "", 0
    if packing_of(path) is not None and _base_name(stem := path[: path.rfind(".")]):
        path = stem
    for _ in range(2):
        found = _SUFFIX.match(path)
        if found is None or not _base_name(found["base"]):
            break
        path = found["base"]
        stamp = re.sub(r"\D", "", found["date"]) if found["date"] else stamp
        number = int(found["number"]) if found["number"] else number
    return path, stamp, number


def _base_name(path: str) -> str:
    return re.split(r"[/\\]", path)[-1].lstrip(".")
