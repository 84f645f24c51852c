"""How busy the hours of the day are, against a count by the second."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batmon.engine.reports.hours import hour_loads

SINCE = datetime(2026, 10, 31, 15, tzinfo=UTC)
UNTIL = datetime(2026, 11, 2, 15, tzinfo=UTC)
SEOUL = "Asia/Seoul"


def grouped(runs):
    """The runs as the store groups them: by the hours in which they began and ended."""
    found = {}
    for start, seconds in runs:
        end = start + timedelta(seconds=seconds)
        began, ended = (at.replace(minute=0, second=0, microsecond=0) for at in (start, end))
        row = found.setdefault(
            (began, ended), {"began": began, "ended": ended, "runs": 0, "before_start": 0.0, "after_end": 0.0}
        )
        row["runs"] += 1
        row["before_start"] += (start - began).total_seconds()
        row["after_end"] += (end - ended).total_seconds()
    return list(found.values())


def overlap(start, seconds, since, until):
    """The seconds of a run inside a span."""
    end = start + timedelta(seconds=seconds)
    return max(0.0, (min(end, until) - max(start, since)).total_seconds())


@given(
    st.lists(
        st.tuples(
            st.integers(0, 47 * 3600).map(lambda second: SINCE + timedelta(seconds=second)),
            st.integers(0, 6 * 3600),
        ),
        max_size=20,
    )
)
def test_every_second_of_every_run_is_counted_in_its_hour(runs):
    loads = hour_loads(grouped(runs), SINCE, UNTIL, SEOUL)
    assert [one.hour for one in loads] == list(range(24))
    zone = ZoneInfo(SEOUL)
    for load in loads:
        hours = [SINCE + timedelta(hours=n) for n in range(48)]
        mine = [at for at in hours if at.astimezone(zone).hour == load.hour]
        at_once = [sum(overlap(*run, at, at + timedelta(hours=1)) for run in runs) / 3600 for at in mine]
        starts = [sum(at <= start < at + timedelta(hours=1) for start, _ in runs) for at in mine]
        assert load.at_once == pytest.approx(sum(at_once) / 2)
        assert load.most_at_once == pytest.approx(max(at_once))
        assert (load.starts, load.most_starts) == (sum(starts) / 2, max(starts))


def test_the_night_on_which_clocks_change_has_its_hours_once_or_twice():
    since = datetime(2026, 10, 24, 22, tzinfo=UTC)
    runs = [(since + timedelta(hours=hour), 60) for hour in range(25)]
    loads = hour_loads(grouped(runs), since, since + timedelta(hours=25), "Europe/Berlin")
    assert sum(one.starts for one in loads) == 24
    assert loads[2].starts == 1
