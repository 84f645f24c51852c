"""What is told of a row in a narrow place: the figures of a verdict, and whether its error is news."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from batmon.model import Reason
from batmon.words.times import Language, clock, duration
from batmon.words.verdicts import ordinal


def in_short(reason: Reason | str, facts: Mapping[str, Any], language: Language) -> str:
    """The figures of a suspicious success, or how many runs failed in a row, for a narrow column; else empty."""
    korean, reason = language == "ko", Reason(reason)

    def span(key: str) -> str:
        return duration(round(float(facts.get(key) or 0)), language)

    if reason is Reason.UNUSUAL_OUTPUT:
        processed, usual = facts.get("processed") or 0, facts.get("usual") or 0
        return f"{processed:,}건 (평소 {usual:,}건)" if korean else f"{processed:,} of the usual {usual:,} items"
    if reason is Reason.UNUSUAL_TIME:
        took, usually = span("duration_sec"), span("usual_sec")
        return f"{took} 걸림 (평소 {usually})" if korean else f"took {took}, usually {usually}"
    if reason is Reason.TOO_SHORT:
        took, least = span("duration_sec"), span("min_runtime_sec")
        return f"{took} 걸림 (최소 {least})" if korean else f"took {took}, at least {least} expected"
    count = facts.get("failures") or 1
    if reason is Reason.FAILED and count > 1:
        more = facts.get("failures_more")
        if korean:
            return f"{count}회 {'이상 ' if more else ''}연속 실패"
        return f"at least {count} failures in a row" if more else f"{ordinal(count)} failure in a row"
    return ""


def error_in_words(signature: Mapping[str, Any] | None, language: Language, zone: ZoneInfo, now: datetime) -> str:
    """``first ever seen, in 7 programs since 02:10``: what is known of a row's kind of error; empty if that is no news.

    ``signature`` is the row's key of that name in docs/gate.md.
    """
    if signature is None:
        return ""
    korean, parts = language == "ko", []
    if signature["first_ever"]:
        parts.append("처음 보는 오류" if korean else "first ever seen")
    count = signature["programs"]
    if count > 1:
        since = clock(signature["since"], zone, now, language)
        parts.append(f"{since}부터 프로그램 {count}개" if korean else f"in {count} programs since {since}")
    return ", ".join(parts)
