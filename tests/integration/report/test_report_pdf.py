"""The PDF as others read it: Poppler finds the Korean and its fonts, nothing leaves the paper or covers another."""

import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from html import unescape
from itertools import groupby

import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batmon.errors import ReportError
from batmon.report import pdf
from batmon.report.document import (
    Chart,
    Column,
    Definition,
    Document,
    Facts,
    Figure,
    Figures,
    Finding,
    Findings,
    Heatmap,
    Kind,
    Lines,
    Moment,
    Paragraph,
    Section,
    Series,
    Table,
    Timeline,
)
from batmon.report.pdf.style import BOTTOM, SIDE
from batmon.report.render import render
from tests.report_documents import HOSTILE, LONG, NOW, capacity, every_block, monthly, savings, weekly

WORD = re.compile(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*)</word>')
PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)"')


def tool(*words):
    return subprocess.run(words, check=True, capture_output=True).stdout.decode(errors="replace")


def written(document, folder, **more):
    path = folder / "report.pdf"
    pdf.write(document, path, **more)
    return path


def text_of(path):
    return tool("pdftotext", "-layout", str(path), "-")


def words_of(path):
    """(page, page's width, page's height, left, top, right, bottom, word) of every word, as Poppler sees them."""
    page, size = 0, (0.0, 0.0)
    for line in tool("pdftotext", "-bbox", str(path), "-").splitlines():
        if found := PAGE.search(line):
            page, size = page + 1, (float(found[1]), float(found[2]))
        elif found := WORD.search(line):
            yield page, *size, *map(float, found.groups()[:4]), unescape(found[5])


def overlaps(path):
    """Words that cover one another by more than letters of neighbouring lines touch."""
    for _, page in groupby(words_of(path), key=lambda word: word[0]):
        words = sorted(page, key=lambda word: word[4])
        for at, (_, _, _, left, top, right, bottom, one) in enumerate(words):
            for _, _, _, other_left, other_top, other_right, other_bottom, other in words[at + 1 :]:
                if other_top > bottom:
                    break
                wide = min(right, other_right) - max(left, other_left)
                high = min(bottom, other_bottom) - max(top, other_top)
                if wide > 1 and high > 0.45 * min(bottom - top, other_bottom - other_top):
                    yield one, other


def outside(path):
    return [
        word
        for _, width, height, left, top, right, bottom, word in words_of(path)
        if left < SIDE - 1 or right > width - SIDE + 1 or top < 20 or bottom > height - BOTTOM + 30
    ]


def document(*blocks, **more):
    return Document(
        template="t", title="제목", timezone="Asia/Seoul", made_at=NOW,
        sections=(Section(key="s", title="절", blocks=blocks),), **more,
    )  # fmt: skip


def rows(count, columns=4, text="이름"):
    kinds = tuple(Column(key=f"c{at}", title=f"열 {at}", kind=Kind.COUNT if at else Kind.TEXT) for at in range(columns))
    return Table(
        key="t", title="표 제목", columns=kinds, rows=[(f"{text}-{row}", *range(columns - 1)) for row in range(count)]
    )


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("make", [weekly, monthly, savings, capacity])
@pytest.mark.parametrize("programs", [1, 12])
def test_nothing_leaves_the_paper_and_no_word_covers_another(tmp_path, make, language, programs):
    path = written(make(programs, language=language), tmp_path)
    assert outside(path) == []
    assert list(overlaps(path)) == []


@pytest.mark.parametrize("more", [{"hostile": True}, {"empty": True}, {"programs": 150}])
def test_nor_in_hostile_empty_and_large_reports(tmp_path, more):
    path = written(weekly(**more), tmp_path)
    assert outside(path) == []
    assert list(overlaps(path)) == []


def test_words_that_do_cover_one_another_are_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr("batmon.report.pdf.tables.AIR", -4.0)
    assert list(overlaps(written(document(rows(20)), tmp_path)))


def test_korean_is_found_and_every_font_is_inside_and_cut_down_to_what_is_used(tmp_path):
    path = written(weekly(), tmp_path)
    text = text_of(path)
    assert "주간 운영 보고서" in text
    assert "한빛 데이터허브" in text
    assert "세금계산서 수집" in text
    fonts = [line.split() for line in tool("pdffonts", str(path)).splitlines()[2:]]
    assert fonts
    for line in fonts:
        assert re.match(r"[A-Z]{6}\+", line[0])
        assert "TrueType" in line
        assert line[-5:-2] == ["yes", "yes", "yes"]  # embedded, subset, its letters can be searched
    assert path.stat().st_size < 400_000


