"""SQL of the configuration: run in the transaction of its execution, its named parameters bound and never pasted.

Postgres finds each parameter's type by preparing the statement; the value then goes as text through that type's own
input function. So whatever JSON can say (numbers, times, UUIDs, arrays, JSON itself) fits wherever it makes sense.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from batmon.config.sql_text import Sql, parse
from batmon.errors import StepFailed
from batmon.refusals import because
from batmon.store.judgements import Connection
from batmon.store.statements import sql as named
from batmon.store.step_values import Type, from_row, jsonable, text_of

MOST_ROWS = 10_000
"""How many rows a statement may bring back."""
MOST_BYTES = 32 * 1024 * 1024
"""How long the texts of these rows may be together."""
_ROWS_AT_ONCE = 50
USUAL_LIMIT = datetime.timedelta(seconds=25)
"""For how long a statement may run, where nobody says otherwise."""
_BUILT_IN = 16_384
"""The first object id that Postgres gives to what users make: types below it mean the same in every database."""
_CLIENT_MARGIN_SEC = 10.0
_SQL_TYPES: dict[int, Type] = {}


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement brought back. ``count``: rows read or changed, also where it returns none."""

    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    count: int

    def value(self) -> dict[str, Any]:
        """As later steps see it: the first row's columns (None where there is no row), ``rows`` and ``count``."""
        first = self.rows[0] if self.rows else dict.fromkeys(self.columns)
        return {"count": self.count, **first, "rows": self.rows}


async def begin(connection: Connection, timezone: str = "UTC", limit: datetime.timedelta = USUAL_LIMIT) -> None:
    """Give the running transaction the settings that people's SQL expects; they end with it.

    ``timezone`` is that of ``now()::date`` and the like; ``limit`` bounds each statement. The pool's own settings for
    plans are taken back, and runs that the SQL writes are announced as anybody's.
    """
    await connection.execute(named("begin_steps"), timezone, str(round(limit.total_seconds() * 1000)))


