"""What a client says, one argument at a time: each checked, with words for what is wrong. Pure."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from batmon.errors import BadRequest, ModelError
from batmon.model import aware
from batmon.refusals import because

Args = dict[str, Any]

MOST_ID = 2**63 - 1
"""Of a row: Postgres' bigint."""
FARTHEST = 2**62
"""Byte, row or line: nothing has as many, and it may be added to."""


def text(args: Args, key: str, most: int | None = None) -> str:
    """A text that is not empty, of up to ``most`` characters.

    Raises:
        BadRequest: it is something else.
    """
    value = maybe_text(args, key)
    if not value:
        raise BadRequest(because("must-be-text", key=key))
    if most is not None and len(value) > most:
        raise BadRequest(because("text-too-long", key=key, most=most))
    return value


def maybe_text(args: Args, key: str) -> str | None:
    """A text without NUL, of which nothing that we ask knows any; None where there is none.

    Raises:
        BadRequest: it is something else.
    """
    value = args.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadRequest(because("must-be-text", key=key))
    if "\0" in value:
        raise BadRequest(because("holds-a-nul", key=key))
    return value


def texts(args: Args, key: str) -> tuple[str, ...]:
    """A list of texts; none where it is missing.

    Raises:
        BadRequest: it is something else.
    """
    value = args.get(key) or []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadRequest(because("must-be-texts", key=key))
    return tuple(value)


def number(args: Args, key: str, default: int, most: int = FARTHEST) -> int:
    """A whole number, 0 or more; a greater one than ``most`` counts as that.

    Raises:
        BadRequest: it is something else.
    """
    value = args.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadRequest(because("must-be-whole", key=key))
    return min(value, most)


def up_to(args: Args, key: str, default: int, most: int) -> int:
    """A whole number from 1 to ``most``.

    Raises:
        BadRequest: it is something else.
    """
    value = args.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise BadRequest(because("must-be-up-to", key=key, most=most))
    return value


def identity(args: Args, key: str, what: str) -> int:
    """The id of a row, such as 12 or "12"; ``what`` names its kind for people ("a report").

    Raises:
        BadRequest: it is something else.
    """
    value = args.get(key)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:20])
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MOST_ID:
        raise BadRequest(because("must-be-id", key=key, what=what))
    return value


def moment(args: Args, key: str) -> datetime:
    """An aware time from ISO 8601 with an offset.

    Raises:
        BadRequest: it is something else.
    """
    try:
        return aware(datetime.fromisoformat(args[key]))
    except (KeyError, TypeError, ValueError, OverflowError, ModelError):
        raise BadRequest(because("must-be-time", key=key)) from None


def maybe_moment(args: Args, key: str) -> datetime | None:
    """The same; None where there is none.

    Raises:
        BadRequest: it is something else.
    """
    return None if args.get(key) is None else moment(args, key)


def run_id(args: Args, key: str = "run_id") -> uuid.UUID:
    """A run's id.

    Raises:
        BadRequest: it is something else.
    """
    value = text(args, key)
    try:
        return uuid.UUID(value)
    except ValueError:
        raise BadRequest(because("not-a-run-id", key=key, value=value)) from None
