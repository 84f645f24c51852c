"""Reports as workbooks, read again by openpyxl and converted by LibreOffice: typed, whole, and nothing in them acts."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl.worksheet.cell_range import CellRange
from pypdf import PdfReader

from batmon.errors import StoreUnavailable
from batmon.report.document import (
    Chart,
    Column,
    Data,
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
from batmon.report.render import render
from batmon.report.workbook import write
from batmon.report.workbook.cells import CELL_UNITS, fitting, sheet_name
from tests import report_documents

AT = datetime(2026, 11, 20, 21, 0, 12, tzinfo=UTC)
HEADS = (
    Column(key="name", title="이름"),
    Column(key="day", title="일자", kind=Kind.DATE),
    Column(key="at", title="시각", kind=Kind.TIME),
    Column(key="took", title="소요", kind=Kind.SECONDS, better="low", limits=(60, 600)),
    Column(key="rate", title="성공률", kind=Kind.PERCENT, better="high", limits=(0.99, 0.95)),
    Column(key="count", title="건수", kind=Kind.COUNT),
    Column(key="money", title="금액", kind=Kind.MONEY),
    Column(key="status", title="상태", kind=Kind.STATUS),
)
ROW = ("kindscrap", date(2026, 11, 21), AT, 3723.0, 0.9712, 1234, 1250000, "ERROR")
HOSTILE = (
    '=HYPERLINK("http://evil","x")', "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "#N/A", "TRUE", "007", "_x0041_",
    "\x1b[31mred\x07", "\ud800", "🚀👩‍💻", "a\tb", " spaces ", "<b>&amp;</b>", "x" * 40_000, "\ufffe",
)  # fmt: skip


def document(*sections, data=(), **more):
    more = {"title": "제목", "language": "ko", **more}
    return Document(template="t", timezone="Asia/Seoul", made_at=AT, sections=sections, data=data, **more)


def table(rows, heads=HEADS, **more):
    return Table(key="t", title="표", columns=heads, rows=rows, **more)


def section(*blocks, title="부분", **more):
    return Section(key="s", title=title, blocks=blocks, **more)


def written(made, tmp_path):
    """The workbook as openpyxl reads it."""
    path = tmp_path / "book.xlsx"
    write(made, path)
    return openpyxl.load_workbook(path)


def xml(path, name):
    """A part of the file."""
    with zipfile.ZipFile(path) as archive:
        return etree.fromstring(archive.read(name))


def test_cells_have_the_types_that_their_columns_say(tmp_path):
    sheet = written(document(section(table([ROW], total=("합계", *(None,) * 7)))), tmp_path)["부분"]
    assert [cell.value for cell in sheet[3]] == ["이름", "일자", "시각", "소요", "성공률", "건수", "금액", "상태"]
    name, day, at, took, rate, count, money, status = sheet[4]
    assert name.value == "kindscrap"
    assert (day.value, day.number_format) == (datetime(2026, 11, 21), "yyyy-mm-dd")  # noqa: DTZ001 - Excel knows no zones
    assert at.value == datetime(2026, 11, 21, 6, 0, 12)  # noqa: DTZ001 - as above; in the document's zone
    assert took.number_format == '[<0.000115741]s.0"초";[h]:mm:ss'
    assert took.value == time(1, 2, 3)
    assert (rate.value, rate.number_format.split(";")[0]) == (0.9712, "[<0.9995]0.0%")
    assert (count.value, count.number_format) == (1234, "#,##0")
    assert (money.value, money.number_format) == (1250000, '#,##0"원"')
    assert status.value == "오류"
    assert sheet["A5"].value == "합계"


def test_a_table_stays_in_sight_and_can_be_filtered(tmp_path):
    sheet = written(document(section(table([ROW, ROW], total=ROW))), tmp_path)["부분"]
    assert sheet.freeze_panes == "B4"
    assert sheet.auto_filter.ref == "A3:H5"
    assert sheet.print_title_rows == "$3:$3"
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.column_dimensions["A"].width >= len("kindscrap")


def test_limits_and_states_are_formats_of_excel_itself(tmp_path):
    sheet = written(document(section(table([ROW, ROW]))), tmp_path)["부분"]
    found = {str(one.sqref): [rule.formula[0] for rule in one.rules] for one in sheet.conditional_formatting}
    assert found["E4:E5"] == ["AND(ISNUMBER(E4),E4<0.95)", "AND(ISNUMBER(E4),E4<0.99)"]
    assert found["D4:D5"][0] == "AND(ISNUMBER(D4),D4>=0.006944444444)"
    assert any('H4="오류"' in formula and 'H4="실패"' in formula for formula in found["H4:H5"])


@pytest.mark.parametrize("language", ["ko", "en"])
def test_no_text_is_a_formula_wherever_it_stands(tmp_path, language):
    heads = (Column(key="a", title=HOSTILE[0]), Column(key="b", title="b"))
    rows = [(text, text) for text in HOSTILE]
    made = document(
        section(Paragraph(text=HOSTILE[0]), table(rows[:3], heads), title=HOSTILE[0], summary=True),
        section(table(rows, heads, total=(HOSTILE[1], HOSTILE[2])), Paragraph(text=HOSTILE[8])),
        data=(Data(key="d", title=HOSTILE[1], columns=heads, rows=lambda: iter(rows)),),
        title=HOSTILE[0], language=language,
    )  # fmt: skip
    book = written(made, tmp_path)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in "sn", (sheet.title, cell.coordinate, cell.value)
                assert not re.search("[\x00-\x09\x0b-\x1f\ud800-\udfff]", str(cell.value or ""))
    with zipfile.ZipFile(tmp_path / "book.xlsx") as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/sheet"):
                assert b"<f>" not in archive.read(name)
    sheet = book["부분"]
    values = [sheet.cell(row, 1).value for row in range(4, 4 + len(HOSTILE))]
    assert values[:4] == list(HOSTILE[:4])
    assert values[7] == "_x005F_x0041_"  # Excel reads it as _x0041_, openpyxl as it stands
    assert values[8] == "␛[31mred␇"
    assert values[12] == " spaces "
    assert len(values[14]) <= CELL_UNITS
    assert values[14].endswith("(40,000 characters)")


def test_numbers_that_excel_cannot_keep_stay_what_they_are(tmp_path):
    heads = (Column(key="a", title="a", kind=Kind.COUNT), Column(key="b", title="b", kind=Kind.TIME))
    rows = [
        (10**40, datetime(1, 1, 2, tzinfo=UTC)),
        (float("nan"), datetime(1899, 1, 1, tzinfo=UTC)),
        (float("-inf"), datetime(9999, 1, 1, tzinfo=UTC)),
        (4711000000000001, None),
        (True, "a word"),
    ]
    data = Data(key="d", title="자료", columns=heads, rows=lambda: iter(rows))
    sheet = written(document(data=(data,)), tmp_path)["자료"]
    assert [sheet.cell(row, 1).value for row in range(2, 7)] == [str(10**40), None, None, "4711000000000001", "예"]
    assert sheet["B2"].value == "0001-01-02 08:27:52"
    assert sheet["B3"].value.startswith("1899-01-01")
    assert sheet["B4"].value.year == 9999
    assert sheet["B6"].value == "a word"


@pytest.mark.parametrize(("value", "kept"), [(-90.0, "-1분 30초"), (1e12, "11574074일 1시간"), (float("nan"), "–")])
def test_a_duration_that_excel_cannot_show_is_words(tmp_path, value, kept):
    heads = (Column(key="s", title="소요", kind=Kind.SECONDS), HEADS[0])
    assert written(document(section(table([(value, "x")], heads))), tmp_path)["부분"]["A4"].value == kept


def test_durations_of_data_are_durations_to_whoever_reads_them(tmp_path):
    heads = (Column(key="s", title="소요", kind=Kind.SECONDS),)
    data = Data(key="d", title="자료", columns=heads, rows=lambda: [(0.5,), (90_061.0,)])
    sheet = written(document(data=(data,)), tmp_path)["자료"]
    assert [sheet["A2"].value, sheet["A3"].value] == [timedelta(seconds=0.5), timedelta(seconds=90_061)]


def test_sheets_have_names_that_excel_takes(tmp_path):
    titles = ("A/B: [all]*?", "a b   all", "history", "x" * 60, "x" * 60, "🚀" * 40, "'", "", "요약")
    groups = [section(table([ROW]), title=title) for title in titles]
    names = written(document(*groups), tmp_path).sheetnames
    assert names[0] == "요약"
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert 0 < len(name.encode("utf-16-le")) // 2 <= 31
        assert not re.search(r"[\[\]:*?/\\]|^'|'$", name)
        assert name.lower() != "history"
    assert sheet_name("x" * 40, ["x" * 31]) == "x" * 29 + " 2"


def test_a_summary_shows_the_beginning_and_leads_to_the_whole(tmp_path):
    finds = Findings(
        items=tuple(Finding(key="k", title=f"일 {n}", text="설명", evidence=("가", "나")) for n in range(9))
    )
    rows = [(f"p{n}", *ROW[1:]) for n in range(40)]
    made = document(section(table(rows, HEADS), finds, title="요약", summary=True))
    book = written(made, tmp_path)
    assert book.sheetnames[:3] == ["요약", "표", "특이점"]
    assert book["표"].max_row == 43
    links = {
        one.get("location") for one in xml(tmp_path / "book.xlsx", "xl/worksheets/sheet1.xml").iter("{*}hyperlink")
    }
    assert links == {"'표'!A1", "'특이점'!A1"}
    said = [cell.value for row in book["요약"].iter_rows() for cell in row if isinstance(cell.value, str)]
    assert any("외 4건" in text for text in said) or any("외 6건" in text for text in said)
    summary = book["요약"]
    assert (summary.page_setup.fitToWidth, summary.page_setup.fitToHeight) == (1, 1)
    assert summary.print_area


def test_charts_are_native_and_draw_from_cells(tmp_path):
    chart = Chart(
        key="c", title="하루 실행", shape="stacked", labels=("11-01", "11-02", "11-03"),
        series=(Series(title="성공", values=(1, None, 3), tone="good"), Series(title="실패", values=(0, 1, 2))),
    )  # fmt: skip
    shapes = [replace(chart, key=shape, shape=shape) for shape in ("stacked", "bars", "rows", "line")]
    made = document(section(*shapes, title="요약", summary=True), section(replace(chart, series=(), labels=())))
    book = written(made, tmp_path)
    assert len(book["요약"]._charts) == 4
    sheet = book["차트 자료"]
    assert [cell.value for cell in sheet[2]][:3] == [None, "성공", "실패"]
    assert [cell.value for cell in sheet[4]][:3] == ["11-02", None, 1]
    drawn = xml(tmp_path / "book.xlsx", "xl/charts/chart1.xml")
    formulas = [found.text for found in drawn.iter("{*}f")]
    assert "'차트 자료'!$B$3:$B$5" in formulas
    assert "'차트 자료'!$A$3:$A$5" in formulas
    assert {found.get("val") for found in drawn.iter("{*}delete")} == {"0"}
    assert "".join(drawn.itertext()).count("하루 실행") == 1


def test_data_goes_on_on_another_sheet_when_one_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr("batmon.report.workbook.table.SHEET_ROWS", 4)
    rows = [(f"p{n}", *ROW[1:]) for n in range(7)]
    made = document(data=(Data(key="d", title="자료", columns=HEADS, rows=lambda: iter(rows), note="전부"),))
    book = written(made, tmp_path)
    assert [name for name in book.sheetnames if name.startswith("자료")] == ["자료", "자료 2", "자료 3"]
    found = [
        row[0] for name in ("자료", "자료 2", "자료 3") for row in book[name].iter_rows(min_row=2, values_only=True)
    ]
    assert found == [f"p{n}" for n in range(7)]
    assert book["자료"].freeze_panes == "B2"
    assert book["자료"].auto_filter.ref == "A1:H4"
    assert [cell.value for cell in book["용어 정의"][4]] == ["자료: 자료", "전부"]


def test_rows_that_fail_leave_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def rows():
        yield from [ROW] * 300
        raise StoreUnavailable("the database went away")

    made = document(section(table([ROW])), data=(Data(key="d", title="자료", columns=HEADS, rows=rows),))
    with pytest.raises(StoreUnavailable):
        write(made, tmp_path / "book.xlsx")
    with pytest.raises(OSError, match="nowhere"):
        write(replace(made, data=()), tmp_path / "nowhere" / "book.xlsx")
    gc.collect()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no limit for the size of files there")
def test_a_full_disk_is_an_error_of_the_system(tmp_path):
    code = """
