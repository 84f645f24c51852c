"""How the values of a report are said in words, in Korean and English: one truth for every format. Pure.

Texts stay as they came: whoever writes them makes them harmless for its format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from math import isfinite
from typing import TypeGuard
from unicodedata import combining, east_asian_width
from zoneinfo import ZoneInfo

from batmon.metrics.figures import change
from batmon.model import RunStatus, Status
from batmon.report.document import Cell, Column, Document, Figure, Kind, Tone
from batmon.words import RUN_STATUS_WORDS, STATUS_WORDS, Language, duration

NOTHING = "–"
"""What is not known."""
MONEY_SIGNS: Mapping[str, str] = {"KRW": "₩", "USD": "$", "EUR": "€", "JPY": "¥", "GBP": "£", "CNY": "¥"}
"""Before an amount; of every other currency its code stands there."""
EXACT = 10**15
"""Below it a float holds every whole number."""
MOST = 1e300
_WHOLE, _TENTHS, _NOT_ALL = Decimal(1), Decimal("0.1"), Decimal("99.9")
_DIGITS = 15
"""Of a float: those that spreadsheets look at when they round."""
_REACHING = Context(prec=400)
"""Enough digits for whatever a float holds."""
BYTE_UNITS = ("KB", "MB", "GB", "TB")
"""Powers of 1024, as everywhere in BATMON."""

LABELS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "at": "Time", "before": "before {value}", "better": "better", "by": "By", "chart_data": "Chart data",
        "data": "Data", "definitions": "Definitions", "figure": "Figure",
        "findings": "Findings", "heat": "█ all succeeded, ▂–▇ some, ✗ none, · no runs", "last": "Last",
        "least": "Least", "less": "less", "made": "Made", "made_by": "By", "meaning": "What it means",
        "more": "and {count} more", "rise": "more", "rows": "rows",
        "more_on": "and {count} more: sheet {sheet}", "most": "Most", "no": "no", "no_rows": "Nothing in this period.",
        "node": "Server", "on_sheet": "All {count} rows: sheet {sheet}", "period": "Period", "same": "unchanged",
        "summary": "Summary", "time_zone": "Time zone", "trend": "Trend", "value": "Value", "what": "What happened",
        "worse": "worse", "yes": "yes",
    },
    "ko": {
        "at": "시각", "before": "이전 {value}", "better": "개선", "by": "누가", "chart_data": "차트 자료",
        "data": "자료", "definitions": "용어 정의", "figure": "지표",
        "findings": "특이점", "heat": "█ 모두 성공, ▂–▇ 일부 성공, ✗ 모두 실패, · 실행 없음", "last": "마지막",
        "least": "최소", "less": "감소", "made": "작성", "made_by": "작성자", "meaning": "뜻",
        "more": "외 {count}건", "rise": "증가", "rows": "목록",
        "more_on": "외 {count}건: {sheet} 시트", "most": "최대", "no": "아니요", "no_rows": "이 기간에는 없습니다.",
        "node": "서버", "on_sheet": "전체 {count}행: {sheet} 시트", "period": "기간", "same": "변화 없음",
        "summary": "요약", "time_zone": "시간대", "trend": "변화", "value": "값", "what": "있었던 일",
        "worse": "악화", "yes": "예",
    },
}  # fmt: skip
"""The words that writers add by themselves."""

_STATUS_TONES: Mapping[str, Tone] = {
    "OK": "good", "SUCCESS": "good", "WARNING": "warn", "ERROR": "bad", "FAILED": "bad", "MISSED": "bad",
    "UNKNOWN": "muted", "RUNNING": "muted",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trend:
    """How a figure moved: ``words`` such as ``▲ 3.2% better``, what it was before, and whether that is good."""

    words: str
    before: str
    tone: Tone


def label(name: str, language: Language, **values: object) -> str:
    """One of the writers' own words, with its values."""
    return LABELS[language][name].format(**values)


def shown(value: Cell, kind: Kind, language: Language, timezone: str = "UTC", currency: str = "KRW") -> str:
    """``value`` as its kind is said. What is None or no finite number is ``NOTHING``.

    A value of another type than its kind expects is shown as what it is: a word in a column of numbers stays a word.
    """
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return NOTHING
    if isinstance(value, bool):
        return label("yes" if value else "no", language)
    if isinstance(value, datetime):
        return moment(value, timezone)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return status_word(value, language) if kind is Kind.STATUS else value
    return _number(value, kind, language, currency)


def known(value: float | None) -> float | None:
    """A value of a chart or a heatmap; None also for what is no finite number."""
    return value if countable(value) else None


def moment(at: datetime, timezone: str) -> str:
    """``2026-11-21 06:00:12`` in the zone."""
    return f"{at.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M:%S}"


def _number(value: float, kind: Kind, language: Language, currency: str) -> str:
    """A number by its kind; one of more digits than a float holds, with all of them."""
    if isinstance(value, int) and abs(value) >= EXACT:
        return f"{value:,}"
    korean = language == "ko"
    said = {
        Kind.COUNT: lambda: f"{rounded(value):,}",
        Kind.NUMBER: lambda: f"{tenths(value):,}",
        Kind.PERCENT: lambda: percent(value),
        Kind.POINTS: lambda: f"{tenths(value, 2):+,}%{'p' if korean else ' pts'}",
        Kind.CHANGE: lambda: f"{tenths(value, 2):+,}%",
        Kind.HOURS: lambda: f"{tenths(value):,}{'시간' if korean else ' h'}",
        Kind.SECONDS: lambda: seconds(value, language),
        Kind.MONEY: lambda: money(value, language, currency),
        Kind.BYTES: lambda: size(value),
    }.get(kind)
    if said is not None:
        return said()
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def percent(share: float) -> str:
    """``99.9%``: one decimal; what is less than all is never 100.0%."""
    told = tenths(share, 2)
    return f"{_NOT_ALL if told >= 100 and share < 1 else told:,}%"


