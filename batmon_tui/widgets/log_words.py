"""The log view's words in the language of the app, and figures in a short form."""

from __future__ import annotations

from collections.abc import Mapping

from batmon_tui.locale.log_en import LOG_EN
from batmon_tui.locale.log_ko import LOG_KO

SIGNS = {"SUCCESS": "✓", "FAILED": "✗", "RUNNING": "▸", "MISSED": "–"}
"""Beside the colour, so that a run's outcome is seen without it."""


def log_words(language: str) -> Mapping[str, str]:
    """The words for ``ko`` or ``en``."""
    return LOG_KO if language == "ko" else LOG_EN


def in_bytes(count: int) -> str:
    """``999 B``, ``12.3 MB``: three digits and a decimal unit."""
    value, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 999.5 or unit == "TB":
            break
        value /= 1000
    return f"{count} B" if unit == "B" else f"{value:.3g} {unit}"
