"""What fits an answer leaves the gate in one line, whatever the sanitizer makes of it."""

import pytest

from batmon.gate.fitting import ROOM, fitting, in_pieces, size
from batmon.gate.frames import LINE_LIMIT, Ok, encode
from batmon.gate.sanitize import clean_value

TEXTS = ("a" * 1000, "가" * 1000, "\x1b" * 1000, '"\\' * 500, "\ud800" * 1000, "\u202e" * 1000)


@pytest.mark.parametrize("text", TEXTS, ids=["ascii", "korean", "control", "quotes", "surrogates", "overrides"])
def test_as_many_as_fit_a_line(text):
    rows = [{"number": number, "text": text} for number in range(2000)]
    kept = fitting(rows)
    assert kept == rows[: len(kept)]
    assert 0 < len(kept) < len(rows)
    assert len(encode(Ok(1, clean_value({"rows": kept})))) <= LINE_LIMIT
    assert sum(map(size, kept)) + size(rows[len(kept)]) > ROOM


@pytest.mark.parametrize("text", TEXTS, ids=["ascii", "korean", "control", "quotes", "surrogates", "overrides"])
def test_pieces_hold_every_row_once_and_in_order(text):
    rows = [{"number": number, "text": text} for number in range(1500)]
    pieces = list(in_pieces(rows))
    assert [row for piece in pieces for row in piece] == rows
    assert len(pieces) > 1
    assert all(sum(map(size, piece)) <= ROOM for piece in pieces)


def test_one_that_fits_nowhere_is_there_all_the_same():
    rows = [{"text": "x" * (ROOM + 1)}, {"text": "y"}, {"text": "z"}]
    assert fitting(rows) == rows[:1]
    assert list(in_pieces(rows)) == [rows[:1], rows[1:]]
    assert fitting([]) == []
    assert list(in_pieces([])) == []
