"""Incidents on a real store: who is told what, and when, from verdict to owed message."""

import asyncio
import os
from dataclasses import replace
from datetime import timedelta

import pytest

from batmon.judge.incident import acknowledge
from batmon.judge.incident_state import State
from batmon.model import Reason, Status
from batmon.notify.incident_data import SHOWN
from batmon.store.feed import page as feed_page
from tests.integration.incident_world import START, World, whole_messages

QUICK = '[alerts]\ngroup_wait = "10s"\ngroup_interval = "5m"\n'
FLOOD = int(os.environ.get("BATMON_TEST_FLOOD", "1000"))
"""Programs that fail at the same time; 10,000 take half a minute."""
LADDER = """
[[routes]]
name = "finance"
programs = ["kind*"]
ladder = [ { after = "0m", to = ["admins"] }, { after = "30m", to = ["kim@example.com", "lee@example.com"] } ]
remind = "2h"
language = "ko"
"""


@pytest.fixture
async def world(store, tmp_path):
    return await World(store, tmp_path, QUICK).begin()


async def test_a_failure_is_one_message_and_its_end_another(world):
    incident = await world.fail()
    await world.look()
    assert await world.messages() == []  # the group waits for more of its kind
    world.later(seconds=10)
    await world.look()
    assert await world.messages() == [("opened", "ops@example.com", ["kindscrap"])]
    world.later(minutes=10)
    await world.fail(line="again")
    await world.look()
    assert len(await world.messages()) == 1
    assert (await world.incidents.get(incident.id)).line == "again"
    await world.succeed()
    world.later(minutes=5)
    await world.look()
    assert (await world.messages())[1:] == [("resolved", "ops@example.com", ["kindscrap"])]
    assert await world.timeline(incident) == ["opened", "told", "sent", "resolved", "sent"]
    (told, ended) = await world.incidents.told(incident.id, 10)
    assert (told["kind"], told["state"], told["message_state"]) == ("opened", "owed", "owed")
    assert ended["kind"] == "resolved"


async def test_what_was_over_before_the_group_was_told_is_recorded_and_not_told(world):
    incident = await world.fail()
    world.later(seconds=5)
    await world.succeed()
    world.later(minutes=10)
    await world.look()
    assert await world.messages() == []
    assert await world.timeline(incident) == ["opened", "told", "resolved"]
    (notice,) = await world.incidents.told(incident.id, 10)
    assert (notice["state"], notice["why"]) == ("withdrawn", "resolved")


async def test_failures_below_alert_after_open_nothing_but_a_missed_run_does(store, tmp_path):
    world = await World(store, tmp_path, QUICK, extra={"kindscrap": "alert_after = 3"}).begin()
    assert await world.fail(failures=1) is None
    assert await world.fail(failures=2) is None
    assert (await world.fail(failures=3)).open
    await world.succeed()
    world.later(hours=2)
    assert (await world.judge("kindscrap", Status.ERROR, Reason.MISSED)).open


async def test_the_ladder_the_reminder_and_the_language_are_those_of_the_route(store, tmp_path):
    world = await World(store, tmp_path, QUICK + LADDER).begin()
    await world.fail()
    world.later(seconds=10)
    await world.look()
    world.later(minutes=30)
    await world.look()
    world.later(seconds=10)
    await world.look()
    assert await world.messages() == [
        ("opened", "ops@example.com", ["kindscrap"]),
        ("escalated", "kim@example.com", ["kindscrap"]),
        ("escalated", "lee@example.com", ["kindscrap"]),
    ]
    world.later(hours=2)
    await world.look()
    world.later(seconds=10)
    await world.look()
    assert [event for event, _, _ in (await world.messages())[3:]] == ["reminder"] * 3
    first, *_ = await whole_messages(world.store)
    assert first.language == "ko"


async def test_after_a_day_of_absence_each_hears_once(store, tmp_path):
    world = await World(store, tmp_path, QUICK + LADDER).begin()
    await world.fail()
    world.later(seconds=10)
    await world.look()
    world.later(hours=26)
    world.second()
    await world.begin()
    await world.look()
    world.later(seconds=10)
    await world.look()
    assert [event for event, _, _ in await world.messages()] == ["opened", "escalated", "escalated"]


