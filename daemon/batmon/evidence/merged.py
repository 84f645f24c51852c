"""The lines of many programs in one order, by time: page by page, forward and back, none twice and none left out.

What is merged are entries: a line with a time and the lines without one below it. Every series stands somewhere, and a
page says where all of them stand before and behind it; the next page goes on from there. So lines of the same moment,
or lines that a program wrote out of order, are neither lost nor doubled.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from batmon.errors import EvidenceError
from batmon.evidence.entries import Entry, NoTimeError, entries_before, entries_from
from batmon.evidence.listing import LogFile
from batmon.evidence.series import first_time, place_at
from batmon.model import Program

_CLOCKS_DIFFER = timedelta(minutes=10)
"""How far a line's time may be ahead of the moment at which the file system saw its file written."""

_BEYOND = 1 << 62
"""An offset behind every file's end."""

Identity = tuple[int, int]
Weigh = Callable[[Entry], int]
Keep = Callable[[Entry], bool]


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where all series stand between two pages: those in ``offsets`` there, in the file of that (device, inode).

    The others stand at their first line at or after ``time``; at their end when that is None.
    """

    time: datetime | None = None
    offsets: Mapping[Identity, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A log that is not in the merged one; ``message`` says why it cannot be read."""

    program: str
    path: str
    why: Literal["no_time", "unreadable"]
    message: str = ""


