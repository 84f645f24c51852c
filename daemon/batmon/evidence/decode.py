"""Bytes of a log to text, line by line: BOM, then UTF-8, then CP949. Nothing here raises for any bytes.

A log may change its encoding from one line to the next (a program that prints through a console in CP949 and logs in
UTF-8), so each line is decoded by itself. UTF-16 is the exception: only the BOM at the file's start shows it.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

HEAD_BYTES = 4
"""How many bytes of a file's start ``codec_of`` wants to see."""

_GUESSED = ("utf-8", "cp949")
_LONGEST_CHARACTER = 4
_NOT_FOR_LOGS = {"utf-7", "unicode-escape", "raw-unicode-escape", "unicode_escape", "raw_unicode_escape"}
"""ASCII-compatible, but able to produce lone surrogates, which no one downstream can encode."""
_VISIBLE_NUL = "\u2400"


@dataclass(frozen=True, slots=True)
class Codec:
    """How one file's bytes become lines: ``name`` is ``auto`` or a Python codec, ``width`` its bytes per code unit."""

    name: str
    width: int
    newline: bytes

    def find_newline(self, block: bytes, start: int = 0) -> int:
        """The index of the first newline at or after ``start``, or -1. ``block`` begins at a whole code unit."""
        found = block.find(self.newline, start)
        while found >= 0 and found % self.width:
            found = block.find(self.newline, found + 1)
        return found

    def rfind_newline(self, block: bytes, end: int) -> int:
        """The index of the last newline that ends at or before ``end``, or -1."""
        found = block.rfind(self.newline, 0, end)
        while found >= 0 and found % self.width:
            found = block.rfind(self.newline, 0, found + self.width - 1)
        return found

    def decode(self, raw: bytes, *, cut: bool = False) -> str:
        """The text of one line's bytes (without its newline).

        A trailing carriage return is left out, undecodable bytes appear as ``\\xNN`` and NUL as its visible symbol,
        which Postgres can store. With ``cut`` the bytes may stop inside a character: that rest is left out.
        """
        names = self._names
        try:
            text = raw.decode(names[0])
        except UnicodeDecodeError:
            text = _fitting(raw, names, _LONGEST_CHARACTER if cut else 1)
        text = text.removeprefix("\ufeff")
        if text.endswith("\r"):
            text = text[:-1]
        return text.replace("\0", _VISIBLE_NUL) if "\0" in text else text

    def encode(self, text: str) -> tuple[bytes, ...]:
        """Every way in which ``text`` may be written in this file; none when it cannot be."""
        forms = []
        for name in self._names:
            try:
                forms.append(text.encode(name))
            except UnicodeEncodeError:
                continue
        return tuple(dict.fromkeys(forms))

    @property
    def _names(self) -> tuple[str, ...]:
        return _GUESSED if self.name == "auto" else (self.name,)


def _fitting(raw: bytes, names: tuple[str, ...], spares: int) -> str:
    """The text in the first encoding that fits, with fewer than ``spares`` bytes left out at the end."""
    for name in names:
        for spare in range(spares):
            try:
                return raw[: len(raw) - spare].decode(name)
            except UnicodeDecodeError:
                continue
    # None fits: a damaged line. The encoding that explains more of its bytes is the likelier one.
    return min((raw.decode(name, "backslashreplace") for name in names), key=lambda text: text.count("\\x"))


_AUTO = Codec("auto", 1, b"\n")
_UTF16_LE = Codec("utf-16-le", 2, b"\n\0")
_UTF16_BE = Codec("utf-16-be", 2, b"\0\n")


def codec_of(head: bytes, encoding: str = "auto") -> Codec:
    """The codec of a file that begins with ``head`` (``HEAD_BYTES`` are enough), as ``encoding`` asks for it.

    ``auto`` decides by BOM and then by line; a name that Python does not know as an ASCII-compatible text encoding or
    as UTF-16 is taken for ``auto``.
    """
    if head.startswith(codecs.BOM_UTF16_LE):
        return _UTF16_LE
    if head.startswith(codecs.BOM_UTF16_BE):
        return _UTF16_BE
    try:
        name = codecs.lookup(encoding).name
        if name in ("utf-16", "utf-16-le"):
            return _UTF16_LE
        if name == "utf-16-be":
            return _UTF16_BE
        if name in _NOT_FOR_LOGS or "\n".encode(name) != b"\n":
            return _AUTO
        b"\xff\n".decode(name, "backslashreplace")
    except (LookupError, UnicodeError):
        return _AUTO
    return Codec("utf-8" if name == "utf-8-sig" else name, 1, b"\n")


def decode_line(raw: bytes, encoding: str = "auto") -> str:
    """One line's bytes as text, for a stream that is no file (so without UTF-16 by BOM); as ``Codec.decode``."""
    return codec_of(b"", encoding).decode(raw)
