"""What is said to a person, in both languages."""

# ruff: noqa: E501 - a case is read best on one line
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from batmon.judge.verdict import NO_END, NO_WORD
from batmon.model import Reason, RunStatus, Status
from batmon.words import (
    clock,
    duration,
    error_in_words,
    line_in_words,
    moment,
    plugin_lines,
    run_status_word,
    say,
    schedule_in_words,
    status_word,
)

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 20, 17, 14, 7, tzinfo=UTC)  # 02:14:07 on the 21st in Seoul


def at(hour, minute=0, day=21):
    return datetime(2026, 11, day, hour, minute, tzinfo=SEOUL).astimezone(UTC)


SAYINGS = [
    (Reason.FAILED, {"start": at(2, 0), "line": "로그인 실패"}, "02:00 run failed: 로그인 실패", "02:00 실행 실패: 로그인 실패"),
    (Reason.FAILED, {"start": at(6, 0, 20), "line": ""}, "11-20 06:00 run failed", "11월 20일 06:00 실행 실패"),
    (Reason.LATE, {"due": at(2, 10), "grace_end": at(2, 15), "last_start": at(2, 5)},
     "late by 4m, no run since 02:05, grace ends 02:15", "4분 늦음, 02:05 이후 실행 없음, 유예 02:15까지"),
    (Reason.LATE, {"due": at(2, 14), "grace_end": at(2, 15), "last_start": None},
     "late by 7s, grace ends 02:15", "7초 늦음, 유예 02:15까지"),
    (Reason.MISSED, {"due": at(2, 0), "grace_end": at(2, 10), "last_start": at(1, 55), "missed": 1},
     "no run since 01:55: due 02:00, grace ended 02:10", "01:55 이후 실행 없음: 02:00 예정, 유예 02:10 종료"),
    (Reason.MISSED, {"due": at(2, 0), "grace_end": at(2, 10), "last_start": None, "missed": 3, "verified_late": True},
     "no run: due 02:00, grace ended 02:10, 3 missed (verified late)",
     "실행 없음: 02:00 예정, 유예 02:10 종료, 3회 미실행 (나중에 확인됨)"),
    (Reason.RUNNING, {"start": at(2, 12)}, "running since 02:12 (2m 07s)", "02:12부터 실행 중 (2분 07초)"),
    (Reason.HUNG, {"start": at(1, 0), "max_runtime_sec": 1800.0, "line": "페이지 여는 중"},
     "running since 01:00, longer than the allowed 30m: 페이지 여는 중",
     "01:00부터 끝나지 않음, 최대 실행 시간 30분 초과: 페이지 여는 중"),
    (Reason.DIED, {"start": at(1, 0), "exit_code": -9}, "01:00 run died: its process is gone and left no end (exit code -9)",
     "01:00 실행이 끝을 남기지 않고 비정상 종료됨 (종료 코드 -9)"),
    (Reason.OVERLAPPING, {"start": at(2, 5), "other_start": at(2, 0), "count": 2},
     "2 runs at once: started 02:00 and 02:05", "2개 실행이 겹침: 02:00 시작과 02:05 시작"),
    (Reason.CONTRADICTION, {"start": at(2, 0), "record": "SUCCESS", "log": "FAILED", "line": "KeyError: 'x'"},
     "02:00 run: evidence disagrees (record SUCCESS, log FAILED): KeyError: 'x'",
     "02:00 실행의 근거가 서로 다름 (기록 SUCCESS, 로그 FAILED): KeyError: 'x'"),
    (Reason.LOG_GONE, {"detail": "logs/*.log"}, "the log files are gone: logs/*.log", "로그 파일이 사라짐: logs/*.log"),
    (Reason.NEVER_SEEN, {"due": at(6, 0), "last_start": None}, "no run seen yet, next due today 06:00", "아직 실행을 본 적 없음, 다음 예정 오늘 06:00"),
    (Reason.NEVER_SEEN, {"due": None, "last_start": at(6, 0, 18)}, "no run seen since 11-18 06:00", "11월 18일 06:00 이후 실행을 보지 못함"),
    (Reason.NEVER_SEEN, {"unread_lines": True}, "no run seen yet; no line of its log says that a run starts or ends: set [programs.log]", "아직 실행을 본 적 없음; 로그에 시작이나 종료를 알리는 줄이 없음: [programs.log] 설정 필요"),
    (Reason.FUTURE, {"start": "2026-11-21T00:00:00+00:00", "timezone": "Asia/Seoul"}, "run of 09:00 lies in the future: check the clock and the time zone (Asia/Seoul)", "09:00 실행은 아직 오지 않은 시각: 시계와 시간대(Asia/Seoul) 확인 필요"),
    (Reason.BLIND, {"cause": "not_looked"}, "not looked yet since the daemon started", "데몬이 시작된 뒤 아직 확인하지 않음"),
    (Reason.BLIND, {"detail": "permission denied"}, "could not look: permission denied", "확인할 수 없음: permission denied"),
    (Reason.SUCCEEDED, {"start": at(2, 0), "duration_sec": 41.4, "processed": 1037}, "02:00 run succeeded, took 41s, 1,037 processed",
     "02:00 실행 성공, 41초 걸림, 1,037건 처리"),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "facts", "english", "korean"), SAYINGS)
