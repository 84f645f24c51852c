"""JSON as a list of nodes in the order of the file, each with its depth: what a screen can fold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from batmon.previews.cells import CannotShow, Request, cell
from batmon.previews.decoding import TEXT_BYTES, beginning

_DEEPEST = 200
_MOST_LINES = 200_000


class _Number(str):
    """A number as it is written: 1.10 stays 1.10, and a thousand digits stay digits."""

    __slots__ = ()


class NotJson(Exception):
    """The text is no JSON: what is wrong, and where (line and column from 1)."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.problem = {"message": message, "line": line, "column": column}


def json_tree(file: BinaryIO, request: Request) -> dict[str, Any]:
    """Nodes from ``offset`` on.

    Raises:
        NotJson: it is none.
        CannotShow: it is too long to be folded.
    """
    text, encoding, cut = beginning(file)
    lines = request.format == "jsonl"
    if cut and not lines:
        raise CannotShow(f"it is longer than {TEXT_BYTES >> 20} MiB: too long to be folded")
    nodes = _nodes(_lines(text, cut) if lines else _parsed(text, 1), None, 0)
    page = list(islice(nodes, request.offset, request.end))
    more = next(nodes, None) is not None
    shown = {"nodes": page, "more": more, "next": request.end if more else None, "encoding": encoding}
    return shown | {"cut": f"only the first {TEXT_BYTES >> 20} MiB are shown folded"} if cut else shown


def _parsed(text: str, line: int) -> Any:
    try:
        return json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_Number)
    except json.JSONDecodeError as error:
        raise NotJson(error.msg, line + error.lineno - 1, error.colno) from None
    except RecursionError:
        raise CannotShow("it is nested too deeply to be folded") from None


def _lines(text: str, cut: bool) -> list[Any]:
    """Each line's own value; a last one that is cut off is left out."""
    every = text.split("\n")[: _MOST_LINES + 1]
    if cut or len(every) > _MOST_LINES:
        every.pop()
    return [_parsed(line, number) for number, line in enumerate(every, 1) if line.strip()]


def _nodes(value: Any, key: str | None, depth: int) -> Iterator[dict[str, Any]]:
    """The node of ``value`` and those below it."""
    node: dict[str, Any] = {"depth": depth} | ({} if key is None else {"key": cell(key)})
    if isinstance(value, dict | list):
        yield node | {"type": "object" if isinstance(value, dict) else "array", "count": len(value)}
        if depth < _DEEPEST:
            inner = value.items() if isinstance(value, dict) else ((None, one) for one in value)
            for name, one in inner:
                yield from _nodes(one, name, depth + 1)
    elif isinstance(value, _Number):
        yield node | {"type": "number", "value": cell(str(value))}
    elif isinstance(value, bool):
        yield node | {"type": "bool", "value": value}
    elif value is None:
        yield node | {"type": "null", "value": None}
    else:
        yield node | {"type": "string", "value": cell(value)}
