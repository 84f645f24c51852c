"""A document as JSON: every section with its typed values, under keys that stay (``docs/reports.md`` lists them)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any

from batmon.gate.sanitize import clean
from batmon.report.document import (
    Block,
    Cell,
    Chart,
    Column,
    Document,
    Facts,
    Figures,
    Findings,
    Heatmap,
    Lines,
    Paragraph,
    Row,
    Section,
    Table,
    Timeline,
)

FORMAT = 1
"""Grows when a key goes or changes its meaning; new keys may come at any time."""


def text(document: Document) -> str:
    """The document as indented JSON with a newline at its end; no rows of its ``data``."""
    return json.dumps(tree(document), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def tree(document: Document) -> dict[str, Any]:
    """The document as JSON knows it. Moments are ISO 8601 in UTC, shares from 0 to 1, durations seconds."""
    period = document.period
    found: dict[str, Any] = {
        "format": FORMAT,
        "template": document.template,
        "title": document.title,
        "subtitle": document.subtitle,
        "language": document.language,
        "timezone": document.timezone,
        "period": None if period is None else {"start": period.start, "end": period.end, "days": period.days},
        "organisation": document.organisation,
        "currency": document.currency,
        "made_at": document.made_at,
        "made_by": document.made_by,
        "node": document.node,
        "summary": document.summary,
        "sections": [_section(section) for section in document.sections],
        "definitions": [{"key": one.key, "title": one.title, "text": one.text} for one in document.definitions],
    }
    if document.text:
        found["text"] = document.text
    harmless: dict[str, Any] = _plain(found)
    return harmless


def _section(section: Section) -> dict[str, Any]:
    return {
        "key": section.key,
        "title": section.title,
        "level": section.level,
        "summary": section.summary,
        "blocks": [_BLOCKS[type(block)](block) for block in section.blocks],
    }


def _figures(block: Figures) -> dict[str, Any]:
    return {
        "type": "figures",
        "items": [
            {
                "key": one.key, "title": one.title, "value": one.value, "before": one.before, "kind": one.kind,
                "better": one.better, "tone": one.tone, "note": one.note,
            }
            for one in block.items
        ],
    }  # fmt: skip


def _paragraph(block: Paragraph) -> dict[str, Any]:
    return {"type": "paragraph", "text": block.text, "tone": block.tone}


def _table(block: Table) -> dict[str, Any]:
    return {
        "type": "table",
        "key": block.key,
        "title": block.title,
        "columns": [{"key": column.key, "title": column.title, "kind": column.kind} for column in block.columns],
        "rows": [_row(block.columns, row) for row in block.rows],
        "total": None if block.total is None else _row(block.columns, block.total),
        "note": block.note,
        "empty": block.empty,
    }


def _row(columns: Sequence[Column], row: Row) -> dict[str, Cell]:
    return {column.key: value for column, value in zip(columns, row, strict=True)}


def _chart(block: Chart) -> dict[str, Any]:
    return {
        "type": "chart",
        "key": block.key,
        "title": block.title,
        "shape": block.shape,
        "kind": block.kind,
        "labels": block.labels,
        "series": [{"title": one.title, "values": one.values, "tone": one.tone} for one in block.series],
        "note": block.note,
    }


def _heatmap(block: Heatmap) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "key": block.key,
        "title": block.title,
        "rows": block.rows,
        "columns": block.columns,
        "values": block.values,
        "note": block.note,
    }


def _findings(block: Findings) -> dict[str, Any]:
    return {
        "type": "findings",
        "items": [
            {
                "key": one.key, "title": one.title, "text": one.text, "program": one.program,
                "evidence": one.evidence, "tone": one.tone, "data": one.data,
            }
            for one in block.items
        ],
        "empty": block.empty,
    }  # fmt: skip


def _timeline(block: Timeline) -> dict[str, Any]:
    return {
        "type": "timeline",
        "title": block.title,
        "items": [
            {"at": one.at, "title": one.title, "by": one.by, "text": one.text, "tone": one.tone} for one in block.items
        ],
    }


def _lines(block: Lines) -> dict[str, Any]:
    return {"type": "lines", "title": block.title, "lines": block.lines, "marked": block.marked}


def _facts(block: Facts) -> dict[str, Any]:
    return {
        "type": "facts",
        "title": block.title,
        "items": [{"name": name, "value": value, "kind": kind} for name, value, kind in block.items],
    }


_BLOCKS: Mapping[type[Block], Callable[[Any], dict[str, Any]]] = {
    Figures: _figures, Paragraph: _paragraph, Table: _table, Chart: _chart, Heatmap: _heatmap, Findings: _findings,
    Timeline: _timeline, Lines: _lines, Facts: _facts,
}  # fmt: skip


def _plain(value: Any) -> Any:
    """What JSON can say of ``value``: texts harmless, times as ISO 8601, no NaN; anything else as its text."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, str):
        return clean(str(value), multiline=True)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {clean(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return clean(str(value), multiline=True)
