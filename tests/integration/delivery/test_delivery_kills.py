"""Workers in processes of their own, killed and stopped at the worst moments: all of it arrives, and what arrives twice
is counted."""

import asyncio
import os
import shutil
import signal
from datetime import timedelta

import asyncpg
import pytest

from batmon.store import EmbeddedPostgres, Store
from batmon.store.notifications import Notifications
from tests.integration.delivery.delivery_bed import (
    BOUND_SEC,
    delivering,
    email_channel,
    mail,
    mail_server,
    now,
    worker,
)
from tests.state_folders import new_state_folder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL and SIGSTOP")


@pytest.fixture
def notifications(store):
    return Notifications(store)


@pytest.fixture
async def owner(owner_url):
    connection = await asyncpg.connect(owner_url)
    yield connection
    await connection.close()


async def all_sent(notifications, ids):
    async with asyncio.timeout(2 * BOUND_SEC):
        while (await notifications.counts())["owed"]:
            await asyncio.sleep(0.05)
    assert {(await notifications.find(one)).state for one in ids} == {"sent"}


async def until(question):
    async with asyncio.timeout(BOUND_SEC):
        while not await question():
            await asyncio.sleep(0.02)


async def test_killed_between_claim_and_send(database_url, notifications):
    async with mail_server() as server:
        asked, answer = asyncio.Event(), asyncio.Event()

        async def hold():
            asked.set()
            await answer.wait()

        server.at_recipient = hold
        async with worker(database_url, server.port, node="a") as first:
            ids = await notifications.owe([mail()], now())
            await asyncio.wait_for(asked.wait(), BOUND_SEC)
            assert (await notifications.find(ids[0])).attempts == 1
            await first.kill()
        answer.set()
        async with worker(database_url, server.port, node="b"):
            await all_sent(notifications, ids)
        assert (len(server.mails), server.duplicates) == (1, 0)


async def test_killed_between_send_and_mark(database_url, notifications, owner):
    async with mail_server() as server:
        locked = asyncio.Event()
        lock = owner.transaction()

        async def lock_it(_mail):
            await lock.start()
            await owner.execute("SELECT FROM notifications FOR UPDATE")
            server.before_taking = None
            locked.set()

        server.before_taking = lock_it
        async with worker(database_url, server.port, node="a") as first:
            ids = await notifications.owe([mail()], now())
            await server.wait(len)
            assert locked.is_set()
            await until(lambda: _marking(owner))
            await first.kill()
            await until(lambda: _nobody(owner))
        await lock.rollback()
        assert (await notifications.find(ids[0])).state == "owed"
        async with worker(database_url, server.port, node="b"):
            await all_sent(notifications, ids)
        assert server.ids == {f"<{ids[0]}@example.com>": 2}  # sent, not marked, sent again: the same message
        assert [a.node for a in await notifications.attempts(ids[0])] == ["b"]


async def _marking(owner):
    """Whether somebody waits to mark what was sent. ``owner`` is in a transaction, which sees one snapshot of this."""
    await owner.execute("SELECT pg_stat_clear_snapshot()")
    return await owner.fetchval(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%email_logs%')"
    )


async def _nobody(owner):
    """Whether the killed worker's backends are gone: what they had begun is undone."""
    await owner.execute("SELECT pg_stat_clear_snapshot()")
    left = await owner.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'batmon%' AND wait_event_type = 'Lock'"
    )
    if left:  # a backend that waits for a lock does not notice that its client is gone
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE 'batmon%' AND wait_event_type = 'Lock'"
        )
    return not left


