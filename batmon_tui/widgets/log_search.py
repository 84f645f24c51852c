"""What one looks for in a log: a text or a level, and a time as people write it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from batmon.errors import BadRequest
from batmon.moments import moment_of
from batmon.refusals import because

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_DATE = re.compile(r"(?:(\d{4})[-./])?(\d{1,2})[-./](\d{1,2})")
_AGO = re.compile(r"-\s?(\d{1,5})\s?([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Sought:
    """A text (small letters match capitals too) or a level; exactly one of them."""

    text: str = ""
    level: str = ""

    @property
    def ignore_case(self) -> bool:
        """Whether capitals do not matter: none was written."""
        return self.text == self.text.lower()

    def args(self) -> dict[str, Any]:
        """As ``log.find`` wants it."""
        return {"level": self.level} if self.level else {"text": self.text, "ignore_case": self.ignore_case}

    def holds(self, text: str, level: str | None) -> bool:
        """Whether a line is one of those that are looked for."""
        if self.level:
            return level == self.level
        return self.text.lower() in text.lower() if self.ignore_case else self.text in text

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the text stands in a line, from left to right without overlap."""
        if self.text:
            flags = re.IGNORECASE if self.ignore_case else 0
            for match in re.finditer(re.escape(self.text), text, flags):
                yield match.span()


def parse_moment(text: str, zone: ZoneInfo, near: datetime, now: datetime) -> datetime:
    """The moment that somebody means: ``06:00[:12]``, ``[2026-]11-21 [06:00]``, ``-30m`` (before ``near``).

    A time of day alone is on the day of ``near`` in ``zone``; a date without year is in its year. What else the
    commands understand (``2h`` ago, ``yesterday``) is seen from ``now``. In UTC.

    Raises:
        BadRequest: it is none of these.
    """
    try:
        return _beside(text, zone, near)
    except BadRequest:
        return moment_of(text, zone, now)


def _beside(text: str, zone: ZoneInfo, near: datetime) -> datetime:
    """A moment that is told from ``near``."""
    text = text.strip().replace("T", " ")
    if ago := _AGO.fullmatch(text):
        return near.astimezone(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    day, clock = near.astimezone(zone).date(), (0, 0, 0)
    parts = text.split()
    if not 1 <= len(parts) <= 2:
        raise BadRequest(because("not-a-time", text=text))
    for part in parts:
        try:
            if found := _CLOCK.fullmatch(part):
                clock = (int(found[1]), int(found[2]), int(found[3] or 0))
            elif found := _DATE.fullmatch(part):
                day = day.replace(year=int(found[1] or day.year), month=int(found[2]), day=int(found[3]))
            else:
                raise BadRequest(because("not-a-time", text=text))
        except ValueError as error:
            raise BadRequest(because("not-a-time", text=text)) from error
    try:
        wall = datetime(day.year, day.month, day.day, *clock, tzinfo=zone)
    except ValueError as error:
        raise BadRequest(because("not-a-time", text=text)) from error
    return wall.astimezone(UTC)
