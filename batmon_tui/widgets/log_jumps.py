"""Where the minutes, hours and days of a log begin on the clocks of its zone. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Unit = Literal["minute", "hour", "day"]

_SECONDS = {"minute": 60, "hour": 3600}


def begin_of(moment: datetime, unit: Unit, zone: ZoneInfo) -> datetime:
    """When the minute, hour or day began that ``moment`` lies in; in UTC."""
    wall = moment.astimezone(zone)
    if unit == "day":
        return datetime.combine(wall.date(), time(), zone).astimezone(UTC)
    into = wall.second + (wall.minute * 60 if unit == "hour" else 0)
    return (moment - timedelta(seconds=into, microseconds=moment.microsecond)).astimezone(UTC)


def next_of(moment: datetime, unit: Unit, zone: ZoneInfo) -> datetime:
    """When the next one begins; in UTC."""
    if unit == "day":
        tomorrow = moment.astimezone(zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), zone).astimezone(UTC)
    return begin_of(moment, unit, zone) + timedelta(seconds=_SECONDS[unit])
