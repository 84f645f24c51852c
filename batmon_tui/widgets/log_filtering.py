"""Only the lines of a log that hold a text or are errors: found by the daemon, a hundred at a time."""

from __future__ import annotations

from typing import cast

from batmon_tui.widgets.log_edges import file_beyond
from batmon_tui.widgets.log_reading import LogReading, file_name
from batmon_tui.widgets.log_search import Sought
from batmon_tui.widgets.log_source import Direction, Item

MATCHES = 100
"""Matching lines that are looked for at a time."""


class LogFiltering(LogReading):
    """A log that is read, whole or filtered."""

    def _set_filter(self, sought: Sought | None) -> None:
        """Show only such lines, or all again; the line under the cursor stays near."""
        line = self.paper.current
        was_following = self.following
        if sought is None:
            if self.filter is not None:
                self.filter = None
                chapter = self.window.chapter_of(line)
                known = line is not None and not was_following and (chapter.file or line.chapter == self.window.chapter)
                at: Item = {"offset": line.offset} if line and known else {"end": True}
                named = chapter.named if known else self.window.chapter_of(None).named
                self._work(self._open(at, **named), "load")
            return
        self._work(self._filter_from(sought, None if was_following or line is None else line.end), "load")

    async def _filter_from(self, sought: Sought, end: int | None) -> None:
        follow = end is None and self._is_current
        self._pause()
        self._say("")
        named: Item = self.window.chapter_of(self.paper.current).named
        page = await self.source.page(**named, at={"end": True}, before=0)
        size = page["size"]
        self.window.replace({**page, "lines": [], "at_start": False, "at_end": end is None or end >= size})
        self.filter = sought
        self.paper.placeholder = self.words["reading"]
        self.paper.changed(fresh=True)
        await self._gather("back", size if end is None else end, to_end=True)
        if not self.window.at_end:
            await self._gather("forward", cast("int", end))
        self.paper.placeholder = self.words["no_match"].format(what=self._what(sought))
        if follow:
            self.following = True
            self._work(self._take_new(self.path, size), "follow")
        self._tell()

    async def _read_beyond(self, direction: Direction, *, leaves: bool) -> None:
        """Matches beyond those on hand: in the rest of the file, else in the next one if the person ``leaves`` it."""
        if self.filter is None:
            await super()._read_beyond(direction, leaves=leaves)
            return
        window, generation, back = self.window, self.window.generation, direction == "back"
        if window.at_start if back else window.at_end:
            if not leaves:
                return
            page = await file_beyond(self.source, window, direction)
            if generation != window.generation:
                return
            if page is None:
                self._nothing_beyond(direction)
                return
            if back:
                first = window.chapters[min(window.chapters)]
                self.paper.changed(window.prepend_file(page, file_name(first.path)))
            else:
                self.paper.changed(-window.append_file(page, file_name(page["path"])))
            await self._gather(direction, page["size"] if back else 0)
            return
        edge = window.first if back else window.last
        if edge is not None:
            await self._gather(direction, edge.offset if back else edge.end)

    async def _gather(self, direction: Direction, start: int, *, to_end: bool = False) -> None:
        """Some matching lines of the first or last file from ``start`` on, each shown as soon as it is found."""
        sought, generation, count = self.filter, self.window.generation, 0
        if sought is None:
            return
        path = self.window.chapters[min(self.window.chapters) if direction == "back" else self.window.chapter].path
        async for hit in self.source.matches(path, sought, start, direction, self._progress):
            if self.window.generation != generation or self.filter is not sought:
                return
            line = hit["line"]
            self.window.know(hit["runs"])
            if direction == "back":
                self.paper.changed(self.window.prepend([line], at_start=False), to_end=to_end)
            else:
                self.paper.changed(-self.window.append([line], at_end=False))
            count += 1
            if count >= MATCHES:
                break
        else:
            if direction == "back":
                self.window.at_start = True
            else:
                self.window.at_end = True
        self._progress(None)
