"""Runs found in log lines: Korean and English, tracebacks, false friends, batches of any size."""

# ruff: noqa: E501 - a case is read best on one line
from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batmon.errors import ModelError
from batmon.judge.logscan import Scanner
from batmon.judge.scan_state import ScanState
from batmon.model import LogPatterns, Program, RunStatus

RUNNING, SUCCESS, FAILED = RunStatus.RUNNING, RunStatus.SUCCESS, RunStatus.FAILED


class Raw(NamedTuple):
    offset: int
    end: int
    text: str


def lines(text):
    out, offset = [], 0
    for line in text.strip("\n").split("\n"):
        end = offset + len(line.encode()) + 1
        out.append(Raw(offset, end, line))
        offset = end
    return out


def program(**patterns):
    return Program(name="kindscrap", base_dir=Path("/srv"), timezone="Asia/Seoul", patterns=LogPatterns(**patterns))


def scan(text, *, path="a.log", **patterns):
    return Scanner(program(**patterns)).scan(ScanState(), lines(text), path).runs


def story(*entries, start="06:00:00"):
    """Lines a second apart, each an ERROR, WARNING or INFO entry or, when indented or bare, a continuation."""
    at = datetime.fromisoformat(f"2026-11-21T{start}+09:00")
    out = []
    for entry in entries:
        if entry.startswith(("| ",)):
            out.append(entry[2:])
            continue
        level = entry.split(" ")[0]
        text = entry if level in ("ERROR", "WARNING", "CRITICAL", "DEBUG", "INFO") else f"INFO {entry}"
        out.append(f"{at:%Y-%m-%d %H:%M:%S},000 {text}")
        at += timedelta(seconds=1)
    return "\n".join(out)


LOGIN = """\
2026-11-21 06:00:00,101 INFO  공시정보 수집 시작
2026-11-21 06:00:01,000 INFO  로그인 시도: ops
2026-11-21 06:00:12,345 ERROR 로그인 실패: 비밀번호가 올바르지 않습니다
Traceback (most recent call last):
  File "main.py", line 12, in login
    raise LoginError("로그인 실패: 비밀번호가 올바르지 않습니다")
LoginError: 로그인 실패: 비밀번호가 올바르지 않습니다
"""


def test_a_failed_login():
    (run,) = scan(LOGIN)
    assert run.status is FAILED
    assert run.start_time == datetime(2026, 11, 20, 21, 0, 0, 101000, tzinfo=UTC)
    assert run.end_time == datetime(2026, 11, 20, 21, 0, 12, 345000, tzinfo=UTC)
    assert run.message == "LoginError: 로그인 실패: 비밀번호가 올바르지 않습니다"
    assert run.error_details.startswith("Traceback (most recent call last):\n  File")
    assert run.error_details.endswith("LoginError: 로그인 실패: 비밀번호가 올바르지 않습니다")
    assert run.log.line == "2026-11-21 06:00:12,345 ERROR 로그인 실패: 비밀번호가 올바르지 않습니다"
    assert run.log.first_error == "로그인 실패: 비밀번호가 올바르지 않습니다"
    assert run.log.errors == 1
    assert (run.log.span.start, run.log.span.end) == (0, len(LOGIN.encode()))


def test_a_good_run_with_its_count():
    (run,) = scan(
        story(
            "eSafe 문서 다운로드 시작", "로그인 성공", "1/2 파일 다운로드 완료: a.pdf", "eSafe 문서 다운로드 완료: 37건"
        )
    )
    assert (run.status, run.processed_count, run.message) == (SUCCESS, 37, "eSafe 문서 다운로드 완료: 37건")
    assert run.duration == timedelta(seconds=3)
    assert (run.log.errors, run.log.first_error) == (0, "")


def test_english():
    runs = scan(
        """
2026-11-21 06:00:00 INFO [main] Job started
2026-11-21 06:00:01 INFO [main] Starting browser
2026-11-21 06:00:05 INFO [main] downloaded 37 documents
2026-11-21 06:00:09 INFO [main] Job finished successfully
2026-11-21 07:00:00 INFO [main] Job started
2026-11-21 07:00:05 ERROR [main] Job failed: connection refused
"""
    )
    assert [(run.status, run.processed_count) for run in runs] == [(SUCCESS, 37), (FAILED, 0)]
    assert runs[1].message == "Job failed: connection refused"


