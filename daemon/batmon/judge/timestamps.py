"""The time that a log line begins with, in the forms that batch programs write.

A line's time stands at its beginning, after at most a bracket, a level word, a JSON key or an address; a time further
inside belongs to the message. A time without offset is wall-clock time in the program's zone: one that the spring
change skips or the autumn change repeats is read as the first of its two readings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from batmon.errors import ModelError

_NEAR = 160
"""Characters of a line in which its time must stand."""
_OUT_OF_ORDER = timedelta(seconds=2)
"""How far back a line with a time of day only may lie from the line before it (several threads write)."""
_DAY = timedelta(days=1)
_AHEAD = timedelta(minutes=10)
"""How far the clock of whoever wrote a line may be ahead of the clock of the file system."""
_LOOK_AT = 50
"""Lines among which one with a time is looked for, to see whether the log leaves out dates."""
_EARLIEST_EPOCH, _LATEST_EPOCH = 1_420_070_400, 4_102_444_800  # 2015 to 2100: other numbers are no times
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip

_LEVEL = r"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|CRITICAL|FATAL|SEVERE|정보|경고|주의|오류|에러)"
_KEY = r"(?:@?timestamp|time|ts|asctime|datetime|date|at|일시|시각|시간)"
_BEFORE = (
    r"(?:\ufeff?[\s=*#>-]{0,8}"
    rf"(?:[\[(<]?{_LEVEL}[\])>]?[\s:|,-]{{1,4}})?"
    rf"(?:<\d{{1,3}}>(?:1 )?)?(?:{_KEY}\s?[=:]\s?)?[\[(<\"']?"
    rf"|\{{.{{0,80}}?\"{_KEY}\"\s*:\s*\"?"
    r"|\S{1,60} \S{1,40} \S{1,40} \[)"
)
_CLOCK = r"(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,:](?P<f>\d{1,9}))?)?"
_FRACTION = re.compile(r"[.,](\d{1,9})")
_ZONED = re.compile(r"\s?(Z|[+-]\d{2}:?\d{2})(?!\d)", re.IGNORECASE)
_OFFSET = r"(?:\s?(?P<z>Z|[+-]\d{2}:?\d{2})(?!\d))?"
_DAY_TIME = r"(?P<ampm>오전|오후|[AaPp][Mm])?\s?"


class Found(NamedTuple):
    """A line's time in UTC, and where the rest of the line begins."""

    at: datetime
    end: int


class _Form(NamedTuple):
    pattern: re.Pattern[str]
    needs: str
    """What the form does not say itself: nothing, ``year`` or ``date``."""


def _form(body: str, needs: str = "") -> _Form:
    return _Form(re.compile(_BEFORE + body, re.IGNORECASE), needs)


_FORMS = (
    _form(
        r"(?P<Y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?:[T\s_]\s?|\.\s|\s?\()"
        + _DAY_TIME + _CLOCK + _OFFSET
    ),
    _form(r"(?P<Y>\d{4})\.\s(?P<m>\d{1,2})\.\s(?P<d>\d{1,2})\.?\s+" + _DAY_TIME + _CLOCK),
    _form(
        r"(?P<Y>\d{4})년\s?(?P<m>\d{1,2})월\s?(?P<d>\d{1,2})일\s*(?:\(?[월화수목금토일](?:요일)?\)?\s*)?" + _DAY_TIME
        + r"(?:" + _CLOCK + r"|(?P<H2>\d{1,2})시\s?(?P<M2>\d{1,2})분(?:\s?(?P<S2>\d{1,2})초)?)"
    ),
    _form(
        r"(?P<Y>\d{4})(?P<m>\d{2})(?P<d>\d{2})[ T_-]?(?P<H>\d{2}):?(?P<M>\d{2}):?(?P<S>\d{2})"
        r"(?:[.,](?P<f>\d{1,9}))?(?!\d)" + _OFFSET
    ),
    _form(r"(?P<d>\d{1,2})[/ -](?P<b>[A-Z][a-z]{2})[/ -](?P<Y>\d{4})[: T]" + _CLOCK + _OFFSET),
    _form(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<Y>\d{4})[ ,]\s?" + _CLOCK + r"(?:\s(?P<ampm>[AP]M))?"),
    _form(
        r"(?:(?:mon|tue|wed|thu|fri|sat|sun),?\s)?(?P<b>[A-Z][a-z]{2})\s{1,2}(?P<d>\d{1,2}),?\s(?P<Y>\d{4})?\s?"
        + _CLOCK + r"(?:\s(?P<Y2>\d{4})\b)?",
        "year",
    ),
    _form(r"(?P<m>\d{2})[-/](?P<d>\d{2}) " + _CLOCK, "year"),
    _form(r"(?P<e>\d{10})(?P<f>[.,]\d{1,9}|\d{3}|\d{6})?(?![\d:/-])"),
    _form(_DAY_TIME + r"(?P<H>\d{1,2}):(?P<M>\d{2}):(?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?(?![\d:])", "date"),
)  # fmt: skip

