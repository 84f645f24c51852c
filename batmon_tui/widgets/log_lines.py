"""The part of a log that is on hand: a bounded window of lines with the runs that they belong to. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from batmon.gate.sanitize import clean

LIMIT = 5000
"""Lines that are held at most; the ones farthest from where one looks go first."""

Kind = Literal["line", "gap", "rotated", "file", "damaged"]


@dataclass(slots=True)
class LogLine:
    """A line as it is shown, or a separator between lines (``kind``), which has no offset of its own.

    ``cut`` is the number of characters of a line that was cut. ``chapter`` is the number of the file that it stands in:
    offsets of another say nothing about this one. ``program`` is empty where all lines are of the same.
    """

    offset: int
    end: int
    text: str
    level: str | None = None
    time: datetime | None = None
    run_id: str | None = None
    run: str | None = None
    cut: int | None = None
    kind: Kind = "line"
    chapter: int = 0
    program: str = ""
    path: str = ""

    @classmethod
    def of(cls, item: Mapping[str, Any], chapter: int = 0) -> LogLine:
        """From the gate's form."""
        time = item.get("time")
        return cls(
            offset=item["offset"],
            end=item["end"],
            text=clean(item["text"]),
            level=item.get("level"),
            time=datetime.fromisoformat(time) if isinstance(time, str) else None,
            run_id=item.get("run_id"),
            run=item.get("run"),
            cut=item.get("cut"),
            chapter=chapter,
            program=clean(item.get("program", "")),
            path=item.get("path", ""),
        )


@dataclass(slots=True)
class Chapter:
    """One file of a log that goes through several: its name, what the daemon calls it, what it held in bytes.

    ``file`` is empty when it is not known under which name the file is found now, or whether at all.
    """

    path: str
    file: str = ""
    size: int = 0

    @property
    def named(self) -> dict[str, str]:
        """As ``log.read`` asks for it."""
        return {"file": self.file} if self.file else {"path": self.path}


