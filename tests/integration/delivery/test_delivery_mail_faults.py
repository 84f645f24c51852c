"""Mail to a real SMTP server that misbehaves: nothing is lost, and what comes twice is the same message."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from batmon.engine.telling import backoff
from tests.integration.delivery.delivery_bed import BOUND_SEC, delivering, email_channel, mail, mail_server, now


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(backoff, "FIRST", timedelta(seconds=0.2))


async def test_a_message_is_delivered_and_written_down(store, database_url):
    async with mail_server() as server, delivering(store, database_url, email_channel(server.port)) as bed:
        began = asyncio.get_running_loop().time()
        [owed] = await bed.owe(mail())
        await server.wait(len)
        assert asyncio.get_running_loop().time() - began < 2
        [found] = await bed.settled([owed])
        assert server.mails[0]["Message-ID"] == f"<{owed}@example.com>"
        assert (found.subject, found.attempts) == (server.mails[0]["Subject"], 1)
        [attempt] = await bed.notifications.attempts(owed)
        assert (attempt.status, attempt.reference, attempt.node) == ("sent", f"<{owed}@example.com>", "n")


async def test_the_connection_drops_before_the_250(store, database_url):
    async with mail_server() as server, delivering(store, database_url, email_channel(server.port)) as bed:
        drops = iter(["drop", "drop"])
        dropped = []

        async def drop(came):
            if (what := next(drops, None)) is not None:
                dropped.append(came["Message-ID"])
            return what

        server.before_taking = drop
        [owed] = await bed.owe(mail())
        await bed.settled([owed])
        assert dropped == [f"<{owed}@example.com>"] * 2  # a server that had taken it could tell by this
        assert (len(server.mails), server.duplicates) == (1, 0)
        attempts = await bed.notifications.attempts(owed)
        assert [(a.status, a.uncertain, a.permanent) for a in attempts] == [
            ("failed", True, False), ("failed", True, False), ("sent", False, False),
        ]  # fmt: skip


async def test_a_server_that_hangs_delays_its_own_mail_only(store, database_url):
    patient = 4 * BOUND_SEC  # nothing that waits behind one that hangs would be settled in time
    async with (
        mail_server() as server,
        mail_server() as other,
        delivering(store, database_url, email_channel(server.port, timeout=patient), renamed(other)) as bed,
    ):
        answer = asyncio.Event()
        server.at_recipient = answer.wait
        stuck = await bed.owe(*(mail() for _ in range(20)))
        free = await bed.owe(*(mail(channel="other") for _ in range(20)))
        await bed.settled(free)
        assert not server.mails
        assert [found.state for one in stuck for found in [await bed.notifications.find(one)]] == ["owed"] * 20
        answer.set()
        await bed.settled(stuck)
        assert (len(server.mails), len(other.mails), server.duplicates) == (20, 20, 0)


async def test_a_server_that_hangs_is_a_trouble_until_it_answers(store, database_url):
    async with mail_server() as server, delivering(store, database_url, email_channel(server.port, timeout=0.5)) as bed:
        answer = asyncio.Event()
        server.at_recipient = answer.wait
        stuck = await bed.owe(*(mail() for _ in range(20)))
        async with asyncio.timeout(BOUND_SEC):
            while not (said := await bed.delivery.problems()):
                await asyncio.sleep(0.05)
        [trouble] = said
        assert "the channel email has been failing since" in trouble
        assert not server.mails
        answer.set()
        await bed.settled(stuck)
        assert (len(server.mails), server.duplicates) == (20, 0)
        assert await bed.delivery.problems() == []


def renamed(server):
    channel = email_channel(server.port)
    channel.name = "other"
    return channel


async def test_one_recipient_that_is_refused_is_a_dead_letter_and_the_others_get_theirs(store, database_url):
    async with mail_server() as server, delivering(store, database_url, email_channel(server.port)) as bed:
        server.refused["gone@example.com"] = "550 5.1.1 no such user"
        ids = await bed.owe(mail("kim@example.com"), mail("gone@example.com"), mail("lee@example.com"))
        await bed.settled([ids[0], ids[2]])
        [dead] = await bed.settled([ids[1]], "failed")
        assert "no such user" in dead.error
        assert await bed.delivery.problems() == ["a message could not be delivered: batmon notify list failed"]
        server.refused.clear()
        await bed.notifications.resend(dead.id, dead.owed_at)
        await bed.settled(ids)
        assert {m["To"] for m in server.mails} == {"kim@example.com", "gone@example.com", "lee@example.com"}
        assert (len(server.mails), server.duplicates) == (3, 0)


async def test_a_server_that_says_later_is_asked_later(store, database_url):
    async with mail_server() as server, delivering(store, database_url, email_channel(server.port)) as bed:
        server.refused["kim@example.com"] = "451 4.7.1 greylisted"
        [owed] = await bed.owe(mail())
        async with asyncio.timeout(10):
            while (await bed.notifications.find(owed)).attempts < 2:
                await asyncio.sleep(0.02)
        server.refused.clear()
        await bed.settled([owed])
        attempts = await bed.notifications.attempts(owed)
        assert {(a.status, a.uncertain) for a in attempts[:-1]} == {("failed", False)}
        assert attempts[0].error.endswith("451 4.7.1 greylisted")


async def test_a_template_that_is_not_there_and_a_channel_that_is_not_are_dead_letters(store, database_url):
    async with mail_server() as server, delivering(store, database_url, email_channel(server.port)) as bed:
        ids = await bed.owe(mail(template="nowhere"), mail(channel="old-slack"), mail())
        await bed.settled(ids[2:])
        [unwritten] = await bed.settled(ids[:1], "failed")
        assert "nowhere" in unwritten.error
        await bed.delivery.sweep()
        assert (await bed.notifications.find(ids[1])).state == "owed"  # a daemon that has it may be about to start
        await store_older(bed, ids[1])
        await bed.delivery.sweep()
        [unknown] = await bed.settled(ids[1:2], "failed")
        assert unknown.error == "no channel is called 'old-slack'; configured here: email"
        assert (await bed.delivery.problems())[0].startswith("2 messages could not be delivered")


async def store_older(bed, one):
    async with bed.notifications._store.connection() as connection:
        await connection.execute(
            "UPDATE notifications SET due_at = due_at - interval '2 minutes' WHERE notification_id = $1", one
        )


async def test_a_message_whose_job_was_lost_is_found_again(store, database_url, owner_url):
    owner = await asyncpg.connect(owner_url)
    async with mail_server() as server, delivering(store, database_url, email_channel(server.port)) as bed:
        ids = await bed.notifications.owe([mail()], now() - timedelta(minutes=2))
        await bed.settled(ids)
        server.refused["kim@example.com"] = "451 later"
        await owner.execute("ALTER TABLE batmon_jobs.pgqueuer DISABLE TRIGGER ALL")
        ids = await bed.notifications.owe([mail(), mail()], now() - timedelta(minutes=2))
        await owner.execute("TRUNCATE batmon_jobs.pgqueuer")  # somebody tidied up
        await owner.execute("ALTER TABLE batmon_jobs.pgqueuer ENABLE TRIGGER ALL")
        server.refused.clear()
        await owner.execute("UPDATE notifications SET due_at = now() - interval '2 minutes' WHERE state = 'owed'")
        await bed.delivery.sweep()
        await bed.settled(ids)
        assert (len(server.mails), server.duplicates) == (3, 0)
    await owner.close()


async def test_what_was_owed_while_nobody_was_there_for_26_hours_is_tried_and_has_its_day(store, database_url):
    async with mail_server() as server, delivering(store, database_url, email_channel(server.port)) as bed:
        server.refused["kim@example.com"] = "451 not yet"
        [owed] = await bed.notifications.owe([mail()], now() - timedelta(hours=26))
        async with asyncio.timeout(BOUND_SEC):
            while (await bed.notifications.find(owed)).attempts < 2:
                await asyncio.sleep(0.02)
        assert (await bed.notifications.find(owed)).state == "owed"
        server.refused.clear()
        await bed.settled([owed])
        assert len(server.mails) == 1


async def test_after_a_day_of_attempts_it_is_a_dead_letter(store, database_url):
    async with mail_server() as server, delivering(store, database_url, email_channel(server.port)) as bed:
        server.refused["kim@example.com"] = "451 never"
        async with bed.notifications._store.connection() as connection:
            [owed] = await bed.owe(mail())
            await connection.execute("UPDATE notifications SET tried_since = now() - interval '24 hours'")
        [dead] = await bed.settled([owed], "failed")
        assert "451 never" in dead.error
