"""Errors in a log, one by one: a line that says so, with the stack trace below it, is one entry of one kind.

An entry is told as soon as it is there. If a later reading finds the trace that belongs to it, it turns out to be of
another kind: then it is taken back and told anew, so that what is told always adds up to what the log holds.
"""

# ruff: noqa: E501 - a regular expression that is broken over lines is harder to read than a long one
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple

from batmon.judge.signature import Signature, signature

SAMPLE_CHARS = 500
LINE_CHARS = 1000
_FRAME_CHARS = 80


class Occurrence(NamedTuple):
    """That an error of a kind happened (``times`` 1), or that what was told before was of another kind (-1).

    ``at`` is the time of its line; ``run`` names the run that it happened in: its start and which of several with that
    start, or None.
    """

    signature: Signature
    times: int
    at: datetime
    level: str
    sample: str
    run: tuple[datetime, int] | None


@dataclass(slots=True)
class Trace:
    """What a stack trace says, line by line: the exception in the end, and the place that it came from.

    The place is the innermost frame of the program's own code; of code from a library only if there is no other.
    """

    exception: str = ""
    frame: str = ""
    own: bool = False
    """The frame is of the program's own code."""
    python: bool = False
    waiting: bool = False
    """Frames have come, the exception below them has not."""

    def take(self, text: str) -> None:
        """Read one line, of a very long one its beginning."""
        text = text[:LINE_CHARS]
        if not text.strip():
            return
        if "Traceback (most recent call last)" in text:
            self.python, self.waiting, self.own, self.frame = True, False, False, ""
            return
        if self.python:
            self._python(text)
            return
        cause = _CAUSE.match(text)
        if cause is not None:
            self.exception, self.frame, self.own = cause[1], "", False
            return
        found = _AT.match(text)
        if found is not None:
            self._at(found[1])
        elif not self.exception and _EXCEPTION.match(text):
            self.exception = text.strip()[:SAMPLE_CHARS]

    def _python(self, text: str) -> None:
        found = _PYTHON_FRAME.match(text)
        if found is not None:
            self.waiting = True
            library = _LIBRARY.search(found[1]) is not None
            if not library or not self.own:
                self.frame, self.own = _place(found[1], found[2]), not library
        elif self.waiting and not text[0].isspace():
            self.exception, self.waiting = text.strip()[:SAMPLE_CHARS], False

    def _at(self, place: str) -> None:
        """A frame of Java, .NET or JavaScript: the innermost comes first."""
        if self.own:
            return
        found = _JAVA_FRAME.match(place) or _NET_FRAME.match(place) or _SCRIPT_FRAME.match(place)
        function, file = (found[1], found[2] or "") if found else (place, "")
        library = _LIBRARY_NAME.match(function) is not None
        if not library or not self.frame:
            self.frame, self.own = _place(file, _short(function)), not library


_CAUSE = re.compile(
    r"\s*(?:Caused by|---> ?|Exception in thread \"[^\"]{0,80}\"|Unhandled [Ee]xception[.:]?):? ?(\S.{0,480})"
)
_EXCEPTION = re.compile(r"\s*(?:[\w$]+\.)*[A-Z]\w*(?:Error|Exception|Throwable|Fault)\b")
_AT = re.compile(r"\s+(?:at|위치:) (\S.{0,400})")
_PYTHON_FRAME = re.compile(r"\s+File \"([^\"]{1,400})\", line \d+(?:, in (.{1,200}))?")
_JAVA_FRAME = re.compile(r"(?:[\w.@/-]+//?)?([\w.$<>]{1,300})\(([\w$.-]+\.(?:java|kt|scala|groovy))(?::\d+)?\)")
_NET_FRAME = re.compile(
    r"([\w.`<>+\[\],|]{1,300})\([^)]{0,200}\)(?: (?:in|파일) ([^:]{0,3}:?[^:]{1,300}):(?:line|줄) ?\d+)?"
)
_SCRIPT_FRAME = re.compile(r"(?:async )?([\w.$<>\[\] ]{1,200}) \((?:file://)?([^()]{1,300}?):\d+:\d+\)")
_LIBRARY = re.compile(
    r"site-packages|dist-packages|[\\/]lib[\\/]python\d|[\\/]Lib[\\/](?!site)|^<frozen|node_modules", re.IGNORECASE
)
_LIBRARY_NAME = re.compile(
    r"(?:java|javax|jdk|sun|kotlin|scala|org\.springframework|org\.apache|System|Microsoft|node)[.:]"
)
_COUNTED = re.compile(r"\d+")


def _place(file: str, function: str | None) -> str:
    """``site.py:login``: the file's own name and the function, without what a compiler numbered."""
    name = re.split(r"[\\/]", file)[-1]
    said = f"{name}:{function}" if name and function else name or (function or "")
    return _COUNTED.sub("<n>", said)[:_FRAME_CHARS]


def _short(function: str) -> str:
    """The class and the method of a dotted name."""
    return ".".join(function.rsplit(".", 2)[-2:])


@dataclass(slots=True)
class Entry:
    """An error whose lines may go on; its JSON is of a bounded size. ``told``: id and template of the kind told of it."""

    message: str
    sample: str
    at: str
    level: str
    run: tuple[str, int] | None
    failing: bool
    """It is the reason that its run failed."""
    trace: Trace
    told: tuple[str, str] | None = None

    def tell(self) -> list[Occurrence]:
        """What must be told now that was not told before, if anything."""
        trace = self.trace
        kind = signature(self.message or trace.exception, exception=trace.exception, frame=trace.frame)
        if self.told is not None and self.told[0] == kind.id:
            return []
        before, self.told = self.told, (kind.id, kind.template)
        back = [] if before is None else [self._occurrence(Signature(*before), -1)]
        return [*back, self._occurrence(kind, 1)]

    def _occurrence(self, kind: Signature, times: int) -> Occurrence:
        run = None if self.run is None else (datetime.fromisoformat(self.run[0]), self.run[1])
        sample = self.trace.exception or self.sample
        return Occurrence(kind, times, datetime.fromisoformat(self.at), self.level, sample[:SAMPLE_CHARS], run)

    def to_json(self) -> dict[str, Any]:
        """Only strings, numbers, lists and objects."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Entry:
        """The entry again; what a newer scanner wrote beside it is left out."""
        values = {one.name: data[one.name] for one in fields(cls) if one.name in data}
        known = {one.name for one in fields(Trace)}
        values["trace"] = Trace(**{key: value for key, value in data["trace"].items() if key in known})
        values["run"] = None if data["run"] is None else (data["run"][0], data["run"][1])
        values["told"] = None if data.get("told") is None else (data["told"][0], data["told"][1])
        return cls(**values)


def signature_of_words(details: str, message: str) -> Signature | None:
    """The kind of an error that a record tells: its trace or last line, else its message; None if it says nothing."""
    lines = details.splitlines()[-400:]
    trace = Trace()
    for line in lines:
        trace.take(line)
    if trace.exception:
        return signature(trace.exception, exception=trace.exception, frame=trace.frame)
    said = message.strip() or next((line.strip() for line in reversed(lines) if line.strip()), "")
    return signature(said[:SAMPLE_CHARS]) if said else None
