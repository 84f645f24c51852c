"""The statuses of verdicts and runs as words."""

from __future__ import annotations

from collections.abc import Mapping

from batmon.model import RunStatus, Status
from batmon.words.times import Language

STATUS_WORDS: Mapping[Language, Mapping[Status, str]] = {
    "en": {Status.OK: "ok", Status.WARNING: "warning", Status.ERROR: "error", Status.UNKNOWN: "unknown"},
    "ko": {Status.OK: "정상", Status.WARNING: "주의", Status.ERROR: "오류", Status.UNKNOWN: "미확인"},
}
RUN_STATUS_WORDS: Mapping[Language, Mapping[RunStatus, str]] = {
    "en": {
        RunStatus.RUNNING: "running", RunStatus.SUCCESS: "succeeded",
        RunStatus.FAILED: "failed", RunStatus.MISSED: "missed",
    },
    "ko": {
        RunStatus.RUNNING: "실행 중", RunStatus.SUCCESS: "성공",
        RunStatus.FAILED: "실패", RunStatus.MISSED: "미실행",
    },
}  # fmt: skip


def status_word(status: Status | str, language: Language) -> str:
    """A verdict's status as a word."""
    return STATUS_WORDS[language][Status(status)]


def run_status_word(status: RunStatus | str, language: Language) -> str:
    """A run's status as a word."""
    return RUN_STATUS_WORDS[language][RunStatus(status)]