async def run(connection: Connection, sql: Sql | str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows that a statement brings back, as JSON can say them: ``execute`` without the rest."""
    return (await execute(connection, parse(sql) if isinstance(sql, str) else sql, values)).rows


async def execute(
    connection: Connection, sql: Sql, values: Mapping[str, Any], limit: datetime.timedelta = USUAL_LIMIT
) -> Result:
    """Run one statement with its parameters taken from ``values``: ``:row.email`` is ``values["row"]["email"]``.

    Raises:
        StepFailed: it cannot be run; the words name the parameter, or the line of the SQL.
        StoreUnavailable: Postgres is away, or somebody holds what it needs: trying again later may work.
    """
    given = [lookup(values, name, sql.place) for name in sql.names]
    timeout = limit.total_seconds() + _CLIENT_MARGIN_SEC
    try:
        if not sql.names:
            return await _fetched(connection, sql.numbered, [], sql, timeout)
        prepared = await connection.prepare(sql.numbered, timeout=timeout)
        types = await _types(connection, [parameter.oid for parameter in prepared.get_parameters()])
        texts = [text_of(value, one) for value, one in zip(given, types, strict=True)]
        await _check(connection, sql, types, texts)
        typed = [f"(${number}::text)::{one.name}" for number, one in enumerate(types, start=1)]
        return await _fetched(connection, sql.with_parameters([f"({t})" for t in typed]), texts, sql, timeout)
    except asyncpg.IndeterminateDatatypeError as error:
        names = ", ".join(f":{name}" for name in dict.fromkeys(sql.names))
        name = names.partition(",")[0]
        raise StepFailed(because("sql-type-unknown", place=sql.place, why=_first_line(error), name=name)) from error
    except asyncpg.QueryCanceledError as error:
        raise StepFailed(because("sql-too-slow", place=sql.place, seconds=limit.total_seconds())) from error
    except (asyncpg.PostgresConnectionError, asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
        raise
    except asyncpg.OperatorInterventionError:
        raise
    except asyncpg.PostgresError as error:
        hint = str(getattr(error, "hint", None) or "")
        raise StepFailed(because("step-failed", place=sql.place, why=_said(error, sql), hint=hint)) from error
    except (UnicodeDecodeError, asyncpg.UnsupportedClientFeatureError) as error:
        raise StepFailed(because("sql-unreadable", place=sql.place, why=error)) from error


def lookup(values: Mapping[str, Any], name: str, place: str = "") -> Any:
    """The value of a dotted name.

    Raises:
        StepFailed: there is none.
    """
    found: Any = values
    so_far = ""
    for part in name.split("."):
        if found is None and so_far:
            return None  # what an empty value holds is empty
        if not isinstance(found, Mapping) or part not in found:
            known = ", ".join(sorted(map(str, found))[:30]) if isinstance(found, Mapping) else ""
            where = f"{place}: " if place else ""
            if so_far and not known:
                raise StepFailed(because("no-value-in-one", where=where, name=name, so_far=so_far))
            raise StepFailed(because("no-value", where=where, name=name, known=known))
        found = found[part]
        so_far = f"{so_far}.{part}" if so_far else part
    return found


async def _types(connection: Connection, oids: Sequence[int]) -> list[Type]:
    unknown = sorted({oid for oid in oids if oid not in _SQL_TYPES})
    found: dict[int, Type] = {}
    if unknown:
        for row in await connection.fetch(named("step_types"), unknown):
            found[row["oid"]] = Type(row["name"], row["is_array"], row["is_json"], row["is_text"])
    _SQL_TYPES.update({oid: one for oid, one in found.items() if oid < _BUILT_IN})
    return [found.get(oid) or _SQL_TYPES[oid] for oid in oids]


async def _check(connection: Connection, sql: Sql, types: Sequence[Type], texts: Sequence[str | None]) -> None:
    """Refuse a value that its type does not take, by name; asked before, for an error ends a transaction."""
    doubtful = [n for n, kind in enumerate(types) if texts[n] is not None and not (kind.is_text or kind.is_json)]
    if not doubtful:
        return
    rows = await connection.fetch(named("bad_inputs"), [types[n].name for n in doubtful], [texts[n] for n in doubtful])
    if rows:
        at = doubtful[rows[0]["n"] - 1]
        why = rows[0]["message"]
        raise StepFailed(
            because("value-does-not-fit", place=sql.place, name=sql.names[at], type=types[at].name, why=why)
        )


async def _fetched(connection: Connection, text: str, texts: Sequence[Any], sql: Sql, seconds: float) -> Result:
    statement = await connection.prepare(text, timeout=seconds)
    attributes = statement.get_attributes()
    json_columns = [one.name for one in attributes if one.type.name in ("json", "jsonb")]
    if attributes:  # read up to the limit, so that a forgotten WHERE does not fill the memory
        records = await _read(await statement.cursor(*texts, timeout=seconds), sql, seconds)
        count = len(records)
    else:
        records = await statement.fetch(*texts, timeout=seconds)
        words = (statement.get_statusmsg() or "").split()
        count = int(words[-1]) if words and words[-1].isdigit() else 0
    rows = [_row(record, json_columns) for record in records]
    return Result(tuple(one.name for one in attributes), rows, count)


async def _read(cursor: asyncpg.cursor.Cursor, sql: Sql, seconds: float) -> list[asyncpg.Record]:
    records: list[asyncpg.Record] = []
    room = MOST_BYTES
    while some := await cursor.fetch(_ROWS_AT_ONCE, timeout=seconds):
        records += some
        room -= sum(len(value) for record in some for value in record.values() if isinstance(value, str | bytes))
        if len(records) > MOST_ROWS:
            raise StepFailed(because("sql-too-many-rows", place=sql.place, most=MOST_ROWS))
        if room < 0:
            raise StepFailed(because("sql-too-large", place=sql.place, most=MOST_BYTES >> 20))
    return records


def _row(record: asyncpg.Record, json_columns: Sequence[str]) -> dict[str, Any]:
    row = {key: jsonable(value) for key, value in record.items()}
    for key in json_columns:
        row[key] = from_row(row[key])
    return row


def _said(error: asyncpg.PostgresError, sql: Sql) -> str:
    """Postgres's own words, with the line of the SQL that it points at."""
    position = str(getattr(error, "position", None) or "")
    words = _first_line(error)
    if not position.isdigit() or sql.pieces[0].count("\n") + len(sql.pieces) == 1:
        return words
    line = sql.numbered.count("\n", 0, int(position)) + 1
    return f"{words} (line {line} of the SQL)" if "\n" in sql.numbered else words


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:500] if lines else type(error).__name__