def tenths(value: float, power: int = 0) -> Decimal:
    """``value`` times ten to ``power`` with one decimal, 21.25 as 21.3: as spreadsheets and SQL round."""
    return _quantized(Decimal(f"{value:.{_DIGITS}g}").scaleb(power, _REACHING), _TENTHS)


def rounded(value: float) -> Decimal:
    """``value`` without decimals, 2.5 as 3."""
    return _quantized(Decimal(value if isinstance(value, int) else f"{value:.{_DIGITS}g}"), _WHOLE)


def _quantized(value: Decimal, unit: Decimal) -> Decimal:
    told = value.quantize(unit, ROUND_HALF_UP, _REACHING)
    return told if told else abs(told)


def seconds(value: float, language: Language) -> str:
    """``0.4s``, ``12s``, ``1h 02m``: with a decimal below ten seconds, else rounded, two units at most."""
    if 0 < value < 9.95:
        return f"{value:.1f}{'초' if language == 'ko' else 's'}"
    return f"{'-' if value <= -0.5 else ''}{duration(round(abs(value)), language)}"


def money(value: float, language: Language, currency: str) -> str:
    """``₩1,250,000``; won is ``1,250,000원`` in Korean."""
    if currency == "KRW" and language == "ko":
        return f"{rounded(value):,}원"
    amount = f"{MONEY_SIGNS.get(currency, currency + ' ')}{abs(rounded(value)):,}"
    return f"-{amount}" if rounded(value) < 0 else amount


def size(value: float) -> str:
    """``512 B``, ``1.5 GB``."""
    if abs(value) < 1024:
        return f"{round(value)} B"
    for unit in BYTE_UNITS:
        value /= 1024
        if abs(value) < 1023.95 or unit == BYTE_UNITS[-1]:
            return f"{value:,.1f} {unit}"
    raise AssertionError("unreachable: the last unit takes whatever is left")


def status_word(word: str, language: Language) -> str:
    """A status as a word for people; a word that nobody knows stays as it is."""
    name = word.strip().upper()
    if name in Status.__members__:
        return STATUS_WORDS[language][Status(name)]
    if name in RunStatus.__members__:
        return RUN_STATUS_WORDS[language][RunStatus(name)]
    return word


def status_tone(word: str) -> Tone:
    """The tone of a status; that of a word that nobody knows is muted."""
    return _STATUS_TONES.get(word.strip().upper(), "muted")


def tone(value: Cell, column: Column) -> Tone:
    """The tone of a value in a column: that of its status, or by the column's limits.

    Where high is better a limit is what should be reached (0.99 of 0.99 is good); else it is what should not be.
    """
    if column.kind is Kind.STATUS and isinstance(value, str):
        return status_tone(value)
    if column.limits is None or not countable(value):
        return ""
    warn, bad = column.limits
    if column.better == "high":
        return "bad" if value < bad else "warn" if value < warn else ""
    return "bad" if value >= bad else "warn" if value >= warn else ""


def trend(figure: Figure, language: Language, timezone: str = "UTC", currency: str = "KRW") -> Trend | None:
    """How the figure moved against before; None where there is nothing to compare with.

    Shares move by points, all else by a share of what it was, or by what was added where it was nothing.
    """
    now, then = figure.value, figure.before
    if not countable(now) or not countable(then):
        return None
    before = label("before", language, value=shown(then, figure.kind, language, timezone, currency))
    moved, kind = _moved(now, then, figure.kind)
    amount = shown(abs(moved), kind, language, timezone, currency).removeprefix("+")
    if amount == shown(0 if isinstance(moved, int) else 0.0, kind, language, timezone, currency).removeprefix("+"):
        return Trend(f"= {label('same', language)}", before, "muted")
    up = moved > 0
    found: Tone = "muted"
    word = label("rise" if up else "less", language)
    if figure.better:
        found = "good" if up == (figure.better == "high") else "bad"
        word = label("better" if found == "good" else "worse", language)
    return Trend(f"{'▲' if up else '▼'} {amount} {word}", before, found)


def _moved(now: float, then: float, kind: Kind) -> tuple[float, Kind]:
    """The difference and how it is said."""
    if kind is Kind.PERCENT:
        return now - then, Kind.POINTS
    share = change(now, abs(then))
    return (now - then, kind) if share is None else ((now - then) / abs(then), Kind.CHANGE)


def countable(value: Cell) -> TypeGuard[float]:
    """Whether it is a number that can be reckoned with: no NaN, no infinity, nothing beyond what a float holds."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -MOST < value < MOST


def period_words(document: Document) -> str:
    """``2026-11-01 – 2026-11-30``; empty without a period."""
    period = document.period
    return "" if period is None else f"{period.start.isoformat()} – {period.end.isoformat()}"


def columns(text: str) -> int:
    """How many columns of a terminal ``text`` takes: Korean and emoji take two."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)
