"""File names in a printable form that can be turned back: what stands on the wire and on the screen. Pure.

A name is a ``str`` as ``os.fsdecode`` gives it: bytes that are no UTF-8 are lone surrogates. Its printable form escapes
whatever does not print: a byte that is not UTF-8 and a control character below U+0080 as ``\\xNN``, newline, return and
tab as ``\\n``, ``\\r``, ``\\t``, everything else as ``\\uNNNN`` or ``\\UNNNNNNNN``, a backslash as two. Each name has
exactly one such form.
"""

from __future__ import annotations

import re

_SHORT = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LONG = {shown: char for char, shown in _SHORT.items()}
_ESCAPE = re.compile(r"\\(?:[\\nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})|\\.?", re.DOTALL)
_INVISIBLE = frozenset("\u034f")
"""Prints as nothing, although Python calls it printable."""


def shown_name(name: str) -> str:
    """The printable form of a name: no control and no format characters, nothing that the sanitizer would change."""
    if name.isprintable() and "\\" not in name and _INVISIBLE.isdisjoint(name):
        return name
    return "".join(map(_shown, name))


def meant_name(shown: str) -> str:
    """The name whose printable form this is.

    Raises:
        ValueError: it is no name's printable form, with what is wrong.
    """
    name = _ESCAPE.sub(_meant, shown)
    if shown_name(_as_read(name)) != shown:
        raise ValueError(f"{shown_name(shown)!s:.200} is not how that name is written here")
    return name


def _shown(char: str) -> str:
    point = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    if char.isprintable() and char not in _INVISIBLE:
        return char
    if point < 0x80:
        return f"\\x{point:02x}"
    if 0xDC80 <= point <= 0xDCFF:
        return f"\\x{point - 0xDC00:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _meant(match: re.Match[str]) -> str:
    escape = match[0]
    if escape in _LONG:
        return _LONG[escape]
    if len(escape) <= 2:
        raise ValueError(f"{shown_name(escape)} is no escape of a file name; a backslash in a name is written \\\\")
    point = int(escape[2:], 16)
    if escape[1] == "x" and point >= 0x80:
        point += 0xDC00
    if point > 0x10FFFF:
        raise ValueError(f"{escape} is no character")
    return chr(point)


def _as_read(name: str) -> str:
    """The name as a listing would give it: bytes that are UTF-8 together are characters."""
    try:
        return name.encode(errors="surrogateescape").decode(errors="surrogateescape")
    except UnicodeEncodeError:  # half a character of UTF-16, which only Windows has in names
        return name
