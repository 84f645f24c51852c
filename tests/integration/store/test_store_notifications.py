"""Notifications in a real Postgres: owed in the caller's transaction, taken under a claim, settled by comparison."""

import uuid
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from batmon.store.notifications import Attempt, Notifications, Owed, owe

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def mail(**other):
    return Owed(
        **{
            "channel": "email",
            "recipient": "kim@example.com",
            "template": "incident",
            "language": "ko",
            "data": {},
            **other,
        }
    )


def sent(at=NOW):
    return Attempt("sent", at, 0.25, "제목", reference="250 ok")


def later(due, error="451 try again"):
    return Attempt("owed", NOW, 1.5, "제목", error=error, due_at=due)


@pytest.fixture
def notifications(store):
    return Notifications(store)


@pytest.fixture
async def owner(owner_url):
    connection = await asyncpg.connect(owner_url)
    yield connection
    await connection.close()


async def jobs(owner):
    return await owner.fetchval("SELECT count(*) FROM batmon_jobs.pgqueuer")


async def test_owed_with_its_job_and_gone_with_the_transaction(store, notifications, owner):
    async with store.connection() as connection:
        undone = connection.transaction()
        await undone.start()
        assert len(await owe(connection, [mail()], NOW)) == 1
        await undone.rollback()
    assert (await notifications.listed(), await jobs(owner)) == ([], 0)
    ids = await notifications.owe([mail(), mail(channel="ops-slack", recipient="")], NOW)
    assert len(ids) == 2
    assert await jobs(owner) == 2
    assert await notifications.owe([], NOW) == []


async def test_the_same_key_is_owed_once(notifications, owner):
    first = await notifications.owe([mail(key="group 7 opened"), mail(key="group 7 opened"), mail(), mail()], NOW)
    again = await notifications.owe([mail(key="group 7 opened"), mail(key="group 8 opened")], NOW)
    assert (len(first), len(again)) == (3, 1)
    assert await jobs(owner) == 4


async def test_what_is_owed_comes_back_as_it_was_whatever_it_holds(notifications):
    data = {"row": {"name": "김\0운영 \ud800"}, "at": NOW, "n": 3, "list": [1, None]}
    owed = mail(data=data, recipient="a\0b", incident_ids=(3, 5), event_id=9, automation_log_id=11)
    [found] = [await notifications.find(one) for one in await notifications.owe([owed], NOW)]
    assert found.data == {"row": {"name": "김␀운영 ?"}, "at": NOW.isoformat(), "n": 3, "list": [1, None]}
    assert (found.recipient, found.incident_ids, found.event_id, found.automation_log_id) == ("a␀b", (3, 5), 9, 11)
    assert (found.state, found.attempts, found.owed_at) == ("owed", 0, NOW)
    assert await notifications.find(found.number) == found
    assert await notifications.find(uuid.uuid4()) is None


async def test_it_is_taken_when_it_is_due_and_owed(notifications):
    [owed] = await notifications.owe([mail()], NOW)
    assert await notifications.take(owed, uuid.uuid4(), NOW - timedelta(seconds=1)) == NOW
    taken = await notifications.take(owed, uuid.uuid4(), NOW)
    assert (taken.attempts, taken.tried_since) == (1, NOW)
    assert await notifications.record(taken, later(NOW + timedelta(minutes=5)), "n")
    assert await notifications.take(owed, uuid.uuid4(), NOW + timedelta(minutes=4)) == NOW + timedelta(minutes=5)
    taken = await notifications.take(owed, uuid.uuid4(), NOW + timedelta(minutes=5))
    assert (taken.attempts, taken.tried_since) == (2, NOW)
    assert await notifications.record(taken, sent(), "n")
    assert await notifications.take(owed, uuid.uuid4(), NOW + timedelta(days=1)) is None
    assert await notifications.take(uuid.uuid4(), uuid.uuid4(), NOW) is None


