"""Values between steps and Postgres: as the text of a type, and out of columns as what JSON can say."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from batmon.store.texts import storable


@dataclass(frozen=True, slots=True)
class Type:
    """A type of Postgres, by its name in SQL."""

    name: str
    is_array: bool
    is_json: bool
    is_text: bool


def text_of(value: Any, kind: Type) -> str | None:
    """A value in the words of a type's input function; None for NULL."""
    if value is None:
        return None
    if kind.is_json:
        return storable(json.dumps(jsonable(value), ensure_ascii=False))
    if kind.is_array and isinstance(value, list | tuple):
        return _array(value)
    return _plain_text(value)


def _plain_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    said = jsonable(value)
    if isinstance(said, dict | list):
        said = json.dumps(said, ensure_ascii=False)
    return storable(str(said))


def _array(values: Sequence[Any]) -> str:
    """Postgres's own form of an array, every element quoted."""

    def element(value: Any) -> str:
        if value is None:
            return "NULL"
        if isinstance(value, list | tuple):
            return _array(value)
        return '"' + _plain_text(value).replace("\\", "\\\\").replace('"', '\\"') + '"'

    return "{" + ",".join(map(element, values)) + "}"


def jsonable(value: Any) -> Any:
    """A column's value as JSON knows it: times in ISO 8601, numbers exact or as text, bytes in hexadecimal."""
    if value is None or isinstance(value, bool | int | str):
        return value
    for kinds, said in _SAID:
        if isinstance(value, kinds):
            return said(value)
    return str(value)


def number(text: str) -> int | float | str:
    """A decimal number that loses nothing: as an integer, as a float that prints the same, or else as its text."""
    exact = Decimal(text)
    if not exact.is_finite():
        return text
    if exact == exact.to_integral_value() and text.lstrip("+-").isdigit():
        return int(text)
    near = float(exact)
    return near if math.isfinite(near) and Decimal(repr(near)) == exact else text


def from_row(text: str | None) -> Any:
    """A value of a json column, its numbers exact; None for NULL."""
    return None if text is None else json.loads(text, parse_float=number)


def _range(value: Any) -> str:
    if value.isempty:
        return "empty"
    lower = "" if value.lower is None else jsonable(value.lower)
    upper = "" if value.upper is None else jsonable(value.upper)
    return f"{'[' if value.lower_inc else '('}{lower},{upper}{']' if value.upper_inc else ')'}"


_SAID: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    (float, lambda value: value if math.isfinite(value) else str(value)),
    (Decimal, lambda value: number(str(value))),
    ((datetime.datetime, datetime.date, datetime.time), lambda value: value.isoformat()),
    (datetime.timedelta, lambda value: f"{value.total_seconds():f} seconds"),
    (UUID, str),
    (bytes, lambda value: "\\x" + value.hex()),
    ((Mapping, asyncpg.Record), lambda value: {str(key): jsonable(one) for key, one in value.items()}),
    (asyncpg.Range, _range),
    ((list, tuple, set, frozenset), lambda value: [jsonable(one) for one in value]),
)
