"""What a client says of logs: numbers, moments, needles; each checked, with words for what is wrong. Pure."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from batmon.errors import BadRequest, ModelError
from batmon.evidence.find import Needle
from batmon.model import aware

Args = dict[str, Any]

LEVELS = ("error", "warn", "info", "debug")


def number(args: Args, key: str, default: int, most: int | None = None) -> int:
    """A whole number, 0 or more; a greater one than ``most`` counts as that.

    Raises:
        BadRequest: it is something else.
    """
    value = args.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadRequest(f"{key} must be a whole number, 0 or more")
    return value if most is None else min(value, most)


def moment(value: object, key: str = "time") -> datetime:
    """An aware time from ISO 8601 with an offset.

    Raises:
        BadRequest: it is something else.
    """
    try:
        return aware(datetime.fromisoformat(value))  # type: ignore[arg-type]  # what is no str raises TypeError
    except (TypeError, ValueError, ModelError) as error:
        raise BadRequest(f"{key} must be such as 2026-11-21T06:00:00+09:00: {error}") from error


def run_id(value: object) -> uuid.UUID:
    """A run's id.

    Raises:
        BadRequest: it is something else.
    """
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise BadRequest(f"run {value!r:.60} is not a run's id") from None


def needle(args: Args) -> Needle:
    """What ``log.find`` looks for.

    Raises:
        BadRequest: not exactly one of ``text`` and ``level``, or a wrong one.
    """
    text, level = args.get("text"), args.get("level")
    if (text is None) == (level is None):
        raise BadRequest("log.find needs either text or level")
    if level is not None:
        if level not in LEVELS:
            raise BadRequest("level must be error, warn, info or debug")
        return Needle(level=level)
    if not isinstance(text, str) or not text or len(text) > 1000:
        raise BadRequest("text must be 1 to 1,000 characters")
    ignore_case = args.get("ignore_case") is True
    if args.get("regex") is not True:
        return Needle(text=text, ignore_case=ignore_case)
    return Needle(regex=text, ignore_case=ignore_case)
