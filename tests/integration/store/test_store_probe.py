"""A database is looked at without changing it, and what is wrong with it is said in words with a remedy."""

import asyncpg
import pytest

from batmon.errors import SchemaError, StoreError, StoreUnavailable
from batmon.store import migrate
from batmon.store.probe import probe


async def test_the_version_of_a_server_that_can_be_used(postgres):
    assert await probe(postgres.owner_url) == postgres.binaries.major
    connection = await asyncpg.connect(postgres.owner_url)
    assert await connection.fetchval("SELECT to_regclass('batmon_migrations')") is None
    await connection.close()


async def test_a_database_that_is_not_there_and_a_server_that_is_not(postgres):
    with pytest.raises(SchemaError, match="nemo") as missing:
        await probe(postgres.owner_url.replace("/batmon?", "/nemo?"))
    assert "[database] url" in missing.value.hint
    with pytest.raises(StoreUnavailable) as away:
        await probe("postgresql://batmon@127.0.0.1:1/batmon")
    assert "[database] url" in away.value.hint


async def test_a_role_that_does_not_exist(postgres):
    with pytest.raises(StoreError, match="nemo") as refused:
        await probe(postgres.owner_url.replace("user=batmon", "user=nemo"))
    assert "user and password" in refused.value.hint


async def test_a_server_that_is_too_old(postgres, monkeypatch):
    monkeypatch.setattr(migrate, "OLDEST_SERVER", postgres.binaries.major + 1)
    with pytest.raises(SchemaError, match="the server is PostgreSQL"):
        await probe(postgres.owner_url)
