"""Lines of a log that somebody marked, for as long as the console is open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from batmon_tui.widgets.log_lines import Chapter, LogLine

_NEVER = datetime.min.replace(tzinfo=UTC)


class Bookmark(NamedTuple):
    """A marked line; ``time`` is its own or that of the entry above, so that they have an order."""

    time: datetime
    offset: int
    path: str
    file: str
    program: str = ""

    @property
    def named(self) -> dict[str, Any]:
        """As ``log.read`` asks for its file."""
        return {"file": self.file} if self.file else {"path": self.path}


@dataclass(slots=True)
class Bookmarks:
    """The bookmarks of one program, or of all logs merged."""

    found: set[Bookmark] = field(default_factory=set)

    def turn(self, line: LogLine, chapter: Chapter, time: datetime | None) -> bool:
        """Mark a line, or take its mark away; whether it is marked now."""
        mine = [one for one in self.found if _is_at(one, line, chapter)]
        if mine:
            self.found.difference_update(mine)
            return False
        path = line.path or chapter.path
        self.found.add(Bookmark(time or _NEVER, line.offset, path, chapter.file, line.program))
        return True

    def holds(self, line: LogLine, chapter: Chapter) -> bool:
        """Whether a line is marked."""
        return bool(self.found) and any(_is_at(one, line, chapter) for one in self.found)

    def beyond(self, line: LogLine | None, time: datetime | None, *, forward: bool) -> Bookmark | None:
        """The nearest one after or before a line, by time and place; around the end if there is none."""
        if not self.found:
            return None
        order = sorted(self.found)
        here = (time or _NEVER, line.offset if line else 0)
        if forward:
            return next((one for one in order if (one.time, one.offset) > here), order[0])
        return next((one for one in reversed(order) if (one.time, one.offset) < here), order[-1])


def _is_at(bookmark: Bookmark, line: LogLine, chapter: Chapter) -> bool:
    if line.kind != "line" or bookmark.offset != line.offset:
        return False
    return bookmark.file == chapter.file if bookmark.file else bookmark.path == (line.path or chapter.path)
