"""Text from programs made harmless for every terminal: what would act becomes something to look at.

Pure. Programs that we watch may be compromised, and their words end on terminals. Whatever a terminal obeys (ESC,
C0, C1, DEL), whatever reorders or hides text (bidirectional controls, zero-width and other format characters, line and
paragraph separators, tag characters) and what UTF-8 cannot carry (lone surrogates) becomes visible. A tab becomes four
spaces, because its width depends on where it stands. A newline stays only where a text of several lines is meant.
Korean, conjoining jamo included, and emoji, joined ones included, stay as they are.
"""

from __future__ import annotations

import re
from typing import Any

MULTILINE_FIELDS = frozenset(
    {"error", "error_details", "error_message", "html", "markdown", "output", "text", "traceback"}
)
"""Keys of the protocol whose string may hold newlines; in every other one a newline is shown as a symbol."""

TAB = "    "

_PICTOGRAPH = "\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_FORMAT = (
    "\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
_KEPT_JOINER = f"(?<=[{_PICTOGRAPH}\ufe0f])\u200d(?=[{_PICTOGRAPH}])"
_DANGEROUS = re.compile(f"({_KEPT_JOINER})|[\x00-\x1f\x7f-\x9f\ud800-\udfff{_FORMAT}]")
_VARIATION = range(0xE0100, 0xE01F0)
"""Ideographic variation selectors stand inside the tags' plane and belong to the character before them."""


def _shown(match: re.Match[str]) -> str:
    if match.group(1):
        return match.group(1)
    char = match.group()
    point = ord(char)
    if char == "\t":
        return TAB
    if point < 0x20:
        return chr(0x2400 + point)
    if point == 0x7F:
        return "\u2421"
    if point in _VARIATION:
        return char
    return f"⟨U+{point:04X}⟩"


def clean(text: str, *, multiline: bool = False) -> str:
    """``text`` with everything that acts made visible; a newline stays if ``multiline``.

    Idempotent. A text without such characters is returned as it is.
    """
    if text.isprintable() and "\u034f" not in text:
        return text
    if multiline and "\n" in text:
        return "\n".join(clean(line) for line in text.replace("\r\n", "\n").split("\n"))
    return _DANGEROUS.sub(_shown, text)


def clean_value(value: Any, *, multiline: bool = False) -> Any:
    """A JSON-like value of the same shape with every string in it cleaned, keys too.

    Newlines stay in the strings of MULTILINE_FIELDS, and in a bare string if ``multiline``.
    """
    if isinstance(value, str):
        return clean(value, multiline=multiline)
    if isinstance(value, dict):
        return {
            clean(key) if isinstance(key, str) else key: clean_value(item, multiline=key in MULTILINE_FIELDS)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [clean_value(item, multiline=multiline) for item in value]
    return value
