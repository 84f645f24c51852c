"""The colours of reports, the same in a workbook and a PDF: ink, one accent, and four tones. RGB as six hex digits."""

from __future__ import annotations

from collections.abc import Mapping

from batmon.report.document import Tone

INK = "1F2933"
MUTED = "6B7785"
LINE = "D5DBE1"
"""Rules between rows and around cards."""
SHADE = "F4F6F8"
"""Behind cards, heads of small tables and totals."""
PAPER = "FFFFFF"
ACCENT = "1B4F72"
ACCENT_SOFT = "DCE8F0"

TONES: Mapping[Tone, str] = {"": INK, "good": "1E7B4F", "warn": "A15C00", "bad": "B3261E", "muted": MUTED}
"""Of words and signs: dark enough to be read on white."""
TONES_SOFT: Mapping[Tone, str] = {"": PAPER, "good": "E3F2E9", "warn": "FCF0DA", "bad": "FBE4E2", "muted": SHADE}
"""Behind such words."""
SERIES = (ACCENT, "7FA8C4", "C9A227", "8C6BB1", "5B8C5A", "B0785A", "9AA5B1", "3E8E9C")
"""Lines and bars without a tone, one after the other."""
SERIES_TONES: Mapping[Tone, str] = {"good": "4C9F78", "warn": "E0A23B", "bad": "C8503F", "muted": "B8C1CA"}
"""Lines and bars with one."""
HEAT = ("C8503F", "F3D9A4", "5BA885")
"""Of a heatmap: 0, the middle, 1."""
HEAT_MIDDLE = 0.8
"""The share that has the colour in the middle: what fails one time in five is no half good."""


def series_colour(index: int, tone: Tone) -> str:
    """The colour of a chart's series, the ``index``-th of it."""
    return SERIES_TONES.get(tone) or SERIES[index % len(SERIES)]
