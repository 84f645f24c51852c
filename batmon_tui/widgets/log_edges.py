"""What lies beyond the lines on hand: the rest of the file, or the file before or after it in the same series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from batmon.errors import NotFound
from batmon.gate.sanitize import clean
from batmon_tui.widgets.log_lines import Chapter, LogLine, LogWindow
from batmon_tui.widgets.log_source import Direction, Item, LogSource

PAGE_LINES = 400


@dataclass(frozen=True, slots=True)
class Beyond:
    """A page next to the lines on hand; ``other`` says that it is of the file before or after theirs."""

    page: Item
    other: bool = False


async def page_before(source: LogSource, window: LogWindow) -> Beyond | None:
    """What lies ahead of the first line on hand; None when nothing does.

    A file that was renamed since is found all the same. One that was copied and emptied, or compressed, is known by the
    line that stands at the place of the first one on hand.
    """
    number = min(window.chapters)
    chapter, edge = window.chapters[number], window.first
    if edge is not None and edge.chapter != number:
        edge = None
    page: Item | None = None
    if chapter.file or number == window.chapter:
        try:
            start = 0 if edge is None else edge.offset
            page = await source.page(**chapter.named, at={"offset": start}, before=PAGE_LINES, after=0)
        except NotFound:
            if number == window.chapter:
                raise
            chapter.file = ""
    if page is None:
        path = await _older(source, window.chapters[number + 1])
        page = await _known_by(source, path, edge)
        if page is None:
            return await _end_of(source, path)
        chapter.path, chapter.file = page["path"], page["file"]
    if page["lines"] or not page["at_start"]:
        return Beyond(page)
    return await _end_of(source, page["older"])


async def page_behind(source: LogSource, window: LogWindow) -> Beyond | None:
    """What lies behind the last line on hand; None when nothing does."""
    last = window.last
    named = window.chapters[window.chapter].named
    at = {"offset": 0 if last is None else last.end}
    page = await source.page(**named, at=at, before=0, after=PAGE_LINES)
    newer = page["newer"]
    if page["lines"] or newer is None:
        return Beyond(page)
    return Beyond(await source.page(path=newer, at={"start": True}, before=0, after=PAGE_LINES), other=True)


async def file_beyond(source: LogSource, window: LogWindow, direction: Direction) -> Item | None:
    """The file before the first or behind the last one on hand, as a page without lines; None where there is none."""
    back = direction == "back"
    number = min(window.chapters) if back else window.chapter
    chapter = window.chapters[number]
    if not chapter.file and number < window.chapter:  # nobody knows where it is: what is before the next one follows
        chapter = window.chapters[number + 1]
    page = await source.page(**chapter.named, at={"start": True}, before=0, after=0)
    path = page["older" if back else "newer"]
    if path is None:
        return None
    at = {"end": True} if back else {"start": True}
    return {**await source.page(path=path, at=at, before=0, after=0), "at_start": not back, "at_end": back}


async def series_of(source: LogSource, chapter: Chapter) -> tuple[list[str], int]:
    """The paths of a file's series, oldest first, and the place of the file among them."""
    named: dict[str, Any] = chapter.named
    path = (await source.page(**named, at={"start": True}, before=0, after=0))["path"] if chapter.file else chapter.path
    older = {file["path"]: file["older"] for file in await source.files()}
    newer = {before: path for path, before in older.items() if before is not None}
    paths = [path]
    while (before := older.get(paths[0])) is not None and before not in paths:
        paths.insert(0, before)
    while (after := newer.get(paths[-1])) is not None and after not in paths:
        paths.append(after)
    return paths, paths.index(path)


async def _older(source: LogSource, chapter: Chapter) -> str | None:
    page = await source.page(**chapter.named, at={"start": True}, before=0, after=0)
    older: str | None = page["older"]
    return older


async def _end_of(source: LogSource, path: str | None) -> Beyond | None:
    if path is None:
        return None
    return Beyond(await source.page(path=path, at={"end": True}, before=PAGE_LINES, after=0), other=True)


async def _known_by(source: LogSource, path: str | None, edge: LogLine | None) -> Item | None:
    """The page ahead of ``edge`` in this file, if that line stands there."""
    if path is None or edge is None:
        return None
    page = await source.page(path=path, at={"offset": edge.offset}, before=PAGE_LINES, after=1)
    line = page["lines"][-1] if page["lines"] else None
    if line is None or line["offset"] != edge.offset or clean(line["text"]) != edge.text:
        return None
    return {**page, "lines": page["lines"][:-1]}
