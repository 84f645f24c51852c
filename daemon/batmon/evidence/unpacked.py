"""Unpacked copies of compressed logs: read like any other file, kept for the next look, bounded in bytes.

One folder of this process, or of this process and its children, holds them, each named for the archive's device,
inode, size and time: a changed archive is another copy. The one used longest ago goes first.
"""

from __future__ import annotations

import atexit
import errno
import hashlib
import io
import os
import shutil
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from batmon.errors import EvidenceError
from batmon.evidence.opening import open_regular
from batmon.evidence.packed import Damage, unpack
from batmon.refusals import because

MOST_BYTES = 4 << 30
"""Of all copies together, unless configured."""

_KEPT_FREE = 512 << 20
"""Bytes of its disk that a copy leaves free: the database may lie there too."""

_LOOK_BYTES = 32 << 20
"""After so many bytes of a copy it is seen whether there is room for more."""


_ABANDONED_NS = 600 * 10**9
"""A copy that was begun and that nobody has written to for so long: its process was killed."""


class Unpacked:
    """The copies in ``folder``, which is made when it is needed: at most ``most`` bytes of them.

    Any number of threads may use it, and several processes the same folder.
    """

    def __init__(self, folder: Path, most: int = MOST_BYTES) -> None:
        self.folder, self.most = folder, most
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def clear(self) -> None:
        """Remove what an earlier process left."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def open(self, archive: io.FileIO, name: str) -> tuple[io.FileIO, Damage | None]:
        """The unpacked copy of an open archive, called ``name`` in errors; and what is wrong with the archive.

        Raises:
            EvidenceError: it holds too much, or there is no room for the copy.
            NotPackedError: it is no archive.
            OSError: reading or writing fails.
        """
        known = os.fstat(archive.fileno())
        identity = f"{known.st_dev}:{known.st_ino}:{known.st_size}:{known.st_mtime_ns}"
        key = hashlib.sha256(identity.encode()).hexdigest()[:32]
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            return self._find(key) or self._make(archive, key, name)

    def _find(self, key: str) -> tuple[io.FileIO, Damage | None] | None:
        for damage in (None, *Damage):
            copy = self._path(key, damage)
            try:
                file = open_regular(str(copy))
            except FileNotFoundError:
                continue
            with suppress(OSError):  # another process may remove it at this moment: it is open all the same
                os.utime(copy)
            return file, damage
        return None

    def _make(self, archive: io.FileIO, key: str, name: str) -> tuple[io.FileIO, Damage | None]:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(suffix=".part", dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as out:
                damage = self._fill(out, archive, name)
            copy = self._path(key, damage)
            Path(part).replace(copy)
            return open_regular(str(copy)), damage
        finally:
            Path(part).unlink(missing_ok=True)

    def _fill(self, out: io.BufferedWriter, archive: io.FileIO, name: str) -> Damage | None:
        written = looked = 0
        damage: Damage | None = None
        for piece in unpack(archive):
            if isinstance(piece, Damage):
                damage = piece
                break
            written += out.write(piece)
            if written - looked >= _LOOK_BYTES:
                looked = written
                out.flush()
                self._make_room(name)
        out.flush()
        self._make_room(name)
        return damage

    def _make_room(self, name: str) -> None:
        """Remove the copies used longest ago until all fit; what is being written now stays."""
        entries = [(known, entry) for entry in self.folder.iterdir() if (known := _stat(entry)) is not None]
        total = sum(known.st_size for known, _ in entries)
        now = max((known.st_mtime_ns for known, _ in entries), default=0)
        free = shutil.disk_usage(self.folder).free
        for known, entry in sorted(entries, key=lambda one: one[0].st_mtime_ns):
            if total <= self.most and free >= _KEPT_FREE:
                return
            if entry.suffix != ".part" or now - known.st_mtime_ns > _ABANDONED_NS:
                entry.unlink(missing_ok=True)
                total -= known.st_size
                free += known.st_size
        if total > self.most:
            raise EvidenceError(because("too-large-to-unpack", name=name, most=self.most >> 20))
        if free < _KEPT_FREE:
            raise EvidenceError(
                because("no-room-to-unpack", name=name, why=os.strerror(errno.ENOSPC), folder=self.folder)
            )

    def _path(self, key: str, damage: Damage | None) -> Path:
        return self.folder / (key if damage is None else f"{key}.{damage.value}")


def _stat(entry: Path) -> os.stat_result | None:
    try:
        return entry.stat()
    except FileNotFoundError:
        return None


class _Home:
    """Where this process keeps its copies."""

    def __init__(self) -> None:
        self._copies: Unpacked | None = None
        self._guard = threading.Lock()

    def move(self, copies: Unpacked) -> None:
        with self._guard:
            self._copies = copies

    def copies(self) -> Unpacked:
        with self._guard:
            if self._copies is None:
                folder = Path(tempfile.mkdtemp(prefix="batmon-unpacked-"))
                atexit.register(shutil.rmtree, folder, ignore_errors=True)
                self._copies = Unpacked(folder)
            return self._copies


_home = _Home()


def keep_in(copies: Unpacked) -> None:
    """Have this process keep its copies there."""
    _home.move(copies)


def copies() -> Unpacked:
    """The copies of this process: in a temporary folder that goes with it, unless ``keep_in`` named another."""
    return _home.copies()


def for_child() -> list[str | int]:
    """What a process of ours needs to share our copies, as JSON: for ``as_child``."""
    here = copies()
    return [str(here.folder), here.most]


def as_child(shared: list[str | int]) -> None:
    """Share the copies of the process that started this one, which gave ``for_child``.

    A temporary folder of one's own would stay behind: such processes are killed when they are not wanted any more.
    """
    folder, most = shared
    keep_in(Unpacked(Path(str(folder)), int(most)))
