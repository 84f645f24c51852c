"""What people did, in words: the acts of the audit trail that a handover tells. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from batmon.words import Language

_ACTS: Mapping[str, tuple[str, str]] = {
    "incident.ack": ("장애 확인", "incident acknowledged"),
    "incident.unack": ("장애 확인 취소", "acknowledgement given back"),
    "incident.note": ("장애 메모", "note on an incident"),
    "incident.resolve": ("장애 해결 처리", "incident resolved by hand"),
    "silence.add": ("알림 중지", "silenced"),
    "silence.end": ("알림 중지 해제", "silence ended"),
    "inbox.act": ("처리함 처리", "decided in an inbox"),
    "automation.run": ("자동화 실행", "automation run"),
    "automation.pause": ("자동화 일시 정지", "automation paused"),
    "automation.resume": ("자동화 다시 시작", "automation resumed"),
    "rerun": ("재실행", "run again"),
    "stop": ("재실행 중지", "re-run stopped"),
    "probe.look": ("지금 점검", "looked at now"),
    "notify.resend": ("알림 다시 보내기", "message sent again"),
    "notify.test": ("시험 알림", "test message"),
    "event.retry": ("이벤트 재시도", "event tried again"),
    "user.add": ("사용자 추가", "user added"),
    "user.remove": ("사용자 삭제", "user removed"),
    "ssh login": ("접속", "came in over SSH"),
}
"""Act -> its words in Korean and in English."""


def act_in_words(action: str, language: Language) -> str:
    """The act in a language; one that has no words of its own is told by its name."""
    korean, english = _ACTS.get(action, (action, action))
    return korean if language == "ko" else english
