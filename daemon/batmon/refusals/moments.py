"""Times and periods: what cannot be read, what is over, and what has not begun."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, ...]] = {
    "since-after-until": ("since is later than until", "시작 시각이 끝 시각보다 늦습니다."),
    "since-not-past": ("since must be earlier than now", "시작 시각은 지난 시각이어야 합니다."),
    "since-ahead": (
        "since lies in the future",
        "시작 시각이 아직 오지 않았습니다.",
        "name a time that is over",
        "이미 지난 시각을 주세요.",
    ),
    "say-until": ("say until when: until or for_sec", "언제까지인지 주세요: until 또는 for_sec"),
    "until-not-ahead": ("until must be later than now, and within a year", "끝 시각은 지금부터 1년 안이어야 합니다."),
    "period-ahead": ("the period begins on {start}, which is yet to come", "아직 오지 않은 기간입니다: {start}부터"),
    "period-and-days": (
        "a period is named, and days beside it",
        "기간과 날짜를 함께 줄 수 없습니다.",
        "either --period, or --from and --to",
        "--period 또는 --from과 --to 중 하나만 주세요.",
    ),
    "no-day-in": (
        "{key}: {value!r:.40} is no day",
        "날짜가 아닙니다: {value:.40}",
        "write it as 2026-11-21",
        "2026-11-21처럼 적으세요.",
    ),
    "period-backwards": (
        "a period cannot end ({end}) before it begins ({start})",
        "기간의 끝({end})이 시작({start})보다 빠릅니다.",
    ),
    "no-period": (
        "{text!r:.60} is no period",
        "기간이 아닙니다: {text:.60}",
        "write {forms}",
        "이렇게 적으세요: {forms}",
    ),
    "years-from-to": (
        "{start} to {end}: years are from {first_year} to {last_year}",
        "{first_year}년부터 {last_year}년까지만 볼 수 있습니다: {start}~{end}",
    ),
    "period-not-begun": (
        "the period from {start} on has not begun: today is {today}",
        "{start}부터의 기간은 아직 시작되지 않았습니다. 오늘은 {today}입니다.",
    ),
    "period-too-long": (
        "{start} to {end} are {days:,} days",
        "{start}~{end} 기간은 {days:,}일입니다.",
        "ask for {longest_days:,} at most",
        "{longest_days:,}일까지 볼 수 있습니다.",
    ),
    "no-first-day": (
        "from when on? {end} is only the last day",
        "언제부터입니까? 마지막 날({end})만 있습니다.",
        "--from 2026-11-01 --to 2026-11-20",
        "--from 2026-11-01 --to 2026-11-20",
    ),
    "no-day": (
        "{text!r:.60} is no day",
        "날짜가 아닙니다: {text:.60}",
        "write it as 2026-11-21",
        "2026-11-21처럼 적으세요.",
    ),
    "no-time": ("{text!r:.60} is no time", "시각이 아닙니다: {text:.60}", "write {forms}", "이렇게 적으세요: {forms}"),
    "time-is-over": (
        "{text!r:.60} is over already",
        "이미 지난 시각입니다: {text:.60}",
        "write {forms}",
        "이렇게 적으세요: {forms}",
    ),
    "no-timezone": (
        "no time zone is called {timezone!r}",
        "‘{timezone}’ 시간대가 없습니다.",
        "for example Asia/Seoul or UTC",
        "예: Asia/Seoul, UTC",
    ),
    "no-month": (
        "month must be a year and a month as in 2026-11, not {asked!r}",
        "월이 아닙니다: {asked}. 2026-11처럼 적으세요.",
    ),
    "no-such-timezone": ("{why}", "‘{zone:.60}’ 시간대가 없습니다."),
    "not-a-time": ("not a time: {text!r:.60}", "시각이 아닙니다: {text:.60}"),
    "period-or-days": (
        "name a period or its days, not both",
        "기간과 날짜 중 하나만 주세요.",
        "--period, or --from and --to",
        "--period 또는 --from과 --to",
    ),
}
