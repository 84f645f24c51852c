"""The times that log lines begin with."""

# ruff: noqa: E501 - a case is read best on one line
from __future__ import annotations

import time as clock
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batmon.judge.timestamps import TimeReader, check_format, date_in_path, parse_time

SEOUL = ZoneInfo("Asia/Seoul")
AT = datetime(2026, 11, 20, 21, 0, 12, tzinfo=UTC)  # 06:00:12 on the 21st in Seoul
HINT = AT - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("line", "micro"),
    [
        ("2026-11-21 06:00:12 INFO 시작", 0),
        ("2026-11-21 06:00:12,123 INFO 시작", 123_000),
        ("2026-11-21 06:00:12.123456 INFO 시작", 123_456),
        ("2026-11-21T06:00:12 시작", 0),
        ("2026-11-20T21:00:12Z start", 0),
        ("2026-11-20T21:00:12.5Z start", 500_000),
        ("2026-11-21T06:00:12.123+09:00 start", 123_000),
        ("2026-11-20 16:00:12 -0500 start", 0),
        ("[2026-11-21 06:00:12] 시작", 0),
        ("[2026-11-21 06:00:12,123] 시작", 123_000),
        ("[2026-11-21T06:00:12+0900] 시작", 0),
        ("(2026-11-21 06:00:12) 시작", 0),
        ("\ufeff2026-11-21 06:00:12 시작", 0),
        ("INFO 2026-11-21 06:00:12 시작", 0),
        ("[ERROR] 2026-11-21 06:00:12 실패", 0),
        ("ERROR: 2026-11-21 06:00:12,5 실패", 500_000),
        ("2026/11/21 06:00:12 시작", 0),
        ("2026.11.21 06:00:12 시작", 0),
        ("[2026/11/21 6:00:12] 시작", 0),
        ("20261121 060012 시작", 0),
        ("20261121060012 시작", 0),
        ("20261121_060012.250 시작", 250_000),
        ("20261121T060012+0900 start", 0),
        ('10.0.0.7 - ops [21/Nov/2026:06:00:12 +0900] "GET /" 200', 0),
        ("21/Nov/2026:06:00:12 +0900 start", 0),
        ("21 Nov 2026 06:00:12 start", 0),
        ("11/21/2026 06:00:12 AM start", 0),
        ("Nov 21 06:00:12 host app[3]: start", 0),
        ("<13>Nov 21 06:00:12 host app[3]: start", 0),
        ("Sat Nov 21 06:00:12 2026 start", 0),
        ("11-21 06:00:12.001 start", 1_000),
        ("06:00:12 INFO 시작", 0),
        ("[06:00:12] 시작", 0),
        ("06:00:12,250 시작", 250_000),
        ("오전 6:00:12 시작", 0),
        ("2026년 11월 21일 06시 00분 12초 시작", 0),
        ("2026년 11월 21일 (토) 06:00:12 시작", 0),
        ("[2026년 11월 21일 오전 6시 0분 12초] 시작", 0),
        ("2026. 11. 21. 오전 6:00:12 시작", 0),
        ("2026-11-21 오전 6:00:12 시작", 0),
        ("1795208412 start", 0),
        ("1795208412.25 start", 250_000),
        ("1795208412123 start", 123_000),
        ('{"level": "info", "time": "2026-11-20T21:00:12Z", "msg": "start"}', 0),
        ('{"ts": 1795208412.5, "msg": "start"}', 500_000),
        ("time=2026-11-21T06:00:12+09:00 level=info msg=start", 0),
    ],
)
def test_usual_forms(line, micro):
    assert parse_time(line, SEOUL, None, year_hint=HINT) == AT.replace(microsecond=micro)


@pytest.mark.parametrize(
    "line",
    [
        "", "   ", "시작", "Traceback (most recent call last):", '  File "main.py", line 12, in run', "LoginError: 실패",
        "저장 시각은 2026-11-21 06:00:12 입니다", "2026-13-41 06:00:12 시작", "2026-11-21 26:00:12", "처리 완료: 37건",
        "다운로드 2026/11/21 06:00:12 자료", "192.168.10.20 connected", "10:30 회의", "12345 건", "2026", "12345678901234 id",
        "0000000001 first", "    at Main.run(Main.java:12:30)", "ratio 3:20:11", "file 20261121060012.csv",
    ],
)  # fmt: skip
def test_lines_without_a_time(line):
    assert parse_time(line, SEOUL, None, year_hint=HINT) is None


