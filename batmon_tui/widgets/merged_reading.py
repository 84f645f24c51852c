"""What of the merged logs is on hand: opened at a time or the end, followed, read on at the edges."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from textual.app import ComposeResult
from textual.containers import Vertical

from batmon.errors import BatmonError
from batmon.gate.client import GateClient
from batmon_tui.locale import Language
from batmon_tui.refusals import in_words
from batmon_tui.widgets.log_bookmarks import Bookmarks
from batmon_tui.widgets.log_histogram import LogHistogram
from batmon_tui.widgets.log_paper import LogPaper
from batmon_tui.widgets.log_source import Direction, Item, LogSource
from batmon_tui.widgets.log_status import LogPrompt, LogStatus
from batmon_tui.widgets.log_words import log_words
from batmon_tui.widgets.merged_lines import MergedWindow
from batmon_tui.widgets.merged_paper import MergedPaper

PAGE_LINES = 400
NEAR_EDGE = 150
"""So close to the first or last line on hand, more are read."""
LOOK_SEC = 1.0
"""While it follows, what was added is asked for so often."""


class MergedReading(Vertical):
    """Reads the logs of ``programs`` (all, if empty) merged by time, from ``at`` on or at the end.

    ``known`` are the names of all programs, in the order of their colours.
    """

    DEFAULT_CSS = "MergedReading { height: 1fr; }"

    def __init__(
        self, *, at: datetime | None, programs: Sequence[str], known: Sequence[str],
        gate: Callable[[], Awaitable[GateClient]], language: Language, zone: ZoneInfo, bookmarks: Bookmarks,
    ) -> None:  # fmt: skip
        super().__init__()
        self._language, self.zone = language, zone
        self.words = log_words(language)
        self.window = MergedWindow()
        self.source = LogSource("", gate)
        self.paper = MergedPaper(self.window, self.words, known)
        self.paper.bookmarks = bookmarks
        self.status = LogStatus(self.words)
        self.histogram = LogHistogram(self.words, zone)
        self.programs = list(programs)
        self.only_errors = False
        self.following = False
        self._first = at
        self._loading: set[str] = set()
        self._left_out = 0

    def compose(self) -> ComposeResult:
        """The histogram when it is wanted, the lines, the status or the question that is being asked."""
        yield self.histogram
        yield self.paper
        yield self.status
        yield LogPrompt(self.words)

    def on_mount(self) -> None:
        """Begin to read."""
        self.paper.placeholder = self.words["reading"]
        self.paper.focus()
        self._work(self._open_at(self._first) if self._first else self._open_end(), "load")

    def speak(self, language: Language, zone: ZoneInfo) -> None:
        """Go on in this language and zone."""
        words = log_words(language)
        if words is self.words and zone == self.zone:
            return
        self.words, self._language, self.zone = words, language, zone
        self.histogram.words, self.histogram.zone = words, zone
        self.paper.words = self.status.words = self.query_one(LogPrompt).words = words
        self.paper.restyle()
        self._tell()

    def time_here(self) -> datetime | None:
        """The time of the line under the cursor, or of the entry that it belongs to."""
        above = (line.time for line in reversed(self.window.lines[: self.paper.cursor + 1]) if line.time is not None)
        return next(above, None)

    @property
    def _which(self) -> Item:
        return ({"programs": self.programs} if self.programs else {}) | ({"level": "error"} if self.only_errors else {})

    def _work(self, doing: Coroutine[Any, Any, None], group: str) -> None:
        """Do this instead of what this group does; what the daemon refuses is said in the status."""

        async def guarded() -> None:
            try:
                await doing
            except BatmonError as error:
                self._say(in_words(error, self._language).replace("\n", " · "))

        self.run_worker(guarded(), group=group, exclusive=True, name=f"merged-{group}")

    # -- opening

    async def _open_end(self) -> None:
        """Show the end, and follow."""
        self._pause()
        page = await self.source.merged(at={"end": True}, before=PAGE_LINES, after=0, **self._which)
        while page["older"] is not None and not page["lines"]:  # only errors, and none among the last lines
            page = await self.source.merged(at={"cursor": page["older"]}, before=PAGE_LINES, after=0, **self._which)
        self._show(page)
        self.paper.changed(to_end=True)
        self._follow()

    async def _open_at(self, moment: datetime, place: tuple[str, int] | None = None) -> None:
        """Show a moment, with the cursor on this line (path, offset), or on the first that is no earlier."""
        self._pause()
        at = {"time": moment.isoformat()}
        page = await self.source.merged(at=at, before=PAGE_LINES // 2, after=PAGE_LINES, **self._which)
        self._show(page)
        index = None if place is None else self.window.place_of(*place)
        if index is None:
            later = (n for n, line in enumerate(self.window.lines) if line.time is not None and line.time >= moment)
            index = next(later, len(self.window.lines) - 1)
        self.paper.changed(cursor=index, fresh=True)
        self._tell()

    def _show(self, page: Item) -> None:
        self._say("")
        self.window.show(page)
        self._left_out = page["left_out_count"]
        self.paper.placeholder = self.words["merged_nothing"]

    # -- following

    def _follow(self) -> None:
        self.following = True
        self._work(self._take_new(), "follow")
        self._tell()

    def _pause(self) -> None:
        if self.following:
            self.following = False
            self.workers.cancel_group(self, "follow")
            self.window.at_end = False
        self._tell()

    async def _take_new(self) -> None:
        while True:
            page = await self.source.merged(
                at={"cursor": self.window.newer_cursor}, before=0, after=PAGE_LINES, **self._which
            )
            gone = self.window.put_behind(page)
            if page["lines"]:
                self.paper.changed(-gone, to_end=True)
            if page["at_end"]:
                await asyncio.sleep(LOOK_SEC)

    # -- reading on

    def on_log_paper_moved(self, moved: LogPaper.Moved) -> None:
        """Going up ends the following; near an edge more is read."""
        moved.stop()
        if moved.wished:
            self._say("")
        if moved.up and self.following:
            self._pause()
        first, after = self.paper.in_sight
        if first < NEAR_EDGE and not self.window.at_start:
            self._more("back")
        if after > len(self.window.lines) - NEAR_EDGE and not self.window.at_end and not self.following:
            self._more("forward")
        self._tell()

    def _more(self, direction: Direction) -> None:
        group = f"more-{direction}"
        if group not in self._loading and self.window.lines:
            self._loading.add(group)
            generation = self.window.generation
            # What is there is painted first.
            self.call_after_refresh(lambda: self._work(self._read_more(direction, group, generation), group))

    async def _read_more(self, direction: Direction, group: str, generation: int) -> None:
        try:
            back = direction == "back"
            cursor = self.window.older_cursor if back else self.window.newer_cursor
            if cursor is None or generation != self.window.generation:
                return
            before, after = (PAGE_LINES, 0) if back else (0, PAGE_LINES)
            page = await self.source.merged(at={"cursor": cursor}, before=before, after=after, **self._which)
            if not self.is_attached or generation != self.window.generation or (self.following and not back):
                return
            self.paper.changed(self.window.put_before(page) if back else -self.window.put_behind(page))
        finally:
            self._loading.discard(group)

    # -- what is said

    def _say(self, words: str) -> None:
        self.status.say(words)

    def _tell(self) -> None:
        """Bring the status up to date."""
        if not self.is_mounted:
            return
        line, words, sought = self.paper.current, self.words, self.paper.sought
        here = self.time_here() or datetime.now(UTC)
        name = line.path.replace("\\", "/").rsplit("/", 1)[-1] if line else ""
        self.status.show(
            file=f"{here.astimezone(self.zone):%m-%d %H:%M:%S}" if line else words["merged_title"],
            size=None,
            part=None,
            state="following" if self.following else "paused",
            flags=[
                *([words["merged_only"].format(programs=", ".join(self.programs))] if self.programs else []),
                *([words["filter"].format(what=words["errors"])] if self.only_errors else []),
                *([words["search"].format(what=f"“{sought.text}”")] if sought else []),
                *([words["wrapped"]] if self.paper.wrapped else []),
                *([words["merged_left_out"].format(count=self._left_out)] if self._left_out else []),
            ],
            run=None,
            has_line=False,
            zone=self.zone,
            at_right=f"{line.program} · {name}" if line else "",
        )
