"""Reports as JSON: complete, typed, and with keys that stay."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import get_args

import pytest

from batmon.report.document import Block, Column, Document, Kind, Section, Table
from batmon.report.json_text import text, tree
from tests import report_documents

AT = datetime(2026, 11, 21, tzinfo=UTC)
HEADS = {
    "format", "template", "title", "subtitle", "language", "timezone", "period", "organisation", "currency", "made_at",
    "made_by", "node", "summary", "sections", "definitions",
}  # fmt: skip


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_kind_of_block_is_written_and_read_again(language):
    read = json.loads(text(report_documents.every_block(language, hostile=True)))
    assert read.keys() == HEADS
    types = {block["type"] for section in read["sections"] for block in section["blocks"]}
    assert types == {kind.__name__.lower() for kind in get_args(Block)}


def test_values_keep_their_types():
    kinds = ("s", "n", "x", "day", "at", "none", "nan", "yes")
    row = ("=1+1\x1b\ud800\n", 10**30, 0.5, date(2026, 11, 21), AT, None, math.inf, True)
    heads = tuple(Column(key=key, title=key) for key in kinds)
    made = Document(
        template="t", title="t", made_at=AT,
        sections=(Section(key="k", title="k", blocks=(Table(key="r", title="r", columns=heads, rows=[row]),)),),
    )  # fmt: skip
    (found,) = json.loads(text(made))["sections"][0]["blocks"][0]["rows"]
    assert found == {
        "s": "=1+1␛⟨U+D800⟩\n", "n": 10**30, "x": 0.5, "day": "2026-11-21", "at": "2026-11-21T00:00:00+00:00",
        "none": None, "nan": None, "yes": True,
    }  # fmt: skip


def test_figures_and_tables_name_their_kinds():
    made = tree(report_documents.every_block())
    figures = made["sections"][0]["blocks"][2]
    assert figures["items"][0] == {
        "key": "a", "title": "성공률", "value": 0.9712, "before": 0.96, "kind": "percent", "better": "high", "tone": "",
        "note": "",
    }  # fmt: skip
    table = made["sections"][1]["blocks"][0]
    assert [column["kind"] for column in table["columns"]] == [kind.value for kind in Kind]
    assert table["rows"][1]["money"] is None
    assert table["total"]["money"] == 1250000


def test_a_prescribed_text_comes_along():
    made = report_documents.every_block()
    assert "text" not in tree(made)
    assert tree(replace(made, text="# x"))["text"] == "# x"


def test_the_summary_may_hold_whatever_python_does():
    made = replace(
        report_documents.every_block(), summary={"a": {1, 2}, "day": date(2026, 1, 1), "k": Kind.TEXT, 3: ()}
    )
    assert json.loads(text(made))["summary"] == {"a": [1, 2], "day": "2026-01-01", "k": "text", "3": []}