def test_the_file_says_what_it_is(tmp_path):
    reader = pypdf.PdfReader(written(weekly(), tmp_path))
    said = reader.metadata
    assert said.title == "주간 운영 보고서 2026-11-14 – 2026-11-20"
    assert said.author == "한빛 데이터허브"
    assert said.creator == "BATMON"
    assert said.creation_date == NOW
    assert reader.trailer["/Root"]["/Lang"] == "ko"
    assert reader.trailer["/Root"]["/ViewerPreferences"]["/DisplayDocTitle"]


def test_the_same_document_makes_the_same_bytes(tmp_path):
    first, second = tmp_path / "first.pdf", tmp_path / "second.pdf"
    pdf.write(monthly(), first)
    pdf.write(monthly(), second)
    assert first.read_bytes() == second.read_bytes()


def test_every_page_has_its_number_and_every_later_one_the_title_and_the_period(tmp_path):
    path = written(monthly(40), tmp_path)
    pages = text_of(path).split("\f")[:-1]
    assert len(pages) > 5
    for number, page in enumerate(pages, 1):
        lines = page.strip().splitlines()
        assert lines[-1].endswith(f"{number} / {len(pages)}")
        assert (number == 1) != bool(re.match(r"월간 SLA 보고서\s+2026-10-01 – 2026-10-31$", lines[0].strip()))


def test_parts_are_bookmarks_and_links_lead_to_where_they_are(tmp_path):
    made = monthly(40)
    reader = pypdf.PdfReader(written(made, tmp_path))
    titles = {one.title: reader.get_destination_page_number(one) for one in reader.outline}
    assert set(titles) >= {one.title for one in made.sections if one.level == 1}
    first = reader.pages[0]
    led = [link.get_object() for link in first["/Annots"]]
    assert len(led) >= 6
    names = reader.named_destinations
    assert all(link["/Dest"][0].get_object()["/Type"] == "/Page" if not isinstance(link["/Dest"], str)
               else link["/Dest"] in names for link in led)  # fmt: skip
    lines = {line.strip() for line in text_of(tmp_path / "report.pdf").split("\f")[0].splitlines()}
    contents = " ".join(sorted(lines))
    for title, page in titles.items():
        if page > 1 and title in {one.title for one in made.sections if not one.summary}:
            assert re.search(rf"{re.escape(title)}\s+{page + 1}(?!\d)", contents), title


def test_subsections_are_bookmarks_below_theirs_and_a_lonely_one_is_no_fault(tmp_path):
    sections = tuple(
        Section(key=str(at), title=f"절 {at}", blocks=(Paragraph(text="글"),), level=level)
        for at, level in enumerate((2, 1, 2, 2, 1))
    )
    path = written(Document(template="t", title="d", made_at=NOW, sections=sections), tmp_path)
    outline = pypdf.PdfReader(path).outline
    assert [one.title if not isinstance(one, list) else [two.title for two in one] for one in outline] == [
        "절 0", "절 1", ["절 2", "절 3"], "절 4",
    ]  # fmt: skip


def test_a_figure_and_a_column_with_a_definition_lead_to_it(tmp_path):
    made = document(
        Figures(items=(Figure(key="success_rate", title="성공률", value=0.5, kind=Kind.PERCENT),)),
        Table(
            key="t", title="", columns=(Column(key="success_rate", title="성공률", kind=Kind.PERCENT),), rows=[(0.5,)]
        ),
        definitions=(Definition(key="success_rate", title="성공률", text="성공 / 끝난 실행"),),
    )
    page = pypdf.PdfReader(written(made, tmp_path)).pages[0]
    assert len(page["/Annots"]) == 2


def test_a_long_table_has_every_row_once_and_its_head_on_every_page(tmp_path):
    path = written(document(rows(300)), tmp_path)
    pages = text_of(path).split("\f")[:-1]
    assert len(pages) > 4
    found = [int(row) for page in pages for row in re.findall(r"이름-(\d+)", page)]
    assert found == list(range(300))
    assert all(len(re.findall(r"열\s*0", page)) == 1 for page in pages)
    assert all(len(re.findall(r"이름-\d+", page)) >= 2 for page in pages)


