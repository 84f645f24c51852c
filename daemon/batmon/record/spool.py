"""The spool: a folder in which recorded operations wait, durably, until somebody can take them.

It holds files ``ops-000.sqlite`` to ``ops-031.sqlite`` (SQLite, WAL, synchronous=FULL: a commit is on the disk). Each
process begins with one of them, and takes the next when somebody is writing to it at this moment: so it waits for its
own fsync and not for those of a hundred others, and there are few files. A reader merges them by time.

A group's spool can be written to by all of the group. Whatever is not made as this module makes it (a link, another
schema, a trigger, a journal that names a file to delete) is not opened, and no statement runs without end.

Any number of processes may write and any number may drain. An operation may be drained twice, which changes nothing
where it goes; it is never lost between two of them, because numbers are not used again.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Any

MOST_FILES = 32
WRITE_SEC = 0.25
"""How long a writer tries when all files are being written to, before it gives up being durable now."""
DRAIN_SEC = 5.0
"""How long whoever drains waits for a writer."""
_PAUSE_SEC = 0.002
_LARGE_BYTES = 1 << 20
_LONGEST_BYTES = 4 << 20
"""Of one operation with its escapes; the protocol takes 1 MiB."""
_MOST_STEPS = 50_000_000
"""Of SQLite's machine in one statement; ours take some hundred thousand."""
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
"""A rollback journal that ends with it names another file, which SQLite deletes: https://sqlite.org/fileformat.html"""

_BUSY, _LOCKED, _CORRUPT, _NOT_A_DATABASE = 5, 6, 11, 26  # primary codes: https://sqlite.org/rescode.html
_TABLES = {
    "ops": "CREATE TABLE ops (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, op TEXT NOT NULL)",
    "refused": "CREATE TABLE refused ("
    "seq INTEGER PRIMARY KEY, op TEXT NOT NULL, reason TEXT NOT NULL, refused_at INTEGER NOT NULL)",
    "sqlite_sequence": "CREATE TABLE sqlite_sequence(name,seq)",
}


class ForeignFileError(sqlite3.DatabaseError):
    """A file of a spool that no spool has made."""


