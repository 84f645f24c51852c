"""The words of findings and incident stories in the language of a report."""

from __future__ import annotations

from collections.abc import Mapping

from batmon.report.story_words_en import ENGLISH
from batmon.report.story_words_ko import KOREAN
from batmon.words import Language


def story_words(language: Language) -> Mapping[str, str]:
    """Key to words; both languages have the same keys."""
    return KOREAN if language == "ko" else ENGLISH
