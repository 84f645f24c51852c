"""All log files of one program in their order, across rotation: which file is new, known, a copy, or rewritten.

Synchronous, blocking, and used by one thread at a time.
"""

from __future__ import annotations

import dataclasses
import io
import os
from collections.abc import Mapping

from batmon.evidence.discover import Survey, survey
from batmon.evidence.events import FileCursor, LogBatch
from batmon.evidence.identity import Fingerprint, read_at
from batmon.evidence.lines import RawLine
from batmon.evidence.tail import Outcome, Tail
from batmon.model import LogSight, LogState, Program

_QUIET_NS = 60 * 10**9
"""A file is over once another one of its program was written this much later."""

_COPY_BYTES = 64
_REMEMBERED = 1000
"""Fingerprints kept beyond those of the files that are there, should one come back."""


class Trail:
    """The log files of one program and how far each was read. ``cursors`` is keyed by fingerprint."""

    def __init__(self, program: Program, cursors: Mapping[str, FileCursor]) -> None:
        self.program = program
        self._tails: dict[tuple[int, int], Tail] = {}
        self._order: list[Tail] = []
        self._seen = Survey()
        self._newest_ns = 0
        self._current: set[str] = set()
        """Families that have a file which is not a rotated one."""
        self._offsets = {known: cursor.offset for text, cursor in cursors.items() if (known := Fingerprint.parse(text))}
        self._owners: dict[Fingerprint, tuple[int, int]] = {}
        self._latest: dict[str, Fingerprint] = {}
        """Of each family the file that was read last: what a new one continues."""
        self._paths: set[str] = set()
        self._ever = bool(cursors)
        self._last_line = ""

    @property
    def folders(self) -> Mapping[str, set[str]]:
        """The folders to watch and the patterns that their entries are held against, as of the last look."""
        return self._seen.folders

    def look(self) -> None:
        """Survey the disk again: find new files, notice moved and vanished ones."""
        self._seen = survey(self.program.base_dir, self.program.logs)
        for identity in self._tails.keys() - self._seen.files.keys():
            self._forget(self._tails.pop(identity))
        for identity, found in self._seen.files.items():
            tail = self._tails.get(identity)
            if tail is None:
                tail = self._tails[identity] = Tail(found.path, identity, self.program.encoding)
            tail.move(found.path)
            tail.size, tail.mtime_ns = found.size, found.mtime_ns
        self._arrange()
        for tail in self._order:
            self._recognise(tail)

    def stirred(self) -> tuple[bool, bool]:
        """(a file in use changed, a path vanished or holds another file): one ``stat`` for each file in use."""
        grown = moved = False
        for tail in self._order:
            if self._done(tail):
                continue
            try:
                known = os.stat(tail.path)  # noqa: PTH116 - hot path: every file in use, every two seconds
            except OSError:
                moved = True
                continue
            moved = moved or (known.st_dev, known.st_ino) != tail.identity
            grown = grown or known.st_size != tail.size or known.st_mtime_ns != tail.mtime_ns or bool(tail.error)
        return grown, moved

    def take(self, *, live: bool) -> tuple[LogBatch | None, bool]:
        """The next lines of the oldest file that has any, at most one piece; and whether there may be more now."""
        for tail in self._order:
            if self._done(tail) or not self._resolve(tail):
                continue
            lines, outcome = tail.advance(finished=self._finished(tail))
            if outcome is Outcome.REWRITTEN:
                self._rewritten(tail)
                return None, True
            if outcome in (Outcome.REPLACED, Outcome.MISSING):
                path = tail.path
                self.look()
                if self._tails.get(tail.identity) is tail and tail.path == path:
                    continue  # it moves faster than we look: the next poll sees where it came to rest
                return None, True
            if lines:
                return self._batch(tail, lines, outcome, live), outcome is Outcome.MORE or tail is not self._order[-1]
            if outcome is Outcome.MORE:
                return None, True
        return None, False

    def sight(self) -> LogSight:
        """What can be seen of the program's logs as of the last look and the last taking."""
        for tail in self._order:
            if tail.error and not self._finished(tail):
                return LogSight(LogState.UNREADABLE, f"{tail.path}: {tail.error}", self._last_line)
        refused = {path: why for path, why in self._seen.irregular.items() if path in self._paths or not self._tails}
        for path, why in (refused or self._hidden()).items():
            return LogSight(LogState.UNREADABLE, f"{path}: {why}", self._last_line)
        if self._order:
            return LogSight(LogState.PRESENT, self._order[-1].path, self._last_line)
        patterns = ", ".join(os.path.join(self.program.base_dir, pattern) for pattern in self.program.logs)  # noqa: PTH118 - as above
        return LogSight(LogState.GONE if self._ever else LogState.NONE_YET, patterns, self._last_line)

    def _hidden(self) -> dict[str, str]:
        """Folders that cannot be looked into and in which logs are, or may be."""
        if not self._seen.problems:
            return {}
        folders = {os.path.dirname(path) for path in self._paths}  # noqa: PTH120 - plain strings
        return {path: why for path, why in self._seen.problems.items() if path in folders or not self._tails}

    def _arrange(self) -> None:
        youngest: dict[str, int] = {}
        for tail in self._tails.values():
            youngest[tail.place.family] = max(youngest.get(tail.place.family, 0), tail.mtime_ns)
        self._order = sorted(
            self._tails.values(), key=lambda tail: (youngest[tail.place.family], tail.place, tail.path)
        )
        self._newest_ns = max(youngest.values(), default=0)
        self._current = {tail.place.family for tail in self._order if tail.place.current}
        self._paths.update(tail.path for tail in self._order)
        self._ever = self._ever or bool(self._order)

    def _finished(self, tail: Tail) -> bool:
        rotated = not tail.place.current and tail.place.family in self._current
        return rotated or self._newest_ns - tail.mtime_ns > _QUIET_NS

    def _done(self, tail: Tail) -> bool:
        return tail.resolved and tail.offset >= tail.size and self._finished(tail)

    def _recognise(self, tail: Tail) -> None:
        """Resume it when an earlier daemon read it, under whichever name: by inode and beginning."""
        if tail.resolved:
            return
        known = [print_ for print_ in self._offsets if print_.inode == tail.identity[1] and print_ not in self._owners]
        if not known:
            return
        try:
            with tail.open() as file:
                size = os.fstat(file.fileno()).st_size
                for fingerprint in sorted(known, key=lambda print_: -print_.generation):
                    if self._offsets[fingerprint] <= size and fingerprint.begins(file):
                        self._resume(tail, file, fingerprint, self._offsets[fingerprint])
                        return
        except OSError as error:
            tail.error = error.strerror or str(error)

    def _resolve(self, tail: Tail) -> bool:
        """Whether it may be read: decided once it holds anything. A copy of a file that is still there may not."""
        self._recognise(tail)
        if tail.resolved:
            return True
        try:
            with tail.open() as file:
                size = os.fstat(file.fileno()).st_size
                tail.size, tail.error = size, ""
                if size == 0:
                    return False
                if not tail.place.current:
                    if any(self._holds(file, size, source) for source in self._sources(tail)):
                        return False
                    for fingerprint, offset in self._offsets.items():
                        if fingerprint not in self._owners and 0 < offset <= size and fingerprint.begins(file):
                            self._resume(tail, file, fingerprint, offset)
                            return True
        except FileNotFoundError:
            return True  # advance() says what became of it
        except OSError as error:
            tail.error = error.strerror or str(error)
            return False
        tail.resolved = True
        return True

    def _sources(self, tail: Tail) -> list[Tail]:
        return [
            other
            for other in self._order
            if other is not tail and other.begun and other.place.family == tail.place.family
        ]

    @staticmethod
    def _holds(file: io.FileIO, size: int, source: Tail) -> bool:
        """Whether the open file is a copy, or the beginning of one, of what was read of ``source``."""
        if source.fingerprint is None:
            return False
        if size >= source.offset:
            at = source.offset - len(source.mark)
            return source.fingerprint.begins(file) and read_at(file, at, len(source.mark)) == source.mark
        at = max(0, size - _COPY_BYTES)
        try:
            with source.open() as original:
                return all(
                    read_at(file, where, _COPY_BYTES) == read_at(original, where, size - where)[:_COPY_BYTES]
                    for where in (at, 0)
                )
        except OSError:
            return False  # the original went away meanwhile: nothing to compare with

    def _rewritten(self, tail: Tail) -> None:
        """It was truncated or written anew: begin it again. A copy made before that is found by its beginning then."""
        if tail.fingerprint is not None and tail.begun:
            self._offsets[tail.fingerprint] = tail.offset
            self._owners.pop(tail.fingerprint, None)
        tail.restart()
        self.look()

    def _resume(self, tail: Tail, file: io.FileIO, fingerprint: Fingerprint, offset: int) -> None:
        tail.resume(file, fingerprint, offset)
        self._owners[fingerprint] = tail.identity

    def _forget(self, tail: Tail) -> None:
        if tail.fingerprint is None or not tail.begun:
            return
        self._owners.pop(tail.fingerprint, None)
        self._offsets.pop(tail.fingerprint, None)
        self._offsets[tail.fingerprint] = tail.offset
        while len(self._offsets) > _REMEMBERED + len(self._owners):
            oldest = next((known for known in self._offsets if known not in self._owners), None)
            if oldest is None:
                return
            del self._offsets[oldest]

    def _batch(self, tail: Tail, lines: list[RawLine], outcome: Outcome, live: bool) -> LogBatch:
        rotated_from = None
        if not tail.begun:
            rotated_from = self._begin(tail)
        fingerprint = tail.fingerprint
        if fingerprint is None:
            raise AssertionError(f"{tail.path}: lines without a fingerprint")
        self._latest[tail.place.family] = fingerprint
        self._last_line = next((line.text for line in reversed(lines) if line.text.strip()), self._last_line)
        return LogBatch(
            self.program.name, tail.path, str(fingerprint), tuple(lines), tail.offset, outcome is Outcome.AT_END, live,
            None if rotated_from is None else str(rotated_from),
        )  # fmt: skip

    def _begin(self, tail: Tail) -> Fingerprint | None:
        """Give the file a fingerprint of its own; the one of the file that it continues."""
        fingerprint = tail.fingerprint
        if fingerprint is None:
            raise AssertionError(f"{tail.path}: lines without a fingerprint")
        while fingerprint in self._offsets or fingerprint in self._owners:
            fingerprint = dataclasses.replace(fingerprint, generation=fingerprint.generation + 1)
        tail.fingerprint, tail.begun = fingerprint, True
        self._owners[fingerprint] = tail.identity
        before = [other for other in self._sources(tail) if other.place < tail.place]
        return before[-1].fingerprint if before else self._latest.get(tail.place.family)
