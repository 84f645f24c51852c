"""SQL as people write it into the configuration: where its named parameters stand, and that it is one statement.

``:row.email`` is a parameter wherever Postgres would read an expression: not inside strings, quoted names, comments and
dollar quotes, and not after another colon (``::`` casts). Pure: nothing here asks a database.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_WORD = re.compile(r"[^\W\d][\w$]*")
_DOLLAR = re.compile(r"\$([^\W\d]\w*)?\$")
_POSITION = re.compile(r"\$\d+")
_NUMBER = re.compile(r"\d[\w.]*")

STATEMENTS = ("select", "with", "insert", "update", "delete", "merge", "values", "table", "call", "refresh", "lock",
              "notify", "truncate")  # fmt: skip
"""What a step may begin with: neither a transaction's own words nor those that change the session or the schema."""
QUERIES = ("select", "with", "values", "table")


@dataclass(frozen=True, slots=True)
class Sql:
    """One statement. ``pieces`` are what stands between its parameters: one more than ``names``.

    ``names`` has one entry for each occurrence, so that each is given the type of its own place. ``place`` says where
    it is written, for messages.
    """

    pieces: tuple[str, ...]
    names: tuple[str, ...] = ()
    place: str = ""

    @property
    def numbered(self) -> str:
        """With ``$1``, ``$2``, ... for Postgres to find their types."""
        return self.with_parameters([f"${number}" for number in range(1, len(self.names) + 1)])

    def with_parameters(self, written: list[str]) -> str:
        """With ``written`` in the places of the parameters, in order."""
        parts = [self.pieces[0]]
        for text, piece in zip(written, self.pieces[1:], strict=True):
            parts += (text, piece)
        return "".join(parts)

    def wrapped(self, before: str, after: str) -> Sql:
        """The same between two texts without parameters; a comment at its end does not reach into ``after``."""
        pieces = list(self.pieces)
        pieces[0] = before + pieces[0]
        pieces[-1] = f"{pieces[-1]}\n{after}"
        return Sql(tuple(pieces), self.names, self.place)


def parse(text: str, place: str = "") -> Sql:
    """One statement with its named parameters; a semicolon at its end is left out.

    Raises:
        ValueError: it is empty, unfinished, more than one statement, or has parameters by number.
    """
    scan = _Scan(text)
    scan.run()
    if not scan.names and not first_word(scan.pieces[0]):
        raise ValueError("the SQL is empty")
    return Sql(tuple(scan.pieces), tuple(scan.names), place)


def first_word(text: str) -> str:
    """The first word of a statement in small letters, past blanks, comments and parentheses; empty if there is none."""
    at = 0
    while at < len(text):
        if text[at].isspace() or text[at] == "(":
            at += 1
        elif text.startswith("--", at):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif text.startswith("/*", at):
            at = _comment_end(text, at)
        else:
            word = _WORD.match(text, at)
            return word[0].lower() if word else text[at]
    return ""


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.kept_from = 0
        self.pieces: list[str] = []
        self.names: list[str] = []
        self.ended_at: int | None = None

    def run(self) -> None:
        text = self.text
        while self.at < len(text):
            sign = text[self.at]
            start = self.at
            if sign == ":":
                self._colon()
            elif sign == ";":
                self._end()
                continue
            elif sign == "$":
                self._dollar()
            elif not self._skip():
                self.at += 1
            if self.ended_at is not None and not _is_blank(text[start : self.at]):
                raise ValueError(f"a step has one statement, and another begins on line {self._line(start)} of it")
        self.pieces.append(text[self.kept_from : len(text) if self.ended_at is None else self.ended_at])

    def _skip(self) -> bool:
        """Go over a string, a quoted name, a comment, a word or a number, if one begins here."""
        text, sign = self.text, self.text[self.at]
        if sign in "'\"":
            self._quoted(sign, escapes=False)
        elif text.startswith("--", self.at):
            end = text.find("\n", self.at)
            self.at = len(text) if end < 0 else end
        elif text.startswith("/*", self.at):
            self.at = _comment_end(text, self.at)
        elif word := _WORD.match(text, self.at):
            self.at = word.end()
            if word[0] in "eE" and text.startswith("'", self.at):
                self._quoted("'", escapes=True)
        elif number := _NUMBER.match(text, self.at):
            self.at = number.end()
        else:
            return False
        return True

    def _colon(self) -> None:
        text = self.text
        if text.startswith(("::", ":="), self.at):
            self.at += 2
            return
        name = _NAME.match(text, self.at + 1)
        if name is None:
            self.at += 1
            return
        self.pieces.append(text[self.kept_from : self.at])
        self.names.append(name[0])
        self.at = self.kept_from = name.end()

    def _end(self) -> None:
        if self.ended_at is None:
            self.ended_at = self.at
        self.at += 1

    def _dollar(self) -> None:
        quote = _DOLLAR.match(self.text, self.at)
        if quote is not None:
            end = self.text.find(quote[0], quote.end())
            if end < 0:
                raise ValueError(f"the text that begins with {quote[0]} on line {self._line(self.at)} has no end")
            self.at = end + len(quote[0])
        elif position := _POSITION.match(self.text, self.at):
            raise ValueError(f"{position[0]}: parameters have names here, as in :row.id")
        else:
            self.at += 1

    def _quoted(self, quote: str, *, escapes: bool) -> None:
        begin = self.at
        self.at += 1
        while True:
            if self.at >= len(self.text):
                raise ValueError(f"the text that begins with {quote} on line {self._line(begin)} has no end")
            sign = self.text[self.at]
            if escapes and sign == "\\":
                self.at += 2
            elif sign == quote:
                self.at += 1
                if not self.text.startswith(quote, self.at):
                    return
                self.at += 1
            else:
                self.at += 1

    def _line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1


def _comment_end(text: str, at: int) -> int:
    """Where the comment that begins with ``/*`` at ``at`` ends; Postgres nests them."""
    depth, begin = 0, at
    while at < len(text):
        if text.startswith("/*", at):
            depth, at = depth + 1, at + 2
        elif text.startswith("*/", at):
            depth, at = depth - 1, at + 2
            if not depth:
                return at
        else:
            at += 1
    raise ValueError(f"the comment that begins on line {text.count(chr(10), 0, begin) + 1} has no end")


def _is_blank(text: str) -> bool:
    return not text.strip() or text.startswith(("--", "/*"))
