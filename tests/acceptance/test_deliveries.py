"""A real daemon that tells people: what is owed arrives, dead letters are shown and sent again, stopping is bounded."""

import asyncio
import json
import os
import time
from datetime import UTC, datetime

import pytest

from batmon.store import Store
from batmon.store.notifications import Notifications
from tests.acceptance.installation import Installation
from tests.integration.delivery.delivery_bed import mail, mail_server
from tests.state_folders import new_state_folder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the tests' Postgres listens on a Unix socket")


@pytest.fixture
async def server():
    async with mail_server() as started:
        yield started


@pytest.fixture
async def installation(server):
    there = Installation(new_state_folder())
    there.tables.append(
        f'[email]\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
        'sender = "BATMON <batmon@example.com>"\nadmins = ["ops@example.com"]\n'
    )
    await there.start()
    yield there
    await there.remove()


async def owe(installation, *owed):
    store = await Store.open(await installation.database_url())
    ids = await Notifications(store).owe(owed, datetime.now(UTC))
    await store.close()
    return ids


async def test_what_is_owed_arrives_and_what_is_refused_can_be_sent_again(installation, server):
    server.refused["gone@example.com"] = "550 5.1.1 no such user"
    sent, dead = await owe(installation, mail("kim@example.com"), mail("gone@example.com"))
    await server.wait(len)
    assert server.mails[0]["Message-ID"] == f"<{sent}@example.com>"
    async with asyncio.timeout(20):
        while (await installation.ask("notify.show", notification=str(dead)))["notification"]["state"] != "failed":
            await asyncio.sleep(0.05)
    code, out, _ = await installation.batmon("doctor")
    assert code == 1
    assert "a message could not be delivered: batmon notify list failed" in out
    code, out, _ = await installation.batmon("notify", "list", "failed", "--json")
    [letter] = json.loads(out)
    assert (code, letter["recipient"], letter["attempts"]) == (0, "gone@example.com", 1)
    server.refused.clear()
    code, _, err = await installation.batmon("notify", "resend", str(letter["number"]))
    assert (code, err) == (0, f"notification {letter['number']} is owed again\n")
    await server.wait(lambda mails: len(mails) == 2)
    code, out, _ = await installation.batmon("notify", "test", "email", "--lang", "ko")
    assert code == 0
    assert "ops@example.com" in out
    assert server.ids.keys() >= {f"<{sent}@example.com>", f"<{dead}@example.com>"}
    assert len(server.mails) == 3


async def test_a_daemon_that_is_killed_while_it_sends_sends_when_it_is_back(installation, server):
    asked, answer = asyncio.Event(), asyncio.Event()

    async def hold():
        asked.set()
        await answer.wait()

    server.at_recipient = hold
    [owed] = await owe(installation, mail())
    await asyncio.wait_for(asked.wait(), 20)
    await installation.kill()
    answer.set()
    await installation.start()
    await server.wait(len, seconds=60)  # the lease of the one that was killed
    assert server.ids == {f"<{owed}@example.com>": 1}


async def test_a_server_that_never_answers_does_not_keep_the_daemon_from_stopping(installation, server):
    asked, answer = asyncio.Event(), asyncio.Event()

    async def hold():
        asked.set()
        await answer.wait()

    server.at_recipient = hold
    [owed] = await owe(installation, mail())
    await asyncio.wait_for(asked.wait(), 20)
    began = time.monotonic()
    assert await installation.stop() == 0
    assert time.monotonic() - began < 20
    server.at_recipient = None
    answer.set()
    await installation.start()
    await server.wait(len)  # it was given back: nobody waits for a lease
    assert server.ids == {f"<{owed}@example.com>": 1}
