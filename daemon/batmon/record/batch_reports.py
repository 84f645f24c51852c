"""The reports of a batch as Markdown, in Korean: what is in them, and nothing of where they are written.

Names and errors come from programs: what Markdown would obey is escaped, what a terminal would obey is made visible.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from batmon.record.batch_names import one_line
from batmon.record.batch_results import AccountResult, StepResult

_OBEYED = re.compile(r"[\\`*<\[\]&~]|^[#>+-]")


@dataclass(frozen=True, slots=True)
class Places:
    """The batch's start time, and its folders as a report names them, without a last ``/``."""

    start_time: str
    accounts: str
    errors: str
    reports: str


def text(words: str) -> str:
    """``words`` as Markdown that shows exactly them, on one line."""
    return _OBEYED.sub(lambda found: f"\\{found[0]}", one_line(words).strip())


def step_report(result: StepResult, places: Places, files: Mapping[str, str], zone: tzinfo | None = None) -> str:
    """The report of one step. ``files`` names the log of each account whose log is not called as the account.

    Times are on the clocks of ``zone``, by default of this machine.
    """
    lines = [
        "# 배치 실행 보고서",
        "",
        f"**작업 ID:** {result.task_id}",
        f"**시작 시간:** {places.start_time}",
        f"**실행 시간:** {_moment(result.started_at, zone)}",
        f"**완료 시간:** {_moment(result.ended_at, zone)}",
        f"**소요 시간:** {result.seconds:.2f}초",
        f"**전체 성공 여부:** {_whole(result)}",
        "",
        "## 계정별 실행 결과",
        "",
    ]
    for account in result.accounts:
        lines += [*_account(account, files.get(account.account)), ""]
    lines += ["## 전체 요약", "", *_totals([result]), "", "## 상세 로그 파일", "", *_folders(places)]
    return "\n".join(lines) + "\n"


def summary_report(results: Sequence[StepResult], places: Places, made_at: datetime, zone: tzinfo | None = None) -> str:
    """The report of all steps that the batch has run, in their order; times as in ``step_report``."""
    lines = [
        "# 배치 종합 보고서",
        "",
        f"**시작 시간:** {places.start_time}",
        f"**생성 시간:** {_moment(made_at, zone)}",
        f"**전체 배치 작업 수:** {len(results)}개",
        "",
        "## 배치별 요약",
        "",
    ]
    for result in results:
        lines += [
            f"### {_sign(result.success)} {result.task_id}",
            f"- **단계:** {result.step}단계",
            f"- **수량:** {result.quantity}",
            f"- **실행 시간:** {_moment(result.started_at, zone)}",
            f"- **완료 시간:** {_moment(result.ended_at, zone)}",
            f"- **소요 시간:** {result.seconds:.2f}초",
            f"- **성공 여부:** {_whole(result)}",
            *_totals([result]),
            f"- **보고서:** {'기록하지 못함' if result.report is None else f'`{places.reports}/{result.report.name}`'}",
            "",
        ]
    good = sum(result.success for result in results)
    lines += [
        "## 전체 통계",
        "",
        f"- **총 배치 작업:** {len(results)}개",
        f"- **성공한 배치 작업:** {good}개",
        f"- **실패한 배치 작업:** {len(results) - good}개",
        *_totals(results),
        f"- **총 소요 시간:** {sum(result.seconds for result in results):.2f}초",
        "",
        "## 상세 로그 파일",
        "",
        *_folders(places),
    ]
    return "\n".join(lines) + "\n"


def _account(result: AccountResult, file: str | None) -> list[str]:
    lines = [
        f"### {_sign(result.success)} {text(result.account)}",
        f"- **처리 완료:** {result.processed}개",
        f"- **처리 실패:** {result.failed}개",
        f"- **성공 여부:** {_word(result.success)}",
    ]
    if file is not None:
        lines.append(f"- **로그 파일:** `{file}`")
    if result.errors:
        lines += ["- **오류 내용:**", *(f"  - {text(error)}" for error in result.errors)]
    return lines


def _totals(results: Sequence[StepResult]) -> list[str]:
    """Accounts are counted once, however many steps they were in; what succeeded and failed are their executions."""
    runs = [account for result in results for account in result.accounts]
    good = sum(run.success for run in runs)
    names = len({run.account for run in runs})
    lines = [f"- **총 계정 수:** {names}개"]
    if len(results) > 1:
        lines.append(f"- **총 계정 실행:** {len(runs)}회")
    unit, what = ("회", "실행") if len(results) > 1 else ("개", "계정")
    return [
        *lines,
        f"- **성공한 {what}:** {good}{unit}",
        f"- **실패한 {what}:** {len(runs) - good}{unit}",
        f"- **총 처리 완료:** {sum(run.processed for run in runs)}개",
        f"- **총 처리 실패:** {sum(run.failed for run in runs)}개",
        f"- **성공률:** {good * 100 / len(runs):.1f}%" if runs else "- **성공률:** -",
    ]


def _folders(places: Places) -> list[str]:
    return [
        f"- **계정별 로그:** `{places.accounts}/`",
        f"- **에러 로그:** `{places.errors}/`",
        f"- **보고서:** `{places.reports}/`",
    ]


def _whole(result: StepResult) -> str:
    if result.success or not result.successful:
        return f"{_sign(result.success)} {_word(result.success)}"
    return f"⚠️ 일부 실패 (계정 {len(result.accounts)}개 중 {result.unsuccessful}개)"


def _sign(success: bool) -> str:
    return "✅" if success else "❌"


def _word(success: bool) -> str:
    return "성공" if success else "실패"


def _moment(at: datetime, zone: tzinfo | None) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S.%f}"
