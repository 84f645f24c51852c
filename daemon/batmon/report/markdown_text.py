"""Text put into Markdown as text: nothing in it is markup, and what needs no escape stays readable."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from batmon.gate.sanitize import clean
from batmon.report.values import columns

CELL = 60
"""Columns of a terminal to which a table's column is padded; longer cells stick out."""
CELL_CHARS = 2000
"""Characters of a cell; of a longer one its beginning is shown."""
_PUNCTUATION = re.escape("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_ACTS = re.compile(
    rf"\\(?=[{_PUNCTUATION}]|$)|[`*|<]|(?<![^\W_])_|_(?![^\W_])|~(?=\S)|(?<=\S)~|\](?=[(\[:])|&(?=#?\w+;)",
    re.MULTILINE,
)
"""What would be markup inside a line. An underscore within a word is none, a bracket only before its target."""
_BEGINS = re.compile(r"^( *)(?:([#>+=]|-(?=[\s-]|$))|(\d{1,9})([.)]))", re.MULTILINE)
"""What would be markup at the beginning of a line: headings, quotes, lists, rules."""


def inline(text: str) -> str:
    """``text`` as one line, for a heading, an item or a cell."""
    return _ACTS.sub(r"\\\g<0>", clean(" ".join(text.split("\n"))))


def block_text(text: str) -> str:
    """``text`` as a paragraph of its own, with its lines."""
    lines = [line.strip() for line in clean(text, multiline=True).strip().split("\n")]
    escaped = _ACTS.sub(r"\\\g<0>", "\n".join(lines))
    kept = _BEGINS.sub(_begun, escaped)
    return re.sub(r"(?<=\S)\n(?=\S)", "  \n", kept)


def _begun(found: re.Match[str]) -> str:
    space, sign, number, dot = found.groups()
    return f"{space}\\{sign}" if sign else f"{space}{number}\\{dot}"


def fence(lines: Iterable[str]) -> Iterator[str]:
    """Lines word for word: a block of code that none of them can end."""
    kept = [clean(line) for line in lines]
    longest = max((len(run) for line in kept for run in re.findall("`+", line)), default=0)
    mark = "`" * max(3, longest + 1)
    yield f"{mark}text"
    yield from kept
    yield mark


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[bool]) -> Iterator[str]:
    """A table whose columns also stand under one another in a terminal; ``right``: those that end at the right."""
    cells = [[inline(value) for value in heads], *([_cell(value) for value in row] for row in rows)]
    widths = [max(3, min(CELL, max(columns(row[place]) for row in cells))) for place in range(len(heads))]
    for index, row in enumerate(cells):
        yield f"| {' | '.join(_padded(*one) for one in zip(row, widths, right, strict=True))} |"
        if not index:
            yield f"| {' | '.join('-' * (w - 1) + ':' if r else '-' * w for w, r in zip(widths, right, strict=True))} |"


def _cell(text: str) -> str:
    return inline(text if len(text) <= CELL_CHARS else f"{text[:CELL_CHARS]}… ({len(text):,})")


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - columns(text))
    return space + text if right else text + space
