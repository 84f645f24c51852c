"""Keys decide what may be done, for each request anew, and the audit trail hears of it."""

import asyncio

import pytest

from batmon.errors import Refused
from batmon.model import Role


async def test_a_viewer_may_look_and_not_act(world):
    async with await world.client(act_as=world.person("kim", Role.VIEWER)) as client:
        assert client.hello["role"] == "viewer"
        said = await client.request("echo")
        assert (said["user"], said["role"], said["peer"]) == ("kim", "viewer", "10.0.0.7")
        with pytest.raises(Refused, match="needs the role operator"):
            await client.request("rerun", program="kindscrap", password="secret-word")
    assert world.finished == 0
    (entry,) = world.trail
    assert (entry.actor, entry.role, entry.peer, entry.action) == ("kim", "viewer", "10.0.0.7", "rerun")
    assert (entry.target, entry.outcome, entry.at) == ("kindscrap", "refused", world.now)
    assert "secret-word" not in repr(entry)


async def test_each_role_may_do_what_the_ones_before_it_may(world):
    async with await world.client(act_as=world.person("ops", Role.OPERATOR)) as client:
        await client.request("rerun", program="kindscrap", password="right")
        with pytest.raises(Refused, match="needs the role admin"):
            await client.request("user.remove", name="x")
    assert [(e.action, e.outcome) for e in world.trail] == [("rerun", "done"), ("user.remove", "refused")]


async def test_a_wrong_password_is_written_down_as_refused(world):
    async with await world.client() as client:
        with pytest.raises(Refused):
            await client.request("rerun", program="a\x1b", password="wrong")
    assert [(e.target, e.outcome, e.peer) for e in world.trail] == [("a␛", "refused", "local")]


async def test_a_stranger_is_not_let_in_and_is_written_down(world):
    world.person("kim", Role.ADMIN)
    with pytest.raises(Refused, match="no such key"):
        await world.client(act_as={"user": "lee", "key": world.keyring.entries()[0].fingerprint, "peer": "10.6.6.6"})
    with pytest.raises(Refused):
        await world.client(act_as={"user": "kim", "key": "SHA256:other"})
    assert [(e.actor, e.action, e.outcome) for e in world.trail] == [
        ("lee", "hello", "refused"),
        ("kim", "hello", "refused"),
    ]


async def test_a_key_that_is_removed_is_out_at_once(world):
    kim = await world.client(act_as=world.person("kim", Role.OPERATOR))
    stream = kim.stream("count", n=1, stay=True)
    assert (await anext(stream))["n"] == 0
    async with await world.client() as admin:
        assert await admin.request("user.remove", name="kim") == {"removed": 1}
    with pytest.raises(Refused, match="no such key"):
        await kim.request("echo")
    world.go.set()
    with pytest.raises(Refused, match="no such key"):
        await anext(stream)
    await kim.close()


async def test_a_role_that_is_taken_away_is_gone_at_once(world):
    person = world.person("kim", Role.OPERATOR)
    async with await world.client(act_as=person) as kim:
        await kim.request("rerun", program="a")
        world.person("kim", Role.VIEWER)
        with pytest.raises(Refused, match="kim is viewer"):
            await kim.request("rerun", program="a")


async def test_an_expired_key_is_out_at_its_moment(world):
    person = world.person("kim", Role.VIEWER, expires_at=world.now.replace(hour=1))
    async with await world.client(act_as=person) as kim:
        await kim.request("echo")
        world.later(hours=1)
        with pytest.raises(Refused, match="expired"):
            await kim.request("echo")
    with pytest.raises(Refused, match="expired"):
        await world.client(act_as=person)


async def test_a_key_of_another_address_stays_out(world):
    person = world.person("kim", Role.VIEWER, from_patterns=("192.168.0.0/16",))
    with pytest.raises(Refused, match="may not be used from"):
        await world.client(act_as=person)


async def test_an_action_that_began_is_finished_and_written_down_although_its_asker_left(world):
    client = await world.client()
    asked = asyncio.create_task(client.request("rerun", program="kindscrap", wait=True))
    await world.began.wait()
    asked.cancel()
    await client.close()
    world.go.set()
    await world.gate.stop()
    assert world.finished == 1
    assert [(e.action, e.outcome) for e in world.trail] == [("rerun", "done")]


async def test_an_audit_trail_that_fails_is_logged_and_stops_nobody(world, caplog):
    async def fails(_entry):
        raise OSError("disk full")

    world.gate.audit = fails
    async with await world.client() as client:
        await client.request("rerun", program="a")
    assert "audit trail could not be written" in caplog.text