_PATH_DATE = re.compile(r"(?<!\d)(20\d{2})[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")


class TimeReader:
    """Reads the times of one program's lines.

    ``format`` is a ``strptime`` form for logs whose times are not recognised by themselves; it must match at the
    line's beginning. The reader remembers only which form matched last, to try it first.
    """

    def __init__(self, zone: ZoneInfo, format: str | None = None) -> None:  # noqa: A002 - strptime's own word
        self._zone = zone
        self._order = list(_FORMS)
        self._own: re.Pattern[str] | None = None
        self._format = format or ""
        if format:
            self._own = re.compile(_strptime_pattern(format), re.IGNORECASE)

    def find(self, text: str, hint: datetime | None = None) -> Found | None:
        """The time that ``text`` begins with; ``hint`` is a moment at or shortly before it, for what it leaves out."""
        if self._own is not None:
            return self._by_own_format(self._own, text, hint)
        quick = self._iso(text)
        if quick is not None:
            return quick
        head = text[:_NEAR]
        if not any(character.isdigit() for character in head):
            return None
        for index, form in enumerate(self._order):
            match = form.pattern.match(head)
            if match is not None:
                at = _moment(match, form.needs, self._zone, hint)
                if at is not None:
                    if index:
                        self._order.insert(0, self._order.pop(index))
                    return Found(at, match.end())
        return None

    def leaves_out_dates(self, texts: Sequence[str]) -> bool | None:
        """Whether the times of these lines do not say their date; None if there is no time in the first of them."""
        some_day = datetime(2000, 1, 1, tzinfo=UTC)
        for text in texts[:_LOOK_AT]:
            if self.find(text) is not None:
                return False
            if self.find(text, some_day) is not None:
                return True
        return None

    def begin(self, texts: Sequence[str], written: datetime) -> datetime:
        """A moment at or shortly before the first of these lines, the last of which was there at ``written``.

        It is what ``find`` needs for times that leave out the date: counted from the last line backwards, a day for
        each time that the clock begins anew.
        """
        first = at = written - _DAY + _AHEAD
        for text in texts:
            found = self.find(text, at)
            if found is not None:
                at = found.at
        too_late = max(timedelta(0), at - written - _AHEAD)
        return first - _DAY * -(-too_late // _DAY)

    def _iso(self, text: str) -> Found | None:
        """The form that nearly all programs write, without a regular expression."""
        start = 1 if text[:1] == "[" else 0
        if text[start + 4 : start + 5] != "-" or text[start + 16 : start + 17] != ":":
            return None
        end = start + 19
        try:
            base = _minute(self._zone, text[start : start + 16])
            at = base.replace(second=min(59, int(text[start + 17 : end])))
        except ValueError:
            return None
        fraction = _FRACTION.match(text, end)
        if fraction is not None:
            at = at.replace(microsecond=int(fraction[1].ljust(6, "0")[:6]))
            end = fraction.end()
        if text[end : end + 1] in ("Z", "z", "+", "-", " "):
            offset = _ZONED.match(text, end)
            if offset is not None:
                wall = at.replace(tzinfo=None) + _wall_offset(self._zone, text[start : start + 16])
                return Found((wall - _offset(offset[1])).replace(tzinfo=UTC), offset.end())
        return Found(at, end)

    def _by_own_format(self, pattern: re.Pattern[str], text: str, hint: datetime | None) -> Found | None:
        match = pattern.match(text)
        if match is None:
            return None
        try:
            at = datetime.strptime(match[1], self._format)  # noqa: DTZ007 - the zone is the program's, added below
        except ValueError:
            return None
        if at.tzinfo is not None:
            return Found(at.astimezone(UTC), match.end())
        if not re.search(r"%[YycxGs]", self._format):
            if hint is None:
                return None
            fill = _in_year if re.search(r"%[djU]", self._format) else _on_date
            filled = fill(at, hint, self._zone)
            return None if filled is None else Found(filled, match.end())
        return Found(_to_utc(at, self._zone), match.end())


def parse_time(
    text: str,
    zone: ZoneInfo,
    format: str | None = None,  # noqa: A002 - as above
    *,
    year_hint: datetime | None = None,
) -> datetime | None:
    """The time in UTC that ``text`` begins with; ``year_hint`` fills in the year or date that the line leaves out."""
    found = _reader(zone, format).find(text, year_hint)
    return None if found is None else found.at


def date_in_path(path: str, zone: ZoneInfo) -> datetime | None:
    """Midnight of the date in a log's path (``kindscrap_20261121.log``), in ``zone``; None if it names none."""
    dates = _PATH_DATE.findall(path)
    if not dates:
        return None
    year, month, day = dates[-1]
    try:
        return datetime(int(year), int(month), int(day), tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None


def check_format(format: str) -> str | None:  # noqa: A002 - as above
    """What is wrong with a ``timestamp_format``, as a sentence for the user; None if nothing is."""
    try:
        sample = datetime(2026, 11, 21, 6, 0, 12, tzinfo=UTC).strftime(format)
        if "%" not in format:
            return f"timestamp_format {format!r} names no part of a time, such as %Y-%m-%d %H:%M:%S"
        datetime.strptime(sample, format)  # noqa: DTZ007 - only tried
        _strptime_pattern(format)
    except (ValueError, re.error, ModelError) as error:
        return f"timestamp_format {format!r} is no strptime form: {error}"
    return None


@lru_cache(maxsize=64)
def _reader(zone: ZoneInfo, format: str | None) -> TimeReader:  # noqa: A002 - as above
    return TimeReader(zone, format)


_DIRECTIVES: dict[str, str] = {
    "Y": r"\d{4}", "y": r"\d{2}", "m": r"\d{1,2}", "d": r"\d{1,2}", "H": r"\d{1,2}", "I": r"\d{1,2}", "M": r"\d{1,2}",
    "S": r"\d{1,2}", "f": r"\d{1,6}", "j": r"\d{1,3}", "z": r"(?:Z|[+-]\d{2}:?\d{2}(?::?\d{2})?)", "%": "%",
    "b": r"\w{3,4}", "B": r"\w+", "a": r"\w{1,4}", "A": r"\w+", "p": r"\w{2}",
}  # fmt: skip


def _strptime_pattern(format: str) -> str:  # noqa: A002 - as above
    """A regular expression for what a ``strptime`` form matches, as group 1, after at most a bracket."""
    out = []
    for part in re.split(r"(%.)", format):
        if part.startswith("%"):
            if part[1] not in _DIRECTIVES:
                raise ModelError(f"{part} is not supported")
            out.append(_DIRECTIVES[part[1]])
        else:
            out.append(re.escape(part))
    return r"[\s\[(<\"']{0,4}(" + "".join(out) + ")"


def _moment(match: re.Match[str], needs: str, zone: ZoneInfo, hint: datetime | None) -> datetime | None:
    groups = match.groupdict()
    if groups.get("e"):
        return _epoch(groups["e"], groups.get("f") or "")
    try:
        hour = _hour(int(groups.get("H") or groups.get("H2") or 0), groups.get("ampm"))
        minute = int(groups.get("M") or groups.get("M2") or 0)
        second = min(59, int(groups.get("S") or groups.get("S2") or 0))
        micro = int((groups.get("f") or "0")[:6].ljust(6, "0"))
        year = groups.get("Y") or groups.get("Y2")
        month, day = _month_and_day(groups)
        wall = datetime(int(year or 2000), month, day, hour, minute, second, micro)  # noqa: DTZ001 - added below
    except (ValueError, KeyError):
        return None
    if needs and not year:
        fill = _in_year if needs == "year" else _on_date
        return None if hint is None else fill(wall, hint, zone)
    if groups.get("z"):
        return (wall - _offset(groups["z"])).replace(tzinfo=UTC)
    return _to_utc(wall, zone)


def _month_and_day(groups: dict[str, str]) -> tuple[int, int]:
    if groups.get("b"):
        return _MONTHS[groups["b"].lower()], int(groups["d"])
    return int(groups.get("m") or 1), int(groups.get("d") or 1)


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if half.lower() in ("오후", "pm"):
        return hour if hour >= 12 else hour + 12
    return 0 if hour == 12 else hour


def _epoch(seconds: str, rest: str) -> datetime | None:
    whole = int(seconds)
    if not _EARLIEST_EPOCH <= whole < _LATEST_EPOCH:
        return None
    micro = int(rest.lstrip(".,")[:6].ljust(6, "0"))
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=micro)


def _offset(text: str) -> timedelta:
    if text in "Zz":
        return timedelta(0)
    sign = -1 if text[0] == "-" else 1
    return sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))


