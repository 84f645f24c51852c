"""The gate's frames: one JSON object a line, as ``docs/gate.md`` gives them.

Pure: bytes in, frames out, and back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isfinite
from pathlib import PurePath
from typing import Any
from uuid import UUID

from batmon import errors
from batmon.errors import BadRequest, BatmonError, DeliveryFailed, GateError, Sentence
from batmon.gate.sanitize import clean
from batmon.model import aware
from batmon.refusals import because

PROTOCOL = 1
LINE_LIMIT = 1024 * 1024
"""Bytes that a line holds at most, its newline included."""

CANCELLED = "cancelled"
"""The error code that ends a stream which its reader stopped; no class, because nobody raises it."""

_LARGEST_ID = 2**53
_DEEPEST = 64
_LONGEST_TEXT = 4000
_LONGEST_FACT = 1000


@dataclass(frozen=True, slots=True)
class Request:
    """A client asks for ``verb``."""

    id: int
    verb: str
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cancel:
    """A client stops the request with this id."""

    id: int


@dataclass(frozen=True, slots=True)
class Item:
    """One element of a stream."""

    id: int
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ok:
    """The end of a request, well."""

    id: int
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """The end of a request, badly. Id 0 answers a line that had no usable id."""

    id: int
    code: str
    message: str
    hint: str = ""
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


Frame = Request | Cancel | Item | Ok | Failure


def _plain(value: Any) -> Any:
    """What JSON has no form for, in the protocol's form: times in UTC, durations in seconds, ids and paths as text."""
    if isinstance(value, datetime):
        return aware(value).isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (UUID, PurePath)):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in a frame")


def plain(value: Any) -> Any:
    """``value`` with times, durations, ids and paths in their JSON form: what a reader of the frame would get."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, (str, int, float)) else _plain(value)


def encode(frame: Frame) -> bytes:
    """The frame's line, newline included.

    Raises:
        GateError: the line would be longer than LINE_LIMIT.
    """
    body: dict[str, Any] = {"id": frame.id}
    match frame:
        case Request(verb=verb, args=args):
            body |= {"verb": verb, "args": args} if args else {"verb": verb}
        case Cancel():
            body["cancel"] = True
        case Item(value=value):
            body["item"] = value
        case Ok(value=value):
            body["ok"] = value
        case Failure(code=code, message=message, hint=hint, reason=reason, facts=facts):
            body["error"] = {"code": code, "message": message, "hint": hint}
            if reason:
                body["error"] |= {"reason": reason, "facts": facts}
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)
    # A name from the file system may carry lone surrogates into a request; they have no UTF-8 but a JSON escape.
    line = text.encode(errors="backslashreplace") + b"\n"
    if len(line) > LINE_LIMIT:
        raise GateError(because("answer-too-long-for-line", size=len(line), most=LINE_LIMIT))
    return line


def _body(line: bytes) -> tuple[dict[str, Any], int]:
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        raise BadRequest("a line that is not a JSON object in UTF-8", hint="docs/gate.md gives the frames") from None
    if not isinstance(body, dict):
        raise BadRequest(f"a line with a JSON {type(body).__name__} instead of an object")
    number = body.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= _LARGEST_ID:
        raise BadRequest(f"a frame without a usable id: {number!r:.60}", hint="id is a positive integer")
    return body, number


def _deeper(value: Any, levels: int) -> bool:
    """Whether ``value`` nests more than ``levels`` objects and lists; looks no further than that."""
    if not isinstance(value, (dict, list)):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper(item, levels - 1) for item in inner)


def usable_id(line: bytes) -> int:
    """The id of a line, to answer it by; 0 if it has none."""
    try:
        return _body(line)[1]
    except BadRequest:
        return 0


def decode_request(line: bytes) -> Request | Cancel:
    """What a client's line asks.

    Raises:
        BadRequest: it is not a request or a cancellation, with what is wrong.
    """
    body, number = _body(line)
    if number == 0:
        raise BadRequest("a request's id is a positive integer")
    if "cancel" in body:
        if body["cancel"] is not True:
            raise BadRequest("cancel must be true")
        return Cancel(number)
    verb, args = body.get("verb"), body.get("args", {})
    if not isinstance(verb, str) or not verb:
        raise BadRequest("a request has no verb")
    if not isinstance(args, dict):
        raise BadRequest(f"args of {verb!r:.60} must be an object")
    if _deeper(args, _DEEPEST):
        raise BadRequest(f"args of {verb!r:.60} are nested too deeply")
    return Request(number, verb, args)


def decode_answer(line: bytes) -> Item | Ok | Failure:
    """What a daemon's line says.

    Raises:
        BadRequest: it is none of the daemon's frames.
    """
    body, number = _body(line)
    for name, kind in (("item", Item), ("ok", Ok)):
        if isinstance(value := body.get(name), dict):
            return kind(number, value)
    error = body.get("error")
    if not isinstance(error, dict):
        raise BadRequest("a frame from the daemon without item, ok or error")
    texts = (error.get(key) for key in ("code", "message", "hint", "reason"))
    code, message, hint, reason = (text if isinstance(text, str) else "" for text in texts)
    facts = error.get("facts")
    return Failure(number, code or GateError.code, message, hint, reason, facts if isinstance(facts, dict) else {})


def _classes(root: type[BatmonError]) -> dict[str, type[BatmonError]]:
    found = {root.code: root}
    for child in root.__subclasses__():
        found |= _classes(child)
    return found


_BY_CODE = {
    code: kind
    for code, kind in _classes(BatmonError).items()
    if kind.__module__ == errors.__name__ and kind is not DeliveryFailed  # takes more than a sentence
}


def _harmless(facts: dict[str, Any]) -> dict[str, str | int | float]:
    """Those that are texts, safe to show, and numbers that JSON has a form for."""
    texts = {key: clean(fact)[:_LONGEST_FACT] for key, fact in facts.items() if isinstance(fact, str)}
    return {
        key: texts.get(key, fact)
        for key, fact in facts.items()
        if isinstance(fact, str | int) or (isinstance(fact, float) and isfinite(fact))
    }


def failure(number: int, error: BatmonError) -> Failure:
    """The frame that carries ``error``, safe to show and never too long for a line."""
    said = error.sentence
    text, hint = clean(said.text)[:_LONGEST_TEXT], clean(said.hint)[:_LONGEST_TEXT]
    return Failure(number, error.code, text, hint, said.reason, _harmless(said.facts))


def raised(frame: Failure) -> BatmonError:
    """The error that ``frame`` carries, as the class that its code names in ``batmon.errors``, else GateError.

    Whoever sent the frame, what the error says is safe to show and has an end.
    """
    text, hint = clean(frame.message)[:_LONGEST_TEXT], clean(frame.hint)[:_LONGEST_TEXT]
    said = Sentence(text or f"the daemon refused: {clean(frame.code)[:60]}", hint, frame.reason, _harmless(frame.facts))
    return _BY_CODE.get(frame.code, GateError)(said)
