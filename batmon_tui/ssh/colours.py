"""Brings true colour down to what a terminal can show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache

from rich.color import Color, ColorSystem

_SGR = re.compile(r"\x1b\[([0-9;]*)m")

_NO_COLOUR_TERMS = ("dumb", "unknown", "vt")
_TRUE_COLOUR_TERMS = ("direct", "truecolor", "kitty", "alacritty", "foot", "wezterm", "ghostty", "iterm")


class Depth(IntEnum):
    """How many colours a terminal shows."""

    NONE = 0
    SIXTEEN = 4
    INDEXED = 8
    TRUE = 24


def depth_of(term: str, environ: Mapping[str, str]) -> Depth:
    """What the terminal of a client can show, from the pty's TERM and the COLORTERM and NO_COLOR that it sent."""
    name = term.lower()
    if environ.get("NO_COLOR") or not name or name.startswith(_NO_COLOUR_TERMS):
        return Depth.NONE
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return Depth.TRUE
    if any(word in name for word in _TRUE_COLOUR_TERMS):
        return Depth.TRUE
    return Depth.INDEXED if "256color" in name else Depth.SIXTEEN


def downgrade(text: str, depth: Depth) -> str:
    """``text`` with its colours as ``depth`` has them; everything else stays as it is.

    Escape sequences must be whole: a sequence cut by the end of ``text`` is not seen.
    """
    if depth is Depth.TRUE:
        return text
    return _SGR.sub(lambda match: _sequence(match[1], depth), text)


@lru_cache(maxsize=8192)
def _sequence(parameters: str, depth: Depth) -> str:
    """One SGR sequence in fewer colours; empty if nothing of it is left."""
    codes = parameters.split(";")
    kept: list[str] = []
    at = 0
    while at < len(codes):
        code = codes[at]
        if code in ("38", "48"):
            colour, used = _extended(codes[at + 1 :])
            kept += _codes(colour, depth, foreground=code == "38")
            at += 1 + used
        else:
            if depth is not Depth.NONE or not _is_colour(code):
                kept.append(code)
            at += 1
    return f"\x1b[{';'.join(kept)}m" if kept else ""


def _extended(codes: list[str]) -> tuple[Color | None, int]:
    """The colour that follows 38 or 48 (``2;r;g;b`` or ``5;n``), and how many codes it takes."""
    values = [min(int(code or 0), 255) for code in codes[:4]]
    if len(values) >= 4 and values[0] == 2:
        return Color.from_rgb(*values[1:4]), 4
    if len(values) >= 2 and values[0] == 5:
        return Color.from_ansi(values[1]), 2
    return None, len(codes)


def _codes(colour: Color | None, depth: Depth, *, foreground: bool) -> tuple[str, ...]:
    if colour is None or depth is Depth.NONE:
        return ()
    system = ColorSystem.EIGHT_BIT if depth is Depth.INDEXED else ColorSystem.STANDARD
    return colour.downgrade(system).get_ansi_codes(foreground=foreground)


def _is_colour(code: str) -> bool:
    """Whether a single code sets one of the sixteen colours or the default colour."""
    number = int(code or 0)
    return 30 <= number <= 49 or 90 <= number <= 107
