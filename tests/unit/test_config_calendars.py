"""Calendars, and the keys of a program that go with judging it."""

from datetime import date, timedelta

import pytest

from batmon.config import load
from batmon.config.calendars import CalendarConfig, calendars_of
from batmon.errors import ConfigError

PROGRAM = """
[[programs]]
name = "kindscrap"
schedule = "0 6 * * *"
timezone = "Asia/Seoul"
base_dir = "."
"""
KOREA = """
[[calendars]]
name = "korea"
country = "kr"
company_days = ["12-31", "2026-10-02"]
working_days = "2026-12-26"
weekend = true
"""


def read(tmp_path, text):
    path = tmp_path / "config.toml"
    path.write_text(text, "utf-8")
    return load(path, {})


def problems(tmp_path, text):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    return [f"{one.key}: {one.message}; {one.hint}" for one in caught.value.problems]


def test_a_program_and_its_calendar(tmp_path):
    config = read(tmp_path, f'{PROGRAM}min_runtime = "10s"\nbaseline = false\ncalendar = "korea"\n{KOREA}')
    (program,) = config.programs
    assert (program.min_runtime, program.baseline, program.calendar) == (timedelta(seconds=10), False, "korea")
    assert config.calendars == (
        CalendarConfig("korea", "KR", "", ("12-31", "2026-10-02"), ("2026-12-26",), weekend=True),
    )
    assert list(calendars_of(config.calendars)) == ["korea"]
    (plain,) = read(tmp_path, PROGRAM).programs
    assert (plain.min_runtime, plain.baseline, plain.calendar) == (None, True, "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f'{PROGRAM}calendar = "corea"\n{KOREA}', "no calendar is called 'corea'; did you mean \"korea\"?"),
        (f'{PROGRAM}calendar = "korea"', "no calendar is called 'korea'; describe it in a [[calendars]] table"),
        (f'{PROGRAM}min_runtime = "30m"', "programs[0].min_runtime: must be shorter than max_runtime"),
        (f"{PROGRAM}min_runtime = 5", "programs[0].min_runtime: expected a duration, got an integer"),
        (KOREA.replace('"kr"', '"Korea"'), "calendars[0].country: no holidays are known for the country 'Korea'"),
        (KOREA.replace('"12-31"', '"02-30"'), "calendars[0].company_days[0]: '02-30' is no day; write"),
        (KOREA.replace('"2026-12-26"', '"Friday"'), "calendars[0].working_days: 'Friday' is no day; write"),
        (KOREA + 'subdivision = "11"\n', "calendars[0].subdivision: KR has no subdivision '11'; leave it out"),
        ('[[calendars]]\nname = "x"\nsubdivision = "BY"\n', "calendars[0].subdivision: a subdivision belongs to a"),
        (KOREA + KOREA, "calendars[1].name: the name 'korea' is taken; each calendar has a name of its own"),
        ('[[calendars]]\ncountry = "KR"\n', 'calendars[0]: "name" is missing'),
        (KOREA + "weekends = true\n", 'calendars[0].weekends: unknown key; did you mean "weekend"?'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path, text, expected):
    (said,) = problems(tmp_path, text)
    assert expected in said


def test_a_subdivision_has_holidays_of_its_own(tmp_path):
    config = read(tmp_path, '[[calendars]]\nname = "b"\ncountry = "DE"\nsubdivision = "BY"\n')
    assert calendars_of(config.calendars)["b"].is_free(date(2026, 1, 6))
