"""Markdown as BATMON's reports write it, as lines of a terminal: headings, tables, lists and text word for word. Pure.

Nothing else of Markdown is read: what it does not know stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from batmon_tui.cells import fit
from batmon_tui.widgets.lines import Piece

Line = list[Piece]
HEADINGS = ("md--title", "md--heading", "md--part")
"""How headings of level 1, 2, and 3 and below look."""
MOST_CELLS = 60
"""Cells of a table's column at most."""
GAP = "  "

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_BOLD = re.compile(r"(?<!\\)\*\*(.+?)(?<!\\)\*\*")
_HEADING = re.compile(r"^(#{1,6}) +(.*)$")
_FENCE = re.compile(r"^(`{3,})")
_RULE = re.compile(r"^\|(?: *:?-+:? *\|)+$")
_ITEM = re.compile(r"^( *)- (.*)$")
_CELLS = re.compile(r"(?<!\\)\|")
_LOOKS = {"✗": "md--bad", "!": "md--warn", "✓": "md--good"}


def lines_of(text: str, width: int) -> list[Line]:
    """The lines; paragraphs and items are wrapped to ``width`` cells, tables and what is word for word are not."""
    found: list[Line] = []
    source = text.split("\n")
    at = 0
    while at < len(source):
        line = source[at]
        if fence := _FENCE.match(line):
            end = _end_of_fence(source, at + 1, fence.group(1))
            found += [[(f"  {one}", "md--quiet")] for one in source[at + 1 : end]]
            at = end + 1
        elif line.startswith("|"):
            end = at
            while end < len(source) and source[end].startswith("|"):
                end += 1
            found += _table(source[at:end])
            at = end
        else:
            found += _single(line, width)
            at += 1
    return found


def headings(lines: Sequence[Line]) -> list[int]:
    """Which of the lines are headings."""
    return [index for index, line in enumerate(lines) if line and line[0][1] in HEADINGS]


def _end_of_fence(source: Sequence[str], at: int, mark: str) -> int:
    while at < len(source) and source[at] != mark:
        at += 1
    return at


def _single(line: str, width: int) -> list[Line]:
    if heading := _HEADING.match(line):
        look = HEADINGS[min(len(heading.group(1)), len(HEADINGS)) - 1]
        return [[(_plain(heading.group(2)), look)]]
    if item := _ITEM.match(line):
        lead = f"{item.group(1)}- "
        return _wrapped(_inline(item.group(2)), width, lead, " " * len(lead))
    return _wrapped(_inline(line.strip()), width, "", "") if line.strip() else [[]]


def _plain(text: str) -> str:
    """The characters that are meant."""
    return _ESCAPED.sub(r"\1", _BOLD.sub(r"\1", text))


def _inline(text: str) -> Line:
    """A text with its bold parts; one that begins with a sign has its colour."""
    found: Line = []
    sign = _LOOKS.get(text.partition(" ")[0], "")
    last = 0
    for bold in _BOLD.finditer(text):
        found.append((_ESCAPED.sub(r"\1", text[last : bold.start()]), sign))
        found.append((_ESCAPED.sub(r"\1", bold.group(1)), "md--strong"))
        last, sign = bold.end(), ""
    found.append((_ESCAPED.sub(r"\1", text[last:]), sign))
    return [piece for piece in found if piece[0]]


def _wrapped(pieces: Line, width: int, first: str, other: str) -> list[Line]:
    """The words of the pieces over as many lines as they need; a word that is too long is cut into parts."""
    lines: list[Line] = [[(first, "")] if first else []]
    used = cell_len(first)
    for text, look in pieces:
        for word in _words(text, max(4, width - cell_len(other))):
            if used + cell_len(word.rstrip()) > width and used > cell_len(other):
                lines.append([(other, "")] if other else [])
                used, word = cell_len(other), word.lstrip()  # noqa: PLW2901 - it begins a line
            lines[-1].append((word, look))
            used += cell_len(word)
    return lines


def _words(text: str, room: int) -> Iterator[str]:
    """Words with the spaces behind them, none wider than ``room``."""
    for word in re.findall(r"\S+\s*|\s+", text):
        part = ""
        for character in word:
            if cell_len(part) + cell_len(character) > room:
                yield part
                part = ""
            part += character
        yield part


def _table(source: Sequence[str]) -> list[Line]:
    """Rows under one another; the first is the heading, the rule below it says which columns end at the right."""
    rule = next((line for line in source if _RULE.match(line)), "")
    right = [cell.strip().endswith(":") for cell in rule.strip().strip("|").split("|")] if rule else []
    rows = [_row(line) for line in source if line != rule]
    columns = max((len(row) for row in rows), default=0)
    widths = [
        min(MOST_CELLS, max((cell_len(row[at]) for row in rows if at < len(row)), default=0)) for at in range(columns)
    ]
    found: list[Line] = []
    for number, row in enumerate(rows):
        line: Line = [(" ", "")]
        for at, cell in enumerate(row):
            ends_right = at < len(right) and right[at]
            look = "md--head" if not number and rule else _look(cell)
            line.append((fit(cell, widths[at], right=ends_right) + GAP, look))
        found.append(line)
    return found


def _row(line: str) -> list[str]:
    return [_plain(cell.strip()) for cell in _CELLS.split(line.strip())[1:-1]]


def _look(cell: str) -> str:
    """The colour of the sign that a cell begins or ends with."""
    words = cell.split(" ")
    return _LOOKS.get(words[0]) or (_LOOKS.get(words[-1], "") if len(words) > 1 else "")
