"""The record protocol: lines to operations, results to answers. No I/O.

One JSON object a line, as ``docs/recording.md`` has it: ``{"seq": n, "op": "start"|"item"|"end"|"beat", ...}`` in,
``{"seq": n, "ok": true, "log_id": n}`` or ``{"seq": n, "error": {"code", "message", "hint"}}`` out.
"""

from __future__ import annotations

import json
from datetime import datetime

import msgspec

from batmon.errors import BadRequest, BatmonError, NotFound
from batmon.store.record_ops import End, Item, Op, Start, made_storable
from batmon.store.timestamps import EARLIEST, LATEST

LINE_BYTES = 1 << 20
"""The longest line, with its end."""
ESCAPE = b"\\u"
"""Only so does JSON write what Postgres cannot hold, NUL and half of a surrogate pair; raw bytes are valid UTF-8."""
FIELDS = "docs/recording.md has the fields of each operation"

_operation = msgspec.json.Decoder(Op)
_anything = msgspec.json.Decoder()
_encode = msgspec.json.Encoder().encode


class Unreadable(Exception):
    """What came is not JSON, so what follows cannot be trusted either; no error of anybody's program."""


class BadOperation(BadRequest):
    """An operation that can never be written; ``seq`` is the number it came with, 0 if it had none."""

    def __init__(self, message: str, *, seq: int = 0, hint: str = FIELDS) -> None:
        super().__init__(message, hint=hint)
        self.seq = seq


def operation(line: bytes) -> Op:
    """What one line says.

    Raises:
        BadOperation: it is JSON, and no operation.
        Unreadable: it is not JSON.
    """
    try:
        op = _operation.decode(line)
    except msgspec.ValidationError as error:
        raise BadOperation(f"not an operation: {error}", seq=_seq(line)) from None
    except (msgspec.DecodeError, RecursionError) as error:
        if ESCAPE not in line:
            raise Unreadable(f"not JSON: {error}") from None
        return from_spool(_half_pairs(line))
    if ESCAPE in line:
        made_storable(op)
    return checked(op)


def from_spool(op: object) -> Op:
    """The operation that a spool kept as plain JSON values.

    Raises:
        BadOperation: it is none.
    """
    try:
        found = msgspec.convert(op, Op)
    except msgspec.ValidationError as error:
        raise BadOperation(f"not an operation: {error}") from None
    made_storable(found)
    return checked(found)


def checked(op: Op) -> Op:
    """The same operation, if what it says fits together.

    Raises:
        BadOperation: it does not.
    """
    if type(op) is End and op.run_id is None and op.log_id is None:
        raise BadOperation("an end must name its run by run_id or log_id", seq=op.seq)
    _see_times(op)
    if type(op) is Start or type(op) is End:
        name = op.bot_name
        if name is not None and (not name.isprintable() or "/" in name):
            raise BadOperation(f"bot_name {name!r}: 1 to 50 printable characters without '/'", seq=op.seq)
    return op


def _see_times(op: Op) -> None:
    """See that its times are such as can be counted with.

    Raises:
        BadOperation: one is not.
    """
    times: tuple[datetime | None, ...] = (op.start_time,) if type(op) is Start else ()
    if type(op) is End:
        times = op.start_time, op.end_time
    elif type(op) is Item:
        times = op.started_at, op.ended_at
    for time in times:
        if time is not None and not EARLIEST <= time <= LATEST:
            raise BadOperation(
                f"a time of {time.isoformat()}", seq=op.seq, hint=f"{EARLIEST:%Y} to {LATEST:%Y} are taken"
            )


def unknown_run(op: Start | End) -> NotFound:
    """What is said of an end whose run nobody knows."""
    which = f"with log_id {op.log_id}" if isinstance(op, End) and op.run_id is None else op.run_id
    return NotFound(
        f"no run {which} has begun here",
        hint="say bot_name, task_name and start_time with its end, or record its start first",
    )


def done(seq: int, log_id: int | None) -> bytes:
    """The answer to an operation that is durable."""
    if log_id is None:
        return b'{"seq":%d,"ok":true}\n' % seq
    return b'{"seq":%d,"ok":true,"log_id":%d}\n' % (seq, log_id)


def refused(seq: int, error: BatmonError) -> bytes:
    """The answer to an operation that will never be written."""
    return (
        _encode({"seq": seq, "error": {"code": error.code, "message": str(error), "hint": error.hint or FIELDS}})
        + b"\n"
    )


def _half_pairs(line: bytes) -> object:
    """What a line says in which half of a surrogate pair is escaped; Python's own JSON makes and takes such texts."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {error}") from None


def _seq(line: bytes) -> int:
    """The number that a line came with, 0 if it has none."""
    try:
        found = _anything.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreadable(f"not JSON: {error}") from None
    seq = found.get("seq") if isinstance(found, dict) else None
    return seq if isinstance(seq, int) else 0
