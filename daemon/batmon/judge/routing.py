"""Who is told of a program's incidents, and when: the first route that fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from batmon.judge.quiet import Subject, matches

Target = tuple[str, str]
"""One recipient on one channel: the channel's name and the address there, empty where the channel has one place."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: whom an incident is told to once it has lasted ``after``."""

    after: timedelta
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """Whom the incidents of some programs go to. Without programs and tags it is for everything.

    ``remind`` and ``language`` are what the route itself says; None and empty: what holds for all.
    """

    name: str
    ladder: tuple[Rung, ...]
    programs: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    remind: timedelta | None = None
    language: str = ""

    def fits(self, subject: Subject) -> bool:
        """Whether it is for ``subject``: one of its programs, or something with one of its tags."""
        if not self.programs and not self.tags:
            return True
        return matches(subject.program, self.programs) or any(matches(tag, self.tags) for tag in subject.tags)


def route_of(subject: Subject, routes: Sequence[Route]) -> Route | None:
    """The first route for ``subject``; None if there is none."""
    return next((route for route in routes if route.fits(subject)), None)


def everything_above(name: str, depends_on: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What ``name`` depends on, directly or through others, the nearest first; itself left out."""
    found: dict[str, None] = {}
    waiting = list(depends_on.get(name, ()))
    while waiting:
        above = waiting.pop(0)
        if above != name and above not in found:
            found[above] = None
            waiting += depends_on.get(above, ())
    return tuple(found)


def cycle(depends_on: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Names that depend on one another in a circle, the first one again at the end; empty if there is none."""
    done: set[str] = set()
    for start in depends_on:
        path: list[str] = []
        branches = [iter((start,))]
        while branches:
            name = next(branches[-1], None)
            if name is None:
                branches.pop()
                if path:
                    done.add(path.pop())
            elif name in path:
                return (*path[path.index(name) :], name)
            elif name not in done:
                path.append(name)
                branches.append(iter(depends_on.get(name, ())))
    return ()
