"""What a log line says of a run: that it started, succeeded or failed, and how much it processed.

A program's own patterns are searched in the whole line and believed. The shipped ones, Korean and English, are
searched in the message and are careful: ``실패: 0``, ``오류 없음`` and ``0 errors`` are no failures, ``로그인 성공`` is the
end of a step and not of the run, ``다시 시작하세요`` starts nothing.
"""

# ruff: noqa: E501 - a regular expression that is broken over lines is harder to read than a long one
from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from batmon.errors import ModelError
from batmon.model import LogPatterns

Kind = Literal["started", "succeeded", "failed"]
Level = Literal["debug", "info", "warning", "error", "critical"]


class Sign(NamedTuple):
    """What one line says."""

    kind: Kind
    sure: bool = True
    """False for a word that may speak of a step of the run as well as of the run."""
    subject: str = ""
    """What is said to start or end, as bare letters: the same for 'X 시작' and 'X 완료'."""
    step: bool = False
    """It names something that is only ever a part of a run: a login, a page, a browser."""
    neutral: bool = False
    """It ended, it does not say how: enough for a run without a failure."""


_LEVELS: dict[str, Level] = {
    "trace": "debug", "debug": "debug", "info": "info", "notice": "info", "success": "info", "정보": "info",
    "warn": "warning", "warning": "warning", "경고": "warning", "주의": "warning",
    "error": "error", "err": "error", "severe": "error", "오류": "error", "에러": "error",
    "critical": "critical", "fatal": "critical", "치명": "critical",
}  # fmt: skip
_LEVEL_REACH = 70
_LEVEL = re.compile(
    r"(?<![\w가-힣])(TRACE|DEBUG|INFO|NOTICE|SUCCESS|WARN(?:ING)?|ERROR|ERR|SEVERE|CRITICAL|FATAL)(?![\w가-힣])(?!\s*[=:]\s*\d)"
    r"|(?:[\[(<]|level\"?\s*[=:]\s*\"?)\s*((?i:trace|debug|info|notice|warn(?:ing)?|error|severe|critical|fatal)|정보|경고|주의|오류|에러|치명)"
    r"\s*(?:[\])>\"]|\s|$)"
)
_AFTER_LEVEL = re.compile(r"[\s\]\)>|:,\"-]*(?:\[[\w.,:/ -]{1,60}\]\s*[-:|]?\s*|[\w.]+:[\w<>]+:\d+\s+-\s+)?")
_SEPARATORS = " \t-|:,]"


def head_of(rest: str) -> tuple[Level | None, str]:
    """The level that a line names in its head, and what it says without level and logger.

    ``rest`` is the line after its time.
    """
    match = _LEVEL.search(rest, 0, _LEVEL_REACH)
    if match is None:
        return None, rest.lstrip(_SEPARATORS).rstrip()
    after = _AFTER_LEVEL.match(rest, match.end())
    return _LEVELS[(match[1] or match[2]).lower()], rest[after.end() if after else match.end() :].strip()


TRACEBACK = re.compile(r"Traceback \(most recent call last\)|^\s*Exception in thread |Unhandled exception")
RETRY = re.compile(r"재시도|다시 시도|\bretry(?:ing)?\b|\bwill try\b|\battempt \d", re.IGNORECASE)
_GIVEN_UP = re.compile(
    r"재시도.{0,12}(?:초과|소진|모두)|재시도(?: 후에도)?\s*실패|모두 실패|최종|포기|giv(?:e|ing) up|exhausted|max(?:imum)? retr|after \d+ (?:retr|attempt)",
    re.IGNORECASE,
)
_SIGN_WORDS = (
    "시작", "개시", "기동", "완료", "종료", "성공", "끝", "실패", "오류", "에러", "예외", "중단", "치명", "마쳤", "마침",
    "start", "begin", "began", "launch", "complet", "finish", "ended", "succe", "done", "fail", "abort", "exit", "error",
    "except", "crash", "fault", "dumped", "out of memory", "return", "terminated",
)  # fmt: skip
"""A line without any of these, in lower case, says nothing of a run: a quick look before the regular expressions."""
_KOREAN_UNITS = ("건", "개")
_ENGLISH_WORK = (
    "processed", "downloaded", "collected", "saved", "fetched", "imported", "exported",
    "document", "file", "item", "record", "row", "mail", "message", "page",
)  # fmt: skip

