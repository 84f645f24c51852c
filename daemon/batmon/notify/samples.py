"""Data to try a shipped template with, for people who preview or write one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from batmon.model import Status
from batmon.notify.incident_data import TEMPLATES, IncidentNotice, IncidentProgram


def sample(template: str, language: str, now: datetime) -> Mapping[str, Any]:
    """What a shipped template is filled with at ``now``; empty for one that is not shipped."""
    korean = language == "ko"
    event = next((event for event, name in TEMPLATES.items() if name == template), None)
    if event is not None:
        return _incident(korean=korean, now=now, resolved=event == "resolved", event=event)
    at = now.astimezone(UTC).isoformat()
    place = {"node": "seoul-01", "console": "ssh -p 8022 ops@seoul-01", "link": "https://batmon.example.com/", "at": at}
    others: dict[str, dict[str, Any]] = {
        "test": {"channel": "email", "by": "ops", **place},
        "automation_failed": {
            "job_name": "daily_statistics", "title": "일일 통계 집계" if korean else "Daily statistics", "slot": at,
            "execution_time": at, "duration_ms": 2417, "attempt": 2, "attempts": 2, "id": 4711, "output": "",
            "error": 'relation "academy_applications" does not exist', "trigger": "schedule", "node": "seoul-01",
        },
        "event_failed": {
            "name": "welcome", "title": "신규 회원 가입" if korean else "New member", "table": "public.users",
            "id": 4711, "attempts": 8, "made": at, "error": 'relation "users" does not exist', **place,
        },
        "probe": {
            "name": "disk", "title": "디스크 /" if korean else "Disk /", "status": "WARNING", "since": at,
            "why": "사용률 91 %, 경고 기준 90 %" if korean else "91 % used, warning from 90 %", **place,
        },
        "backup_done": {
            "backup": {
                "file": "backup_2026_11.sql", "stored": "s3://backups/batmon/backup_2026_11.sql", "size": 48_392_104,
                "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "restored": True,
                "tables": 31, "rows": 182_044,
            },
        },
        "report_ready": {
            "id": 17, "title": "주간 운영 보고서" if korean else "Weekly operations", "by": "schedule weekly",
            "period": "2026-11-14 – 2026-11-20", "file": "weekly_ops_2026-11-14_2026-11-20.xlsx", "size": 48_392,
            "figures": [["성공률" if korean else "Success rate", "98.2%"], ["실패" if korean else "Failures", "7"]],
            "attached": True, "too_large": False, "most": 10 << 20, "node": place["node"],
            "path": "/reports/weekly_ops/weekly_ops_2026-11-14_2026-11-20.xlsx",
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        },
        "reminder": {
            "title": "미처리 항목" if korean else "Waiting items", "text": "", "link": place["link"],
            "items": [{"title": "교육 신청 대기" if korean else "Applications", "count": 2},
                      {"title": "미답변 문의" if korean else "Questions", "count": 5}],
        },
    }  # fmt: skip
    return others.get(template, {})


def _incident(*, korean: bool, now: datetime, resolved: bool, event: Any) -> dict[str, Any]:
    login = (
        "로그인 실패: 비밀번호가 올바르지 않습니다" if korean else "login failed: wrong password for kim@example.com"
    )
    acknowledged = event == "acknowledged"
    began = now - timedelta(minutes=42)
    ended = now if resolved else None
    programs = (
        IncidentProgram(
            name="kindscrap", title="공시정보 스크래핑" if korean else "Filings scraper", since=began, reason="failed",
            why=f"실행 실패: {login}" if korean else f"run failed: {login}", line=login,
            signature="login failed", incident_id=17, run=4711, node="seoul-01", ended=ended,
        ),
        IncidentProgram(
            name="auto_esafe", title="eSafe 문서 다운로드" if korean else "eSafe documents", reason="failed",
            since=began + timedelta(minutes=5), why=f"실행 실패: {login}" if korean else f"run failed: {login}",
            line=login, signature="login failed", incident_id=18, run=4712, node="seoul-01", ended=ended,
        ),
        IncidentProgram(
            name="fund_mail", title="펀드 메일 수집" if korean else "Fund mail", status=Status.WARNING,
            since=began + timedelta(minutes=9), reason="unusual_output", incident_id=19, run=4713, node="seoul-02",
            why="0건 처리, 평소 120건 (토요일 06:05 8회의 중앙값)" if korean
            else "0 processed, usually 120 (median of 8 runs, Sat 06:05)", ended=ended,
        ),
    )  # fmt: skip
    return IncidentNotice(
        event=event, correlation="sample", programs=programs, at=now, language="ko" if korean else "en",
        node="seoul-01", console="ssh -p 8022 ops@seoul-01", link="https://batmon.example.com/",
        by="kim" if acknowledged else "", until=now + timedelta(hours=2) if acknowledged else None, step=2, steps=3,
        note=("비밀번호 변경 요청함" if korean else "asked for a new password") if acknowledged else "",
    ).data()  # fmt: skip