class Spool:
    """The spool in the folder ``path``, made at the first ``put``. Its methods may be called in any thread.

    After a fork the child makes its own and only forgets this one: an SQLite connection belongs to one process.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.faults: dict[str, str] = {}
        """Files that the last ``batch`` could not read, with the reason; they are left as they are."""
        self._writing = threading.Lock()
        self._waiting: deque[_Put] = deque()
        self._files: dict[int, _File] = {}
        self._damaged: set[int] = set()
        self._last = os.getpid() % MOST_FILES
        self._draining = threading.RLock()
        self._sources: dict[int, _File] = {}
        self._given: list[tuple[int, int, int]] = []
        self._number = 0

    def put(self, ops: Sequence[str]) -> None:
        """Keep operations (each a JSON object as text) in one transaction; on the disk when this returns.

        Threads that come at the same time share one. Takes a quarter of a second at most, and what the disk takes.

        Raises:
            OSError, sqlite3.Error: they could not be kept (a full disk, no permission, a folder that cannot be made).
        """
        mine = _Put(ops)
        self._waiting.append(mine)
        if not self._writing.acquire(timeout=WRITE_SEC):
            mine.withdrawn = True
            if not mine.done:
                raise TimeoutError(f"the spool {self.path} is busy")
        else:
            try:
                if not mine.done:
                    self._put_together()
            finally:
                self._writing.release()
        if mine.error is not None:
            raise mine.error

    def _put_together(self) -> None:
        """Write for everybody who waits."""
        together = []
        while self._waiting:
            one = self._waiting.popleft()
            if not one.withdrawn:
                together.append(one)
        error: OSError | sqlite3.Error | None = None
        try:
            self._write([op for one in together for op in one.ops])
        except (OSError, sqlite3.Error) as failed:
            error = failed
        except BaseException:  # an interrupt: they wait for the next who comes
            self._waiting.extendleft(reversed(together))
            raise
        for one in together:
            one.error, one.done = error, True

    def _write(self, ops: list[str]) -> None:
        rows = [(time.time_ns(), op) for op in ops]
        until = time.monotonic() + WRITE_SEC
        while True:
            for number in ((self._last + place) % MOST_FILES for place in range(MOST_FILES)):
                if number in self._damaged:
                    continue
                if time.monotonic() >= until:
                    break
                try:
                    self._file(number).insert(rows)
                except sqlite3.Error as error:
                    if not self._may_go_on(number, error):
                        self._forget(number)
                        raise
                else:
                    self._last = number
                    return
            if time.monotonic() >= until:
                raise TimeoutError(f"all {MOST_FILES} files of the spool {self.path} are busy or damaged")
            time.sleep(_PAUSE_SEC)

    def _may_go_on(self, number: int, error: sqlite3.Error) -> bool:
        """Whether another file may do what this one did not."""
        if isinstance(error, ForeignFileError):
            self._forget(number)
            return True
        code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
        if code in (_CORRUPT, _NOT_A_DATABASE):
            self._damaged.add(number)
            self._forget(number)
            return True
        return code in (_BUSY, _LOCKED)

    def _forget(self, number: int) -> None:
        file = self._files.pop(number, None)
        if file is not None:
            file.close()

    def _file(self, number: int) -> _File:
        """The open file of this number; opened anew when somebody has deleted or replaced it."""
        file = self._files.get(number)
        if file is not None and not file.replaced():
            return file
        self._forget(number)
        _make_folder(self.path)
        file = self._files[number] = _File(self._name(number), busy_sec=0)
        return file

    def _name(self, number: int) -> str:
        return os.path.join(self.path, f"ops-{number:03d}.sqlite")

    # Draining

    def batch(self, limit: int) -> list[tuple[int, dict[str, Any]]]:
        """The first operations that wait, oldest first, each with a number for ``discard`` and ``refuse``.

        The numbers hold until the next call. A file that cannot be read is passed over and named in ``faults``.

        Raises:
            OSError, sqlite3.Error: the folder cannot be read, or a file that could be opened cannot.
        """
        with self._draining:
            found = islice(merge(*(self._rows(source, limit) for source in self._readable())), limit)
            self._given = []
            batch = []
            for _, source, row, words in found:
                self._number += 1
                self._given.append((self._number, source, row))
                op = _decoded(words)
                if op is None:
                    self.refuse(self._number, "this is no JSON object")
                else:
                    batch.append((self._number, op))
            if self._given and not batch:  # all of them were refused
                self.discard(self._number)
                return self.batch(limit)
            return batch

    def discard(self, upto_seq: int) -> None:
        """Forget the operations of the last ``batch`` up to this number: they are durable elsewhere.

        Raises:
            sqlite3.Error: they could not be deleted; they will come again.
        """
        with self._draining:
            upto = {source: row for number, source, row in self._given if number <= upto_seq}
            for source, row in upto.items():
                self._sources[source].delete(row)
            self._given = [given for given in self._given if given[0] > upto_seq]

    def refuse(self, seq: int, reason: str) -> None:
        """Keep an operation of the last ``batch`` in the table ``refused``, with the reason; ``discard`` it then.

        Raises:
            sqlite3.Error: it could not be written.
        """
        with self._draining:
            for number, source, row in self._given:
                if number == seq:
                    self._sources[source].refuse(row, reason)

    def refused(self, limit: int = 100) -> list[tuple[dict[str, Any] | str, str]]:
        """Operations that will never be taken, each with the reason."""
        with self._draining:
            rows = [
                row
                for source in self._readable()
                for row in self._sources[source].query("SELECT op, reason FROM refused LIMIT ?", limit)
            ]
            return [(_decoded(words) or _text(words), _text(reason)) for words, reason in rows[:limit]]

    def refused_count(self) -> int:
        """How many operations will never be taken."""
        return self._count("refused")

    def waiting_count(self) -> int:
        """How many operations wait."""
        return self._count("ops")

    def close(self) -> None:
        """Close its files."""
        with self._draining, self._writing:
            for file in (*self._files.values(), *self._sources.values()):
                file.close()
            self._files.clear()
            self._sources.clear()

    def _count(self, table: str) -> int:
        with self._draining:
            return sum(
                int(self._sources[source].query(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - one of two names
                for source in self._readable()
            )

    def _readable(self) -> list[int]:
        """The numbers of the files that are there and can be read."""
        try:
            names = set(os.listdir(self.path))
        except FileNotFoundError:
            return []
        readable = []
        self.faults = {}
        for number in range(MOST_FILES):
            name = self._name(number)
            if os.path.basename(name) not in names:
                continue
            try:
                source = self._sources.get(number)
                if source is not None and source.replaced():
                    source.close()
                    source = None
                if source is None:
                    source = self._sources[number] = _File(name, busy_sec=DRAIN_SEC)
                source.check()
                source.query("SELECT seq FROM ops LIMIT 1")
                readable.append(number)
            except (OSError, sqlite3.Error) as error:
                self.faults[name] = str(error)
        return readable

    def _rows(self, source: int, limit: int) -> Iterator[tuple[int, int, int, str | bytes]]:
        """(time, file, row, operation), in the order of the file."""
        query = "SELECT CAST(at AS INTEGER), seq, op FROM ops ORDER BY seq LIMIT ?"
        try:
            rows = self._sources[source].query(query, limit)
        except sqlite3.Error as error:  # the other files can still be drained
            self.faults[self._name(source)] = str(error)
            return
        for at, row, words in rows:
            yield at, source, row, words


class _Put:
    """Operations that a thread wants written."""

    __slots__ = ("done", "error", "ops", "withdrawn")

    def __init__(self, ops: Sequence[str]) -> None:
        self.ops = ops
        self.done = False
        self.withdrawn = False
        self.error: OSError | sqlite3.Error | None = None


class _File:
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


def _decoded(words: str | bytes) -> dict[str, Any] | None:
    try:
        op = json.loads(words)
    except (ValueError, TypeError, RecursionError):
        return None
    return op if isinstance(op, dict) else None


def _text_or_bytes(data: bytes) -> str | bytes:
    """What a text column holds; bytes where that is no text."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _text(value: object) -> str:
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


def _make_folder(folder: str) -> None:
    """Make the folder and those above it, for their owner alone; a power cut does not take them away again."""
    if os.path.isdir(folder):
        return
    parent = os.path.dirname(os.path.abspath(folder))
    _make_folder(parent)
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
