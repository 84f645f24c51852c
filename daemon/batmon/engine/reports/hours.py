"""How busy the hours of the day are: runs that start in them, and how many are under way at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from batmon.report.sections.capacity import HourLoad

HOUR = timedelta(hours=1)
_SECONDS = 3600.0


def hour_loads(
    rows: Iterable[Mapping[str, Any]], since: datetime, until: datetime, timezone: str
) -> tuple[HourLoad, ...]:
    """The 24 hours of the day in ``timezone`` from ``since`` to before ``until``.

    ``rows``: runs by the hours in which they began and ended (``began``, ``ended``: whole hours; ``runs``), with how
    many seconds of them together lay before the start (``before_start``) and up to the end (``after_end``).
    """
    starts: dict[datetime, int] = {}
    busy: dict[datetime, float] = {}
    for row in rows:
        began, ended, runs = row["began"], row["ended"], row["runs"]
        starts[began] = starts.get(began, 0) + runs
        at = began
        while at <= ended:
            busy[at] = busy.get(at, 0.0) + _SECONDS * runs
            at += HOUR
        busy[began] -= row["before_start"]
        busy[ended] -= _SECONDS * runs - row["after_end"]
    zone = ZoneInfo(timezone)
    by_hour: dict[int, list[tuple[int, float]]] = {hour: [] for hour in range(24)}
    at = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while at < until:
        by_hour[at.astimezone(zone).hour].append((starts.get(at, 0), busy.get(at, 0.0) / _SECONDS))
        at += HOUR
    return tuple(
        HourLoad(
            hour,
            sum(found[0] for found in hours) / len(hours) if hours else 0.0,
            max((found[0] for found in hours), default=0),
            sum(found[1] for found in hours) / len(hours) if hours else 0.0,
            max((found[1] for found in hours), default=0.0),
        )
        for hour, hours in by_hour.items()
    )
