"""The console's words in Korean and English: a key, and the values that its sentence needs.

Keys stand in ``en`` and ``ko``, the log view's in ``log_en`` and ``log_ko``; both languages know the
same keys and the same placeholders. A widget asks its app: ``self.app.tr("board.filter", text="mail")``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from batmon_tui.locale import (
    automations_en,
    automations_ko,
    capture_en,
    capture_ko,
    en,
    errors_en,
    errors_ko,
    files_en,
    files_ko,
    inbox_en,
    inbox_ko,
    incidents_en,
    incidents_ko,
    items_en,
    items_ko,
    keeping_en,
    keeping_ko,
    ko,
    log_en,
    log_ko,
    merged_en,
    merged_ko,
    reports_en,
    reports_ko,
    search_en,
    search_ko,
    statistics_en,
    statistics_ko,
)

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = ("en", "ko")


_DICTIONARIES: Mapping[Language, Mapping[str, str]] = {
    "en": {
        **automations_en.WORDS,
        **errors_en.WORDS,
        **capture_en.WORDS,
        **search_en.WORDS,
        **files_en.WORDS,
        **inbox_en.WORDS,
        **incidents_en.WORDS,
        **items_en.WORDS,
        **keeping_en.WORDS,
        **log_en.WORDS,
        **merged_en.WORDS,
        **reports_en.WORDS,
        **statistics_en.WORDS,
        **en.WORDS,
    },
    "ko": {
        **automations_ko.WORDS,
        **errors_ko.WORDS,
        **capture_ko.WORDS,
        **search_ko.WORDS,
        **files_ko.WORDS,
        **inbox_ko.WORDS,
        **incidents_ko.WORDS,
        **items_ko.WORDS,
        **keeping_ko.WORDS,
        **log_ko.WORDS,
        **merged_ko.WORDS,
        **reports_ko.WORDS,
        **statistics_ko.WORDS,
        **ko.WORDS,
    },
}


def dictionary(language: Language) -> Mapping[str, str]:
    """Every key's sentence in one language."""
    return _DICTIONARIES[language]


def tr(language: Language, key: str, **values: Any) -> str:
    """The sentence of ``key`` with its values; values are put in as they are, never read as a pattern or markup.

    Raises:
        KeyError: no such key, or a value of the sentence is missing.
    """
    sentence = dictionary(language)[key]
    return sentence.format_map(values) if values else sentence


def choose(wanted: str, daemon: str = "auto", locale: str = "") -> Language:
    """The language to speak: the one asked for, else the daemon's, the locale's (``ko_KR.UTF-8``), English."""
    for word in (wanted, daemon, locale[:2]):
        if word == "ko":
            return "ko"
        if word == "en":
            return "en"
    return "en"
