"""A real Postgres for the tests: one server a session, one migrated template, one clone of it a test."""

import os
import shutil
from itertools import count

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import settings

from batmon.store import EmbeddedPostgres, Store
from tests.state_folders import new_state_folder

# CI must say the same of the same commit; on a developer's machine every run tries other examples.
settings.register_profile("ci", derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

TEMPLATE = "batmon_template"
_numbers = count(1)


def of_database(url: str, name: str) -> str:
    """The same server and role, another database."""
    return url.replace("/batmon?", f"/{name}?")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres():
    """The session's embedded server, with a migrated template database on it."""
    state = new_state_folder()
    server = await EmbeddedPostgres.start(state)
    try:
        owner = await asyncpg.connect(server.owner_url)
        await owner.execute("ALTER SYSTEM SET fsync = off")  # nothing here outlives the session
        await owner.execute("SELECT pg_reload_conf()")
        await owner.execute(f"CREATE DATABASE {TEMPLATE}")
        await owner.close()
        store = await Store.open(of_database(server.owner_url, TEMPLATE))
        await store.close()
        yield server
    finally:
        await server.stop()
        shutil.rmtree(state)


@pytest_asyncio.fixture
async def database(postgres):
    """A fresh migrated database: its name."""
    name = f"test_{next(_numbers)}"
    owner = await asyncpg.connect(postgres.owner_url)
    await owner.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
    await owner.close()
    yield name
    owner = await asyncpg.connect(postgres.owner_url)
    await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await owner.close()


@pytest.fixture
def database_url(postgres, database):
    """The fresh database as the runtime role."""
    return of_database(postgres.url, database)


@pytest.fixture
def owner_url(postgres, database):
    """The fresh database as its owner."""
    return of_database(postgres.owner_url, database)


@pytest_asyncio.fixture
async def store(database_url, owner_url):
    """A Store on the fresh database."""
    opened = await Store.open(database_url, owner_url)
    yield opened
    await opened.close()
