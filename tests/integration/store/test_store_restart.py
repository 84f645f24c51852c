import asyncio
import os
import shutil
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import asyncpg
import pytest

from batmon.errors import StoreUnavailable
from batmon.model import Program, Run, RunStatus
from batmon.store import EmbeddedPostgres, Store
from tests.state_folders import new_state_folder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9")

INSERT = "INSERT INTO rpa_execution_logs (bot_name, task_name, status) VALUES ($1, 't', 'RUNNING')"


async def answers(store):
    async with asyncio.timeout(10):
        while True:
            try:
                return await store.ping()
            except StoreUnavailable:
                await asyncio.sleep(0.01)


async def as_owner(server, statement, *arguments):
    owner = await asyncpg.connect(server.owner_url)
    await owner.execute(statement, *arguments)
    await owner.close()


def role(server):
    """Whom the store connects as."""
    return parse_qs(urlsplit(server.url).query)["user"][0]


async def test_kill_9_of_postgres_loses_nothing_and_the_store_and_its_listener_come_back():
    state = new_state_folder()
    server = await EmbeddedPostgres.start(state)
    store = await Store.open(server.url, server.owner_url)
    heard, missed = asyncio.Queue(), asyncio.Queue()
    begun = datetime.now(UTC) - timedelta(minutes=1)

    async def back():
        for bot in await store.foreign_changes_since(begun):
            missed.put_nowait(bot)

    try:
        listening = await store.listen(lambda _channel, bot: heard.put_nowait(bot), back)
        await store.register("n", [Program("kindscrap", Path("/srv"))], begun)
        run = Run(uuid4(), "kindscrap", RunStatus.SUCCESS, begun)
        await store.put_runs([run], [])
        await as_owner(server, f"ALTER ROLE {role(server)} NOLOGIN")  # for whoever connects anew

        os.kill(server.pid, signal.SIGKILL)
        await asyncio.wait_for(server.died(), 10)
        with pytest.raises(StoreUnavailable):
            await store.ping()
        with pytest.raises(StoreUnavailable):
            await store.recent_runs("kindscrap")

        server = await EmbeddedPostgres.start(state)
        await as_owner(server, INSERT, "while_deaf")
        await as_owner(server, f"ALTER ROLE {role(server)} LOGIN")
        await answers(store)
        assert (await store.run(run.run_id)).status is RunStatus.SUCCESS
        assert await asyncio.wait_for(missed.get(), 15) == "while_deaf"
        await as_owner(server, INSERT, "heard_again")
        while await asyncio.wait_for(heard.get(), 15) != "heard_again":
            pass
        assert not listening.done()
    finally:
        await store.close()
        await server.stop()
        shutil.rmtree(state)
    assert listening.done()


async def test_backends_that_are_ended_under_the_pool_are_replaced(store, owner_url):
    await store.ping()
    owner = await asyncpg.connect(owner_url)
    await owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'batmon' AND datname = current_database()"
    )
    await answers(store)
    await owner.close()


async def test_a_closed_store_says_that_it_is_unavailable(database_url, owner_url):
    store = await Store.open(database_url, owner_url)
    await store.close()
    with pytest.raises(StoreUnavailable):
        await store.ping()
