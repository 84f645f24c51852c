"""Keeps Textual's strips free of cycles, so that what was drawn goes away without the collector.

``Strip.adjust_cell_length`` and ``Strip.divide`` remember their answer in the strip itself. Where that answer is the
strip itself it becomes a cycle, which only a full collection frees. This process makes full collections rarely (each
pauses every session), and a row that changes each second for 25 people would cost it 4 MB a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.style import Style
from textual.strip import Strip

_adjust = Strip.adjust_cell_length
_divide = Strip.divide


def _adjust_cell_length(self: Strip, cell_length: int, style: Style | None = None) -> Strip:
    return self if self.cell_length == cell_length else _adjust(self, cell_length, style)


def _divide_at(self: Strip, cuts: Iterable[int]) -> Sequence[Strip]:
    within = [cut for cut in cuts if cut <= self.cell_length]
    return [self] if within == [self.cell_length] else _divide(self, within)


def install() -> None:
    """Put the two in place of Textual's, for every app of this process."""
    Strip.adjust_cell_length = _adjust_cell_length  # type: ignore[method-assign]  # the same answers, not remembered
    Strip.divide = _divide_at  # type: ignore[method-assign]  # as above
