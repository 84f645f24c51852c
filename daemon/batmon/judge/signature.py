"""Which kind of error a line is: its words with everything masked that varies from one time to the next.

Two lines are the same kind when their templates are equal; a template says what was masked: ``<n>`` a number, ``<time>``,
``<dur>`` a duration, ``<size>``, ``<id>``, ``<hex>``, ``<path>``, ``<file>``, ``<url host>`` (the host stays: the same
timeout at two sites has two causes), ``<mail>``, ``<str>`` text that is data. What tells kinds apart stays: codes (``HTTP
404``, ``ORA-00942``, ``WinError 32``, exit codes), ports of services, names of things in a program (``'NoneType'``,
``"orders_pkey"``, ``'조회' 버튼``). No line needs another one to be masked, so a kind keeps its id for ever.

The time of it: about 15 microseconds a line; what stands beyond the first thousand characters is not read.
"""

# ruff: noqa: E501 - a regular expression that is broken over lines is harder to read than a long one
from __future__ import annotations

import re
from hashlib import blake2b
from typing import NamedTuple

TEMPLATE_CHARS = 240
READ_CHARS = 1000


class Signature(NamedTuple):
    """A kind of error. ``id``: 16 hexadecimal digits of BLAKE2b over the template as UTF-8."""

    id: str
    template: str


def signature(message: str, *, exception: str = "", frame: str = "") -> Signature:
    """The kind of an error line: ``message`` is what it says after time and level.

    Of one with a stack trace it is the line that names the ``exception``, and ``frame``, the innermost function with its
    file: the same exception from two places is of two kinds.
    """
    template = mask(exception or message)
    if exception and frame:
        template = f"{template[: max(TEMPLATE_CHARS - len(frame) - 3, 40)]} @ {frame}"
    template = template[:TEMPLATE_CHARS].rstrip() or "…"
    return Signature(signature_id(template), template)


def signature_id(template: str) -> str:
    """The id of the kind with this template."""
    return blake2b(template.encode("utf-8", "replace"), digest_size=8).hexdigest()


def mask(message: str) -> str:
    """The message with what varies masked, white space evened out; at most ``TEMPLATE_CHARS`` characters."""
    text = _texts(" ".join(message[:READ_CHARS].split()))
    if _FILE_END.search(text):
        text = _FILE.sub(_file, text)
    if _DIGIT.search(text):
        text = _numbers(text)
    if "<" in text:
        text = _REPEATED.sub(r"\1", text)
    return text[:TEMPLATE_CHARS].rstrip()


def _texts(text: str) -> str:
    """Addresses, paths and texts that are data, masked. Each search is made only where a character says that it may find."""
    if "---" in text:
        text = _SPRING_HEAD.sub("", text)
    if "://" in text:
        text = _URL.sub(_url, text)
    if ")=(" in text:
        text = _KEY_VALUES.sub(")=(<str>)", text)
    foreign = not text.isascii()
    if "'" in text or '"' in text or (foreign and _OTHER_QUOTES.search(text)):
        text = _QUOTED.sub(_quoted, text)
    if "@" in text:
        text = _MAIL.sub("<mail>", text)
    if "\\" in text:
        text = _WINDOWS_PATH.sub("<path>", text)
    if "/" in text:
        text = _PATH.sub(_path, text)
    if foreign and _PERSON_WORD.search(text):
        text = _PERSON.sub(r"\1<str>", text)
    if ":" in text or "=" in text:
        text = _ASSIGNED.sub(_assigned, text)
    return text


def _numbers(text: str) -> str:
    if "::" in text:
        text = _IPV6.sub("<n>", text)
    if "==" in text:
        text = _BASE64.sub("<id>", text)
    text = _TIME.sub("<time>", text)
    text = _DURATION.sub("<dur>", text)
    text = _SIZE.sub("<size>", text)
    text = _NUMBERED.sub(_numbered, text)
    if "-<" in text:
        text = text.replace(" -<n>", " <n>").replace("(-<n>", "(<n>").replace("=-<n>", "=<n>")
    if ">(" in text:
        text = _NAMED_NUMBER.sub(r"\1(<str>)", text)
    return text


