"""The blocks of a document laid out on a page of a workbook."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from batmon.report import palette
from batmon.report.document import (
    Block,
    Chart,
    Facts,
    Figure,
    Figures,
    Finding,
    Findings,
    Heatmap,
    Kind,
    Lines,
    Moment,
    Paragraph,
    Section,
    Table,
    Timeline,
    Tone,
)
from batmon.report.values import moment, period_words, trend
from batmon.report.workbook.cells import fitting
from batmon.report.workbook.inline import CELL_CHARS, INLINE_ROWS, fits_page, put_heatmap, put_table
from batmon.report.workbook.page import GRID, Page, lines
from batmon.report.workbook.style import (
    BODY,
    NAME,
    SMALL,
    SUBTITLE,
    TEXT,
    TITLE,
    Look,
    Style,
)

SIGNS: Mapping[Tone, str] = {"": "•", "good": "✓", "warn": "!", "bad": "✗", "muted": "·"}
CARD_GAP = 1
CHART_ROWS = 13
"""Rows that a chart lies on, of the usual height; of lying bars as many as its bars need."""
EMPHASIS = replace(TEXT, bold=True)
LINK = replace(SMALL, colour=palette.ACCENT)


@dataclass(frozen=True, slots=True)
class Brevity:
    """How much of long blocks a page shows."""

    rows: int
    findings: int
    evidence: int


WHOLE = Brevity(rows=INLINE_ROWS, findings=1000, evidence=100)
BRIEF = Brevity(rows=10, findings=5, evidence=2)
"""Of a summary."""
BRIEFEST = Brevity(rows=5, findings=3, evidence=1)
"""Of a summary that would not be readable on one page otherwise."""


class Blocks:
    """Puts blocks on one page. ``sheets`` names the sheet that holds the whole of a block, by the block's id()."""

    def __init__(self, page: Page, look: Look, sheets: Mapping[int, str], brevity: Brevity) -> None:
        self._page = page
        self._look = look
        self._sheets = sheets
        self._brevity = brevity
        self._heading = ""
        """Of the section that is laid out: a block of the same name needs no name of its own."""
        self._blocks: Mapping[type[Block], Callable[[Any], None]] = {
            Paragraph: self._paragraph, Table: self._table, Heatmap: self._heatmap,
            Findings: self._findings, Timeline: self._timeline, Lines: self._lines, Facts: self._facts,
        }  # fmt: skip

    def head(self) -> None:
        """The report's title, what it is about, and who made it when."""
        document, page, look = self._look.document, self._page, self._look
        page.row(34)
        page.put(0, GRID, fitting(document.title), TITLE)
        named = document.period is not None and document.period.start.isoformat() in document.subtitle
        about = (document.organisation, "" if named else period_words(document), document.subtitle)
        page.text(" · ".join(filter(None, about)), SUBTITLE)
        made = f"{look.label('made')} {moment(document.made_at, document.timezone)} ({document.timezone})"
        by = (
            f"{look.label(name)} {one}" for name, one in (("made_by", document.made_by), ("node", document.node)) if one
        )
        page.row(16)
        style = replace(SMALL, bottom=("medium", palette.ACCENT))
        page.put(0, GRID, fitting(" · ".join((made, *by))), style)
        page.row(8)

    def section(self, section: Section, *, heading: bool = True) -> None:
        """A section with its blocks; two charts in a row stand side by side, figures in a row together."""
        if section.new_page:
            self._page.break_before()
        first = section.blocks[0] if section.blocks else None
        if heading and isinstance(first, Chart) and first.title == section.title:
            self._page.row(12)  # the chart says it
        elif heading and section.level == 1:
            self._page.heading(section.title)
        elif heading:
            self._page.row(6)
            self._page.text(section.title, replace(EMPHASIS, size=11.5, colour=palette.ACCENT))
        self._heading = section.title if heading else ""
        for _, together in groupby(section.blocks, type):
            blocks = list(together)
            charts = [block for block in blocks if isinstance(block, Chart)]
            for begin in range(0, len(charts), 2):
                self._charts(charts[begin : begin + 2])
            figures = [one for block in blocks if isinstance(block, Figures) for one in block.items]
            if figures:
                self._figures(figures)
            for block in blocks:
                if not isinstance(block, Chart | Figures):
                    self._blocks[type(block)](block)

    def _figures(self, items: Sequence[Figure]) -> None:
        a_row = max(1, min(4, len(items)))
        span = {1: 11, 2: 11, 3: 7, 4: 5}[a_row]
        for begin in range(0, len(items), a_row):
            found = items[begin : begin + a_row]
            noted = any(one.note or one.before is not None for one in found)
            first = self._page.row(18)
            for height in (30, 16, *((15,) if noted else ())):
                self._page.row(height)
            self._page.row(9)
            for index, one in enumerate(found):
                self._card(one, index * (span + CARD_GAP), span, first, noted=noted)

    def _card(self, one: Figure, at: int, span: int, first: int, *, noted: bool) -> None:
        look, page = self._look, self._page
        colour = palette.TONES[one.tone]
        base = Style(fill=palette.SHADE, indent=1)
        top = palette.TONES[one.tone] if one.tone else palette.ACCENT
        name = replace(base, size=9.5, colour=palette.MUTED, top=("medium", top), shrink=True)
        page.put(at, span, fitting(one.title), name, row=first)
        big = replace(base, size=19, bold=True, colour=colour, shrink=True, format=look.shapes.format(one.kind))
        in_words = one.kind is Kind.BYTES  # alone it reads better in the unit that fits it
        value = fitting(look.shown(one.value, one.kind)) if in_words else look.shapes.stored(one.value, one.kind)
        page.put(at, span, value, big, row=first + 1)
        moved = trend(one, look.language, look.document.timezone, look.document.currency)
        words = "" if moved is None else moved.words
        small = replace(base, size=9, colour=palette.TONES[moved.tone if moved else "muted"], shrink=True)
        page.put(at, span, fitting(words) or None, small, row=first + 2)
        if noted:
            note = replace(base, size=8.5, colour=palette.MUTED, shrink=True)
            said = " · ".join(filter(None, ("" if moved is None else moved.before, one.note)))
            page.put(at, span, fitting(said) or None, note, row=first + 3)

    def _paragraph(self, block: Paragraph) -> None:
        style = TEXT
        if block.tone:
            style = replace(TEXT, colour=palette.TONES[block.tone], fill=palette.TONES_SOFT[block.tone], indent=1)
        self._page.text(f"{SIGNS[block.tone]} {block.text}" if block.tone else block.text, style)
        self._page.row(6)

    def _charts(self, charts: Sequence[Chart]) -> None:
        drawn = [one for one in charts if one.labels and one.series]
        span = GRID if len(drawn) == 1 else GRID // 2
        height = max((_chart_rows(one) for one in drawn), default=0)
        if drawn:
            first = self._page.rows + 1
            for _ in range(height):
                self._page.row()
            for index, one in enumerate(drawn):
                self._page.chart(one, index * (span + 1), span, first, height)
            self._page.row(6)
        for one in charts:
            if one not in drawn:
                self._name(one.title)
                self._page.text(self._look.label("no_rows"), SMALL)
            if one.note:
                self._page.text(one.note, SMALL)

    def _table(self, block: Table) -> None:
        page, look = self._page, self._look
        self._name(block.title)
        shown = block.rows[: self._brevity.rows]
        if not shown:
            page.text(block.empty or look.label("no_rows"), SMALL)
        elif (self._brevity is WHOLE and len(shown) < len(block.rows)) or not put_table(page, block, shown, look):
            shown = ()
        if len(shown) < len(block.rows):
            self._lead_on("on_sheet", len(block.rows), block)
        if block.note:
            page.text(block.note, SMALL)
        page.row(8)

    def _heatmap(self, block: Heatmap) -> None:
        page, look = self._page, self._look
        self._name(block.title)
        if not block.rows or not block.columns:
            page.text(look.label("no_rows"), SMALL)
        elif id(block) in self._sheets:
            self._lead_on("on_sheet", len(block.rows), block)
        else:
            put_heatmap(page, block)
        if block.note:
            page.text(block.note, SMALL)
        page.row(8)

    def _lead_on(self, words: str, count: int, block: Block) -> None:
        """A line that leads to the sheet with the whole of a block, if there is one."""
        sheet = self._sheets.get(id(block))
        if sheet is not None:
            self._page.row()
            said = self._look.label(words, count=f"{count:,}", sheet=sheet)
            self._page.link(self._page.put(0, GRID, fitting(f"→ {said}"), LINK), sheet)

    def _findings(self, block: Findings) -> None:
        page, look = self._page, self._look
        if not block.items:
            page.text(block.empty or look.label("no_rows"), SMALL)
        for one in block.items[: self._brevity.findings]:
            self._finding(one)
        rest = len(block.items) - self._brevity.findings
        if rest > 0:
            self._lead_on("more_on", rest, block)
        page.row(8)

    def _finding(self, one: Finding) -> None:
        page = self._page
        colour = palette.TONES[one.tone]
        program = f"  {one.program[:80]}" if one.program and one.program not in one.title else ""
        page.row(17)
        bar = Style(bold=True, colour=colour, fill=palette.TONES_SOFT[one.tone], across="center")
        page.put(0, 1, SIGNS[one.tone], bar)
        title = Style(bold=True, fill=palette.TONES_SOFT[one.tone], shrink=True)
        page.put(1, GRID - 1, fitting(f"{one.title[:CELL_CHARS]}{program}"), title)
        page.text(one.text, replace(TEXT, size=9.5), at=1)
        for evidence in one.evidence[: self._brevity.evidence]:
            page.text(f"– {evidence[:CELL_CHARS]}", replace(SMALL, size=8.5), at=1)
        page.row(4)

    def _timeline(self, block: Timeline) -> None:
        self._name(block.title)
        if not block.items:
            self._page.text(self._look.label("no_rows"), SMALL)
        for one in block.items:
            self._moment(one)
        self._page.row(8)

    def _moment(self, one: Moment) -> None:
        page, colour = self._page, palette.TONES[one.tone]
        said = fitting(f"{one.title}\n{one.text}" if one.text else one.title)
        page.row(max(1, lines(said, 13, 9.5)) * 14.25 + 3)
        top = replace(BODY, down="top")
        at = self._look.shapes.stored(one.at, Kind.TIME)
        page.put(0, 5, at, replace(top, format=self._look.shapes.format(Kind.TIME), colour=palette.MUTED))
        page.put(5, 1, SIGNS[one.tone], replace(top, bold=True, colour=colour, across="center"))
        page.put(6, 13, said, replace(top, wrap=True, colour=colour))
        page.put(19, 4, fitting(one.by) or None, replace(top, colour=palette.MUTED))

    def _lines(self, block: Lines) -> None:
        self._name(block.title)
        marked = frozenset(block.marked)
        for index, line in enumerate(block.lines):
            plain = Style(size=8.5, monospace=True, fill=palette.SHADE, indent=1)
            loud = replace(plain, bold=True, colour=palette.TONES["bad"], fill=palette.TONES_SOFT["bad"])
            self._page.text(f"▸ {line}" if index in marked else f"  {line}", loud if index in marked else plain)
        self._page.row(8)

    def _facts(self, block: Facts) -> None:
        self._name(block.title)
        shapes = self._look.shapes
        for name, value, kind in block.items:
            stored = shapes.stored(value, kind)
            tall = lines(stored, 16, 9.5) if isinstance(stored, str) else 1
            self._page.row(tall * 14.25 + 2)
            self._page.put(0, 7, fitting(name), replace(BODY, colour=palette.MUTED, down="top"))
            style = replace(BODY, format=shapes.format(kind), wrap=True, down="top")
            self._page.put(7, 16, stored, style)
        self._page.row(8)

    def _name(self, title: str) -> None:
        if title and title != self._heading:
            self._page.row(18)
            self._page.put(0, GRID, fitting(title), NAME)


def is_whole(block: Block, look: Look, brevity: Brevity) -> bool:
    """Whether a page of this brevity shows the whole block."""
    if isinstance(block, Table):
        return len(block.rows) <= brevity.rows and fits_page(block, look)
    if isinstance(block, Findings):
        shown = block.items[: brevity.findings]
        return len(shown) == len(block.items) and all(len(one.evidence) <= brevity.evidence for one in shown)
    return fits_page(block, look)


def _chart_rows(chart: Chart) -> int:
    return max(CHART_ROWS, min(28, len(chart.labels) + 5)) if chart.shape == "rows" else CHART_ROWS
