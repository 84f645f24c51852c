"""Programs by days: a row for each program, one or two cells for each day, scrolled both ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message

from batmon_tui.board import GAP
from batmon_tui.cells import fit
from batmon_tui.view import View
from batmon_tui.widgets.lines import LineList, Piece

MOST_NAME = 26
LEAST_NAME = 12
SHOWS_RATE = 60
"""From this width on a program's rate stands before its days."""
SATURDAY = 5
HERE = "heat--here"
WEEKEND = "heat--weekend"

RowOf = Callable[[str, range], Sequence[Piece] | None]
"""A program and places of days to the sign and the look of each; None while nothing is known of the program."""


class HeatView(LineList):
    """Draws the rows that are in sight, and of them the days that are; asks ``row_of`` for them when they are drawn.

    The cursor stands on a program and a day; ``Moved`` also tells of another day.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "day(-1)", show=False),
        Binding("right,l", "day(1)", show=False),
        Binding("shift+left", "day(-7)", show=False),
        Binding("shift+right", "day(7)", show=False),
        Binding("home,0", "edge(0)", show=False),
        Binding("end,dollar_sign", "edge(-1)", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "heat--ok", "heat--some", "heat--bad", "heat--open", "heat--day", HERE, WEEKEND,
    }  # fmt: skip

    class Seen(Message):
        """These rows are in sight now."""

        def __init__(self, keys: Sequence[str]) -> None:
            super().__init__()
            self.keys = keys

        def can_replace(self, message: Message) -> bool:
            """Only what is in sight now matters."""
            return isinstance(message, HeatView.Seen)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._days: Sequence[date] = ()
        self._weekend: Sequence[bool] = ()
        self._rates: Mapping[str, str] = {}
        self._row_of: RowOf = lambda _program, _days: None
        self._weekdays: Sequence[str] = ()
        self._title = ""
        self._widest = 0
        self._rate_cells = 0
        self._day = 0
        self._left = 0
        self._told_sight: tuple[str, ...] = ()

    # -- what its owner does

    @property
    def day(self) -> date | None:
        """The day under the cursor."""
        return self._days[self._day] if self._days else None

    def show(self, rates: Mapping[str, str], days: Sequence[date], row_of: RowOf, view: View) -> None:
        """Show these programs (name to rate) in their order, over these days.

        The cursor stays on its day, or stands on the last one.
        """
        if days != self._days:
            before = self.day
            self._days = days
            self._weekend = [day.weekday() >= SATURDAY for day in days]
            self._day = days.index(before) if before in days else max(0, len(days) - 1)
        self._rates, self._row_of = rates, row_of
        self._weekdays, self._title = view.tr("days").split(), view.tr("stats.col.program")
        self._widest = max([cell_len(self._title), *map(cell_len, rates)])
        self._rate_cells = max(map(cell_len, rates.values()), default=0)
        self._keep_day_in_sight()
        self.show_keys(list(rates))
        self.call_after_refresh(self._tell_sight)

    def show_days_of(self, keys: set[str]) -> None:
        """The days of these programs are known now, or others."""
        self.show_keys(self.keys, keys & self._rates.keys())

    def go_to_day(self, day: date) -> None:
        """Put the cursor on a day, if it is shown."""
        if day in self._days:
            self._stand_on_day(self._days.index(day))

    # -- where things are

    def _lead(self, width: int) -> tuple[int, int]:
        """The cells of a program's name and of its rate."""
        name = min(self._widest, max(LEAST_NAME, min(MOST_NAME, width // 5)))
        return name, self._rate_cells if width >= SHOWS_RATE else 0

    def lead(self, width: int) -> int:
        """The cells before the first day: the cursor's mark, a space, name and rate with their gaps."""
        name, rate = self._lead(width)
        return 2 + name + GAP + (rate + GAP if rate else 0)

    def _cells(self, width: int) -> int:
        """How many cells a day has: two where all of them find room so."""
        return 2 if len(self._days) * 2 <= width - self.lead(width) else 1

    def _count(self, width: int) -> int:
        """How many days find room."""
        return max(1, (width - self.lead(width)) // self._cells(width))

    def _shown(self, width: int) -> range:
        return range(self._left, min(len(self._days), self._left + self._count(width)))

    # -- drawing

    def months(self, width: int) -> str:
        """The line above the heading: where a month begins its number, else the day of each Monday.

        The first one of a month that finds room has the month too.
        """
        cells, line = self._cells(width), ""
        shown = self._shown(width)
        told = 0
        for place, index in enumerate(shown):
            day, at = self._days[index], place * cells
            if place == 0:
                label = f"{day:%Y-%m-%d}"
            elif day.day == 1:
                label = f"{day:%Y-%m}" if day.month == 1 else f"{day:%m-%d}"
            else:
                label = "" if day.weekday() else f"{day:%d}" if day.month == told else f"{day:%m-%d}"
            if label and at >= len(line) + bool(line) and at + len(label) <= len(shown) * cells:
                line, told = line.ljust(at) + label, day.month
        return " " * self.lead(width) + line

    def heading(self, width: int) -> list[Piece]:
        """The weekday of each day; where a day has less room than its word, that of Mondays and Saturdays."""
        name, rate = self._lead(width)
        title = " " + fit(self._title, name) + " " * GAP + (" " * (rate + GAP) if rate else "")
        cells, shown = self._cells(width), self._shown(width)
        wide = max((cell_len(word[:1]) for word in self._weekdays), default=1) > cells
        pieces: list[Piece] = [(title, "")]
        covered = False
        for index in shown:
            if covered:
                covered = False
                continue
            weekday = self._days[index].weekday()
            look = "heat--day" if index == self._day else WEEKEND if weekday >= SATURDAY else ""
            if wide and index == self._day:
                pieces.append(("▾", look))
            elif not wide:
                pieces.append((fit(self._weekdays[weekday][:1], cells), look))
            elif weekday in (0, SATURDAY) and index + 1 in shown and index + 1 != self._day:
                pieces.append((self._weekdays[weekday][:1], look))
                covered = True
            else:
                pieces.append((" ", look))
        return pieces

    def pieces(self, key: str, width: int) -> list[Piece]:
        """One program; neighbours that look alike are one piece."""
        name, rate = self._lead(width)
        found: list[Piece] = [(" " + fit(key, name) + " " * GAP, "")]
        if rate:
            found.append((fit(self._rates[key], rate, right=True) + " " * GAP, "lines--quiet"))
        on_cursor, cells, shown = key == self.chosen, self._cells(width), self._shown(width)
        row, weekend, text, last = self._row_of(key, shown), self._weekend, "", ""
        for place, index in enumerate(shown):
            sign, look = row[place] if row is not None else (" ", "")
            if on_cursor and index == self._day:
                look = f"{look} {HERE}"
            elif weekend[index]:
                look = f"{look} {WEEKEND}"
            if look != last:
                found.append((text, last))
                text, last = "", look
            text += sign if cells == 1 else sign + " "
        return [*found, (text, last)]

    def _look(self, name: str) -> Style:
        """The style of a class; of several with spaces between, one over the other."""
        if " " not in name:
            return super()._look(name)
        found = self._styles.get(name)
        if found is None:
            found = self._styles[name] = Style.combine([super(HeatView, self)._look(one) for one in name.split()])
        return found

    # -- going about

    def action_day(self, days: int) -> None:
        """Move the cursor by days."""
        self._stand_on_day(self._day + days)

    def action_edge(self, index: int) -> None:
        """Go to the first day, or the last."""
        self._stand_on_day(index % max(1, len(self._days)))

    def _stand_on_day(self, index: int) -> None:
        before, left = self._day, self._left
        self._day = max(0, min(index, len(self._days) - 1))
        self._keep_day_in_sight()
        if self._left != left:
            self._strips.clear()
            self.refresh()
        elif self._day != before:
            self._strips.pop(self.chosen, None)
            self._refresh_row(self.chosen)
            self.refresh(Region(0, 0, self.size.width, 1))
        if self._day != before:
            self.post_message(self.Moved(self.chosen))

    def _keep_day_in_sight(self) -> None:
        count = self._count(self.scrollable_content_region.width or self.size.width)
        left = min(max(self._left, self._day - count + 1), self._day)
        self._left = max(0, min(left, len(self._days) - count))

    def on_resize(self) -> None:
        """Other days find room."""
        super().on_resize()
        self._keep_day_in_sight()
        self._strips.clear()
        self._tell_sight()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Other rows are in sight."""
        super().watch_scroll_y(old_value, new_value)
        self._tell_sight()

    def _tell_sight(self) -> None:
        top = self.scroll_offset.y
        seen = tuple(self.keys[top : top + max(1, self.size.height)])
        if seen and seen != self._told_sight:
            self.post_message(self.Seen(seen))
        self._told_sight = seen

    def on_click(self, event: events.Click) -> None:
        """Stand on the clicked day."""
        width = self.scrollable_content_region.width
        place = (event.x - self.lead(width)) // self._cells(width)
        if event.y >= 1 and 0 <= place < len(self._shown(width)):
            self._stand_on_day(self._left + place)
        super().on_click(event)
