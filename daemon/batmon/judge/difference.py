"""What one run wrote that another did not, when what varies from run to run is masked. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from batmon.judge.signature import mask

KINDS_SHOWN = 500
"""Kinds of line that are told of each side at most; the others are counted."""
KINDS_READ = 20_000
"""Kinds of line that are kept apart while a side is read; lines of further kinds are left out."""
SAMPLE_CHARS = 500
GRAVE = ("error", "warn")
_MASKED_KEPT = 20_000


class Written(NamedTuple):
    """A line of a run: where it begins in its file in bytes, its text, what it says after its time, its level."""

    offset: int
    text: str
    said: str
    level: str | None


@dataclass(slots=True)
class Kind:
    """Lines that are equal when masked; ``text`` and ``offset`` are those of the first of them."""

    text: str
    offset: int
    level: str | None
    count: int


class Side:
    """The lines of one run by kind, in the order in which the kinds came."""

    def __init__(self) -> None:
        self.kinds: dict[str, Kind] = {}
        self.left_out = False
        """There were more kinds than are kept apart."""
        self._masked: dict[str, str] = {}

    def add(self, lines: Iterable[Written]) -> None:
        """More of its lines. Empty ones say nothing and are left out."""
        for line in lines:
            if not line.said.strip():
                continue
            key = self._masked.get(line.said)
            if key is None:
                key = mask(line.said)
                if len(self._masked) < _MASKED_KEPT:
                    self._masked[line.said] = key
            kind = self.kinds.get(key)
            if kind is not None:
                kind.count += 1
            elif len(self.kinds) < KINDS_READ:
                self.kinds[key] = Kind(line.text[:SAMPLE_CHARS], line.offset, line.level, 1)
            else:
                self.left_out = True


@dataclass(frozen=True, slots=True)
class Difference:
    """``new`` stands in the run only, ``missing`` in the other only, each in its own order; ``same`` counts lines."""

    new: list[Kind] = field(default_factory=list)
    missing: list[Kind] = field(default_factory=list)
    same: int = 0
    cut: bool = False
    """There are more differences than are told."""


def difference(run: Side, against: Side) -> Difference:
    """Compare a run with another.

    A kind of line is new when the other has none of it. Errors and warnings are counted: ten where the other has one
    are nine new ones. Of other lines a run may have more or fewer, as it had more or less to do.
    """
    new, missing = _beyond(run, against), _beyond(against, run)
    same = sum(min(kind.count, against.kinds[key].count) if kind.level in GRAVE else kind.count
               for key, kind in run.kinds.items() if key in against.kinds)  # fmt: skip
    cut = len(new) > KINDS_SHOWN or len(missing) > KINDS_SHOWN or run.left_out or against.left_out
    return Difference(new[:KINDS_SHOWN], missing[:KINDS_SHOWN], same, cut)


def _beyond(one: Side, other: Side) -> list[Kind]:
    found = []
    for key, kind in one.kinds.items():
        there = other.kinds.get(key)
        if there is None:
            found.append(kind)
        elif kind.level in GRAVE and kind.count > there.count:
            found.append(Kind(kind.text, kind.offset, kind.level, kind.count - there.count))
    return found
