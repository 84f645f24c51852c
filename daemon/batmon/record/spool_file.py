"""One file of a spool: an SQLite database that is opened only if it is as this module makes it.

A group's spool can be written to by all of the group. Whatever is not made here (a link, another schema, a trigger, a
journal that names a file to delete) is not opened, and no statement runs without end.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from typing import Any

_LARGE_BYTES = 1 << 20
_LONGEST_BYTES = 4 << 20
"""Of one operation with its escapes; the protocol takes 1 MiB."""
_MOST_STEPS = 50_000_000
"""Of SQLite's machine in one statement; ours take some hundred thousand."""
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
"""A rollback journal that ends with it names another file, which SQLite deletes: https://sqlite.org/fileformat.html"""

BUSY, LOCKED, CORRUPT, NOT_A_DATABASE = 5, 6, 11, 26  # primary codes: https://sqlite.org/rescode.html
_TABLES = {
    "ops": "CREATE TABLE ops (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, op TEXT NOT NULL)",
    "refused": "CREATE TABLE refused ("
    "seq INTEGER PRIMARY KEY, op TEXT NOT NULL, reason TEXT NOT NULL, refused_at INTEGER NOT NULL)",
    "sqlite_sequence": "CREATE TABLE sqlite_sequence(name,seq)",
}


class ForeignFileError(sqlite3.DatabaseError):
    """A file of a spool that no spool has made."""


class SpoolFile:
    """One SQLite file, open."""

    def __init__(self, path: str, *, busy_sec: float) -> None:
        self.path = path
        _make_file(path)
        self._identity = _see_ours(path)
        self._connection = sqlite3.connect(path, timeout=busy_sec, isolation_level=None, check_same_thread=False)
        try:
            self._connection.text_factory = _text_or_bytes
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_BYTES)
            self._connection.set_progress_handler(lambda: True, _MOST_STEPS)
            self._connection.execute("PRAGMA trusted_schema = OFF")
            self.check()
            self._connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # only on a file that is new
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._make_tables()
        except BaseException:
            self._connection.close()
            raise

    def replaced(self) -> bool:
        """Whether what is there now is not this file any more."""
        try:
            facts = os.lstat(self.path)
        except OSError:
            return True
        return (facts.st_dev, facts.st_ino) != self._identity

    def check(self) -> None:
        """See that the file holds our tables (or none yet) and nothing else that could act.

        Raises:
            ForeignFileError: it does not.
        """
        if self.replaced():
            raise ForeignFileError(f"{self.path} was replaced while it was opened")
        if self._tables() - _TABLES.items():
            raise ForeignFileError(f"{self.path} holds tables, views or triggers that no spool has")

    def _tables(self) -> set[tuple[str, str]]:
        return set(self.query("SELECT name, sql FROM sqlite_schema LIMIT 10"))

    def _make_tables(self) -> None:
        """Make those that are missing; another process may do the same at this moment."""
        if len(self._tables()) == len(_TABLES):
            return
        for name in ("ops", "refused"):
            self._connection.execute(_TABLES[name].replace("TABLE", "TABLE IF NOT EXISTS", 1))

    def insert(self, rows: list[tuple[int, str]]) -> None:
        """Write operations with their times, durably."""
        if len(rows) == 1:
            self._connection.execute("INSERT INTO ops (at, op) VALUES (?, ?)", rows[0])
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany("INSERT INTO ops (at, op) VALUES (?, ?)", rows)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def query(self, sql: str, *values: object) -> list[Any]:
        """All rows."""
        return self._connection.execute(sql, values).fetchall()

    def delete(self, upto: int) -> None:
        """Delete the operations up to this row, and give the disk back what a long absence has taken."""
        self._connection.execute("DELETE FROM ops WHERE seq <= ?", (upto,))
        if self.query("SELECT 1 FROM ops LIMIT 1") or os.path.getsize(self.path) < _LARGE_BYTES:
            return
        self._connection.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")

    def refuse(self, row: int, reason: str) -> None:
        """Copy an operation to the refused ones, durably."""
        self._connection.execute(
            "INSERT OR REPLACE INTO refused (seq, op, reason, refused_at) SELECT seq, op, ?, ? FROM ops WHERE seq = ?",
            (reason, time.time_ns(), row),
        )

    def close(self) -> None:
        """Close it."""
        self._connection.close()


def _text_or_bytes(data: bytes) -> str | bytes:
    """What a text column holds; bytes where that is no text."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def text_of(value: object) -> str:
    """What a column holds as text, whatever it holds."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _see_ours(path: str) -> tuple[int, int]:
    """Which file (device, inode) stands there, if it is one that may be opened: SQLite follows links.

    Raises:
        ForeignFileError: it is not.
    """
    facts = os.lstat(path)
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink > 1:
        raise ForeignFileError(f"{path} is no regular file with one name")
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    try:
        journal = os.open(f"{path}-journal", flags)
    except FileNotFoundError:
        return facts.st_dev, facts.st_ino
    except OSError as error:
        raise ForeignFileError(f"{path}-journal is in the way: {error.strerror}") from error
    try:
        size = os.fstat(journal).st_size
        os.lseek(journal, max(0, size - len(_JOURNAL_MAGIC)), os.SEEK_SET)
        if size > len(_JOURNAL_MAGIC) and os.read(journal, len(_JOURNAL_MAGIC)) == _JOURNAL_MAGIC:
            raise ForeignFileError(f"{path}-journal names a file to delete, which no spool's does")
    finally:
        os.close(journal)
    return facts.st_dev, facts.st_ino


def make_folder(folder: str) -> None:
    """Make the folder and those above it, for their owner alone; a power cut does not take them away again."""
    if os.path.isdir(folder):
        return
    parent = os.path.dirname(os.path.abspath(folder))
    make_folder(parent)
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        return
    if os.name == "nt":
        return
    handle = os.open(parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make_file(path: str) -> None:
    """Make the file, for its owner, or for the group too where the folder is the group's; SQLite's others follow."""
    try:
        shared = os.stat(os.path.dirname(path)).st_mode & 0o020
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o660 if shared else 0o600)
    except FileExistsError:
        return
    try:
        if shared and hasattr(os, "fchmod"):
            os.fchmod(handle, 0o660)  # whatever the umask says
    finally:
        os.close(handle)
