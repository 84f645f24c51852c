"""What of a log is on hand: opened at a place, followed, read on at the edges, filtered. The log view stands on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer

from batmon.errors import BatmonError, NotFound
from batmon.evidence.rotation import packing_of
from batmon.gate.client import GateClient
from batmon_tui.locale import Language
from batmon_tui.refusals import in_words
from batmon_tui.widgets.log_edges import PAGE_LINES, Beyond, page_before, page_behind
from batmon_tui.widgets.log_host import LogHost
from batmon_tui.widgets.log_lines import Chapter, LogWindow
from batmon_tui.widgets.log_paper import LogPaper
from batmon_tui.widgets.log_place import LogPlace
from batmon_tui.widgets.log_search import Sought
from batmon_tui.widgets.log_source import Direction, Item, LogSource
from batmon_tui.widgets.log_status import LogPrompt, LogStatus
from batmon_tui.widgets.log_words import in_bytes, log_words

FIRST_LINES = 60
"""Lines that are asked for at first at the end, if two screens are fewer: more follow once they are seen."""
NEAR_EDGE = 150
"""So close to the first or last line on hand, more are read."""
FRAME_SEC = 1 / 30
LOOK_AGAIN_SEC = 2.0
"""While there is no log file, it is looked for so often."""
MARKS_AFTER_SEC = 1.5
"""After lines landed, the daemon has found the run that they belong to."""


class LogReading(Vertical):
    """Reads the log of ``program`` into a window of lines and shows it on paper, with a status below.

    It begins at the end, at the beginning of the run ``run_id``, or at ``place``; with ``path``, or the newest file.
    ``gate`` and ``language`` come from the app unless given; ``zone`` is the one of the times in the log, else the
    daemon's.
    """

    DEFAULT_CSS = "LogReading { height: 1fr; }"

    class Opened(Message):
        """Another file is shown, or the same one anew; ``path`` names it."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(
        self,
        program: str,
        *,
        run_id: str | None = None,
        path: str | None = None,
        place: LogPlace | None = None,
        gate: Callable[[], Awaitable[GateClient]] | None = None,
        language: Language | None = None,
        zone: ZoneInfo | None = None,
        id: str | None = None,  # noqa: A002 - Textual's word
    ) -> None:
        super().__init__(id=id)
        host = cast("LogHost", self.app) if gate is None or language is None else None
        self._language: Language = language or (host.language if host else "en")
        self.words = log_words(self._language)
        self.window = LogWindow()
        self.source = LogSource(program, gate or cast("LogHost", self.app).gate)
        self._zone = zone
        self.paper = LogPaper(self.window, self.words)
        self.status = LogStatus(self.words)
        self.following = False
        self.filter: Sought | None = None
        self._first = (run_id, path)
        self._place = place
        self._arrived: list[Item] = []
        self._flush: Timer | None = None
        self._marks: Timer | None = None
        self._loading: set[str] = set()

    def compose(self) -> ComposeResult:
        """Lines, then the status or the question that is being asked."""
        yield self.paper
        yield self.status
        yield LogPrompt(self.words)

    def on_mount(self) -> None:
        """Begin to read."""
        self.paper.placeholder = self.words["reading"]
        run_id, path = self._first
        self.paper.focus()
        self._work(self._open_first(run_id, path) if self._place is None else self._open_place(self._place), "load")

    @property
    def path(self) -> str:
        """The file that the line under the cursor stands in; empty while there is none."""
        return self.window.chapter_of(self.paper.current).path

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the times in the log."""
        return self._zone or ZoneInfo(self.source.timezone)

    def speak(self, language: Language, zone: ZoneInfo) -> None:
        """Go on in this language and zone."""
        words = log_words(language)
        if words is self.words and zone == self._zone:
            return
        self.words, self._language, self._zone = words, language, zone
        if not self.is_mounted:
            return
        self.paper.words = self.status.words = self.query_one(LogPrompt).words = words
        self.paper.restyle()
        self._tell()

    def open_run(self, run_id: str) -> None:
        """Show where a run begins."""
        self._work(self._open_first(run_id, None), "load")

    async def _open_place(self, place: LogPlace) -> None:
        """Show a place of a file, with its text marked."""
        if place.text:
            self.paper.sought = Sought(place.text)
            self.paper.restyle()
        await self._open({"offset": place.offset}, path=place.path)

    def _work(self, doing: Coroutine[Any, Any, None], group: str) -> None:
        """Do this instead of what this group does; what the daemon refuses is said in the status."""

        async def guarded() -> None:
            try:
                await doing
            except BatmonError as error:
                self._say(in_words(error, self._language).replace("\n", " · "))

        self.run_worker(guarded(), group=group, exclusive=True, name=f"log-{group}")

    async def _open_first(self, run_id: str | None, path: str | None) -> None:
        named = {} if path is None else {"path": path}
        gone = ""
        if run_id is not None:
            try:
                await self._open({"run": run_id}, **named)
            except NotFound:
                gone = self.words["run_gone"]
            else:
                return
        while True:
            try:
                await self._open({"end": True}, **named)
                break
            except NotFound:
                self.paper.placeholder = self.words["no_file"]
                self.paper.refresh()
                await asyncio.sleep(LOOK_AGAIN_SEC)
        if gone:
            self._say(gone)

    async def _open(self, at: Item, **named: Any) -> None:
        """Show this place of a file; at the end it follows, if the file is one that is written now."""
        self._pause()
        self._say("")
        at_end = at == {"end": True}
        screen = max(FIRST_LINES, 2 * self.paper.size.height)
        before, after = (screen, 0) if at_end else (PAGE_LINES // 2, PAGE_LINES)
        await self._show(at, await self.source.page(at=at, before=before, after=after, **named))

    async def _show(self, at: Item, page: Item) -> None:
        """Show a page that was asked for ``at`` a place."""
        at_end = at == {"end": True}
        target = None if at_end else await self._target(at, page)
        self.window.replace(page, self._damage(page))
        self.filter = None
        self.paper.placeholder = self.words["no_lines"]
        if at_end:
            self.paper.changed(to_end=True)
        else:
            self.paper.changed(cursor=self.window.nearest(target or 0), fresh=True)
        self.post_message(self.Opened(self.path))
        if at_end and self._is_current:
            self._follow()
        self._tell()

    async def _target(self, at: Item, page: Item) -> int:
        """The offset of the line that was asked for."""
        lines = page["lines"]
        if "offset" in at:
            return int(at["offset"])
        if "run" in at:
            mine = (line["offset"] for line in lines if line["run_id"] == at["run"])
            return next(mine, lines[0]["offset"] if lines else 0)
        if "time" in at:
            when = datetime.fromisoformat(at["time"])
            timed = (x["offset"] for x in lines if x["time"] and datetime.fromisoformat(x["time"]) >= when)
            return next(timed, lines[-1]["offset"] if lines else 0)
        return 0

    @property
    def _is_current(self) -> bool:
        """Whether the last file on hand is the one that is written to now."""
        path = self.window.path
        return bool(path) and self.window.newer is None and packing_of(path) is None

    def _follow(self) -> None:
        self.following = True
        last = self.window.last
        start = last.end if last else 0
        self._work(self._take_new(self.window.path, start if self.window.at_end else self.window.size), "follow")

    def _pause(self) -> None:
        """Nothing new is taken any more; what lies after is read when one goes there."""
        if self.following:
            self.following = False
            self._show_arrived()
            self.workers.cancel_group(self, "follow")
            self.window.at_end = False
        self._tell()

    async def _take_new(self, path: str, start: int) -> None:
        async for item in self.source.follow(path, start):
            self._arrived.append(item)
            if self._flush is None:
                self._flush = self.set_timer(FRAME_SEC, self._show_arrived)

    def _show_arrived(self) -> None:
        """All that landed since the last frame at once."""
        if self._flush is not None:
            self._flush.stop()
            self._flush = None
        if not self.is_running:
            return  # it is being closed, and its paper is gone: what a worker had asked for comes last
        arrived, self._arrived = self._arrived, []
        gone = 0
        for item in arrived:
            if "lines" in item:
                self.window.know(item.get("runs", ()))
                gone += self.window.append([line for line in item["lines"] if self._passes(line)])
                self.window.size = max(self.window.size, item["lines"][-1]["end"])
            elif "rotated" in item:
                chapter = Chapter(item["rotated"]["path"], item["rotated"]["file"])
                said = self.words["rotated"].format(file=file_name(chapter.path))
                gone += self.window.begin(chapter, "rotated", said)
                self.post_message(self.Opened(chapter.path))
            elif "gap" in item:
                gone += self.window.separate("gap", self.words["gap"].format(bytes=in_bytes(item["gap"])))
        if arrived:
            self.paper.changed(-gone, to_end=self.following)
            if self._marks is not None:
                self._marks.stop()
            self._marks = self.set_timer(MARKS_AFTER_SEC, lambda: self._work(self._mark_again(), "marks"))

    async def _mark_again(self) -> None:
        """Ask again to which runs the last lines belong."""
        last = self.window.last
        if last is None or self.filter is not None:
            return
        chapter = self.window.chapter_of(last)
        named: Item = chapter.named
        page = await self.source.page(**named, at={"offset": last.end}, before=PAGE_LINES // 2, after=0)
        if chapter is self.window.chapter_of(None):
            self.window.know(page.get("runs", ()))
            self.window.mark(page["lines"])
            self.paper.refresh()
            self._tell()

    def _passes(self, line: Item) -> bool:
        return self.filter is None or self.filter.holds(line["text"], line["level"])

    def on_log_paper_moved(self, moved: LogPaper.Moved) -> None:
        """Going up ends the following; near an edge more is read."""
        moved.stop()
        if moved.wished:
            self.status.say("")
        if moved.up and self.following:
            self._pause()
        first, after = self.paper.in_sight
        # Whole files are searched for matches: another one only for somebody who goes up or down at the edge.
        leaves = moved.wished and self.paper.cursor == (0 if moved.up else len(self.window.lines) - 1)
        back = self.filter is None or not self.window.at_start or leaves
        on = self.filter is None or not self.window.at_end or leaves
        if first < NEAR_EDGE and self.window.reaches_back and back:
            self._more("back", leaves=leaves and moved.up)
        if after > len(self.window.lines) - NEAR_EDGE and self.window.reaches_on and on and not self.following:
            self._more("forward", leaves=leaves and not moved.up)
        self._tell()

    def _more(self, direction: Direction, *, leaves: bool) -> None:
        group = f"more-{direction}"
        if group not in self._loading and self.window.lines:
            self._loading.add(group)
            generation = self.window.generation
            # What is there is painted first.
            self.call_after_refresh(
                lambda: self._work(self._read_more(direction, group, generation, leaves=leaves), group)
            )

    async def _read_more(self, direction: Direction, group: str, generation: int, *, leaves: bool) -> None:
        try:
            if generation != self.window.generation:
                return
            await self._read_beyond(direction, leaves=leaves)
        finally:
            self._loading.discard(group)

    async def _read_beyond(self, direction: Direction, *, leaves: bool) -> None:
        """Read on that way; ``leaves`` says that the person goes beyond the file."""
        del leaves  # all lines go on into the next file by themselves
        generation = self.window.generation
        find = page_before if direction == "back" else page_behind
        beyond = await find(self.source, self.window)
        if not self.is_attached or generation != self.window.generation:
            return
        if self.following and direction == "forward":
            return
        if beyond is None:
            self._nothing_beyond(direction)
        elif direction == "back":
            self._put_before(beyond)
        else:
            self._put_behind(beyond)

    def _nothing_beyond(self, direction: Direction) -> None:
        if direction == "back":
            self.window.at_start, self.window.older = True, None
        else:
            self.window.at_end, self.window.newer = True, None

    def _put_before(self, beyond: Beyond) -> None:
        page, first = beyond.page, self.window.chapters[min(self.window.chapters)]
        if beyond.other:
            gone = self.window.prepend_file(page, file_name(first.path), self._damage(page))
            self.paper.changed(gone)
            return
        first.path, first.size, self.window.older = page["path"], page["size"], page["older"]
        self.window.know(page.get("runs", ()))
        self.paper.changed(self.window.prepend(page["lines"], at_start=page["at_start"]))

    def _put_behind(self, beyond: Beyond) -> None:
        page, last = beyond.page, self.window.chapters[self.window.chapter]
        if beyond.other:
            self.paper.changed(-self.window.append_file(page, file_name(page["path"]), self._damage(page)))
            return
        last.path, last.size, self.window.newer = page["path"], page["size"], page["newer"]
        self.window.know(page.get("runs", ()))
        if page["lines"] or not self.window.at_end:
            self.paper.changed(-self.window.append(page["lines"], at_end=page["at_end"]))

    def _damage(self, page: Item) -> str:
        """What is said of a compressed file of which only a part can be read."""
        kind = page.get("damaged")
        return self.words[f"damaged_{kind}"].format(file=file_name(page["path"])) if kind else ""

    def _progress(self, part: float | None) -> None:
        self.status.percent = None if part is None else round(part * 100)
        self.status.refresh()

    def _say(self, words: str) -> None:
        self.status.say(words)

    def _what(self, sought: Sought) -> str:
        return self.words["errors"] if sought.level else f"“{sought.text}”"

    def _tell(self) -> None:
        """Bring the status up to date."""
        if not self.is_mounted:
            return
        window, paper = self.window, self.paper
        _, after = paper.in_sight
        bottom = window.lines[after - 1] if after else None
        line = paper.current
        chapter = window.chapter_of(bottom)
        newest = self._is_current and chapter is window.chapter_of(None)
        self.status.show(
            file=file_name(chapter.path),
            size=chapter.size,
            part=None if self.filter or bottom is None or not chapter.size else bottom.end / chapter.size,
            state="following" if self.following else "paused" if newest else "older_file",
            flags=[
                *([self.words["filter"].format(what=self._what(self.filter))] if self.filter else []),
                *([self.words["search"].format(what=self._what(paper.sought))] if paper.sought else []),
                *([self.words["wrapped"]] if paper.wrapped else []),
                *([self.words["left"].format(column=paper.left + 1)] if paper.left and not paper.wrapped else []),
            ],
            run=window.runs.get(line.run_id) if line and line.run_id else None,
            has_line=line is not None,
            zone=self.zone,
        )


def file_name(path: str) -> str:
    """A path without its folders."""
    return path.replace("\\", "/").rsplit("/", 1)[-1]
