from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batmon.engine.telling.backoff import FIRST, GIVE_UP, LONGEST, next_attempt

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def again(attempts, *, since=timedelta(0), retry_after=None, luck=0.5):
    return next_attempt(NOW, attempts=attempts, tried_since=NOW - since, retry_after=retry_after, luck=luck)


def test_each_wait_is_twice_the_one_before_up_to_an_hour():
    waits = [again(attempts) - NOW for attempts in range(1, 14)]
    assert waits[:4] == [FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST]
    assert waits[-1] == waits[-2] == LONGEST


def test_luck_parts_those_who_failed_together():
    assert again(1, luck=0.0) - NOW == FIRST * 0.8
    assert again(1, luck=1.0) - NOW == FIRST * 1.2


@pytest.mark.parametrize(("asked", "wait"), [(0.5, FIRST), (90.0, timedelta(seconds=90)), (7200.0, timedelta(hours=2))])
def test_never_before_the_other_side_wants_it(asked, wait):
    assert again(1, retry_after=asked) - NOW == wait


def test_a_day_after_the_first_attempt_it_is_given_up():
    assert again(30, since=timedelta(hours=22)) is not None
    assert again(30, since=timedelta(hours=23, minutes=1)) is None
    assert again(1, retry_after=GIVE_UP.total_seconds() + 1) is None
    assert again(1, retry_after=1e300) is None


@given(
    attempts=st.integers(1, 10**6), hours=st.floats(0, 48), luck=st.floats(0, 1),
    asked=st.none() | st.floats(0, 1e9, allow_nan=False),
)  # fmt: skip
def test_it_is_always_later_and_within_the_day(attempts, hours, luck, asked):
    since = timedelta(hours=hours)
    then = again(attempts, since=since, retry_after=asked, luck=luck)
    assert then is None or NOW < then <= NOW - since + GIVE_UP
