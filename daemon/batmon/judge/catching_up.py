"""What becomes of the due times of an automation: run, or not run and why; and the days that its steps can name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

ON_TIME = timedelta(minutes=1)
"""What is decided within this time of its due time needs no catching up."""
NOT_CAUGHT_UP = "nobody was there at its time, and it is not caught up with"
ONLY_THE_LAST = "nobody was there at its time, and only the last is caught up with"


@dataclass(frozen=True, slots=True)
class Decided:
    """A due time, and why it is not run; empty: it is."""

    slot: datetime
    skipped: str = ""


def decide(slots: Sequence[datetime], now: datetime, catch_up: Literal["none", "last", "all"]) -> list[Decided]:
    """What happens in these due times, which are ascending and none of which was decided before ``now``.

    Those that are on time are run. Of the others all are run, only the last of all due times, or none.
    """
    decided = []
    for number, slot in enumerate(slots, start=1):
        run = now - slot <= ON_TIME or catch_up == "all" or (catch_up == "last" and number == len(slots))
        why = "" if run else ONLY_THE_LAST if catch_up == "last" else NOT_CAUGHT_UP
        decided.append(Decided(slot, why))
    return decided


def days(slot: datetime, timezone: str) -> dict[str, Any]:
    """The days around a due time by names, in its zone: dates, and the moments at which they begin.

    ``yesterday`` is the date before that of ``slot``; ``this_month`` and ``last_month`` are the first days of months.
    The day that a statistic of yesterday is about is ``[yesterday_start, today_start)``, 23 or 25 hours where the clock
    is changed.
    """
    zone = ZoneInfo(timezone)
    today = slot.astimezone(zone).date()
    yesterday = today - timedelta(days=1)
    this_month = today.replace(day=1)
    last_month = (this_month - timedelta(days=1)).replace(day=1)
    starts = {"today": today, "yesterday": yesterday, "month": this_month, "last_month": last_month}
    return {
        "today": today,
        "yesterday": yesterday,
        "this_month": this_month,
        "last_month": last_month,
        "timezone": timezone,
        **{
            f"{name}_start": datetime.combine(day, time(), zone).astimezone(slot.tzinfo) for name, day in starts.items()
        },
    }