async def test_a_dependent_is_held_whatever_is_found_first_and_released_when_it_is_still_bad(store, tmp_path):
    extra = {"site": 'depends_on = ["database"]', "report": 'depends_on = ["site"]'}
    world = await World(store, tmp_path, QUICK, ("database", "site", "report"), extra).begin()
    site = await world.fail("site")
    report = await world.fail("report")
    assert not (await world.incidents.told(site.id, 10))
    world.later(seconds=20)
    database = await world.fail("database")
    world.later(seconds=20)
    await world.look()
    assert await world.messages() == [("opened", "ops@example.com", ["database"])]
    held = await world.incidents.get(site.id)
    assert (held.state, held.held_by) == (State.HELD, ("database",))
    assert (await world.incidents.get(report.id)).held_by == ("site",)
    assert [one.id for one in await world.incidents.held_by("database", 10)] == [site.id]
    world.later(minutes=20)
    await world.succeed("database")
    await world.succeed("site")
    world.later(seconds=30)
    await world.look()
    world.later(minutes=5)
    await world.look()
    told = [(event, names) for event, _, names in await world.messages()]
    assert ("opened", ["report"]) in told
    assert not [names for event, names in told if "site" in names]
    assert await world.timeline(report) == ["opened", "held", "released", "told", "sent"]
    assert database.open


async def test_a_silence_quietens_what_is_open_and_its_end_tells(world):
    incident = await world.fail()
    row = await world.incidents.add_silence(
        program="kind*", tag="", pattern="", why="vendor", by="kim", now=world.now, until=world.now.replace(hour=8)
    )
    await world.incidents.wake([incident.id], world.now)
    await world.look()
    assert (await world.incidents.get(incident.id)).state is State.SILENCED
    world.later(minutes=30)
    await world.look()
    assert await world.messages() == []
    assert await world.incidents.silenced() == {str(row["silence_id"]): 1}
    await world.incidents.end_silence(row["silence_id"], world.now, "kim")
    await world.look()
    world.later(seconds=10)
    await world.look()
    assert await world.messages() == [("opened", "ops@example.com", ["kindscrap"])]
    assert await world.timeline(incident) == ["opened", "told", "silenced", "unsilenced", "told", "sent"]


async def test_a_maintenance_window_keeps_it_quiet_to_its_end(store, tmp_path):
    window = '[[maintenance]]\nname = "patches"\nschedule = "0 6 * * *"\nduration = "1h"\ntags = ["finance"]\n'
    world = await World(store, tmp_path, QUICK + window, extra={"kindscrap": 'tags = ["finance"]'}).begin()
    incident = await world.fail()
    assert (incident.state, incident.next_at) == (State.MAINTENANCE, START.replace(hour=7))
    world.later(hours=1)
    await world.look()
    world.later(seconds=10)
    await world.look()
    assert await world.messages() == [("opened", "ops@example.com", ["kindscrap"])]


async def test_an_acknowledgement_quietens_until_it_expires(world):
    incident = await world.fail()
    world.later(seconds=10)
    await world.look()
    now, until = world.now, world.now.replace(hour=9)
    change = await world.incidents.step(
        incident.id,
        lambda found: world.alerting.step(
            found, now, lambda i, p, a: acknowledge(i, p, a, now, by="kim", note="mine", until=until)
        ),
        now,
    )
    world.alerting.committed(change)
    assert world.alerting.note("kindscrap")["state"] == "acknowledged"
    assert world.alerting.note("kindscrap")["by"] == "kim"
    stored = await world.incidents.get(incident.id)
    assert (stored.acknowledged.by, stored.acknowledged.note, stored.until) == ("kim", "mine", until)
    world.later(hours=2)
    await world.look()
    assert len(await world.messages()) == 1
    world.later(hours=1)
    await world.look()
    world.later(seconds=10)
    await world.look()
    assert [event for event, _, _ in await world.messages()] == ["opened", "reminder"]


async def test_what_comes_back_is_the_same_incident_and_the_bell_rings_each_time(world):
    incident = await world.fail()
    await world.succeed()
    world.later(minutes=10)
    again = await world.fail()
    assert (again.id, again.reopened) == (incident.id, 1)
    async with world.store.connection() as connection:
        entries = await feed_page(connection, "kim", 10)
    assert [one.entry.level for one in entries] == ["urgent", "info", "urgent"]
    assert {one.entry.incident for one in entries} == {incident.id}


async def test_two_daemons_owe_each_notice_once(store, tmp_path):
    names = tuple(f"bot_{number}" for number in range(20))
    world = await World(store, tmp_path, QUICK, names).begin()
    for name in names:
        await world.fail(name)
    other = World(store, tmp_path, QUICK, names)
    await other.begin()
    world.later(seconds=10)
    other.now = world.now
    await asyncio.gather(*(one.look() for one in (world, other, world, other)))
    (message,) = await whole_messages(store)
    assert (message.data["count"], len(message.data["programs"])) == (20, 20)
    for one in (world, other):
        one.later(hours=4, seconds=10)
    await asyncio.gather(*(one.look() for one in (world, other, world, other)))
    world.later(seconds=10)
    await world.look()
    assert [event for event, _, _ in await world.messages()] == ["opened", "reminder"]


