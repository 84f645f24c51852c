"""Files go with the message that owes them: to the byte, once, from any daemon, and not for ever."""

import hashlib
from datetime import timedelta

import pytest

from batmon.errors import StepFailed
from batmon.notify.message import Sent
from batmon.store.notifications import KEEP_ATTACHED, MOST_ATTACHED, Attachment, Notifications
from tests.integration.delivery.delivery_bed import delivering, email_channel, mail, mail_server, now

FILE = Attachment("보고서.pdf", "application/pdf", bytes(range(256)) * 800)
DATA = {
    "id": 7, "title": "주간", "period": "", "figures": [], "file": FILE.name, "size": len(FILE.data), "by": "eve",
    "path": "/reports/a.pdf", "node": "n", "sha256": FILE.sha256, "most": 10 << 20,
    "attached": True, "too_large": False,
}  # fmt: skip


def report(recipient="kim@example.com", **other):
    """A mail with a file."""
    return mail(recipient, template="report_ready", data=DATA, attachments=(FILE,), **other)


class Words:
    """A channel that cannot carry files."""

    name = kind = "words"

    def __init__(self):
        self.said = []

    async def send(self, message):
        self.said.append(message)
        return Sent()

    async def close(self):
        """Nothing is open."""


async def forget(notifications, at, **other):
    spans = dict.fromkeys(("sent", "failed", "attempts", "job_log"), timedelta(days=900)) | other
    await notifications.forget(at, **spans)


async def test_files_arrive_once_and_are_kept_no_longer_than_they_may_be_sent(store, database_url):
    async with mail_server() as server, delivering(store, database_url, email_channel(server.port)) as bed:
        ids = await bed.owe(report(), report("lee@example.com"), mail("park@example.com"))
        await bed.settled(ids)
        with_files = [one for one in server.mails if one["To"] != "park@example.com"]
        for one in with_files:
            [part] = one.iter_attachments()
            assert part.get_filename() == FILE.name
            assert hashlib.sha256(part.get_payload(decode=True)).hexdigest() == FILE.sha256
            assert FILE.name in one.get_body(("plain",)).get_content()
        assert len(await bed.notifications.attachments(ids[0])) == 1
        await forget(bed.notifications, now())
        assert [await bed.notifications.attachments(one) for one in ids] == [(), (), ()]
        await bed.notifications.resend(ids[0], now())  # somebody sends it again, and the file is gone
        await server.wait(lambda mails: len(mails) == 4)
        again = server.mails[-1]
        assert list(again.iter_attachments()) == []
        assert "첨부되지 않았습니다" in again.get_body(("plain",)).get_content()
        assert "/reports/a.pdf" in again.get_body(("plain",)).get_content()


async def test_what_was_given_up_keeps_its_file_for_a_month(store):
    notifications = Notifications(store)
    [dead] = await notifications.owe([report()], now())
    async with store.connection() as connection:
        await connection.execute("UPDATE notifications SET state = 'failed', settled_at = $1", now())
    await forget(notifications, now() + KEEP_ATTACHED - timedelta(hours=1))
    assert len(await notifications.attachments(dead)) == 1
    await forget(notifications, now() + KEEP_ATTACHED + timedelta(hours=1))
    assert await notifications.attachments(dead) == ()


async def test_a_channel_that_carries_no_files_tells_where_it_is(store, database_url):
    words = Words()
    async with delivering(store, database_url, words) as bed:
        await bed.settled(await bed.owe(report(channel="words")))
    [message] = words.said
    assert message.attachments == ()
    assert "n:/reports/a.pdf" in message.text


async def test_more_than_a_server_takes_is_refused_before_it_is_owed(store):
    large = Attachment("a.pdf", "application/pdf", bytes(MOST_ATTACHED + 1))
    with pytest.raises(StepFailed, match="10,485,760 are taken"):
        await Notifications(store).owe([mail(attachments=(large,))], now())
    assert await Notifications(store).listed() == []


async def test_a_key_owes_the_file_once(store):
    notifications = Notifications(store)
    [first] = await notifications.owe([report(key="report:1")], now())
    assert await notifications.owe([report(key="report:1")], now()) == []
    assert len(await notifications.attachments(first)) == 1
