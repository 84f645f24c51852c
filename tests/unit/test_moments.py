"""Moments as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from batmon.errors import BadRequest
from batmon.moments import moment_of

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
