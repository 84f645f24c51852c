"""Who executes: one at a time, until it is done, dead or silent."""

import asyncio
import uuid
from datetime import UTC, datetime

import asyncpg
import pytest

from batmon.errors import StoreUnavailable
from batmon.store import automations, executing
from batmon.store.automations import Automations, Ending, Registered, end
from batmon.store.executing import Lead, LeadLost

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def number(store):
    """An execution that waits."""
    stored = Automations(store)
    await stored.register("here", [Registered("a")], NOW)
    return await stored.start("a", NOW, "kim", "here", alone=False)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(automations, "SILENCE_SEC", 0.4)
    monkeypatch.setattr(executing, "SIGN_OF_LIFE_SEC", 0.05)


async def begun(lead):
    holder = uuid.uuid4()
    assert await lead.begin(NOW, "here", holder, []) is not None
    return holder


async def test_one_leads_at_a_time(database_url, number):
    first = await Lead.take(database_url, number)
    assert await Lead.take(database_url, number) is None
    other = await Lead.take(database_url, number + 1)
    assert other is not None
    await other.leave()
    await first.leave()
    second = await Lead.take(database_url, number)
    assert second is not None
    await second.leave()


@pytest.mark.usefixtures("quick")
async def test_who_is_silent_loses_the_lead_and_can_commit_nothing(database_url, number):
    first = await Lead.take(database_url, number)
    holder = await begun(first)
    transaction = first.transaction(holder)
    connection = await transaction.__aenter__()
    await end(connection, "a", number, Ending("success"))
    second = None
    async with asyncio.timeout(20):
        while second is None:
            second = await Lead.take(database_url, number)
    with pytest.raises(StoreUnavailable):
        await transaction.__aexit__(None, None, None)
    assert (await second.execution()).status == "running"
    newer = await begun(second)
    await second.leave()
    await first.regain(database_url, 5)
    with pytest.raises(LeadLost):
        async with first.transaction(holder):
            pass
    async with first.transaction(newer):
        pass
    await first.leave()


@pytest.mark.usefixtures("quick")
async def test_who_waits_for_a_command_is_not_silent(database_url, number):
    first = await Lead.take(database_url, number)
    holder = await begun(first)
    until = asyncio.get_running_loop().time() + 1.2
    async with first.transaction(holder) as connection, first.alive():
        while asyncio.get_running_loop().time() < until:
            assert await Lead.take(database_url, number) is None
        assert not first.lost
    async with first.transaction(holder) as connection:
        await end(connection, "a", number, Ending("success"))
    assert (await first.execution()).status == "success"
    await first.leave()


async def test_a_connection_that_is_lost_is_regained_unless_somebody_leads(database_url, owner_url, number):
    first = await Lead.take(database_url, number)
    holder = await begun(first)
    owner = await asyncpg.connect(owner_url)
    await owner.execute("SELECT pg_terminate_backend($1)", first.connection.get_server_pid())
    with pytest.raises(StoreUnavailable):
        await first.execution()
    assert first.lost
    second = await Lead.take(database_url, number)
    with pytest.raises(StoreUnavailable, match="somebody else"):
        await first.regain(database_url, 0)
    await second.leave()
    await first.regain(database_url, 5)
    async with first.transaction(holder):
        pass
    await first.leave()
    await owner.close()


async def test_what_a_stopped_daemon_holds_is_free_again(store, database_url, monkeypatch):
    stored = Automations(store)
    stopped, busy = [
        await asyncpg.connect(database_url, server_settings={"application_name": name}) for name in ("batmon", "batmon")
    ]
    other = await asyncpg.connect(database_url, server_settings={"application_name": "batmon backup"})
    for connection in (stopped, other):
        await connection.execute("BEGIN; SELECT 1")
    assert await stored.end_silent() == 0
    monkeypatch.setattr(automations, "SILENCE_SEC", 0.05)
    ended = 0
    async with asyncio.timeout(20):
        while not ended:
            await busy.execute("SELECT 1")
            ended = await stored.end_silent()
    assert ended == 1
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)):
        await stopped.execute("COMMIT")
    await busy.close()
    await other.execute("COMMIT")
    await other.close()
