"""Moments as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from batmon.errors import BadRequest
from batmon.moments import moment_ahead, moment_of

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 20, 17, 14, 7, tzinfo=UTC)
"""02:14:07 on 21 November in Seoul."""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2h", "2026-11-20T15:14:07"), ("1h30m", "2026-11-20T15:44:07"), ("-30m", "2026-11-20T16:44:07"),
        ("30d", "2026-10-21T17:14:07"), ("02:00", "2026-11-20T17:00:00"), ("22:00", "2026-11-20T13:00:00"),
        ("06:00:12", "2026-11-19T21:00:12"), ("today", "2026-11-20T15:00:00"), ("어제", "2026-11-19T15:00:00"),
        ("yesterday 23:30", "2026-11-20T14:30:00"), ("2026-11-01", "2026-10-31T15:00:00"),
        ("11-20 06:00", "2026-11-19T21:00:00"), ("2026.11.20", "2026-11-19T15:00:00"),
        ("2026-11-20T06:00", "2026-11-19T21:00:00"), ("2026-11-20T06:00:00+00:00", "2026-11-20T06:00:00"),
        ("2026-11-20 06:00+00:00", "2026-11-20T06:00:00"), ("2026-11-20T06:00:00Z", "2026-11-20T06:00:00"),
    ],
)  # fmt: skip
def test_what_people_write(text, told):
    assert moment_of(text, SEOUL, NOW) == datetime.fromisoformat(told).replace(tzinfo=UTC)


def test_a_day_alone_may_mean_its_end():
    assert moment_of("2026-11-20", SEOUL, NOW, end=True) == datetime(2026, 11, 20, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "soon", "25:00", "2026-13-01", "11-31", "2x", "99999999w", "06:00 11-20", "-", "1"]
)
def test_what_is_no_time_is_said(text):
    with pytest.raises(BadRequest, match="is no time"):
        moment_of(text, SEOUL, NOW)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("4h", "2026-11-21T07:00"),
        ("1d12h", "2026-11-22T15:00"),
    ],
)
def test_a_span_lies_ahead(text, told):
    assert moment_ahead(text, SEOUL, datetime(2026, 11, 21, 3, tzinfo=UTC)) == datetime.fromisoformat(told).replace(
        tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("18:00", "2026-11-21T18:00"),
        ("12:00", "2026-11-22T12:00"),
        ("09:30", "2026-11-22T09:30"),
        ("tomorrow 09:00", "2026-11-22T09:00"),
        ("내일", "2026-11-22T00:00"),
        ("11-25 08:00", "2026-11-25T08:00"),
        ("2026-12-01", "2026-12-01T00:00"),
    ],
)
def test_a_clock_lies_ahead(text, told):
    noon = datetime(2026, 11, 21, 12, tzinfo=SEOUL)
    assert moment_ahead(text, SEOUL, noon) == datetime.fromisoformat(told).replace(tzinfo=SEOUL)


@pytest.mark.parametrize("text", ["", "soon", "-4h", "0m", "yesterday", "2026-11-20", "25:00", "4 parsecs", "2000d"])
def test_what_is_over_or_no_time_is_refused(text):
    with pytest.raises(BadRequest):
        moment_ahead(text, SEOUL, datetime(2026, 11, 21, 12, tzinfo=SEOUL))
