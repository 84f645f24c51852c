"""[reports], and what a program says of its own worth."""

from datetime import timedelta

import pytest

from batmon.config import load
from batmon.config.reports import ReportsConfig
from batmon.engine.reports.problems import report_problems
from batmon.errors import ConfigError


def loaded(tmp_path, text):
    (tmp_path / "config.toml").write_text(text, "utf-8")
    return load(tmp_path / "config.toml", {"HOME": str(tmp_path), "TZ": "UTC"})


PROGRAM = """
[[programs]]
name = "a"
schedule = "0 6 * * *"
base_dir = "."
"""


def test_nothing_needs_to_be_said(tmp_path):
    config = loaded(tmp_path, PROGRAM)
    assert config.reports == ReportsConfig()
    assert (config.reports.currency, config.reports.keep, config.reports.availability_target) == (
        "KRW", timedelta(days=400), 0.99,
    )  # fmt: skip
    (program,) = config.programs
    assert (program.department, program.hourly_cost, program.availability_target) == ("", 0, 0.99)


def test_everything_can_be_said(tmp_path):
    (tmp_path / "font.ttf").touch()
    config = loaded(
        tmp_path,
        """
        [reports]
        organisation = " 한빛자산운용 "
        currency = "eur"
        hourly_cost = 25.5
        availability_target = 99.9
        keep = "1000d"
        font = "font.ttf"
        bold_font = "./font.ttf"
        """
        + PROGRAM
        + """
        department = "재무"
        hourly_cost = 40000
        [[programs]]
        name = "b"
        schedule = []
        base_dir = "."
        availability_target = 0
        """,
    )
    assert config.reports == ReportsConfig(
        organisation="한빛자산운용",
        currency="EUR",
        hourly_cost=25.5,
        availability_target=0.999,
        keep=timedelta(days=1000),
        font=tmp_path / "font.ttf",
        bold_font=tmp_path / "font.ttf",
    )
    first, second = config.programs
    assert (first.department, first.hourly_cost, first.availability_target) == ("재무", 40000, 0.999)
    assert (second.department, second.hourly_cost, second.availability_target) == ("", 25.5, None)


def test_a_promise_of_999_in_1000_is_kept_by_999_in_1000(tmp_path):
    assert loaded(tmp_path, "[reports]\navailability_target = 99.9\n").reports.availability_target == 999 / 1000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('currency = "₩"', "no currency"),
        ("hourly_cost = -1", "not between"),
        ('hourly_cost = "30000"', "expected"),
        ("availability_target = 101", "not between"),
        ("availability_target = nan", "not between"),
        ('keep = "1h"', "a day at least"),
        ('keep = "4000d"', "longer than 3660 days"),
        ("keep = 400", "expected a string"),
        ('font = "nowhere.ttf"', "cannot be read"),
        ('organisation = "a\\u001bb"', "printable"),
        ('organization = "x"', 'did you mean "organisation"'),
    ],
)
def test_mistakes_are_named(tmp_path, text, words):
    with pytest.raises(ConfigError, match=words):
        loaded(tmp_path, f"[reports]\n{text}\n")


def test_a_bold_font_does_not_come_alone(tmp_path):
    (tmp_path / "font.ttf").touch()
    with pytest.raises(ConfigError, match="a bold font needs the font"):
        loaded(tmp_path, '[reports]\nbold_font = "font.ttf"\n')


STEP = """
[[automations]]
name = "weekly"
schedule = "0 9 * * 1"
[[automations.steps]]
do = "report"
template = "{template}"
{more}
"""


@pytest.mark.parametrize(
    ("template", "more", "words"),
    [
        ("spoilt", "", ["reports/spoilt.toml:3: sections[0].use: 'sumary' is no section"]),
        ("weekly_opps", "", ["reports/spoilt.toml:3", "no report is called 'weekly_opps'"]),
        ("handover", 'programs = ["a"]', ["reports/spoilt.toml:3", "handover is not made of some programs alone"]),
    ],
)
def test_what_a_step_can_never_make_is_named_once(tmp_path, template, more, words):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "spoilt.toml").write_text('title = "Ours"\n[[sections]]\nuse = "sumary"\n')
    found = report_problems(loaded(tmp_path, STEP.format(template=template, more=more)))
    assert len(found) == len(words)
    for one, said in zip(found, words, strict=True):
        assert said in str(one)