_BAD = r"(?:실패|오류|에러|예외|errors?|fail(?:ed|ures?)|exceptions?)"
_NOT_BAD = re.compile(
    rf"{_BAD}\s*(?:건수?|횟수|개수|count)?\s*(?:이|가|은|는|도|이나)?\s*[:=]?\s*(?:없|0(?![\d.,])\s*[건개회]?|none\b|false\b)"
    rf"|(?<![\d.,])0\s*[건개회]?\s*(?:의\s*)?{_BAD}"
    rf"|\b(?:no|without|zero)\s+(?:any\s+)?{_BAD}"
    rf"|{_BAD}\s*(?:시|하면|할 경우|인 경우|율|이력|목록|로그|복구|해결)(?![가-힣])"
    rf"|\bon[_ -]?(?:error|failure)\b|\bfail[_ -]?(?:safe|over)\b|\bif\b.{{0,40}}\bfail\w*"
    rf"|실패\s*[:=]?\s*[\d,]+\s*(?:건|개|회)|[\d,]+\s*(?:건|개|회)\s*(?:은|는|이|가|의)?\s*실패|\b(?:failed|failures?|errors?)\s*[:=]\s*\d+|\b\d+ (?:failed|failures?|errors?)\b"
    r"|실패\s*[:=]?\s*\d+(?=\s*(?:,|$|/|\)))",
    re.IGNORECASE,
)
_WHOLE = r"(?:작업|배치|프로그램|스크립트|스케줄|실행|수행|\bjob\b|\bbatch\b|\btask\b|\brun\b|\bscript\b|\bprogram\b|\bprocess\b|\bpipeline\b)"
_FAILED_SURELY = re.compile(
    rf"비정상\s*(?:적으로\s*)?(?:종료|중단)|(?:오류|에러|예외|문제)(?:가|로|으로)?\s*(?:인해|인하여|발생(?:하여|으로|해)?)?\s*.{{0,12}}(?:중단|종료)"
    rf"|{_WHOLE}(?:이|가|을|를|에)?\s*(?:최종\s*)?실패|최종 실패|{_WHOLE}[^:]{{0,40}}\b(?:failed|aborted|crashed)\b|\bterminated abnormally\b"
    r"|\bexit(?:ed|s)?\b(?: with)?(?: an?)?(?: non-?zero)?(?: exit)?\s*(?:code|status)\s*[:=]?\s*-?[1-9]|종료 ?코드\s*[:=(]?\s*-?[1-9]"
    r"|\breturn(?:ed)? ?(?:code|status)\s*[:=]?\s*-?[1-9]|\bsegmentation fault\b|\bcore dumped\b|\bout of memory\b|unhandled exception",
    re.IGNORECASE,
)
_FAILED_WORD = re.compile(
    r"실패|(?:오류|에러|예외)(?:가|이)?\s*발생|치명적|\bfailed\b|\bfailure\b|\baborted\b|\bcrashed\b", re.IGNORECASE
)