@pytest.mark.parametrize(
    "entry",
    [
        "ERROR 수집 실패", "작업 실패: 서버 응답 없음", "CRITICAL out of disk", "프로그램이 비정상 종료되었습니다", "오류로 중단합니다",
        "오류가 발생하여 작업을 중단합니다", "process exited with code 3", "종료 코드: 1", "Unhandled exception: x", "ERROR download failed",
        "batch run aborted", "ERROR 재시도 3회 모두 실패", "ERROR 예외 발생: timeout", "WARNING 배치 실행 실패", "Segmentation fault",
    ],
)  # fmt: skip
def test_these_fail_a_run(entry):
    (run,) = scan(story("수집 시작", entry))
    assert run.status is FAILED


@pytest.mark.parametrize(
    "entry",
    [
        "실패: 0", "실패 0건", "실패: 0건, 성공: 10건", "0 errors", "failed=0", "errors: 0", "오류 없음", "오류가 없습니다", "재시도 성공", "no errors found",
        "다시 시작하세요", "ERROR 재시도 1/3: 로그인 실패", "WARNING 파일 다운로드 실패, 건너뜀", "실패 시 메일 발송", "로그인 성공", "접속 완료", "DEBUG 작업 실패",
        "fail-safe mode on", "서버 연결 종료", "1페이지 수집 완료", "저장 완료율 50%", "성공: 10, 실패: 2", "성공 9, 실패 1", "Starting new HTTPS connection (1): kind.krx.co.kr",
            "처리 대상 10건", "조회 시작: 2026-11-01", "실패 목록 저장", "started_at=2026-11-21",
    ],
)  # fmt: skip
def test_these_neither_start_nor_end_a_run(entry):
    runs = scan(story("공시정보 수집 시작", entry))
    assert [run.status for run in runs] == [RUNNING]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("공시정보 수집 시작", "공시정보 수집 완료"), ("작업 시작", "작업 완료"), ("배치 시작", "정상 종료"), ("===== 작업 시작 =====", "===== 작업 종료 ====="),
        ("메일 수집을 시작합니다", "메일 수집을 완료했습니다."), ("수집 시작...", "성공적으로 완료되었습니다"), ("수집 시작", "처리 완료: 37건"), ("[kindscrap] 수집 시작", "[kindscrap] 수집 완료"),
        ("fund_mail: 시작", "fund_mail: 완료"), ("프로그램 시작 (v1.2)", "프로그램 종료"), ("수집 시작", "종료(정상)"), ("수집 시작", "작업 완료, 실패 0건"),
        ("수집 시작", "수집 완료 - 성공: 10건, 실패: 0건"), ("started", "done"), ("Starting nightly backup", "nightly backup completed"), ("Job started", "Job finished"),
        ("batch begins", "finished successfully in 12s"), ("Starting...", "completed."), ("run started", "process exited with code 0"), ("시작", "완료"),
        ("배치 작업을 시작합니다.", "배치 작업이 완료되었습니다. (성공 9, 실패 1)"), ("수집 시작", "=== 수집 종료 (총 152건) ==="),
    ],
)  # fmt: skip
def test_these_start_and_end_a_run(first, last):
    (run,) = scan(story(first, "무언가 하는 중", last))
    assert (run.status, run.duration) == (SUCCESS, timedelta(seconds=2))


def test_a_success_after_a_failure_keeps_the_failure():
    (run,) = scan(story("수집 시작", "ERROR 저장 실패: 디스크", "수집 완료: 3건"))
    assert (run.status, run.log.first_error, run.log.errors) == (SUCCESS, "저장 실패: 디스크", 1)


def test_a_vague_success_after_a_failure_changes_nothing():
    (run,) = scan(
        story("수집 시작", "ERROR 저장 실패: 디스크", "보고서 저장 완료", "브라우저 종료", "수집 종료", "종료")
    )
    assert (run.status, run.message) == (FAILED, "저장 실패: 디스크")


