"""Which route an incident takes, and what depends on what."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batmon.judge.flapping import OBSERVATIONS, observed, percent
from batmon.judge.quiet import Subject
from batmon.judge.routing import Route, Rung, cycle, everything_above, route_of

LADDER = (Rung(timedelta(0), (("email", "ops@example.com"),)),)
FINANCE = Route("finance", LADDER, tags=("fin*",))
KIND = Route("kind", LADDER, programs=("kind*", "fund_mail"))
REST = Route("rest", LADDER)


@pytest.mark.parametrize(
    ("subject", "routes", "expected"),
    [
        (Subject("kindscrap", ("finance",)), (FINANCE, KIND, REST), FINANCE),
        (Subject("kindscrap", ("finance",)), (KIND, FINANCE, REST), KIND),
        (Subject("fund_mail"), (FINANCE, KIND, REST), KIND),
        (Subject("other"), (FINANCE, KIND, REST), REST),
        (Subject("other"), (FINANCE, KIND), None),
    ],
)
def test_the_first_route_that_fits_is_taken(subject, routes, expected):
    assert route_of(subject, routes) is expected


def test_what_is_above_is_found_through_others_the_nearest_first():
    edges = {"report": ("site", "mail"), "site": ("database",), "mail": ("database", "network"), "database": ()}
    assert everything_above("report", edges) == ("site", "mail", "database", "network")
    assert everything_above("database", edges) == ()


@pytest.mark.parametrize(
    ("edges", "circle"),
    [
        ({"a": ("b",), "b": ("c",), "c": ()}, ()),
        ({"a": ("b", "c"), "b": ("d",), "c": ("d",), "d": ()}, ()),
        ({"a": ("a",)}, ("a", "a")),
        ({"x": ("a",), "a": ("b",), "b": ("c",), "c": ("a",)}, ("a", "b", "c", "a")),
    ],
)
def test_a_circle_is_found(edges, circle):
    assert cycle(edges) == circle


NAMES = st.sampled_from("abcdefg")


@given(st.dictionaries(NAMES, st.lists(NAMES, max_size=4).map(tuple)))
def test_a_circle_is_one_and_is_there_exactly_if_something_is_above_itself(edges):
    found = cycle(edges)
    assert all(after in edges.get(before, ()) for before, after in pairwise(found))

    def above(name):
        seen, waiting = set(), list(edges.get(name, ()))
        while waiting:
            other = waiting.pop()
            if other not in seen:
                seen.add(other)
                waiting += edges.get(other, ())
        return seen

    assert bool(found) == any(name in above(name) for name in edges)


def test_flapping_is_weighted_towards_what_is_new():
    assert percent("") == percent("0" * 30) == 0
    assert percent("01" * 20) == pytest.approx(100)
    assert percent("0" * 20 + "1") == pytest.approx(6.0)  # the newest change of twenty weighs 1.2
    assert percent("1" * 21) == 0
    assert percent("1" + "0" * 20) == pytest.approx(4.0)  # the oldest weighs 0.8


@given(st.text(alphabet="01", max_size=60))
def test_a_share_of_changes_is_a_share(history):
    assert 0 <= percent(history) <= 100.0001
    assert len(observed(history, bad=True)) <= OBSERVATIONS
