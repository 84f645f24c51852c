"""How findings and stories are told: in which language, on whose clocks, with which figures. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from batmon.report.story_words import story_words
from batmon.report.values import seconds as in_words
from batmon.words import Language


@dataclass(frozen=True, slots=True)
class Voice:
    """In which language and on whose clocks findings are told."""

    language: Language
    timezone: str

    def words(self, key: str, **values: object) -> str:
        """One of the room's phrases with its values."""
        return story_words(self.language)[key].format(**values)

    def knows(self, key: str) -> bool:
        """Whether there is such a phrase."""
        return key in story_words(self.language)

    def at(self, when: datetime) -> str:
        """A moment on the readers' clocks."""
        return f"{when.astimezone(ZoneInfo(self.timezone)):%Y-%m-%d %H:%M}"

    def span(self, seconds: float) -> str:
        """A duration; with a decimal where it is short."""
        return in_words(seconds, self.language)

    def day(self, weekday: int) -> str:
        """The name of a weekday; 0 is Monday."""
        return story_words(self.language)["weekdays"].split()[weekday]

    def several(self, names: Sequence[str], most: int) -> str:
        """Names in a row, of many the first ones and how many more there are."""
        shown = ", ".join(names[:most])
        return shown if len(names) <= most else self.words("and_more", shown=shown, n=len(names) - most)


def percent(share: float) -> str:
    """A relative change with its sign."""
    return f"{share:+.0%}"


def number(value: float) -> str:
    """A count, with a decimal where it is small."""
    return f"{value:,.1f}" if 0 < abs(value) < 10 and value != int(value) else f"{value:,.0f}"
