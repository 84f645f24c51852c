"""How much a log holds over time, above its lines: a column for each part of an hour, a day, a week or four."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from batmon_tui.widgets.log_jumps import begin_of

SPANS = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=7), timedelta(days=28))
DAY = 2
"""The span that is shown first: its place among ``SPANS``."""
AXIS = 8
"""Cells for the scale at the left."""
BARS = 2
"""Rows of the columns of lines; the errors have one of their own."""

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_WIDTHS = (10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""Seconds that a column may stand for."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What is shown: ``count`` columns of ``width`` from ``start`` on."""

    start: datetime
    width: timedelta
    count: int

    @property
    def end(self) -> datetime:
        """When the last column ends."""
        return self.start + self.width * self.count

    def column(self, moment: datetime) -> int:
        """The column that a moment falls into, the nearest for one outside."""
        return min(self.count - 1, max(0, int((moment - self.start) / self.width)))

    def begin(self, column: int) -> datetime:
        """When a column begins."""
        return self.start + self.width * column


def frame_at(moment: datetime, span: timedelta, room: int, zone: ZoneInfo) -> Frame:
    """The frame of this span that ``moment`` lies in, in at most ``room`` columns.

    It begins with an hour, a day's quarter or a day on the clocks of ``zone``; one of several days ends with its day.
    """
    day = begin_of(moment, "day", zone)
    if span > timedelta(days=1):
        start = begin_of(day - span + timedelta(days=1, hours=3), "day", zone)
    elif span == timedelta(days=1):
        start = day
    else:
        start = day + (moment - day) // span * span
    seconds = next((w for w in _WIDTHS if span.total_seconds() / w <= max(1, room)), _WIDTHS[-1])
    return Frame(start, timedelta(seconds=seconds), int(span.total_seconds()) // seconds)


class LogHistogram(Widget, can_focus=True):
    """Five rows: what is under the cursor, two of lines, one of errors, the hours.

    Whoever shows it answers ``Wanted`` with ``fill``.
    """

    DEFAULT_CSS = """
    LogHistogram { height: 5; background: $surface; color: $foreground; display: none; }
    LogHistogram > .histogram--strong { text-style: bold; }
    LogHistogram > .histogram--quiet { color: $foreground 60%; }
    LogHistogram > .histogram--lines { color: $foreground 45%; }
    LogHistogram > .histogram--errors { color: $text-error; }
    LogHistogram > .histogram--cursor { color: $primary; background: $primary 25%; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "histogram--strong", "histogram--quiet", "histogram--lines", "histogram--errors", "histogram--cursor",
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", show=False),
        Binding("right", "move(1)", show=False),
        Binding("home", "edge(0)", show=False),
        Binding("end", "edge(-1)", show=False),
        Binding("plus,equals_sign,up", "zoom(-1)", show=False),
        Binding("minus,down", "zoom(1)", show=False),
        Binding("e", "error(1)", show=False),
        Binding("E", "error(-1)", show=False),
        Binding("enter", "choose", show=False),
        Binding("h,escape", "close", show=False),
    ]

    class Wanted(Message):
        """These columns are to be counted."""

        def __init__(self, frame: Frame) -> None:
            super().__init__()
            self.frame = frame

    class Chosen(Message):
        """The person wants to see the log at this moment."""

        def __init__(self, moment: datetime) -> None:
            super().__init__()
            self.moment = moment

    class Closed(Message):
        """It is not wanted any more."""

    def __init__(self, words: Mapping[str, str], zone: ZoneInfo) -> None:
        super().__init__()
        self.words, self.zone = words, zone
        self._span = DAY
        self._cursor = 0
        self._frame: Frame | None = None
        self._moment = datetime.now(UTC)
        """What the cursor was put on; once it is moved, where its column begins."""
        self._buckets: Sequence[Mapping[str, Any]] = ()
        self._percent: int | None = None
        self._problem = ""

    def open(self, moment: datetime) -> None:
        """Show the time around a moment."""
        self.display = True
        self._ask(moment)

    def fill(self, frame: Frame, buckets: Sequence[Mapping[str, Any]]) -> None:
        """What was counted; of no interest when something else is asked for meanwhile."""
        if frame == self._frame:
            self._buckets, self._percent = buckets, None
            self.refresh()

    def progress(self, part: float) -> None:
        """How much is counted (0.0 to 1.0)."""
        self._percent = round(part * 100)
        self.refresh()

    def say(self, problem: str) -> None:
        """Why nothing could be counted."""
        self._problem, self._percent = problem, None
        self.refresh()

    @property
    def room(self) -> int:
        """Columns that there is room for."""
        return max(1, min(200, self.size.width - AXIS - 1))

    def _ask(self, moment: datetime) -> None:
        self._frame = frame_at(moment, SPANS[self._span], self.room, self.zone)
        self._moment, self._cursor = moment, self._frame.column(moment)
        self._buckets, self._problem, self._percent = (), "", 0
        self.post_message(self.Wanted(self._frame))
        self.refresh()

    def on_resize(self, _: events.Resize) -> None:
        """More or fewer columns have room."""
        if self.display and self._frame is not None:
            wanted = frame_at(self._moment, SPANS[self._span], self.room, self.zone)
            if wanted != self._frame:
                self._ask(self._moment)

    def on_click(self, event: events.Click) -> None:
        """Stand on a column; a double click goes there."""
        if self._frame is not None and event.x >= AXIS:
            self._stand_on(min(self._frame.count - 1, (event.x - AXIS) // self._cells))
            if event.chain == 2:
                self.action_choose()

    def action_move(self, by: int) -> None:
        """A column on; over the edge, the time before or after."""
        if self._frame is None:
            return
        if 0 <= self._cursor + by < self._frame.count:
            self._stand_on(self._cursor + by)
        else:
            self._ask(self._frame.begin(self._cursor + by))

    def action_edge(self, column: int) -> None:
        """The first or last column."""
        if self._frame is not None:
            self._stand_on(column % self._frame.count)

    def action_zoom(self, by: int) -> None:
        """A longer or shorter time, around the cursor."""
        if self._frame is not None and 0 <= self._span + by < len(SPANS):
            self._span += by
            self._ask(self._moment)

    def action_error(self, by: int) -> None:
        """The next column with errors."""
        columns = range(self._cursor + by, len(self._buckets) if by > 0 else -1, by)
        self._stand_on(next((n for n in columns if self._buckets[n]["errors"]), self._cursor))

    def action_choose(self) -> None:
        """Go to what the cursor stands on."""
        if self._frame is not None:
            self.post_message(self.Chosen(self._frame.begin(self._cursor)))

    def action_close(self) -> None:
        """Away with it."""
        self.post_message(self.Closed())

    def _stand_on(self, column: int) -> None:
        if self._frame is not None:
            self._cursor, self._moment = column, self._frame.begin(column)
            self.refresh()

    # -- drawing

    @property
    def _cells(self) -> int:
        return max(1, self.room // self._frame.count) if self._frame is not None else 1

    def render_line(self, y: int) -> Strip:
        """One of the rows."""
        width, base, frame = self.size.width, self.rich_style, self._frame
        if frame is None:
            return Strip.blank(width, base)
        if y == 0:
            segments = self._caption(frame)
        elif y <= BARS:
            segments = self._bars("lines", BARS - y, BARS, f"{_short(self._most('lines'))}" if y == 1 else "")
        elif y == BARS + 1:
            segments = self._bars("errors", 0, 1, self.words["histogram_errors"])
        else:
            segments = self._hours(frame)
        return Strip(segments).adjust_cell_length(width, base)

    def _caption(self, frame: Frame) -> list[Segment]:
        begin = frame.begin(self._cursor).astimezone(self.zone)
        end = frame.begin(self._cursor + 1).astimezone(self.zone)
        form = "%H:%M:%S" if frame.width.total_seconds() < 60 else "%H:%M"
        last = f"{end:{form}}" if end.date() == begin.date() or not (end.hour or end.minute) else f"{end:%m-%d {form}}"
        said = [Segment(f" {begin:%Y-%m-%d {form}}–{last}  ", self._style("strong"))]
        if self._problem:
            return [*said, Segment(self._problem, self._style("errors"))]
        if self._percent is not None or self._cursor >= len(self._buckets):
            counting = self.words["histogram_counting"].format(percent=self._percent or 0)
            return [*said, Segment(counting, self._style("quiet"))]
        bucket = self._buckets[self._cursor]
        counts = self.words["histogram_counts"].format(
            lines=f"{bucket['lines']:,}", errors=f"{bucket['errors']:,}", warnings=f"{bucket['warnings']:,}"
        )
        said.append(Segment(counts, self.rich_style))
        keys = self.words["histogram_keys"]
        room = self.size.width - sum(segment.cell_length for segment in said) - 1
        if self.has_focus and cell_len(keys) + 2 <= room:
            said.append(Segment(" " * (room - cell_len(keys)) + keys, self._style("quiet")))
        return said

    def _bars(self, what: str, level: int, levels: int, label: str) -> list[Segment]:
        most, style, quiet = self._most(what), self._style(what), self._style("quiet")
        segments = [Segment(" " * max(0, AXIS - 2 - cell_len(label)), quiet), Segment(label, quiet)]
        segments.append(Segment(" │", quiet))
        for column, bucket in enumerate(self._buckets):
            eighths = 0 if not bucket[what] else max(1, round(bucket[what] / most * levels * 8))
            cell = _EIGHTHS[min(8, max(0, eighths - level * 8))] * self._cells
            here = column == self._cursor
            segments.append(
                Segment(cell, style + self._style("cursor" if what == "lines" else "ground") if here else style)
            )
        return segments

    def _hours(self, frame: Frame) -> list[Segment]:
        """Times below the columns that they belong to, as many as there is room for."""
        form = "%m-%d" if frame.width * frame.count > timedelta(days=1) else "%H:%M"
        every = max(1, -(-10 // self._cells))
        row = [" "] * max(0, self.size.width - AXIS)
        for column in range(0, frame.count, every):
            text = f"{frame.begin(column).astimezone(self.zone):{form}}"
            place = column * self._cells
            if place + len(text) <= len(row):
                row[place : place + len(text)] = text
        here = min(self._cursor * self._cells, max(0, len(row) - 1))
        quiet = self._style("quiet")
        return [
            Segment(" " * AXIS + "".join(row[:here]), quiet),
            Segment("▲", quiet + self._style("cursor")),
            Segment("".join(row[here + 1 :]), quiet),
        ]

    def _most(self, what: str) -> int:
        return max((bucket[what] for bucket in self._buckets), default=0) or 1

    def _style(self, name: str) -> Style:
        if name == "ground":  # only the background of the cursor, laid under what is there
            return Style(bgcolor=self.get_component_rich_style("histogram--cursor").bgcolor)
        return self.get_component_rich_style(f"histogram--{name}")


def _short(count: int) -> str:
    """``999``, ``1.2k``, ``12M``: at most five characters."""
    value, unit = float(count), ""
    for unit in ("", "k", "M", "G"):
        if value < 999.5 or unit == "G":
            break
        value /= 1000
    return f"{value:.0f}{unit}" if not unit or value >= 10 else f"{value:.1f}{unit}"
