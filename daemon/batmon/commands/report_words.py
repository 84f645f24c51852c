"""What ``batmon report`` says, in English and Korean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WORDS: Mapping[str, dict[str, Any]] = {
    "en": {
        "templates": ("report", "about", "formats", "title"),
        "spans": {
            "week": "7 days", "month": "a month", "quarter": "a quarter", "year": "a year", "run": "a run",
            "incident": "incidents", "period": "",
        },
        "steps": {
            "waiting": "{title}: waits for its turn", "collecting": "{title}: collecting figures",
            "writing": "{title}: writing the file", "done": "{title}: done",
        },
        "made": "report {id}: {size:,} bytes, SHA-256 {sha256}",
        "list": ("id", "made ({zone})", "report", "period", "format", "status", "bytes", "by", "file"),
        "statuses": {
            "PENDING": "waits", "RUNNING": "being made", "DONE": "done", "FAILED": "FAILED", "REMOVED": "removed",
        },
        "none": "no report was made yet: batmon report generate weekly_ops",
        "more": "there are more: --limit {n}",
        "facts": {
            "report": "report", "id": "id", "title": "title", "template": "template", "period": "period",
            "format": "format", "status": "status", "error": "error", "by": "made by", "created": "asked for",
            "took": "took", "path": "file", "size": "bytes", "sha256": "SHA-256", "file": "note",
        },
        "figures": {"programs": "programs", "targets_met": "targets met", "targets_missed": "targets missed"},
        "not_here": "the file is on another server, or was removed by hand",
        "removed": "the file of report {id} is removed",
        "owed": "{n} mail(s) with the file are on their way", "owed_without":
        "{n} mail(s) are on their way; the file is too large to go with them, they say where it is",
        "schedules": ("schedule", "state", "when", "report", "format", "to", "last made ({zone})", "next due"),
        "no_schedules": "no report is scheduled: batmon report schedule add weekly_ops '0 9 * * 1' --email ADDRESS",
        "paused": "paused", "active": "active", "failed": "FAILED", "running": "being made", "queued": "waits",
        "success": "active", "never": "-",
        "added": "{name} is scheduled; next due {due}", "gone": "{name} is removed; what it made stays",
        "rests": "{name} is paused", "goes_on": "{name} goes on; next due {due}",
    },
    "ko": {
        "templates": ("보고서", "대상", "형식", "제목"),
        "spans": {
            "week": "최근 7일", "month": "한 달", "quarter": "분기", "year": "한 해", "run": "실행 한 건",
            "incident": "장애", "period": "",
        },
        "steps": {
            "waiting": "{title}: 차례를 기다립니다", "collecting": "{title}: 자료를 모으고 있습니다",
            "writing": "{title}: 파일을 쓰고 있습니다", "done": "{title}: 완료",
        },
        "made": "보고서 {id}: {size:,} 바이트, SHA-256 {sha256}",
        "list": ("ID", "작성 ({zone})", "보고서", "기간", "형식", "상태", "바이트", "작성자", "파일"),
        "statuses": {
            "PENDING": "대기", "RUNNING": "작성 중", "DONE": "완료", "FAILED": "실패", "REMOVED": "삭제됨",
        },
        "none": "작성된 보고서가 없습니다: batmon report generate weekly_ops",
        "more": "더 있습니다: --limit {n}",
        "facts": {
            "report": "보고서", "id": "ID", "title": "제목", "template": "종류", "period": "기간", "format": "형식",
            "status": "상태", "error": "오류", "by": "작성자", "created": "요청 시각", "took": "소요", "path": "파일",
            "size": "바이트", "sha256": "SHA-256", "file": "비고",
        },
        "figures": {"programs": "프로그램 수", "targets_met": "목표 달성", "targets_missed": "목표 미달"},
        "not_here": "파일이 다른 서버에 있거나 직접 삭제되었습니다",
        "removed": "보고서 {id}의 파일을 삭제했습니다",
        "owed": "파일을 첨부한 메일 {n}통을 보냅니다", "owed_without":
        "메일 {n}통을 보냅니다. 파일이 너무 커서 첨부하지 않고 위치를 알립니다",
        "schedules": ("예약", "상태", "시각", "보고서", "형식", "받는 사람", "최근 작성 ({zone})", "다음 예정"),
        "no_schedules": "예약된 보고서가 없습니다: batmon report schedule add weekly_ops '0 9 * * 1' --email 주소",
        "paused": "일시 정지", "active": "사용 중", "failed": "실패", "running": "작성 중", "queued": "대기",
        "success": "사용 중", "never": "-",
        "added": "예약했습니다: {name}, 다음 예정 {due}",
        "gone": "{name} 예약을 삭제했습니다. 작성된 보고서는 남습니다",
        "rests": "예약을 일시 정지했습니다: {name}", "goes_on": "예약을 다시 시작합니다: {name}, 다음 예정 {due}",
    },
}  # fmt: skip
