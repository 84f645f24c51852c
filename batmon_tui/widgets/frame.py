"""What every page has around it: the bar at the top, the bar of a lost daemon, the keys at the bottom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static

from batmon.model import Status
from batmon_tui.board import SIGNS
from batmon_tui.cells import fit
from batmon_tui.news import COLOURS as RING_COLOURS
from batmon_tui.news import SIGNS as RINGS
from batmon_tui.news import News
from batmon_tui.view import View

_COLOURS = {Status.ERROR: "error", Status.WARNING: "warning", Status.UNKNOWN: "doubt", Status.OK: "success"}


class Counts(Static):
    """How many are in which state; the bell can be clicked."""

    auto_links = False


class TopBar(Widget):
    """Who and where we are, how many programs are in which state, what time it is."""

    _clock_cells = 0
    _names = ("", "")

    def compose(self) -> ComposeResult:
        """Four texts, so that the clock draws itself alone."""
        yield Static(id="brand", markup=False)
        yield Counts(id="counts", markup=False)
        yield Static(id="clock", markup=False)
        yield Static(id="who", markup=False)

    def show(self, counts: Mapping[Status, int], hello: Mapping[str, Any], view: View, news: News) -> None:
        """Show the counts, the bell and who is here; a narrow screen leaves out their words, then where, then who."""
        colours = self.app.theme_variables
        who = f"{hello['user']} · {view.tr('role.' + hello['role'])}" if hello else ""
        brand = Text("BATMON", Style(bold=True, color=colours["accent"]))
        told, width = self._told(counts, view, news, short=False), self.size.width
        node = str(hello.get("node") or "")
        node = fit(node, min(cell_len(node), max(8, width // 6)))
        clock = cell_len(_clock(view)) + 2

        def room() -> int:
            named = cell_len(node) + 2 if node else 0
            return width - brand.cell_len - named - (cell_len(who) + 2 if who else 0) - clock - 4

        if width and told.cell_len > room():
            told = self._told(counts, view, news, short=True)
        if width and told.cell_len > room():
            node = ""
        if width and told.cell_len > room():
            who = ""
        if node:
            brand.append(f"  {node}", Style(bold=False, color=colours["foreground"]))
        self.query_one("#counts", Static).update(told if hello else "", layout=False)
        other = (brand.plain, who) != self._names
        self._names = (brand.plain, who)
        self.query_one("#brand", Static).update(brand, layout=other)
        self.query_one("#who", Static).update(who, layout=other)
        self.show_time(view)

    def _told(self, counts: Mapping[Status, int], view: View, news: News, *, short: bool) -> Text:
        """How many programs are in each state that any is in, and what is unread; ``short`` without words."""
        colours, told = self.app.theme_variables, Text(no_wrap=True)
        for status in (Status.ERROR, Status.WARNING, Status.UNKNOWN, Status.OK):
            count = counts[status]
            if count:
                one = ".one" if count == 1 and status in (Status.ERROR, Status.WARNING) else ""
                words = str(count) if short else view.tr(f"top.{status.value.lower()}{one}", n=count)
                told.append("  " if told else "")
                told.append(f"{SIGNS[status]} {words}", Style(color=colours[_COLOURS[status]], bold=True))
        if news.unread:
            words = str(news.unread) if short else view.tr("top.unread", n=news.unread)
            ring = Style(color=colours[RING_COLOURS[news.level]], bold=True) + Style.from_meta(
                {"@click": "app.place('bell')"}
            )
            told.append(f"   {RINGS[news.level]} {words}", ring)
        return told

    def show_time(self, view: View) -> None:
        """Show the time alone."""
        told = _clock(view)
        same_width = len(told) == self._clock_cells
        self._clock_cells = len(told)
        self.query_one("#clock", Static).update(told, layout=not same_width)


def _clock(view: View) -> str:
    local = view.now.astimezone(view.zone)
    return f"{local:%H:%M:%S} {local.tzname()}"


class LostBar(Static):
    """A line across the page that says since when the daemon does not answer."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._said = ""

    def say(self, words: str) -> None:
        """Show these words; none hides the bar."""
        if words != self._said:
            self._said = words
            self.set_class(bool(words), "-shown")
            self.update(words)


class KeyLine(Static):
    """The keys that do something here; each can be clicked."""

    auto_links = False

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show(self, keys: Sequence[tuple[str, str, str]]) -> None:
        """Show keys: the key as it is written on it, its words, and the action that a click does.

        What there is no room for is left out, from the end.
        """
        colours = self.app.theme_variables
        line, room = Text(no_wrap=True, overflow="ellipsis"), self.size.width - 2
        cells = sum(cell_len(key) + 1 + cell_len(words) for key, words, _ in keys)
        gap = "   " if cells + 3 * (len(keys) - 1) <= room else "  "
        for key, words, action in keys:
            if room > 0 and line.cell_len + len(gap) + cell_len(key) + 1 + cell_len(words) > room:
                break
            meta = Style.from_meta({"@click": action}) if action else Style()
            line.append(gap if line else "")
            line.append(key, Style(bold=True, color=colours["accent"]) + meta)
            line.append(f" {words}", Style(color=colours["quiet"]) + meta)
        self.update(line, layout=False)
