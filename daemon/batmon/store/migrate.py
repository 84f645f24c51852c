"""Bring the schema up to date: numbered SQL files, each once, in order, in a transaction of its own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import asyncpg

from batmon.errors import SchemaError
from batmon.refusals import because
from batmon.store import jobs

LOCK = 0x6261746D6F6E
"""The advisory lock under which one daemon at a time migrates: 'batmon' in ASCII."""
OLDEST_SERVER = 16
"""The first that keeps HOT updates beside a BRIN index."""
RUNTIME = "batmon_app"


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file; ``checksum`` is the SHA-256 of its text with Unix line ends."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """In hexadecimal."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@cache
def migrations() -> tuple[Migration, ...]:
    """Every migration of this version of BATMON, in order."""
    folder = resources.files("batmon.store") / "migrations"
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return tuple(
        Migration(int(file.name[:4]), file.name, "\n".join(file.read_text(encoding="utf-8").splitlines()) + "\n")
        for file in files
    )


async def migrate(connection: asyncpg.Connection, known: tuple[Migration, ...] | None = None) -> int:
    """Apply what is missing; the number of migrations applied. Does nothing that needs rights when nothing is missing.

    Raises:
        SchemaError: the database is newer, was made by other files, the server is too old, or this role may not.
    """
    known = migrations() if known is None else known
    require_server(connection)
    up_to_date = not _missing(await _applied(connection), known) and await jobs.is_installed(connection)
    if up_to_date and not await _ungranted(connection):
        return 0
    try:
        return await _migrate_locked(connection, known)
    except (asyncpg.InsufficientPrivilegeError, asyncpg.DuplicateTableError) as error:
        raise SchemaError(
            f"the schema cannot be brought up to date: {error}",
            hint="give BATMON a database of its own, whose owner is the role in [database] url",
        ) from error


async def require_schema(connection: jobs.Connection) -> None:
    """Return if the schema is that of this version of BATMON; nothing is changed.

    Raises:
        SchemaError: it is older, newer or made by other files.
    """
    applied = await _applied(connection)
    ours = {migration.version: (migration.name, migration.checksum) for migration in migrations()}
    for version in sorted(ours.keys() | applied.keys()):
        if applied.get(version) != ours.get(version):
            name, _ = applied.get(version) or ours[version]
            raise SchemaError(because("database-of-other-version", migration=name))


def require_server(connection: asyncpg.Connection) -> int:
    """The server's major version.

    Raises:
        SchemaError: it is too old.
    """
    major: int = connection.get_server_version()[0]
    if major < OLDEST_SERVER:
        raise SchemaError(f"the server is PostgreSQL {major}", hint=f"PostgreSQL {OLDEST_SERVER} or newer is needed")
    return major


async def _migrate_locked(connection: asyncpg.Connection, known: tuple[Migration, ...]) -> int:
    await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
    try:
        missing = _missing(await _applied(connection), known)
        for migration in missing:
            async with connection.transaction():
                await connection.execute(
                    "CREATE TABLE IF NOT EXISTS batmon_migrations (version integer PRIMARY KEY, name text NOT NULL,"
                    " checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP)"
                )
                await connection.execute(migration.sql)
                await connection.execute(
                    "INSERT INTO batmon_migrations (version, name, checksum) VALUES ($1, $2, $3)",
                    migration.version, migration.name, migration.checksum,
                )  # fmt: skip
        await jobs.install(connection)
        if await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", RUNTIME):
            grants = resources.files("batmon.store") / "grants.sql"
            async with connection.transaction():
                await connection.execute(grants.read_text(encoding="utf-8"))
        return len(missing)
    finally:
        if not connection.is_closed():
            await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)


async def _ungranted(connection: asyncpg.Connection) -> bool:
    """Whether the runtime role was made after the migrations were applied."""
    question = "SELECT NOT has_table_privilege(oid, 'audit_log', 'INSERT') FROM pg_roles WHERE rolname = $1"
    return bool(await connection.fetchval(question, RUNTIME))


async def _applied(connection: jobs.Connection) -> dict[int, tuple[str, str]]:
    if await connection.fetchval("SELECT to_regclass('batmon_migrations')") is None:
        return {}
    rows = await connection.fetch("SELECT version, name, checksum FROM batmon_migrations")
    return {row["version"]: (row["name"], row["checksum"]) for row in rows}


def _missing(applied: dict[int, tuple[str, str]], known: tuple[Migration, ...]) -> list[Migration]:
    by_version = {migration.version: migration for migration in known}
    for version, (name, checksum) in sorted(applied.items()):
        ours = by_version.get(version)
        if ours is None:
            raise SchemaError(
                f"the database has migration {name}, which this BATMON does not know: it is newer",
                hint="install the newer BATMON, or restore a backup from before the upgrade",
            )
        if ours.checksum != checksum:
            raise SchemaError(
                f"migration {name} was applied to the database in another form than the one installed here",
                hint="install the BATMON that made this database, then upgrade to a released version",
            )
    return [migration for migration in known if migration.version not in applied]