def test_sayings(reason, facts, english, korean):
    over_the_gate = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in facts.items()}
    for given in (facts, over_the_gate):
        assert say(reason, given, "en", SEOUL, NOW) == english
        assert say(reason.value, given, "ko", SEOUL, NOW) == korean


def test_every_reason_is_said_even_without_facts():
    for reason in Reason:
        for language in ("ko", "en"):
            assert say(reason, {}, language, SEOUL, NOW).strip()


@pytest.mark.parametrize(
    ("expressions", "english", "korean"),
    [
        (["0 6 * * *"], "daily 06:00", "매일 06:00"),
        (["*/5 * * * *"], "every 5 minutes", "5분마다"),
        (["* * * * *"], "every minute", "1분마다"),
        (["30 18 * * *", "0 7 * * *"], "daily 07:00, 18:30", "매일 07:00, 18:30"),
        (["0 7,18 * * *"], "daily 07:00, 18:00", "매일 07:00, 18:00"),
        (["0 9 * * 1-5"], "weekdays 09:00", "평일 09:00"),
        (["0 9 * * MON-FRI"], "weekdays 09:00", "평일 09:00"),
        (["0 9 * * 1,3,7"], "Sun, Mon, Wed 09:00", "매주 일·월·수 09:00"),
        (["0 6 1 * *"], "monthly on 1 06:00", "매월 1일 06:00"),
        (["0 * * * *"], "every hour", "매시 정각"),
        (["30 */2 * * *"], "every 2 hours at :30", "2시간마다 30분"),
        (["0 6 * * *", "*/5 * * * *"], "daily 06:00; every 5 minutes", "매일 06:00; 5분마다"),
        (["0 6 29 2 *"], "0 6 29 2 *", "0 6 29 2 *"),
        (["0 9 * * 1#1"], "0 9 * * 1#1", "0 9 * * 1#1"),
        (["@daily"], "@daily", "@daily"),
        ([], "no schedule", "일정 없음"),
    ],
)
def test_schedules(expressions, english, korean):
    assert schedule_in_words(expressions, "en") == english
    assert schedule_in_words(expressions, "ko") == korean


@pytest.mark.parametrize(
    ("seconds", "english", "korean"),
    [(0, "0s", "0초"), (-3, "0s", "0초"), (41.9, "41s", "41초"), (65, "1m 05s", "1분 05초"), (1800, "30m", "30분"), (7800, "2h 10m", "2시간 10분"), (100_000, "1d 3h", "1일 3시간")],
)  # fmt: skip
def test_durations(seconds, english, korean):
    assert (duration(seconds, "en"), duration(seconds, "ko")) == (english, korean)


