"""The log view's words in the language of the app, and figures in a short form."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from batmon_tui.locale import log_en, log_ko

SIGNS = {"SUCCESS": "✓", "FAILED": "✗", "RUNNING": "▸", "MISSED": "·"}
"""Beside the colour, so that a run's outcome is seen without it."""


@cache
def log_words(language: str) -> Mapping[str, str]:
    """The words for ``ko`` or ``en``, by their keys without ``log.``."""
    words = log_ko.WORDS if language == "ko" else log_en.WORDS
    return {key.removeprefix("log."): sentence for key, sentence in words.items()}


def in_bytes(count: int) -> str:
    """``999 B``, ``12.3 MB``: three digits and a decimal unit."""
    value, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 999.5 or unit == "TB":
            break
        value /= 1000
    return f"{count} B" if unit == "B" else f"{value:.3g} {unit}"