def test_plain_errors_are_only_counted():
    (run,) = scan(story("수집 시작", "ERROR 응답이 느림", "ERROR 응답이 느림", "수집 완료"))
    assert (run.status, run.log.errors, run.log.first_error) == (SUCCESS, 2, "")


def test_a_crash_without_a_word():
    (run,) = scan(story("수집 시작", "페이지 여는 중", "| Traceback (most recent call last):", '|   File "m.py", line 3, in <module>',
                        "|     1 / 0", "| ZeroDivisionError: division by zero"))  # fmt: skip
    assert (run.status, run.message) == (FAILED, "ZeroDivisionError: division by zero")
    assert run.log.first_error == "ZeroDivisionError: division by zero"


def test_the_last_of_chained_exceptions_is_the_message():
    (run,) = scan(story(
        "수집 시작", "ERROR 수집 중 오류", "| Traceback (most recent call last):", '|   File "m.py", line 3, in a', "| KeyError: 'x'", "| ",
        "| During handling of the above exception, another exception occurred:", "| ", "| Traceback (most recent call last):",
        '|   File "m.py", line 9, in b', "| app.ScrapeError: 페이지 형식이 바뀜", "| 자세한 내용", "알림 발송"))  # fmt: skip
    assert (run.status, run.message) == (FAILED, "app.ScrapeError: 페이지 형식이 바뀜")
    assert "KeyError" in run.error_details
    assert run.error_details.endswith("자세한 내용")


def test_a_caught_traceback_below_a_retry_is_no_failure():
    (run,) = scan(story("수집 시작", "WARNING 재시도 1/3", "| Traceback (most recent call last):", '|   File "m.py", line 3, in a',
                        "| TimeoutError: 작업 실패", "수집 완료"))  # fmt: skip
    assert (run.status, run.log.first_error) == (SUCCESS, "")


def test_steps_do_not_open_runs_and_an_overlap_does():
    steps = scan(
        story(
            "공시정보 수집 시작",
            "목록 조회 시작",
            "목록 조회 완료",
            "상세 수집 시작",
            "상세 수집 완료",
            "공시정보 수집 완료",
        )
    )
    assert [run.status for run in steps] == [SUCCESS]
    assert steps[0].duration == timedelta(seconds=5)
    both = scan(story("메일 수집 시작", "메일 수집 시작", "메일 수집 완료"))
    assert [run.status for run in both] == [RUNNING, SUCCESS]


def test_a_program_that_ends_with_its_last_step():
    (run,) = scan(story("프로그램 시작", "메일 수집 시작", "메일 수집 완료: 3건"))
    assert (run.status, run.processed_count) == (SUCCESS, 3)


def test_once_an_own_end_was_seen_a_step_ends_nothing():
    whole = ("프로그램 시작", "메일 수집 시작", "메일 수집 완료: 3건", "프로그램 종료")
    runs = scan(story(*whole) + "\n" + story(*whole[:3], start="07:00:00"))
    assert [run.status for run in runs] == [SUCCESS, RUNNING]


def test_without_start_lines_a_run_begins_with_the_first_line():
    runs = scan(story("메일함을 연다", "새 메일 3통", "처리 완료: 3건", "뒷정리") + "\n"
                + story("메일함을 연다", "ERROR 접속 실패", start="06:05:00"))  # fmt: skip
    assert [(run.status, run.processed_count) for run in runs] == [(SUCCESS, 3), (FAILED, 0)]
    assert runs[1].start_time - runs[0].start_time == timedelta(minutes=5)


def test_a_failure_before_any_start_is_a_run():
    runs = scan(story("수집 시작", "수집 완료") + "\n" + story("ERROR 작업 실패: 설정 파일 없음", start="07:00:00"))
    assert [run.status for run in runs] == [SUCCESS, FAILED]


def test_a_program_of_its_own_words():
    own = {
        "started": ("^.*BEGIN (?!page)",),
        "succeeded": ("ALL GOOD",),
        "failed": ("KO",),
        "processed": r"n=(?P<count>[\d,]+)",
    }
    runs = scan(
        story("BEGIN run", "ERROR 작업 실패", "n=1,234", "완료", "ALL GOOD", "BEGIN run", "BEGIN page", "KO because"),
        **own,
    )
    assert [(run.status, run.processed_count, run.message) for run in runs] == [
        (SUCCESS, 1234, "ALL GOOD"),
        (FAILED, 0, "KO because"),
    ]
    assert runs[0].log.errors == 1


