"""The tables of packs, on the real database: made as its owner, used as the daemon."""

import asyncpg
import pytest

from batmon.errors import StoreError
from batmon.store.packs import prepare_tables

SCHEMA = """
CREATE TABLE IF NOT EXISTS members (id bigserial PRIMARY KEY, name text NOT NULL);
ALTER TABLE members ADD COLUMN IF NOT EXISTS told_at timestamptz;
"""


pytestmark = pytest.mark.usefixtures("store")


async def test_a_pack_s_tables_are_made_and_can_be_used_by_the_daemon(database_url, owner_url):
    await prepare_tables(owner_url, SCHEMA, ["members"])
    daemon = await asyncpg.connect(database_url)
    try:
        assert await daemon.fetchval("INSERT INTO members (name) VALUES ('가') RETURNING id") == 1
        await daemon.execute("UPDATE members SET told_at = now()")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await daemon.execute("DROP TABLE members")
    finally:
        await daemon.close()


async def test_tables_that_exist_keep_their_rows_and_get_what_is_missing(owner_url):
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute(
            "CREATE TABLE members (id integer PRIMARY KEY, name text); INSERT INTO members VALUES (7, '나')"
        )
        for _ in range(2):
            await prepare_tables(owner_url, SCHEMA, ["members"])
        assert dict(await owner.fetchrow("SELECT * FROM members")) == {"id": 7, "name": "나", "told_at": None}
    finally:
        await owner.close()


async def test_a_table_in_a_schema_of_its_own(database_url, owner_url):
    made = 'CREATE SCHEMA shop; CREATE TABLE shop."my users" (id serial)'
    await prepare_tables(owner_url, made + "; GRANT USAGE ON SCHEMA shop TO PUBLIC", ["shop.my users"])
    daemon = await asyncpg.connect(database_url)
    try:
        assert await daemon.fetchval('INSERT INTO shop."my users" DEFAULT VALUES RETURNING id') == 1
    finally:
        await daemon.close()


async def test_what_is_in_the_way_is_said_and_nothing_is_left_half_made(owner_url):
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute("CREATE VIEW members AS SELECT 1 AS id")
        with pytest.raises(StoreError, match="members"):
            await prepare_tables(owner_url, "CREATE TABLE before_it (id integer);" + SCHEMA, ["members"])
        assert await owner.fetchval("SELECT to_regclass('before_it')") is None
    finally:
        await owner.close()
