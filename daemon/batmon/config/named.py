"""Tables that have a name each: read one by one, no name twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from batmon.config.section import Section


class Named(Protocol):
    """What such a table describes."""

    @property
    def name(self) -> str:
        """Its own among those of its kind."""
        ...


T = TypeVar("T", bound=Named)


def read_named(
    tables: Sequence[Section], read: Callable[[Section], T | None], taken: Mapping[str, str] | None = None
) -> tuple[T, ...]:
    """What ``read`` makes of each table, but those with which something is wrong (it is noted).

    ``taken`` are names of their kind that were read before, with where they stand.
    """
    names = dict(taken or {})
    found: list[T] = []
    for table in tables:
        before = len(table.problems)
        one = read(table)
        if one is not None and one.name in names:
            table.bad("name", f"the name {one.name!r} is taken", f"it is the name of {names[one.name]}")
        if one is not None and len(table.problems) == before:
            names[one.name] = table.problems.where(table.place)
            found.append(one)
    return tuple(found)
