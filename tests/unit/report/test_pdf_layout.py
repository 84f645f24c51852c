"""How the PDF is laid out: what stays together on a page, how wide columns are, which values an axis has."""

import random
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from batmon.report.document import Column, Kind, Series, Table
from batmon.report.pdf.axis import colours, ticks
from batmon.report.pdf.columns import fit, paper_width
from batmon.report.pdf.fonts import find_fonts
from batmon.report.pdf.heatmap import heat
from batmon.report.pdf.pieces import MUCH, NOT_DIVIDED, Look, Piece, Stack
from batmon.report.pdf.style import FILLS
from batmon.report.pdf.tables import RIGHT, cell_tone
from batmon.report.pdf.text import Faces

PAGE = 725.0


@pytest.fixture(scope="module")
def look():
    return Look(Faces(find_fonts()), "ko", "Asia/Seoul", "KRW")


def piece(height, keep=False):
    return Piece(height, lambda _book, _x, _top: None, keep)


def pages_of(stack, first):
    """The stack on pages of which the first has so much left, as the frames of a document would have it."""
    pages, left, rest = [], first, [stack]
    while rest:
        one = rest.pop(0)
        _, height = one.wrap(0, 0)
        if height <= left:
            pages.append(one)
            left = PAGE
            continue
        parts = one.split(0, left)
        if not parts:
            assert left < PAGE, "what does not fit on an empty page never will"
            left = PAGE
            rest.insert(0, one)
            continue
        assert parts[0].wrap(0, 0)[1] <= left
        pages.append(parts[0])
        rest[:0] = parts[1:]
        left = PAGE
    return pages


@settings(max_examples=200, deadline=None)
@given(
    heights=st.lists(st.tuples(st.floats(5, 90), st.booleans()), min_size=1, max_size=120),
    lead=st.floats(0, 60),
    head=st.floats(0, 30),
    first=st.floats(1, PAGE),
)
def test_a_stack_is_divided_without_loss_and_nothing_that_stays_with_the_next_ends_a_page(heights, lead, head, first):
    # Runs of pieces that stay together are shorter than a page here, as those of the writer are.
    body = [piece(height, keep and at % 4 != 0) for at, (height, keep) in enumerate(heights)]
    body[-1].keep = False
    stack = Stack(100, lead=[piece(lead, True)] if lead else (), head=[piece(head)] if head else (), body=body)
    pages = pages_of(stack, first)
    assert [one for page in pages for one in page.body] == body
    assert [bool(page.lead) for page in pages[1:]] == [False] * (len(pages) - 1)
    assert all(bool(page.head) == bool(head) for page in pages)
    assert all(not page.body[-1].keep for page in pages)


def test_a_head_is_not_left_with_a_single_row_and_no_single_row_goes_on():
    body = [piece(20) for _ in range(30)]
    stack = Stack(100, lead=[piece(20, True)], head=[piece(20)], body=body)
    assert stack.wrap(0, 0)[1] > NOT_DIVIDED
    assert stack.split(0, 65) == []  # room for one row
    assert [len(part.body) for part in stack.split(0, 85)] == [2, 28]
    assert [len(part.body) for part in stack.split(0, 40 + 29 * 20)] == [28, 2]


def test_small_things_are_not_divided_and_a_page_with_much_left_is_used():
    small = Stack(100, body=[piece(20) for _ in range(6)])
    assert small.wrap(0, 0)[1] <= NOT_DIVIDED
    assert small.split(0, 100) == []
    large = Stack(100, lead=[piece(20, True)], body=[piece(MUCH - 30), piece(300), piece(300)])
    large.wrap(0, 0)
    assert [len(part.body) for part in large.split(0, MUCH)] == [1, 2]


def table(kinds, texts, rows=20):
    columns = tuple(Column(key=str(at), title=f"열 {at}", kind=kind) for at, kind in enumerate(kinds))
    return Table(key="t", title="", columns=columns, rows=[texts] * rows)


def test_a_table_that_fits_stays_upright_at_full_size(look):
    texts = ["프로그램", "12", "99.0%"]
    found = fit(table([Kind.TEXT, Kind.COUNT, Kind.PERCENT], texts), [texts] * 20, look)
    assert found.paper == "upright"
    assert found.size == 8.0
    assert [at for at, _ in found.groups[0]] == [0, 1, 2]


def test_a_wide_table_is_made_smaller_then_turned_then_divided(look):
    sizes, papers, parts = [], [], []
    for columns in (8, 11, 14, 40):
        texts = ["1,234,567원"] * columns
        found = fit(table([Kind.MONEY] * columns, texts), [texts] * 20, look)
        sizes.append(found.size)
        papers.append(found.paper)
        parts.append(len(found.groups))
    assert papers == ["upright", "upright", "wide", "wide"]
    assert sizes[1] < sizes[0]
    assert parts[:3] == [1, 1, 1]
    assert parts[3] > 1


