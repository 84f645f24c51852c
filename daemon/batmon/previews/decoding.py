"""The beginning of a text file of unknown encoding: byte order mark, then UTF-8, then CP949."""

from __future__ import annotations

import codecs
from typing import BinaryIO

TEXT_BYTES = 8 << 20
"""Of a text that is taken apart (CSV, JSON): what lies behind is not looked at."""

_LONGEST_CHARACTER = 4


def beginning(file: BinaryIO) -> tuple[str, str, bool]:
    """(text, encoding, whether there is more). What fits no encoding appears as ``\\xNN``."""
    raw = file.read(TEXT_BYTES + 1)
    cut = len(raw) > TEXT_BYTES
    text, encoding = decoded(raw[:TEXT_BYTES], cut=cut)
    return text, encoding, cut


def decoded(raw: bytes, *, cut: bool) -> tuple[str, str]:
    """(text, encoding); with ``cut`` the bytes may stop inside a character, which is left out."""
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if raw.startswith(mark):
            return raw[len(mark) :].decode(name, "replace"), name
    raw = raw.removeprefix(codecs.BOM_UTF8)
    for name in ("utf-8", "cp949"):
        for spare in range(_LONGEST_CHARACTER if cut else 1):
            try:
                return raw[: len(raw) - spare].decode(name), name
            except UnicodeDecodeError:
                continue
    return raw.decode("utf-8", "backslashreplace"), "utf-8"
