"""Suspicious successes and rows of failures, in words: whole sentences, and figures for a narrow column."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from batmon.words import in_short, say

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
START = datetime(2026, 11, 20, 21, tzinfo=UTC)
MONDAYS = {"samples": 12, "scope": "weekday", "weekday": 0, "clock": "06:00"}
SLOT = {"samples": 20, "scope": "slot", "weekday": None, "clock": "06:00"}
RUNS = {"samples": 60, "scope": "runs", "weekday": None, "clock": ""}


@pytest.mark.parametrize(
    ("reason", "facts", "english", "korean"),
    [
        ("unusual_output", {"processed": 0, "usual": 1180, **MONDAYS},
         "06:00 run succeeded with 0 of the usual 1,180 items (median of 12 runs, Mon 06:00)",
         "06:00 실행은 성공했으나 평소 1,180건 중 0건만 처리 (월요일 06:00 12회의 중앙값)"),
        ("unusual_time", {"duration_sec": 8.0, "usual_sec": 41.0, **SLOT},
         "06:00 run succeeded in 8s, 20% of the usual 41s (median of 20 runs at 06:00)",
         "06:00 실행은 성공했으나 8초만에 끝남, 평소 41초의 20% (06:00 20회의 중앙값)"),
        ("unusual_time", {"duration_sec": 250, "usual_sec": 41.5, **RUNS},
         "06:00 run succeeded but took 4m 10s, 6.0 times the usual 42s (median of the latest 60 runs)",
         "06:00 실행은 성공했으나 4분 10초 걸림, 평소 42초의 6.0배 (최근 60회의 중앙값)"),
        ("too_short", {"duration_sec": 0.4, "min_runtime_sec": 20.0, "processed": 0},
         "06:00 run succeeded too fast: took 0.4s, should take at least 20s",
         "06:00 실행이 너무 빨리 끝남: 0.4초 걸림, 최소 실행 시간 20초"),
        ("failed", {"line": "x", "failures": 1}, "06:00 run failed: x", "06:00 실행 실패: x"),
        ("failed", {"line": "x", "failures": 2}, "06:00 run failed, 2nd failure in a row: x",
         "06:00 실행 실패, 2회 연속 실패: x"),
        ("failed", {"failures": 113}, "06:00 run failed, 113th failure in a row", "06:00 실행 실패, 113회 연속 실패"),
        ("failed", {"failures": 60, "failures_more": True}, "06:00 run failed, at least 60 failures in a row",
         "06:00 실행 실패, 60회 이상 연속 실패"),
        ("hung", {"max_runtime_sec": 1800, "failures": 3},
         "running since 06:00, longer than the allowed 30m, 3rd failure in a row",
         "06:00부터 끝나지 않음, 최대 실행 시간 30분 초과, 3회 연속 실패"),
        ("died", {"exit_code": 3, "failures": 21},
         "06:00 run died: its process is gone and left no end (exit code 3), 21st failure in a row",
         "06:00 실행이 끝을 남기지 않고 비정상 종료됨 (종료 코드 3), 21회 연속 실패"),
    ],
)  # fmt: skip
def test_sentences(reason, facts, english, korean):
    told = {"start": START, **facts}
    assert say(reason, told, "en", SEOUL, NOW) == english
    assert say(reason, told, "ko", SEOUL, NOW) == korean


@pytest.mark.parametrize(
    ("reason", "facts", "english", "korean"),
    [
        ("unusual_output", {"processed": 3, "usual": 1180}, "3 of the usual 1,180 items", "3건 (평소 1,180건)"),
        ("unusual_time", {"duration_sec": 8, "usual_sec": 41.2}, "took 8s, usually 41s", "8초 걸림 (평소 41초)"),
        ("too_short", {"duration_sec": 3.4, "min_runtime_sec": 20}, "took 3s, at least 20s expected",
         "3초 걸림 (최소 20초)"),
        ("failed", {"failures": 3}, "3rd failure in a row", "3회 연속 실패"),
        ("failed", {"failures": 60, "failures_more": True}, "at least 60 failures in a row", "60회 이상 연속 실패"),
        ("failed", {"failures": 1}, "", ""),
        ("late", {}, "", ""),
    ],
)  # fmt: skip
def test_figures_for_a_column(reason, facts, english, korean):
    assert (in_short(reason, facts, "en"), in_short(reason, facts, "ko")) == (english, korean)
    assert len(korean) <= 20
