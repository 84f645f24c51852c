"""How wide the columns of a table are on paper, and what happens where they are too many for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from batmon.report.document import Column, Kind, Table
from batmon.report.pdf.pieces import Look
from batmon.report.pdf.style import LANDSCAPE, PORTRAIT, SIDE, TABLE_SIZE

Paper = Literal["upright", "wide"]

NARROW = 58.0
"""A column of texts is not made narrower than this to fit."""
WIDE = 220.0
"""Nor wider than this while others need room."""
SPREAD = 80.0
"""By how much a column may become wider than it needs."""
SHRUNK = ((1.0, 4.0), (0.92, 3.4), (0.84, 2.6))
"""Sizes of letters, and the air beside them, that are tried before a table is turned or divided."""
SMALL = 12
"""A table of no more rows is divided and not turned: a page of its own would be empty for the most part."""
EASE = 0.4
"""So that a text that just fits fits."""
ENOUGH = 0.4
"""How much of what they would like texts should get; smaller letters are tried for less."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """How a table stands on paper: which columns stand together, how wide each is, how large the letters are."""

    paper: Paper
    size: float
    pad: float
    """The air left and right of every cell."""
    groups: tuple[tuple[tuple[int, float], ...], ...]
    """Of each part: the columns' numbers and widths."""


def paper_width(paper: Paper) -> float:
    """How much of it can be written on."""
    return (PORTRAIT if paper == "upright" else LANDSCAPE)[0] - 2 * SIDE


def fit(table: Table, rows: Sequence[Sequence[str]], look: Look) -> Fitted:
    """Upright if it fits there, else in smaller letters, else turned, else divided with its first column repeated."""
    needs = [_needs(column, [row[at] for row in rows], look) for at, column in enumerate(table.columns)]
    papers: tuple[Paper, ...] = ("upright", "wide") if len(rows) > SMALL else ("upright",)
    for paper in papers:
        width = paper_width(paper)
        for share, pad in SHRUNK:
            widths = _spread([_padded(one, share, pad) for one in needs], width)
            if widths is not None and (widths.ease >= ENOUGH or share == SHRUNK[-1][0]):
                return Fitted(paper, TABLE_SIZE * share, pad, (tuple(enumerate(widths.columns)),))
    share, pad = SHRUNK[1]
    narrowed = [_padded((min(natural, WIDE), least), share, pad) for natural, least in needs]
    return Fitted(papers[-1], TABLE_SIZE * share, pad, tuple(_divided(narrowed, paper_width(papers[-1]))))


def _padded(need: tuple[float, float], share: float, pad: float) -> tuple[float, float]:
    """What a column needs in letters of that share of their size, with the air beside them."""
    return need[0] * share + 2 * pad + EASE, need[1] * share + 2 * pad + EASE


def _needs(column: Column, texts: Sequence[str], look: Look) -> tuple[float, float]:
    """The width that a column's letters would have, and the least that it can do with."""
    plain, bold = look.faces.plain, look.faces.bold
    title = max((bold.width(word[:40], TABLE_SIZE) for word in column.title[:200].split(" ")), default=0.0)
    title = max(title, bold.width(column.title[:200], TABLE_SIZE) / 2)
    widest = max((plain.width(_short(text), TABLE_SIZE) for text in set(texts)), default=0.0)
    dot = 6.0 if column.limits is not None else 0.0
    natural = max(title, widest * (1.06 if column.kind is Kind.STATUS else 1.0) + dot)
    if column.kind in (Kind.TEXT, Kind.STATUS):
        return min(natural, 2 * WIDE), min(natural, max(NARROW, min(title, 1.4 * NARROW)))
    return min(natural, WIDE), min(natural, WIDE)


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:120]


@dataclass(frozen=True, slots=True)
class _Widths:
    """The columns' widths, and how far between what they need at least (0) and what they would have (1)."""

    columns: list[float]
    ease: float


def _spread(needs: Sequence[tuple[float, float]], width: float) -> _Widths | None:
    """The columns' widths in ``width``; None if they do not fit."""
    natural = sum(one for one, _ in needs)
    if natural <= width:
        more = min(SPREAD, (width - natural) / len(needs))
        return _Widths([one + more for one, _ in needs], 1.0)
    least = sum(one for _, one in needs)
    if least > width:
        return None
    return _Widths(_levelled(needs, width), (width - least) / (natural - least))


def _levelled(needs: Sequence[tuple[float, float]], width: float) -> list[float]:
    """The wide columns as wide as one another, between what they need at least and what they would have."""
    low, high = 0.0, max(natural for natural, _ in needs)
    for _ in range(24):
        level = (low + high) / 2
        if sum(min(natural, max(least, level)) for natural, least in needs) > width:
            high = level
        else:
            low = level
    return [min(natural, max(least, low)) for natural, least in needs]


def _divided(needs: Sequence[tuple[float, float]], width: float) -> Iterator[tuple[tuple[int, float], ...]]:
    """The columns in parts that fit, each begun with the first column."""
    first = (0, min(needs[0][0], width / 3))
    part, used = [first], first[1]
    for at, (natural, _) in list(enumerate(needs))[1:]:
        wide = min(natural, width - first[1])
        if used + wide > width and len(part) > 1:
            yield tuple(part)
            part, used = [first], first[1]
        part.append((at, wide))
        used += wide
    yield tuple(part)
