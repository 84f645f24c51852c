"""Which days are counted anew, and when planned maintenance came."""

from datetime import UTC, date, datetime, timedelta

import pytest

from batmon.engine.statistics.rollup import came
from batmon.judge.quiet import Window
from batmon.store.counting import merged, without

HOUR = timedelta(hours=1)


def day(number, month=11):
    return date(2026, month, number)


def test_days_of_a_program_that_touch_become_one_span():
    spans = [
        ("b", day(3), day(4)),
        ("a", day(5), day(5)),
        ("a", day(1), day(2)),
        ("a", day(3), day(3)),
        ("a", day(1), day(1)),
    ]
    assert merged(spans) == [("a", day(1), day(3)), ("a", day(5), day(5)), ("b", day(3), day(4))]
    assert merged([("a", day(1), day(9)), ("a", day(2), day(3)), ("a", day(5), day(12))]) == [("a", day(1), day(12))]
    assert merged([]) == []


@pytest.mark.parametrize(
    ("span", "left"),
    [
        ((day(5), day(9)), [(day(5), day(9))]),
        ((day(10, 9), day(20)), [(day(10, 9), day(29, 9)), (day(2), day(20))]),
        ((day(30, 9), day(1)), []),  # in some zone they hold runs of October
        ((day(29, 9), day(2)), [(day(29, 9), day(29, 9)), (day(2), day(2))]),
        ((day(15, 10), day(16, 10)), []),
        ((day(1, 8), day(1, 9)), [(day(1, 8), day(1, 9))]),
    ],
)
def test_the_days_of_a_month_that_is_gone_are_left_alone(span, left):
    assert without(("a", *span), [day(1, 10)]) == [("a", *part) for part in left]


def test_several_months_that_are_gone():
    found = without(("a", day(1, 1), day(31, 12)), [day(1, 10), day(1, 3), day(1, 2)])
    assert found == [("a", day(1, 1), day(30, 1)), ("a", day(2, 4), day(29, 9)), ("a", day(2), day(31, 12))]
    assert without(("a", day(1, 12), day(31, 12)), [day(1, 12)]) == []


def at(number, hour=0, minute=0):
    return datetime(2026, 11, number, hour, minute, tzinfo=UTC)


def test_each_time_that_maintenance_came_is_found_once_and_what_goes_on_too():
    window = Window("night", schedule=("0 17 * * *",), duration=2 * HOUR, timezone="UTC")
    assert list(came(window, at(1, 18), at(3, 17))) == [(at(2, 17), at(2, 19)), (at(3, 17), at(3, 19))]
    assert list(came(window, at(3, 17), at(3, 18))) == [(at(3, 17), at(3, 19))]
    assert list(came(window, at(3, 17), at(4, 10))) == []
    seoul = Window("night", schedule=("0 2 * * *",), duration=HOUR, timezone="Asia/Seoul")
    assert list(came(seoul, at(1), at(2))) == [(at(1, 17), at(1, 18))]


def test_maintenance_that_comes_once_is_found_when_it_has_begun():
    window = Window("move", start=at(5, 8), end=at(6, 8))
    assert list(came(window, at(1), at(5, 7))) == []
    assert list(came(window, at(1), at(5, 8))) == [(at(5, 8), at(6, 8))]
    assert list(came(window, at(5, 12), at(5, 13))) == [(at(5, 8), at(6, 8))]
    assert list(came(window, at(1), at(9))) == [(at(5, 8), at(6, 8))]
    assert list(came(window, at(6, 8), at(9))) == []
