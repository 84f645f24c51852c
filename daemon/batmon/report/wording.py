"""The words of reports in one language, with the numbers that stand in their sentences. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from batmon.metrics import definitions
from batmon.metrics.periods import WEEK_DAYS, Period
from batmon.report.document import Kind
from batmon.report.values import shown, tenths
from batmon.report.words_en import WORDS as ENGLISH
from batmon.report.words_ko import WORDS as KOREAN
from batmon.words import Language

SHORT_NAME = 40
"""Characters of a name in a sentence."""
LANGUAGES: Mapping[Language, Mapping[str, str]] = {"ko": KOREAN, "en": ENGLISH}


class Wording:
    """The texts of a language by their names, and numbers as its sentences have them."""

    def __init__(self, language: Language, currency: str = "KRW") -> None:
        self.language: Language = language
        self.currency = currency
        self._texts = LANGUAGES[language]

    def __call__(self, key: str, **values: object) -> str:
        """The text ``key`` with ``{values}`` put in, or what a figure of that key is called; KeyError if there is none.

        Values are put in as they are: braces in them mean nothing.
        """
        text = self._texts.get(key)
        if text is None:
            return definitions.title(key, self.language)
        return text.format_map(values) if values else text

    def count(self, number: float) -> str:
        """A whole number, thousands apart."""
        return self._shown(number, Kind.COUNT)

    def percent(self, share: float | None) -> str:
        """A share with one decimal; never rounded up to 100."""
        return self._shown(share, Kind.PERCENT)

    def hours(self, hours: float | None) -> str:
        """Hours with one decimal and their unit."""
        return self._shown(hours, Kind.HOURS)

    def money(self, amount: float) -> str:
        """An amount with its currency."""
        return self._shown(amount, Kind.MONEY)

    def seconds(self, seconds: float | None) -> str:
        """A length of time in two units at most."""
        return self._shown(seconds, Kind.SECONDS)

    def points(self, difference: float) -> str:
        """A difference of two shares, without its sign."""
        return f"{tenths(abs(difference), 2)}{'%p' if self.language == 'ko' else ' points'}"

    def change(self, grown: float | None) -> str:
        """A relative change with its sign."""
        return self._shown(grown, Kind.CHANGE)

    def day(self, day: date) -> str:
        """A day of a chart's axis."""
        return f"{day:%m-%d}"

    def period(self, period: Period) -> str:
        """From which day to which."""
        return f"{period.start} ~ {period.end}" if self.language == "ko" else f"{period.start} to {period.end}"

    def short(self, name: str) -> str:
        """A name that does not fill a sentence by itself."""
        return name if len(name) <= SHORT_NAME else f"{name[: SHORT_NAME - 1]}…"

    def than(self, period: Period) -> str:
        """What a period is compared with, by name: the week before, the month before."""
        if period.days == WEEK_DAYS:
            return self("than_week")
        for name, days in (("month", 31), ("quarter", 92), ("year", 366)):
            if period.start.day == 1 and period.before().start.day == 1 and period.days <= days:
                return self(f"than_{name}")
        return self("than_day")

    def listed(self, names: list[str], most: int = 3) -> str:
        """Some names, and how many more there are."""
        some = ", ".join(names[:most])
        return some if len(names) <= most else self("and_more", names=some, more=len(names) - most)

    def _shown(self, value: float | None, kind: Kind) -> str:
        return shown(value, kind, self.language, currency=self.currency)
