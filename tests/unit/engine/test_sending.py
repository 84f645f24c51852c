import asyncio
import logging
import uuid
from datetime import UTC, datetime

import pytest

from batmon.engine.telling import sending
from batmon.engine.telling.sending import Sender, ToSend
from batmon.errors import DeliveryFailed
from batmon.notify.message import Sent
from batmon.notify.templates import Templates

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
DATA = {"channel": "c", "by": "ops", "node": "n", "console": "", "link": "", "at": NOW.isoformat()}


class Told:
    """A channel that does as it is told."""

    kind = "told"

    def __init__(self, name="c", *, does=None, closes=None):
        self.name = name
        self.came = []
        self._does, self._closes = does, closes

    async def send(self, message):
        self.came.append(message)
        if isinstance(self._does, Exception):
            raise self._does
        if self._does is not None:
            await self._does()
        return Sent("T-1", "250 ok")

    async def close(self):
        if self._closes is not None:
            await self._closes()


async def sent(there, **other):
    sender = Sender({there.name: there}, Templates(None))
    wanted = {
        "id": uuid.uuid4(),
        "channel": "c",
        "recipient": "kim",
        "template": "test",
        "language": "ko",
        "data": DATA,
    }
    try:
        return await sender.send(ToSend(**{**wanted, **other}, at=NOW))
    finally:
        await sender.close()


async def test_a_message_is_rendered_and_handed_over_with_its_own_id():
    channel, one = Told(), uuid.uuid4()
    outcome = await sent(channel, id=one)
    [message] = channel.came
    assert (message.id, message.recipient, message.at, message.language) == (one, "kim", NOW, "ko")
    assert (outcome.error, outcome.subject, outcome.reference, outcome.detail) == ("", message.subject, "T-1", "250 ok")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (DeliveryFailed("550 gone", permanent=True), ("550 gone", True, False, None)),
        (DeliveryFailed("429", permanent=False, retry_after=30.0), ("429", False, False, 30.0)),
        (DeliveryFailed("lost", permanent=False, sent_nothing=False, hint="look"), ("lost (look)", False, True, None)),
        (
            RuntimeError("the key is 123"),
            ("unexpected: RuntimeError; the daemon's log has the details", False, True, None),
        ),
    ],
)
async def test_what_goes_wrong_is_given_back(error, outcome):
    said = await sent(Told(does=error))
    assert (said.error, said.permanent, said.uncertain, said.retry_after) == outcome
    assert said.subject


async def test_nobody_has_longer_than_the_longest_time(monkeypatch):
    monkeypatch.setattr(sending, "SEND_SEC", 0.05)
    said = await sent(Told(does=asyncio.Event().wait))
    assert (said.error, said.permanent, said.uncertain) == ("no answer within 0.05 s", False, True)
    assert said.seconds >= 0.05


async def test_what_cannot_be_written_and_where_nobody_is_goes_nowhere():
    for other, words in (
        ({"template": "nowhere"}, "nowhere"),
        ({"recipient": "kim\r\nBcc: all"}, "control characters"),
        ({"data": {}}, "the message could not be written"),
        ({"channel": "old-slack"}, "no channel is called 'old-slack'; configured here: c"),
    ):
        channel = Told()
        said = await sent(channel, **other)
        assert (said.permanent, channel.came) == (True, [])
        assert words in said.error


async def test_closing_waits_for_no_channel_and_stumbles_over_none(monkeypatch, caplog):
    monkeypatch.setattr(sending, "CLOSE_SEC", 0.05)
    closed = []

    async def breaks():
        raise OSError("broken")

    async def closes():
        closed.append(True)

    channels = (Told("hangs", closes=asyncio.Event().wait), Told("breaks", closes=breaks), Told("well", closes=closes))
    with caplog.at_level(logging.WARNING):
        await Sender({channel.name: channel for channel in channels}, Templates(None)).close()
    assert closed == [True]
    assert [record.args[0] for record in caplog.records] == ["hangs", "breaks"]
