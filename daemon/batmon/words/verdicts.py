"""Why a verdict is what it is, in one sentence: its reason, said of its facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from batmon import probe_words
from batmon.model import Reason
from batmon.words.teller import Teller
from batmon.words.times import DAYS, Language, moment


def say(reason: Reason | str, facts: Mapping[str, Any], language: Language, zone: ZoneInfo, now: datetime) -> str:
    """One sentence for a verdict's reason; a fact that is missing is left out."""
    return _SAYINGS[Reason(reason)](Teller(facts, language, zone, now))


def _succeeded(t: Teller) -> str:
    out = t.pick(f"{t.time('start')} 실행 성공", f"{t.time('start')} run succeeded").strip()
    seconds, processed = t.facts.get("duration_sec"), t.facts.get("processed")
    parts = []
    if seconds is not None:
        took = t.span(round(seconds))  # as in the run's row
        parts.append(t.pick(f"{took} 걸림", f"took {took}"))
    if processed:
        parts.append(t.pick(f"{processed:,}건 처리", f"{processed:,} processed"))
    return ", ".join([out, *parts]) + _late_found(t)


def _failed(t: Teller) -> str:
    out = t.pick(f"{t.time('start')} 실행 실패", f"{t.time('start')} run failed").strip()
    return t.with_line(out + _in_a_row(t) + _late_found(t))


def _in_a_row(t: Teller) -> str:
    """How many runs failed one after the other, if it is more than this one."""
    count = t.facts.get("failures") or 1
    if count < 2:
        return ""
    if t.facts.get("failures_more"):
        return t.pick(f", {count}회 이상 연속 실패", f", at least {count} failures in a row")
    return t.pick(f", {count}회 연속 실패", f", {ordinal(count)} failure in a row")


def ordinal(number: int) -> str:
    """``1st``, ``2nd``, ``3rd``, ``11th``."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _too_short(t: Teller) -> str:
    took, least = t.exact("duration_sec"), t.exact("min_runtime_sec")
    out = t.pick(
        f"{t.time('start')} 실행이 너무 빨리 끝남: {took} 걸림, 최소 실행 시간 {least}",
        f"{t.time('start')} run succeeded too fast: took {took}, should take at least {least}",
    ).strip()
    processed = t.facts.get("processed")
    return out + (t.pick(f", {processed:,}건 처리", f", {processed:,} processed") if processed else "")


def _unusual_output(t: Teller) -> str:
    processed, usual = t.facts.get("processed") or 0, t.facts.get("usual") or 0
    return t.pick(
        f"{t.time('start')} 실행은 성공했으나 평소 {usual:,}건 중 {processed:,}건만 처리",
        f"{t.time('start')} run succeeded with {processed:,} of the usual {usual:,} items",
    ).strip() + _held_against(t)


def _unusual_time(t: Teller) -> str:
    seconds, usual = t.facts.get("duration_sec") or 0.0, t.facts.get("usual_sec") or 0.0
    took, usually = t.exact("duration_sec"), t.exact("usual_sec")
    if seconds < usual:
        share = f"{100 * seconds / usual:.0f}%"
        return t.pick(
            f"{t.time('start')} 실행은 성공했으나 {took}만에 끝남, 평소 {usually}의 {share}",
            f"{t.time('start')} run succeeded in {took}, {share} of the usual {usually}",
        ).strip() + _held_against(t)
    times = f"{seconds / usual:.1f}" if usual else ""
    return t.pick(
        f"{t.time('start')} 실행은 성공했으나 {took} 걸림, 평소 {usually}의 {times}배",
        f"{t.time('start')} run succeeded but took {took}, {times} times the usual {usually}",
    ).strip() + _held_against(t)


def _held_against(t: Teller) -> str:
    """What "usual" means: the median of which runs."""
    count, day, clock_ = t.facts.get("samples") or 0, t.facts.get("weekday"), t.text("clock")
    if day is not None:
        name = t.pick(f"{DAYS['ko'][(day + 1) % 7]}요일", DAYS["en"][(day + 1) % 7])
        return t.pick(f" ({name} {clock_} {count}회의 중앙값)", f" (median of {count} runs, {name} {clock_})")
    if clock_:
        return t.pick(f" ({clock_} {count}회의 중앙값)", f" (median of {count} runs at {clock_})")
    return t.pick(f" (최근 {count}회의 중앙값)", f" (median of the latest {count} runs)")


def _late_found(t: Teller) -> str:
    """That it was found out only after the daemon's own absence."""
    return t.pick(" (나중에 확인됨)", " (verified late)") if t.facts.get("verified_late") else ""


def _unread(t: Teller) -> str:
    """That there are lines which nobody understands, and what to do."""
    if not t.facts.get("unread_lines"):
        return ""
    return t.pick(
        "; 로그에 시작이나 종료를 알리는 줄이 없음: [programs.log] 설정 필요",
        "; no line of its log says that a run starts or ends: set [programs.log]",
    )


def _future(t: Teller) -> str:
    zone = t.text("timezone")
    return t.pick(
        f"{t.time('start')} 실행은 아직 오지 않은 시각: 시계와 시간대({zone}) 확인 필요",
        f"run of {t.time('start')} lies in the future: check the clock and the time zone ({zone})",
    )


