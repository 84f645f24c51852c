"""How a workbook looks: fonts, sizes, fills and lines of cells, and the number format of each kind of value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.workbook import Workbook

from batmon.report import palette
from batmon.report.document import Cell, Document, Kind
from batmon.report.values import MONEY_SIGNS, NOTHING, label, shown, status_word
from batmon.report.workbook.cells import DAY_SECONDS, TIME_FORMAT, Value, day, fitting, moment_in, number
from batmon.words import Language

Font.__elements__ = (
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color", "name", "family",
    "charset", "scheme",
)  # fmt: skip
"""The parts of a font in the order of Office's schema; openpyxl writes another one, which strict readers refuse."""
FONTS: Mapping[Language, str] = {"ko": "맑은 고딕", "en": "Calibri"}
MONOSPACE = "Consolas"
DURATION = "[h]:mm:ss"
LONGEST = 2_958_465 * DAY_SECONDS
"""Seconds up to the last day that Excel knows."""
MEGABYTE = 1024.0 * 1024.0
_PLAIN = frozenset({Kind.TEXT, Kind.STATUS})
_LEFT = frozenset({Kind.TEXT, Kind.STATUS, Kind.DATE, Kind.TIME})

Line = tuple[Literal["hair", "thin", "medium", "thick"], str]
"""A line's weight and colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a cell looks; colours are six hex digits, empty without."""

    size: float = 10
    bold: bool = False
    colour: str = palette.INK
    fill: str = ""
    across: Literal["left", "right", "center"] = "left"
    down: Literal["top", "center", "bottom"] = "center"
    wrap: bool = False
    shrink: bool = False
    """Whether what does not fit is written smaller: a number that does not fit would be ####."""
    indent: int = 0
    format: str = "General"
    monospace: bool = False
    top: Line | None = None
    bottom: Line | None = None
    left: Line | None = None
    right: Line | None = None


TEXT = Style()
TITLE = Style(size=20, bold=True, colour=palette.ACCENT)
SUBTITLE = Style(size=11, colour=palette.MUTED)
SMALL = Style(size=9, colour=palette.MUTED)
HEADING = Style(size=13, bold=True, colour=palette.ACCENT, down="bottom", bottom=("thin", palette.ACCENT))
NAME = Style(size=10.5, bold=True, down="bottom")
"""The name above a table or a list."""
HEAD = Style(
    size=9.5, bold=True, colour=palette.ACCENT, fill=palette.ACCENT_SOFT, wrap=True, bottom=("thin", palette.ACCENT)
)
"""A table's column."""
BODY = Style(size=9.5, bottom=("hair", palette.LINE))
TOTAL = Style(size=9.5, bold=True, fill=palette.SHADE, top=("thin", palette.ACCENT))


class Styles:
    """The styles of one workbook by what they look like: each is made once and then known by its number."""

    def __init__(self, book: Workbook, language: Language) -> None:
        self._book = book
        self._font = FONTS[language]
        self._numbers: dict[Style, int] = {}

    def number(self, style: Style) -> int:
        """What cells name it by."""
        found = self._numbers.get(style)
        if found is None:
            found = self._numbers[style] = self._made(style)
        return found

    def _made(self, style: Style) -> int:
        cell = WriteOnlyCell(self._book.worksheets[0])
        name = MONOSPACE if style.monospace else self._font
        cell.font = Font(name=name, size=style.size, bold=style.bold, color=style.colour)
        if style.fill:
            cell.fill = PatternFill("solid", fgColor=style.fill)
        cell.alignment = Alignment(
            horizontal=style.across,
            vertical=style.down,
            wrap_text=style.wrap or None,
            shrink_to_fit=style.shrink or None,
            indent=style.indent,
        )
        sides: dict[str, Any] = {
            side: Side(style=line[0], color=line[1])
            for side, line in {
                "top": style.top, "bottom": style.bottom, "left": style.left, "right": style.right,
            }.items()
            if line is not None
        }  # fmt: skip
        if sides:
            cell.border = Border(**sides)
        cell.number_format = style.format
        return int(cell.style_id)