import pathlib, resource, sys
from batmon.report.workbook import write
from tests.report_documents import weekly
made = weekly(60)
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
try:
    write(made, pathlib.Path(sys.argv[1]))
except OSError as error:
    print("OSError", error)
"""
    child = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "book.xlsx")],
        env={**os.environ, "TMPDIR": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert child.stdout.startswith("OSError"), child.stderr
    assert not child.stderr
    assert not list(tmp_path.glob("openpyxl*"))


def test_an_empty_document_is_a_workbook_too(tmp_path):
    made = document(
        section(table([], empty="없습니다"), title="빈 부분"),
        data=(Data(key="d", title="자료", columns=HEADS, rows=list),),
    )
    book = written(made, tmp_path)
    assert book.sheetnames == ["요약", "빈 부분", "자료"]
    assert any(cell.value == "없습니다" for row in book["빈 부분"].iter_rows() for cell in row)
    assert book.properties.creator == "BATMON"
    assert book.properties.title == "제목"


def test_a_wall_clock_that_is_shown_is_that_of_the_zone_on_both_sides_of_a_change(tmp_path):
    heads = (Column(key="at", title="at", kind=Kind.TIME),)
    moments = [datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)]
    made = document(data=(Data(key="d", title="d", columns=heads, rows=lambda: [(one,) for one in moments]),))
    sheet = written(replace(made, timezone="Europe/Berlin"), tmp_path)["d"]
    assert [f"{sheet.cell(row, 1).value:%H:%M}" for row in (2, 3)] == ["01:30", "03:30"]
    assert sheet["A1"].value == "at (Europe/Berlin)"


@pytest.mark.parametrize("programs", [1, 500])
def test_real_reports_open(tmp_path, programs):
    make = report_documents.monthly if programs > 1 else report_documents.weekly
    write(make(programs, hostile=programs > 1, data_rows=50), tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(tmp_path / "book.xlsx", read_only=True)
    assert book.sheetnames[0] == "요약"
    assert len({name.lower() for name in book.sheetnames}) == len(book.sheetnames)
    with zipfile.ZipFile(tmp_path / "book.xlsx") as archive:
        for name in archive.namelist():
            part = etree.fromstring(archive.read(name))
            merged = [CellRange(one.get("ref")) for one in part.iter("{*}mergeCell")]
            cells = Counter(cell for one in merged for row in one.rows for cell in row)
            assert max(cells.values(), default=1) == 1, name


def test_fitting_leaves_what_fits_and_cuts_what_does_not():
    assert fitting("가" * CELL_UNITS) == "가" * CELL_UNITS
    cut = fitting("🚀" * 20_000)
    assert len(cut.encode("utf-16-le")) // 2 <= CELL_UNITS
    assert cut.endswith("(20,000 characters)")


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(words="\ufffe_x0041_\ud800=1", size=-1.0)
@example(words="", size=float("nan"))
@example(words=" ", size=1e300)
@example(words="a", size=10**400)
@given(words=st.text(alphabet=st.characters(exclude_categories=()), max_size=60), size=st.floats() | st.integers())
def test_whatever_is_written_can_be_read_again(tmp_path, words, size):
    heads = (Column(key="a", title=words), Column(key="b", title="b", kind=Kind.SECONDS, limits=(1, 2)))
    made = document(
        section(
            Paragraph(text=words, tone="bad"),
            Figures(items=(Figure(key="f", title=words, value=size, before=1, note=words),)),
            table([(words, size)], heads, total=(words, size), note=words),
            Heatmap(key="h", title=words, rows=(words,), columns=(words,), values=((size,),)),
            Chart(key="c", title=words, shape="line", labels=(words,), series=(Series(title=words, values=(size,)),)),
            Findings(items=(Finding(key="k", title=words, text=words, program=words, evidence=(words,)),)),
            Timeline(title=words, items=(Moment(at=None, title=words, by=words, text=words),)),
            Lines(title=words, lines=(words,), marked=(0,)),
            Facts(title=words, items=((words, size, Kind.MONEY),)),
            title=words,
        ),
        data=(Data(key="d", title=words, columns=heads, rows=lambda: [(words, size)], note=words),),
        title=words,
    )
    book = written(made, tmp_path)
    assert book.sheetnames[0] == "요약"
    for sheet in book:
        assert all(cell.data_type in "snd" for row in sheet.iter_rows() for cell in row)
    render(made, "md", tmp_path / "report.md")
    render(made, "json", tmp_path / "report.json")
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["template"] == "t"


async def test_libreoffice_takes_it_without_repair_and_prints_the_summary_on_one_page(tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    heads = (Column(key="a", title="글"), Column(key="n", title="수", kind=Kind.COUNT))
    rows = [(text, number) for number, text in enumerate(HOSTILE)]
    real = report_documents.weekly(12, data_rows=20)
    made = replace(real, sections=(*real.sections, section(table(rows, heads), title="적대적")), data=())
    path = tmp_path / "report.xlsx"
    render(made, "excel", path)
    child = await asyncio.create_subprocess_exec(
        office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf",
        "--outdir", str(tmp_path), str(path), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(child.communicate(), 90)
    assert child.returncode == 0, said
    pages = [page.extract_text() for page in PdfReader(tmp_path / "report.pdf").pages]
    on_summary = [page for page in pages if re.search(r"^\s*요약", page, re.MULTILINE) and "1 / " in page]
    assert len(on_summary) == 1
    assert real.title in pages[0]
    for figure in ("가용률", "성공률"):
        assert figure in pages[0]
    whole = "\n".join(pages)
    assert '=HYPERLINK("http://evil","x")' in whole
    assert "#NAME?" not in whole
    assert "Err:" not in whole
    assert "###" not in pages[0]


OFFICE_FONT = (
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color", "name", "family",
    "charset", "scheme",
)  # fmt: skip
"""The parts of a font in the order that Office's schema prescribes."""


@pytest.mark.parametrize("hostile", [False, True])
def test_fonts_are_written_in_the_order_of_offices_schema(tmp_path, hostile):
    write(report_documents.every_block(hostile=hostile), tmp_path / "x.xlsx")
    with zipfile.ZipFile(tmp_path / "x.xlsx") as parts:
        styles = etree.fromstring(parts.read("xl/styles.xml"))
    fonts = [[etree.QName(part).localname for part in font] for font in styles.iter("{*}font")]
    assert len(fonts) > 10
    assert {"b", "sz", "color", "name"} <= {part for font in fonts for part in font}
    for font in fonts:
        assert font == sorted(font, key=OFFICE_FONT.index)
