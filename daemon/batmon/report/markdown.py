"""A document as Markdown of GitHub's kind that is as readable in a terminal: it is also the console's preview."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from batmon.report.document import (
    Block,
    Cell,
    Chart,
    Column,
    Document,
    Facts,
    Figures,
    Finding,
    Findings,
    Heatmap,
    Kind,
    Lines,
    Paragraph,
    Section,
    Table,
    Timeline,
    Tone,
)
from batmon.report.markdown_text import block_text, fence, inline, table
from batmon.report.values import NOTHING, known, label, moment, period_words, shown, tone, trend

SIGNS: Mapping[Tone, str] = {"": "", "good": "✓", "warn": "!", "bad": "✗", "muted": "·"}
LEVELS = "▁▂▃▄▅▆▇█"
BAR = 24
"""Characters of the longest bar."""
LABELS_SHOWN = 14
"""As many labels of a chart have a row each; of more, each series is one line of levels."""
_NUMBERS = frozenset(Kind) - {Kind.TEXT, Kind.STATUS, Kind.DATE, Kind.TIME}


def text(document: Document) -> str:
    """The whole document; ``document.text`` as it is where a document prescribes its text."""
    if document.text:
        return document.text
    return "\n".join(_Writer(document).lines()).rstrip("\n") + "\n"


class _Writer:
    """Writes one document; every method gives lines, and a block ends with an empty one."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._language = document.language
        self._heading = ""
        self._blocks: Mapping[type[Block], Callable[[Any], Iterable[str]]] = {
            Figures: self._figures, Paragraph: self._paragraph, Table: self._table, Chart: self._chart,
            Heatmap: self._heatmap, Findings: self._findings, Timeline: self._timeline, Lines: self._lines,
            Facts: self._facts,
        }  # fmt: skip

    def lines(self) -> Iterator[str]:
        document = self._document
        yield f"# {inline(document.title)}"
        yield ""
        if document.subtitle:
            yield block_text(document.subtitle)
            yield ""
        made = f"{moment(document.made_at, document.timezone)} ({document.timezone})"
        heads = [
            (self._label("period"), period_words(document)),
            ("", document.organisation),
            (self._label("made"), made),
            (self._label("made_by"), document.made_by),
            (self._label("node"), document.node),
        ]
        yield " · ".join(f"{f'**{name}** ' if name else ''}{inline(value)}" for name, value in heads if value)
        yield ""
        for section in document.sections:
            yield from self._section(section)
        if document.definitions:
            yield f"## {self._label('definitions')}"
            yield ""
            for one in document.definitions:
                yield f"- **{inline(one.title)}**: {inline(one.text)}"
            yield ""

    def _section(self, section: Section) -> Iterator[str]:
        yield f"{'#' * (section.level + 1)} {inline(section.title)}"
        yield ""
        self._heading = section.title
        for block in section.blocks:
            yield from self._blocks[type(block)](block)

    def _title(self, title: str) -> Iterator[str]:
        """A block's own title, unless it is what the heading of its section says."""
        if title and title != self._heading:
            yield f"**{inline(title)}**"
            yield ""

    def _figures(self, block: Figures) -> Iterator[str]:
        rows = []
        for one in block.items:
            moved = trend(one, self._language, self._document.timezone, self._document.currency)
            words = "" if moved is None else f"{moved.words} ({moved.before})"
            value = f"{SIGNS[one.tone]} {self._shown(one.value, one.kind)}".strip()
            rows.append((one.title, value, words, one.note))
        heads = (self._label("figure"), self._label("value"), self._label("trend"), "")
        yield from self._rows(heads, rows, (False, True, False, False))

    def _paragraph(self, block: Paragraph) -> Iterator[str]:
        yield " ".join(filter(None, (SIGNS[block.tone], block_text(block.text))))
        yield ""

    def _table(self, block: Table) -> Iterator[str]:
        yield from self._title(block.title)
        if not block.rows:
            yield block_text(block.empty or self._label("no_rows"))
            yield ""
        else:
            rows = [
                [self._cell(value, one) for value, one in zip(row, block.columns, strict=True)] for row in block.rows
            ]
            if block.total is not None:
                total = zip(block.total, block.columns, strict=True)
                rows.append(["" if value is None else self._shown(value, one.kind) for value, one in total])
            heads = [column.title for column in block.columns]
            yield from self._rows(heads, rows, [column.kind in _NUMBERS for column in block.columns])
        yield from self._note(block.note)

    def _cell(self, value: Cell, column: Column) -> str:
        return f"{SIGNS[tone(value, column)]} {self._shown(value, column.kind)}".strip()

    def _chart(self, block: Chart) -> Iterator[str]:
        yield from self._title(block.title)
        if not block.labels or not block.series:
            yield self._label("no_rows")
            yield ""
        elif block.shape == "rows" or len(block.labels) <= LABELS_SHOWN:
            yield from self._bars(block)
        else:
            yield from self._levels(block)
        yield from self._note(block.note)

    def _bars(self, block: Chart) -> Iterator[str]:
        """A row for each label: its values, and their sum as a bar."""
        sums = [sum(value for value in values if value is not None) for values in _by_label(block)]
        stacked = block.shape in ("stacked", "rows") or len(block.series) == 1
        most = max((abs(one) for one in sums), default=0.0)
        rows = []
        for name, values, whole in zip(block.labels, _by_label(block), sums, strict=True):
            row = [name, *(self._shown(value, block.kind) for value in values)]
            rows.append([*row, "█" * round(BAR * abs(whole) / most) if most else ""] if stacked else row)
        heads = ["", *(one.title for one in block.series), *([""] if stacked else [])]
        yield from self._rows(heads, rows, [False, *(True for _ in block.series), *([False] if stacked else [])])

    def _levels(self, block: Chart) -> Iterator[str]:
        """A row for each series: its course, its least, most and last value."""
        rows = []
        for one in block.series:
            found = [value for value in map(known, one.values) if value is not None]
            ends = (min(found), max(found), found[-1]) if found else (None, None, None)
            rows.append(
                [
                    one.title,
                    levels(one.values, from_least=block.shape == "line"),
                    *(self._shown(value, block.kind) for value in ends),
                ]
            )
        course = f"{block.labels[0]} – {block.labels[-1]}"
        heads = ["", course, self._label("least"), self._label("most"), self._label("last")]
        yield from self._rows(heads, rows, (False, False, True, True, True))

    def _heatmap(self, block: Heatmap) -> Iterator[str]:
        yield from self._title(block.title)
        if not block.rows or not block.columns:
            yield self._label("no_rows")
            yield ""
        else:
            rows = [(name, "".join(map(_heat, row))) for name, row in zip(block.rows, block.values, strict=True)]
            yield from self._rows(("", f"{block.columns[0]} – {block.columns[-1]}"), rows, (False, False))
            yield self._label("heat")
            yield ""
        yield from self._note(block.note)

    def _findings(self, block: Findings) -> Iterator[str]:
        if not block.items:
            yield block_text(block.empty or self._label("no_rows"))
        for one in block.items:
            yield from self._finding(one)
        yield ""

    def _finding(self, one: Finding) -> Iterator[str]:
        program = f" ({inline(one.program)})" if one.program and one.program not in one.title else ""
        yield f"- {SIGNS[one.tone]} **{inline(one.title)}**{program}: {inline(one.text)}".replace("-  ", "- ", 1)
        for evidence in one.evidence:
            yield f"  - {block_text(evidence.replace(chr(10), ' '))}"

    def _timeline(self, block: Timeline) -> Iterator[str]:
        yield from self._title(block.title)
        zone = self._document.timezone
        rows = [
            (
                NOTHING if one.at is None else moment(one.at, zone),
                SIGNS[one.tone],
                one.title if not one.text else f"{one.title}: {one.text}",
                one.by,
            )
            for one in block.items
        ]
        if rows:
            heads = (self._label("at"), "", self._label("what"), self._label("by"))
            yield from self._rows(heads, rows, (False,) * 4)
        else:
            yield self._label("no_rows")
            yield ""

    def _lines(self, block: Lines) -> Iterator[str]:
        yield from self._title(block.title)
        marked = frozenset(block.marked)
        yield from fence(f"{'▸' if index in marked else ' '} {line}" for index, line in enumerate(block.lines))
        yield ""

    def _facts(self, block: Facts) -> Iterator[str]:
        yield from self._title(block.title)
        for name, value, kind in block.items:
            yield f"- **{inline(name)}**: {inline(self._shown(value, kind))}"
        yield ""

    def _rows(self, heads: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[bool]) -> Iterator[str]:
        yield from table(heads, rows, right)
        yield ""

    def _note(self, note: str) -> Iterator[str]:
        if note:
            yield block_text(note)
            yield ""

    def _shown(self, value: Cell, kind: Kind) -> str:
        return shown(value, kind, self._language, self._document.timezone, self._document.currency)

    def _label(self, name: str) -> str:
        return label(name, self._language)


def levels(values: Sequence[float | None], *, from_least: bool = False) -> str:
    """A course as one character a value, from nothing (or the least value) to the most; a dot: nothing is known."""
    course = [known(value) for value in values]
    found = [value for value in course if value is not None]
    most, top = max(found, default=0.0), len(LEVELS) - 1
    begin = min(found, default=0.0) if from_least else min([0.0, *found])
    height = most - begin
    return "".join(
        "·" if value is None else LEVELS[round(top * (value - begin) / height)] if height > 0 else LEVELS[0]
        for value in course
    )


def _heat(share: float | None) -> str:
    """One cell of a heatmap: a dot without runs, a cross if all failed, else higher the better."""
    share = known(share)
    if share is None:
        return "·"
    return "✗" if share <= 0 else "█" if share >= 1 else LEVELS[1 + min(5, int(share * 6))]


def _by_label(block: Chart) -> list[tuple[float | None, ...]]:
    return list(zip(*(map(known, one.values) for one in block.series), strict=True))
