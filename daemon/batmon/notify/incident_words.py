"""What to do about an incident, by its reason, in Korean and English."""

from __future__ import annotations

from collections.abc import Mapping

_TODO: Mapping[str, tuple[str, str]] = {
    "failed": (
        "오류 줄부터 확인하고, 원인을 고친 뒤 콘솔에서 r 키로 다시 실행하십시오.",
        "Begin with the error line; once the cause is gone, run it again with r in the console.",
    ),
    "died": (
        "로그의 마지막 줄과 서버의 재시작, 메모리 부족 여부를 확인하고 다시 실행하십시오.",
        "Look at the last lines of its log, and whether the server restarted or ran out of memory; then run it again.",
    ),
    "hung": (
        "무엇을 기다리고 있는지 로그의 마지막 줄에서 확인하고, 멈춘 것이면 종료한 뒤 다시 실행하십시오.",
        "See in the last line of its log what it waits for; if it hangs, stop it and run it again.",
    ),
    "missed": (
        "서버가 켜져 있는지, 스케줄러의 작업이 꺼지지 않았는지 확인하고 필요하면 지금 실행하십시오.",
        "Check that the server is up and that the scheduler's task is enabled; run it now if its work is needed.",
    ),
    "too_short": (
        "성공으로 끝났지만 너무 빨랐습니다. 처리할 것이 정말 없었는지 결과를 확인하십시오.",
        "It ended well but too fast: check whether there was really nothing to do.",
    ),
    "unusual_output": (
        "처리 건수가 평소와 다릅니다. 원본 사이트나 메일함이 바뀌지 않았는지 결과를 확인하십시오.",
        "It processed unusually many or few: check its output, and whether the source has changed.",
    ),
    "unusual_time": (
        "걸린 시간이 평소와 다릅니다. 서버 부하와 원본의 응답을 확인하십시오.",
        "It took unusually long or short: check the load of the server and the source.",
    ),
}
_USUAL = ("콘솔에서 근거를 확인하십시오.", "Look at the evidence in the console.")


def todo(reason: str, language: str) -> str:
    """One sentence: what a person does about an incident that opened for ``reason``."""
    korean, english = _TODO.get(reason, _USUAL)
    return korean if language == "ko" else english
