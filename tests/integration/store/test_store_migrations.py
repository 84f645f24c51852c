import asyncio
import os
import subprocess
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import asyncpg
import pytest

from batmon.errors import SchemaError, StoreUnavailable
from batmon.model import Program
from batmon.store import Store
from batmon.store.migrate import Migration, migrate, migrations

SCHEMA = resources.files("batmon.store") / "schema.sql"
HEADER = (
    "-- The sum of the migrations, for reading; a test holds it so (BATMON_WRITE_SCHEMA=1 lets it write this file).\n"
)


@pytest.fixture
async def empty(postgres, database):
    """A database without our schema, as its owner."""
    name = f"{database}_empty"
    owner = await asyncpg.connect(postgres.owner_url)
    await owner.execute(f"CREATE DATABASE {name}")
    yield postgres.owner_url.replace("/batmon?", f"/{name}?")
    await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await owner.close()


def dumped(postgres, url):
    command = [postgres.binaries.path("pg_dump"), "--schema-only", "--no-owner", "--no-privileges", url]
    said = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    unwanted = ("--", "SET ", "SELECT pg_catalog.set_config", "\\")
    lines = [line for line in said.stdout.splitlines() if line.strip() and not line.startswith(unwanted)]
    return "\n".join(lines) + "\n"


async def test_schema_sql_is_the_sum_of_the_migrations(postgres, owner_url, empty):
    made = dumped(postgres, owner_url)
    if os.environ.get("BATMON_WRITE_SCHEMA"):
        SCHEMA.write_text(HEADER + made, encoding="utf-8")
    written = SCHEMA.read_text(encoding="utf-8")
    assert written == HEADER + made
    connection = await asyncpg.connect(empty)
    await connection.execute(written)
    await connection.close()
    assert dumped(postgres, empty) == made


async def test_several_daemons_migrate_once(empty):
    stores = await asyncio.gather(*(Store.open(empty) for _ in range(3)))
    connection = await asyncpg.connect(empty)
    assert await connection.fetchval("SELECT count(*) FROM batmon_migrations") == len(migrations())
    assert await migrate(connection) == 0
    await connection.close()
    await asyncio.gather(*(store.close() for store in stores))


async def test_a_failing_migration_leaves_nothing_of_itself(empty):
    known = (*migrations(), Migration(len(migrations()) + 1, "0099_bad.sql", "CREATE TABLE half (); SELECT 1 / 0;"))
    connection = await asyncpg.connect(empty)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(connection, known)
    assert await connection.fetchval("SELECT to_regclass('half')") is None
    assert await connection.fetchval("SELECT max(version) FROM batmon_migrations") == len(migrations())
    assert await connection.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0
    await connection.close()


async def test_a_newer_database_and_a_changed_migration_are_refused(owner_url):
    connection = await asyncpg.connect(owner_url)
    await connection.execute("INSERT INTO batmon_migrations VALUES (9999, '9999_future.sql', 'x')")
    with pytest.raises(SchemaError, match=r"9999_future\.sql, which this BATMON does not know"):
        await Store.open(owner_url)
    await connection.execute("DELETE FROM batmon_migrations WHERE version = 9999")
    await connection.execute("UPDATE batmon_migrations SET checksum = 'x' WHERE version = 1")
    with pytest.raises(SchemaError, match=r"0001_runs\.sql was applied to the database in another form"):
        await Store.open(owner_url)
    await connection.close()


async def test_a_role_without_rights_cannot_migrate_and_says_so(empty):
    with pytest.raises(SchemaError, match="permission denied") as refused:
        await Store.open(empty.replace("user=batmon", "user=batmon_app"))
    assert "database of its own" in refused.value.hint


async def test_a_users_own_database_works_with_one_ordinary_role(empty):
    owner = await asyncpg.connect(empty)
    name = await owner.fetchval("SELECT current_database()")
    await owner.execute(f"CREATE ROLE plain_{name} LOGIN")
    await owner.execute(f"ALTER DATABASE {name} OWNER TO plain_{name}")
    store = await Store.open(empty.replace("user=batmon", f"user=plain_{name}"))
    await store.ping()
    await store.close()
    await owner.execute(f"DROP OWNED BY plain_{name}")
    await owner.execute(f"ALTER DATABASE {name} OWNER TO batmon; DROP ROLE plain_{name}")
    await owner.close()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine ()",
        "CREATE TEMP TABLE mine ()",
        "ALTER TABLE incidents ADD COLUMN mine int",
        "DROP TABLE incidents",
        "TRUNCATE rpa_execution_logs",
        "UPDATE audit_log SET actor = 'x'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "DELETE FROM verdicts",
        "INSERT INTO batmon_migrations VALUES (7, 'x', 'x')",
        "CREATE ROLE mine",
    ],
)
async def test_the_runtime_role_may_not(database_url, owner_url, statement):
    owner = await asyncpg.connect(owner_url)
    await owner.execute(
        "REVOKE TEMPORARY ON DATABASE " + await owner.fetchval("SELECT current_database()") + " FROM PUBLIC"
    )
    await owner.close()
    connection = await asyncpg.connect(database_url)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(statement)
    await connection.close()


async def test_nobody_there_is_unavailable(tmp_path):
    with pytest.raises(StoreUnavailable):
        await Store.open(f"postgresql:///batmon?host={tmp_path}&user=batmon")


async def test_the_state_view_is_unknown_when_the_daemon_is_away(store, owner_url):
    now = datetime.now(UTC)
    await store.start_node("n", "1", now)
    await store.register("n", [Program("kindscrap", Path("/srv"), ("0 6 * * *",), node="n")], now)
    connection = await asyncpg.connect(owner_url)
    await connection.execute("UPDATE program_state SET status = 'OK'")
    assert await connection.fetchval("SELECT status FROM v_program_state") == "OK"
    await store.heartbeat("n", now - timedelta(minutes=2))
    assert await connection.fetchval("SELECT status FROM v_program_state") == "UNKNOWN"
    await connection.close()
