"""Previews as rows, sizes in words, and the command that fetches a file: no screen needed."""

from __future__ import annotations

import shlex
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from stage import NOW

from batmon_tui.screens.download import in_lines, scp_command
from batmon_tui.view import View
from batmon_tui.widgets.files_view import size_in_words
from batmon_tui.widgets.preview_list import _scrolled
from batmon_tui.widgets.preview_rows import facts, heading, rows_of, shown

VIEW = View("en", ZoneInfo("Asia/Seoul"), NOW)


def texts(rows) -> list[str]:
    return ["".join(text for text, _ in row.pieces).rstrip() for row in rows]


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1024, "1.0 K"), (10_200, "10 K"), (1 << 20, "1.0 M"), (999_999_999, "954 M")],
)
def test_a_size_has_three_figures(size, words):
    assert size_in_words(size) == words


def test_a_table_keeps_the_columns_of_its_first_page():
    first = {"kind": "table", "columns": ["이름", "건수"], "rows": [["홍길동", 12], ["kim", None]]}
    rows = rows_of(first, VIEW)
    assert texts(rows) == ["홍길동    12", "kim"]
    assert "".join(text for text, _ in heading(first, rows, VIEW)).split() == ["이름", "건수"]
    later = rows_of({**first, "rows": [["아주 긴 이름입니다", 3]]}, VIEW, rows)
    assert [cell_len(text) for text, _ in later[0].pieces] == [cell_len(text) for text, _ in rows[0].pieces]
    assert "…" in texts(later)[0]


def test_json_folds_what_lies_below():
    nodes = [
        {"depth": 0, "type": "object", "count": 2},
        {"depth": 1, "key": "봇", "type": "array", "count": 2},
        {"depth": 2, "key": 0, "type": "number", "value": 1.5},
        {"depth": 2, "key": 1, "type": "bool", "value": True},
        {"depth": 1, "key": "끝", "type": "null", "value": None},
        {"depth": 1, "key": "말", "type": "string", "value": "한 줄\n두 줄"},
    ]
    rows = rows_of({"kind": "json", "nodes": nodes}, VIEW)
    assert texts(rows) == ["{2}", "  봇: [2]", "    0: 1.5", "    1: true", "  끝: null", '  말: "한 줄 두 줄"']
    assert shown(rows, set()) == [0, 1, 2, 3, 4, 5]
    assert shown(rows, {1}) == [0, 1, 4, 5]
    assert shown(rows, {0, 1}) == [0]


def test_other_kinds_have_a_row_for_each_thing():
    database = {
        "kind": "database",
        "tables": [{"name": "runs", "type": "table", "rows": None, "sql": "CREATE TABLE runs"}],
    }
    assert texts(rows_of(database, VIEW)) == ["runs  many  CREATE TABLE runs"]
    archive = {"kind": "archive", "members": [{"name": "a/b.txt", "kind": "file", "size": 2048}]}
    assert texts(rows_of(archive, VIEW)) == ["    2.0 K  a/b.txt"]
    dump = {"kind": "hex", "lines": [{"offset": 16, "hex": "41 42", "text": "AB"}]}
    assert texts(rows_of(dump, VIEW))[0].startswith("00000010  41 42")
    text = {"kind": "text", "lines": [{"offset": 0, "end": 9000, "text": "가" * 3, "cut": 9000}]}
    assert texts(rows_of(text, VIEW)) == ["가가가 … cut, 9,000 characters"]


def test_what_is_wrong_with_a_file_is_said_above_it():
    preview = {
        "kind": "text", "format": "JSON", "size": 2048, "modified": None, "encoding": "utf-8",
        "problem": {"message": "expected , or }", "line": 3, "column": 7}, "cut": "the first 2 MB",
    }  # fmt: skip
    assert facts(preview, VIEW) == "JSON · 2.0 K · utf-8 · expected , or } (3:7) · the first 2 MB"


def test_scrolling_sideways_never_halves_a_wide_character():
    pieces = [("가나다", ""), ("abc", "lines--quiet")]
    told = ["".join(text for text, _ in _scrolled(pieces, left, 5)) for left in range(10)]
    assert told == ["가나 ", " 나다", "나다a", " 다ab", "다abc", " abc", "abc", "bc", "c", ""]


def test_the_command_is_safe_to_paste():
    assert (
        scp_command("/reports/a b.xlsx", "kim", ("10.0.0.5", 8022), "seoul")
        == "scp -P 8022 'kim@10.0.0.5:/reports/a b.xlsx' ."
    )
    assert scp_command("/reports/x", "kim", ("fe80::1", 22), "") == "scp -P 22 'kim@[fe80::1]:/reports/x' ."
    command = scp_command("/reports/a b.xlsx", "kim", ("10.0.0.5", 8022), "seoul")
    assert in_lines(command, 80) == command
    assert in_lines(command, 40) == "scp -P 8022 \\\n'kim@10.0.0.5:/reports/a b.xlsx' ."
    long = scp_command(f"/reports/{'x' * 60}", "kim", ("10.0.0.5", 8022), "seoul")
    assert max(map(cell_len, in_lines(long, 40).split("\n"))) <= 40
    assert shlex.split(in_lines(long, 40).replace("\\\n", "")) == shlex.split(long)
    assert shlex.split(in_lines(command, 10).replace("\\\n", " ")) == shlex.split(command)
    assert "'\"'\"'" in scp_command("/reports/it's", "kim", None, "seoul")
