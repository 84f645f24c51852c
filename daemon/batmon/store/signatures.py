"""Kinds of error and how often each program had them: counted in the transaction that says how far a log was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from batmon.model import Run
from batmon.store.run_rows import run_of
from batmon.store.shapes import ErrorSeen
from batmon.store.statements import sql
from batmon.store.texts import storable

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

MOST_SIGNATURES = 10_000
"""Kinds of error that are kept; those that were not seen for longest are forgotten, with their counts."""
PROGRAMS_SHOWN = 1000
RUNS_SHOWN = 100
_RUNS_LOOKED_AT = 200
_PROGRAMS_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class StoredSignature:
    """A kind of error; ``first_seen``, ``last_seen`` and ``count`` in one program or in all, as was asked for.

    ``programs`` is how many ever had it, ``first_ever`` when the first of them had it first.
    """

    id: str
    template: str
    sample: str
    level: str
    first_seen: datetime
    last_seen: datetime
    count: int
    programs: int
    first_ever: datetime


@dataclass(frozen=True, slots=True)
class InProgram:
    """A kind of error in one program."""

    program: str
    first_seen: datetime
    last_seen: datetime
    count: int
    last_run: UUID | None


async def count(connection: Connection, program: str, node: str, errors: Sequence[ErrorSeen]) -> None:
    """Add what was found to the counts, but for what was counted already; before the cursors are written."""
    if not errors:
        return
    files = sorted({error.fingerprint for error in errors if error.fingerprint})
    rows = await connection.fetch(sql("read_so_far"), node, program, files) if files else []
    done = {row["fingerprint"]: row["offset"] for row in rows}
    found = _summed(error for error in errors if error.offset > done.get(error.fingerprint, -1))
    if not found:
        return
    columns = [
        (e.signature, storable(e.template), storable(e.sample), e.level, e.first, e.last, e.count, e.run_id)
        for e in found
    ]
    ids, templates, samples, levels, firsts, lasts, counts, runs = (list(part) for part in zip(*columns, strict=True))
    await connection.execute(
        sql("count_signatures"), program, ids, templates, samples, levels, firsts, lasts, counts, runs
    )
    taken_back = [error.signature for error in found if error.count < 0]
    if taken_back:
        await connection.execute(sql("forget_uncounted"), program, taken_back)


async def move_runs(connection: Connection, program: str, moved: Mapping[UUID, UUID]) -> None:
    """Runs that turned out to be part of others."""
    if moved:
        await connection.execute(sql("move_last_runs"), program, list(moved), list(moved.values()))


def _summed(errors: Iterable[ErrorSeen]) -> list[ErrorSeen]:
    """Each kind once, in the order in which every writer takes them, so that two cannot wait for each other."""
    by_id: dict[str, ErrorSeen] = {}
    for error in errors:
        before = by_id.get(error.signature)
        by_id[error.signature] = error if before is None else added(before, error)
    return [by_id[key] for key in sorted(by_id) if by_id[key].count]


def added(one: ErrorSeen, other: ErrorSeen) -> ErrorSeen:
    """Both together; ``other`` was found later."""
    newer = other if other.count > 0 and (one.count <= 0 or other.last >= one.last) else one
    return ErrorSeen(
        signature=one.signature,
        template=one.template,
        sample=one.sample,
        level=one.level,
        first=min(one.first, other.first),
        last=max(one.last, other.last),
        count=one.count + other.count,
        run_id=newer.run_id,
        fingerprint=other.fingerprint,
        offset=max(one.offset, other.offset),
    )


async def listed(
    connection: Connection, program: str | None, since: datetime | None, order: str, limit: int
) -> list[StoredSignature]:
    """Kinds of error in ``order`` (``last``, ``count`` or ``first``, the greatest first)."""
    rows = await connection.fetch(sql("signatures"), program, since, order, limit)
    return [StoredSignature(**row) for row in rows]


async def some(connection: Connection, ids: Iterable[str]) -> dict[str, StoredSignature]:
    """These kinds of error over all programs, those that are known."""
    rows = await connection.fetch(sql("signatures_of"), sorted(set(ids)))
    return {row["id"]: StoredSignature(**row, first_ever=row["first_seen"]) for row in rows}


async def programs_of(connection: Connection, signature: str, limit: int = PROGRAMS_SHOWN) -> list[InProgram]:
    """The programs that had a kind of error, those that had it last first."""
    return [InProgram(**row) for row in await connection.fetch(sql("signature_programs"), signature, limit)]


async def runs_of(connection: Connection, signature: str, places: Sequence[InProgram]) -> list[Run]:
    """The latest runs with a kind of error, newest first, in the first of these programs."""
    looked = places[:_PROGRAMS_LOOKED_AT]
    rows = await connection.fetch(
        sql("signature_runs"),
        signature,
        [place.program for place in looked],
        [place.last_run for place in looked],
        _RUNS_LOOKED_AT,
        RUNS_SHOWN,
    )
    return [run_of(row) for row in rows]


async def prune(connection: Connection, keep: int = MOST_SIGNATURES) -> None:
    """Forget all but the ``keep`` kinds of error that were seen last."""
    async with connection.transaction():
        await connection.execute(sql("prune_signatures"), keep)