def test_moments():
    days = [at(6, 0, 20), at(6, 0), at(6, 0, 22), at(6, 0, 25), at(6) - timedelta(days=365)]
    assert [moment(day, SEOUL, NOW, "en") for day in days] == [
        "yesterday 06:00", "today 06:00", "tomorrow 06:00", "11-25 06:00", "2025-11-21 06:00"]  # fmt: skip
    assert [moment(day.isoformat(), SEOUL, NOW, "ko") for day in days] == [
        "어제 06:00", "오늘 06:00", "내일 06:00", "11월 25일 06:00", "2025-11-21 06:00"]  # fmt: skip
    assert clock(days[1], SEOUL, NOW, "en") == "06:00"


def test_status_words():
    assert [status_word(status, "ko") for status in Status] == ["정상", "주의", "오류", "미확인"]
    assert run_status_word("MISSED", "ko") == run_status_word(RunStatus.MISSED, "ko") == "미실행"


def entry(name, status, message):
    return {"name": name, "status": status, "message": message}


def test_plugin_lines():
    lines = plugin_lines({"status": "ERROR", "programs": [
        entry("auto_esafe", "OK", "37 documents"),
        entry("kindscrap", "ERROR", "06:00 run failed: a|b\nc"),
        entry("fund_mail", "OK", "02:05 run succeeded"),
    ]})  # fmt: skip
    assert lines == [
        "BATMON ERROR - kindscrap: 06:00 run failed: a¦b c (1 error, 0 warning, 2 ok) | 'ok'=2 'warning'=0 'error'=1 'unknown'=0",
        "  ERROR  kindscrap: 06:00 run failed: a¦b c",
        "  OK     auto_esafe: 37 documents",
        "  OK     fund_mail: 02:05 run succeeded",
    ]


def test_plugin_lines_of_one_of_all_and_of_none():
    one = plugin_lines({"status": "OK", "programs": [entry("a", "OK", "fine")]})
    assert one[0].startswith("BATMON OK - a: fine (0 error, 0 warning, 1 ok) | ")
    both = plugin_lines({"status": "OK", "programs": [entry("a", "OK", "fine"), entry("b", "OK", "fine")]})
    assert both[0].startswith("BATMON OK - all 2 programs are well (")
    assert plugin_lines({"status": "UNKNOWN", "programs": []}) == [
        "BATMON UNKNOWN - no programs are watched (0 error, 0 warning, 0 ok) | 'ok'=0 'warning'=0 'error'=0 'unknown'=0"
    ]
    unknown = plugin_lines({"status": "UNKNOWN", "programs": [entry("a", "UNKNOWN", "could not look")]})
    assert "(0 error, 0 warning, 0 ok, 1 unknown)" in unknown[0]


@pytest.mark.parametrize(
    ("changes", "korean", "english"),
    [
        ({}, "", ""),
        ({"first_ever": True}, "처음 보는 오류", "first ever seen"),
        ({"programs": 7}, "02:10부터 프로그램 7개", "in 7 programs since 02:10"),
        (
            {"first_ever": True, "programs": 2},
            "처음 보는 오류, 02:10부터 프로그램 2개",
            "first ever seen, in 2 programs since 02:10",
        ),
    ],
)
def test_what_is_news_of_a_kind_of_error(changes, korean, english):
    now = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
    note = {"first_ever": False, "programs": 1, "since": "2026-11-20T17:10:00+00:00"} | changes
    zone = ZoneInfo("Asia/Seoul")
    assert error_in_words(note, "ko", zone, now) == korean
    assert error_in_words(note, "en", zone, now) == english
    assert error_in_words(None, "en", zone, now) == ""


@pytest.mark.parametrize("line", [NO_END, NO_WORD])
def test_what_batmon_wrote_of_a_run_is_told_in_the_language_and_other_lines_as_they_are(line):
    assert line_in_words(line, "en") == line
    assert line_in_words(line, "ko").isascii() is False
    assert line_in_words("its process ended badly", "ko") == "its process ended badly"
