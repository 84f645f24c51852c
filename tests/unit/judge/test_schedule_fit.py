from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from batmon.judge.schedule_fit import WINDOW, misfits

SEOUL = ZoneInfo("Asia/Seoul")
END = datetime(2026, 11, 21, 3, tzinfo=UTC)
DAYS = [datetime(2026, 11, 21, tzinfo=SEOUL) - timedelta(days=back) for back in range(41, -1, -1)]
GRACE = timedelta(minutes=20)


def slots(clock=6, days=DAYS):
    return [day.replace(hour=clock) for day in days]


def found(starts, missed=(), schedule=("0 6 * * *",), timezone="Asia/Seoul"):
    return misfits(schedule, timezone, starts, frozenset(missed), since=END - WINDOW, until=END)


def test_a_schedule_that_says_what_happens_fits():
    assert found([at + timedelta(seconds=20) for at in slots()]) == ()
    assert found([at + timedelta(seconds=20) for at in slots()[::2]], slots()[1::2]) == ()
    assert found([]) == ()
    assert found([], (), ()) == ()


def test_a_time_zone_that_was_mistaken_is_seen_as_whole_hours():
    (one,) = found([at + timedelta(hours=9, seconds=10) for at in slots()], slots())
    assert (one.way, one.clock, one.exact, one.hit) == ("moved", "06:00", True, len(one.slots))
    assert round(one.away / timedelta(hours=1)) == 9


def test_a_start_before_its_time_is_early_and_not_late():
    (one,) = found([at - timedelta(minutes=30) for at in slots()], slots())
    assert (one.way, one.away) == ("moved", timedelta(minutes=-30))


def test_a_start_within_the_grace_that_is_always_late_is_seen():
    (one,) = found([at + timedelta(minutes=15) for at in slots()])
    assert (one.way, one.away, one.exact) == ("moved", timedelta(minutes=15), True)
    assert found([at + timedelta(minutes=8) for at in slots()]) == ()


def test_one_of_two_times_at_which_nothing_ever_starts():
    schedule = ("0 6,18 * * *",)
    (one,) = found(slots(), slots(18), schedule)
    assert (one.way, one.clock, one.weekday) == ("never", "18:00", None)


def test_weekdays_on_which_nothing_ever_starts():
    weekends = [at for at in slots() if at.weekday() > 4]
    ran = [at for at in slots() if at.weekday() < 5]
    assert [(one.way, one.weekday) for one in found(ran, weekends)] == [("never_on", 5), ("never_on", 6)]


def test_free_days_say_nothing():
    assert found([at for at in slots() if at.weekday() < 5]) == ()


def test_a_schedule_that_was_put_right_lately_is_forgotten():
    mended = [at + timedelta(hours=1 if number < 38 else 0) for number, at in enumerate(slots())]
    assert found(mended, slots()[:38]) == ()
    assert len(found(mended[:38], slots()[:38])) == 1


def test_few_slots_say_nothing():
    assert found([at + timedelta(hours=1) for at in slots()[-4:]]) == ()
    assert len(found([at + timedelta(hours=1) for at in slots()[-5:]])) == 1


def test_programs_that_are_due_all_day_are_left_alone():
    assert found([], slots(), ("*/30 * * * *",)) == ()


def test_a_change_of_the_clocks_moves_nothing():
    berlin = ZoneInfo("Europe/Berlin")
    end = datetime(2026, 11, 15, tzinfo=UTC)
    starts = [datetime(2026, 10, 5, 6, tzinfo=berlin) + timedelta(days=number) for number in range(40)]
    starts = [at.replace(tzinfo=berlin).astimezone(UTC) for at in starts]
    assert misfits(("0 6 * * *",), "Europe/Berlin", starts, (), since=end - WINDOW, until=end) == ()


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_what_happens_only_mostly_is_no_rule(share):
    late = int(len(DAYS) * share)
    starts = [at + timedelta(hours=2 if number % 10 < share * 10 else 0) for number, at in enumerate(slots())]
    assert late
    assert found(starts, slots()) == ()
