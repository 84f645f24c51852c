import math
import random
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batmon.metrics.drift import ENDS, PAST, WEEKS, drift, ends, moves

UNTIL = date(2026, 11, 20)
DAYS = [UNTIL - timedelta(days=back) for back in range(7 * WEEKS - 1, -1, -1)]


LONG = [UNTIL - timedelta(days=back) for back in range(7 * (WEEKS + PAST) - 1, -1, -1)]
"""With the weeks before; the last twelve weeks begin with day 252."""


def made(figure, days=DAYS):
    return {day: figure(number, day) for number, day in enumerate(days)}


def test_a_steady_growth_is_found_with_its_size_and_its_weeks():
    found = drift(made(lambda number, _: 60 * 1.5 ** (number / 83)), UNTIL, least=0.15)
    assert found is not None
    assert (found.since, found.until, found.days) == (DAYS[0], UNTIL, 84)
    assert found.before == pytest.approx(60 * 1.5 ** (13.5 / 83), rel=0.02)
    assert found.change == pytest.approx(1.5 ** (56 / 83) - 1, rel=0.03)
    assert found.trend == pytest.approx(0.4, abs=0.05)
    assert found.z > 4
    assert [day for day, _ in found.weeks] == DAYS[::7]
    assert [value for _, value in found.weeks] == sorted(value for _, value in found.weeks)


def test_a_fall_is_found_with_its_sign():
    found = drift(made(lambda number, _: 400 - 3 * number), UNTIL, least=0.15)
    assert found is not None
    assert (found.change, found.trend) == (pytest.approx(191.5 / 359.5 - 1), pytest.approx(-0.84, abs=0.01))
    assert found.z < -4


@pytest.mark.parametrize(
    "figure",
    [
        lambda _n, _d: 60.0,
        lambda _n, day: 240.0 if day.weekday() == 0 else 60.0,
        lambda _n, day: 0.0 if day.weekday() > 4 else 60.0,
        lambda _n, day: 480.0 if (day + timedelta(days=1)).day == 1 else 60.0,
        lambda number, _: 6000.0 if number > 80 else 60.0,
        lambda number, _: 66.0 if number > 40 else 60.0,
        lambda number, _: 90.0 if 55 < number < 68 else 60.0,
        lambda _n, _d: 0.0,
    ],
    ids=["same", "mondays", "weekends", "month ends", "last days", "a tenth more", "a bump", "nothing"],
)
def test_what_is_no_drift_is_none(figure):
    assert drift(made(figure), UNTIL, least=0.15) is None


def test_chance_is_no_drift():
    found = 0
    for seed in range(60):
        source = random.Random(seed)  # noqa: S311 - no secret
        found += drift(made(lambda _n, _d, s=source: 60 * s.lognormvariate(0, 0.3)), UNTIL, least=0.15) is not None
    assert found == 0


def wandering(source, share, spread=0.2):
    state, found = source.gauss(0, spread), []
    for _ in LONG:
        state = share * state + math.sqrt(1 - share * share) * source.gauss(0, spread)
        found.append(60 * math.exp(state))
    return dict(zip(LONG, found, strict=True))


def test_a_level_that_wanders_is_no_drift():
    looked_like_one = found = 0
    for seed in range(80):
        values = wandering(random.Random(seed), 0.8)  # noqa: S311 - no secret
        looked_like_one += moves(values, UNTIL, least=0.15)
        found += drift(values, UNTIL, least=0.15) is not None
    assert looked_like_one > 10
    assert found <= 1


@pytest.mark.parametrize(
    ("figure", "swing"),
    [
        (lambda number: 60.0 if number < 294 else 90.0, 0.0),
        (lambda number: 60.0 + max(0, number - 294), 0.0),
        (lambda number: (120.0 if number < 140 else 60.0) * 1.5 ** (max(0, number - 252) / 83), 0.0),
        (lambda number: (72.0 if 100 < number < 150 else 60.0) * 1.6 ** (max(0, number - 252) / 83), 0.2),
    ],
    ids=["at once", "in the last weeks", "after a faster version", "further than before"],
)
def test_what_is_new_is_found_whatever_its_shape(figure, swing):
    source = random.Random(5)  # noqa: S311 - no secret
    found = drift(made(lambda number, _: figure(number) * source.lognormvariate(0, 0.05), LONG), UNTIL, least=0.15)
    assert found is not None
    assert found.past == LONG[0]
    assert found.swing == pytest.approx(swing, abs=0.05)


def test_what_it_did_before_and_took_back_is_no_drift():
    source = random.Random(7)  # noqa: S311 - no secret
    waves = made(
        lambda number, _: 60 * source.lognormvariate(0, 0.05) * (1 + 0.3 * math.sin(2 * math.pi * (number - 42) / 168)),
        LONG,
    )
    rising = LONG[252 + 42 - 28 + 6 :: 7][:6]
    assert any(moves(waves, day, least=0.15) for day in rising)
    assert not any(drift(waves, day, least=0.15) for day in rising)


def test_a_leap_day_is_a_day():
    until = date(2028, 3, 31)
    days = [until - timedelta(days=back) for back in range(7 * WEEKS - 1, -1, -1)]
    assert date(2028, 2, 29) in days
    found = drift(made(lambda number, _: 60.0 + number, days), until, least=0.15)
    assert found is not None
    assert found.days == 84


def test_ten_runs_say_nothing():
    assert drift({day: 60.0 + number for number, day in enumerate(DAYS[::8][:10])}, UNTIL, least=0.15) is None


def test_little_history_says_nothing():
    growing = made(lambda number, _: 60.0 + number)
    assert drift(growing, UNTIL, least=0.15) is not None
    assert drift(dict(list(growing.items())[-49:]), UNTIL, least=0.15) is None
    assert drift(dict(list(growing.items())[:49]), UNTIL, least=0.15) is None
    assert drift({day: one for day, one in growing.items() if day.day == 1}, UNTIL, least=0.15) is None
    assert drift({}, UNTIL, least=0.15) is None
    assert ends({}, UNTIL) is None


def test_a_program_that_runs_once_a_week_is_judged_by_its_weekday():
    weekly = {day: 60.0 * 1.1 ** (number // 7) for number, day in enumerate(DAYS) if day.weekday() == 2}
    found = drift(weekly, UNTIL, least=0.15)
    assert found is not None
    assert found.days == 12
    assert found.z == pytest.approx(65 / (12 * 11 * 29 / 18) ** 0.5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.001, 1000), st.floats(0.0, 0.3))
def test_neither_the_unit_of_a_figure_nor_a_gap_matters(seed, factor, missing):
    source = random.Random(seed)  # noqa: S311 - no secret
    values = made(lambda number, _: 60 * 2 ** (number / 83) * source.lognormvariate(0, 0.05))
    values = {day: one for day, one in values.items() if source.random() >= missing / 3}
    one = drift(values, UNTIL, least=0.15)
    other = drift({day: value * factor for day, value in values.items()}, UNTIL, least=0.15)
    assert one is not None
    assert other is not None
    assert other.change == pytest.approx(one.change, rel=1e-6)
    assert other.z == pytest.approx(one.z, abs=0.2)
    assert len(one.weeks) == WEEKS > 2 * ENDS