def test_a_divided_table_repeats_its_first_column_and_has_every_other_once(look):
    texts = ["이름", *["1,234,567원"] * 39]
    found = fit(table([Kind.TEXT, *[Kind.MONEY] * 39], texts), [texts] * 20, look)
    columns = [[at for at, _ in group] for group in found.groups]
    assert all(group[0] == 0 for group in columns)
    assert sorted(at for group in columns for at in group[1:]) == list(range(1, 40))


def test_a_small_table_is_divided_rather_than_turned(look):
    texts = ["1,234,567원"] * 14
    assert fit(table([Kind.MONEY] * 14, texts, rows=3), [texts] * 3, look).paper == "upright"


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_columns_never_leave_the_paper(seed):
    draw = random.Random(seed)  # noqa: S311 - made-up tables
    known = Look(Faces(find_fonts()), "ko", "UTC", "KRW")
    kinds = [draw.choice(list(Kind)) for _ in range(draw.randint(1, 30))]
    rows = [["글 " * draw.choice((0, 1, 5, 400)) for _ in kinds] for _ in range(draw.choice((0, 1, 40)))]
    found = fit(table(kinds, [""] * len(kinds)), rows, known)
    for group in found.groups:
        assert sum(width for _, width in group) <= paper_width(found.paper) + 0.01
    assert {at for group in found.groups for at, _ in group} == set(range(len(kinds)))


@given(
    low=st.floats(-1e12, 1e12),
    more=st.floats(0, 1e12),
    kind=st.sampled_from([Kind.COUNT, Kind.SECONDS, Kind.HOURS, Kind.PERCENT, Kind.MONEY]),
)
def test_an_axis_goes_round_its_values_in_few_even_steps(low, more, kind):
    assume(more == 0 or more > 1e-6 * abs(low))  # else the steps are nearer than two floats can be
    high = low + more
    found = ticks(low, high, kind)
    steps = [(after - before) / (found[-1] - found[0]) for before, after in pairwise(found)]
    slack = 1e-6 * max(1.0, abs(low), abs(high))
    assert found[0] <= low + slack
    assert found[-1] >= high - slack
    assert 2 <= len(found) <= 8
    assert steps == pytest.approx([1 / len(steps)] * len(steps), rel=1e-3)


@pytest.mark.parametrize(
    ("low", "high", "kind", "expected"),
    [
        (0, 97, Kind.COUNT, [0, 25, 50, 75, 100]),
        (0, 3, Kind.COUNT, [0, 1, 2, 3]),
        (0, 0.4, Kind.COUNT, [0, 1]),
        (0, 200, Kind.SECONDS, [0, 60, 120, 180, 240]),
        (0.94, 1, Kind.PERCENT, [0.94, 0.96, 0.98, 1.0]),
    ],
)
def test_axis_values_are_round(low, high, kind, expected):
    assert ticks(low, high, kind) == pytest.approx(expected)


def brightness(colour):
    return 0.2126 * colour.red**2.2 + 0.7152 * colour.green**2.2 + 0.0722 * colour.blue**2.2


def test_worse_is_darker_so_that_it_shows_on_black_and_white_paper():
    shades = [brightness(heat(share)) for share in (0, 0.2, 0.4, 0.6, 0.8)]
    assert shades == sorted(shades)
    assert brightness(FILLS["bad"]) < brightness(FILLS["warn"]) < brightness(FILLS["good"])
    assert heat(2.0) == heat(1.0)
    assert heat(-1.0) == heat(0.0)


def test_every_series_has_a_colour_of_its_own_as_long_as_there_are_some():
    series = [Series(title=str(at), values=(), tone=tone) for at, tone in enumerate(("", "good", "", "good", "bad"))]
    found = colours(series)
    assert len({tuple(one.rgb()) for one in found}) == 5
    assert found[1] == FILLS["good"]


def test_changes_are_good_or_bad_by_the_direction_that_is_better():
    better = Column(key="c", title="", kind=Kind.CHANGE, better="high")
    worse = Column(key="c", title="", kind=Kind.POINTS, better="low")
    assert [cell_tone(value, better) for value in (0.1, -0.1, 0.0, None)] == ["good", "bad", "", ""]
    assert [cell_tone(value, worse) for value in (0.1, -0.1)] == ["bad", "good"]
    assert Kind.TEXT not in RIGHT
    assert Kind.MONEY in RIGHT
