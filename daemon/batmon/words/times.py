"""Durations, moments and clock times in words. A moment is an aware ``datetime`` or its ISO text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

Language = Literal["ko", "en"]

DAYS: Mapping[Language, Sequence[str]] = {
    "en": ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"),
    "ko": ("일", "월", "화", "수", "목", "금", "토"),
}
"""The days of the week, Sunday first."""


def duration(seconds: float, language: Language) -> str:
    """``41s``, ``1m 05s``, ``30m``, ``2h 10m``, ``3d 4h``: two units at most; below a second ``0s``."""
    whole = max(0, int(seconds))
    d, h, m, s = ("일", "시간", "분", "초") if language == "ko" else ("d", "h", "m", "s")
    if whole < 60:
        return f"{whole}{s}"
    if whole < 3600:
        return _two(whole // 60, m, f"{whole % 60:02}{s}", whole % 60)
    if whole < 86_400:
        return _two(whole // 3600, h, f"{whole // 60 % 60:02}{m}", whole // 60 % 60)
    return _two(whole // 86_400, d, f"{whole // 3600 % 24}{h}", whole // 3600 % 24)


def _two(count: int, unit: str, smaller: str, rest: int) -> str:
    """A count with its unit, and the smaller unit unless there is none of it."""
    return f"{count}{unit} {smaller}" if rest else f"{count}{unit}"


def moment(when: datetime | str, zone: ZoneInfo, now: datetime, language: Language) -> str:
    """``today 06:00``, ``yesterday 18:30``, ``tomorrow 06:00``, else with the date; in ``zone``."""
    at = instant(when).astimezone(zone)
    days = (at.date() - now.astimezone(zone).date()).days
    names = {"en": {-1: "yesterday", 0: "today", 1: "tomorrow"}, "ko": {-1: "어제", 0: "오늘", 1: "내일"}}
    name = names[language].get(days)
    return f"{name} {at:%H:%M}" if name else _dated(at, now.astimezone(zone), language)


def clock(when: datetime | str, zone: ZoneInfo, now: datetime, language: Language) -> str:
    """``06:00`` for a moment of today, else with its date; in ``zone``."""
    at, today = instant(when).astimezone(zone), now.astimezone(zone)
    return f"{at:%H:%M}" if at.date() == today.date() else _dated(at, today, language)


def instant(when: datetime | str) -> datetime:
    """A moment, however it came."""
    return datetime.fromisoformat(when) if isinstance(when, str) else when


def _dated(at: datetime, today: datetime, language: Language) -> str:
    if language == "ko":
        return f"{at.month}월 {at.day}일 {at:%H:%M}" if at.year == today.year else f"{at:%Y-%m-%d %H:%M}"
    return f"{at:%m-%d %H:%M}" if at.year == today.year else f"{at:%Y-%m-%d %H:%M}"
