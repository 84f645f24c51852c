"""When a program is due, in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from batmon.words.times import DAYS, Language

_DAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def schedule_in_words(expressions: Sequence[str], language: Language) -> str:
    """``daily 06:00``, ``every 5 minutes``, ``weekdays 09:00``; what has no short words is shown as it is written."""
    if not expressions:
        return "일정 없음" if language == "ko" else "no schedule"
    split = [expression.split() for expression in expressions]
    times = [_times(parts) if len(parts) == 5 else None for parts in split]
    if all(times) and len({tuple(parts[2:]) for parts in split}) == 1:  # several times of the same days
        days = _days_in_words(split[0][2:], language)
        if days is not None:
            return f"{days} {', '.join(sorted({time for found in times for time in found or ()}))}"
    return "; ".join(
        _rhythm(parts, language) or _timed(parts, language) or expression
        for parts, expression in zip(split, expressions, strict=True)
    )


def _timed(parts: Sequence[str], language: Language) -> str | None:
    times = _times(parts) if len(parts) == 5 else None
    days = _days_in_words(parts[2:], language) if times else None
    return f"{days} {', '.join(times)}" if times and days else None


def _times(parts: Sequence[str]) -> list[str] | None:
    """The few fixed times of day that an expression names."""
    minute, hours = parts[0], parts[1].split(",")
    if not minute.isdigit() or not all(hour.isdigit() for hour in hours) or len(hours) > 4:
        return None
    return [f"{int(hour):02}:{int(minute):02}" for hour in sorted(hours, key=int)]


def _days_in_words(parts: Sequence[str], language: Language) -> str | None:
    day, month, weekday = parts
    korean = language == "ko"
    if month != "*":
        return None
    if day == "*" and weekday == "*":
        return "매일" if korean else "daily"
    if weekday == "*":
        if not re.fullmatch(r"\d+(?:,\d+)*", day):
            return None
        return f"매월 {day.replace(',', '·')}일" if korean else f"monthly on {day}"
    days = _weekdays(weekday) if day == "*" else None
    if days is None:
        return None
    if days == [1, 2, 3, 4, 5]:
        return "평일" if korean else "weekdays"
    names = [DAYS[language][number] for number in days]
    return f"매주 {'·'.join(names)}" if korean else ", ".join(names)


def _weekdays(field: str) -> list[int] | None:
    """Numbers (0 is Sunday) of a weekday field that is a plain list or range."""
    found: set[int] = set()
    for term in field.upper().split(","):
        ends = term.split("-")
        numbers = [_DAY_NAMES.index(end) if end in _DAY_NAMES else int(end) if end.isdigit() else -1 for end in ends]
        if len(numbers) > 2 or min(numbers) < 0 or max(numbers) > 7 or numbers[0] > numbers[-1]:
            return None
        found.update(number % 7 for number in range(numbers[0], numbers[-1] + 1))
    return sorted(found)


def _rhythm(parts: Sequence[str], language: Language) -> str | None:
    """``every 5 minutes`` and the like, every day."""
    if len(parts) != 5 or list(parts[2:]) != ["*", "*", "*"]:
        return None
    minute, hour, korean = parts[0], parts[1], language == "ko"
    step = re.fullmatch(r"\*(?:/(\d+))?", minute)
    if step and hour == "*":
        count = int(step[1] or 1)
        if korean:
            return f"{count}분마다"
        return "every minute" if count == 1 else f"every {count} minutes"
    hours = re.fullmatch(r"\*(?:/(\d+))?", hour)
    if hours and minute.isdigit():
        count, at = int(hours[1] or 1), int(minute)
        if korean and count == 1:
            return f"매시 {at}분" if at else "매시 정각"
        if korean:
            return f"{count}시간마다 {at}분" if at else f"{count}시간마다"
        return ("every hour" if count == 1 else f"every {count} hours") + (f" at :{at:02}" if at else "")
    return None
