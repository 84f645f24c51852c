"""What BATMON says to a person, in Korean and English: verdicts, schedules, moments, durations and the plug-in's lines.

Facts may come straight from a verdict or over the gate: a moment is an aware ``datetime`` or its ISO text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from batmon import probe_words
from batmon.model import Reason, RunStatus, Status

Language = Literal["ko", "en"]

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
_DAYS: Mapping[Language, Sequence[str]] = {
    "en": ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"),
    "ko": ("일", "월", "화", "수", "목", "금", "토"),
}
_DAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def status_word(status: Status | str, language: Language) -> str:
    """A verdict's status as a word."""
    return STATUS_WORDS[language][Status(status)]


def run_status_word(status: RunStatus | str, language: Language) -> str:
    """A run's status as a word."""
    return RUN_STATUS_WORDS[language][RunStatus(status)]


def duration(seconds: float, language: Language) -> str:
    """``41s``, ``1m 05s``, ``30m``, ``2h 10m``, ``3d 4h``: two units at most; below a second ``0s``."""
    whole = max(0, int(seconds))
    d, h, m, s = ("일", "시간", "분", "초") if language == "ko" else ("d", "h", "m", "s")
    if whole < 60:
        return f"{whole}{s}"
    if whole < 3600:
        return _two(whole // 60, m, f"{whole % 60:02}{s}", whole % 60)
    if whole < 86_400:
        return _two(whole // 3600, h, f"{whole // 60 % 60:02}{m}", whole // 60 % 60)
    return _two(whole // 86_400, d, f"{whole // 3600 % 24}{h}", whole // 3600 % 24)


def _two(count: int, unit: str, smaller: str, rest: int) -> str:
    """A count with its unit, and the smaller unit unless there is none of it."""
    return f"{count}{unit} {smaller}" if rest else f"{count}{unit}"


def moment(when: datetime | str, zone: ZoneInfo, now: datetime, language: Language) -> str:
    """``today 06:00``, ``yesterday 18:30``, ``tomorrow 06:00``, else with the date; in ``zone``."""
    at = _at(when).astimezone(zone)
    days = (at.date() - now.astimezone(zone).date()).days
    names = {"en": {-1: "yesterday", 0: "today", 1: "tomorrow"}, "ko": {-1: "어제", 0: "오늘", 1: "내일"}}
    name = names[language].get(days)
    return f"{name} {at:%H:%M}" if name else _dated(at, now.astimezone(zone), language)


def clock(when: datetime | str, zone: ZoneInfo, now: datetime, language: Language) -> str:
    """``06:00`` for a moment of today, else with its date; in ``zone``."""
    at, today = _at(when).astimezone(zone), now.astimezone(zone)
    return f"{at:%H:%M}" if at.date() == today.date() else _dated(at, today, language)


def _at(when: datetime | str) -> datetime:
    return datetime.fromisoformat(when) if isinstance(when, str) else when


def _dated(at: datetime, today: datetime, language: Language) -> str:
    if language == "ko":
        return f"{at.month}월 {at.day}일 {at:%H:%M}" if at.year == today.year else f"{at:%Y-%m-%d %H:%M}"
    return f"{at:%m-%d %H:%M}" if at.year == today.year else f"{at:%Y-%m-%d %H:%M}"


def say(reason: Reason | str, facts: Mapping[str, Any], language: Language, zone: ZoneInfo, now: datetime) -> str:
    """One sentence for a verdict's reason; a fact that is missing is left out."""
    return _SAYINGS[Reason(reason)](_Teller(facts, language, zone, now))


class _Teller:
    """The facts of one verdict, told in one language."""

    def __init__(self, facts: Mapping[str, Any], language: Language, zone: ZoneInfo, now: datetime) -> None:
        self.facts, self.language, self.zone, self.now = facts, language, zone, now

    def pick(self, korean: str, english: str) -> str:
        return korean if self.language == "ko" else english

    def time(self, key: str) -> str:
        """A moment among the facts as a clock time; empty if it is not known."""
        value = self.facts.get(key)
        return "" if value is None else clock(value, self.zone, self.now, self.language)

    def text(self, key: str) -> str:
        value = self.facts.get(key)
        return "" if value is None else str(value).strip()

    def since(self, key: str) -> float:
        value = self.facts.get(key)
        return 0.0 if value is None else (self.now - _at(value)).total_seconds()

    def span(self, seconds: float) -> str:
        return duration(seconds, self.language)

    def exact(self, key: str) -> str:
        """A number of seconds among the facts as a duration, with a decimal where it is short."""
        seconds = float(self.facts.get(key) or 0.0)
        if seconds < 10 and seconds != int(seconds):
            return f"{seconds:.1f}{self.pick('초', 's')}"
        return self.span(round(seconds))

    def with_line(self, sentence: str, key: str = "line") -> str:
        line = line_in_words(self.text(key), self.language)
        return f"{sentence}: {line}" if line else sentence


def _succeeded(t: _Teller) -> str:
    out = t.pick(f"{t.time('start')} 실행 성공", f"{t.time('start')} run succeeded").strip()
    seconds, processed = t.facts.get("duration_sec"), t.facts.get("processed")
    parts = []
    if seconds is not None:
        took = t.span(round(seconds))  # as in the run's row
        parts.append(t.pick(f"{took} 걸림", f"took {took}"))
    if processed:
        parts.append(t.pick(f"{processed:,}건 처리", f"{processed:,} processed"))
    return ", ".join([out, *parts]) + _late_found(t)


def _failed(t: _Teller) -> str:
    out = t.pick(f"{t.time('start')} 실행 실패", f"{t.time('start')} run failed").strip()
    return t.with_line(out + _in_a_row(t) + _late_found(t))


def _in_a_row(t: _Teller) -> str:
    """How many runs failed one after the other, if it is more than this one."""
    count = t.facts.get("failures") or 1
    if count < 2:
        return ""
    if t.facts.get("failures_more"):
        return t.pick(f", {count}회 이상 연속 실패", f", at least {count} failures in a row")
    return t.pick(f", {count}회 연속 실패", f", {_ordinal(count)} failure in a row")


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _too_short(t: _Teller) -> str:
    took, least = t.exact("duration_sec"), t.exact("min_runtime_sec")
    out = t.pick(
        f"{t.time('start')} 실행이 너무 빨리 끝남: {took} 걸림, 최소 실행 시간 {least}",
        f"{t.time('start')} run succeeded too fast: took {took}, should take at least {least}",
    ).strip()
    processed = t.facts.get("processed")
    return out + (t.pick(f", {processed:,}건 처리", f", {processed:,} processed") if processed else "")


def _unusual_output(t: _Teller) -> str:
    processed, usual = t.facts.get("processed") or 0, t.facts.get("usual") or 0
    return t.pick(
        f"{t.time('start')} 실행은 성공했으나 평소 {usual:,}건 중 {processed:,}건만 처리",
        f"{t.time('start')} run succeeded with {processed:,} of the usual {usual:,} items",
    ).strip() + _held_against(t)


def _unusual_time(t: _Teller) -> str:
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


def _held_against(t: _Teller) -> str:
    """What "usual" means: the median of which runs."""
    count, day, clock_ = t.facts.get("samples") or 0, t.facts.get("weekday"), t.text("clock")
    if day is not None:
        name = t.pick(f"{_DAYS['ko'][(day + 1) % 7]}요일", _DAYS["en"][(day + 1) % 7])
        return t.pick(f" ({name} {clock_} {count}회의 중앙값)", f" (median of {count} runs, {name} {clock_})")
    if clock_:
        return t.pick(f" ({clock_} {count}회의 중앙값)", f" (median of {count} runs at {clock_})")
    return t.pick(f" (최근 {count}회의 중앙값)", f" (median of the latest {count} runs)")


def _late_found(t: _Teller) -> str:
    """That it was found out only after the daemon's own absence."""
    return t.pick(" (나중에 확인됨)", " (verified late)") if t.facts.get("verified_late") else ""


def _unread(t: _Teller) -> str:
    """That there are lines which nobody understands, and what to do."""
    if not t.facts.get("unread_lines"):
        return ""
    return t.pick(
        "; 로그에 시작이나 종료를 알리는 줄이 없음: [programs.log] 설정 필요",
        "; no line of its log says that a run starts or ends: set [programs.log]",
    )


def _future(t: _Teller) -> str:
    zone = t.text("timezone")
    return t.pick(
        f"{t.time('start')} 실행은 아직 오지 않은 시각: 시계와 시간대({zone}) 확인 필요",
        f"run of {t.time('start')} lies in the future: check the clock and the time zone ({zone})",
    )


def _late(t: _Teller) -> str:
    seconds = t.since("due")
    late = t.span(seconds if seconds < 60 else seconds - seconds % 60)
    out = t.pick(f"{late} 늦음", f"late by {late}")
    if t.time("last_start"):
        out += t.pick(f", {t.time('last_start')} 이후 실행 없음", f", no run since {t.time('last_start')}")
    return out + t.pick(f", 유예 {t.time('grace_end')}까지", f", grace ends {t.time('grace_end')}")


def _missed(t: _Teller) -> str:
    last, count = t.time("last_start"), t.facts.get("missed") or 1
    out = t.pick(f"{last} 이후 실행 없음", f"no run since {last}") if last else t.pick("실행 없음", "no run")
    due, end = t.time("due"), t.time("grace_end")
    out += t.pick(f": {due} 예정, 유예 {end} 종료", f": due {due}, grace ended {end}")
    if count > 1:
        out += t.pick(f", {count}회 미실행", f", {count} missed")
    return out + _late_found(t) + _unread(t)


def _running(t: _Teller) -> str:
    took = t.span(t.since("start"))
    return t.pick(f"{t.time('start')}부터 실행 중 ({took})", f"running since {t.time('start')} ({took})")


def _hung(t: _Teller) -> str:
    longest = t.span(t.facts.get("max_runtime_sec") or 0)
    return t.with_line(
        t.pick(
            f"{t.time('start')}부터 끝나지 않음, 최대 실행 시간 {longest} 초과",
            f"running since {t.time('start')}, longer than the allowed {longest}",
        )
        + _in_a_row(t)
    )


def _died(t: _Teller) -> str:
    code, start = t.facts.get("exit_code"), t.time("start")
    out = t.pick(
        f"{start} 실행이 끝을 남기지 않고 비정상 종료됨", f"{start} run died: its process is gone and left no end"
    )
    out = out if code is None else out + t.pick(f" (종료 코드 {code})", f" (exit code {code})")
    return t.with_line(out + _in_a_row(t))


def _overlapping(t: _Teller) -> str:
    count, other, start = t.facts.get("count") or 2, t.time("other_start"), t.time("start")
    return t.pick(
        f"{count}개 실행이 겹침: {other} 시작과 {start} 시작", f"{count} runs at once: started {other} and {start}"
    )


def _contradiction(t: _Teller) -> str:
    names = {
        "record": t.pick("기록", "record"),
        "log": t.pick("로그", "log"),
        "process": t.pick("프로세스", "process"),
    }
    sides = ", ".join(f"{name} {t.text(key)}" for key, name in names.items() if t.text(key))
    start = t.time("start")
    out = t.pick(f"{start} 실행의 근거가 서로 다름 ({sides})", f"{start} run: evidence disagrees ({sides})")
    return t.with_line(out)


def _log_gone(t: _Teller) -> str:
    return t.with_line(t.pick("로그 파일이 사라짐", "the log files are gone"), "detail")


def _never_seen(t: _Teller) -> str:
    last, due = t.facts.get("last_start"), t.facts.get("due")
    if last is None:
        out = t.pick("아직 실행을 본 적 없음", "no run seen yet")
    else:
        out = t.pick(f"{t.time('last_start')} 이후 실행을 보지 못함", f"no run seen since {t.time('last_start')}")
    if due is not None:
        out += t.pick(", 다음 예정 ", ", next due ") + moment(due, t.zone, t.now, t.language)
    return out + _unread(t)


def _blind(t: _Teller) -> str:
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


_SAYINGS: Mapping[Reason, Callable[[_Teller], str]] = {
    Reason.SUCCEEDED: _succeeded, Reason.FAILED: _failed, Reason.LATE: _late, Reason.MISSED: _missed,
    Reason.RUNNING: _running, Reason.HUNG: _hung, Reason.DIED: _died, Reason.OVERLAPPING: _overlapping,
    Reason.CONTRADICTION: _contradiction, Reason.LOG_GONE: _log_gone, Reason.NEVER_SEEN: _never_seen,
    Reason.FUTURE: _future,
    Reason.TOO_SHORT: _too_short, Reason.UNUSUAL_OUTPUT: _unusual_output, Reason.UNUSUAL_TIME: _unusual_time,
    Reason.BLIND: _blind,
    Reason.IN_LIMITS: probe_words.in_limits, Reason.OVER_LIMIT: probe_words.over_limit,
    Reason.PROBE_FAILED: probe_words.probe_failed, Reason.NOT_PROBED: probe_words.not_probed,
}  # fmt: skip


def in_short(reason: Reason | str, facts: Mapping[str, Any], language: Language) -> str:
    """The figures of a suspicious success, or how many runs failed in a row, for a narrow column; else empty."""
    korean, reason = language == "ko", Reason(reason)

    def span(key: str) -> str:
        return duration(round(float(facts.get(key) or 0)), language)

    if reason is Reason.UNUSUAL_OUTPUT:
        processed, usual = facts.get("processed") or 0, facts.get("usual") or 0
        return f"{processed:,}건 (평소 {usual:,}건)" if korean else f"{processed:,} of the usual {usual:,} items"
    if reason is Reason.UNUSUAL_TIME:
        took, usually = span("duration_sec"), span("usual_sec")
        return f"{took} 걸림 (평소 {usually})" if korean else f"took {took}, usually {usually}"
    if reason is Reason.TOO_SHORT:
        took, least = span("duration_sec"), span("min_runtime_sec")
        return f"{took} 걸림 (최소 {least})" if korean else f"took {took}, at least {least} expected"
    count = facts.get("failures") or 1
    if reason is Reason.FAILED and count > 1:
        more = facts.get("failures_more")
        if korean:
            return f"{count}회 {'이상 ' if more else ''}연속 실패"
        return f"at least {count} failures in a row" if more else f"{_ordinal(count)} failure in a row"
    return ""


_OWN_LINES: Mapping[str, str] = {
    "its process ended without a word": "프로세스가 아무 기록 없이 끝남",
    "no end found within max_runtime": "최대 실행 시간 안에 끝난 기록이 없음",
}
"""What BATMON itself writes as the message of a run that it had to end -> the same in Korean."""


def line_in_words(line: str, language: Language) -> str:
    """A run's last line as it is; where it is one that BATMON wrote, in the language."""
    return _OWN_LINES.get(line, line) if language == "ko" else line


def error_in_words(signature: Mapping[str, Any] | None, language: Language, zone: ZoneInfo, now: datetime) -> str:
    """``first ever seen, in 7 programs since 02:10``: what is known of a row's kind of error; empty if that is no news.

    ``signature`` is the row's key of that name in docs/gate.md.
    """
    if signature is None:
        return ""
    korean, parts = language == "ko", []
    if signature["first_ever"]:
        parts.append("처음 보는 오류" if korean else "first ever seen")
    count = signature["programs"]
    if count > 1:
        since = clock(signature["since"], zone, now, language)
        parts.append(f"{since}부터 프로그램 {count}개" if korean else f"in {count} programs since {since}")
    return ", ".join(parts)


def schedule_in_words(expressions: Sequence[str], language: Language) -> str:
    """``daily 06:00``, ``every 5 minutes``, ``weekdays 09:00``; what has no short words is shown as it is written."""
    if not expressions:
        return "일정 없음" if language == "ko" else "no schedule"
    split = [expression.split() for expression in expressions]
    times = [_times(parts) if len(parts) == 5 else None for parts in split]
    if all(times) and len({tuple(parts[2:]) for parts in split}) == 1:  # several times of the same days
        days = _days_in_words(split[0][2:], language)
        if days is not None:
            return f"{days} {', '.join(sorted({time for found in times for time in found or ()}))}"
    return "; ".join(
        _rhythm(parts, language) or _timed(parts, language) or expression
        for parts, expression in zip(split, expressions, strict=True)
    )


def _timed(parts: Sequence[str], language: Language) -> str | None:
    times = _times(parts) if len(parts) == 5 else None
    days = _days_in_words(parts[2:], language) if times else None
    return f"{days} {', '.join(times)}" if times and days else None


def _times(parts: Sequence[str]) -> list[str] | None:
    """The few fixed times of day that an expression names."""
    minute, hours = parts[0], parts[1].split(",")
    if not minute.isdigit() or not all(hour.isdigit() for hour in hours) or len(hours) > 4:
        return None
    return [f"{int(hour):02}:{int(minute):02}" for hour in sorted(hours, key=int)]


def _days_in_words(parts: Sequence[str], language: Language) -> str | None:
    day, month, weekday = parts
    korean = language == "ko"
    if month != "*":
        return None
    if day == "*" and weekday == "*":
        return "매일" if korean else "daily"
    if weekday == "*":
        if not re.fullmatch(r"\d+(?:,\d+)*", day):
            return None
        return f"매월 {day.replace(',', '·')}일" if korean else f"monthly on {day}"
    days = _weekdays(weekday) if day == "*" else None
    if days is None:
        return None
    if days == [1, 2, 3, 4, 5]:
        return "평일" if korean else "weekdays"
    names = [_DAYS[language][number] for number in days]
    return f"매주 {'·'.join(names)}" if korean else ", ".join(names)


def _weekdays(field: str) -> list[int] | None:
    """Numbers (0 is Sunday) of a weekday field that is a plain list or range."""
    found: set[int] = set()
    for term in field.upper().split(","):
        ends = term.split("-")
        numbers = [_DAY_NAMES.index(end) if end in _DAY_NAMES else int(end) if end.isdigit() else -1 for end in ends]
        if len(numbers) > 2 or min(numbers) < 0 or max(numbers) > 7 or numbers[0] > numbers[-1]:
            return None
        found.update(number % 7 for number in range(numbers[0], numbers[-1] + 1))
    return sorted(found)


def _rhythm(parts: Sequence[str], language: Language) -> str | None:
    """``every 5 minutes`` and the like, every day."""
    if len(parts) != 5 or list(parts[2:]) != ["*", "*", "*"]:
        return None
    minute, hour, korean = parts[0], parts[1], language == "ko"
    step = re.fullmatch(r"\*(?:/(\d+))?", minute)
    if step and hour == "*":
        count = int(step[1] or 1)
        if korean:
            return f"{count}분마다"
        return "every minute" if count == 1 else f"every {count} minutes"
    hours = re.fullmatch(r"\*(?:/(\d+))?", hour)
    if hours and minute.isdigit():
        count, at = int(hours[1] or 1), int(minute)
        if korean and count == 1:
            return f"매시 {at}분" if at else "매시 정각"
        if korean:
            return f"{count}시간마다 {at}분" if at else f"{count}시간마다"
        return ("every hour" if count == 1 else f"every {count} hours") + (f" at :{at:02}" if at else "")
    return None


def plugin_lines(check: Mapping[str, Any]) -> list[str]:
    """The text of ``batmon check``: one line in the monitoring plug-in's form, then an indented one a program.

    ``check`` is the object of ``batmon check --json``; the worst program comes first.
    """
    programs = sorted(check["programs"], key=lambda entry: (-Status(entry["status"]).severity, entry["name"]))
    counts = {status: sum(entry["status"] == status.value for entry in programs) for status in Status}
    tally = f"{counts[Status.ERROR]} error, {counts[Status.WARNING]} warning, {counts[Status.OK]} ok"
    if counts[Status.UNKNOWN]:
        tally += f", {counts[Status.UNKNOWN]} unknown"
    if not programs:
        said = "no programs are watched"
    elif programs[0]["status"] == Status.OK.value and len(programs) > 1:
        said = f"all {len(programs)} programs are well"
    else:
        said = f"{_plain(programs[0]['name'])}: {_plain(programs[0]['message'])}"
    figures = " ".join(
        f"'{status.value.lower()}'={counts[status]}"
        for status in (Status.OK, Status.WARNING, Status.ERROR, Status.UNKNOWN)
    )
    first = f"BATMON {check['status']} - {said} ({tally}) | {figures}"
    width = max((len(entry["status"]) for entry in programs), default=0)
    return [
        first,
        *(f"  {entry['status']:<{width}}  {_plain(entry['name'])}: {_plain(entry['message'])}" for entry in programs),
    ]


def _plain(text: str) -> str:
    """One line without the pipe character, which begins the figures in a plug-in's output."""
    return " ".join(text.split()).replace("|", "¦")
