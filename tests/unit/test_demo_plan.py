from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from batmon.config import Demo
from batmon.engine.demo_plan import Start, effective, plan
from batmon.judge.schedule import check_expression
from batmon.model import Program

DEMO = Demo(failing="kindscrap", late="auto_esafe", hanging="fund_mail")


def program(name: str) -> Program:
    return Program(name=name, base_dir=Path(), schedule=("0 6 * * *",))


def test_a_sample_is_due_at_the_demos_minutes_beside_its_true_schedule():
    shown = effective(program("kindscrap"), DEMO)
    assert shown.schedule == ("0 6 * * *", "* * * * *")
    assert (shown.grace, shown.max_runtime) == (timedelta(seconds=25), timedelta(seconds=30))


@pytest.mark.parametrize("minutes", [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60])
def test_every_length_that_the_configuration_allows_is_a_cron_expression(minutes):
    shown = effective(program("kindscrap"), Demo(every=timedelta(minutes=minutes), failing="kindscrap"))
    assert check_expression(shown.schedule[-1]) is None


def test_others_are_left_alone():
    other = program("payroll")
    assert effective(other, DEMO) is other
    assert plan(other, DEMO, 0) is None


def test_the_first_starts_are_at_once_and_one_of_them_fails():
    first = {name: plan(program(name), DEMO, 0) for name in DEMO.programs}
    assert first == {"kindscrap": Start(0.0, ("--fail",)), "auto_esafe": Start(), "fund_mail": Start()}


def test_each_case_is_on_the_board_within_two_minutes_and_each_program_is_well_at_times():
    minute = DEMO.every.total_seconds()
    hang = plan(program("fund_mail"), DEMO, 1)
    late = plan(program("auto_esafe"), DEMO, 1)
    assert hang is not None
    assert hang.arguments == ("--hang",)
    assert minute + hang.delay_sec + DEMO.max_runtime.total_seconds() < 120
    assert late is not None
    assert late.delay_sec > 10
    for name in DEMO.programs:
        starts = [plan(program(name), DEMO, index) for index in range(6)]
        assert any(start is not None and not start.arguments for start in starts)
        assert all(start is not None and start.delay_sec < DEMO.grace.total_seconds() for start in starts)
