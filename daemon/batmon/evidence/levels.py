"""How grave a log line looks: pure, for colouring and for jumping between errors. Verdicts do not rest on it."""

from __future__ import annotations

import re
from typing import Literal

Level = Literal["error", "warn", "info", "debug"]

_BEGINNING = 120
"""Characters in which a line's own level word stands: after a time, a process, a logger's name."""

_LEVELS: dict[Level, str] = {
    "error": "CRITICAL FATAL SEVERE ERROR ERR EMERG ALERT 치명 오류 에러 실패",
    "warn": "WARNING WARN 경고 주의",
    "info": "INFO NOTICE SUCCESS 정보",
    "debug": "DEBUG TRACE VERBOSE 디버그",
}
_WORDS = {word: level for level, words in _LEVELS.items() for word in words.split()}
_ENGLISH = "|".join(word for word in _WORDS if word.isascii())
_KOREAN = "|".join(word for word in _WORDS if not word.isascii())
_UPPER = re.compile(rf"(?<![\w가-힣])({_ENGLISH})(?![\w가-힣=])")
_MARKED = re.compile(rf"(?:\[\s*|<|level=\"?|\"level\":\s*\")({_ENGLISH}|{_KOREAN})\b", re.IGNORECASE)
_EXCEPTION = re.compile(
    r"^\s*(?:Traceback \(most recent call last\)|Caused by: |Exception in thread "
    r"|(?:[\w가-힣]+\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit)(?::|$))"
)
_NOTHING = r"(?!\s*(?:s\b)?\s*(?:가|은|는|이|을|를|도)?\s*[:=]?\s*(?:없|0(?![\d.])|아님|아니))"
"""Behind a word: that there was none of it (``오류 없음``, ``errors: 0``)."""

_ERROR_TEXT = re.compile(
    rf"(?<!0 )(?<!no )(?<!without )\b(?:errors?|failed|failure|fatal|exception){_NOTHING}\b"
    rf"|(?:오류|에러|실패|예외|장애|치명){_NOTHING}",
    re.IGNORECASE,
)
_WARN_TEXT = re.compile(rf"(?<!0 )(?<!no )\bwarnings?{_NOTHING}\b|경고{_NOTHING}", re.IGNORECASE)

HINTS: dict[Level, tuple[str, ...]] = {
    "error": (
        *(
            "critical",
            "fatal",
            "severe",
            "err",
            "emerg",
            "alert",
            "fail",
            "exception",
            "traceback",
            "interrupt",
            "exit",
        ),
        *("caused by", "치명", "오류", "에러", "실패", "예외", "장애"),
    ),
    "warn": ("warn", "경고", "주의"),
    "info": ("info", "notice", "success", "정보"),
    "debug": ("debug", "trace", "verbose", "디버그"),
}
"""A line of a level holds at least one of these in lower case: what a search may look for first."""


def level_of(text: str) -> Level | None:
    """The level that a line claims for itself, else the one its words suggest; None for a line that says nothing.

    An explicit level wins over words further on: ``INFO 오류 0건`` is info.
    """
    beginning = text[:_BEGINNING]
    if claimed := (_UPPER.search(beginning) or _MARKED.search(beginning)):
        return _WORDS[claimed.group(1).upper()]
    if _EXCEPTION.match(text) or _ERROR_TEXT.search(text):
        return "error"
    return "warn" if _WARN_TEXT.search(text) else None
