"""Histograms of durations: how true their quantiles are, and that they add up."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batmon.metrics.durations import GROWTH, LONGEST, SHORTEST, bucket, merged, middle, quantile

seconds = st.floats(SHORTEST, LONGEST)
TRUE = 0.025


def histogram(times):
    return merged({bucket(time): 1} for time in times)


@given(seconds)
def test_the_middle_of_a_bucket_is_never_further_than_2_5_percent(time):
    number = bucket(time)
    assert abs(middle(number) - time) <= time * TRUE
    assert GROWTH ** (number - 1) * (1 - 1e-8) < time <= GROWTH**number * (1 + 1e-8)


@given(seconds, seconds)
def test_a_longer_time_is_in_no_smaller_bucket(one, other):
    assert (one <= other) <= (bucket(one) <= bucket(other))


@pytest.mark.parametrize("number", range(-100, 400, 7))
def test_the_border_belongs_to_the_bucket_below(number):
    assert bucket(GROWTH**number) == number
    assert bucket(GROWTH**number * 1.0001) == number + 1


def test_what_is_shorter_or_longer_counts_as_the_shortest_or_longest():
    assert bucket(0) == bucket(-5) == bucket(SHORTEST)
    assert bucket(float("inf")) == bucket(LONGEST)
    assert -32768 < bucket(SHORTEST) < bucket(LONGEST) < 32768


@given(st.lists(seconds, min_size=1, max_size=200), st.sampled_from([0.0, 0.01, 0.5, 0.95, 0.99, 1.0]))
def test_a_quantile_is_the_nearest_rank_within_2_5_percent(times, share):
    true = sorted(times)[max(1, ceil(share * len(times) - 1e-9)) - 1]
    assert quantile(histogram(times), share) == pytest.approx(true, rel=TRUE)


@given(st.lists(seconds, max_size=60), st.lists(seconds, max_size=60))
def test_histograms_add_up(some, others):
    assert merged((histogram(some), histogram(others))) == histogram([*some, *others])


def test_nothing_has_no_quantile():
    assert quantile({}, 0.5) is None
    assert quantile({3: 0}, 0.5) is None
