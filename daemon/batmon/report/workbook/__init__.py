"""A document as an Excel workbook: a summary that prints on one page, a sheet for every section and large table, data.

Everything is written through openpyxl's write-only sheets, so that memory does not grow with the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import cast

from lxml.etree import LxmlError
from openpyxl import Workbook

from batmon.report import palette
from batmon.report.document import Block, Chart, Document, Heatmap, Paragraph, Section, Table
from batmon.report.values import label
from batmon.report.workbook.blocks import BRIEF, BRIEFEST, WHOLE, Blocks, Brevity, is_whole
from batmon.report.workbook.cells import Sheet, harmless, new_sheet
from batmon.report.workbook.charts import ChartSheet
from batmon.report.workbook.inline import fits_page
from batmon.report.workbook.page import Page
from batmon.report.workbook.style import Look, Shapes, Styles
from batmon.report.workbook.table import write_data, write_definitions, write_heatmap, write_table

ONE_PAGE = 1080.0
"""Points of height that are still readable when they are printed on one page."""


@dataclass(slots=True)
class _Group:
    """A section of level 1 with those of level 2 after it: a page, and a sheet for each block too large for it."""

    sections: list[Section]
    page: Sheet | None = None
    apart: list[tuple[Sheet, Section, Block]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Paragraphs that stand above its only table, where there is no page."""


def write(document: Document, path: Path) -> None:
    """Write ``document`` to ``path``.

    Raises:
        OSError: the file, or a temporary one beside openpyxl's others, cannot be written.
    """
    book = _Book(document)
    try:
        book.write(path)
    except LxmlError as error:
        book.abandon()
        raise OSError(f"the workbook cannot be written: {error}") from error  # a full disk, as lxml tells it
    except BaseException:
        book.abandon()
        raise


class _Book:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._book = Workbook(write_only=True)
        self._summary = new_sheet(self._book, label("summary", document.language))
        self._look = Look(document, Styles(self._book, document.language), Shapes(document))
        self._sheets: dict[int, str] = {}
        """The sheet that holds the whole of a block, by the block's id()."""

    def write(self, path: Path) -> None:
        document, look = self._document, self._look
        top = [section for section in document.sections if section.summary]
        brevity = BRIEF if self._laid_out(top, BRIEF).height <= ONE_PAGE else BRIEFEST
        whole = self._wholes(top, brevity)
        groups = [self._planned(group) for group in _groups(document.sections)]
        definitions = new_sheet(self._book, look.label("definitions")) if self._has_definitions() else None
        data = [new_sheet(self._book, one.title) for one in document.data]
        charts = self._chart_sheet()
        self._summary.sheet_properties.tabColor = palette.ACCENT
        self._laid_out(top, brevity).write(self._summary, charts, pages=1)
        for sheet, section, block in whole:
            self._write_apart(sheet, section, block, [])
        for group in groups:
            self._write_group(group, charts)
        if definitions is not None:
            write_definitions(definitions, document, look)
        for sheet, one in zip(data, document.data, strict=True):
            write_data(self._book, sheet, one, look)
        self._describe()
        self._book.save(path)

    def abandon(self) -> None:
        """Remove what was written so far; openpyxl would complain, and keep it until the process ends."""
        for sheet in self._book.worksheets:
            with suppress(Exception):  # what went wrong is on its way already, and a sheet may be in any state
                cast("Sheet", sheet).abandon()

    def _wholes(self, top: Sequence[Section], brevity: Brevity) -> list[tuple[Sheet, Section, Block]]:
        """Sheets of what the summary may show only the beginning of."""
        return [
            (self._apart(section, block), section, block)
            for section in top
            for block in section.blocks
            if not is_whole(block, self._look, brevity)
        ]

    def _apart(self, section: Section, block: Block) -> Sheet:
        name = self._title(section, block)
        if name in self._book.sheetnames:
            name = f"{name} {self._look.label('rows')}"
        sheet = new_sheet(self._book, name)
        self._sheets[id(block)] = sheet.title
        return sheet

    def _title(self, section: Section, block: Block) -> str:
        """That of a block on a sheet of its own."""
        own = getattr(block, "title", "") or section.title
        return self._look.label("findings") if own == self._look.label("summary") else own

    def _planned(self, sections: list[Section]) -> _Group:
        group = _Group(sections)
        blocks = [(section, block) for section in sections for block in section.blocks]
        large = [(section, block) for section, block in blocks if not fits_page(block, self._look)]
        tables = [(section, block) for section, block in blocks if isinstance(block, Table | Heatmap)]
        notes = [block.text for _, block in blocks if isinstance(block, Paragraph)]
        if len(tables) == 1 and len(tables) + len(notes) == len(blocks) and _has_rows(tables[0][1]):
            group.notes = notes
            large = [*tables]
        else:
            group.page = new_sheet(self._book, sections[0].title)
        for section, block in large:
            name = sections[0] if group.page is None else section
            sheet = new_sheet(self._book, name.title) if group.page is None else self._apart(section, block)
            group.apart.append((sheet, section, block))
        return group

    def _chart_sheet(self) -> ChartSheet | None:
        if not any(isinstance(block, Chart) for section in self._document.sections for block in section.blocks):
            return None
        sheet = new_sheet(self._book, self._look.label("chart_data"))
        return ChartSheet(sheet, self._look.styles, self._look.shapes, self._look.language)

    def _laid_out(self, top: Sequence[Section], brevity: Brevity) -> Page:
        page = Page(self._look.styles)
        blocks = Blocks(page, self._look, self._sheets, brevity)
        blocks.head()
        for place, section in enumerate(top):
            blocks.section(section, heading=place > 0)
        return page

    def _write_group(self, group: _Group, charts: ChartSheet | None) -> None:
        if group.page is not None:
            page = Page(self._look.styles)
            blocks = Blocks(page, self._look, self._sheets, WHOLE)
            for section in group.sections:
                blocks.section(section)
            page.write(group.page, charts, pages=0)
        for sheet, section, block in group.apart:
            self._write_apart(sheet, section, block, group.notes)

    def _write_apart(self, sheet: Sheet, section: Section, block: Block, notes: Sequence[str]) -> None:
        if isinstance(block, Table):
            write_table(sheet, block, self._title(section, block), notes, self._look)
        elif isinstance(block, Heatmap):
            write_heatmap(sheet, block, self._title(section, block), notes, self._look)
        else:
            page = Page(self._look.styles)
            whole = Section(key=section.key, title=self._title(section, block), blocks=(block,))
            Blocks(page, self._look, {}, WHOLE).section(whole)
            page.write(sheet, None, pages=0)

    def _has_definitions(self) -> bool:
        return bool(self._document.definitions or any(one.note for one in self._document.data))

    def _describe(self) -> None:
        document, about = self._document, self._book.properties
        about.title = harmless(document.title)[:255]
        about.subject = harmless(document.subtitle)[:255]
        about.creator = about.lastModifiedBy = "BATMON"
        about.description = harmless(document.organisation)[:255]
        about.keywords = harmless(document.template)[:255]
        about.language = document.language
        about.created = document.made_at.astimezone(UTC).replace(tzinfo=None)


def _has_rows(block: Block) -> bool:
    return bool(isinstance(block, Table | Heatmap) and block.rows)


def _groups(sections: Sequence[Section]) -> Iterator[list[Section]]:
    """The sections that are no summary, those of level 2 with the one of level 1 before them."""
    group: list[Section] = []
    for section in sections:
        if section.summary:
            continue
        if section.level == 1 and group:
            yield group
            group = []
        group.append(section)
    if group:
        yield group
