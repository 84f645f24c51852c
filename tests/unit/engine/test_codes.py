"""Codes: the format is kept, and nothing is in them that people misread when they were asked not to have it."""

import re
from datetime import date

import pytest

from batmon.config.steps import CodeStep
from batmon.engine.automations.steps import CONFUSABLE, made_up

TODAY = date(2026, 3, 9)


def step(form, *, confusable=True):
    return CodeStep(place="", format=form, table="t", column="c", name="code", confusable=confusable)


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        ("HDH{year}{letters:3}{digits:3}", r"HDH2026[A-Z]{3}[0-9]{3}"),
        ("{year}-{month}-{day}-{any:8}", r"2026-03-09-[A-Z0-9]{8}"),
        ("{letters}{digits}", r"[A-Z][0-9]"),
    ],
)
def test_the_format_is_kept(form, wanted):
    assert all(re.fullmatch(wanted, made_up(step(form), TODAY)) for _ in range(50))


def test_letters_that_people_confuse_can_be_left_out():
    codes = "".join(made_up(step("{any:40}", confusable=False), TODAY) for _ in range(100))
    assert not set(codes) & CONFUSABLE
    assert set(codes) > set("ABC234")
    assert set("".join(made_up(step("{any:40}"), TODAY) for _ in range(100))) >= CONFUSABLE


def test_codes_do_not_repeat_by_themselves():
    assert len({made_up(step("{any:12}"), TODAY) for _ in range(500)}) == 500
