"""A program's log to read: search, errors, times, files, by keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from batmon.errors import BadRequest
from batmon_tui.widgets.log_edges import series_of
from batmon_tui.widgets.log_going import LogGoing
from batmon_tui.widgets.log_lines import Chapter
from batmon_tui.widgets.log_paper import LogPaper
from batmon_tui.widgets.log_picker import LogPicker
from batmon_tui.widgets.log_reading import FIRST_LINES
from batmon_tui.widgets.log_search import Sought, parse_moment
from batmon_tui.widgets.log_source import Direction, Item
from batmon_tui.widgets.log_status import LogPrompt

_BEYOND = 1 << 62
"""An offset behind every file's end."""


class LogView(LogGoing):
    """The log of a program, as part of a page or as a page of its own; takes what ``LogGoing`` takes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f,space", "follow", "Follow", show=False),
        Binding("w", "wrap", "Wrap", show=False),
        Binding("slash", "ask('search')", "Search", show=False),
        Binding("n", "again('forward')", "Next", show=False),
        Binding("N", "again('back')", "Previous", show=False),
        Binding("ampersand", "ask('filter')", "Filter", show=False),
        Binding("exclamation_mark", "only_errors", "Errors only", show=False),
        Binding("e", "error('forward')", "Next error", show=False),
        Binding("E", "error('back')", "Previous error", show=False),
        Binding("t", "ask('time')", "Time", show=False),
        Binding("o", "files", "Files", show=False),
        Binding("g", "start", "Start", show=False),
        Binding("G", "end", "End", show=False),
    ]

    async def _search(self, sought: Sought, direction: Direction) -> None:
        """Go to the nearest line that is sought, seen from the cursor."""
        line = self.paper.current
        nothing = self.words["no_more_errors"] if sought.level else self.words["not_found"].format(what=sought.text)
        if self.filter is not None:
            self._search_on_hand(sought, direction, nothing)
            return
        window = self.window
        chapter, generation = window.chapter_of(line), window.generation
        start = None if line is None else line.end if direction == "forward" else line.offset
        hit, path, around = await self._find_in_series(sought, direction, chapter, start)
        self._progress(None)
        if hit is None:
            self._say(nothing)
            return
        said = self.words[f"around_{direction}"] if around else ""
        offset, number = hit["line"]["offset"], window.number_of(path)
        index = window.index_of(offset, number) if generation == window.generation and number is not None else None
        if index is None:
            await self._open({"offset": offset}, path=path)
        else:
            if direction == "back" or around or index < len(window.lines) - 1:
                self._pause()
            self.paper.changed(cursor=index)
        self._say(said)

    async def _find_in_series(
        self, sought: Sought, direction: Direction, chapter: Chapter, start: int | None
    ) -> tuple[Item | None, str, bool]:
        """The nearest hit from a place of a file on, through the files of its series; its path; whether it went around.

        A text is looked for once around, a level to the end of the series only.
        """
        paths, here = await series_of(self.source, chapter)
        chapter.path = paths[here]
        ahead = paths[here + 1 :] if direction == "forward" else paths[:here][::-1]
        behind = paths[: here + 1] if direction == "forward" else paths[here:][::-1]
        for path in (paths[here], *ahead):
            begin = start if path == paths[here] and start is not None else _edge(direction)
            if (hit := await self.source.find(path, sought, begin, direction, self._progress)) is not None:
                return hit, path, False
        for path in behind if sought.text else ():
            if (hit := await self.source.find(path, sought, _edge(direction), direction, self._progress)) is not None:
                return hit, path, True
        return None, "", False

    def _search_on_hand(self, sought: Sought, direction: Direction, nothing: str) -> None:
        lines, at = self.window.lines, self.paper.cursor
        order = [*range(at + 1, len(lines)), *(range(at + 1) if sought.text else ())]
        if direction == "back":
            order = [*range(at - 1, -1, -1), *(range(len(lines) - 1, at - 1, -1) if sought.text else ())]
        index = next((n for n in order if sought.holds(lines[n].text, lines[n].level)), None)
        if index is None:
            self._say(nothing)
            return
        self._pause()
        self.paper.changed(cursor=index)

    def action_follow(self) -> None:
        """Follow from the end, or pause."""
        if self.following:
            self._pause()
        else:
            self.action_end()

    def action_wrap(self) -> None:
        """Long lines whole in several rows, or cut at the edge."""
        self.paper.wrapped = not self.paper.wrapped
        self.paper.restyle()
        self._say("")
        self._tell()

    def action_start(self) -> None:
        """The first line of the file."""
        if self.filter is None and self.path:
            named: Item = self.window.chapter_of(self.paper.current).named
            self._work(self._open({"start": True}, **named), "load")
        else:
            self.paper.go(-1)

    def action_end(self) -> None:
        """The last line, and follow."""
        if self.filter is not None and self.path:
            self._work(self._filter_from(self.filter, None), "load")
        else:
            self._work(self._open_newest(), "load")

    def on_log_paper_edge(self, edge: LogPaper.Edge) -> None:
        """Home and End."""
        edge.stop()
        if edge.up:
            self.action_start()
        else:
            self.action_end()

    async def _open_newest(self) -> None:
        """The end of the newest file of the series."""
        at: Item = {"end": True}
        named: Item = self.window.chapter_of(None).named
        while self.path:
            self._pause()
            page = await self.source.page(at=at, before=max(FIRST_LINES, 2 * self.paper.size.height), after=0, **named)
            if page["newer"] is None:
                self._say("")
                await self._show(at, page)
                return
            named = {"path": page["newer"]}
        await self._open_first(None, None)

    def action_ask(self, what: str) -> None:
        """Ask for a text or a time."""
        self.query_one(LogPrompt).ask(what, self.paper.sought.text if self.paper.sought else "")
        self.status.display = False

    def action_again(self, direction: Direction) -> None:
        """The next hit, or the one before."""
        if self.paper.sought is None:
            self._say(self.words["no_search_yet"])
        elif self.path:
            self._work(self._search(self.paper.sought, direction), "search")

    def action_error(self, direction: Direction) -> None:
        """The next error, or the one before."""
        if self.path:
            self._work(self._search(Sought(level="error"), direction), "search")

    def action_only_errors(self) -> None:
        """Only errors, or all lines again."""
        errors = Sought(level="error")
        if self.path:
            self._set_filter(None if self.filter == errors else errors)

    def action_files(self) -> None:
        """Choose among the program's log files."""
        self._work(self._choose_file(), "files")

    async def _choose_file(self) -> None:
        files = await self.source.files()

        def chosen(path: str | None) -> None:
            if path is not None:
                self._work(self._open({"end": True}, path=path), "load")

        self.app.push_screen(LogPicker(files, self.path, self.words, self.zone), chosen)

    def climb(self) -> bool:
        """Undo the innermost thing: question, search under way, filter, marks. False when there is nothing."""
        prompt = self.query_one(LogPrompt)
        if prompt.display:
            self._answered()
        elif self.status.percent is not None:
            self.workers.cancel_group(self, "search")
            self._progress(None)
        elif self.histogram.display:
            self.close_histogram()
        elif self.filter is not None:
            self._set_filter(None)
        elif self.paper.sought is not None:
            self.paper.sought = None
            self.paper.restyle()
            self._tell()
        else:
            return False
        return True

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A question was answered."""
        event.stop()
        what, text = self.query_one(LogPrompt).what, event.value.strip()
        self._answered()
        if not self.path:
            return
        if what == "time":
            self._go_to_time(text)
        elif what == "filter":
            self._set_filter(Sought(text) if text else None)
        elif text:
            self.paper.sought = Sought(text)
            self.paper.restyle()
            self._work(self._search(self.paper.sought, "forward" if not self.following else "back"), "search")

    def _answered(self) -> None:
        self.query_one(LogPrompt).display = False
        self.status.display = True
        self.screen.set_focus(self.paper)

    def _go_to_time(self, text: str) -> None:
        if not text:
            return
        line = self.paper.current
        now = datetime.now(UTC)
        near = line.time if line and line.time else now
        try:
            when = parse_moment(text, self.zone, near, now)
        except BadRequest:
            self._say(self.words["bad_time"].format(what=text))
            return
        named: Item = self.window.chapter_of(line).named
        self._work(self._open({"time": when.isoformat()}, **named), "load")


def _edge(direction: Direction) -> int:
    """Where a file is entered that way."""
    return 0 if direction == "forward" else _BEYOND