@dataclass(slots=True)
class LogWindow:
    """Lines in their order, at most ``limit`` of them, of one file or of several that follow one another.

    ``at_start`` and ``at_end`` say whether nothing of the first file lies before, and nothing of the last after what is
    on hand; ``older`` and ``newer`` are the paths of the files beyond. ``runs`` holds the runs in short by id.
    ``generation`` counts how often something else altogether was shown.
    """

    limit: int = LIMIT
    at_start: bool = True
    at_end: bool = True
    older: str | None = None
    newer: str | None = None
    generation: int = 0
    chapter: int = 0
    """The number of the last file."""
    chapters: dict[int, Chapter] = field(default_factory=lambda: {0: Chapter("")})
    lines: list[LogLine] = field(default_factory=list)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The name of the last file; empty while there is none."""
        return self.chapters[self.chapter].path

    @property
    def size(self) -> int:
        """What the last file held when it was last read, in bytes."""
        return self.chapters[self.chapter].size

    @size.setter
    def size(self, size: int) -> None:
        self.chapters[self.chapter].size = size

    def replace(self, page: Mapping[str, Any], damage: str = "") -> None:
        """Show this page of a file and nothing else."""
        self.generation += 1
        self.chapter = 0
        self.chapters = {0: _chapter(page)}
        self.at_start, self.at_end = page["at_start"], page["at_end"]
        self.older, self.newer = page.get("older"), page.get("newer")
        self.lines = [*(LogLine.of(item) for item in page["lines"]), *_damaged(page, damage, 0)]
        self.runs = {}
        self.know(page.get("runs", ()))

    def know(self, runs: Iterable[Mapping[str, Any]]) -> None:
        """Remember these runs; those of which no line is left are forgotten when there are many."""
        self.runs.update({run["run_id"]: dict(run) for run in runs})
        if len(self.runs) > self.limit:
            used = {line.run_id for line in self.lines}
            self.runs = {key: run for key, run in self.runs.items() if key in used}

    def prepend(self, items: Sequence[Mapping[str, Any]], *, at_start: bool) -> int:
        """Put lines of the first file before its first; gives how many came in. What is too much goes at the end."""
        number, first = min(self.chapters), self.first
        if first is not None and first.chapter != number:
            first = None
        fresh = [LogLine.of(item, number) for item in items if first is None or item["offset"] < first.offset]
        self.at_start = at_start
        return self._put_before(fresh)

    def prepend_file(self, page: Mapping[str, Any], name: str, damage: str = "") -> int:
        """Put the end of the file before the first one ahead of it, and a rule with that one's ``name`` between.

        ``damage`` is said behind its lines, if the rest of it cannot be read.
        """
        number = min(self.chapters)
        ruled = bool(self.lines) and self.lines[0].kind in ("file", "rotated")
        rule = [] if ruled else [LogLine(0, 0, clean(name), kind="file", chapter=number)]
        self.chapters[number - 1] = _chapter(page)
        self.at_start, self.older = page["at_start"], page.get("older")
        self.know(page.get("runs", ()))
        fresh = [LogLine.of(item, number - 1) for item in page["lines"]]
        return self._put_before([*fresh, *_damaged(page, damage, number - 1), *rule])

    def append(self, items: Sequence[Mapping[str, Any]], *, at_end: bool = True) -> int:
        """Put lines after the last; gives how many went at the start. A line that has grown takes its own place."""
        fresh = [LogLine.of(item, self.chapter) for item in items]
        if fresh:
            while self.lines and self._again(self.lines[-1], fresh[0]):
                self.lines.pop()
            self.lines += fresh
            self.size = max(self.size, fresh[-1].end)
        self.at_end = at_end
        return self._shorten()

    def append_file(self, page: Mapping[str, Any], name: str, damage: str = "") -> int:
        """Put the beginning of the file behind the last one after it, and a rule with its ``name`` between.

        Gives how many lines went at the start.
        """
        gone = self.begin(_chapter(page), "file", name)
        self.newer = page.get("newer")
        self.know(page.get("runs", ()))
        gone += self.append(page["lines"], at_end=page["at_end"])
        self.lines += _damaged(page, damage, self.chapter)
        return gone

    def begin(self, chapter: Chapter, kind: Kind, text: str) -> int:
        """Another file begins behind a separator; gives how many lines went at the start.

        One that is the same file as the last was written anew: the place of the lines before is not known any more.
        """
        before = self.chapters[self.chapter]
        if before.file == chapter.file:
            before.file = ""
        self.newer = None
        self.chapter += 1
        self.chapters[self.chapter] = chapter
        self.lines.append(LogLine(0, 0, clean(text), kind=kind, chapter=self.chapter))
        return self._shorten()

    def separate(self, kind: Kind, text: str) -> int:
        """Put a separator after the last line; gives how many lines went at the start."""
        place = self.lines[-1].end if self.lines else 0
        self.lines.append(LogLine(place, place, clean(text), kind=kind, chapter=self.chapter))
        return self._shorten()

    def mark(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Take over to which run lines of the last file belong: the daemon may have found out since."""
        known = {line.offset: line for line in self.lines if line.kind == "line" and line.chapter == self.chapter}
        for item in items:
            line = known.get(item["offset"])
            if line is not None:
                line.run_id, line.run = item.get("run_id"), item.get("run")

    @property
    def first(self) -> LogLine | None:
        """The first line on hand."""
        return next((line for line in self.lines if line.kind == "line"), None)

    @property
    def last(self) -> LogLine | None:
        """The last line of the last file that is on hand."""
        found = next((line for line in reversed(self.lines) if line.kind == "line"), None)
        return found if found is not None and found.chapter == self.chapter else None

    @property
    def reaches_back(self) -> bool:
        """Whether lines that lie before can still be read."""
        return bool(self.lines) and (not self.at_start or self.older is not None)

    @property
    def reaches_on(self) -> bool:
        """Whether lines that lie behind can still be read."""
        return bool(self.lines) and (not self.at_end or self.newer is not None)

    def chapter_of(self, line: LogLine | None) -> Chapter:
        """The file that a line stands in, else the last one."""
        return self.chapters[self.chapter if line is None else line.chapter]

    def number_of(self, path: str) -> int | None:
        """The number of a file that is on hand, by its name."""
        return next(
            (number for number in sorted(self.chapters, reverse=True) if self.chapters[number].path == path), None
        )

    def index_of(self, offset: int, chapter: int | None = None) -> int | None:
        """Where the line stands that begins at ``offset`` of this file, or of the last."""
        number = self.chapter if chapter is None else chapter
        begin = next((n for n, line in enumerate(self.lines) if line.chapter == number), len(self.lines))
        stop = next((n for n in range(begin, len(self.lines)) if self.lines[n].chapter != number), len(self.lines))
        at = bisect_left(self.lines, offset, lo=begin, hi=stop, key=lambda line: line.offset)
        while at < stop and self.lines[at].offset == offset:
            if self.lines[at].kind == "line":
                return at
            at += 1
        return None

    def nearest(self, offset: int) -> int:
        """Where the line of the last file stands that begins at ``offset`` or next after it, else the last."""
        found = (n for n, line in enumerate(self.lines) if line.chapter == self.chapter and line.offset >= offset)
        return next(found, max(0, len(self.lines) - 1))

    def _put_before(self, fresh: list[LogLine]) -> int:
        self.lines[:0] = fresh
        if len(self.lines) > self.limit:
            del self.lines[self.limit :]
            self.at_end = False
            self.chapter = self.lines[-1].chapter
            self._forget_chapters()
        return len(fresh)

    def _again(self, old: LogLine, new: LogLine) -> bool:
        return old.kind == "line" and old.chapter == new.chapter and old.offset >= new.offset

    def _shorten(self) -> int:
        gone = max(0, len(self.lines) - self.limit)
        if gone:
            del self.lines[:gone]
            self.at_start = False
            self._forget_chapters()
        return gone

    def _forget_chapters(self) -> None:
        first = self.lines[0].chapter
        self.chapters = {n: one for n, one in self.chapters.items() if first <= n <= self.chapter}


def _chapter(page: Mapping[str, Any]) -> Chapter:
    return Chapter(page["path"], page.get("file") or "", page["size"])


def _damaged(page: Mapping[str, Any], words: str, chapter: int) -> list[LogLine]:
    """A separator that says why the rest of a file cannot be read, where its lines end."""
    if not words or not page.get("damaged") or not page["at_end"]:
        return []
    end = page["lines"][-1]["end"] if page["lines"] else page["size"]
    return [LogLine(end, end, clean(words), kind="damaged", chapter=chapter)]
