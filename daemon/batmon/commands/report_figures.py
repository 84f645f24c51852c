"""The key figures of a report, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from batmon.metrics import definitions
from batmon.report.document import Kind
from batmon.report.values import NOTHING, shown
from batmon.words import Language

_KINDS = {
    "runs": Kind.COUNT, "succeeded": Kind.COUNT, "failed": Kind.COUNT, "missed": Kind.COUNT,
    "success_rate": Kind.PERCENT, "availability": Kind.PERCENT, "targets_met": Kind.COUNT, "targets_missed": Kind.COUNT,
    "sr_total": Kind.COUNT, "sr_done": Kind.COUNT, "sr_open": Kind.COUNT, "completion_rate": Kind.TEXT,
    "mttr_hours": Kind.HOURS, "processed": Kind.COUNT, "saved_hours": Kind.HOURS, "saved_money": Kind.COUNT,
}  # fmt: skip
"""In the order in which they are shown; others come after them."""


def key_figures(summary: Mapping[str, Any], titles: Mapping[str, str], language: Language) -> list[tuple[str, str]]:
    """What each figure of ``summary`` is called (by ``titles``, else by its definition), and its value."""
    order, figures = list(_KINDS), {key: value for key, value in summary.items() if key != "period"}
    keys = sorted(figures, key=lambda key: (order.index(key) if key in _KINDS else len(order), key))
    return [(f" {_name(key, titles, language)}", _value(key, figures[key], language)) for key in keys]


def _name(key: str, titles: Mapping[str, str], language: Language) -> str:
    """That of a figure that nobody knows is its key."""
    if key in titles:
        return titles[key]
    try:
        return definitions.title("mttr" if key == "mttr_hours" else key, language)
    except KeyError:
        return key


def _value(key: str, value: Any, language: Language) -> str:
    kind = _KINDS.get(key)
    if key == "completion_rate":
        return f"{_short(value)}%"
    return _short(value) if kind is None else shown(value, kind, language)


def _short(value: Any) -> str:
    if value is None:
        return NOTHING
    return f"{value:,}" if isinstance(value, int | float) else str(value)
