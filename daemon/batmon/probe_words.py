"""What BATMON says of probes, in Korean and English: measured figures, limits, and what went wrong. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

Language = Literal["ko", "en"]

KINDS: Mapping[str, tuple[str, str]] = {
    "http": ("응답 시간", "response time"),
    "tcp": ("연결 시간", "connection time"),
    "database": ("데이터베이스 응답 시간", "database response time"),
    "disk": ("디스크 여유 공간", "free disk space"),
    "cpu": ("CPU 사용률", "CPU use"),
    "memory": ("메모리 사용률", "memory use"),
    "container": ("최근 1시간 컨테이너 재시작", "container restarts in the last hour"),
    "certificate": ("인증서 만료까지", "certificate expires in"),
    "automations": ("자동화", "automations"),
    "mail": ("메일 발송 실패율", "mail failure rate"),
    "command": ("점검 명령", "check command"),
}
"""Kind -> what its figure is called, in Korean and English."""

FAULTS: Mapping[str, tuple[str, str]] = {
    "refused": ("연결이 거부됨", "connection refused"),
    "unreachable": ("연결할 수 없음", "cannot be reached"),
    "unknown_host": ("호스트 이름을 찾을 수 없음", "the host name is not known"),
    "timeout": ("{timeout} 안에 응답 없음", "no answer within {timeout}"),
    "closed": ("상대가 연결을 끊음", "the connection was closed"),
    "status": ("HTTP {detail} 응답 (기대: {expected})", "HTTP {detail} instead of {expected}"),
    "text": ("응답에 기대한 내용이 없음", "the answer does not hold the expected text"),
    "redirects": ("리디렉션이 {detail}회를 넘음", "more than {detail} redirects"),
    "protocol": ("올바른 응답이 아님", "not a valid answer"),
    "tls": ("TLS 연결 실패", "TLS failed"),
    "hostname": ("인증서가 이 호스트의 것이 아님", "the certificate is not for this host"),
    "chain": ("신뢰할 수 없는 인증서", "the certificate is not trusted"),
    "expired": ("인증서가 만료됨", "the certificate has expired"),
    "login": ("로그인 거부됨", "login refused"),
    "query": ("조회 실패", "the query failed"),
    "not_running": ("컨테이너가 실행 중이 아님", "the container is not running"),
    "no_container": ("그런 컨테이너가 없음", "there is no such container"),
    "unhealthy": ("컨테이너 상태 이상", "the container is unhealthy"),
    "exit": ("종료 코드 {exit_code}", "exit code {exit_code}"),
    "missing": ("찾을 수 없음", "not found"),
    "denied": ("접근 권한 없음", "access denied"),
    "unreadable": ("읽을 수 없음", "cannot be read"),
    "busy": ("이전 점검이 아직 끝나지 않음", "the look before has not come back yet"),
    "unsupported": ("이 서버에서는 지원되지 않음", "not supported on this machine"),
    "internal": ("점검 중 내부 오류", "the look failed inside BATMON"),
}
"""What can go wrong with a look -> how it is said."""


class Teller(Protocol):
    """The facts of one verdict and the language that they are told in; ``batmon.words`` has it."""

    facts: Mapping[str, Any]
    language: Language

    def pick(self, korean: str, english: str) -> str:
        """The one in the language."""

    def text(self, key: str) -> str:
        """A fact as text; empty if it is missing."""

    def time(self, key: str) -> str:
        """A fact as a clock time; empty if it is missing."""

    def span(self, seconds: float) -> str:
        """A length of time in words."""


def seconds_in_words(seconds: float, language: Language, longer: Callable[[float], str]) -> str:
    """``<1ms``, ``12ms``, ``4.2s``, from ten seconds on as ``longer`` says it."""
    if 0 < seconds < 0.0005:
        return "<1ms"
    if seconds < 0.9995:
        return f"{round(seconds * 1000)}ms"
    if seconds < 10:
        return f"{seconds:.1f}".removesuffix(".0") + ("초" if language == "ko" else "s")
    return longer(seconds)


def _precise(t: Teller, seconds: float) -> str:
    return seconds_in_words(seconds, t.language, t.span)


def figure(t: Teller, value: float, unit: str) -> str:
    """A figure with its unit: ``4.2s``, ``12%``, ``1.5GB``, ``13 days``, ``3``."""
    if unit == "s":
        return _precise(t, value)
    if unit == "%":
        return f"{value:.1f}".removesuffix(".0") + "%"
    if unit == "B":
        return size_in_words(value)
    if unit == "d":
        return _days(t, value)
    return f"{round(value):,}" + t.pick("회" if t.text("kind") == "container" else "건", "")


def _days(t: Teller, days: float) -> str:
    if abs(days) < 2:
        return t.span(abs(days) * 86_400)
    whole = int(abs(days))
    return t.pick(f"{whole}일", f"{whole} days")


def size_in_words(count: float) -> str:
    """Bytes as people say them, in powers of 1024: ``512MB``, ``1.5GB``."""
    amount = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1023.95:
            return f"{amount:.1f}".removesuffix(".0") + unit
        amount /= 1024
    return f"{amount:.1f}".removesuffix(".0") + "TB"


def _label(t: Teller) -> str:
    korean, english = KINDS.get(t.text("kind"), ("측정값", "value"))
    return t.pick(korean, english)


def _measured(t: Teller) -> str:
    """What was measured, as a sentence without its limit; empty without a figure."""
    value, unit, kind = t.facts.get("value"), t.text("unit"), t.text("kind")
    if value is None:
        return ""
    if kind == "certificate" and value < 0:
        past = figure(t, value, unit)
        return t.pick(f"인증서가 {past} 전에 만료됨", f"the certificate expired {past} ago")
    if kind == "automations" and not value:
        return t.pick("자동화 모두 정상", "all automations are well")
    if kind == "automations":
        some = "automation" if value == 1 else "automations"
        return t.pick(f"실패했거나 실행되지 않은 자동화 {value:g}건", f"{value:g} {some} failed or never ran")
    said = f"{_label(t)} {figure(t, value, unit)}"
    if kind == "mail" and t.facts.get("total") is not None:
        failed, total = t.facts.get("failed"), t.facts["total"]
        said += t.pick(f" ({total:,}건 중 {failed:,}건 실패)", f" ({failed:,} of {total:,} failed)")
    if kind == "disk" and t.facts.get("free") is not None and unit == "%":
        said += f" ({size_in_words(t.facts['free'])})"
    return said


def _limit(t: Teller, *, held: bool) -> str:
    """The limit in brackets; ``held``: the figure has been beyond it for as long as it takes."""
    limit = t.facts.get("limit")
    if limit is None or (t.text("kind") == "certificate" and t.facts.get("value", 0) < 0):
        return ""
    if t.text("kind") == "automations":
        return ""
    bound, lasting = figure(t, limit, t.text("unit")), t.facts.get("for_sec")
    if lasting:
        if held:
            return t.pick(
                f" (기준 {bound}, {t.span(lasting)} 넘게)", f" (limit {bound}, for {t.span(lasting)} or more)"
            )
        return t.pick(
            f" (기준 {bound}, {t.span(lasting)} 지속되면 주의)", f" (limit {bound}, bad after {t.span(lasting)})"
        )
    return t.pick(f" (기준 {bound})", f" (limit {bound})")


def _beyond(t: Teller) -> bool:
    value, limit = t.facts.get("value"), t.facts.get("limit")
    if value is None or limit is None:
        return False
    return bool(value < limit if t.facts.get("below") else value > limit)


def _with_detail(t: Teller, sentence: str) -> str:
    detail = t.text("detail")
    return f"{sentence}: {detail}" if detail else sentence


def in_limits(t: Teller) -> str:
    """The sentence of a probe that is well."""
    said = _measured(t)
    if t.text("kind") == "mail" and not said:
        total = t.facts.get("total") or 0
        return t.pick(f"메일 {total:,}건 발송, 판정하기에 적음", f"{total:,} mails sent, too few to judge")
    if t.text("kind") == "container" and not t.facts.get("value"):
        said = t.pick("컨테이너 실행 중", "the container is running")
    if _beyond(t):
        said += _limit(t, held=False)
    if not said:
        return t.text("detail") or t.pick("정상", "well")
    return _with_detail(t, said)


def over_limit(t: Teller) -> str:
    """The sentence of a figure beyond its limit."""
    said = _measured(t) or t.pick("기준을 벗어남", "beyond its limit")
    return _with_detail(t, said + _limit(t, held=True))


def probe_failed(t: Teller) -> str:
    """The sentence of something that is down, or says that it is not well."""
    return fault_in_words(t) or t.text("detail") or t.pick("점검 실패", "the check failed")


def fault_in_words(t: Teller) -> str:
    """What went wrong with a look; empty if nothing did."""
    korean, english = FAULTS.get(t.text("fault"), ("", ""))
    sentence = t.pick(korean, english)
    if not sentence:
        return ""
    values = {
        "detail": t.text("detail") or "?",
        "expected": t.text("expected") or "2xx",
        "exit_code": t.text("exit_code") or "?",
        "timeout": _precise(t, float(t.facts.get("timeout_sec") or 0)),
    }
    said = sentence.format_map(values)
    return said if "{detail}" in sentence else _with_detail(t, said)


def not_probed(t: Teller) -> str:
    """The sentence of a probe that could not look."""
    if t.text("cause") == "stale":
        since = t.time("since")
        return t.pick(f"{since} 이후 점검하지 못함", f"not looked at since {since}")
    could_not = t.pick("확인할 수 없음", "could not look")
    why = fault_in_words(t)
    return f"{could_not}: {why}" if why else could_not
