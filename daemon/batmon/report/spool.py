"""Rows that are gathered once and written later, kept in a file without a name: very many of them take no memory."""

from __future__ import annotations

import pickle
import tempfile
import weakref
from collections.abc import Iterator, Sequence

from batmon.report.document import Row


class Spool:
    """Pages of rows. They can be read any number of times; the file goes when this goes."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="batmon-report-")  # noqa: SIM115 - it lives as long as this
        self._close = weakref.finalize(self, self._file.close)
        self.count = 0

    def add(self, rows: Sequence[Row]) -> None:
        """Keep some more rows."""
        if rows:
            pickle.dump(list(rows), self._file, pickle.HIGHEST_PROTOCOL)
            self.count += len(rows)

    def rows(self) -> Iterator[Row]:
        """All of them, in their order."""
        end = self._file.tell()
        place = 0
        while place < end:
            self._file.seek(place)
            page = pickle.load(self._file)  # noqa: S301 - what this process has just written
            place = self._file.tell()
            yield from page
        self._file.seek(end)

    def close(self) -> None:
        """Let go of the file before this goes."""
        self._close()
