"""The logs of all programs merged by time, to read: errors, texts, times, bookmarks, by keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from batmon.errors import BadRequest, BatmonError
from batmon_tui.refusals import in_words
from batmon_tui.widgets.log_histogram import Frame, LogHistogram
from batmon_tui.widgets.log_jumps import Unit, begin_of, next_of
from batmon_tui.widgets.log_lines import LogLine
from batmon_tui.widgets.log_paper import LogPaper
from batmon_tui.widgets.log_search import Sought, parse_moment
from batmon_tui.widgets.log_source import Direction, Item
from batmon_tui.widgets.log_status import LogPrompt
from batmon_tui.widgets.merged_reading import MergedReading

SEARCHED_LINES = 2000
"""Lines asked for at once while a text is looked for beyond those on hand."""

_ERROR = Sought(level="error")


class MergedView(MergedReading):
    """Takes what ``MergedReading`` takes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f,space", "follow", show=False),
        Binding("w", "wrap", show=False),
        Binding("slash", "ask('search')", show=False),
        Binding("n", "again('forward')", show=False),
        Binding("N", "again('back')", show=False),
        Binding("exclamation_mark", "only_errors", show=False),
        Binding("e", "error('forward')", show=False),
        Binding("E", "error('back')", show=False),
        Binding("t", "ask('time')", show=False),
        Binding("g", "start", show=False),
        Binding("G", "end", show=False),
        Binding("comma", "jump('minute', 'back')", show=False),
        Binding("full_stop", "jump('minute', 'forward')", show=False),
        Binding("left_square_bracket", "jump('hour', 'back')", show=False),
        Binding("right_square_bracket", "jump('hour', 'forward')", show=False),
        Binding("left_curly_bracket", "jump('day', 'back')", show=False),
        Binding("right_curly_bracket", "jump('day', 'forward')", show=False),
        Binding("b", "bookmark", show=False),
        Binding("u", "to_bookmark('forward')", show=False),
        Binding("U", "to_bookmark('back')", show=False),
        Binding("h", "histogram", show=False),
        Binding("p", "program", show=False),
        Binding("enter", "open", show=False),
    ]

    class Opened(Message):
        """The person wants the log that this line stands in."""

        def __init__(self, line: LogLine) -> None:
            super().__init__()
            self.line = line

    def action_open(self) -> None:
        """Open the log of the program that the line under the cursor is of."""
        line = self.paper.current
        if line is not None and line.kind == "line":
            self.post_message(self.Opened(line))

    def action_follow(self) -> None:
        """Follow from the end, or pause."""
        if self.following:
            self._pause()
        else:
            self.action_end()

    def action_end(self) -> None:
        """The last line, and follow."""
        self._work(self._open_end(), "load")

    def action_start(self) -> None:
        """The first line of all."""
        self._work(self._open_at(datetime(1970, 1, 1, tzinfo=UTC)), "load")

    def on_log_paper_edge(self, edge: LogPaper.Edge) -> None:
        """Home and End."""
        edge.stop()
        if edge.up:
            self.action_start()
        else:
            self.action_end()

    def action_wrap(self) -> None:
        """Long lines whole in several rows, or cut at the edge."""
        self.paper.wrapped = not self.paper.wrapped
        self.paper.restyle()
        self._tell()

    def action_only_errors(self) -> None:
        """Only entries with errors, or all again."""
        self.only_errors = not self.only_errors
        self._again_here()

    def action_program(self) -> None:
        """Only the program of the line under the cursor, or all again."""
        line = self.paper.current
        if self.programs:
            self.programs = []
        elif line is not None:
            self.programs = [line.program]
        self._again_here()

    def _again_here(self) -> None:
        """The same moment, of other logs."""
        line, here = self.paper.current, self.time_here()
        if here is None or self.following:
            self._work(self._open_end(), "load")
        else:
            self._work(self._open_at(here, (line.path, line.offset) if line else None), "load")

    # -- errors and texts

    def action_error(self, direction: Direction) -> None:
        """The next error, or the one before."""
        self._work(self._search(_ERROR, direction), "search")

    def action_again(self, direction: Direction) -> None:
        """The next hit, or the one before."""
        if self.paper.sought is None:
            self._say(self.words["no_search_yet"])
        else:
            self._work(self._search(self.paper.sought, direction), "search")

    async def _search(self, sought: Sought, direction: Direction) -> None:
        """Go to the nearest line that is sought: among those on hand, then page by page beyond."""
        lines, at, back = self.window.lines, self.paper.cursor, direction == "back"
        order = range(at - 1, -1, -1) if back else range(at + 1, len(lines))
        index = next((n for n in order if sought.holds(lines[n].text, lines[n].level)), None)
        if index is not None:
            self._pause()
            self.paper.changed(cursor=index)
            return
        found = await self._beyond(sought, direction)
        if found is None:
            self._say(self.words["no_more_errors" if sought.level else "merged_not_found"].format(what=sought.text))
        else:
            await self._open_at(*found)

    async def _beyond(self, sought: Sought, direction: Direction) -> tuple[datetime, tuple[str, int]] | None:
        """The time and place of the nearest such line beyond those on hand."""
        back = direction == "back"
        cursor = self.window.older_cursor if back else self.window.newer_cursor
        which = self._which | ({"level": "error"} if sought.level else {})
        self._say(self.words["merged_searching"])
        while cursor is not None:
            before, after = (SEARCHED_LINES, 0) if back else (0, SEARCHED_LINES)
            page = await self.source.merged(at={"cursor": cursor}, before=before, after=after, **which)
            hit = _hit(page["lines"], sought, back=back)
            if hit is not None:
                return hit
            cursor = page["older"] if back else None if page["at_end"] else page["newer"]
        return None

    # -- questions

    def action_ask(self, what: str) -> None:
        """Ask for a text or a time."""
        self.query_one(LogPrompt).ask(what, self.paper.sought.text if self.paper.sought else "")
        self.status.display = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A question was answered."""
        event.stop()
        what, text = self.query_one(LogPrompt).what, event.value.strip()
        self._answered()
        if what == "time" and text:
            now = datetime.now(UTC)
            try:
                when = parse_moment(text, self.zone, self.time_here() or now, now)
            except BadRequest:
                self._say(self.words["bad_time"].format(what=text))
            else:
                self._work(self._open_at(when), "load")
        elif what == "search" and text:
            self.paper.sought = Sought(text)
            self.paper.restyle()
            self._work(self._search(self.paper.sought, "back" if self.following else "forward"), "search")

    def _answered(self) -> None:
        self.query_one(LogPrompt).display = False
        self.status.display = True
        self.screen.set_focus(self.paper)

    def climb(self) -> bool:
        """Undo the innermost thing: question, search under way, histogram, filters, marks. False without one."""
        searching = [worker for worker in self.workers if worker.group == "search" and not worker.is_finished]
        if self.query_one(LogPrompt).display:
            self._answered()
        elif searching:
            self.workers.cancel_group(self, "search")
            self._say("")
        elif self.histogram.display:
            self.close_histogram()
        elif self.only_errors or self.programs:
            self.only_errors, self.programs = False, []
            self._again_here()
        elif self.paper.sought is not None:
            self.paper.sought = None
            self.paper.restyle()
            self._tell()
        else:
            return False
        return True

    # -- by time

    def action_jump(self, unit: Unit, direction: Direction) -> None:
        """The first line of the next minute, hour or day; back: of this one, then of the one before."""
        here = self.time_here()
        if here is None:
            return
        lines, at = self.window.lines, self.paper.cursor
        begin = next_of(here, unit, self.zone)
        if direction == "back":
            begin = begin_of(here, unit, self.zone)
            before = next((line.time for line in reversed(lines[:at]) if line.time is not None), None)
            if before is not None and before < begin:
                begin = begin_of(before, unit, self.zone)
        self._work(self._open_at(begin), "load")

    def action_bookmark(self) -> None:
        """Mark the line under the cursor, or take its mark away."""
        line = self.paper.current
        if line is not None:
            self.paper.bookmarks.turn(line, self.window.chapter_of(line), self.time_here())
            self.paper.refresh()

    def action_to_bookmark(self, direction: Direction) -> None:
        """The next marked line, or the one before."""
        found = self.paper.bookmarks.beyond(self.paper.current, self.time_here(), forward=direction == "forward")
        if found is None:
            self._say(self.words["no_bookmarks"])
            return
        index = self.window.place_of(found.path, found.offset)
        if index is None:
            self._work(self._open_at(found.time, (found.path, found.offset)), "load")
        else:
            self._pause()
            self.paper.changed(cursor=index)

    def action_histogram(self) -> None:
        """Show how much was written when, or go back to it."""
        if not self.histogram.display:
            self.histogram.open(self.time_here() or datetime.now(UTC))
        self.screen.set_focus(self.histogram)

    def on_log_histogram_wanted(self, wanted: LogHistogram.Wanted) -> None:
        """Count."""
        wanted.stop()
        self.run_worker(self._count(wanted.frame), group="histogram", exclusive=True, name="merged-histogram")

    async def _count(self, frame: Frame) -> None:
        which: Item = {"programs": self.programs} if self.programs else {}
        progress = self.histogram.progress
        try:
            buckets = await self.source.histogram(frame.start, frame.end, frame.count, progress, **which)
        except BatmonError as error:
            self.histogram.say(in_words(error, self._language).replace("\n", " · "))
        else:
            self.histogram.fill(frame, buckets)

    def on_log_histogram_chosen(self, chosen: LogHistogram.Chosen) -> None:
        """Go there."""
        chosen.stop()
        self._work(self._open_at(chosen.moment), "load")
        self.screen.set_focus(self.paper)

    def on_log_histogram_closed(self, closed: LogHistogram.Closed) -> None:
        """Away with it."""
        closed.stop()
        self.close_histogram()

    def close_histogram(self) -> None:
        """Show the lines alone."""
        self.workers.cancel_group(self, "histogram")
        self.histogram.display = False
        self.screen.set_focus(self.paper)


def _hit(lines: list[Item], sought: Sought, *, back: bool) -> tuple[datetime, tuple[str, int]] | None:
    """The time of the entry and the place of the nearest line on a page that is sought."""
    times: list[datetime | None] = []
    for item in lines:
        time = datetime.fromisoformat(item["time"]) if item["time"] else (times[-1] if times else None)
        times.append(time)
    order = range(len(lines) - 1, -1, -1) if back else range(len(lines))
    for n in order:
        time = times[n]
        if time is not None and sought.holds(lines[n]["text"], lines[n]["level"]):
            return time, (lines[n]["path"], lines[n]["offset"])
    return None
