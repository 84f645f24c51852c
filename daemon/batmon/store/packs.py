"""The tables of packs: made by the database's owner, usable by the daemon."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from batmon.store.mapping import errors_mapped
from batmon.store.migrate import LOCK, RUNTIME
from batmon.store.statements import sql

CONNECT_SEC = 10.0
SCHEMA_SEC = 60.0


async def prepare_tables(owner_url: str, schema: str, tables: Sequence[str]) -> None:
    """Run a pack's ``schema`` (SQL that may be run again) in one transaction, and let the daemon use its ``tables``.

    A table that exists stays as it is, whoever made it; where the daemon is not its owner and the owner's role may not
    grant it, the daemon's rights stay what they are.

    Raises:
        StoreUnavailable: Postgres does not answer.
        StoreError: the schema cannot be run as it stands, for example because of a table of the same name that is
            something else.
    """
    with errors_mapped():
        connection = await asyncpg.connect(
            owner_url, timeout=CONNECT_SEC, command_timeout=SCHEMA_SEC, server_settings={"search_path": "public"}
        )
    try:
        with errors_mapped():
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
                await connection.execute(schema)
                if await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", RUNTIME):
                    await _grant(connection, tables)
    finally:
        await connection.close(timeout=CONNECT_SEC)


async def _grant(connection: asyncpg.Connection, tables: Sequence[str]) -> None:
    for table in tables:
        schema, _, name = table.rpartition(".")
        quoted = f"{_quoted(schema or 'public')}.{_quoted(name)}"
        await connection.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {quoted} TO {RUNTIME}")
        for row in await connection.fetch(sql("sequences_of"), quoted):
            await connection.execute(f"GRANT USAGE ON SEQUENCE {row['name']} TO {RUNTIME}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
