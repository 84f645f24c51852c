"""What a search over logs looks for: its bytes in every form that a file may hold, and the lines that count. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import islice

from batmon.errors import BadRequest
from batmon.evidence.decode import Codec
from batmon.evidence.levels import HINTS, level_of
from batmon.evidence.read import SHOWN_CHARS
from batmon.refusals import because

LONGEST_PATTERN = 1000
"""Characters."""

MOST_SPANS = 20
"""Places of the pattern in one line that are told."""

Spans = tuple[tuple[int, int], ...]

_NOT_SIMPLE = re.compile(r"\||\(\?|\\[xuUN0-9]")
"""An alternative, a flag or an assertion, a character by its number."""

_REPEATS = ("*", "?", "{")
_SPECIAL = ".^$*+?{}[]|()"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A pattern, and how it is meant. ``errors``: only lines of that level; then the pattern may be empty."""

    pattern: str
    regex: bool = False
    ignore_case: bool = False
    errors: bool = False

    def __post_init__(self) -> None:
        if not self.pattern and not self.errors:
            raise BadRequest(because("nothing-to-find"))
        if len(self.pattern) > LONGEST_PATTERN:
            raise BadRequest(because("pattern-too-long", most=LONGEST_PATTERN, count=len(self.pattern)))
        if "\n" in self.pattern:
            raise BadRequest(because("pattern-of-lines"))

    @property
    def literal(self) -> str:
        """A text that every hit holds; empty when there is none."""
        if not self.pattern:
            return ""
        text = _literal_in(self.pattern) if self.regex else self.pattern
        return "" if self.ignore_case and _has_other_cases(text) else text

    @property
    def heavy(self) -> bool:
        """Whether it takes a process of its own: an expression cannot be interrupted, and lines one by one are slow."""
        return bool(self.pattern) and (self.regex or not self.literal)


class Matcher:
    """Finds ``wanted`` in lines, and says which bytes to look for first.

    Raises:
        BadRequest: the regular expression is wrong.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._forms: dict[Codec, tuple[bytes, ...] | None] = {}
        self.fold = wanted.ignore_case or not wanted.pattern
        """Whether the bytes are to be compared without regard to ASCII capitals."""
        flags = re.IGNORECASE if wanted.ignore_case else 0
        self._composed = unicodedata.normalize("NFC", wanted.pattern)
        self._pattern = _compiled(self._composed, flags) if wanted.regex else _any_of(_variants(wanted.pattern), flags)
        self._exact = self._pattern if wanted.regex else _any_of((self._composed,), flags)

    def forms(self, codec: Codec) -> tuple[bytes, ...] | None:
        """The bytes of which a hit in a file of this codec holds one; None when each line has to be looked at."""
        if codec not in self._forms:
            self._forms[codec] = self._made(codec)
        return self._forms[codec]

    def _made(self, codec: Codec) -> tuple[bytes, ...] | None:
        if self._wanted.pattern:
            texts = _variants(self._wanted.literal)
        else:
            texts = tuple(form for hint in HINTS["error"] for form in _variants(hint))
        if not any(texts):
            return None
        forms = dict.fromkeys(form for text in texts for form in codec.encode(text))
        # lower() maps ASCII only; in a two-byte character it hits needle and block alike.
        return tuple(dict.fromkeys(form.lower() for form in forms)) if self.fold else tuple(forms)

    def spans(self, line: str) -> Spans | None:
        """Where the pattern stands in a line that is a hit; None for one that is none.

        A composed and a decomposed spelling of a text are the same; a regular expression sees the first 4,096
        characters, in their composed spelling.
        """
        if self._wanted.errors and level_of(line[:SHOWN_CHARS]) != "error":
            return None
        if not self._wanted.pattern:
            return ()
        seen = line[:SHOWN_CHARS] if self._wanted.regex else line
        if unicodedata.is_normalized("NFC", seen):
            places = tuple(match.span() for match in islice(self._exact.finditer(seen), MOST_SPANS))
            return tuple(span for span in places if span[0] < span[1]) if places else None
        if not self._exact.search(unicodedata.normalize("NFC", seen)):
            return None
        places = tuple(match.span() for match in islice(self._pattern.finditer(seen), MOST_SPANS))
        return tuple(span for span in places if span[0] < span[1])


def _variants(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text))))


def _any_of(texts: tuple[str, ...], flags: int) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, texts)), flags)


def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    try:
        return re.compile(pattern, flags)
    except (re.error, RecursionError, OverflowError) as error:
        raise BadRequest(because("bad-regex", regex=pattern, why=error)) from error


def _has_other_cases(text: str) -> bool:
    return any(not char.isascii() and char.lower() != char.upper() for char in text)


def _literal_in(pattern: str) -> str:
    """The longest text that every match of a regular expression holds, as far as a simple look can tell."""
    if _NOT_SIMPLE.search(pattern):
        return ""
    runs, run, at = [""], "", 0
    while at < len(pattern):
        text, at = _one(pattern, at)
        if text and pattern[at : at + 1] not in _REPEATS:
            run += text
        else:
            runs.append(run)
            run = ""
    return max([*runs, run], key=len)


def _one(pattern: str, at: int) -> tuple[str, int]:
    """The character that stands for itself at ``at``, empty for anything else; and where it ends."""
    char = pattern[at]
    if char == "\\":
        escaped = pattern[at + 1 : at + 2]
        return ("" if escaped.isalnum() else escaped), at + 2
    if char == "[":
        return "", _after_set(pattern, at + 1)
    if char == "(":
        at += 1
        while at < len(pattern) and pattern[at] != ")":
            _, at = _one(pattern, at)
        return "", at + 1
    if char == "{":
        return "", (pattern.find("}", at) + 1) or len(pattern)
    return ("" if char in _SPECIAL else char), at + 1


def _after_set(pattern: str, at: int) -> int:
    at += pattern[at : at + 1] == "^"
    at += pattern[at : at + 1] == "]"
    while at < len(pattern) and pattern[at] != "]":
        at += 2 if pattern[at] == "\\" else 1
    return at + 1
