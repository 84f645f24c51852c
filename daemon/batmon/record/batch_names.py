"""Account names as file names, and texts of a batch made fit for one line.

A name that every system takes stays as it is. Any other is cleaned and gets the first eight digits of its SHA-256, so
that no two accounts share a file, and an account has the same file name in every batch.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST = 120
"""Bytes of UTF-8 in a file name without its suffix: Windows allows 260 characters in a whole path."""

_FORBIDDEN = frozenset('<>:"/\\|?*')
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE)
"""Devices on Windows, whatever follows the first dot."""
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})
_EDGES = " .\u00a0\u3000"


class FileNames:
    """The file names of a batch's accounts; two names that differ only in case or in composition are not both given."""

    def __init__(self) -> None:
        self._by_account: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, account: str) -> str:
        """The account's file name without suffix; the same at every call."""
        known = self._by_account.get(account)
        if known is not None:
            return known
        name = unicodedata.normalize("NFC", account)
        plain = _cleaned(name)
        safe, mark = plain if plain == name else _marked(plain, account), account
        while _folded(safe) in self._taken:
            safe, mark = _marked(plain, mark), f"{mark}\0"
        self._by_account[account] = safe
        self._taken.add(_folded(safe))
        return safe

    def changed(self, account: str) -> bool:
        """Whether the account's file is not simply called as the account."""
        return self.of(account) != account


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())


def _cleaned(name: str) -> str:
    safe = "".join("_" if c in _FORBIDDEN or unicodedata.category(c) in _HIDDEN else c for c in name)
    start, end = len(safe) - len(safe.lstrip(_EDGES)), len(safe.rstrip(_EDGES))
    safe = "_" * start + safe[start:end] + "_" * (len(safe) - max(start, end))
    if not safe or _RESERVED.fullmatch(safe.split(".")[0].rstrip()):
        safe = f"_{safe}"
    return _cut(safe, LONGEST)


def _cut(name: str, most: int) -> str:
    return name.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")


def _marked(name: str, account: str) -> str:
    digest = hashlib.sha256(account.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{_cut(name, LONGEST - 9)}~{digest}"


def one_line(text: str, most: int = 1000) -> str:
    """``text`` without anything that ends a line, moves a cursor or reorders what is read; at most ``most`` characters.

    Control characters become their symbols (``␊`` for a newline), others ``\\uXXXX``.
    """
    if len(text) > most:
        text = text[: most - 1] + "…"
    if text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    point = ord(char)
    if char == "\t":
        return "    "
    if point < 0x20:
        return chr(0x2400 + point)
    return f"\\u{point:04x}" if unicodedata.category(char) in _HIDDEN else char