async def test_an_old_attempt_cannot_undo_what_a_newer_one_does(notifications):
    [owed] = await notifications.owe([mail()], NOW)
    old = await notifications.take(owed, uuid.uuid4(), NOW)
    new = await notifications.take(owed, uuid.uuid4(), NOW)
    assert not await notifications.record(old, Attempt("failed", NOW, 0, error="550", permanent=True), "stopped")
    assert not await notifications.record(old, later(NOW + timedelta(hours=9)), "stopped")
    assert (await notifications.find(owed)).due_at == NOW
    assert await notifications.record(new, sent(), "n")
    assert not await notifications.record(old, sent(), "stopped")
    assert (await notifications.find(owed)).state == "sent"
    assert [a.status for a in await notifications.attempts(owed)] == ["failed", "failed", "sent", "sent"]


async def test_what_was_sent_is_sent_whoever_holds_the_claim(notifications):
    [owed] = await notifications.owe([mail()], NOW)
    old = await notifications.take(owed, uuid.uuid4(), NOW)
    new = await notifications.take(owed, uuid.uuid4(), NOW)
    assert await notifications.record(old, sent(), "resumed")
    assert not await notifications.record(new, later(NOW + timedelta(hours=1)), "n")
    assert (await notifications.find(owed)).state == "sent"


async def test_sent_again_is_a_round_of_its_own(notifications, owner):
    [owed] = await notifications.owe([mail()], NOW)
    assert await notifications.resend(owed, NOW) is None
    stopped = await notifications.take(owed, uuid.uuid4(), NOW)
    taken = await notifications.take(owed, uuid.uuid4(), NOW)
    await notifications.record(taken, Attempt("failed", NOW, 0, error="550 no such user", permanent=True), "n")
    again = await notifications.resend(owed, NOW + timedelta(days=2))
    assert (again.state, again.round, again.attempts, again.tried_since, again.error) == ("owed", 1, 0, None, "")
    assert not await notifications.record(stopped, sent(), "resumed")  # the copy that was asked for is still owed
    assert (await notifications.find(owed)).state == "owed"
    assert await jobs(owner) == 2
    assert await notifications.resend(uuid.uuid4(), NOW) is None


async def test_mail_is_logged_as_the_requirements_have_it_and_the_rest_beside_it(notifications, owner):
    ids = await notifications.owe([mail(), mail(channel="ops-slack", recipient="#ops")], NOW)
    for one in ids:
        taken = await notifications.take(one, uuid.uuid4(), NOW)
        await notifications.record(taken, later(NOW), "seoul-01")
        taken = await notifications.take(one, uuid.uuid4(), NOW)
        await notifications.record(taken, sent(NOW + timedelta(seconds=1)), "seoul-01")
    rows = await owner.fetch(
        "SELECT recipient_email, subject, template_name, sent_at, status, error_message FROM email_logs ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [
        ("kim@example.com", "제목", "incident", NOW, "failed", "451 try again"),
        ("kim@example.com", "제목", "incident", NOW + timedelta(seconds=1), "sent", None),
    ]
    types = await owner.fetch(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'email_logs'"
        " ORDER BY ordinal_position LIMIT 7"
    )
    assert [tuple(row) for row in types] == [
        ("id", "integer"), ("recipient_email", "character varying"), ("subject", "character varying"),
        ("template_name", "character varying"), ("sent_at", "timestamp with time zone"),
        ("status", "character varying"), ("error_message", "text"),
    ]  # fmt: skip
    assert await owner.fetchval("SELECT count(*) FROM delivery_logs WHERE channel = 'ops-slack'") == 2
    assert await owner.fetchval("SELECT count(*) FROM v_deliveries") == 4
    [_, last] = await notifications.attempts(ids[0])
    assert (last.status, last.seconds, last.reference, last.node) == ("sent", 0.25, "250 ok", "seoul-01")


