"""Single values of a configuration: text in, value out; ``ValueError`` says what is wrong and how it should look."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]+)")
_SIZE = re.compile(r"(\d{1,15}(?:\.\d+)?)\s*([KMGT]i?B|B)", re.IGNORECASE)
_UNITS = {"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_ZONE_WORDS = {"kst": "Asia/Seoul", "korea standard time": "Asia/Seoul", "jst": "Asia/Tokyo", "서울": "Asia/Seoul"}
"""What people and Windows call a zone that IANA calls otherwise."""
_UTF16 = frozenset({"utf-16", "utf-16-le", "utf-16-be"})
_NOT_FOR_LOGS = frozenset(
    {"utf-7", "unicode-escape", "unicode_escape", "raw-unicode-escape", "raw_unicode_escape", "idna"}
)
"""ASCII-compatible and no encodings of text files."""
_LONGEST = timedelta(days=366)
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\*|[0-9A-Fa-f:.]+(%[\w.]+)?")
_SAMPLE_TIME = datetime(2026, 11, 21, 6, 7, 8)  # noqa: DTZ001 - a form is tried on it, it is no moment


def similar(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant; empty when none is near."""
    import difflib  # noqa: PLC0415 - 4 ms that only a mistake needs

    by_small = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_small, n=1, cutoff=0.6)
    return by_small[near[0]] if near else ""


def duration(text: str, longest: timedelta = _LONGEST) -> timedelta:
    """``90s``, ``20m``, ``1h30m``, ``2d``: whole or decimal numbers, each with its unit (s, m, h, d, w, ms)."""
    rest, seconds = text.strip(), 0.0
    negative = rest.startswith("-")
    rest = rest.lstrip("-").strip()
    if not rest:
        raise ValueError('expected a duration such as "20m", "90s" or "1h30m"')
    while rest:
        match = _DURATION.match(rest)
        if match is None or match[2].lower() not in _UNITS:
            raise ValueError(f'{text!r} is not a duration; write it as "20m", "90s", "1h30m" or "2d"')
        seconds += float(match[1]) * _UNITS[match[2].lower()]
        rest = rest[match.end() :].strip()
    if seconds > longest.total_seconds():
        raise ValueError(f"{text!r} is longer than {'a year' if longest == _LONGEST else f'{longest.days} days'}")
    return timedelta(seconds=-seconds if negative else seconds)


def size(text: str) -> int:
    """``500MB``, ``2GB``, ``1.5 GiB``: bytes; KB, MB, GB and TB are powers of 1024 here, as people mean them."""
    match = _SIZE.fullmatch(text.strip())
    if match is None or not float(match[1]):
        raise ValueError(f'{text!r} is not a size of more than nothing; write it as "500MB" or "2GB"')
    return int(float(match[1]) * 1024 ** "bkmgt".index((match[2] or "b")[0].lower()))


def truth(text: str) -> bool:
    """``true`` or ``false``, also ``1/0``, ``yes/no``, ``on/off``, as environment and flags give them."""
    word = text.strip().lower()
    if word in {"true", "1", "yes", "on"}:
        return True
    if word in {"false", "0", "no", "off"}:
        return False
    raise ValueError(f"{text!r} is neither true nor false")


def listen_address(text: str) -> tuple[str, int]:
    """``host:port`` or ``[IPv6]:port``; port 0 means any free one."""
    host, colon, port = text.strip().rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f'{text!r}: put an IPv6 address in brackets, as in "[::1]:8022"')
    if not colon or not host:
        raise ValueError(f'{text!r} is not an address; write host and port, as in "127.0.0.1:8022"')
    if not _HOST.fullmatch(host):
        raise ValueError(f"{host!r} is not a host name or an IP address")
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{port!r} is not a port (0 to 65535)")
    return host, int(port)


def database_url(text: str) -> str:
    """A ``postgresql://`` URL; the words of an error never hold it, for it may hold a password."""
    scheme, found, rest = text.partition("://")
    if not found:
        raise ValueError('not a URL; write "postgresql://user:password@host:5432/database"')
    if scheme not in {"postgresql", "postgres"}:
        raise ValueError(f"scheme {scheme!r} is not supported: BATMON speaks to Postgres only (postgresql://)")
    port = re.search(r":([^:@/\]]*)$", re.split(r"[/?#]", rest.rpartition("@")[2])[0])
    if port and port[1] and not (port[1].isascii() and port[1].isdigit() and int(port[1]) <= 65535):
        raise ValueError("the port is not a number up to 65535; encode special characters of the password with %XX")
    return text


def regex(text: str) -> str:
    """A regular expression of Python's ``re``."""
    try:
        re.compile(text)
    except re.error as error:
        at = "" if error.pos is None else f" at character {error.pos + 1}"
        raise ValueError(f"bad regular expression '{text}': {error.msg}{at}") from None
    except (OverflowError, RecursionError) as error:
        raise ValueError(f"bad regular expression: {error}") from None
    return text


def timezone(text: str) -> str:
    """The name of an IANA time zone."""
    import zoneinfo  # noqa: PLC0415 - 5 ms that a client without programs does not need

    try:
        return zoneinfo.ZoneInfo(text).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
        full = _ZONE_WORDS.get(text.strip().lower()) or similar(text, {name for name in known if "/" in name})
        if not full and (city := similar(text, {name.rpartition("/")[2] for name in known if "/" in name})):
            full = next(name for name in sorted(known) if name.endswith("/" + city))
        ask = f'did you mean "{full}"?' if full else 'write an IANA name such as "Asia/Seoul"'
        raise ValueError(f"unknown time zone {text!r}; {ask}") from None


def encoding(text: str) -> str:
    """``auto``, UTF-16, or an ASCII-compatible text encoding that Python knows."""
    name = text.strip().lower()
    if name == "auto":
        return name
    try:
        usable = codecs.lookup(name).name in _UTF16 or (
            codecs.lookup(name).name not in _NOT_FOR_LOGS and "0\n".encode(name) == b"0\n"
        )
    except (LookupError, UnicodeError, ValueError):
        usable = False
    if not usable:
        near = similar(name, ("auto", "utf-8", "utf-16", "utf-16-le", "cp949", "euc-kr", "cp1252", "latin-1"))
        ask = f'did you mean "{near}"?' if near else 'use "auto", "utf-8", "cp949" or "utf-16"'
        raise ValueError(f"{text!r} is no encoding of a log; {ask}") from None
    return name


def timestamp_format(text: str) -> str:
    """A ``strptime`` form that holds a time of day, to the minute at least."""
    try:
        back = datetime.strptime(_SAMPLE_TIME.strftime(text), text)  # noqa: DTZ007 - a form is tried, no time is kept
    except (ValueError, re.error) as error:
        raise ValueError(f"{text!r} is not a strptime form: {error}") from None
    if (back.hour, back.minute) != (_SAMPLE_TIME.hour, _SAMPLE_TIME.minute):
        raise ValueError(f'{text!r} holds no time of day; write for example "%Y-%m-%d %H:%M:%S"')
    return text


def program_name(text: str) -> str:
    """1 to 50 printable characters (a column's width in Postgres) that are safe in paths and on a command line."""
    if not text or len(text) > 50:
        raise ValueError("a name has 1 to 50 characters")
    if not text.isprintable() or text != text.strip() or set(text) & set("/\\") or text in {".", ".."}:
        raise ValueError(f"{text!r}: a name has no '/', '\\', control characters or blanks around it")
    if text.startswith("-"):
        raise ValueError(f"{text!r}: a name does not begin with '-', which looks like an option")
    return text