def _to_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=1024)
def _minute(zone: ZoneInfo, text: str) -> datetime:
    """A wall-clock minute such as ``2026-11-21 06:00`` in UTC: lines come by the thousand with the same one."""
    return _to_utc(datetime.fromisoformat(text), zone)


@lru_cache(maxsize=256)
def _wall_offset(zone: ZoneInfo, text: str) -> timedelta:
    """How far the wall clock of ``zone`` is ahead of UTC in that minute."""
    return datetime.fromisoformat(text) - _minute(zone, text).replace(tzinfo=None)


def _in_year(wall: datetime, hint: datetime, zone: ZoneInfo) -> datetime | None:
    """The reading nearest to ``hint`` of a time that does not say its year."""
    near = []
    for year in range(hint.year - 1, hint.year + 2):
        try:
            near.append(_to_utc(wall.replace(year=year), zone))
        except ValueError:
            continue  # 29 February
    return min(near, key=lambda at: abs(at - hint), default=None)


def _on_date(wall: datetime, hint: datetime, zone: ZoneInfo) -> datetime | None:
    """The first reading, not before ``hint``, of a time that does not say its date."""
    today: date = hint.astimezone(zone).date()
    readings = (_to_utc(datetime.combine(today + timedelta(days=days), wall.time()), zone) for days in (-1, 0, 1, 2))
    return next((at for at in readings if at >= hint - _OUT_OF_ORDER), None)
