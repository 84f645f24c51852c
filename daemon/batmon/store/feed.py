"""The bell: entries that everybody sees, and who has read which of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from batmon.store.signatures import Connection
from batmon.store.statements import sql
from batmon.store.texts import storable

Level = Literal["urgent", "attention", "info"]

LONGEST_TITLE, LONGEST_TEXT = 300, 4000
"""Characters; what is longer is cut."""
SAME_WITHIN = timedelta(days=1)
"""A matter that stands there since less than this need not be added again."""
MOST_UNREAD = 1000
"""Unread entries are counted up to here."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something for the bell. ``source`` says what made it, as in ``event:welcome``."""

    level: Level
    title: str
    at: datetime
    text: str = ""
    source: str = ""
    program: str | None = None
    incident: int | None = None
    inbox: str | None = None


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry as one person sees it."""

    id: int
    entry: Entry
    unread: bool


async def add(connection: Connection, entry: Entry) -> int:
    """Add an entry in the transaction that is open, if one is; its id."""
    found: int = await connection.fetchval(
        sql("add_feed_entry"),
        entry.at,
        entry.level,
        _short(entry.title, LONGEST_TITLE),
        _short(entry.text, LONGEST_TEXT),
        storable(entry.source),
        None if entry.program is None else storable(entry.program),
        entry.incident,
        None if entry.inbox is None else storable(entry.inbox),
    )
    return found


async def is_there(connection: Connection, source: str, title: str, since: datetime) -> bool:
    """Whether an entry of this source and title stands there since then."""
    found: bool = await connection.fetchval(sql("feed_is_there"), source, _short(title, LONGEST_TITLE), since)
    return found


async def page(
    connection: Connection, person: str, limit: int, before: int | None = None, *, unread: bool = False
) -> list[ShownEntry]:
    """Up to ``limit`` entries older than the one with the id ``before``, newest first."""
    rows = await connection.fetch(sql("feed_page"), person, before, limit, unread)
    return [
        ShownEntry(
            row["id"],
            Entry(
                level=row["level"],
                title=row["title"],
                at=row["at"],
                text=row["text"],
                source=row["source"],
                program=row["program"],
                incident=row["incident"],
                inbox=row["inbox"],
            ),
            row["unread"],
        )
        for row in rows
    ]


async def unread(connection: Connection, person: str) -> int:
    """How many entries ``person`` has not read, counted up to ``MOST_UNREAD``."""
    found: int = await connection.fetchval(sql("feed_unread"), person, MOST_UNREAD)
    return found


async def mark_read(connection: Connection, person: str, ids: Sequence[int] | None, now: datetime) -> int:
    """``person`` has read these entries, or all that there are (None); how many were unread."""
    rows = await connection.fetch(sql("feed_mark_read"), person, None if ids is None else list(ids), now)
    return len(rows)


async def prune(connection: Connection, before: datetime, keep: int) -> None:
    """Forget entries from before then, and all but the newest ``keep``."""
    await connection.execute(sql("prune_feed"), before, keep)


def _short(text: str, most: int) -> str:
    text = storable(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"
