"""Which automations are not well: what failed last, what never ran when it was due, what waits and is not begun."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from batmon.judge.schedule import Schedule

Trouble = Literal["failed", "missed", "waiting"]


@dataclass(frozen=True, slots=True)
class Duty:
    """An automation as the database knows it: how it ended last, and up to which due time somebody saw to it.

    ``waits_since``: since when an execution of it could have begun and has not.
    """

    name: str
    paused: bool = False
    last_slot: datetime | None = None
    failed: bool = False
    error: str = ""
    waits_since: datetime | None = None


def troubled(
    duties: Iterable[Duty],
    schedules: Mapping[str, tuple[Sequence[str], str]],
    *,
    now: datetime,
    since: datetime,
    late: timedelta,
) -> list[tuple[str, Trouble, str]]:
    """Name, trouble and what is known of it, of each automation that is not well, by name.

    ``schedules`` are cron expressions and time zone by name; what was due before ``since`` is not asked for.
    """
    found: list[tuple[str, Trouble, str]] = []
    for duty in sorted(duties, key=lambda duty: duty.name):
        if duty.failed:
            found.append((duty.name, "failed", duty.error))
        elif duty.paused:
            continue
        elif duty.waits_since is not None and now - duty.waits_since > late:
            found.append((duty.name, "waiting", ""))
        elif _missed(duty, schedules.get(duty.name), now - late, since):
            found.append((duty.name, "missed", ""))
    return found


def _missed(duty: Duty, schedule: tuple[Sequence[str], str] | None, until: datetime, since: datetime) -> bool:
    if schedule is None or not schedule[0]:
        return False
    due = Schedule(tuple(schedule[0]), schedule[1]).last_due(until)
    return due is not None and due > max(since, duty.last_slot or since)
