"""The spool: a folder in which recorded operations wait, durably, until somebody can take them.

It holds files ``ops-000.sqlite`` to ``ops-031.sqlite`` (SQLite, WAL, synchronous=FULL: a commit is on the disk). Each
process begins with one of them, and takes the next when somebody is writing to it at this moment: so it waits for its
own fsync and not for those of a hundred others, and there are few files. A reader merges them by time.

Any number of processes may write and any number may drain. An operation may be drained twice, which changes nothing
where it goes; it is never lost between two of them, because numbers are not used again.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Any

from batmon.record.spool_file import (
    BUSY,
    CORRUPT,
    LOCKED,
    NOT_A_DATABASE,
    ForeignFileError,
    SpoolFile,
    make_folder,
    text_of,
)

MOST_FILES = 32
WRITE_SEC = 0.25
"""How long a writer tries when all files are being written to, before it gives up being durable now."""
DRAIN_SEC = 5.0
"""How long whoever drains waits for a writer."""
_PAUSE_SEC = 0.002


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
        self._files: dict[int, SpoolFile] = {}
        self._damaged: set[int] = set()
        self._last = os.getpid() % MOST_FILES
        self._draining = threading.RLock()
        self._sources: dict[int, SpoolFile] = {}
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
        if code in (CORRUPT, NOT_A_DATABASE):
            self._damaged.add(number)
            self._forget(number)
            return True
        return code in (BUSY, LOCKED)

    def _forget(self, number: int) -> None:
        file = self._files.pop(number, None)
        if file is not None:
            file.close()

    def _file(self, number: int) -> SpoolFile:
        """The open file of this number; opened anew when somebody has deleted or replaced it."""
        file = self._files.get(number)
        if file is not None and not file.replaced():
            return file
        self._forget(number)
        make_folder(self.path)
        file = self._files[number] = SpoolFile(self._name(number), busy_sec=0)
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
            return [(_decoded(words) or text_of(words), text_of(reason)) for words, reason in rows[:limit]]

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
                    source = self._sources[number] = SpoolFile(name, busy_sec=DRAIN_SEC)
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


def _decoded(words: str | bytes) -> dict[str, Any] | None:
    try:
        op = json.loads(words)
    except (ValueError, TypeError, RecursionError):
        return None
    return op if isinstance(op, dict) else None
