"""The facts of one verdict on their way into a sentence, and the lines that BATMON itself leaves in a run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from batmon.words.times import Language, clock, duration, instant

_OWN_LINES: Mapping[str, str] = {
    "its process ended without a word": "프로세스가 아무 기록 없이 끝남",
    "no end found within max_runtime": "최대 실행 시간 안에 끝난 기록이 없음",
}
"""What BATMON itself writes as the message of a run that it had to end -> the same in Korean."""


def line_in_words(line: str, language: Language) -> str:
    """A run's last line as it is; where it is one that BATMON wrote, in the language."""
    return _OWN_LINES.get(line, line) if language == "ko" else line


class Teller:
    """The facts of one verdict, told in one language."""

    def __init__(self, facts: Mapping[str, Any], language: Language, zone: ZoneInfo, now: datetime) -> None:
        self.facts, self.language, self.zone, self.now = facts, language, zone, now

    def pick(self, korean: str, english: str) -> str:
        """The one of its language."""
        return korean if self.language == "ko" else english

    def time(self, key: str) -> str:
        """A moment among the facts as a clock time; empty if it is not known."""
        value = self.facts.get(key)
        return "" if value is None else clock(value, self.zone, self.now, self.language)

    def text(self, key: str) -> str:
        """A fact as it is written; empty if it is not known."""
        value = self.facts.get(key)
        return "" if value is None else str(value).strip()

    def since(self, key: str) -> float:
        """Seconds since a moment among the facts; 0 if it is not known."""
        value = self.facts.get(key)
        return 0.0 if value is None else (self.now - instant(value)).total_seconds()

    def span(self, seconds: float) -> str:
        """A length of time in words."""
        return duration(seconds, self.language)

    def exact(self, key: str) -> str:
        """A number of seconds among the facts as a duration, with a decimal where it is short."""
        seconds = float(self.facts.get(key) or 0.0)
        if seconds < 10 and seconds != int(seconds):
            return f"{seconds:.1f}{self.pick('초', 's')}"
        return self.span(round(seconds))

    def with_line(self, sentence: str, key: str = "line") -> str:
        """The sentence, and after it a line of the log if one is known."""
        line = line_in_words(self.text(key), self.language)
        return f"{sentence}: {line}" if line else sentence