_SPRING_HEAD = re.compile(r"^\d+ --- \[[^\]]{0,60}\] ?")
_URL = re.compile(r"(?<![a-z])[a-z][a-z+.-]{1,15}://([^\s/?#\"'<>\])},]*)[^\s\"'<>\])},]*")
_KEY_VALUES = re.compile(r"\)=\([^)]{0,400}\)")
_DIGIT = re.compile(r"\d")
_OTHER_QUOTES = re.compile("[“‘「『]")
_QUOTED = re.compile(
    r"(?<![\w가-힣])(?:'([^'\n]{0,400})'(?![A-Za-z\d_])|\"([^\"\n]{0,400})\")|[“‘「『]([^”’」』\n]{0,400})[”’」』]"
    r"|(?<=[\w가-힣=(\[]=)(?:'([^'\n]{0,400})'|\"([^\"\n]{0,400})\")"
)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_WINDOWS_PATH = re.compile(
    r"(?:(?<![A-Za-z])[A-Za-z]:|\\\\[\w.$-]+)(?:\\{1,2}(?:[^\\/:*?\"'<>|\s]+(?: [^\\/:*?\"'<>|\s]+){0,3}(?=\\))?)*(?:[^\\/:*?\"'<>|\s(),]*)"
)
_PATH = re.compile(r"(?<![\w가-힣<>/\]*)])/(?:[\w@+~%=.-]+/)*[\w@+~%=.-]+/?")
_FILE_END = re.compile(
    r"\.(?:pdf|xls|csv|hwp|doc|ppt|zip|eml|msg|png|jp|gif|dat|tmp|bak|egg|txt|json|xml|htm|log)", re.IGNORECASE
)
_FILE = re.compile(
    r"(?<![\w가-힣.<>/-])[\w가-힣()~@+-][\w가-힣()~@+.-]{0,120}\.(?:(pdf|xls[xmb]?|csv|hwpx?|docx?|pptx?|zip|eml|msg|png|jpe?g|gif|dat|tmp|bak|egg)|(txt|json|xml|html?|log))(?![\w.])",
    re.IGNORECASE,
)
_PERSON_WORD = re.compile("사용자|계정|아이디")
_PERSON = re.compile(r"((?:사용자|계정|아이디) )[A-Za-z][\w.-]*[A-Za-z\d](?=[가-힣\s,)]|$)", re.ASCII)
_ASSIGNED = re.compile(r"[:=]\s?(?![\s<'\"{(\[])[^\s,;()\[\]{}]+")
_OWNERS = (
    "사용자", "계정", "아이디", "고객", "고객명", "담당자", "거래처", "거래처명", "회사", "회사명", "종목", "종목명", "수신자", "발신자", "수신", "발신",
    "제목", "user", "username", "login", "account", "customer", "subject", "email", "owner",
)  # fmt: skip
"""What stands before ``:`` or ``=`` and a person's or a thing's name."""
_TIME = re.compile(
    r"\d(?:\d{3}(?:[-/.]\d{1,2}[-/.]\d{1,2}|년 ?\d{1,2}월(?: ?\d{1,2}일)?)|\d?/\d{1,2}/\d{4}|\d?월 ?\d{1,2}일|\d?:\d{2}(?::\d{2})?(?![\d:])|\d?[-/](?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[-/]\d{2,4})"
    r"(?: ?\([월화수목금토일]\))?(?:[T ] ?(?:오전|오후)? ?\d{1,2}[:시] ?\d{1,2}(?:[:분] ?\d{1,2}초?)?)?(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d{2}:?\d{2})(?!\w))?"
)
_UNIT = r"(?: ?(?:시간|분(?!기)|초|일|개월|주일?|milliseconds?|msecs?|seconds?|secs?|minutes?|mins?|hours?|days?|ms)|[smhd])(?![A-Za-z\d])"
_DURATION = re.compile(rf"\d(?<!\d\d)[\d,.]*+{_UNIT}(?: ?(?:and )?\d[\d,.]*{_UNIT})*")
_SIZE = re.compile(r"\d(?<!\d\d)[\d,.]*+ ?(?:[KMGT]i?B|[Bb]ytes?|바이트)(?![A-Za-z])")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{12,}={1,2}")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{1,4}:){0,7}:[0-9a-fA-F:]{0,40}(?![\w:])")
_NUMBERED = re.compile(r"\b([^\W\d]*)(\d[\w.,:%-]*)")
_FIGURES = re.compile(r"[\d.,:%-]+")
_HANGUL = re.compile("[가-힣]")
_NAMED_NUMBER = re.compile(r"(<n>|<id>)\([^()<>]{1,60}\)")
_REPEATED = re.compile(r"('[^']{0,60}'|\"[^\"]{0,60}\"|<[a-z]+>)(?:,? \1)+")

