"""Silences and maintenance windows: what they are about, and when they hold."""

from datetime import UTC, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest

from batmon.judge.quiet import Silence, Subject, Window, matches, quiet_now

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
KIND = Subject("kindscrap", ("finance", "night"), "failed\n로그인 실패: 비밀번호가 올바르지 않습니다")


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({"program": "kindscrap"}, True),
        ({"program": "KIND*"}, True),
        ({"program": "kind"}, False),
        ({"program": "fund_*"}, False),
        ({"tag": "finance"}, True),
        ({"tag": "fin*"}, True),
        ({"tag": "payment"}, False),
        ({"pattern": "로그인 실패"}, True),
        ({"pattern": "로그인*비밀번호"}, True),
        ({"pattern": "FAILED"}, True),
        ({"pattern": "failed 로그인"}, False),
        ({"program": "kind*", "tag": "payment"}, False),
        ({"program": "kind*", "tag": "night", "pattern": "비밀번호"}, True),
    ],
)
def test_a_silence_fits_where_all_that_it_names_fits(given, fits):
    assert Silence(1, NOW + HOUR, **given).fits(KIND) is fits


def test_a_pattern_cannot_take_long():
    silence, subject = Silence(1, NOW, pattern="*a" * 60), Subject("x", (), "a" * 5000 + "b")
    begun = perf_counter()
    silence.fits(subject)
    assert perf_counter() - begun < 1


def test_what_is_a_bracket_is_a_class_as_in_file_names():
    assert matches("bot_3", ("bot_[0-9]",))
    assert not matches("bot_x", ("bot_[0-9]",))


def test_of_several_the_longest_counts_and_what_is_over_does_not():
    silences = [
        Silence(1, NOW - HOUR, program="*"),
        Silence(2, NOW + HOUR, program="*"),
        Silence(3, NOW + 2 * HOUR, tag="night"),
    ]
    windows = [Window("patches", start=NOW, end=NOW + 2 * HOUR)]
    quiet = quiet_now(KIND, silences, windows, NOW)
    assert (quiet.kind, quiet.name) == ("silence", "3")
    assert quiet_now(KIND, [], windows, NOW).name == "patches"
    assert quiet_now(KIND, silences[:1], [], NOW) is None


def test_a_window_of_tags_and_programs_covers_either():
    window = Window("w", programs=("fund_*",), tags=("night",), start=NOW, end=NOW + HOUR)
    assert window.covers(KIND)
    assert window.covers(Subject("fund_mail"))
    assert not window.covers(Subject("other", ("day",)))


@pytest.mark.parametrize(("minutes", "inside"), [(-1, False), (0, True), (59, True), (60, False)])
def test_a_single_window_holds_from_its_start_to_before_its_end(minutes, inside):
    window = Window("w", start=NOW, end=NOW + HOUR)
    assert (window.until(NOW + timedelta(minutes=minutes)) is not None) is inside


def test_a_window_by_cron_holds_for_its_duration():
    window = Window("w", schedule=("0 1 * * 0",), duration=4 * HOUR, timezone="Asia/Seoul")
    sunday = datetime(2026, 11, 22, 1, 0, tzinfo=ZoneInfo("Asia/Seoul"))
    assert window.until(sunday) == sunday + 4 * HOUR
    assert window.until(sunday + 4 * HOUR) is None
    assert window.until(sunday - timedelta(seconds=1)) is None
    assert window.next_start(sunday) == sunday + timedelta(days=7)


@pytest.mark.parametrize(
    ("day", "begins", "ends"),
    [
        # clocks go forward at 02:00: four hours from 01:00 end at 06:00 by the clock
        ((2026, 3, 8), (2026, 3, 8, 6, 0), (2026, 3, 8, 10, 0)),
        # clocks go back at 02:00: they end at 04:00 by the clock
        ((2026, 11, 1), (2026, 11, 1, 5, 0), (2026, 11, 1, 9, 0)),
    ],
)
def test_on_change_over_days_a_window_lasts_as_long_as_on_others(day, begins, ends):
    window = Window("w", schedule=("0 1 * * *",), duration=4 * HOUR, timezone="America/New_York")
    begin, end = datetime(*begins, tzinfo=UTC), datetime(*ends, tzinfo=UTC)
    assert begin.astimezone(ZoneInfo("America/New_York")).date().isoformat() == "-".join(f"{part:02}" for part in day)
    assert window.until(begin) == end
    assert window.until(end - timedelta(seconds=1)) == end
    assert window.until(end) is None
