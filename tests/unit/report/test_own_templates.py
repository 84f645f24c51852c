"""Own templates: what the document shows can be loaded, and every mistake is named with its line."""

import re
import tomllib
from pathlib import Path

import pytest

from batmon.engine.reports.making import templates, usable_templates
from batmon.errors import ConfigError
from batmon.report.document import Kind
from batmon.report.own import own_file, read_file, read_folder

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "reports.md").read_text("utf-8")
EXAMPLE = re.search(r"```toml\n# reports/(\w+)\.toml\n(.*?)```", DOCUMENT, re.DOTALL)
GOOD = 'title = "Ours"\n[[sections]]\nuse = "summary"\n'


def write(folder, text, name="ours"):
    """An own template with this text."""
    path = folder / "reports" / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def problems(folder, text, name="ours"):
    """All that is wrong with it, one a line."""
    with pytest.raises(ConfigError) as raised:
        read_file(write(folder, text, name))
    assert raised.value.hint == "see docs/reports.md"
    return [str(problem) for problem in raised.value.problems]


def test_the_example_of_the_document_can_be_loaded(tmp_path):
    own = read_file(write(tmp_path, EXAMPLE[2], EXAMPLE[1]))
    assert own.template.name == "finance_month"
    assert own.template.titles == {"ko": "재무팀 자동화 월간 보고", "en": "Finance automation, monthly"}
    assert (own.template.span, own.template.formats, own.template.own) == ("month", ("excel", "pdf"), True)
    assert own.programs == ("invoice_*", "tax_*")
    assert [one.use for one in own.sections] == ["summary", "trend", "programs", None, "definitions"]
    assert own.sections[2].programs == ("invoice_*",)
    query = own.sections[3]
    assert query.sql.names == ("from", "to")
    assert [column.kind for column, _ in query.columns] == [Kind.TEXT, Kind.COUNT, Kind.HOURS, Kind.DATE]
    assert query.chart.values == ("items",)


def test_every_key_of_the_document_s_table_is_one_and_no_other():
    known = {"title", "text", "span", "formats", "programs", "use", "sql", "columns", "key", "kind", "width", "better",
             "chart", "new_page"}  # fmt: skip
    table = DOCUMENT.partition("| key | of | what it is |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\|([^|]+)\|", table, re.MULTILINE)))) == known


def test_one_text_stands_for_both_languages(tmp_path):
    own = read_file(write(tmp_path, GOOD))
    assert own.template.titles == {"ko": "Ours", "en": "Ours"}
    assert own.template.span == "month"
    assert own.template.all_formats == ("excel", "pdf", "md", "json")
    half = read_file(write(tmp_path, GOOD.replace('title = "Ours"', 'title.ko = "우리"')))
    assert half.template.titles == {"ko": "우리", "en": "우리"}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", ['"title" is missing', "there are no sections"]),
        ('title = "x"\n', ["there are no sections"]),
        ('title = ""\n[[sections]]\nuse = "summary"\n', ["reports/ours.toml:1: title: the text is empty"]),
        (GOOD.replace("summary", "sumary"), ["reports/ours.toml:3: sections[0].use: 'sumary' is no section"]),
        (GOOD + "colour = 1\n", ["reports/ours.toml:4: sections[0].colour: unknown key"]),
        ('span = "decade"\n' + GOOD, ["reports/ours.toml:1: span: 'decade' is no span; use week"]),
        ('formats = ["docx"]\n' + GOOD, ["reports/ours.toml:1: formats[0]: 'docx' is no format"]),
        ('title.fr = "x"\n[[sections]]\nuse = "summary"\n', ["title.fr: unknown key"]),
        (GOOD + 'sql = "SELECT 1"\n', ['sections[0].sql: a section has either "use" or a query']),
        ('title = "x"\n[[sections]]\ntitle = "y"\n', ["sections[0]: the section says nothing"]),
        ('title = "x"\n[[sections]]\nsql = "SELECT 1"\n', ['sections[0]: "title" is missing']),
        ('title = "x"\n[[sections]]\ntitle = "y"\nsql = "DELETE FROM programs"\n', ["a report only reads"]),
        ('title = "x"\n[[sections]]\ntitle = "y"\nsql = "SELECT 1; SELECT 2"\n', ["a step has one statement"]),
        ('title = "x"\n[[sections]]\ntitle = "y"\nsql = "SELECT :form"\n', ["there is no :form; use :from, :to"]),
        ('title = "x"\n[[sections]]\ntitle = "y"\ntext = "z"\nchart = {shape = "pie"}\n',
         ["sections[0].chart.shape: 'pie' is no shape", 'sections[0].chart: "labels" is missing', '"sql" is missing']),
        ('title = "x"\n[[sections]]\ntitle = "y"\nsql = "SELECT 1 AS a"\ncolumns = [{key = "a", kind = "euro"}]\n',
         ["columns[0].kind: 'euro' is no kind; use text, count"]),
        ('title = "x"\n[[sections]]\ntitle = "y"\ntext = "z"\nprograms = ["a"]\n', ["a query says itself"]),
        ("title = \n", ["not TOML"]),
    ],
)  # fmt: skip
def test_every_mistake_is_named_with_its_place(tmp_path, text, wrong):
    found = problems(tmp_path, text)
    for words in wrong:
        assert any(words in problem for problem in found), (words, found)


def test_all_mistakes_come_at_once(tmp_path):
    text = 'span = "x"\nformats = ["y"]\n[[sections]]\nuse = "z"\n[[sections]]\nsql = ""\n'
    assert len(problems(tmp_path, text)) >= 5


def test_a_file_is_called_as_templates_are(tmp_path):
    assert any("is the name of a template that is shipped" in one for one in problems(tmp_path, GOOD, "weekly_ops"))
    assert any("small letters" in one for one in problems(tmp_path, GOOD, "Großes Ding"))
    assert own_file(tmp_path / "reports", "../reports/weekly_ops") is None


def test_one_bad_template_leaves_the_others(tmp_path):
    write(tmp_path, GOOD)
    write(tmp_path, "title = 1\n", "bad")
    found, wrong = read_folder(tmp_path / "reports")
    assert list(found) == ["ours"]
    assert all("reports/bad.toml" in str(problem) for problem in wrong)
    usable, same = usable_templates(tmp_path / "reports")
    assert "ours" in usable
    assert len(same) == len(wrong)
    with pytest.raises(ConfigError, match=r"reports/bad\.toml"):
        templates(tmp_path / "reports")


def test_without_a_folder_there_are_the_shipped_ones(tmp_path):
    shipped = list(templates(None))
    assert shipped[:5] == ["weekly_ops", "monthly_sla", "incident_rca", "capacity_plan", "rpa_savings"]
    assert list(templates(tmp_path / "reports")) == shipped


def test_the_document_names_every_shipped_template():
    for name, template in templates(None).items():
        assert f"`{name}`" in DOCUMENT
        assert template.titles["ko"] in DOCUMENT
    assert tomllib.loads(EXAMPLE[2])
