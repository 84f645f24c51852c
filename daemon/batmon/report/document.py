"""A report before it has a format: sections of blocks with typed values. Every format is written from this alone.

Texts in it are final words in the document's language, as they came: each writer makes them harmless for its format.
Values keep their types; each writer shows them as the column's or figure's ``Kind`` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from batmon.errors import ModelError
from batmon.metrics.periods import Period

Cell = str | int | float | bool | date | datetime | None
"""A value in a table: ``None`` is shown as nothing is known (–). Datetimes are aware."""
Row = Sequence[Cell]
Tone = Literal["", "good", "warn", "bad", "muted"]
"""How something is to be coloured, always beside a word or a sign that says the same."""


class Kind(StrEnum):
    """What a value is, and so how it is written."""

    TEXT = "text"
    COUNT = "count"
    """A whole number, thousands apart."""
    NUMBER = "number"
    """One decimal."""
    PERCENT = "percent"
    """A share from 0 to 1, shown with one decimal and %; never rounded up to 100."""
    POINTS = "points"
    """A difference of two shares (0.05: 5 percentage points), with its sign."""
    CHANGE = "change"
    """A relative change (0.05: +5 %), with its sign."""
    HOURS = "hours"
    """Hours, one decimal."""
    SECONDS = "seconds"
    """A time that something took, in seconds, shown as 1h 02m or 12s; in a workbook a duration that Excel knows."""
    MONEY = "money"
    """In the document's currency, no decimals."""
    BYTES = "bytes"
    DATE = "date"
    TIME = "time"
    """An aware datetime, shown in the document's time zone."""
    STATUS = "status"
    """One of OK, WARNING, ERROR, UNKNOWN, SUCCESS, FAILED, MISSED, RUNNING: a word with a colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table. ``key`` names it in JSON; ``better`` says which direction of the value is good."""

    key: str
    title: str
    kind: Kind = Kind.TEXT
    width: int = 0
    """Characters that it usually needs; 0: the writer finds out."""
    better: Literal["", "high", "low"] = ""
    limits: tuple[float, float] | None = None
    """Values from where on it is a warning and bad, in the direction that is not better; None: no colours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One key figure with its name, and what it was before."""

    key: str
    title: str
    value: Cell
    kind: Kind = Kind.COUNT
    before: Cell = None
    better: Literal["", "high", "low"] = ""
    tone: Tone = ""
    note: str = ""
    """A few words under it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Key figures side by side; up to eight look well."""

    items: tuple[Figure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A few sentences."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of typed values. ``key`` names it in JSON; ``empty`` says why there are no rows."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    total: Row | None = None
    """The last row, as long as the columns; its first cell is its name."""
    note: str = ""
    empty: str = ""

    def __post_init__(self) -> None:
        width = len(self.columns)
        if any(len(row) != width for row in (*self.rows, *(() if self.total is None else (self.total,)))):
            raise ModelError(f"table {self.key}: every row must have {width} cells")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line or one part of each bar; ``values`` are as many as the chart's labels, None where nothing is known."""

    title: str
    values: tuple[float | None, ...]
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture of numbers. ``bars`` stand side by side, ``stacked`` ones on one another, ``rows`` lie."""

    key: str
    title: str
    shape: Literal["line", "bars", "stacked", "rows"]
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    kind: Kind = Kind.COUNT
    note: str = ""

    def __post_init__(self) -> None:
        if any(len(one.values) != len(self.labels) for one in self.series):
            raise ModelError(f"chart {self.key}: every series must have {len(self.labels)} values")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heatmap:
    """Rows by columns, a colour each: programs by days. ``values``: shares from 0 (bad) to 1 (good); None: no runs."""

    key: str
    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that the numbers show, with the evidence that it stands on."""

    key: str
    """Its kind, such as ``repeated_failures``."""
    title: str
    text: str
    program: str = ""
    evidence: tuple[str, ...] = ()
    tone: Tone = "warn"
    data: Mapping[str, Any] = field(default_factory=dict)
    """The numbers in it, for JSON: what JSON knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Findings, the most important first; ``empty`` says that there are none."""

    items: tuple[Finding, ...]
    empty: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An entry of a timeline. ``at`` None: nobody knows when."""

    at: datetime | None
    title: str
    by: str = ""
    text: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What happened one after the other."""

    title: str
    items: tuple[Moment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines of a log or an output word for word; ``marked`` are the ones to be seen first, by their index."""

    title: str
    lines: tuple[str, ...]
    marked: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Names and values under one another."""

    items: tuple[tuple[str, Cell, Kind], ...]
    title: str = ""


Block = Figures | Paragraph | Table | Chart | Heatmap | Findings | Timeline | Lines | Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part with a heading. ``summary``: it belongs on the first page and the workbook's first sheet."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    summary: bool = False
    level: Literal[1, 2] = 1
    """2: it belongs to the section of level 1 before it."""
    new_page: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """Rows for whoever wants to count again: a sheet of a workbook and no part of the other formats.

    ``rows`` is called once, when the sheet is written, and may give very many.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: Callable[[], Iterable[Row]]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a figure means, in the document's language; ``key`` is its heading's anchor in ``docs/metrics.md``."""

    key: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report. ``summary`` are the key figures by name, for JSON and the list of reports: what JSON knows."""

    template: str
    title: str
    subtitle: str = ""
    language: Literal["ko", "en"] = "ko"
    timezone: str = "UTC"
    period: Period | None = None
    organisation: str = ""
    currency: str = "KRW"
    made_at: datetime
    made_by: str = ""
    node: str = ""
    sections: tuple[Section, ...] = ()
    data: tuple[Data, ...] = ()
    definitions: tuple[Definition, ...] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    """Markdown that is the report word for word where a document prescribes its text; then md is exactly this."""
