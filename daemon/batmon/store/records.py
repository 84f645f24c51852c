"""Write what programs say of their own runs, many at a time; look after the runs that are open.

A batch costs one statement for all its starts and ends, and one each for items and beats if there are any. They need no
transaction around them: whoever did not hear that all were committed says all of it again, and that changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from batmon.store.judgements import Connection
from batmon.store.record_ops import Beat, End, Item, Op, Start
from batmon.store.run_rows import INT_MAX
from batmon.store.statements import sql

RUN_ID, START_TIME, BOT_NAME, TASK_NAME, NODE, STARTED_BY = range(6)
END_TIME = 10
"""Places in the row that ``record_runs`` takes."""
NO_END = (None,) * 6
NO_PROCESS = (None, None, None, False)

Row = list[Any]


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A recorded run that has not said that it ended, and how to find out whether it lives.

    ``process_started`` is in seconds since the epoch; ``silent_sec`` is None for a run that does not beat.
    """

    run_id: UUID
    start_time: datetime
    bot_name: str
    node: str
    pid: int | None
    process_started: float | None
    silent_sec: float | None


class Recorded(NamedTuple):
    """A run that is in the table: its number, and whose it is."""

    log_id: int
    bot_name: str


async def write(connection: Connection, ops: Sequence[Op]) -> dict[UUID, Recorded]:
    """Write ``ops``, in their order where several are about one run; each run that is there now, by its id.

    A run that starts or ends in ``ops`` and is not in the answer is unknown: nothing was written of it. An end that
    named its run by ``log_id`` is given the ``run_id`` and ``start_time``.
    """
    await _named(connection, [op for op in ops if type(op) is End and op.run_id is None])
    rows: dict[UUID, Row] = {}
    items: dict[tuple[UUID, str], Item] = {}
    beats: set[UUID] = set()
    for op in ops:
        if type(op) is Start:  # isinstance costs ten times as much on these
            _start(rows, op)
        elif type(op) is End:
            _end(rows, op)
        elif type(op) is Item:
            _item(items, op)
        elif type(op) is Beat:
            beats.add(op.run_id)
    if items:  # first: an end without a count is given theirs
        await connection.execute(sql("record_items"), *_item_columns(items.values()))
    there = await _write_rows(connection, list(rows.values()))
    unheard = [row for row in rows.values() if row[RUN_ID] not in there and row[BOT_NAME] and row[START_TIME]]
    if unheard:  # somebody else committed the same run meanwhile, unseen by our statement
        there.update(await _write_rows(connection, unheard))
    if beats:
        await connection.execute(sql("beat"), list(beats))
    return there


async def open_runs(connection: Connection, nodes: Sequence[str], limit: int) -> list[OpenRun]:
    """Up to ``limit`` open runs that can be looked after, newest first."""
    return [OpenRun(**row) for row in await connection.fetch(sql("open_runs"), list(nodes), limit)]


async def ended(connection: Connection, runs: Iterable[OpenRun]) -> set[UUID]:
    """Those of ``runs`` that somebody ended without saying so to us."""
    given = [(run.run_id, run.start_time) for run in runs]
    rows = await connection.fetch(sql("ended_runs"), [one[0] for one in given], [one[1] for one in given])
    return {row["run_id"] for row in rows}


async def _named(connection: Connection, ends: list[End]) -> None:
    if not ends:
        return
    numbers = [end.log_id for end in ends if end.log_id is not None and 0 < end.log_id <= INT_MAX]
    rows = await connection.fetch(sql("runs_of_log_ids"), numbers)
    known = {row["log_id"]: row for row in rows}
    for end in ends:
        row = known.get(end.log_id or 0)
        if row is not None:
            end.run_id, end.start_time = row["run_id"], row["start_time"]


async def _write_rows(connection: Connection, rows: Sequence[Row]) -> dict[UUID, Recorded]:
    if not rows:
        return {}
    written = await connection.fetch(sql("record_runs"), *zip(*rows, strict=True))
    return {row[0]: Recorded(row[1], row[2]) for row in written}


def _start(rows: dict[UUID, Row], op: Start) -> None:
    row = rows.get(op.run_id)
    begun = [
        op.run_id, op.start_time, op.bot_name, op.task_name, op.node, op.started_by,
        op.pid, op.process_started, op.cwd, op.beats,
    ]  # fmt: skip
    if row is None:
        rows[op.run_id] = [*begun, *NO_END]
    elif row[STARTED_BY] is None:  # its end came first
        rows[op.run_id] = [*begun, *row[END_TIME:]]


def _end(rows: dict[UUID, Row], op: End) -> None:
    if op.run_id is None:
        return
    row = rows.get(op.run_id)
    if row is None:
        rows[op.run_id] = row = [
            op.run_id, op.start_time, op.bot_name, op.task_name, op.node, None, *NO_PROCESS, *NO_END,
        ]  # fmt: skip
    if row[END_TIME] is None or row[END_TIME] < op.end_time:
        row[END_TIME:] = (
            op.end_time, op.status, op.message, op.error_details, _whole(op.processed_count), _code(op.exit_code),
        )  # fmt: skip


def _item(items: dict[tuple[UUID, str], Item], op: Item) -> None:
    before = items.setdefault((op.run_id, op.account), op)
    if _age(before) < _age(op):
        items[op.run_id, op.account] = op


def _age(item: Item) -> tuple[datetime, int]:
    return item.ended_at or item.started_at, item.processed + item.failed


def _item_columns(items: Iterable[Item]) -> Iterable[tuple[Any, ...]]:
    rows = (
        (
            item.run_id, item.account, _whole(item.processed), _whole(item.failed), item.error, item.started_at,
            item.ended_at,
        )
        for item in items
    )  # fmt: skip
    return zip(*rows, strict=True)


def _whole(count: int | None) -> int | None:
    """A count that the column holds."""
    return None if count is None else max(-INT_MAX, min(count, INT_MAX))


def _code(code: int | None) -> int | None:
    """An exit code that the column holds; Windows gives some of them unsigned, such as 0xC0000005."""
    if code is not None and INT_MAX < code < 2**32:
        return code - 2**32
    return _whole(code)
