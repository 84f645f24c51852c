from datetime import datetime, timedelta
from pathlib import Path

from batmon.record.batch_reports import Places, step_report, summary_report, text
from batmon.record.batch_results import AccountResult, StepResult

START = "20241201_143052"
PLACES = Places(START, f"logs/accounts/{START}", f"logs/errors/{START}", f"logs/reports/{START}")
BEGAN = datetime(2024, 12, 1, 14, 30, 52, 123456).astimezone()
GOOD = AccountResult("user1@example.com", success=True, processed=100)
BAD = AccountResult("user2@example.com", success=False, errors=("로그인 실패",))


def step(number=1, accounts=(GOOD, BAD), again=""):
    task = f"single_step_{number}_{START}{again}"
    ended = BEGAN + timedelta(seconds=13.665556)
    return StepResult(task, number, 100, BEGAN, ended, tuple(accounts), Path(f"/x/batch_report_{task}.md"))


def test_the_report_is_the_documents_field_by_field():
    assert (
        step_report(step(), PLACES, {})
        == """\
# 배치 실행 보고서

**작업 ID:** single_step_1_20241201_143052
**시작 시간:** 20241201_143052
**실행 시간:** 2024-12-01 14:30:52.123456
**완료 시간:** 2024-12-01 14:31:05.789012
**소요 시간:** 13.67초
**전체 성공 여부:** ⚠️ 일부 실패 (계정 2개 중 1개)

## 계정별 실행 결과

### ✅ user1@example.com
- **처리 완료:** 100개
- **처리 실패:** 0개
- **성공 여부:** 성공

### ❌ user2@example.com
- **처리 완료:** 0개
- **처리 실패:** 0개
- **성공 여부:** 실패
- **오류 내용:**
  - 로그인 실패

## 전체 요약

- **총 계정 수:** 2개
- **성공한 계정:** 1개
- **실패한 계정:** 1개
- **총 처리 완료:** 100개
- **총 처리 실패:** 0개
- **성공률:** 50.0%

## 상세 로그 파일

- **계정별 로그:** `logs/accounts/20241201_143052/`
- **에러 로그:** `logs/errors/20241201_143052/`
- **보고서:** `logs/reports/20241201_143052/`
"""
    )


def test_whole_success_and_whole_failure_have_the_documents_words():
    assert "**전체 성공 여부:** ✅ 성공\n" in step_report(step(accounts=[GOOD]), PLACES, {})
    assert "**전체 성공 여부:** ❌ 실패\n" in step_report(step(accounts=[BAD]), PLACES, {})
    empty = step_report(step(accounts=[]), PLACES, {})
    assert "**총 계정 수:** 0개" in empty
    assert "**성공률:** -" in empty


def test_the_log_of_an_account_with_another_file_name_is_named():
    report = step_report(step(), PLACES, {"user2@example.com": "user2~1a2b3c4d.log"})
    assert "- **로그 파일:** `user2~1a2b3c4d.log`" in report.split("### ❌")[1]


def test_the_summary_has_each_step_and_the_totals():
    summary = summary_report([step(1), step(2, [GOOD]), step(1, [GOOD, BAD], "_2")], PLACES, BEGAN)
    assert "**전체 배치 작업 수:** 3개" in summary
    assert [line for line in summary.splitlines() if line.startswith("### ")] == [
        "### ❌ single_step_1_20241201_143052",
        "### ✅ single_step_2_20241201_143052",
        "### ❌ single_step_1_20241201_143052_2",
    ]
    total = summary.split("## 전체 통계")[1]
    for line in ("- **성공한 배치 작업:** 1개", "- **총 계정 수:** 2개", "- **총 계정 실행:** 5회",
                 "- **성공한 실행:** 3회", "- **총 처리 완료:** 300개", "- **성공률:** 60.0%"):  # fmt: skip
        assert line in total
    assert "`logs/reports/20241201_143052/batch_report_single_step_1_20241201_143052_2.md`" in summary


def test_what_programs_say_is_shown_and_not_obeyed():
    assert text("user_1@example.com") == "user_1@example.com"
    assert text("# <b>a</b> `x` [y](z) *w*") == "\\# \\<b>a\\</b> \\`x\\` \\[y\\](z) \\*w\\*"
    assert text("a\n# b") == "a␊# b"
    hostile = AccountResult("x\n## 전체 요약", success=False, errors=("<script>\n- **성공률:** 100%",))
    report = step_report(step(accounts=[hostile]), PLACES, {})
    assert report.count("\n## 전체 요약") == 1
    assert "  - \\<script>␊- \\*\\*성공률:\\*\\* 100%\n" in report
