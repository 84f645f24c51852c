"""What templates can do with a value: ``mask``, moments in a time zone, durations, numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import jinja2

from batmon.notify.mask import mask_start
from batmon.words import Language, duration

_FORMS: Mapping[str, Mapping[str, str]] = {
    "ko": {"datetime": "{0.year}년 {0.month}월 {0.day}일 {0:%H:%M}", "date": "{0.year}년 {0.month}월 {0.day}일"},
    "en": {"datetime": "{0:%Y-%m-%d %H:%M}", "date": "{0:%Y-%m-%d}"},
}


def filters(zone: ZoneInfo, language: str) -> dict[str, Callable[..., Any]]:
    """The filters of one language and one time zone; a moment is an aware datetime, or its ISO text."""
    words: Language = "ko" if language == "ko" else "en"

    def said(value: Any, form: str) -> str:
        return _FORMS[words][form].format(_moment(value, zone))

    return {
        "mask": lambda value: mask_start(str(value)),
        "datetime": lambda value: said(value, "datetime"),
        "date": lambda value: said(value, "date"),
        "day": lambda value: f"{_moment(value, zone):%Y-%m-%d}",
        "time": lambda value: f"{_moment(value, zone):%H:%M}",
        "duration": lambda seconds: duration(float(seconds), words),
        "number": _number,
    }


def _moment(value: Any, zone: ZoneInfo) -> datetime | date:
    if isinstance(value, str):
        value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(zone)
    if isinstance(value, date):
        return value
    raise jinja2.TemplateRuntimeError(f"{value!r:.60} is no moment")


def _number(value: Any, digits: int = 0) -> str:
    """``1,234``, or with ``digits`` behind the point."""
    if isinstance(value, str):
        value = float(value) if "." in value else int(value)
    return f"{value:,.{min(max(int(digits), 0), 6)}f}"
