"""How the PDF looks: paper, margins, sizes of letters and colours. One accent; print without colour stays readable.

Lengths are points, 72 to an inch.
"""

from __future__ import annotations

from typing import Final

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm

from batmon.report import palette
from batmon.report.document import Tone


def _colour(digits: str) -> Color:
    return HexColor(f"#{digits}")


PORTRAIT: Final[tuple[float, float]] = A4
LANDSCAPE: Final[tuple[float, float]] = landscape(A4)
SIDE: Final = 18 * mm
"""The margins left and right."""
TOP: Final = 22 * mm
BOTTOM: Final = 19 * mm

INK: Final = _colour(palette.INK)
MUTED: Final = _colour(palette.MUTED)
HAIR: Final = _colour(palette.LINE)
SHADE: Final = _colour(palette.SHADE)
PAPER: Final = _colour(palette.PAPER)
ACCENT: Final = _colour(palette.ACCENT)
TONES: Final[dict[Tone, Color]] = {tone: _colour(digits) for tone, digits in palette.TONES.items()}
"""Of words."""
FILLS: Final[dict[Tone, Color]] = {
    "": ACCENT,
    "good": _colour("A5CDB8"),
    "warn": _colour("E0A23B"),
    "bad": _colour("A32A20"),
    "muted": _colour("CBD2DA"),
}
"""Of bars and lines: unlike on a screen good is pale and bad is dark, so that they differ on black and white paper."""
PALETTE: Final = tuple(_colour(digits) for digits in ("1B4F72", "8FB3CF", "4A5A6A", "C6D3DF", "6F9C86", "B58A5A"))
"""Of lines and bars that are neither good nor bad, one after the other: dark and pale in turn."""

TITLE_SIZE: Final = 22.0
HEADING_SIZES: Final = {1: 14.0, 2: 11.5}
LABEL_SIZE: Final = 9.6
"""Of the name above a table or a chart."""
BODY_SIZE: Final = 9.4
TABLE_SIZE: Final = 8.0
SMALL_SIZE: Final = 7.2
LEADING: Final = 1.45
"""From line to line, in sizes of the letters."""
GAP: Final = 14.0
"""Between one block and the next."""