def _late(t: Teller) -> str:
    seconds = t.since("due")
    late = t.span(seconds if seconds < 60 else seconds - seconds % 60)
    out = t.pick(f"{late} 늦음", f"late by {late}")
    if t.time("last_start"):
        out += t.pick(f", {t.time('last_start')} 이후 실행 없음", f", no run since {t.time('last_start')}")
    return out + t.pick(f", 유예 {t.time('grace_end')}까지", f", grace ends {t.time('grace_end')}")


def _missed(t: Teller) -> str:
    last, count = t.time("last_start"), t.facts.get("missed") or 1
    out = t.pick(f"{last} 이후 실행 없음", f"no run since {last}") if last else t.pick("실행 없음", "no run")
    due, end = t.time("due"), t.time("grace_end")
    out += t.pick(f": {due} 예정, 유예 {end} 종료", f": due {due}, grace ended {end}")
    if count > 1:
        out += t.pick(f", {count}회 미실행", f", {count} missed")
    return out + _late_found(t) + _unread(t)


def _running(t: Teller) -> str:
    took = t.span(t.since("start"))
    return t.pick(f"{t.time('start')}부터 실행 중 ({took})", f"running since {t.time('start')} ({took})")


def _hung(t: Teller) -> str:
    longest = t.span(t.facts.get("max_runtime_sec") or 0)
    return t.with_line(
        t.pick(
            f"{t.time('start')}부터 끝나지 않음, 최대 실행 시간 {longest} 초과",
            f"running since {t.time('start')}, longer than the allowed {longest}",
        )
        + _in_a_row(t)
    )


def _died(t: Teller) -> str:
    code, start = t.facts.get("exit_code"), t.time("start")
    out = t.pick(
        f"{start} 실행이 끝을 남기지 않고 비정상 종료됨", f"{start} run died: its process is gone and left no end"
    )
    out = out if code is None else out + t.pick(f" (종료 코드 {code})", f" (exit code {code})")
    return t.with_line(out + _in_a_row(t))


def _overlapping(t: Teller) -> str:
    count, other, start = t.facts.get("count") or 2, t.time("other_start"), t.time("start")
    return t.pick(
        f"{count}개 실행이 겹침: {other} 시작과 {start} 시작", f"{count} runs at once: started {other} and {start}"
    )


def _contradiction(t: Teller) -> str:
    names = {
        "record": t.pick("기록", "record"),
        "log": t.pick("로그", "log"),
        "process": t.pick("프로세스", "process"),
    }
    sides = ", ".join(f"{name} {t.text(key)}" for key, name in names.items() if t.text(key))
    start = t.time("start")
    out = t.pick(f"{start} 실행의 근거가 서로 다름 ({sides})", f"{start} run: evidence disagrees ({sides})")
    return t.with_line(out)


def _log_gone(t: Teller) -> str:
    return t.with_line(t.pick("로그 파일이 사라짐", "the log files are gone"), "detail")


def _never_seen(t: Teller) -> str:
    last, due = t.facts.get("last_start"), t.facts.get("due")
    if last is None:
        out = t.pick("아직 실행을 본 적 없음", "no run seen yet")
    else:
        out = t.pick(f"{t.time('last_start')} 이후 실행을 보지 못함", f"no run seen since {t.time('last_start')}")
    if due is not None:
        out += t.pick(", 다음 예정 ", ", next due ") + moment(due, t.zone, t.now, t.language)
    return out + _unread(t)


def _blind(t: Teller) -> str:
    cause = t.facts.get("cause")
    if cause == "not_looked":
        return t.pick("데몬이 시작된 뒤 아직 확인하지 않음", "not looked yet since the daemon started")
    if cause == "database_away":
        since = t.time("since")
        return t.pick(
            f"{since}부터 데이터베이스에 연결할 수 없어 판정할 수 없음",
            f"the database has been away since {since}: nothing can be judged",
        )
    return t.with_line(t.pick("확인할 수 없음", "could not look"), "detail")


_SAYINGS: Mapping[Reason, Callable[[Teller], str]] = {
    Reason.SUCCEEDED: _succeeded, Reason.FAILED: _failed, Reason.LATE: _late, Reason.MISSED: _missed,
    Reason.RUNNING: _running, Reason.HUNG: _hung, Reason.DIED: _died, Reason.OVERLAPPING: _overlapping,
    Reason.CONTRADICTION: _contradiction, Reason.LOG_GONE: _log_gone, Reason.NEVER_SEEN: _never_seen,
    Reason.FUTURE: _future,
    Reason.TOO_SHORT: _too_short, Reason.UNUSUAL_OUTPUT: _unusual_output, Reason.UNUSUAL_TIME: _unusual_time,
    Reason.BLIND: _blind,
    Reason.IN_LIMITS: probe_words.in_limits, Reason.OVER_LIMIT: probe_words.over_limit,
    Reason.PROBE_FAILED: probe_words.probe_failed, Reason.NOT_PROBED: probe_words.not_probed,
}  # fmt: skip
