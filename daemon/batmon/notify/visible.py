"""Text from programs and people made harmless for mail and chat: what would act or hide is shown as a symbol."""

from __future__ import annotations

import re
import unicodedata

_SUSPECT = re.compile(
    r"[^ -~\u00a1-\u00ac\u00ae-\u02ff\u1100-\u1112\u1161-\u11f9\u2190-\u24ff\u25a0-\u27bf\u3000-\ud7a3]"
)
"""All that is not plainly a letter, digit or sign: looked at more closely."""
_JOINERS = "\u200d\ufe0e\ufe0f"
"""What joins and shapes emoji."""


def one_line(text: str) -> str:
    """``text`` on one line: line breaks and tabs become single blanks, whatever acts becomes visible."""
    return " ".join(visible(text.replace("\r\n", "\n")).split())


def visible(text: str) -> str:
    """``text`` with its line breaks, and every other control, format and direction character as a symbol."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return _SUSPECT.sub(_shown, text.replace("\r\n", "\n"))


def _shown(match: re.Match[str]) -> str:
    char = match.group()
    if char == "\n" or char in _JOINERS:
        return char
    if char == "\t":
        return "    "
    point = ord(char)
    if point < 0x20:
        return chr(0x2400 + point)
    if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return f"⟨U+{point:04X}⟩"
    return char
