"""Reports as Markdown: nothing that comes from outside is markup, tables stand straight, charts can be read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from batmon.report.document import Chart, Column, Document, Kind, Section, Series, Table
from batmon.report.markdown import levels, text
from batmon.report.markdown_text import CELL_CHARS, block_text, fence, inline, table
from batmon.report.values import columns
from tests import report_documents

AT = datetime(2026, 11, 21, tzinfo=UTC)


def document(*blocks, language="ko"):
    sections = (Section(key="one", title="하나", blocks=blocks),)
    return Document(template="t", title="제목", language=language, timezone="Asia/Seoul", made_at=AT, sections=sections)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("fund_mail_001", "fund_mail_001"),
        ("_강조_", "\\_강조\\_"),
        ("a*b*", "a\\*b\\*"),
        ("`code`", "\\`code\\`"),
        ("[click](javascript:1)", "[click\\](javascript:1)"),
        ("![x](y)", "![x\\](y)"),
        ("[ref]: http://evil", "[ref\\]: http://evil"),
        ("<script>", "\\<script>"),
        ("a|b", "a\\|b"),
        ("~~gone~~", "\\~\\~gone\\~\\~"),
        ("11-01 ~ 11-30", "11-01 ~ 11-30"),
        ("&amp; & &#65;", "\\&amp; & \\&#65;"),
        ("C:\\logs\\a", "C:\\logs\\a"),
        ("end\\", "end\\\\"),
        ("\\|", "\\\\\\|"),
        ("\x1b[31mred\x07", "␛[31mred␇"),
        ("\ud800", "⟨U+D800⟩"),
        ("two\nlines", "two lines"),
    ],
)
def test_text_stays_text_and_readable(given, written):
    assert inline(given) == written


@pytest.mark.parametrize("line", ["# a", "> a", "- a", "+ a", "===", "---", "1. a", "12) a", "* a"])
def test_no_line_begins_a_block(line):
    for written in (block_text(line), block_text(f"before\n{line}").split("\n")[1]):
        assert "\\" in written.strip()[:4]
    assert block_text("-5 and 1.5 are numbers") == "-5 and 1.5 are numbers"


def test_no_line_ends_a_block_of_code():
    lines = list(fence(["a", "```", "`````", "\x1b[2J"]))
    assert lines[0] == "``````text"
    assert lines[-1] == "``````"
    assert lines[4] == "␛[2J"


def test_a_table_stands_straight_also_in_korean():
    lines = list(table(("이름", "count"), (("가나다라", "1"), ("a|b", "22")), (False, True)))
    assert lines[1] == "| -------- | ----: |"
    assert {columns(line) for line in lines} == {columns(lines[0])}


def test_a_cell_of_40000_characters_is_cut_and_says_so():
    (_, _, row) = table(("a",), [("x" * 40_000,)], (False,))
    assert len(row) < CELL_CHARS + 40
    assert row.endswith("… (40,000) |")


def test_a_long_course_is_levels_and_a_short_one_has_its_values():
    values = tuple(float(n) for n in range(30))
    labels = tuple(f"11-{n + 1:02d}" for n in range(30))
    long = Chart(key="c", title="실행", shape="stacked", labels=labels, series=(Series(title="성공", values=values),))
    assert "▁▁▁▂▂▂▂▃▃▃▃▄▄▄▄▅▅▅▅▆▆▆▆▇▇▇▇███"[:3] in text(document(long))
    short = replace(long, labels=labels[:3], series=(Series(title="성공", values=(1, None, 4)),))
    written = text(document(short))
    assert re.search(r"\| 11-03 +\| +4 \| █{24} \|", written)
    assert re.search(r"\| 11-02 +\| +– \| +\|", written)


def test_levels_bear_nothing_negative_and_all_the_same():
    assert levels((None, None)) == "··"
    assert levels((0, 0)) == "▁▁"
    assert levels((-4, 0, 4)) == "▁▄█" or levels((-4, 0, 4)) == "▁▅█"
    assert levels((0.9, 1.0), from_least=True) == "▁█"
    assert levels(()) == ""
    assert levels((float("nan"), 1, float("inf"))) == "·█·"


def test_limits_and_states_show_as_signs():
    heads = (
        Column(key="s", title="상태", kind=Kind.STATUS),
        Column(key="a", title="가용률", kind=Kind.PERCENT, better="high", limits=(0.99, 0.95)),
    )
    written = text(document(Table(key="t", title="표", columns=heads, rows=[("ERROR", 0.9), ("OK", 1.0)])))
    assert "| ✗ 오류 | ✗ 90.0% |" in written
    assert "| ✓ 정상 |  100.0% |" in written


def test_a_prescribed_text_is_the_report_word_for_word():
    assert text(replace(document(), text="# 배치\n*x*  \n")) == "# 배치\n*x*  \n"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_block_can_be_written(language):
    written = text(report_documents.every_block(language, hostile=True))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", written)
    assert "<script>" not in written.replace("\\<script>", "")
    written.encode("utf-8")


@pytest.mark.parametrize("programs", [1, 40])
def test_real_reports_have_only_whole_tables(programs):
    for made in report_documents.documents(programs, hostile=True):
        for block in re.findall(r"(?:^\|.*\n)+", text(made), re.MULTILINE):
            counts = {len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in block.splitlines()}
            assert len(counts) == 1, block