class Shapes:
    """How each kind of value of one document is stored and formatted."""

    def __init__(self, document: Document) -> None:
        self._language: Language = document.language
        self._moment = moment_in(ZoneInfo(document.timezone))
        self._formats = _formats(document.language, document.currency)

    def format(self, kind: Kind) -> str:
        """The number format."""
        return self._formats.get(kind, "General")

    def styled(self, style: Style, kind: Kind) -> Style:
        """``style`` as it is for values of this kind: numbers end at the right."""
        across = align(kind)
        return replace(style, format=self.format(kind), across=across, indent=int(across == "right"))

    def raw(self, style: Style, kind: Kind) -> Style:
        """``style`` for values that programs read again: every duration in the form that they know one by."""
        found = self.styled(style, kind)
        return replace(found, format=DURATION) if kind is Kind.SECONDS else found

    def stored(self, value: Cell, kind: Kind, nothing: Value = NOTHING) -> Value:
        """What the cell stores; ``nothing`` where nothing is known."""
        found = self.encoder(kind)(value)
        return nothing if found is None else found

    def encoder(self, kind: Kind) -> Callable[[Cell], Value]:
        """What turns the values of a column into what its cells store; None stays None."""
        scale = {Kind.SECONDS: DAY_SECONDS, Kind.BYTES: MEGABYTE}.get(kind, 1.0)
        moment, language, status = self._moment, self._language, kind is Kind.STATUS

        def stored(value: Cell) -> Value:
            if value is None:
                return None
            if isinstance(value, str):
                return fitting(status_word(value, language) if status else value)
            if isinstance(value, bool):
                return label("yes" if value else "no", language)
            if isinstance(value, datetime):
                return moment(value)
            if isinstance(value, date):
                return day(value)
            if kind is Kind.SECONDS and not 0 <= value < LONGEST:  # Excel shows #### for what is on no calendar
                words = shown(value, kind, language)
                return None if words == NOTHING else words
            found = number(value)
            return found if scale == 1.0 or not isinstance(found, (int, float)) else found / scale

        return stored


@dataclass(frozen=True, slots=True)
class Look:
    """What every part of a workbook needs: the document, its styles and how its values are stored."""

    document: Document
    styles: Styles
    shapes: Shapes

    @property
    def language(self) -> Language:
        """That of the document."""
        return self.document.language

    def label(self, name: str, **values: object) -> str:
        """One of the writers' own words."""
        return label(name, self.language, **values)

    def shown(self, value: Cell, kind: Kind) -> str:
        """A value in words."""
        return shown(value, kind, self.language, self.document.timezone, self.document.currency)


def align(kind: Kind) -> Literal["left", "right"]:
    """Where values of this kind and the names of their columns stand."""
    return "left" if kind in _LEFT else "right"


def head(kind: Kind) -> Style:
    """The style of the name of a column of such values."""
    across = align(kind)
    return replace(HEAD, across=across, indent=int(across == "right"))


def holds_text(kind: Kind) -> bool:
    """Whether values of this kind are texts."""
    return kind in _PLAIN


def _formats(language: Language, currency: str) -> Mapping[Kind, str]:
    korean = language == "ko"
    points = '%"p"' if korean else '%" pts"'
    sign = MONEY_SIGNS.get(currency, f"{currency} ").replace('"', "")
    return {
        Kind.COUNT: "#,##0",
        Kind.NUMBER: "#,##0.0",
        Kind.PERCENT: '[<0.9995]0.0%;[<1]"99.9%";0.0%',
        Kind.POINTS: f"+0.0{points};-0.0{points};0.0{points}",
        Kind.CHANGE: "+#,##0.0%;-#,##0.0%;0.0%",
        Kind.HOURS: '#,##0.0"시간"' if korean else '#,##0.0" h"',
        Kind.SECONDS: f'[<{10 / DAY_SECONDS:.9f}]s.0"{"초" if korean else "s"}";{DURATION}',
        Kind.MONEY: '#,##0"원"' if korean and currency == "KRW" else f'"{sign}"#,##0;-"{sign}"#,##0',
        Kind.BYTES: '#,##0.0" MB"',
        Kind.DATE: "yyyy-mm-dd",
        Kind.TIME: TIME_FORMAT,
    }
