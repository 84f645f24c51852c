"""Native conditional formats: Excel colours what passes a limit, and keeps doing so when somebody changes a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openpyxl.formatting.rule import ColorScaleRule, Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle

from batmon.model import RunStatus, Status
from batmon.report import palette
from batmon.report.document import Column, Kind, Tone
from batmon.report.values import status_tone, status_word
from batmon.report.workbook.cells import DAY_SECONDS
from batmon.report.workbook.style import MEGABYTE
from batmon.words import Language


def rules(column: Column, cell: str, language: Language) -> Iterator[Rule]:
    """The rules of a column of a table whose first value stands in ``cell``, such as ``D5``."""
    if column.kind is Kind.STATUS:
        yield from _of_status(cell, language)
    elif column.limits is not None:
        scale = {Kind.SECONDS: DAY_SECONDS, Kind.BYTES: MEGABYTE}.get(column.kind, 1.0)
        passes = "<" if column.better == "high" else ">="
        tones: tuple[Tone, Tone] = ("bad", "warn")
        for tone, limit in zip(tones, reversed(column.limits), strict=True):
            # a word is more than any number to Excel
            yield _rule(f"AND(ISNUMBER({cell}),{cell}{passes}{_digits(limit / scale)})", tone)


def heat() -> Rule:
    """The scale of a heatmap: from nothing over the middle to all."""
    low, middle, high = palette.HEAT
    scale: Any = ColorScaleRule  # its stub has no types
    rule: Rule = scale(
        start_type="num", start_value=0, start_color=low,
        mid_type="num", mid_value=palette.HEAT_MIDDLE, mid_color=middle,
        end_type="num", end_value=1, end_color=high,
    )  # fmt: skip
    return rule


def _of_status(cell: str, language: Language) -> Iterator[Rule]:
    words: dict[Tone, list[str]] = {}
    for status in (*Status, *RunStatus):
        words.setdefault(status_tone(status), []).append(status_word(status, language))
    for tone, found in words.items():
        tests = ",".join(f'{cell}="{word}"' for word in found)
        yield _rule(f"OR({tests})", tone)


def _rule(formula: str, tone: Tone) -> Rule:
    bad = tone == "bad"
    look = DifferentialStyle(
        font=Font(color=palette.TONES[tone], bold=bad),
        fill=PatternFill(bgColor=palette.TONES_SOFT[tone]) if bad else None,
    )
    return Rule(type="expression", dxf=look, formula=[formula], stopIfTrue=True)


def _digits(value: float) -> str:
    """A number as a formula has it, without an exponent."""
    return f"{value:.12f}".rstrip("0").rstrip(".")
