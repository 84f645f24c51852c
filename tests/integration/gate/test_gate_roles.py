"""Keys decide what may be done, for each request anew, and the audit trail hears of it."""

import asyncio

import pytest
from gate_world import public_key

from batmon.errors import BadRequest, NeedsRole, Refused
from batmon.gate import server
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


async def test_the_trail_says_what_was_given_and_never_a_secret(world):
    async with await world.client() as client:
        await client.request("rerun", program="a", password="geheim", force=True, params={"month": "2026-11"})
    (entry,) = world.trail
    assert entry.detail.startswith("force: True, params: {'month': '2026-11'}")
    assert "geheim" not in str(entry)


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


async def test_a_key_that_is_removed_does_not_even_get_the_end_of_its_stream(world):
    kim = await world.client(act_as=world.person("kim", Role.VIEWER))
    stream = kim.stream("count", n=1, stay=True)
    await anext(stream)
    world.keyring.remove("kim")
    world.keyring.add("lee", Role.VIEWER, public_key(1))
    world.go.set()
    with pytest.raises(Refused, match="no such key"):
        await anext(stream)
    assert stream.result is None
    await kim.close()
    assert [(e.actor, e.action, e.outcome) for e in world.trail] == [("kim", "count", "refused")]


async def test_one_person_cannot_take_the_others_places(world, monkeypatch):
    monkeypatch.setattr(server, "OF_ONE_PERSON", 2)
    monkeypatch.setattr(server, "OF_PEOPLE", 3)
    kim, lee, park = (world.person(name, Role.VIEWER, seed) for seed, name in enumerate(("kim", "lee", "park"), 1))
    open_ones = [await world.client(act_as=kim), await world.client(act_as=kim)]
    with pytest.raises(Refused, match="kim has 2 connections open already"):
        await world.client(act_as=kim)
    open_ones.append(await world.client(act_as=lee))
    with pytest.raises(Refused, match="3 connections are open already"):
        await world.client(act_as=park)
    open_ones.append(await world.client())  # this machine's owner always gets in
    await open_ones.pop(0).close()
    open_ones.append(await world.client(act_as=park))
    for client in open_ones:
        await client.close()


async def test_refusals_are_paced_so_that_nobody_floods_the_trail(world, monkeypatch):
    monkeypatch.setattr(server, "REFUSAL_SEC", 3600)
    async with await world.client(act_as=world.person("kim", Role.VIEWER)) as kim:
        asked = [asyncio.create_task(kim.request("rerun", program=str(n))) for n in range(40)]
        assert (await kim.request("echo"))["user"] == "kim"
        assert [e.target for e in world.trail] == ["0"]
        await world.gate.stop()  # what waits is written down all the same
        await asyncio.gather(*asked, return_exceptions=True)
    assert len(world.trail) == 40


async def test_people_s_answers_leave_room_for_this_machine(world, monkeypatch):
    monkeypatch.setattr(server, "PEOPLES_ANSWERS", 2)
    world.gate._room = asyncio.Semaphore(2)
    async with await world.client(act_as=world.person("kim", Role.VIEWER)) as kim, await world.client() as owner:
        waiting = [asyncio.create_task(kim.request("slow")) for _ in range(5)]
        await world.began.wait()
        assert (await owner.request("echo"))["peer"] == "local"
        world.go.set()
        assert await asyncio.gather(*waiting) == [{}] * 5


SAID = {"user": "kim", "peer": "10.0.0.7", "at": "2026-11-21T09:00:00+09:00"}


async def test_the_console_tells_who_came_in_and_who_did_not(world):
    key = world.person("kim", Role.OPERATOR)["key"]
    async with await world.client() as console:
        await console.request("login", **SAID, key=key, outcome="done")
        stranger = SAID | {"user": "mal\x1blory", "key": "SHA256:x", "why": "no key"}
        await console.request("login", **stranger, outcome="refused")
        with pytest.raises(BadRequest, match="outcome"):
            await console.request("login", **SAID, key=key, outcome="admin")
    assert [(e.actor, e.role, e.peer, e.action, e.target, e.outcome, e.detail) for e in world.trail] == [
        ("kim", "operator", "10.0.0.7", "ssh login", key, "done", ""),
        ("mal␛lory", "none", "10.0.0.7", "ssh login", "SHA256:x", "refused", "no key"),
    ]
    assert world.trail[0].at == world.now


@pytest.mark.parametrize("role", list(Role))
async def test_nobody_who_comes_over_ssh_can_forge_a_login(world, role):
    person = world.person("kim", role)
    async with await world.client(act_as=person) as kim:
        with pytest.raises(NeedsRole if role is not Role.ADMIN else Refused):
            await kim.request("login", **SAID | {"user": "lee"}, key=person["key"], outcome="done")
    assert [(e.actor, e.action, e.outcome) for e in world.trail] == [("kim", "login", "refused")]
