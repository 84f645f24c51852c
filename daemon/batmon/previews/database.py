"""SQLite as its tables and their rows. The file itself is never written, locked, or given neighbours.

A hostile database can hold views that never end, values of any size and a schema that lies: every statement has a
deadline, values and statements are limited, and nothing but reading is authorised.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from typing import Any, BinaryIO

from batmon.previews.cells import MOST_COLUMNS, CannotShow, Request, cell

_IN_MEMORY_BYTES = 32 << 20
"""Up to this size the file is read as a whole, and SQLite never sees a path."""
_MOST_TABLES = 500
_COUNT_SEC = 0.5
_COUNTS_SEC = 3.0
_ROWS_SEC = 4.0
_STEPS = 10_000
"""Of SQLite's machine between two looks at the clock."""
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 16 << 20,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1 << 20,
    sqlite3.SQLITE_LIMIT_COLUMN: 2000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 250_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1000,
}
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


def database(file: BinaryIO, request: Request) -> dict[str, Any]:
    """The tables and views, or with ``table`` a page of its rows."""
    try:
        with closing(_opened(file)) as connection:
            shown = _rows(connection, request) if request.table is not None else _tables(connection)
            if _has_log_ahead(file):
                shown["cut"] = "what stands in its write-ahead log only is not shown"
            return shown
    except sqlite3.OperationalError as error:
        reason = "it takes too long" if "interrupted" in str(error) else str(error)
        raise CannotShow(f"SQLite cannot read it: {reason}") from error
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise CannotShow(f"SQLite cannot read it: {error}") from error


def _opened(file: BinaryIO) -> sqlite3.Connection:
    size = os.fstat(file.fileno()).st_size
    if size <= _IN_MEMORY_BYTES:
        raw = bytearray(file.read())
        raw[18:20] = b"\1\1"  # write-ahead mode needs a file; the pages are the same
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.deserialize(bytes(raw))
    else:
        connection = _opened_in_place(file)
    connection.text_factory = lambda data: data.decode("utf-8", "backslashreplace")
    for which, most in _LIMITS.items():
        connection.setlimit(which, most)
    for pragma in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY)
    return connection


def _opened_in_place(file: BinaryIO) -> sqlite3.Connection:
    """Open the large file that is open already: SQLite goes by its path, so what it opened is held against ours."""
    place = f"/proc/self/fd/{file.fileno()}" if os.path.isdir("/proc/self/fd") else f"/dev/fd/{file.fileno()}"  # noqa: PTH112 - pathlib costs 8 ms at import
    ours = os.fstat(file.fileno())
    before = _descriptors()
    try:
        connection = sqlite3.connect(f"file:{place}?immutable=1&mode=ro", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise CannotShow(f"a database of {ours.st_size:,} bytes cannot be opened in place: {error}") from error
    opened = [os.fstat(number) for number in _descriptors() - before]
    if not any((one.st_dev, one.st_ino) == (ours.st_dev, ours.st_ino) for one in opened):
        connection.close()
        raise CannotShow("another file stands there now")
    return connection


def _descriptors() -> set[int]:
    """Every descriptor that is open."""
    found = set()
    for number in range(3, 64):
        with suppress(OSError):
            os.fstat(number)
            found.add(number)
    return found


def _has_log_ahead(file: BinaryIO) -> bool:
    file.seek(18)
    return file.read(1) == b"\2"


def _within(connection: sqlite3.Connection, seconds: float) -> None:
    """Let statements from now on end after so many seconds."""
    until = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)


def _tables(connection: sqlite3.Connection) -> dict[str, Any]:
    _within(connection, _ROWS_SEC)
    found = connection.execute(
        "SELECT name, type, sql FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
        " ORDER BY name LIMIT ?",
        (_MOST_TABLES + 1,),
    ).fetchall()
    until = time.monotonic() + _COUNTS_SEC
    tables = []
    for name, kind, sql in found[:_MOST_TABLES]:
        rows = _count(connection, str(name)) if kind == "table" and time.monotonic() < until else None
        tables.append({"name": cell(name), "type": kind, "rows": rows, "sql": cell(sql)})
    shown: dict[str, Any] = {"tables": tables, "more": False}
    return shown | {"cut": f"only the first {_MOST_TABLES} tables are shown"} if len(found) > _MOST_TABLES else shown


def _count(connection: sqlite3.Connection, table: str) -> int | None:
    _within(connection, _COUNT_SEC)
    try:
        return int(connection.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchone()[0])  # noqa: S608 - a name, quoted
    except sqlite3.Error:
        return None  # not counted in time, or damaged: its rows say so


def _rows(connection: sqlite3.Connection, request: Request) -> dict[str, Any]:
    _within(connection, _ROWS_SEC)
    table = str(request.table)
    known = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ? AND type IN ('table', 'view')", (table,))
    if known.fetchone() is None:
        raise CannotShow(f"there is no table {table!r:.100}")
    cursor = connection.execute(
        f"SELECT * FROM {_quoted(table)} LIMIT ? OFFSET ?",  # noqa: S608 - a name, quoted
        (request.limit + 1, request.offset),
    )
    columns = [cell(column[0]) for column in cursor.description][:MOST_COLUMNS]
    rows = [[cell(value) for value in row[:MOST_COLUMNS]] for row in cursor]
    more = len(rows) > request.limit
    return {
        "columns": columns, "rows": rows[: request.limit], "more": more, "next": request.end if more else None,
        "table": table,
    }  # fmt: skip


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
