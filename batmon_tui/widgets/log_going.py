"""Going about in a log by time: to the next minute, hour or day, from bookmark to bookmark, over the histogram."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from batmon.errors import BatmonError, NotFound
from batmon_tui.locale import Language
from batmon_tui.refusals import in_words
from batmon_tui.widgets.log_bookmarks import Bookmarks
from batmon_tui.widgets.log_filtering import LogFiltering
from batmon_tui.widgets.log_histogram import Frame, LogHistogram
from batmon_tui.widgets.log_jumps import Unit, begin_of, next_of
from batmon_tui.widgets.log_lines import LogLine
from batmon_tui.widgets.log_source import Direction, Item

_LOOK_BACK = 100
"""Lines ahead of a place among which one with a time is looked for."""


class LogGoing(LogFiltering):
    """A log that is read, with its ways through time; ``bookmarks`` are those that were set before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("comma", "jump('minute', 'back')", "Previous minute", show=False),
        Binding("full_stop", "jump('minute', 'forward')", "Next minute", show=False),
        Binding("left_square_bracket", "jump('hour', 'back')", "Previous hour", show=False),
        Binding("right_square_bracket", "jump('hour', 'forward')", "Next hour", show=False),
        Binding("left_curly_bracket", "jump('day', 'back')", "Previous day", show=False),
        Binding("right_curly_bracket", "jump('day', 'forward')", "Next day", show=False),
        Binding("b", "bookmark", "Bookmark", show=False),
        Binding("u", "to_bookmark('forward')", "Next bookmark", show=False),
        Binding("U", "to_bookmark('back')", "Previous bookmark", show=False),
        Binding("h", "histogram", "Histogram", show=False),
    ]

    def __init__(self, program: str, *, bookmarks: Bookmarks | None = None, **which: Any) -> None:
        super().__init__(program, **which)
        self.paper.bookmarks = Bookmarks() if bookmarks is None else bookmarks
        self.histogram = LogHistogram(self.words, ZoneInfo("UTC"))

    def compose(self) -> ComposeResult:
        """The histogram, when it is wanted, above everything else."""
        yield self.histogram
        yield from super().compose()

    def speak(self, language: Language, zone: ZoneInfo) -> None:
        """Go on in this language and zone."""
        super().speak(language, zone)
        self.histogram.words = self.words
        self.histogram.refresh()

    def _time_here(self) -> datetime | None:
        """The time of the line under the cursor, or of the entry that it belongs to."""
        lines, at = self.window.lines, self.paper.cursor
        above = (line.time for line in reversed(lines[: at + 1]) if line.time is not None)
        return next(above, None)

    # -- by minute, hour, day

    def action_jump(self, unit: Unit, direction: Direction) -> None:
        """The first line of the next minute, hour or day; back: of this one, then of the one before."""
        here = self._time_here()
        if here is None:
            self._say(self.words["no_time_here"])
        elif self.filter is not None:
            self._jump_on_hand(here, unit, direction)
        else:
            self._work(self._jump(here, unit, direction), "load")

    def _jump_on_hand(self, here: datetime, unit: Unit, direction: Direction) -> None:
        lines, at, begin = self.window.lines, self.paper.cursor, begin_of(here, unit, self.zone)
        if direction == "forward":
            begin = next_of(here, unit, self.zone)
            found = next((n for n in range(at, len(lines)) if (time := lines[n].time) and time >= begin), None)
        else:
            before = next((time for n in range(at - 1, -1, -1) if (time := lines[n].time)), None)
            begin = begin if before is None or before >= begin else begin_of(before, unit, self.zone)
            found = next((n for n in range(at) if (time := lines[n].time) and time >= begin), None)
        if found is None:
            self._say(self.words[f"no_more_{direction}"])
        else:
            self._pause()
            self.paper.changed(cursor=found)

    async def _jump(self, here: datetime, unit: Unit, direction: Direction) -> None:
        line = self.paper.current
        named: Item = self.window.chapter_of(line).named
        begin: datetime | None = next_of(here, unit, self.zone)
        if direction == "back":
            begin = await self._begin_before(here, unit, line, named)
        if begin is None:
            self._say(self.words[f"no_more_{direction}"])
            return
        await self._open({"time": begin.isoformat()}, **named)
        now = self._time_here()
        if direction == "forward" and (now is None or now < begin):
            self._say(self.words["no_more_forward"])

    async def _begin_before(self, here: datetime, unit: Unit, line: LogLine | None, named: Item) -> datetime | None:
        """Where this unit of time begins, or the one before with a line in it, if the cursor stands there already."""
        begin = begin_of(here, unit, self.zone)
        page = await self.source.page(**named, at={"time": begin.isoformat()}, before=_LOOK_BACK, after=_LOOK_BACK)
        first = next((one for one in page["lines"] if _time(one) is not None and _at_least(one, begin)), None)
        if first is None or line is None or line.time is None or line.offset > first["offset"]:
            return begin
        if page["path"] != self.window.chapter_of(line).path:
            return begin
        earlier = _last_before(page, begin)
        while earlier is None and page["older"] is not None:
            page = await self.source.page(path=page["older"], at={"end": True}, before=_LOOK_BACK, after=0)
            earlier = _last_before(page, begin)
        return None if earlier is None else begin_of(earlier, unit, self.zone)

    # -- bookmarks

    def action_bookmark(self) -> None:
        """Mark the line under the cursor, or take its mark away."""
        line = self.paper.current
        if line is not None and line.kind == "line":
            self.paper.bookmarks.turn(line, self.window.chapter_of(line), self._time_here())
            self.paper.refresh()

    def action_to_bookmark(self, direction: Direction) -> None:
        """The next marked line, or the one before."""
        found = self.paper.bookmarks.beyond(self.paper.current, self._time_here(), forward=direction == "forward")
        if found is None:
            self._say(self.words["no_bookmarks"])
            return
        chapters = self.window.chapters
        number = next((n for n, one in chapters.items() if found.file and one.file == found.file), None)
        index = None if number is None else self.window.index_of(found.offset, number)
        if index is not None:
            self._pause()
            self.paper.changed(cursor=index)
        else:
            self._work(self._open_bookmark(found.offset, found.named, found.path), "load")

    async def _open_bookmark(self, offset: int, named: Item, path: str) -> None:
        try:
            await self._open({"offset": offset}, **named)
        except NotFound:
            await self._open({"offset": offset}, path=path)

    # -- the histogram

    def action_histogram(self) -> None:
        """Show how much was written when, or go back to it."""
        self.histogram.zone = self.zone
        if not self.histogram.display:
            self.histogram.open(self._time_here() or datetime.now(UTC))
        self.screen.set_focus(self.histogram)

    def on_log_histogram_wanted(self, wanted: LogHistogram.Wanted) -> None:
        """Count."""
        wanted.stop()
        self.run_worker(self._count(wanted.frame), group="histogram", exclusive=True, name="log-histogram")

    async def _count(self, frame: Frame) -> None:
        try:
            buckets = await self._counted(frame)
        except BatmonError as error:
            self.histogram.say(in_words(error, self._language).replace("\n", " · "))
        else:
            self.histogram.fill(frame, buckets)

    async def _counted(self, frame: Frame) -> list[Item]:
        path = self.path
        which: Item = {"path": path} if path else {}
        return await self.source.histogram(frame.start, frame.end, frame.count, self.histogram.progress, **which)

    def on_log_histogram_chosen(self, chosen: LogHistogram.Chosen) -> None:
        """Go there."""
        chosen.stop()
        named: Item = self.window.chapter_of(self.paper.current).named
        self._work(self._open({"time": chosen.moment.isoformat()}, **named), "load")
        self.screen.set_focus(self.paper)

    def on_log_histogram_closed(self, closed: LogHistogram.Closed) -> None:
        """Away with it."""
        closed.stop()
        self.close_histogram()

    def close_histogram(self) -> None:
        """Show the log alone."""
        self.workers.cancel_group(self, "histogram")
        self.histogram.display = False
        self.screen.set_focus(self.paper)


def _time(item: Item) -> datetime | None:
    return datetime.fromisoformat(item["time"]) if item["time"] else None


def _at_least(item: Item, begin: datetime) -> bool:
    time = _time(item)
    return time is not None and time >= begin


def _last_before(page: Item, begin: datetime) -> datetime | None:
    times = [time for item in page["lines"] if (time := _time(item)) is not None and time < begin]
    return times[-1] if times else None
