"""What a viewer asks for neither shows what is for admins nor keeps others waiting."""

import asyncio
import json
from datetime import timedelta

import pytest

from batmon.engine.handover import HandoverAnswers
from batmon.engine.incidents.backtest_answers import BacktestAnswers
from batmon.errors import EvidenceError
from batmon.gate.verbs import AuditEntry, Caller
from batmon.model import Role
from batmon.store.handovers import Handovers
from tests.integration.incident_world import World

VIEWER = Caller("v", Role.VIEWER, "10.0.0.7", "SHA256:v")
ADMIN = Caller("a", Role.ADMIN, "10.0.0.7", "SHA256:a")


@pytest.fixture
async def world(store, tmp_path):
    return await World(store, tmp_path, "", ("kindscrap",), {}).begin()


async def test_a_handover_tells_of_keys_passwords_and_refusals_to_admins_only(world, store):
    handing = HandoverAnswers(
        Handovers(store), world.incidents, world.alerting, timezone=lambda: "UTC", now=lambda: world.now
    )
    acts = (
        ("user.add", "SHA256:new", "done"), ("password.set", "", "done"), ("rerun", "secret-program", "refused"),
        ("ssh login", "SHA256:x", "refused"), ("incident.ack", "17", "done"), ("rerun", "kindscrap", "failed"),
    )  # fmt: skip
    for action, target, outcome in acts:
        await store.audit(AuditEntry(world.now, "eve", "operator", "10.0.0.9", action, target, outcome, ""))
    world.later(minutes=1)
    since = {"since": (world.now - timedelta(hours=1)).isoformat()}
    told = await handing.handover(VIEWER, since)
    assert sorted(one["action"] for one in told["acts"]) == ["incident.ack", "rerun"]
    assert "secret-program" not in json.dumps(told)
    assert "SHA256" not in json.dumps(told)
    assert len((await handing.handover(ADMIN, since))["acts"]) == len(acts)


async def test_a_second_backtest_is_refused_and_does_not_wait(world, database_url):
    answers = BacktestAnswers(
        programs=lambda: {one.name: one for one in world.config.programs}, calendars=(), url=lambda: database_url,
        now=lambda: world.now,
    )  # fmt: skip
    asked = [asyncio.create_task(answers.backtest(VIEWER, {"program": "kindscrap"})) for _ in range(4)]
    said = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in said] == [dict, EvidenceError, EvidenceError, EvidenceError]
    assert (await answers.backtest(VIEWER, {"program": "kindscrap"}))["program"] == "kindscrap"