_STEP = re.compile(
    r"로그인|로그아웃|\blog(?:in|out|ged)\b|\bsign(?:ed)? ?in\b|접속|연결(?:을|이)?\s*(?:성공|완료|종료|시작|됨|시도)|\bconnect|인증|\bauth"
    r"|초기화|\binit|(?<![운업])로드|로딩|\bload|설정|\bconfig|재시도|\bretry|이동|클릭|입력|캡처|스크린샷|\bscreenshot"
    r"|\d\s*페이지|\bpage\b|(?<![\d/])\d+\s*/\s*\d+(?![\d/])|\d\s*번째|https?:"
    r"|\.(?:pdf|csv|xlsx?|html?|txt|zip|json|xml|eml|hwpx?|docx?)\b|브라우저|\bbrowser|드라이버|\bdriver|세션|\bsession|\bchrome"
    r"|서버\s*(?:와|에|로|의)?\s*(?:연결|접속|종료|시작|기동)|\bserver|소켓|\bsocket|스레드|\bthread|트랜잭션|\btransaction|\bcommit"
    r"|알림\s*(?:메일\s*)?(?:발송|전송)",
    re.IGNORECASE,
)
_ENDING = r"(?:합니다|했습니다|하였습니다|됩니다|되었습니다|됐습니다|됨|함|했음|중)?"
_PHRASE_END = r"(?=[.!]*\s*(?:[.!~=*#\])>…-]*\s*$|[:(\[,=|-]|\.\.|\d|총\s))"
_SUCCEEDED_SURELY = re.compile(
    rf"정상(?:적으로|으로)?\s*(?:종료|완료)|성공적으로\s*.{{0,14}}(?:완료|종료|마[쳤침])|{_WHOLE}[^.,:]{{0,16}}(?:완료|성공){_ENDING}{_PHRASE_END}"
    rf"|(?:전체|모든|일괄)[^.,:]{{0,16}}(?:완료){_ENDING}{_PHRASE_END}|(?:완료|종료)\s*\(\s*정상\s*\)"
    r"|\b(?:finished|completed|ended|exited) (?:successfully|normally|ok)\b|\bsuccessfully (?:finished|completed|ended)\b"
    rf"|{_WHOLE}.{{0,40}}\b(?:finished|completed?|succeeded|done)\b|\bexit(?:ed|s)?\b(?: with)?(?: exit)?\s*(?:code|status)\s*[:=]?\s*0\b"
    r"|종료 ?코드\s*[:=(]?\s*0\b|^\W*(?:all )?done\W*$",
    re.IGNORECASE,
)
_SUCCEEDED_WORD = re.compile(
    rf"(?:을|를|이|가)?\s*(?:완료|종료|성공|끝){_ENDING}{_PHRASE_END}|\b(?:completed?|finished|succeeded|done|ended)\b(?=\s*(?:[.!=*#\])>-]*\s*$|[:(\[,=|-]|in \d|\d))",
    re.IGNORECASE,
)
_ENDED_SOMEHOW = re.compile(r"종료|끝|ended", re.IGNORECASE)
_NOT_SUCCEEDED = re.compile(
    r"미완료|완료되지|완료하지|완료 ?(?:예정|대기|율|시각|일|전)(?![가-힣])|성공하지|성공 ?(?:률|여부)|\bnot (?:completed?|finished|done)|\bincomplete"
    r"|\bto be completed|강제\s*종료|중단(?:됨|되|했|함|합니다)|취소(?:됨|되었|했)|시간 ?초과|타임아웃|timed? ?out|사용자에 의|\bcancell?ed",
    re.IGNORECASE,
)
_TALLY = re.compile(
    r"성공\s*[:=]?\s*[\d,]+\s*[건개]?|[\d,]+\s*[건개]\s*성공|\b(?:succeeded|success|done|completed)\s*[:=]\s*\d+",
    re.IGNORECASE,
)
"""A count of what succeeded; it says nothing of the run."""
_STARTED_WORD = re.compile(
    rf"(?:을|를|이|가)?\s*(?:시작|개시|기동){_ENDING}{_PHRASE_END}|^\W*(?:start(?:ed|ing|s)?|begin(?:ning|s)?|launching)\b"
    r"|\b(?:started|starting|begins?|began)\b(?=\s*(?:[.!=*#\])>…-]*\s*$|\.\.|[:(\[,|-]|at \d))|=\s*start\s*=",
    re.IGNORECASE,
)
_NOT_STARTED = re.compile(
    r"다시\s*시작|재시작|시작(?:하세요|하십시오|하려|할|되지|하지|하면)|시작 ?(?:전|후|시간|시각|일|일자|날짜|번호|페이지|행|값|점)(?![가-힣])|조회\s*시작|시작\s*[:=]\s*[\d\"']"
    r"|\bnot (?:yet )?started|\bget(?:ting)? started|\bfail\w* to start|\bcan(?:not|'t) start|\balready started|\brestart|\bstarting (?:from|at|point|new https?|with)\b"
    r"|\bbegin(?:ning)? of\b|\bstart(?:_|ing )?(?:date|time|page|row|url)\b",
    re.IGNORECASE,
)

_COUNT = r"(?<![\d/.,:-])(?P<count>\d{1,3}(?:,\d{3})+|\d{1,15})"
_WORK = r"(?:처리|수집|저장|다운로드|완료|발송|등록|전송|변환|업로드|processed|downloaded|collected|saved|fetched|imported|exported)"
_PROCESSED_KOREAN = (
    re.compile(rf"{_WORK}[^\d\n]{{0,12}}?{_COUNT}\s*[건개](?!\s*(?:실패|오류))", re.IGNORECASE),
    re.compile(rf"{_COUNT}\s*[건개](?:의|을|를)?\s*(?:[^\d\s]{{1,12}}\s+){{0,2}}{_WORK}", re.IGNORECASE),
    re.compile(rf"(?:총|합계|전체)\s*{_COUNT}\s*[건개]"),
)
_PROCESSED_ENGLISH = (
    re.compile(rf"\b{_WORK}\s*[:=]?\s*{_COUNT}\b(?!\s*(?:%|bytes?|[KMG]?B\b|sec|ms))", re.IGNORECASE),
    re.compile(
        rf"{_COUNT}\s+(?:new )?(?:documents?|files?|items?|records?|rows?|mails?|messages?|pages?)\b", re.IGNORECASE
    ),
)
_LETTERS = re.compile(r"[\W\d_]+")
_CLAUSE = re.compile(r"[:,(\[\]|]| - ")
_LONGEST_SUBJECT = 60
_LONGEST_READ = 2000
"""Characters of a line that are searched: patterns of any cost stay bounded."""


