"""When nobody is to be told: silences, which people make, and maintenance windows, which the configuration has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from batmon.judge.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Subject:
    """What a silence, a window or a route is held against: a program, and what is wrong with it."""

    program: str
    tags: tuple[str, ...] = ()
    text: str = ""
    """The reason's code and the evidence line, each on a line of its own."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Somebody's wish for quiet until ``until``. Everything that is given must fit; what is empty fits everything.

    ``program`` and ``tag`` are globs over whole names, in any case; ``pattern`` is found anywhere in the reason or the
    line, ``*`` and ``?`` are wild.
    """

    id: int
    until: datetime
    by: str = ""
    why: str = ""
    program: str = ""
    tag: str = ""
    pattern: str = ""

    def fits(self, subject: Subject) -> bool:
        """Whether it is about ``subject``."""
        return (
            (not self.program or matches(subject.program, (self.program,)))
            and (not self.tag or any(matches(tag, (self.tag,)) for tag in subject.tags))
            and (not self.pattern or any(_found(self.pattern, line) for line in subject.text.splitlines()))
        )


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance window: by cron, for ``duration`` from each firing on (time that passes, also over a change of the
    clocks), or once from ``start`` to ``end``. Without programs and tags it is for everything.
    """

    name: str
    programs: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    why: str = ""
    schedule: tuple[str, ...] = ()
    duration: timedelta = timedelta(0)
    timezone: str = "UTC"
    start: datetime | None = None
    end: datetime | None = None

    def covers(self, subject: Subject) -> bool:
        """Whether it is about ``subject``: one of its programs, or something with one of its tags."""
        if not self.programs and not self.tags:
            return True
        return matches(subject.program, self.programs) or any(matches(tag, self.tags) for tag in subject.tags)

    def until(self, now: datetime) -> datetime | None:
        """When it ends, if ``now`` is inside of it; its start belongs to it, its end does not."""
        ends = []
        if self.start is not None and self.end is not None and self.start <= now < self.end:
            ends.append(self.end)
        if self.schedule:
            begun = self._times().last_due(now)
            if begun is not None and now < begun + self.duration:
                ends.append(begun + self.duration)
        return max(ends, default=None)

    def next_start(self, now: datetime) -> datetime | None:
        """When it begins next, after ``now``; None if never."""
        starts = [self.start] if self.start is not None and self.start > now else []
        if self.schedule and (due := self._times().next_due(now)) is not None:
            starts.append(due)
        return min(starts, default=None)

    def _times(self) -> Schedule:
        from batmon.judge.schedule import Schedule  # noqa: PLC0415 - croniter costs 49 ms; clients read windows too

        return Schedule(self.schedule, self.timezone)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Why nobody is told now, and until when; ``name`` is the silence's number or the window's name."""

    kind: Literal["silence", "maintenance"]
    name: str
    until: datetime
    by: str = ""
    why: str = ""


def quiet_now(subject: Subject, silences: Iterable[Silence], windows: Sequence[Window], now: datetime) -> Quiet | None:
    """What keeps ``subject`` quiet at ``now``; of several that which lasts longest, a person's before a window."""
    found = [
        Quiet("silence", str(one.id), one.until, one.by, one.why)
        for one in silences
        if now < one.until and one.fits(subject)
    ]
    for window in windows:
        ends = window.until(now) if window.covers(subject) else None
        if ends is not None:
            found.append(Quiet("maintenance", window.name, ends, why=window.why))
    return max(found, key=lambda one: (one.until, one.kind == "silence"), default=None)


def matches(name: str, globs: Iterable[str]) -> bool:
    """Whether one of ``globs`` fits the whole of ``name``, in any case."""
    return any(_glob(glob).match(name.casefold()) is not None for glob in globs)


def _found(pattern: str, line: str) -> bool:
    return _glob(f"*{pattern}*").match(line.casefold()) is not None


@lru_cache(maxsize=1024)
def _glob(glob: str) -> re.Pattern[str]:
    """Python's glob as an expression that cannot backtrack for long (fnmatch makes each ``*`` atomic)."""
    return re.compile(translate(glob.casefold()))