async def test_two_workers_one_killed_one_stopped_and_resumed(database_url, notifications):
    count = 300
    async with mail_server() as server:

        async def a_while(_mail):
            await asyncio.sleep(0.02)

        server.before_taking = a_while
        async with (
            worker(database_url, server.port, node="a") as killed,
            worker(database_url, server.port, node="b") as stopped,
        ):
            ids = await notifications.owe([mail(f"kim{n}@example.com") for n in range(count)], now())
            await server.wait(lambda mails: len(mails) >= 60)
            await killed.kill()
            await server.wait(lambda mails: len(mails) >= 120)
            stopped.signal(signal.SIGSTOP)
            async with worker(database_url, server.port, node="c"):
                await all_sent(notifications, ids)
                stopped.signal(signal.SIGCONT)  # it goes on with what it was about to say
                await until(lambda: _seen(notifications, "b"))
        assert set(server.ids) == {f"<{one}@example.com>" for one in ids}
        assert server.duplicates <= 16  # at most what the two had in hand: eight slots each
        assert max(server.ids.values()) <= 3
        await all_sent(notifications, ids)


async def _seen(notifications, node):
    """Whether the worker of ``node`` has said since a moment ago that it is there."""
    async with notifications._store.connection() as connection:
        return await connection.fetchval(
            "SELECT seen_at > now() - interval '1 second' FROM delivery_nodes WHERE node = $1", node
        )


async def test_a_stopped_worker_that_is_resumed_does_not_undo_what_was_done_meanwhile(database_url, notifications):
    async with mail_server() as server:
        asked, answer = asyncio.Event(), asyncio.Event()

        async def hold(_mail):
            asked.set()
            await answer.wait()
            return "554 5.7.1 the one that was stopped is told no"

        server.before_taking = hold
        async with worker(database_url, server.port, node="stopped") as stopped:
            ids = await notifications.owe([mail()], now())
            await asyncio.wait_for(asked.wait(), BOUND_SEC)
            stopped.signal(signal.SIGSTOP)
            server.before_taking = None
            async with worker(database_url, server.port, node="b"):
                await all_sent(notifications, ids)
            answer.set()
            stopped.signal(signal.SIGCONT)

            async def told():
                return len(await notifications.attempts(ids[0])) == 2

            await until(told)
        assert [(a.node, a.status) for a in await notifications.attempts(ids[0])] == [
            ("b", "sent"),
            ("stopped", "failed"),
        ]
        assert (await notifications.find(ids[0])).state == "sent"
        assert server.duplicates == 0


async def test_postgres_is_restarted_under_load():
    state = new_state_folder()
    postgres = await EmbeddedPostgres.start(state)
    store = await Store.open(postgres.url, postgres.owner_url)
    count = 0
    try:
        async with mail_server() as server:

            async def a_while(_mail):
                await asyncio.sleep(0.01)

            server.before_taking = a_while
            lease = timedelta(seconds=2)
            channel = email_channel(server.port)
            async with delivering(store, postgres.url, channel, lease=lease, sweeps=True) as bed:
                ids = []
                for kill in (False, True):
                    ids += await bed.owe(*(mail(f"kim{n}@example.com") for n in range(150)))
                    count += 60
                    await server.wait(lambda mails, wanted=count: len(mails) >= wanted)
                    if kill:
                        os.kill(postgres.pid, signal.SIGKILL)
                        await asyncio.wait_for(postgres.died(), 10)
                    else:
                        await postgres.stop()
                    postgres = await EmbeddedPostgres.start(state)
                    await until(lambda: _answers(store))
                await all_sent(bed.notifications, ids)
            assert set(server.ids) == {f"<{one}@example.com>" for one in ids}
            assert server.duplicates == 0  # whoever had sent wrote it down once Postgres was back
            left = await _fetchval(store, "SELECT count(*) FROM batmon_jobs.pgqueuer")
            assert left == 0
            assert await _fetchval(store, "SELECT count(*) FROM email_logs WHERE status = 'sent'") == len(ids)
    finally:
        await store.close()
        await postgres.stop()
        shutil.rmtree(state)


async def _answers(store):
    try:
        await store.ping()
    except Exception:  # noqa: BLE001 - whatever it says, not yet
        return False
    return True


async def _fetchval(store, question):
    async with store.connection() as connection:
        return await connection.fetchval(question)
