"""Lines, errors and warnings over time: counted between the places of the bucket edges, without decoding the rest."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from batmon.errors import EvidenceError
from batmon.evidence.decode import Codec
from batmon.evidence.levels import HINTS, Level, level_of
from batmon.evidence.listing import LogFile
from batmon.evidence.read import SHOWN_CHARS, LogText, open_text, time_offset
from batmon.evidence.series import first_time, last_time
from batmon.evidence.times import ParseTime, times_of
from batmon.model import Program

_BLOCK = 1 << 20
_CLOCKS_DIFFER = timedelta(minutes=10)
"""How far a line's time may be ahead of the moment at which the file system saw its file written."""

_COUNTED: tuple[Level, ...] = ("error", "warn")

Logs = Sequence[tuple[Program, Sequence[LogFile]]]
Progress = Callable[[float], None]


@dataclass(slots=True)
class Bucket:
    """What was written from ``start`` until the next bucket begins."""

    start: datetime
    lines: int = 0
    errors: int = 0
    warnings: int = 0


@dataclass(frozen=True, slots=True)
class Histogram:
    """Buckets of equal ``width`` without gaps; ``unread`` are the paths that could not be counted."""

    buckets: list[Bucket]
    width: timedelta
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """What of one file falls into which buckets: bucket ``first + n`` lies from ``edges[n]`` to ``edges[n + 1]``."""

    path: str
    encoding: str
    edges: list[int]


def span_of(logs: Logs) -> tuple[datetime, datetime] | None:
    """The first and the last time in these series; None when they say none. Blocks.

    Where the last lines have no time, it is when they were written.
    """
    begins, ends = [], []
    for program, series in logs:
        try:
            begins += [time for file in series[:1] if (time := first_time(program, file)) is not None]
            ends += [last_time(program, file) or file.modified for file in series[-1:]]
        except EvidenceError:
            continue  # ``count`` names it among those that could not be read
    return (min(begins), max(ends)) if begins and ends else None


def count(
    logs: Logs, *, start: datetime, end: datetime, buckets: int, progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Histogram | None:  # fmt: skip
    """How much was written from ``start`` until ``end``, in at most ``buckets`` parts of whole seconds. Blocks.

    A line without a time counts where the line above it counts. None when ``should_stop`` said so; ``progress`` is told
    the part that was counted (0.0 to 1.0) about once a MiB.
    """
    seconds = max(1, -(-int((end - start).total_seconds() + 1) // max(1, buckets)))
    width = timedelta(seconds=seconds)
    number = max(1, -(-int((end - start).total_seconds() + 1) // seconds))
    found = [Bucket(start + width * n) for n in range(number)]
    edges = [*(bucket.start for bucket in found), start + width * number]
    stop = should_stop or (lambda: False)
    parts, unread = [], []
    for program, file in _touched(logs, start, edges[-1]):
        if stop():
            return None
        try:
            with open_text(file.path, program.encoding) as text:
                parts.append(_Part(file.path, program.encoding, _places(text, edges, times_of(program, file.path))))
        except EvidenceError:
            unread.append(file.path)
    total, done = sum(part.edges[-1] - part.edges[0] for part in parts), 0
    for part in parts:
        try:
            with open_text(part.path, part.encoding) as text:
                for size in _count(text, part.edges, found):
                    done += size
                    if progress is not None:
                        progress(min(1.0, done / total))
                    if stop():
                        return None
        except EvidenceError:
            unread.append(part.path)
    return Histogram(found, width, tuple(unread))


def _touched(logs: Logs, start: datetime, end: datetime) -> Iterable[tuple[Program, LogFile]]:
    """The files that may hold a line of that time: by when they were last written, and by their first line."""
    for program, series in logs:
        for file in reversed(series):
            if file.modified + _CLOCKS_DIFFER < start:
                continue
            try:
                begins = first_time(program, file)
            except EvidenceError:
                yield program, file  # whoever opens it says why
                continue
            if begins is None or begins >= end:
                continue
            yield program, file
            if begins < start:
                break  # what is older ends before this one begins


def _places(text: LogText, edges: Sequence[datetime], parse: ParseTime) -> list[int]:
    """The offset of the first line at or after each edge; the middle ones first, between which the others lie."""
    places = [0] * len(edges)

    def between(low: int, high: int, begin: int, end: int) -> None:
        if low >= high:
            return
        middle = (low + high) // 2
        places[middle] = place = time_offset(text, edges[middle], parse, begin=begin, end=end)
        between(low, middle, begin, place)
        between(middle + 1, high, place, end)

    between(0, len(edges), 0, text.size)
    return places


def _count(text: LogText, places: Sequence[int], buckets: Sequence[Bucket]) -> Iterable[int]:
    """Count what lies between the places into the buckets; gives the bytes of each piece that is done."""
    forms = tuple({form.lower() for level in _COUNTED for hint in HINTS[level] for form in text.codec.encode(hint)})
    position, end = places[0], places[-1]
    while position < end:
        block = text.read(position, min(_BLOCK, end - position))
        if not block:
            return  # it became shorter meanwhile
        cut = text.codec.rfind_newline(block, len(block))
        if cut >= 0 and position + len(block) < end:
            block = block[: cut + text.codec.width]
        low = bisect_right(places, position) - 1
        for number in range(low, len(places) - 1):
            begin, stop = max(0, places[number] - position), min(len(block), places[number + 1] - position)
            if begin >= len(block):
                break
            buckets[number].lines += _newlines(block, begin, stop, text.codec)
        for offset, level in _levels(block, forms, text.codec):
            bucket = buckets[bisect_right(places, position + offset) - 1]
            if level == "error":
                bucket.errors += 1
            else:
                bucket.warnings += 1
        position += len(block)
        yield len(block)


def _newlines(block: bytes, begin: int, stop: int, codec: Codec) -> int:
    if codec.width == 1:
        return block.count(codec.newline, begin, stop)
    number, found = 0, codec.find_newline(block, begin)
    while 0 <= found < stop:
        number, found = number + 1, codec.find_newline(block, found + codec.width)
    return number


def _levels(block: bytes, forms: Sequence[bytes], codec: Codec) -> Iterable[tuple[int, Level]]:
    """The lines that are errors or warnings: where they begin in the block, and which of the two."""
    seen: set[int] = set()
    folded = block.lower()
    for form in forms:
        found = folded.find(form)
        while found >= 0:
            line = codec.rfind_newline(block, found)
            line = 0 if line < 0 else line + codec.width
            end = codec.find_newline(block, found - found % codec.width)
            end = len(block) if end < 0 else end
            if line not in seen:
                seen.add(line)
                text = codec.decode(block[line : min(end, line + 4 * SHOWN_CHARS)], cut=True)
                if (level := level_of(text[:SHOWN_CHARS])) in _COUNTED:
                    yield line, level
            found = folded.find(form, max(end, found + 1))