@pytest.mark.parametrize("patterns", [{"failed": ("(",)}, {"processed": r"\d+"}])
def test_bad_patterns_are_refused(patterns):
    with pytest.raises(ModelError):
        Scanner(program(**patterns))


@pytest.mark.parametrize(
    ("entry", "count"),
    [
        ("처리 완료: 37건", 37), ("총 1,234건 수집", 1234), ("37건 저장", 37), ("processed 12", 12), ("12 documents", 12), ("saved 4 files", 4),
        ("3건의 공시를 저장", 3), ("메일 0건 처리", 0), ("처리 대상 확인", 0), ("downloaded 120 bytes", 0), ("v1.2.37 로드", 0), ("새 메일 5건 수집", 5),
    ],
)  # fmt: skip
def test_counts(entry, count):
    (run,) = scan(story("수집 시작", entry))
    assert run.processed_count == count


def test_the_last_count_counts():
    (run,) = scan(story("수집 시작", "10건 저장", "20건 저장", "수집 완료"))
    assert run.processed_count == 20


def test_equal_starts_have_ids_of_their_own_and_another_path_the_same():
    text = story("작업 시작", "작업 완료").replace("06:00:01", "06:00:00")
    first = scan(text + "\n" + text, path="a.log")
    again = scan(text + "\n" + text, path="a.log.1")
    assert len({run.run_id for run in first}) == 2
    assert [run.run_id for run in first] == [run.run_id for run in again]
    assert again[0].log.span.path == "a.log.1"


def test_a_run_over_a_rotation():
    scanner = Scanner(program())
    first = scanner.scan(ScanState(), lines(story("작업 시작")), "a_20261120.log")
    state = ScanState.from_json(json.loads(json.dumps(first.state.to_json())))
    second = scanner.scan(state, lines(story("작업 완료", start="06:00:05")), "a_20261121.log")
    (before,), (after,) = first.runs, second.runs
    assert (before.status, after.status, before.run_id) == (RUNNING, SUCCESS, after.run_id)
    assert (after.log.span.path, after.log.span.end) == ("a_20261120.log", None)


def test_a_time_of_day_takes_its_date_from_the_path():
    (run,) = scan("06:00:00 작업 시작\n06:00:05 작업 완료", path="logs/app_20261121.log")
    assert run.end_time == datetime(2026, 11, 20, 21, 0, 5, tzinfo=UTC)


def test_lines_without_any_time_tell_nothing():
    assert scan("작업 시작\n작업 완료") == ()


def test_plain_lines_change_nothing():
    scanner = Scanner(program())
    state = scanner.scan(ScanState(), lines(story("작업 시작")), "a.log").state
    assert scanner.scan(state, lines(story("한다", "또 한다", start="06:00:01")), "a.log").runs == ()


ENTRIES = (
    "작업 시작", "작업 완료", "목록 조회 시작", "목록 조회 완료", "ERROR 저장 실패: 디스크", "INFO 진행", "처리 완료: 7건", "WARNING 재시도 2/3", "ERROR 느림",
    "| Traceback (most recent call last):", '|   File "m.py", line 3, in a', "| ValueError: x", "| ", "비정상 종료", "로그인 성공", "DEBUG x", "종료",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(ENTRIES), max_size=30), st.data())
def test_batches_of_any_size_find_the_same_runs(entries, data):
    whole = lines(story(*entries)) if entries else []
    scanner = Scanner(program())
    at_once = {run.run_id: run for run in scanner.scan(ScanState(), whole, "a.log").runs}
    state, in_parts, rest = ScanState(), {}, whole
    while rest:
        count = data.draw(st.integers(1, len(rest)))
        result = scanner.scan(state, rest[:count], "a.log")
        state = ScanState.from_json(json.loads(json.dumps(result.state.to_json())))
        in_parts.update({run.run_id: run for run in result.runs})
        rest = rest[count:]
        assert len(json.dumps(state.to_json())) < 100_000
    assert in_parts == at_once


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=12))
def test_any_text_is_read_without_harm(texts):
    raw = [Raw(n, n + 1, f"2026-11-21 06:00:00 {text}") for n, text in enumerate(texts)]
    assert all(run.program == "kindscrap" for run in Scanner(program()).scan(ScanState(), raw, "a.log").runs)