async def test_one_that_cannot_be_decided_keeps_no_other_waiting(store, tmp_path, monkeypatch, caplog):
    world = await World(store, tmp_path, QUICK + LADDER, ("kind_one", "kind_two")).begin()
    one, two = await world.fail("kind_one"), await world.fail("kind_two")
    world.later(minutes=30)
    whole = world.alerting.policy

    def policy(program, tags=()):
        found = whole(program, tags)
        return replace(found, ladder=None) if program == "kind_one" else found

    monkeypatch.setattr(world.alerting, "policy", policy)
    await world.clock.look()
    assert (await world.incidents.get(two.id)).step == 2
    broken = await world.incidents.get(one.id)
    assert (broken.step, broken.next_at) == (1, world.now + timedelta(minutes=5))
    assert "cannot be looked at" in caplog.text


async def test_a_daemon_learns_of_what_was_done_at_another_one(store, tmp_path):
    world = await World(store, tmp_path, QUICK).begin()
    incident = await world.fail()
    other = await World(store, tmp_path, QUICK).begin()
    shown = []
    other.alerting.showing.append(shown.append)
    assert other.alerting.note("kindscrap")["state"] == "open"
    now, until = world.now, world.now.replace(hour=9)

    def take(found, policy, around):
        return acknowledge(found, policy, around, now, by="kim", note="", until=until)

    await world.incidents.step(incident.id, lambda found: world.alerting.step(found, now, take), now)
    await other.clock.look()
    assert other.alerting.note("kindscrap")["by"] == "kim"
    assert shown == ["kindscrap"]
    await world.succeed()
    await other.clock.look()
    assert other.alerting.note("kindscrap") is None


async def test_servicenow_gets_one_record_for_each_incident(store, tmp_path):
    desk = """
[[channels]]
name = "desk"
kind = "servicenow"
url = "https://example.service-now.com"
username = "batmon"
password = "secret"
[[routes]]
to = ["desk", "admins"]
"""
    world = await World(store, tmp_path, QUICK + desk, ("one", "two", "three")).begin()
    for name in ("one", "two", "three"):
        await world.fail(name)
    await world.look()
    found = await whole_messages(store, channel="desk")
    assert sorted(one.data["first"]["name"] for one in found) == ["one", "three", "two"]
    assert len({one.data["correlation"] for one in found}) == 3
    opened = {one.data["correlation"] for one in found}
    await world.succeed("one")
    await world.look()
    latest = (await whole_messages(store, channel="desk"))[0]
    assert latest.data["event"] == "resolved"
    assert latest.data["correlation"] in opened


async def test_an_incident_of_a_program_that_is_gone_is_over(world):
    incident = await world.fail()
    await world.store.register("seoul-01", [], world.now)
    gone = await world.incidents.get(incident.id)
    assert not gone.open
    world.later(minutes=10)
    await world.look()
    assert await world.messages() == []


async def test_the_incident_is_decided_under_its_lock(world):
    """Many steps at once: each sees what the one before it wrote."""
    incident = await world.fail()

    def another(number):
        def take(found, policy, around):
            counted = replace(found, sequence=found.sequence + 1)
            until = world.now.replace(hour=9)
            return acknowledge(counted, policy, around, world.now, by=f"n{number}", note="", until=until)

        return world.incidents.step(incident.id, lambda found: world.alerting.step(found, world.now, take), world.now)

    await asyncio.gather(*(another(number) for number in range(8)))
    assert (await world.incidents.get(incident.id)).sequence == incident.sequence + 8


async def test_thousands_of_failures_in_a_minute_are_one_message_and_a_complete_record(store, tmp_path):
    names = tuple(f"bot_{number:05}" for number in range(FLOOD))
    world = await World(store, tmp_path, QUICK, names).begin()
    waiting = list(names)

    async def fail():
        while waiting:
            name = waiting.pop()
            await world.fail(name, line=f"kind {int(name[4:]) % 7}")

    await asyncio.gather(*(fail() for _ in range(8)))
    world.later(seconds=10)
    await world.look()
    (message,) = await whole_messages(store, limit=500)
    assert message.data["count"] == FLOOD
    assert message.data["more"] == FLOOD - len(message.data["programs"])
    assert len(message.data["programs"]) == SHOWN
    assert len(message.incident_ids) == FLOOD
    assert (await world.incidents.counts()) == {"open": FLOOD}
    async with store.connection() as connection:
        owed = await connection.fetchval(
            "SELECT count(*) FROM incident_notices WHERE state = 'owed' AND notification_id = $1", message.id
        )
        told = await connection.fetchval("SELECT count(*) FROM incident_events WHERE kind = 'sent'")
    assert (owed, told) == (FLOOD, FLOOD)
    waiting = list(names)
    world.later(minutes=20)

    async def succeed():
        while waiting:
            await world.succeed(waiting.pop())

    await asyncio.gather(*(succeed() for _ in range(8)))
    world.later(seconds=10)
    await world.look()
    events = [(one.data["event"], one.data["count"]) for one in await whole_messages(store)]
    assert events == [("resolved", FLOOD), ("opened", FLOOD)]
