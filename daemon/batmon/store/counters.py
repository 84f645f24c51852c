"""Numbers that steps count, and codes that they make up: each in the transaction of its execution."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import asyncpg

from batmon.errors import StepFailed
from batmon.refusals import because
from batmon.store.judgements import Connection
from batmon.store.statements import sql

TRIES = 100
"""How many codes are tried before it is said that there are too few left."""


async def count(connection: Connection, name: str, day: date | None, add: int, now: datetime) -> int:
    """Add to a counter, of a day or for ever (None); its new value."""
    value: int = await connection.fetchval(sql("count"), name, day or date.min, add, now)
    return value


async def listed(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Counters, those changed last first: ``name``, ``day`` (None: for ever), ``value`` and ``changed_at``."""
    rows = await connection.fetch(sql("counters"), limit)
    return [{**row, "day": None if row["day"] == date.min else row["day"]} for row in rows]


async def new_code(connection: Connection, table: str, column: str, made_up: Callable[[], str], place: str) -> str:
    """A code that ``column`` of ``table`` does not have, nor will be given by another execution before this one ends.

    Raises:
        StepFailed: there is no such column, or hardly any code is left.
    """
    quoted = ".".join('"' + part.replace('"', '""') + '"' for part in table.split("."))
    named = '"' + column.replace('"', '""') + '"'
    question = f"SELECT EXISTS (SELECT FROM {quoted} WHERE {named}::text = $1)"  # noqa: S608 - both names are quoted
    await connection.execute(sql("lock_codes"), f"{table}.{column}")
    try:
        for _ in range(TRIES):
            code = made_up()
            if not await connection.fetchval(question, code):
                return code
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.InsufficientPrivilegeError) as error:
        raise StepFailed(because("codes-not-made", place=place, column=column, table=table, why=error)) from error
    raise StepFailed(because("codes-all-taken", place=place, tries=TRIES, column=column, table=table))