_KEPT = frozenset(
    [
        "utf8",
        "utf16",
        "cp949",
        "cp1252",
        "iso8859",
        "base64",
        "base10",
        "sha1",
        "sha256",
        "md5",
        "http2",
        "oauth2",
        "x86_64",
        "x64",
        "x86",
        "s3",
        "ec2",
        "log4j",
        "ipv4",
        "ipv6",
        "ps1",
        "mp3",
        "mp4",
        "h264",
        "win32",
        "win10",
        "win11",
        "i18n",
        "k8s",
        "neo4j",
        "py3",
        "vb6",
        "office365",
        "o365",
        "cx_oracle",
        "psycopg2",
        "urllib3",
        "urllib2",
        "float64",
        "int64",
        "int32",
        "uint8",
        "float32",
        "r2",
    ]
)
"""Names with digits in them that are no numbers."""

_CODE_WORDS = (
    "err", "error", "errno", "error code", "code", "no", "no.", "number", "status", "http", "http/1.1", "http/1.0", "http/2", "sqlstate",
    "winerror", "msg", "exit", "exited", "signal", "hresult", "response", "port", "ora", "tns", "sp2", "pls", "db2", "sql", "sqln",
    "plw", "rfc", "level", "코드", "상태", "포트", "오류 번호", "에러 번호",
)  # fmt: skip
"""What stands before a number that is a code and no count."""
_CODE_BEFORE = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(re.escape(word) for word in _CODE_WORDS)})$")
_BETWEEN = " :=[(#-"
_STATUS_AFTER = re.compile(
    r"(?:[ -](?!rows?\b|items?\b|files?\b|records?\b|errors?\b|fail|mails?\b|messages?\b|documents?\b|pages?\b|of\b|out\b|times?\b|in\b|and\b|to\b)[A-Za-z]{2}|, b?['\"])"
)
_HRESULT = re.compile(r"0[xX][89CcDd][0-9A-Fa-f]{7}$")
_SQLSTATE = re.compile(r"[0-9A-Z]{5}$")


def _numbered(match: re.Match[str]) -> str:
    """A word with a digit in it."""
    letters, rest = match[1], match[2]
    if letters:
        return _lettered(letters, rest, match)
    if rest[:2] in ("0x", "0X"):
        return rest if _HRESULT.match(rest) else "<hex>"
    found = _FIGURES.match(rest)
    figures = found[0] if found else rest
    tail = rest[len(figures) :]
    bare = figures.rstrip(".,:-")
    end = figures[len(bare) :]
    if tail and not _HANGUL.match(tail):
        if end or not tail.isascii() or not tail.isalpha() or not tail.strip("abcdefABCDEF"):
            return "<id>"
        return f"<n>{tail}"
    if bare.isdigit() and _is_code(match, bare, tail):
        return match[0]
    return f"<n>{end}{tail if not _DIGIT.search(tail) else _NUMBERED.sub(_numbered, tail)}"


def _is_code(match: re.Match[str], digits: str, tail: str) -> bool:
    """Whether a number names a kind of error rather than counting something."""
    if len(digits) > 6:
        return False
    text, start = match.string, match.start()
    before = _code_before(text, start)
    if before:
        return before not in ("port", "포트") or len(digits) < 5
    if tail or len(digits) not in (3, 4):
        return False
    here = match.end() - (len(match[2]) - len(digits))
    if len(digits) == 3 and digits[0] in "45":
        return _STATUS_AFTER.match(text, here) is not None
    return len(digits) == 4 and text[start - 1 : start] == "(" and text[here : here + 3] in (", '", ', "')


def _code_before(text: str, start: int) -> str:
    """The word before a place that says that a code follows; empty if there is none."""
    window = text[max(0, start - 16) : start].rstrip(_BETWEEN).lower()
    if not window.endswith(_CODE_WORDS):
        return ""
    found = _CODE_BEFORE.search(window)
    return found[0] if found else ""