def test_the_style_of_the_sample_programs():
    runs = scan(
        """
2026-11-21 06:00:00,123 - INFO - 펀드 메일 수집 시작
2026-11-21 06:00:00,200 - INFO - 메일 서버 접속: 127.0.0.1:8025, 응답 대기
2026-11-21 06:00:00,300 - INFO - 새 메일 3통
2026-11-21 06:00:01,000 - INFO - 펀드 메일 3건 처리
2026-11-21 06:00:01,100 - INFO - 펀드 메일 수집 완료
2026-11-21 06:05:00,123 - INFO - 펀드 메일 수집 시작
2026-11-21 06:05:02,000 - ERROR - 펀드 메일 수집 실패: 응답 없음
Traceback (most recent call last):
  File "fund_mail.py", line 130, in main
    collect()
TimeoutError: 응답 없음
2026-11-21 06:10:00,123 - INFO - 펀드 메일 수집 시작
2026-11-21 06:10:00,200 - INFO - 메일 서버 접속: 127.0.0.1:8025, 응답 대기
"""
    )
    assert [(run.status, run.processed_count, run.message) for run in runs] == [
        (SUCCESS, 3, "펀드 메일 수집 완료"),
        (FAILED, 0, "TimeoutError: 응답 없음"),
        (RUNNING, 0, ""),
    ]


def seoul(text):
    return datetime.fromisoformat(f"{text}+09:00").astimezone(UTC)


TWO_DAYS = """\
[18:30:00] 작업 시작
[18:31:00] 작업 완료
[07:00:00] 작업 시작
[07:00:40] 작업 완료
"""


@pytest.mark.parametrize(
    ("path", "written", "starts"),
    [
        ("a.log", "2026-11-21T07:00:40", ["2026-11-20T18:30:00", "2026-11-21T07:00:00"]),
        ("a.log", "2026-11-21T20:00:00", ["2026-11-20T18:30:00", "2026-11-21T07:00:00"]),
        ("a.log", "2026-11-21T07:00:35", ["2026-11-20T18:30:00", "2026-11-21T07:00:00"]),  # clocks differ by 5 s
        ("a_20261119.log", "2026-11-20T09:00:00", ["2026-11-19T18:30:00", "2026-11-20T07:00:00"]),
        ("a_20240101.log", "2026-11-21T09:00:00", ["2026-11-20T18:30:00", "2026-11-21T07:00:00"]),
        ("a_20261121.log", None, ["2026-11-21T18:30:00", "2026-11-22T07:00:00"]),
    ],
)
def test_times_without_a_date_are_counted_back_from_when_the_file_was_written(path, written, starts):
    scanner = Scanner(program())
    assert scanner.leaves_out_dates(lines(TWO_DAYS)) is True
    result = scanner.scan(ScanState(), lines(TWO_DAYS), path, written=written and seoul(written))
    assert [run.start_time for run in result.runs] == [seoul(start) for start in starts]


def test_times_without_a_date_skip_the_days_on_which_nothing_was_written():
    scanner = Scanner(program())
    friday = scanner.scan(ScanState(), lines(TWO_DAYS), "a.log", written=seoul("2026-11-20T07:00:40"))
    monday = lines("[07:00:00] 작업 시작\n[07:00:09] 작업 완료\n")
    (run,) = scanner.scan(friday.state, monday, "a.log", written=seoul("2026-11-23T07:00:09")).runs
    assert run.start_time == seoul("2026-11-23T07:00:00")


def test_a_log_with_dates_leaves_nothing_out():
    scanner = Scanner(program())
    assert scanner.leaves_out_dates(lines(LOGIN)) is False
    assert scanner.leaves_out_dates(lines("a banner\nno times at all")) is None


def test_where_no_line_ever_says_start_or_end_there_is_no_run():
    assert scan(story("메일함 확인", "새 메일 없음", "메일함 확인")) == ()
