import math
import random

import pytest

from batmon.metrics.wandering import spread_factor, swing


def alike(seed, share, count=84, chance=0.0):
    source, level, found = random.Random(seed), 0.0, []  # noqa: S311 - no secret
    for _ in range(count + 50):
        level = share * level + math.sqrt(1 - share * share) * source.gauss(0, 1)
        found.append(level + source.gauss(0, chance))
    return found[50:]


def middle(share, chance=0.0):
    factors = [
        spread_factor([alike(seed + number, share, chance=chance) for number in (0, 100, 200)], 84)
        for seed in range(15)
    ]
    return sorted(factors)[7]


def test_days_that_stand_by_themselves_are_worth_what_they_are():
    assert middle(0.0) == 1


@pytest.mark.parametrize(("share", "factor"), [(0.5, 3), (0.8, 9)])
def test_days_that_are_alike_are_worth_less(share, factor):
    assert factor * 0.6 < middle(share) < factor * 1.4


def test_chance_beside_a_level_that_wanders_does_not_hide_it():
    assert middle(0.9, chance=1.0) > 5  # by the first lag alone it were 2.6


def test_single_large_values_and_a_jump_in_one_stretch_do_not_matter():
    steady = [alike(seed, 0.0) for seed in (1, 2, 3)]
    outliers = [[one * 50 if number % 20 == 3 else one for number, one in enumerate(own)] for own in steady]
    jumped = [steady[0], [one + 5 * (number > 40) for number, one in enumerate(steady[1])], steady[2]]
    assert spread_factor(steady, 84) == pytest.approx(1, abs=0.5)
    assert spread_factor(outliers, 84) == pytest.approx(1, abs=0.5)
    assert spread_factor(jumped, 84) == pytest.approx(1, abs=0.5)
    assert spread_factor(jumped[1:2], 84) > 5


def test_few_values_and_equal_ones_say_nothing():
    assert spread_factor([], 84) == 1
    assert spread_factor([list(range(23))], 84) == 1
    assert spread_factor([[3] * 84], 84) == 1
    assert spread_factor([list(range(84))], 84) > 15


@pytest.mark.parametrize(
    ("levels", "rose", "fell"),
    [
        ([], 0, 0),
        ([1, 2], 0, 0),
        ([1, 2, 4], 0, 0),
        ([1, 2, 1], 2, 0),
        ([2, 1, 2], 0, 2),
        ([1, 4, 2], 2, 0),
        ([3, 1, 2, 1, 3], 2, 3),
    ],
)
def test_a_swing_is_how_far_it_went_and_came_back(levels, rose, fell):
    assert math.exp(swing(levels, 1)) == pytest.approx(max(1, rose))
    assert math.exp(swing(levels, -1)) == pytest.approx(max(1, fell))
