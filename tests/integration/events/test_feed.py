"""The bell: entries for everybody, read by each person for herself."""

from datetime import UTC, datetime, timedelta

from batmon.engine.telling.feed_answers import FeedAnswers
from batmon.gate.verbs import Caller
from batmon.model import Role
from batmon.store import feed

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
KIM = Caller("kim", Role.VIEWER, "10.0.0.1", "SHA256:kim")
ROOT = Caller("root", Role.ADMIN, "local", "")


async def filled(store, n=5):
    async with store.connection() as connection:
        for number in range(1, n + 1):
            entry = feed.Entry(
                "info", f"entry {number}", AT + timedelta(minutes=number), text="\x00 x", source="event:e"
            )
            await feed.add(connection, entry)
    return FeedAnswers(store, now=lambda: AT)


async def test_entries_come_newest_first_in_pages(store):
    answers = await filled(store)
    page = await answers.feed(KIM, {"limit": 2})
    assert [one["title"] for one in page["entries"]] == ["entry 5", "entry 4"]
    assert (page["unread"], page["more"]) == (5, True)
    rest = await answers.feed(KIM, {"before": page["entries"][-1]["id"]})
    assert [one["title"] for one in rest["entries"]] == ["entry 3", "entry 2", "entry 1"]
    assert not rest["more"]


async def test_each_person_reads_for_herself(store):
    answers = await filled(store)
    ids = [one["id"] for one in (await answers.feed(KIM, {}))["entries"]]
    assert await answers.read(KIM, {"ids": ids[:2]}) == {"unread": 3}
    assert await answers.read(KIM, {"ids": ids[:2]}) == {"unread": 3}
    assert (await answers.feed(ROOT, {"limit": 0})) == {"entries": [], "unread": 5, "more": False}
    assert [one["unread"] for one in (await answers.feed(KIM, {}))["entries"]] == [False, False, True, True, True]
    unread = await answers.feed(KIM, {"unread": True, "limit": 2})
    assert [one["title"] for one in unread["entries"]] == ["entry 3", "entry 2"]
    assert await answers.read(KIM, {"all": True}) == {"unread": 0}


async def test_old_entries_go_and_what_was_read_of_them(store):
    answers = await filled(store)
    await answers.read(KIM, {"all": True})
    async with store.connection() as connection:
        await feed.prune(connection, AT + timedelta(minutes=2), 3)
        left = await feed.page(connection, "SHA256:kim", 10)
        assert await connection.fetchval("SELECT count(*) FROM feed_reads") == 3
    assert [one.entry.title for one in left] == ["entry 5", "entry 4", "entry 3"]