@dataclass(slots=True)
class MergedPage:
    """Entries in the order of their times, and where the pages before and behind them begin."""

    entries: list[Entry]
    older: Boundary
    newer: Boundary
    at_start: bool
    at_end: bool
    left_out: list[LeftOut]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a page may hold and cost each way: ``weight`` as ``weigh`` counts, ``scanned`` lines looked at."""

    weight: int
    scanned: int = 50_000


def merge(
    logs: Sequence[tuple[Program, Sequence[LogFile]]], *, at: Boundary, before: int, after: int, weigh: Weigh,
    limits: Limits, keep: Keep | None = None,
) -> MergedPage:  # fmt: skip
    """``before`` lines or a few more ahead of a boundary and ``after`` from it on, in whole entries. Blocks.

    ``logs`` are series with their program, always in the same order. Only those are opened that can hold a line of the
    page. There are fewer lines when ``limits`` are reached or ``keep`` finds few in them: go on at ``older`` or
    ``newer`` until ``at_start`` or ``at_end``.
    """
    notes: dict[str, LeftOut] = {}
    sources = [_Source(number, program, series, at, notes) for number, (program, series) in enumerate(logs) if series]
    back = _Back(sources, keep, weigh, limits)
    back.take(before)
    ahead = _Ahead([source for source in sources if after > 0 and not source.over()], keep, weigh, limits)
    ahead.take(after)
    placed = [source for source in sources if source.placed]
    reached = max((time for time in (at.time, ahead.reached) if time is not None), default=back.latest)
    return MergedPage(
        [*reversed(back.entries), *ahead.entries],
        older=Boundary(back.reached or at.time, dict(source.first for source in placed)),
        newer=Boundary(reached, dict(source.last for source in placed)),
        at_start=before > 0 and back.exhausted,
        at_end=ahead.exhausted if after > 0 else at == Boundary(),
        left_out=list(notes.values()),
    )


class _Source:
    """One series and where it stands; its files are opened when it is its turn.

    ``first`` and ``last`` are (identity of the file, offset) of what was taken of it so far.
    """

    def __init__(
        self, number: int, program: Program, series: Sequence[LogFile], at: Boundary, notes: dict[str, LeftOut]
    ) -> None:
        self.number, self.program, self.series = number, program, series
        self._at, self._notes = at, notes
        self._place: tuple[int, int] | None = None
        for index, file in enumerate(series):
            if (offset := at.offsets.get(file.identity)) is not None:
                self._stand(index, offset)

    @property
    def placed(self) -> bool:
        """Whether it is known where it stands."""
        return self._place is not None

    def latest(self) -> datetime:
        """No entry ahead of the boundary is later than this, and none that is matters."""
        written = self.series[-1].modified + _CLOCKS_DIFFER
        return written if self.placed or self._at.time is None else min(written, self._at.time)

    def over(self) -> bool:
        """Whether nothing lies behind the boundary."""
        if self._place is not None:
            index, offset = self._place
            last = self.series[-1]
            return index == len(self.series) - 1 and last.packing is None and offset == last.size
        return self._at.time is None or self.series[-1].modified + _CLOCKS_DIFFER < self._at.time

    def place(self) -> tuple[int, int]:
        """(index of the file, offset) at which the boundary lies."""
        if self._place is None:
            self._stand(*self._find())
            return self.place()
        return self._place

    def _stand(self, index: int, offset: int) -> None:
        self._place = index, offset
        self.first = self.last = (self.series[index].identity, offset)

    def _find(self) -> tuple[int, int]:
        last = len(self.series) - 1
        if self._at.time is None:
            return last, self.series[last].size if self.series[last].packing is None else _BEYOND
        try:
            file, offset = place_at(self.program, self.series, self._at.time)
            if first_time(self.program, file) is None:
                self._note(file, "no_time")
        except EvidenceError as error:
            self._note(self.series[last], "unreadable", str(error))
            return last, _BEYOND
        return self.series.index(file), offset

    def before(self) -> Iterator[Entry]:
        """Its entries ahead of the boundary, the last one first."""
        index, offset = self.place()
        for file in reversed(self.series[: index + 1]):
            yield from self._readable(file, entries_before(self.program, file, offset))
            offset = _BEYOND

    def behind(self) -> Iterator[Entry]:
        """Its entries from the boundary on."""
        index, offset = self.place()
        for file in self.series[index:]:
            yield from self._readable(file, entries_from(self.program, file, offset))
            offset = 0

    def _readable(self, file: LogFile, entries: Iterator[Entry]) -> Iterator[Entry]:
        try:
            yield from entries
        except NoTimeError:
            self._note(file, "no_time")
        except EvidenceError as error:
            self._note(file, "unreadable", str(error))

    def _note(self, file: LogFile, why: Literal["no_time", "unreadable"], message: str = "") -> None:
        self._notes.setdefault(file.path, LeftOut(self.program.name, file.path, why, message))


class _Direction:
    """Takes entries of all sources in the order of their times, one way."""

    def __init__(self, sources: Iterable[_Source], keep: Keep | None, weigh: Weigh, limits: Limits) -> None:
        self.entries: list[Entry] = []
        self.reached: datetime | None = None
        """The time of the last entry that was taken or passed over."""
        self._keep, self._weigh, self._limits = keep, weigh, limits
        self._running: dict[int, tuple[Iterator[Entry], Entry]] = {}
        self._queue = [(self._rank(source, None), source) for source in sources]
        heapq.heapify(self._queue)

    @property
    def exhausted(self) -> bool:
        """Whether there is nothing more that way."""
        return not self._queue

    def _rank(self, source: _Source, time: datetime | None) -> tuple[float, int]:
        """When it is the turn of a source whose next entry is of ``time``; None: it was not opened yet."""
        raise NotImplementedError

    def _begin(self, source: _Source) -> Iterator[Entry]:
        raise NotImplementedError

    def _pass(self, source: _Source, entry: Entry) -> None:
        raise NotImplementedError

    def take(self, count: int) -> None:
        """Entries until there are ``count`` lines, or a limit is reached."""
        lines = weight = scanned = 0
        while self._queue and lines < count and scanned < self._limits.scanned:
            _, source = self._queue[0]
            if source.number not in self._running:
                self._go_on(source, self._begin(source))
                continue
            iterator, entry = self._running[source.number]
            kept = self._keep is None or self._keep(entry)
            heavy = self._weigh(entry) if kept else 0
            if self.entries and weight + heavy > self._limits.weight:
                return
            if kept:
                self.entries.append(entry)
                lines += len(entry.lines)
                weight += heavy
            scanned += len(entry.lines)
            self.reached = entry.time
            self._pass(source, entry)
            self._go_on(source, iterator)

    def _go_on(self, source: _Source, iterator: Iterator[Entry]) -> None:
        """Put the source's next entry in the place of the one that was taken."""
        entry = next(iterator, None)
        if entry is None:
            heapq.heappop(self._queue)
            self._running.pop(source.number, None)
            return
        self._running[source.number] = iterator, entry
        heapq.heapreplace(self._queue, (self._rank(source, entry.time), source))


class _Back(_Direction):
    """From the boundary towards the past. A source is opened when its latest possible time comes up."""

    @property
    def latest(self) -> datetime | None:
        """The time of the last entry ahead of the boundary."""
        return self.entries[0].time if self.entries else None

    def take(self, count: int) -> None:
        super().take(count)
        for _, source in self._queue:  # what is no older than the page's beginning must not be asked by time again
            if self.reached is not None and source.latest() >= self.reached:
                source.place()

    def _rank(self, source: _Source, time: datetime | None) -> tuple[float, int]:
        return -(source.latest() if time is None else time).timestamp(), -source.number

    def _begin(self, source: _Source) -> Iterator[Entry]:
        return source.before()

    def _pass(self, source: _Source, entry: Entry) -> None:
        source.first = entry.file.identity, entry.offset


class _Ahead(_Direction):
    """From the boundary on. Every source in it is opened at once."""

    def _rank(self, source: _Source, time: datetime | None) -> tuple[float, int]:
        return -math.inf if time is None else time.timestamp(), source.number

    def _begin(self, source: _Source) -> Iterator[Entry]:
        return source.behind()

    def _pass(self, source: _Source, entry: Entry) -> None:
        source.last = entry.file.identity, entry.end