async def test_a_page_at_a_time_of_what_was_asked_for(notifications):
    ids = await notifications.owe([mail(incident_ids=(n,)) for n in range(5)], NOW)
    taken = await notifications.take(ids[4], uuid.uuid4(), NOW)
    await notifications.record(taken, later(NOW), "n")
    taken = await notifications.take(ids[3], uuid.uuid4(), NOW)
    await notifications.record(taken, Attempt("failed", NOW, 0, error="550"), "n")
    taken = await notifications.take(ids[2], uuid.uuid4(), NOW)
    await notifications.record(taken, sent(), "n")
    first = await notifications.listed(limit=3)
    rest = await notifications.listed(limit=3, before=first[-1].number)
    assert [one.id for one in (*first, *rest)] == ids[::-1]

    async def found(**asked):
        return [one.id for one in await notifications.listed(**asked)]

    assert await found(state="owed") == [ids[4], ids[1], ids[0]]
    assert await found(state="retrying") == [ids[4]]
    assert await found(state="failed") == [ids[3]]
    assert await found(state="sent", channel="email", incident=2) == [ids[2]]
    assert await found(incident=7) == await found(channel="sms") == []
    assert await found(since=NOW + timedelta(seconds=1)) == []
    assert await notifications.counts() == {"owed": 3, "retrying": 1, "failed": 1}


async def test_what_lost_its_job_gets_one_and_only_one(notifications, owner):
    await notifications.owe([mail(), mail()], NOW)
    assert await notifications.find_lost(NOW) == 0
    await owner.execute("DELETE FROM batmon_jobs.pgqueuer WHERE id = (SELECT min(id) FROM batmon_jobs.pgqueuer)")
    for found in (1, 0):
        assert await notifications.find_lost(NOW + timedelta(minutes=1)) == found
        assert await jobs(owner) == 2


async def test_a_channel_that_no_living_daemon_has_cannot_deliver(notifications):
    ids = await notifications.owe([mail(channel="old-slack"), mail(channel="ops-slack"), mail()], NOW)
    await notifications.delivering("a", ["email"], NOW)
    await notifications.delivering("b", ["ops-slack"], NOW)
    soon, late = NOW + timedelta(seconds=1), NOW + timedelta(minutes=5)
    assert await notifications.undeliverable(NOW, NOW - timedelta(minutes=1)) == []
    assert await notifications.undeliverable(soon, NOW - timedelta(minutes=1)) == ids[:1]
    await notifications.delivering("a", ["email"], late)
    assert await notifications.undeliverable(late, NOW + timedelta(minutes=4)) == ids[:2]


async def test_what_is_old_is_forgotten_but_never_what_is_owed(notifications, owner):
    ids = await notifications.owe([mail(), mail(key="k"), mail(), mail()], NOW)
    ends = [sent(), sent(NOW + timedelta(days=5)), Attempt("failed", NOW, 0, error="550")]
    for one, attempt in zip(ids, ends, strict=False):
        await notifications.record(await notifications.take(one, uuid.uuid4(), NOW), attempt, "n")
    await owner.execute(
        "UPDATE batmon_jobs.pgqueuer_log SET created = created - interval '3 days' WHERE job_id % 2 = 0"
    )
    day = timedelta(days=1)
    await notifications.forget(NOW + 4 * day, sent=3 * day, failed=9 * day, attempts=4 * day - day / 2, job_log=day)
    assert {one.id for one in await notifications.listed()} == set(ids[1:])
    assert await owner.fetchval("SELECT count(*) FROM email_logs") == 1
    assert await owner.fetchval("SELECT count(*) FROM batmon_jobs.pgqueuer_log") == 2
    await notifications.forget(NOW + 20 * day, sent=3 * day, failed=9 * day, attempts=90 * day, job_log=day)
    assert [one.id for one in await notifications.listed()] == ids[3:]
    assert len(await notifications.owe([mail(key="k")], NOW)) == 1  # its key went with it
