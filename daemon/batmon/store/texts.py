"""What comes from logs and programs, made fit to be stored: Postgres takes neither NUL nor half a surrogate pair."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from batmon.model import aware

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def storable(text: str) -> str:
    """The text with NUL as its visible sign and lone surrogates as question marks; any other text as it is."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "␀").encode("utf-8", "replace").decode("utf-8")


def plain(value: Any) -> Any:
    """A value as JSON knows it, all the way down; times become ISO 8601 in UTC, what else is strange its text."""
    if isinstance(value, str):
        return storable(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return aware(value).isoformat()
    if isinstance(value, Mapping):
        return {storable(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return storable(str(value))


def to_json(value: Any) -> str:
    """JSON text of ``plain(value)``; a number that JSON does not know becomes null."""
    return _encode(plain(value)).decode()


def from_json(text: str | None) -> Any:
    """What a jsonb column holds; None for NULL."""
    return None if text is None else _decode(text)