def test_afternoon_and_midnight():
    def hour(text):
        return parse_time(text, SEOUL, None, year_hint=None).astimezone(SEOUL).hour

    assert hour("2026. 11. 21. 오후 6:00:12") == 18
    assert hour("2026. 11. 21. 오전 12:00:12") == 0
    assert hour("2026. 11. 21. 오후 12:00:12") == 12


def test_a_year_comes_from_the_hint():
    hint = datetime(2027, 1, 1, 0, 5, tzinfo=UTC)
    assert parse_time("Dec 31 23:59:00 host", ZoneInfo("UTC"), None, year_hint=hint).year == 2026
    assert parse_time("Jan  1 00:06:00 host", ZoneInfo("UTC"), None, year_hint=hint).year == 2027
    assert parse_time("Jan  1 00:06:00 host", ZoneInfo("UTC"), None, year_hint=None) is None


def test_a_date_comes_from_the_hint_and_time_never_runs_back():
    late = datetime(2026, 11, 21, 23, 59, 50, tzinfo=UTC)
    utc = ZoneInfo("UTC")
    assert parse_time("00:00:05 next", utc, None, year_hint=late) == datetime(2026, 11, 22, 0, 0, 5, tzinfo=UTC)
    assert parse_time("23:59:49 a thread", utc, None, year_hint=late) == late - timedelta(seconds=1)
    assert parse_time("06:00:00 tomorrow", utc, None, year_hint=late) == datetime(2026, 11, 22, 6, tzinfo=UTC)
    assert parse_time("06:00:00 no hint", utc, None, year_hint=None) is None


def test_repeated_and_skipped_wall_times():
    berlin = ZoneInfo("Europe/Berlin")
    assert parse_time("2026-10-25 02:30:00", berlin, None, year_hint=None) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert parse_time("2026-03-29 02:30:00", berlin, None, year_hint=None) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("21.11.26 06h00m12 start", "%d.%m.%y %Hh%Mm%S"),
        ("[21-11-2026 06:00:12] start", "%d-%m-%Y %H:%M:%S"),
        ("06.00.12 start", "%H.%M.%S"),
        ("21/11 06:00:12 start", "%d/%m %H:%M:%S"),
        ("2026-11-20 21:00:12 +0000 x", "%Y-%m-%d %H:%M:%S %z"),
    ],
)
def test_a_format_of_ones_own(line, form):
    assert check_format(form) is None
    assert parse_time(line, SEOUL, form, year_hint=HINT) == AT
    assert parse_time("continued", SEOUL, form, year_hint=HINT) is None


@pytest.mark.parametrize("form", ["yyyy-MM-dd", "%Q", "%Y-%", ""])
def test_bad_formats_are_explained(form):
    assert "timestamp_format" in check_format(form)


@pytest.mark.parametrize(
    ("path", "day"),
    [("logs/kindscrap_20261121.log", 21), ("logs/2026-11-21.log", 21), ("20250101/app.2026_11_21.log.gz", 21)],
)
def test_date_in_a_path(path, day):
    assert date_in_path(path, SEOUL).astimezone(SEOUL) == datetime(2026, 11, day, tzinfo=SEOUL)


def test_no_date_in_a_path():
    assert date_in_path("logs/app-123456789.log", SEOUL) is None
    assert date_in_path("logs/20260231.log", SEOUL) is None


@given(st.text(max_size=80))
def test_any_text_is_read_without_harm(text):
    found = TimeReader(SEOUL).find(text, HINT)
    assert found is None or found.at.tzinfo is UTC


@given(st.lists(st.sampled_from([
    "2026-11-21 06:00:12", "20261121 060012", "Nov 21 06:00:12", "06:00:12", "1795208412", "2026. 11. 21. 오전 6:00:12",
    "21/Nov/2026:06:00:12 +0900", "2026/11/21 06:00:12"]), max_size=12))  # fmt: skip
def test_what_matched_last_changes_nothing(lines):
    reader = TimeReader(SEOUL)
    assert [reader.find(line, HINT).at for line in lines] == [AT] * len(lines)


def test_common_forms_are_quick():
    reader = TimeReader(SEOUL)
    lines = [f"2026-11-21 06:00:{n % 60:02},{n % 1000:03} INFO 처리 {n}" for n in range(20_000)]
    started = clock.process_time()
    for line in lines:
        reader.find(line, HINT)
    assert clock.process_time() - started < 0.4  # 20 us a line on a bad day; 2 us on a good one
