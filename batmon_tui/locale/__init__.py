"""The console's words in Korean and English: a key, and the values that its sentence needs.

Keys stand in ``en`` and ``ko`` (the log view's in ``log_en`` and ``log_ko``); both languages know the same keys and the
same placeholders. A widget asks its app: ``self.app.tr("board.filter", text="mail")``.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, Literal

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = ("en", "ko")


@cache
def dictionary(language: Language) -> Mapping[str, str]:
    """Every key's sentence in one language."""
    words: dict[str, str] = {}
    for module in (language, f"log_{language}"):
        name = f"{__name__}.{module}"
        if importlib.util.find_spec(name) is not None:
            words.update(import_module(name).WORDS)
    return words


def tr(language: Language, key: str, **values: Any) -> str:
    """The sentence of ``key`` with its values; values are put in as they are, never read as a pattern or markup.

    Raises:
        KeyError: no such key, or a value of the sentence is missing.
    """
    sentence = dictionary(language)[key]
    return sentence.format_map(values) if values else sentence


def choose(wanted: str, daemon: str = "auto", locale: str = "") -> Language:
    """The language to speak: what is asked for, else the daemon's, else the locale's (``ko_KR.UTF-8``), else English."""
    for word in (wanted, daemon, locale[:2]):
        if word == "ko":
            return "ko"
        if word == "en":
            return "en"
    return "en"
