"""Searches a log file of any size, forward and back, for a text, a level or a regular expression.

Texts are searched as bytes, in each encoding that the file may hold, a block at a time; a hit counts when the decoded
line holds the text too. Nothing is memory-mapped: a program that truncates its log would end us with SIGBUS.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from batmon.evidence.levels import HINTS, Level, level_of
from batmon.evidence.lines import RawLine
from batmon.evidence.read import LogText, open_text

_BLOCK = 1 << 20

Direction = Literal["forward", "back"]
Progress = Callable[[float], None]
Predicate = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Needle:
    """What is searched for: one of a text, a level, a regular expression (over the first 4,096 characters)."""

    text: str = ""
    regex: str = ""
    level: Level | None = None
    ignore_case: bool = False


def find(
    path: str | Path, *, needle: Needle, from_offset: int, direction: Direction = "forward", encoding: str = "auto",
    progress: Progress | None = None, should_stop: Callable[[], bool] | None = None,
) -> RawLine | None:  # fmt: skip
    """The nearest line that holds ``needle``; None when there is none or ``should_stop`` said so. Blocks.

    Forward among the lines that begin at ``from_offset`` or later, back among those that begin before it: so search
    on from a hit's ``end`` or ``offset``. ``progress`` is told the part that was searched (0.0 to 1.0), about once a
    MiB.

    Raises:
        BadRequest: the regular expression is wrong.
        EvidenceError: the file cannot be read, or the regular expression takes too long.
    """
    if needle.regex:
        from batmon.evidence.regex_find import find_regex  # noqa: PLC0415 - it imports this module

        return find_regex(
            path, needle=needle, from_offset=from_offset, direction=direction, encoding=encoding, progress=progress,
            should_stop=should_stop,
        )  # fmt: skip
    with open_text(path, encoding) as text:
        search = _Search(text, from_offset, direction, progress, should_stop)
        if needle.level is not None:
            forms = [form for hint in HINTS[needle.level] for form in text.codec.encode(hint)]
            return search.by_bytes(tuple(forms), lambda line: level_of(line) == needle.level, fold=True)
        if not needle.text:
            return search.by_line(lambda _: True)
        holds = _holds(needle)
        if needle.ignore_case and any(not char.isascii() and char.lower() != char.upper() for char in needle.text):
            return search.by_line(holds)
        return search.by_bytes(text.codec.encode(needle.text), holds, fold=needle.ignore_case)


def find_by_line(
    text: LogText, from_offset: int, direction: Direction, matches: Predicate, progress: Progress
) -> RawLine | None:
    """The nearest line that ``matches``, one after the other."""
    return _Search(text, from_offset, direction, progress, None).by_line(matches)


class _Search:
    def __init__(
        self,
        text: LogText,
        from_offset: int,
        direction: Direction,
        progress: Progress | None,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self._text = text
        self._from = min(max(0, from_offset), text.size)
        self._forward = direction == "forward"
        self._progress = progress
        self._should_stop = should_stop

    def by_line(self, matches: Predicate) -> RawLine | None:
        """Decode and ask for each line."""
        told = self._from
        for start, end in self._extents():
            if matches(self._text.whole(start, end)):
                return self._text.line(start, end)
            if abs(start - told) >= _BLOCK:
                told = start
                if self._stop_at(start):
                    return None
        return None

    def by_bytes(self, forms: tuple[bytes, ...], holds: Predicate, *, fold: bool) -> RawLine | None:
        """Look for the bytes, then make sure with the line that they stand in."""
        if not forms:
            return None
        if fold:  # lower() maps ASCII only; in a two-byte character it hits needle and block alike
            forms = tuple(form.lower() for form in forms)
        overlap = max(map(len, forms)) - 1
        for low, high in self._blocks(overlap):
            block = self._text.read(low, high - low)
            if fold:
                block = block.lower()
            hit = self._in_block(block, low, forms, holds)
            if hit is not None:
                return hit
            if self._stop_at(high if self._forward else low):
                return None
        return None

    def _in_block(self, block: bytes, low: int, forms: tuple[bytes, ...], holds: Predicate) -> RawLine | None:
        start, end = 0, len(block)
        for place in self._places(block, forms):
            if not start <= place < end:
                continue
            begin = self._text.snap(low + place)
            _, stop = next(self._text.extents_from(begin), (begin, begin))
            if (begin >= self._from) == self._forward and holds(self._text.whole(begin, stop)):
                return self._text.line(begin, stop)
            if self._forward:
                start = stop - low
            else:
                end = begin - low
        return None

    def _places(self, block: bytes, forms: tuple[bytes, ...]) -> Iterator[int]:
        """Where any of the forms stands in the block, the nearest first. Each form's next place is looked for once."""
        sign, look = (1, _next_place) if self._forward else (-1, _place_before)
        waiting = [(sign * place, form) for form in forms if (place := look(block, form, None)) >= 0]
        heapq.heapify(waiting)
        while waiting:
            signed, form = waiting[0]
            yield sign * signed
            place = look(block, form, sign * signed)
            if place < 0:
                heapq.heappop(waiting)
            else:
                heapq.heapreplace(waiting, (sign * place, form))

    def _blocks(self, overlap: int) -> Iterator[tuple[int, int]]:
        size = self._text.size
        if self._forward:
            low = self._from
            while low < size:
                yield low, min(size, low + _BLOCK + overlap)
                low += _BLOCK
        elif self._from > 0:
            _, high = next(self._text.extents_from(self._text.snap(self._from - 1)))
            while high > 0:
                yield max(0, high - _BLOCK), min(size, high + overlap)
                high -= _BLOCK

    def _extents(self) -> Iterator[tuple[int, int]]:
        text = self._text
        if self._forward:
            begin = text.snap(self._from) if self._from < text.size else text.size
            yield from (extent for extent in text.extents_from(begin) if extent[0] >= self._from)
            return
        if self._from <= 0:
            return
        last = text.snap(self._from - 1)
        _, end = next(text.extents_from(last))
        yield last, end
        for start in text.starts_before(last):
            yield start, last
            last = start

    def _stop_at(self, position: int) -> bool:
        searched = abs(position - self._from)
        total = self._text.size - self._from if self._forward else self._from
        if self._progress is not None:
            self._progress(min(1.0, searched / total) if total else 1.0)
        return self._should_stop is not None and self._should_stop()


def _next_place(block: bytes, form: bytes, after: int | None) -> int:
    return block.find(form) if after is None else block.find(form, after + 1)


def _place_before(block: bytes, form: bytes, before: int | None) -> int:
    return block.rfind(form) if before is None else block.rfind(form, 0, before + len(form) - 1)


def _holds(needle: Needle) -> Predicate:
    if needle.ignore_case:
        folded = needle.text.casefold()
        return lambda line: folded in line.casefold()
    return lambda line: needle.text in line