def test_no_heading_stands_alone_at_the_end_of_a_page(tmp_path):
    for filling in range(24, 48, 2):
        sections = (
            Section(key="a", title="앞", blocks=(Paragraph(text="\n".join(f"줄 {at}" for at in range(filling))),)),
            Section(key="b", title="표가 있는 절", blocks=(rows(30),)),
        )
        path = written(Document(template="t", title="d", made_at=NOW, sections=sections), tmp_path)
        for page in pypdf.PdfReader(path).pages:
            text = page.extract_text()
            if "표가 있는 절" in text:
                assert text.count("이름-") >= 2


def test_a_total_stays_with_its_table(tmp_path):
    for count in range(37, 43):
        table = replace(rows(count), total=("합계", 1, 2, 3))
        pages = pypdf.PdfReader(written(document(table), tmp_path)).pages
        last = pages[-1].extract_text()
        assert "합계" in last
        assert last.count("이름-") >= 1


def test_a_table_that_is_too_wide_is_turned_and_the_next_part_is_upright_again(tmp_path):
    columns = tuple(Column(key=str(at), title=f"열 {at}", kind=Kind.MONEY) for at in range(14))
    wide = Table(key="w", title="넓은 표", columns=columns, rows=[(1_234_567,) * 14] * 30)
    reader = pypdf.PdfReader(written(document(Paragraph(text="앞"), wide, Paragraph(text="뒤")), tmp_path))
    turned = [page.mediabox.width > page.mediabox.height for page in reader.pages]
    assert turned[0] is False
    assert turned[-1] is False
    assert any(turned)
    assert all(page.extract_text().strip() for page in reader.pages)


def test_too_many_rows_are_cut_and_said(tmp_path):
    path = written(document(rows(20_000, columns=2)), tmp_path)
    text = text_of(path)
    assert "20,000" in text
    assert "이름-1999" in text
    assert "이름-2000" not in text


@pytest.mark.parametrize(
    "content",
    [LONG, "a" * 40_000, "\n" * 40_000, "😀" * 40_000, "\x00\x1b[2J" * 10_000],
    ids=["words", "one word", "lines", "emoji", "controls"],
)
def test_40_000_letters_anywhere_neither_fail_nor_take_many_pages(tmp_path, content):
    columns = (Column(key="c", title=content), Column(key="d", title="수", kind=Kind.COUNT))
    rows = [(content, content), (content, 10**50)]
    series = (Series(title=content, values=(1, 2)),) * 2
    finding = Finding(key="f", title=content, text=content, program=content, evidence=(content,) * 30)
    made = document(
        Paragraph(text=content),
        Figures(items=(Figure(key="f", title=content, value=content, kind=Kind.TEXT, note=content),) * 5),
        Table(key="t", title=content, columns=columns, rows=rows, total=rows[0], note=content, empty=content),
        Chart(key="c", title=content, shape="rows", labels=(content, "나"), series=series),
        Chart(key="c", title=content, shape="line", labels=(content, "나"), series=series),
        Heatmap(key="h", title=content, rows=(content,), columns=(content,), values=((0.5,),), note=content),
        Findings(items=(finding,)),
        Timeline(title=content, items=(Moment(at=NOW, title=content, by=content, text=content),)),
        Lines(title=content, lines=(content,), marked=(0,)),
        Facts(title=content, items=((content, content, Kind.TEXT),)),
        organisation=content,
        subtitle=content,
        made_by=content,
        node=content,
        definitions=(Definition(key="d", title=content, text=content),),
    )
    path = written(replace(made, title=content), tmp_path)
    assert len(pypdf.PdfReader(path).pages) <= 9
    assert list(overlaps(path)) == []


def test_hostile_names_are_letters_and_nothing_else(tmp_path):
    path = written(every_block(hostile=True), tmp_path)
    text = text_of(path)
    assert "<script>alert(1)</script>" in text
    assert '=HYPERLINK("http://evil","click")' in text
    assert "\x1b" not in text
    content = path.read_bytes()
    for word in (b"/JavaScript", b"/URI", b"/Launch", b"/EmbeddedFile"):
        assert word not in content


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_report_of_nothing_says_so(tmp_path, language):
    text = text_of(written(Document(template="t", title="빈 보고서", language=language, made_at=NOW), tmp_path))
    assert ("내용이 없습니다" if language == "ko" else "nothing in this report") in text


