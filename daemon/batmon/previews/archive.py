"""ZIP and TAR as the list of their members; nothing is unpacked but what lies between the heads of a packed TAR."""

from __future__ import annotations

import datetime
import tarfile
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from batmon.previews.cells import CannotShow, Request, cell

Member = dict[str, Any]


class TooLong(Exception):
    """The time for this preview is over; raised wherever the process happens to be."""


def archive(file: BinaryIO, request: Request) -> dict[str, Any]:
    """Members from ``offset`` on, as far as the time goes."""
    members = _of_zip(file) if request.format == "zip" else _of_tar(file)
    page: list[Member] = []
    cut = ""
    try:
        page.extend(islice(members, request.offset, request.end + 1))
    except TooLong:
        if not page:
            raise
        cut = "it takes too long to look further"
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, ValueError, OverflowError) as error:
        if not page:
            raise CannotShow(f"the archive cannot be read: {error}") from error
        cut = f"the archive cannot be read any further: {error}"
    more = len(page) > request.limit
    shown = {"members": page[: request.limit], "more": more, "next": request.end if more else None}
    return shown | {"cut": cut} if cut else shown


def _of_zip(file: BinaryIO) -> Iterator[Member]:
    with zipfile.ZipFile(file) as members:
        for one in members.infolist():
            kind = "dir" if one.is_dir() else "file"
            try:
                modified = datetime.datetime(*one.date_time).isoformat(" ")  # noqa: DTZ001 - ZIP knows no time zone
            except ValueError:
                modified = None
            yield {"name": cell(one.filename), "kind": kind, "size": one.file_size, "packed": one.compress_size,
                   "modified": modified}  # fmt: skip


def _of_tar(file: BinaryIO) -> Iterator[Member]:
    with tarfile.open(fileobj=file, mode="r:*") as members:
        while (one := members.next()) is not None:
            members.members = []  # type: ignore[attr-defined]  # they would all be kept
            kind = (
                "file" if one.isreg() else "dir" if one.isdir() else "link" if one.issym() or one.islnk() else "other"
            )
            try:
                modified = datetime.datetime.fromtimestamp(one.mtime, datetime.UTC).isoformat()
            except (OverflowError, ValueError, OSError):
                modified = None
            yield {"name": cell(one.name), "kind": kind, "size": one.size, "modified": modified}
