"""Takes a log away, or puts its .gz in its place: nothing is lost whatever is renamed or ends meanwhile.

A file is first called by a name that nobody else uses, then looked at once more: what a rotation put into its place
meanwhile gets its name back. Every function blocks.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from batmon.errors import BatmonError, EvidenceError, NotFound, Refused
from batmon.evidence.access import HeldFolder, Root, identity_of
from batmon.evidence.log_folders import log_at
from batmon.model import Program
from batmon.refusals import because

_PIECE = 1 << 20
_LEVEL = 6
_OURS = (".batmon-", ".tmp")
_LEFT_BEHIND = timedelta(hours=1)


def delete_log(program: Program, path: str) -> int:
    """Delete a file that the program's patterns name; how many bytes it held.

    Raises:
        Refused: no pattern names it, or it is anything but a regular file with one name.
        NotFound: it is not there.
        EvidenceError: it cannot be deleted.
    """
    with _folder_of(program, path) as (folder, name):
        with folder.open(name) as file:
            size, identity = os.fstat(file.fileno()).st_size, identity_of(file)
        _take_away(folder, name, identity)
        folder.sync()
    return size


def compress_log(program: Program, path: str) -> tuple[str, int, int]:
    """Replace a log by its ``.gz``: (the new path, bytes before, bytes after). Time, mode and owner stay.

    The archive is written beside it, brought to the disk, read back and compared before it gets its name; only then the
    log goes. An archive of that name with the same content is left from an earlier try and taken for done.

    Raises:
        Refused: as ``delete_log``; another archive has the name; or it was written to meanwhile.
        NotFound, EvidenceError: as ``delete_log``.
    """
    try:
        with _folder_of(program, path) as (folder, name), folder.open(name) as log:
            known, identity, packed = os.fstat(log.fileno()), identity_of(log), f"{name}.gz"
            if (done := _earlier_try(folder, packed, log)) is None:
                done = _pack(folder, name, packed, log, known)
            _refuse_change(log, known, path)
            _take_away(folder, name, identity)
            folder.sync()
    except OSError as error:
        raise EvidenceError(because("cannot-compress", path=path, why=error.strerror or error)) from error
    return f"{path}.gz", known.st_size, done


def make_room(program: Program, path: str, number: int) -> str | None:
    """Call ``x.log.3.gz`` one more, and whatever is in its way before it; the new path, None if no number is free.

    For an archive whose number a rotation gave to another file since.
    """
    with _folder_of(program, path) as (folder, name):
        stem = name.removesuffix(f".{number}.gz")
        taken = {entry for entry, _ in folder.entries()}
        free = next((n for n in range(number + 1, 10_000) if f"{stem}.{n}.gz" not in taken), None)
        if free is None:
            return None
        for one in range(free, number, -1):
            folder.rename(f"{stem}.{one - 1}.gz", f"{stem}.{one}.gz")
        folder.sync()
    return f"{path.removesuffix(f'{number}.gz')}{number + 1}.gz"


def clear_left_behind(program: Program, path: str, now: datetime) -> None:
    """Delete what an earlier try left half done beside the log at ``path``, more than an hour ago."""
    with _folder_of(program, path) as (folder, _):
        for entry, _is_folder in list(folder.entries()):
            if entry.startswith(_OURS[0]) and entry.endswith(_OURS[1]):
                with suppress(NotFound):
                    if now.timestamp() - folder.stat(entry).st_mtime > _LEFT_BEHIND.total_seconds():
                        folder.unlink(entry)


@contextmanager
def _folder_of(program: Program, path: str) -> Iterator[tuple[HeldFolder, str]]:
    """The open folder of a log, and its name in it."""
    found = log_at(program, path)
    if found is None:
        raise Refused(because("no-pattern-names-it", path=path, program=program.name))
    at, names = found
    with Root(at.root) as root, root.folder("/".join((*at.below, *names[:-1]))) as folder:
        yield folder, names[-1]


def _take_away(folder: HeldFolder, name: str, identity: str) -> None:
    """Delete the file of this name if it is still the one that is meant."""
    aside = f"{_OURS[0]}{secrets.token_hex(8)}{_OURS[1]}"
    folder.rename(name, aside)
    try:
        with folder.open(aside) as file:
            same = identity_of(file) == identity
        if not same:
            raise Refused(because("file-replaced", name=name))
    except BatmonError:
        folder.rename(aside, name)
        raise
    folder.unlink(aside)


def _earlier_try(folder: HeldFolder, packed: str, log: io.FileIO) -> int | None:
    """The size of an archive of the same content that is there already; None if there is none."""
    try:
        archive = folder.open(packed)
    except NotFound:
        return None
    with archive:
        if _digest(log) != _unpacked_digest(archive):
            raise Refused(because("archive-in-the-way", packed=packed))
        return os.fstat(archive.fileno()).st_size


def _pack(folder: HeldFolder, name: str, packed: str, log: io.FileIO, known: os.stat_result) -> int:
    """Write the archive under a name of ours, make sure of it, give it its name; its size."""
    half = f"{_OURS[0]}{secrets.token_hex(8)}{_OURS[1]}"
    try:
        with folder.create(half) as file:
            digest = _write(log, file, name, int(known.st_mtime))
            if hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), known.st_mode & 0o777)
            if hasattr(os, "fchown"):
                with suppress(PermissionError):  # not ours to give away
                    os.fchown(file.fileno(), known.st_uid, known.st_gid)
            if os.utime in os.supports_fd:
                os.utime(file.fileno(), ns=(known.st_atime_ns, known.st_mtime_ns))
            os.fsync(file.fileno())
        size = _checked(folder, half, digest, name)
        _refuse_change(log, known, name)
        folder.rename(half, packed)
        folder.sync()
    except BaseException:
        with suppress(BatmonError):
            folder.unlink(half)
        raise
    return size


def _checked(folder: HeldFolder, half: str, digest: bytes, name: str) -> int:
    """The size of the archive that was written, if it holds what it should."""
    with folder.open(half) as written:
        if _unpacked_digest(written) != digest:
            raise Refused(because("archive-incomplete", name=name))
        return os.fstat(written.fileno()).st_size


def _write(log: io.FileIO, target: io.FileIO, name: str, mtime: int) -> bytes:
    """Pack the log into the target; the digest of what it held."""
    digest = hashlib.sha256()
    buffered = io.BufferedWriter(target)
    with gzip.GzipFile(name, "wb", _LEVEL, buffered, mtime) as archive:
        for piece in _pieces(log):
            digest.update(piece)
            archive.write(piece)
    buffered.flush()
    buffered.detach()
    return digest.digest()


def _digest(file: io.FileIO) -> bytes:
    digest = hashlib.sha256()
    for piece in _pieces(file):
        digest.update(piece)
    return digest.digest()


def _unpacked_digest(archive: io.FileIO) -> bytes:
    """The digest of what an archive holds; of a damaged one, a digest that nothing has."""
    archive.seek(0)
    digest = hashlib.sha256()
    try:
        with gzip.GzipFile(fileobj=archive) as unpacked:
            while piece := unpacked.read(_PIECE):
                digest.update(piece)
    except (OSError, EOFError, ValueError) as error:
        digest.update(repr(error).encode())
    return digest.digest()


def _pieces(file: io.FileIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_PIECE):
        yield piece


def _refuse_change(log: io.FileIO, known: os.stat_result, path: str) -> None:
    now = os.fstat(log.fileno())
    if (now.st_size, now.st_mtime_ns) != (known.st_size, known.st_mtime_ns):
        raise Refused(because("written-meanwhile", path=path))
