"""The moments that people write: ``2h`` ago, ``06:00``, ``2026-11-21 06:00``, ``yesterday``. Takes ``now``."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from batmon.errors import BadRequest
from batmon.refusals import because

_AGO = re.compile(r"-?\s*((?:\d+(?:\.\d+)?\s*[a-zA-Z]+\s*)+)")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
_DAY = re.compile(r"(?:(\d{4})[-./])?(\d{1,2})[-./](\d{1,2})\.?")
_DAYS = {"today": 0, "오늘": 0, "yesterday": 1, "어제": 1, "tomorrow": -1, "내일": -1}

FORMS = "2h, 30d, 06:00, 2026-11-21, 11-21 06:00, yesterday"
FORMS_AHEAD = "4h, 1d12h, 18:00, tomorrow 09:00, 2026-11-22 09:00"


def moment_of(text: str, zone: ZoneInfo, now: datetime, *, end: bool = False) -> datetime:
    """The moment in UTC that somebody means at ``now`` by a time on the clocks of ``zone``.

    ``2h`` and ``1d12h`` lie so far back; ``06:00`` is the last time that clocks showed it; a day alone (``2026-11-21``,
    ``11-21`` of this year, ``yesterday``) is its beginning, with ``end`` its end; a time with an offset is itself.

    Raises:
        BadRequest: it is none of these.
    """
    written = text.strip()
    try:
        if ago := _AGO.fullmatch(written):
            from batmon.config.values import duration  # noqa: PLC0415 - the room is slow to import

            return now.astimezone(UTC) - duration(ago[1])
        if _CLOCK.fullmatch(written):
            return _last(_clock(written), zone, now)
        return _dated(written, zone, now, end=end)
    except (ValueError, OverflowError):
        raise BadRequest(because("no-time", text=text, forms=FORMS)) from None


def moment_ahead(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The moment in UTC, later than ``now``, until which somebody means something to last.

    ``4h`` and ``1d12h`` are so long from now; ``18:00`` is the next time that clocks show it; a day (``11-22``,
    ``tomorrow``), also with a time behind it, and a time with an offset are themselves.

    Raises:
        BadRequest: it is none of these, or not later than now.
    """
    written = text.strip()
    try:
        if not written.startswith("-") and (span := _AGO.fullmatch(written)):
            from batmon.config.values import duration  # noqa: PLC0415 - the room is slow to import

            at = now.astimezone(UTC) + duration(span[1])
        elif _CLOCK.fullmatch(written):
            at = _last(_clock(written), zone, now)
            local = at.astimezone(zone)
            at = datetime.combine(local.date() + timedelta(days=1), local.time(), zone).astimezone(UTC)
        else:
            at = _dated(written, zone, now, end=False)
    except (ValueError, OverflowError):
        raise BadRequest(because("no-time", text=text, forms=FORMS_AHEAD)) from None
    if at <= now:
        raise BadRequest(because("time-is-over", text=text, forms=FORMS_AHEAD))
    return at


def _last(clock: time, zone: ZoneInfo, now: datetime) -> datetime:
    today = now.astimezone(zone).date()
    at = datetime.combine(today, clock, zone)
    return (at if at <= now else datetime.combine(today - timedelta(days=1), clock, zone)).astimezone(UTC)


def _dated(written: str, zone: ZoneInfo, now: datetime, *, end: bool) -> datetime:
    first, _, rest = written.partition(" ")
    day, rest = _day(first, now.astimezone(zone).date()), rest.strip()
    if day is not None and not rest:
        return datetime.combine(day + timedelta(days=int(end)), time(), zone).astimezone(UTC)
    if day is not None and _CLOCK.fullmatch(rest):
        return datetime.combine(day, _clock(rest), zone).astimezone(UTC)
    at = datetime.fromisoformat(written)
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)


def _day(word: str, today: date) -> date | None:
    if word.lower() in _DAYS:
        return today - timedelta(days=_DAYS[word.lower()])
    found = _DAY.fullmatch(word)
    return None if found is None else date(int(found[1] or today.year), int(found[2]), int(found[3]))


def _clock(text: str) -> time:
    hour, minute, second = map(int, f"{text}:00".split(":")[:3])
    return time(hour, minute, second)
