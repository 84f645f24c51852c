"""Personal data and secrets in texts that we did not write: found and hidden before they are sent. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "***"
LONGEST = 20_000
"""Characters that ``mask_start`` looks at: a look at all of a megabyte would keep everybody else waiting."""

_WORDS = (
    r"pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|auth|"
    r"authorization|credential|session[_-]?id|cookie|signature|otp|pin|비밀번호|비번|암호|인증번호|토큰"
)
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # A private key, up to its end or to the end of what is left of it.
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), HIDDEN),
    # user:password@ of an address
    (re.compile(r"(?<=://)([^\s:/@]{1,200}):[^\s/@]{1,500}(?=@)"), r"\1:" + HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic|negotiate)\s+[A-Za-z0-9._~+/=-]{6,}"), r"\1 " + HIDDEN),
    # eyJ...: a JSON web token; the prefixes of GitHub, Slack, AWS and Google
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?"), HIDDEN),
    (re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|xox[a-z]-[A-Za-z0-9-]{10,})"), HIDDEN),
    (re.compile(r"\b(?:AKIA[A-Z0-9]{12,}|AIza[\w-]{30,})"), HIDDEN),
    # key=value, key: value, "key": "value"; a quoted value as a whole
    (re.compile(
        rf"""(?ix)((?:{_WORDS})["']?\s*[:=]\s*)
        (?:"(?:[^"\\\n]|\\.){{0,500}}"|'(?:[^'\\\n]|\\.){{0,500}}'|(?:bearer|basic|negotiate)\s+[^\s,;&"')\]}}]{{1,500}}|(?!\*{{3}})[^\s,;&"')\]}}]{{1,500}})"""),
     r"\1" + HIDDEN),
)  # fmt: skip
_EMAIL = re.compile(r"(?<![\w.+-])([\w.+%-]{1,64})@((?:[\w-]{1,63}\.)+[\w-]{2,63})")
_RESIDENT = re.compile(r"(?<!\d)(\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))([- ]?)([0-9])\d{6}(?!\d)")
"""주민등록번호: birth date, a digit for century and sex, six more."""
_CARD = re.compile(r"(?<![\d-])(?:\d[ -]?){12,18}\d(?![\d-])")
_PHONE = re.compile(
    r"(?<![\d.+-])(\+82[ .-]?\(?0?\)?(?:10|1[16-9]|2|[3-6][1-5]|70)|01[016-9]|02|0[3-6][1-5]|070)"
    r"([ .-]?)(\d{3,4})([ .-]?)(\d{4})(?![\d-])"
)


def mask(text: str) -> str:
    """``text`` with e-mail addresses, telephone and resident registration numbers, card numbers, passwords, tokens and
    keys hidden; enough of an address or a number stays to recognise one's own.

    What is hidden once stays as it is: ``mask(mask(x)) == mask(x)``.
    """
    for rule, shown in _RULES:
        text = rule.sub(shown, text)
    text = _EMAIL.sub(lambda found: f"{found[1][:2] if len(found[1]) > 3 else found[1][:1]}***@{found[2]}", text)
    text = _RESIDENT.sub(r"\1\2\3******", text)
    text = _CARD.sub(_card, text)
    return _PHONE.sub(lambda found: f"{found[1]}{found[2]}{'*' * len(found[3])}{found[4]}{found[5]}", text)


def mask_start(text: str) -> str:
    """``mask`` of the beginning of a text of any length; ``…`` says that something was cut."""
    return mask(text) if len(text) <= LONGEST else f"{mask(text[:LONGEST])}…"


def mask_keys(value: Any, keys: frozenset[str]) -> Any:
    """A JSON-like value of the same shape in which every text below one of ``keys`` is masked, long ones cut."""
    if isinstance(value, Mapping):
        return {key: _masked(item) if key in keys else mask_keys(item, keys) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask_keys(item, keys) for item in value]
    return value


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_start(value)
    if isinstance(value, Mapping):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(item) for item in value]
    return value


def _card(found: re.Match[str]) -> str:
    """The number with its first six and last four digits, when its check digit says that it is a card's."""
    digits = re.sub(r"\D", "", found[0])
    if not 13 <= len(digits) <= 19 or not _luhn(digits):
        return found[0]
    shown = iter([*digits[:6], *"*" * (len(digits) - 10), *digits[-4:]])
    return re.sub(r"\d", lambda _: next(shown), found[0])


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = [int(digit) * (2 if index % 2 else 1) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
