"""The usage sample of the batch document as it is written, in a real process beside a real daemon."""

import asyncio
import os
import re
import sys

import pytest

from tests.acceptance.installation import PATIENCE_SEC

SAMPLE = """\
from batmon.record import BatchManager

# 배치 매니저 초기화 (시작 시간 자동 설정)
batch_manager = BatchManager()


@batch_manager.step(1)
def work(account, quantity, log):
    log.info("로그인 성공")
    if account == 'user2@example.com':
        raise ValueError("비밀번호가 올바르지 않습니다")
    return {"processed": quantity, "failed": 0}


# 단일 단계 실행
result = batch_manager.run_single_step(
    step=1,
    accounts=['user1@example.com', 'user2@example.com'],
    quantity=100,
    concurrent=False
)

# 종합 보고서 생성
summary_report = batch_manager.generate_summary_report()
print(f"종합 보고서: {summary_report}")

# 특정 계정의 로그 확인
account_logger = batch_manager.account_loggers.get('user1@example.com')
if account_logger:
    account_logger.info("사용자 정의 로그 메시지")
    account_logger.error("오류 메시지")

# 시작 시간 확인
print(f"배치 시작 시간: {batch_manager.start_time}")

# 로그 디렉토리 확인
print(f"계정별 로그: logs/accounts/{batch_manager.start_time}/")
print(f"에러 로그: logs/errors/{batch_manager.start_time}/")
print(f"보고서: logs/reports/{batch_manager.start_time}/")
"""
"""Only its import and the registration of the work are ours."""


async def run_sample(home, **environ):
    """What the sample prints, run in the program's folder."""
    (home / "main.py").write_text(SAMPLE, "utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "main.py", cwd=home, env={**os.environ, "TZ": "KST-9", **environ},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(PATIENCE_SEC):
        out, err = await process.communicate()
    assert (process.returncode, err.decode()) == (0, "")
    return dict(line.split(": ", 1) for line in out.decode().splitlines())


@pytest.fixture
def home(installation):
    return installation.add_program("percenty").parent.parent


async def test_the_sample_runs_as_written_and_the_board_shows_the_run_with_its_accounts(installation, home):
    await installation.start()
    said = await run_sample(home, BATMON_STATE=str(installation.state))
    start = said["배치 시작 시간"]
    assert re.fullmatch(r"\d{8}_\d{6}", start)
    row = await installation.until("percenty", lambda row: row["status"] == "ERROR" and len(row["strip"]) == 1)
    run = row["last_run"]
    assert (run["task_name"], run["status"], run["processed_count"]) == ("single_step_1", "FAILED", 100)
    assert "user2@example.com: ValueError: 비밀번호가 올바르지 않습니다" in run["message"]
    items = (await installation.ask("run.items", run_id=run["run_id"]))["items"]
    assert [(item["account"], item["processed"], item["error"]) for item in items] == [
        ("user1@example.com", 100, ""),
        ("user2@example.com", 0, "ValueError: 비밀번호가 올바르지 않습니다"),
    ]
    files = sorted(str(path.relative_to(home)) for path in (home / "logs").rglob("*") if path.is_file())
    assert files == [
        f"logs/accounts/{start}/user1@example.com.log", f"logs/accounts/{start}/user2@example.com.log",
        f"logs/batch_processor_{start}.log",
        f"logs/errors/{start}/user1@example.com_errors.log", f"logs/errors/{start}/user2@example.com_errors.log",
        f"logs/reports/{start}/batch_report_single_step_1_{start}.md",
        f"logs/reports/{start}/summary_report_{start}.md",
    ]  # fmt: skip
    assert said["종합 보고서"] == str(home / files[-1])


async def test_record_and_log_of_the_batch_are_one_run_with_both_evidences(installation, home):
    await installation.start()
    await run_sample(home, BATMON_STATE=str(installation.state))

    def both(row):
        evidence = (row["last_run"] or {}).get("evidence") or {}
        return all(evidence.get(kind) and evidence[kind]["status"] == "FAILED" for kind in ("log", "record"))

    await installation.until("percenty", both)
    runs = (await installation.ask("runs", program="percenty"))["runs"]
    assert len(runs) == 1


async def test_a_batch_that_ran_while_no_daemon_was_there_is_taken_from_the_spool(installation, home):
    said = await run_sample(home, BATMON_STATE=str(installation.state))
    assert (home / "logs" / "reports" / said["배치 시작 시간"]).is_dir()
    await installation.start()
    row = await installation.until("percenty", lambda row: row["last_run"] and row["last_run"]["origin"] == "record")
    items = (await installation.ask("run.items", run_id=row["last_run"]["run_id"]))["items"]
    assert [item["account"] for item in items] == ["user1@example.com", "user2@example.com"]