def _subject(message: str, match: re.Match[str]) -> str:
    """The letters of the clause that a start or end word stands in, without that word."""
    before = _LETTERS.sub("", _CLAUSE.split(message[: match.start()])[-1])
    after = "" if before else _LETTERS.sub("", _CLAUSE.split(message[match.end() :])[0])
    return (before or after).lower()[:_LONGEST_SUBJECT]


def _compiled(patterns: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    out = []
    for pattern in patterns:
        try:
            out.append(re.compile(pattern))
        except re.error as error:
            raise ModelError(f"{pattern!r} is not a regular expression: {error}") from error
    return tuple(out)


class Patterns:
    """A program's patterns, compiled; the shipped ones where it has none of its own.

    Raises:
        ModelError: a pattern is no regular expression, or ``processed`` has no group ``count``.
    """

    def __init__(self, own: LogPatterns) -> None:
        own_by_kind: list[tuple[Kind, tuple[str, ...]]] = [
            ("failed", own.failed), ("succeeded", own.succeeded), ("started", own.started),
        ]  # fmt: skip
        self._own = [(kind, _compiled(patterns)) for kind, patterns in own_by_kind if patterns]
        self._own_processed = _compiled([own.processed])[0] if own.processed else None
        if self._own_processed is not None and "count" not in self._own_processed.groupindex:
            raise ModelError(f"processed = {own.processed!r} has no group named count", hint=r"(?P<count>\d+)")
        shipped: list[Callable[[str, Level | None], Sign | None]] = []
        if not own.failed:
            shipped.append(_shipped_failed)
        if not own.succeeded:
            shipped.append(_shipped_succeeded)
        if not own.started:
            shipped.append(_shipped_started)
        self._shipped = tuple(shipped)

    def read(self, text: str, message: str, level: Level | None, *, timed: bool) -> Sign | None:
        """What a line says of a run; a line without a time of its own is read by the program's own patterns only."""
        for kind, patterns in self._own:
            for pattern in patterns:
                if pattern.search(text[:_LONGEST_READ]):
                    return Sign(kind)
        if not timed:
            return None
        message = message[:_LONGEST_READ]
        if level != "critical" and not _any_of(_SIGN_WORDS, message.lower()):
            return None
        for read in self._shipped:
            sign = read(message, level)
            if sign is not None:
                return sign
        return None

    def processed(self, text: str, message: str) -> int | None:
        """How many were processed, if the line says so; the last figure of it."""
        if self._own_processed is not None:
            return _last_count((self._own_processed,), text[:_LONGEST_READ])
        message = message[:_LONGEST_READ]
        found = _last_count(_PROCESSED_KOREAN, message) if _any_of(_KOREAN_UNITS, message) else None
        if found is None and _any_of(_ENGLISH_WORK, message.lower()):
            found = _last_count(_PROCESSED_ENGLISH, message)
        return found


def _any_of(words: tuple[str, ...], text: str) -> bool:
    for word in words:  # noqa: SIM110 - any() takes three times as long, for every line of every log
        if word in text:
            return True
    return False


def _last_count(patterns: Iterable[re.Pattern[str]], text: str) -> int | None:
    """What the first pattern that matches says the last time that it does."""
    for pattern in patterns:
        found = None
        for match in pattern.finditer(text):
            digits = re.sub(r"\D", "", match["count"] or "")
            found = int(digits[:15]) if digits else found
        if found is not None:
            return found
    return None


def _shipped_failed(message: str, level: Level | None) -> Sign | None:
    if level == "critical":
        return Sign("failed")
    if level == "debug":
        return None
    said = _NOT_BAD.sub(" ", message)
    if RETRY.search(said) and not _GIVEN_UP.search(said):
        return None
    if _FAILED_SURELY.search(said):
        return Sign("failed")
    if level in (None, "error") and _FAILED_WORD.search(said):
        return Sign("failed")
    return None


def _shipped_succeeded(message: str, level: Level | None) -> Sign | None:
    if level in ("debug", "warning", "error") or _NOT_SUCCEEDED.search(message):
        return None
    message = _TALLY.sub("", message)
    surely = _SUCCEEDED_SURELY.search(message)
    word = _SUCCEEDED_WORD.search(message)
    match = word or surely
    if match is None:
        return None
    step = bool(_STEP.search(message)) and surely is None
    neutral = surely is None and _ENDED_SOMEHOW.search(match[0]) is not None
    return Sign("succeeded", surely is not None, _subject(message, match), step, neutral)


def _shipped_started(message: str, level: Level | None) -> Sign | None:
    if level in ("debug", "error") or _NOT_STARTED.search(message):
        return None
    match = _STARTED_WORD.search(message)
    if match is None:
        return None
    return Sign("started", sure=False, subject=_subject(message, match), step=bool(_STEP.search(message)))
