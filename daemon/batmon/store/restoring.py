"""Whether a backup can be restored: into a database made for it, compared table by table, and dropped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from batmon.errors import StoreError
from batmon.refusals import because
from batmon.store.binaries import find_binaries
from batmon.store.dump import CONNECT_SEC, Form, without_secret
from batmon.store.mapping import errors_mapped
from batmon.store.statements import sql

log = logging.getLogger(__name__)

RESTORE_LOCK = 0x6261_7472
"""The advisory lock of whoever tests a restore of this database: 'batr' in ASCII."""
_SAID = 4_000


@dataclass(frozen=True, slots=True)
class Frozen:
    """A moment of a database that pg_dump can be shown: ``rows`` of each table then, by its quoted name."""

    snapshot: str
    rows: Mapping[str, int]


@asynccontextmanager
async def frozen(url: str) -> AsyncIterator[Frozen]:
    """The database at ``url`` as of now, for as long as this is entered; reads every table once.

    Raises:
        StoreError: it cannot be read.
    """
    with errors_mapped():
        connection = await asyncpg.connect(
            url, timeout=CONNECT_SEC, server_settings={"application_name": "batmon backup"}
        )
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                snapshot = await connection.fetchval(sql("export_snapshot"))
                yield Frozen(snapshot, await _counted(connection))
        finally:
            connection.terminate()  # nothing was changed, and a timeout may have left a query in it


async def try_restore(url: str, file: Path, form: Form, rows: Mapping[str, int]) -> None:
    """Restore ``file`` beside the database at ``url``, on the same server, and compare every table's row count.

    One at a time for each database; what an earlier one that was killed left there is dropped first.

    Raises:
        StoreError: it cannot be restored, or something is missing in what was.
    """
    with errors_mapped():
        connection = await asyncpg.connect(
            url, timeout=CONNECT_SEC, server_settings={"application_name": "batmon restore"}
        )
        try:
            await connection.execute(sql("lock_restores"), RESTORE_LOCK)
            oid = await connection.fetchval(sql("own_database"))
            for left in await connection.fetch(sql("scratch_databases"), f"batmon_restore_{oid}_"):
                await _drop(connection, left["datname"])
            scratch = f"batmon_restore_{oid}_{secrets.token_hex(6)}"
            await _create(connection, scratch)
            try:
                await _restore(_of_database(url, scratch), file, form)
                await _compare(_of_database(url, scratch), rows)
            finally:
                await _drop(connection, scratch)
        finally:
            connection.terminate()


async def _counted(connection: asyncpg.Connection) -> dict[str, int]:
    tables = [row["name"] for row in await connection.fetch(sql("countable_tables"))]
    return {table: await connection.fetchval(f"SELECT count(*) FROM ONLY {table}") for table in tables}  # noqa: S608 - names that Postgres itself has quoted


async def _create(connection: asyncpg.Connection, scratch: str) -> None:
    try:
        await connection.execute(f'CREATE DATABASE "{scratch}" TEMPLATE template0')
    except asyncpg.InsufficientPrivilegeError as error:
        raise StoreError(because("no-test-restore", why=error)) from error


async def _drop(connection: asyncpg.Connection, scratch: str) -> None:
    """Drop a scratch database, also when whoever made it is cancelled."""
    dropping = asyncio.ensure_future(connection.execute(f'DROP DATABASE IF EXISTS "{scratch}" WITH (FORCE)'))
    try:
        await asyncio.shield(dropping)
    except asyncio.CancelledError:
        await asyncio.wait((dropping,))
        raise


async def _restore(url: str, file: Path, form: Form) -> None:
    address, secret = without_secret(url)
    tools = await asyncio.to_thread(find_binaries)
    if form == "custom":
        command = [tools.path("pg_restore"), "--exit-on-error", "--no-password", f"--dbname={address}", str(file)]
    else:
        command = [
            tools.path("psql"), "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1",
            f"--dbname={address}", f"--file={file}",
        ]  # fmt: skip
    environment = {
        **os.environ, **secret, "PGCONNECT_TIMEOUT": str(CONNECT_SEC), "PGAPPNAME": "batmon restore", "LC_ALL": "C",
    }  # fmt: skip
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE, env=environment,
        )  # fmt: skip
    except OSError as error:
        raise StoreError(because("tool-not-started", command=command[0], why=error.strerror)) from error
    said = asyncio.ensure_future(process.communicate())
    try:
        _, words = await asyncio.shield(said)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await asyncio.gather(said, return_exceptions=True)
    if process.returncode:
        lines = words[-_SAID:].decode(errors="replace").strip().splitlines() or [f"it ended with {process.returncode}"]
        raise StoreError(because("backup-not-restored", why=lines[-1]))


async def _compare(url: str, rows: Mapping[str, int]) -> None:
    connection = await asyncpg.connect(url, timeout=CONNECT_SEC)
    try:
        restored = await _counted(connection)
    finally:
        connection.terminate()
    wrong = [f"{table} has {restored.get(table, 0)} rows of {count}" for table, count in rows.items()
             if restored.get(table) != count]  # fmt: skip
    if wrong:
        raise StoreError(because("backup-differs", known=", ".join(wrong[:5])))


def _of_database(url: str, name: str) -> str:
    """The same server and user, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(name)}"))
