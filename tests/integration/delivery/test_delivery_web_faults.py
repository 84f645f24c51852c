"""Webhooks of a real HTTP server that answers badly, late or not at all."""

import asyncio
from datetime import timedelta

import pytest
from aiohttp import web

from batmon.config.channels import WebhookConfig
from batmon.config.secrets import Secret
from batmon.engine.telling import backoff
from batmon.notify.webhook import WebhookChannel
from tests.integration.delivery.delivery_bed import BOUND_SEC, delivering, mail

SOON = timedelta(seconds=0.2)


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(backoff, "FIRST", SOON)


class Receiver:
    """A real HTTP server; ``answers`` are given first, then 200."""

    def __init__(self):
        self.answers = []
        self.times = []
        self.taken = []
        self.hold = None

    async def take(self, request):
        body = await request.json()
        self.times.append(asyncio.get_running_loop().time())
        if self.hold is not None:
            await self.hold.wait()
        if self.answers:
            status, headers = self.answers.pop(0)
            return web.Response(status=status, headers=headers)
        self.taken.append(body["id"])
        return web.json_response({"id": f"T-{len(self.taken)}"})


@pytest.fixture
async def receiver():
    received = Receiver()
    app = web.Application()
    app.router.add_post("/hook", received.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    received.port = runner.addresses[0][1]
    yield received
    if received.hold is not None:
        received.hold.set()
    await runner.cleanup()


def hook(receiver, name="hook", *, timeout=5.0):
    url = Secret(f"http://127.0.0.1:{receiver.port}/hook")
    return WebhookChannel(WebhookConfig(name=name, url=url, timeout=timedelta(seconds=timeout)))


def call(**other):
    return mail("", channel="hook", **other)


async def test_500_is_tried_again_and_the_reference_is_kept(store, database_url, receiver):
    receiver.answers = [(500, {}), (503, {})]
    async with delivering(store, database_url, hook(receiver)) as bed:
        [owed] = await bed.owe(call())
        await bed.settled([owed])
        assert receiver.taken == [str(owed)]
        attempts = await bed.notifications.attempts(owed)
        assert [a.status for a in attempts] == ["failed", "failed", "sent"]
        assert attempts[-1].reference == "T-1"
        assert receiver.times[1] - receiver.times[0] >= SOON.total_seconds() * 0.7
        assert receiver.times[2] - receiver.times[1] >= SOON.total_seconds() * 1.4


async def test_400_is_a_dead_letter_at_once(store, database_url, receiver):
    receiver.answers = [(400, {})]
    async with delivering(store, database_url, hook(receiver)) as bed:
        [owed] = await bed.owe(call())
        [dead] = await bed.settled([owed], "failed")
        assert (dead.attempts, len(receiver.times)) == (1, 1)
        assert "400" in dead.error


async def test_429_gives_the_whole_channel_a_pause_and_no_other(store, database_url, receiver):
    receiver.answers = [(429, {"Retry-After": "2"})]
    async with delivering(store, database_url, hook(receiver), hook(receiver, "other")) as bed:
        first = await bed.owe(call())
        async with asyncio.timeout(10):
            while not receiver.times:
                await asyncio.sleep(0.01)
            while (await bed.notifications.find(first[0])).error == "":
                await asyncio.sleep(0.01)
        more = await bed.owe(*(call() for _ in range(20)))
        others = await bed.owe(mail("", channel="other"))
        await bed.settled(others)
        assert receiver.times[1] - receiver.times[0] < 1.5
        found = await bed.settled([*first, *more])
        assert receiver.times[2] - receiver.times[0] >= 2.0
        assert {one.attempts for one in found[1:]} == {1}  # they were not even tried meanwhile
        assert sorted(receiver.taken) == sorted(str(one) for one in (*first, *more, *others))


async def test_one_that_never_answers_holds_up_nobody_else(store, database_url, receiver):
    receiver.hold = asyncio.Event()
    free = Receiver()
    app = web.Application()
    app.router.add_post("/hook", free.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    free.port = runner.addresses[0][1]
    patient = 4 * BOUND_SEC  # nothing that waits behind one that never answers would be settled in time
    async with delivering(store, database_url, hook(receiver, timeout=patient), hook(free, "other")) as bed:
        stuck = await bed.owe(*(call() for _ in range(30)))
        others = await bed.owe(*(mail("", channel="other") for _ in range(30)))
        await bed.settled(others)
        assert not receiver.taken
        assert [found.state for one in stuck for found in [await bed.notifications.find(one)]] == ["owed"] * 30
        receiver.hold.set()
        receiver.hold = None
        await bed.settled(stuck)
        assert set(receiver.taken) == {str(one) for one in stuck}
    await runner.cleanup()


async def test_one_that_answers_too_late_may_have_been_taken_and_is_tried_again(store, database_url, receiver):
    receiver.hold = asyncio.Event()
    async with delivering(store, database_url, hook(receiver, timeout=0.5)) as bed:
        stuck = await bed.owe(*(call() for _ in range(30)))
        async with asyncio.timeout(10):
            while not (attempts := await bed.notifications.attempts(stuck[0])):
                await asyncio.sleep(0.05)
        assert await bed.delivery.problems()
        assert (attempts[0].uncertain, attempts[0].permanent) == (True, False)
        receiver.hold.set()
        receiver.hold = None
        await bed.settled(stuck)
        assert set(receiver.taken) == {str(one) for one in stuck}


async def test_a_channel_that_breaks_down_in_its_own_way_is_retried_and_stops_nobody(store, database_url, receiver):
    class Broken:
        name = kind = "broken"
        times = 0

        async def send(self, message):
            self.times += 1
            if self.times < 3:
                raise ZeroDivisionError(message.subject)
            return await there.send(message)

        async def close(self):
            await there.close()

    there = hook(receiver)
    async with delivering(store, database_url, Broken()) as bed:
        [owed] = await bed.owe(mail("", channel="broken"))
        await bed.settled([owed])
        errors = [a.error for a in await bed.notifications.attempts(owed)]
        assert errors[:2] == ["unexpected: ZeroDivisionError; the daemon's log has the details"] * 2