def _lettered(letters: str, rest: str, match: re.Match[str]) -> str:
    """A word that begins with letters: ``row17``, ``SYS_C0012345``, ``a91f``, ``HYT00``."""
    word = letters + rest
    bare = word.rstrip(".,:-")
    end = word[len(bare) :]
    if bare.lower() in _KEPT:
        return word
    text = match.string
    if len(bare) == 5 and _SQLSTATE.match(bare) and text[match.start() - 1 : match.start()] in ("[", "'"):
        return word
    if len(bare) <= 8 and _code_before(text, match.start()):
        return word
    found = _FIGURES.match(rest)
    figures = found[0] if found else rest
    tail = rest[len(figures) :]
    if not tail or _HANGUL.match(tail):
        return f"{letters}<n>{tail if not _DIGIT.search(tail) else '…'}{'' if tail else end}"
    name, line, _ = letters.rpartition("_")
    return f"{name}{line}<id>{end}"


def _url(match: re.Match[str]) -> str:
    host = match[1].rpartition("@")[2].lower()
    name, _, _port = host.partition(":")
    return f"<url {_DIGITS.sub('<n>', name)}>"


_DIGITS = re.compile(r"[\d.]*\d")
_VALUE_BEFORE = re.compile(
    r"(?:base \d+:|to float:|time data|fromisoformat\w*:|isoformat string:|unknown string format:|user(?:name)?|account|customer|role|login|subject|entry|value|for input(?: string)?:?|input|got|사용자|계정|아이디|고객명?|담당자|업체명?|거래처명?|회사명?|종목명?|제목|값|수신자?|발신자?)\s?[:=]?\s?$",
    re.IGNORECASE,
)
"""What stands before a quoted text that is data."""
_THING_AFTER = re.compile(
    r"\s?(?:버튼|메뉴|탭|화면|창|필드|컬럼|열|칼럼|시트|항목|테이블|서비스|프로세스|단계|작업|링크|폴더|키|속성|함수|변수|프로그램|codec|object|button|menu|tab|field|column|sheet|table|key|attribute|module|step|job|task|service|process|not found|not in)",
    re.IGNORECASE,
)
"""What stands behind a quoted name of a thing in a program or on a screen."""
_THING_BEFORE = re.compile(
    r"(?:named|called|column|field|sheet|table|key|attribute|relation|constraint|index|module|step|job|task|service|KeyError:|버튼|메뉴|탭|필드|컬럼|열|시트|항목|테이블|단계|키|\w=)\s?[:=(\[]?\s?$",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z_#.][\w.$:#/ -]*$", re.ASCII)
_SENTENCE_END = re.compile(r"(?:다|요|음|됨|함|오류|실패|불가|초과)[.!)\]]?$")
_PATH_LIKE = re.compile(r"(?:[A-Za-z]:|\\\\|~?/|\.{1,2}[/\\])[^\[\]@*]*$")


def _quoted(match: re.Match[str]) -> str:
    """A quoted text: kept when it names something, masked when it is data."""
    whole, start = match[0], match.start()
    text = whole[1:-1]
    quote, close = whole[0], whole[-1]
    before = _VALUE_BEFORE.search(match.string, max(0, start - 28), start)
    if before is not None or not text:
        return f"{quote}<str>{close}"
    if _PATH_LIKE.match(text) and not text.startswith(("//", "/html")):
        return f"{quote}<path>{close}"
    if text.isascii():
        return whole
    if "'" in text or '"' in text or _SENTENCE_END.search(text):
        return whole
    if _THING_AFTER.match(match.string, match.end()) or _THING_BEFORE.search(match.string, max(0, start - 20), start):
        return whole
    if _FILE.fullmatch(text):
        return f"{quote}<file>{close}"
    return f"{quote}<str>{close}"


def _assigned(match: re.Match[str]) -> str:
    """``: kim`` behind a word for somebody or something with a name."""
    start = match.start()
    if not match.string[max(0, start - 12) : start].rstrip().lower().endswith(_OWNERS):
        return match[0]
    return f"{match[0][0]}<str>" if match[0][1] != " " else f"{match[0][:2]}<str>"


def _path(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith("/html") else "<path>"


def _file(match: re.Match[str]) -> str:
    name = match[0]
    return "<file>" if match[1] or not name.isascii() or _DIGIT.search(name) else name