def test_a_text_that_is_prescribed_is_shown_as_it_is(tmp_path):
    made = Document(
        template="batch_run", title="배치", made_at=NOW, text="# 배치 리포트\n\n| 계정 | 결과 |\n|---|---|\n"
    )
    assert "| 계정 | 결과 |" in text_of(written(made, tmp_path))


def test_what_belongs_on_the_first_page_stands_before_the_rest_with_what_belongs_to_it(tmp_path):
    titles = (
        ("나머지", False, 1),
        ("나머지 아래", False, 2),
        ("요약", True, 1),
        ("요약 아래", False, 2),
        ("둘째", True, 1),
    )
    sections = tuple(
        Section(key=title, title=title, blocks=(Paragraph(text="글"),), summary=summary, level=level)
        for title, summary, level in titles
    )
    outline = pypdf.PdfReader(
        written(Document(template="t", title="d", made_at=NOW, sections=sections), tmp_path)
    ).outline
    assert [one.title if not isinstance(one, list) else [two.title for two in one] for one in outline] == [
        "요약", ["요약 아래"], "둘째", "나머지", ["나머지 아래"],
    ]  # fmt: skip


def test_times_are_those_of_the_documents_zone_and_statuses_are_words(tmp_path):
    made = document(
        Facts(items=(("시작", NOW, Kind.TIME), ("상태", "ERROR", Kind.STATUS))),
        Timeline(
            title="경과", items=(Moment(at=NOW + timedelta(minutes=1), title="사건"), Moment(at=None, title="언제인지"))
        ),
    )
    text = text_of(written(made, tmp_path))
    assert "2026-11-21 09:30:00" in text
    assert "2026-11-21 09:31:00" in text
    assert "시각 모름" in text
    assert "오류" in text


def test_a_font_that_cannot_be_used_is_an_error_for_people(tmp_path):
    own = tmp_path / "own.ttf"
    own.write_bytes(b"no font")
    with pytest.raises(ReportError, match=r"\[reports\] font"):
        render(weekly(1), "pdf", tmp_path / "report.pdf", font=own)
    assert not (tmp_path / "report.pdf").exists()


TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60))
NUMBERS = st.one_of(
    st.none(), st.floats(-1e15, 1e15), st.sampled_from((float("nan"), float("inf"))), st.integers(-(10**9), 10**9)
)
CELLS = st.one_of(NUMBERS, TEXTS, st.booleans(), st.just(NOW), st.just(NOW.date()))


@st.composite
def tables(draw):
    kinds = draw(st.lists(st.sampled_from(Kind), min_size=1, max_size=25))
    columns = tuple(
        Column(
            key=str(at), title=draw(TEXTS), kind=kind, better="high", limits=draw(st.sampled_from((None, (0.9, 0.5))))
        )
        for at, kind in enumerate(kinds)
    )
    line = st.tuples(*[CELLS] * len(kinds))
    return Table(key="t", title=draw(TEXTS), columns=columns, rows=draw(st.lists(line, max_size=8)),
                 total=draw(st.one_of(st.none(), line)), note=draw(TEXTS))  # fmt: skip


@st.composite
def charts(draw):
    labels = tuple(draw(st.lists(TEXTS, max_size=20)))
    values = st.tuples(*[NUMBERS] * len(labels))
    series = tuple(
        Series(title=draw(TEXTS), values=draw(values), tone=draw(st.sampled_from(("", "good", "bad"))))
        for _ in range(draw(st.integers(0, 4)))
    )
    shape = draw(st.sampled_from(("line", "bars", "stacked", "rows")))
    return Chart(
        key="c", title=draw(TEXTS), shape=shape, labels=labels, series=series, kind=draw(st.sampled_from(Kind))
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(blocks=st.lists(st.one_of(tables(), charts(), st.builds(Paragraph, text=TEXTS)), max_size=5))
def test_whatever_is_in_a_document_becomes_a_pdf(tmp_path_factory, blocks):
    path = written(document(*blocks), tmp_path_factory.getbasetemp())
    assert 1 <= len(pypdf.PdfReader(path).pages) <= 20
