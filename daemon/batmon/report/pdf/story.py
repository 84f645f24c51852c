"""What a document says, in the order of its pages: the first page's head, its sections, what the figures mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from reportlab.platypus import CondPageBreak, Flowable, NextPageTemplate, PageBreak

from batmon.report.document import (
    Block,
    Chart,
    Document,
    Figures,
    Findings,
    Heatmap,
    Lines,
    Paragraph,
    Section,
    Table,
    Timeline,
)
from batmon.report.pdf.book import Book
from batmon.report.pdf.cards import card_pieces
from batmon.report.pdf.charts import chart_pieces
from batmon.report.pdf.columns import Paper, paper_width
from batmon.report.pdf.cover import cover
from batmon.report.pdf.heatmap import heat_pieces
from batmon.report.pdf.lists import definition_pieces, fact_pieces, findings_pieces, line_pieces, timeline_pieces
from batmon.report.pdf.pieces import Look, Piece, Stack, gap, text_pieces, title_pieces
from batmon.report.pdf.style import ACCENT, BODY_SIZE, BOTTOM, GAP, HEADING_SIZES, INK, MUTED, PORTRAIT, TONES, TOP
from batmon.report.pdf.tables import table_stacks
from batmon.report.pdf.words import WORDS
from batmon.report.values import label

CONTENTS_FROM = 4
"""A report of so many parts has a list of them on its first page."""
MOST_CONTENTS = 24
LEFT_EMPTY = 0.55
"""A section that wants a new page begins on this one if more of it than this is free."""
PARAGRAPH_GAP = 7.0
PARAGRAPH_LINES = 80
HEADING_GAP = 18.0
BESIDE_APART = 18.0
BESIDE_LABELS = 14
"""Two small charts that follow one another stand side by side; a small one has no more labels."""
BESIDE_SERIES = 3
DEFINITIONS = "definitions"


def story(document: Document, look: Look) -> list[Flowable]:
    """Everything on the pages, top to bottom."""
    sections = _summary_first(document.sections)
    keyed = [(f"part-{at}", one) for at, one in enumerate(sections)]
    listed = [(one.title, key) for key, one in keyed if one.level == 1 and not one.summary and one.title]
    if document.definitions:
        listed.append((label("definitions", look.language), DEFINITIONS))
    told = _Story(look)
    told.flowables.append(cover(document, listed[:MOST_CONTENTS] if len(listed) >= CONTENTS_FROM else (), look))
    for key, section in keyed:
        told.section(section, key)
    if document.definitions:
        told.definitions(document)
    if not sections:
        told.word_for_word(document)
    return told.flowables


def _summary_first(sections: Sequence[Section]) -> list[Section]:
    """The sections in order, those of the first page before the rest, each with the ones that belong to it."""
    parts: list[list[Section]] = []
    for section in sections:
        if section.level == 1 or not parts:
            parts.append([])
        parts[-1].append(section)
    return [section for part in sorted(parts, key=lambda one: not one[0].summary) for section in part]


class _Story:
    def __init__(self, look: Look) -> None:
        self._look = look
        self._width = paper_width("upright")
        self._paper: Paper = "upright"
        self.flowables: list[Flowable] = []

    def section(self, section: Section, key: str) -> None:
        """A section's heading and blocks; the heading stays with the first block."""
        heading = self._heading(section.title, key, section.level) if section.title else []
        if not section.blocks and heading:
            self._add(
                "upright", [Stack(self._width, lead=heading, body=[gap(1)])], new_page=section.new_page, begins=True
            )
        new_page = section.new_page
        for blocks in _pairs(section.blocks):
            paper, stacks = self._stacks(blocks, heading, section.title)
            self._add(paper, stacks, new_page=new_page, begins=bool(heading))
            heading, new_page = [], False

    def definitions(self, document: Document) -> None:
        """What the figures mean."""
        lead = self._heading(label("definitions", self._look.language), DEFINITIONS, 1)
        body = definition_pieces(document.definitions, self._look, self._width)
        self._add("upright", [Stack(self._width, lead=lead, body=body)], begins=True)

    def word_for_word(self, document: Document) -> None:
        """The text of a document that has no sections."""
        look = self._look
        lines = tuple(document.text.rstrip("\n").split("\n")) if document.text else ()
        body = line_pieces(Lines(title="", lines=lines), look, self._width) if lines else self._words("empty")
        self._add("upright", [Stack(self._width, body=body)])

    def _add(self, paper: Paper, stacks: Sequence[Stack], *, new_page: bool = False, begins: bool = False) -> None:
        if paper != self._paper:
            self.flowables += [NextPageTemplate(paper), PageBreak()]
            self._paper = paper
        elif new_page:
            self.flowables.append(CondPageBreak(LEFT_EMPTY * (PORTRAIT[1] - TOP - BOTTOM)))
        if begins:
            stacks[0].spaceBefore = HEADING_GAP
        self.flowables += stacks

    def _stacks(self, blocks: Sequence[Block], lead: list[Piece], said: str) -> tuple[Paper, list[Stack]]:
        """The paper and the stacks of a block or two; a title that the section's heading has ``said`` is left out."""
        if len(blocks) == 2:
            return "upright", [Stack(self._width, lead=lead, body=[self._beside(blocks)])]
        block = blocks[0]
        title = getattr(block, "title", "")
        title = "" if title == said else title
        if isinstance(block, Table):
            return table_stacks(block, title, self._look, lead)
        if isinstance(block, Chart):
            body = chart_pieces(block, title, self._look, self._width)
            return "upright", [Stack(self._width, lead=lead, body=body)]
        lead = [*lead, *title_pieces(title, self._look, self._width)]
        head, body = self._pieces(block)
        after = PARAGRAPH_GAP if isinstance(block, Paragraph) else GAP
        return "upright", [Stack(self._width, lead=lead, head=head, body=body or [gap(1)], after=after)]

    def _pieces(self, block: Block) -> tuple[list[Piece], list[Piece]]:
        """What is repeated on every page of a block, and what it is made of."""
        look, width = self._look, self._width
        body: list[Piece] = []
        if isinstance(block, Heatmap):
            return heat_pieces(block, look, width)
        if isinstance(block, Figures):
            body = card_pieces(block.items, look, width)
        elif isinstance(block, Paragraph):
            body = text_pieces(
                look.faces.plain, block.text, BODY_SIZE, width, colour=TONES[block.tone], most=PARAGRAPH_LINES
            )
        elif isinstance(block, Findings):
            body = findings_pieces(block, look, width)
        elif isinstance(block, Timeline):
            body = timeline_pieces(block, look, width)
        elif isinstance(block, Lines):
            body = line_pieces(block, look, width)
        elif not isinstance(block, (Table, Chart)):
            body = fact_pieces(block, look, width)
        return [], body

    def _words(self, key: str) -> list[Piece]:
        words = WORDS[self._look.language][key]
        return text_pieces(self._look.faces.plain, words, BODY_SIZE, self._width, colour=MUTED)

    def _beside(self, charts: Sequence[Block]) -> Piece:
        """Two charts side by side."""
        half = (self._width - BESIDE_APART) / 2
        columns = [chart_pieces(one, one.title, self._look, half) for one in charts if isinstance(one, Chart)]
        height = max(sum(one.height for one in column) for column in columns)

        def paint(book: Book, x: float, top: float) -> None:
            for at, column in enumerate(columns):
                y = top
                for one in column:
                    one.paint(book, x + at * (half + BESIDE_APART), y)
                    y -= one.height

        return Piece(height, paint)

    def _heading(self, title: str, key: str, level: int) -> list[Piece]:
        """A section's heading, which is a bookmark too."""
        size = HEADING_SIZES[level]
        bold = self._look.faces.bold
        lines = bold.wrap(title, size, self._width, 3)
        leading = size * 1.3
        height = len(lines) * leading + (9 if level == 1 else 5)

        def paint(book: Book, x: float, top: float) -> None:
            book.heading(title, key, level - 1, height + 12)
            book.setFillColor(ACCENT if level == 1 else INK)
            for at, line in enumerate(lines):
                bold.draw(book, x, top - (at + 0.5) * leading - 0.36 * size, line, size)

        return [Piece(height, paint, keep=True)]


def _pairs(blocks: Sequence[Block]) -> Iterator[Sequence[Block]]:
    """The blocks one by one, two small charts that follow one another together."""
    for is_small, run in groupby(blocks, _is_small):
        found = list(run)
        step = 2 if is_small else 1
        yield from (found[at : at + step] for at in range(0, len(found), step))


def _is_small(block: Block) -> bool:
    return isinstance(block, Chart) and len(block.labels) <= BESIDE_LABELS and len(block.series) <= BESIDE_SERIES
