"""The verbs about incidents, silences and handovers, on a real store."""

import json
from datetime import timedelta

import pytest

from batmon.engine.handover import HandoverAnswers
from batmon.engine.incidents.answers import IncidentAnswers
from batmon.engine.incidents.silence_answers import SilenceAnswers
from batmon.errors import BadRequest, NotFound, Refused
from batmon.gate.frames import LINE_LIMIT
from batmon.gate.verbs import Caller
from batmon.model import Role
from batmon.store.handovers import Handovers
from tests.integration.incident_world import World

KIM = Caller("kim", Role.OPERATOR, "10.0.0.7", "SHA256:kim")
HOSTILE = "Robert\x1b[31m'); DROP TABLE incidents;-- `|<b>*x*</b>"


@pytest.fixture
async def world(store, tmp_path):
    text = """
[alerts]
group_wait = "0s"
acknowledge = "6h"
[[maintenance]]
name = "patch night"
schedule = "0 1 * * 0"
duration = "4h"
tags = ["night"]
"""
    extra = {"kindscrap": 'tags = ["finance"]', "fund_mail": 'depends_on = ["kindscrap"]'}
    world = await World(store, tmp_path, text, ("kindscrap", "fund_mail", "esafe"), extra).begin()

    def now():
        return world.now

    world.answers = IncidentAnswers(
        world.incidents, world.alerting, acknowledge=world.config.alerts.acknowledge, find_run=store.run, now=now
    )
    world.silencing = SilenceAnswers(world.incidents, world.alerting, windows=world.config.alerts.maintenance, now=now)
    world.handing = HandoverAnswers(
        Handovers(store), world.incidents, world.alerting, timezone=lambda: "Asia/Seoul", now=now
    )
    return world


async def test_the_list_shows_what_is_open_and_pages(world):
    for name in ("kindscrap", "esafe"):
        await world.fail(name)
    page = await world.answers.incidents(KIM, {})
    assert [one["program"] for one in page["incidents"]] == ["esafe", "kindscrap"]
    assert page["counts"]["open"] == 2
    first = await world.answers.incidents(KIM, {"limit": 1})
    assert first["more"]
    second = await world.answers.incidents(KIM, {"limit": 1, "before": first["incidents"][0]["id"]})
    assert [one["program"] for one in second["incidents"]] == ["kindscrap"]
    assert not second["more"]
    await world.succeed("esafe")
    assert [one["program"] for one in (await world.answers.incidents(KIM, {"state": "resolved"}))["incidents"]] == [
        "esafe"
    ]
    assert len((await world.answers.incidents(KIM, {"state": "all"}))["incidents"]) == 2
    assert not (await world.answers.incidents(KIM, {"program": "esafe"}))["incidents"]
    with pytest.raises(NotFound, match="'esaef' never had an incident"):
        await world.answers.incidents(KIM, {"program": "esaef"})
    with pytest.raises(BadRequest, match="state must be one of"):
        await world.answers.incidents(KIM, {"state": "bad"})


async def test_the_page_has_everything(world):
    await world.fail("kindscrap", line="로그인 실패")
    held = await world.fail("fund_mail")
    await world.look()
    page = await world.answers.incident(KIM, {"program": "kindscrap"})
    one = page["incident"]
    assert (one["state"], one["severity"], one["reason"], one["tags"]) == ("open", "ERROR", "failed", ["finance"])
    assert "로그인 실패" in one["sentence"]
    assert [entry["kind"] for entry in page["timeline"]] == ["opened", "told", "sent"]
    (told,) = page["told"]
    assert (told["kind"], told["channel"], told["recipient"], told["state"]) == (
        "opened",
        "email",
        "ops@example.com",
        "owed",
    )
    assert (page["first"]["reason"], page["last"]["facts"]["line"]) == ("failed", "로그인 실패")
    assert [holds["id"] for holds in page["holds"]] == [held.id]
    assert page["run"]["run_id"] == one["run_id"]
    other = await world.answers.incident(KIM, {"id": held.id})
    assert other["incident"]["held_by"] == ["kindscrap"]
    assert [above["program"] for above in other["held_by"]] == ["kindscrap"]
    with pytest.raises(NotFound, match="there is no incident 99"):
        await world.answers.incident(KIM, {"id": 99})
    with pytest.raises(NotFound, match="never had an incident"):
        await world.answers.incident(KIM, {"program": "esafe"})


async def test_what_people_do_is_on_the_timeline_with_their_name(world):
    incident = await world.fail()
    acked = await world.answers.ack(KIM, {"id": incident.id, "note": HOSTILE})
    assert acked["incident"]["state"] == "acknowledged"
    assert acked["incident"]["until"] == (world.now + timedelta(hours=6)).isoformat()
    await world.answers.note(KIM, {"id": incident.id, "note": "called the vendor"})
    await world.answers.unack(KIM, {"id": incident.id})
    with pytest.raises(Refused, match="nobody has acknowledged"):
        await world.answers.unack(KIM, {"id": incident.id})
    over = await world.answers.resolve(KIM, {"id": incident.id, "note": "done"})
    assert (over["incident"]["state"], over["incident"]["resolved_by"]) == ("resolved", "kim")
    with pytest.raises(Refused, match="is over"):
        await world.answers.ack(KIM, {"id": incident.id})
    await world.answers.note(KIM, {"id": incident.id, "note": "written up"})
    timeline = (await world.answers.incident(KIM, {"id": incident.id}))["timeline"]
    people = [(entry["kind"], entry["text"]) for entry in timeline if entry["by"] == "kim"]
    assert people == [
        ("acknowledged", HOSTILE), ("note", "called the vendor"), ("unacknowledged", ""), ("resolved", "done"),
        ("note", "written up"),
    ]  # fmt: skip
    again = await world.fail()
    assert again.id == incident.id


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"for_sec": -1}, "for_sec"),
        ({"for_sec": True}, "for_sec"),
        ({"for_sec": "2h"}, "for_sec"),
        ({"until": "2026-11-21T05:00:00+00:00"}, "later than now"),
        ({"until": "2030-01-01T00:00:00+00:00"}, "within a year"),
        ({"until": "tomorrow"}, "until must be"),
        ({"note": 7}, "note must be a text"),
        ({"note": "x" * 1001}, "note must be a text"),
    ],
)
async def test_a_wrong_acknowledgement_is_refused_with_words(world, args, words):
    incident = await world.fail()
    with pytest.raises(BadRequest, match=words):
        await world.answers.ack(KIM, {"id": incident.id, **args})


async def test_a_silence_quietens_what_fits_and_is_shown(world):
    await world.fail("kindscrap", line="login failed")
    await world.fail("esafe", line="timeout")
    made = await world.silencing.add(KIM, {"pattern": "login*", "for_sec": 3600, "why": "vendor"})
    assert (made["incidents"], made["programs"]) == (1, 3)
    await world.look()
    counts = (await world.answers.incidents(KIM, {}))["counts"]
    assert (counts["silenced"], counts["open"]) == (1, 1)
    shown = await world.silencing.silences(KIM, {})
    assert [(one["why"], one["by"], one["active"], one["incidents"]) for one in shown["silences"]] == [
        ("vendor", "kim", True, 1)
    ]
    (window,) = shown["maintenance"]
    assert (window["name"], window["now"], window["next"]) == ("patch night", False, "2026-11-22T01:00:00+00:00")
    page = await world.answers.incident(KIM, {"program": "kindscrap"})
    assert page["incident"]["silenced_by"] == f"silence {made['silence']['id']}"
    assert [one["id"] for one in page["silences"]] == [made["silence"]["id"]]
    ended = await world.silencing.end(KIM, {"id": made["silence"]["id"]})
    assert (ended["silence"]["active"], ended["silence"]["ended_by"]) == (False, "kim")
    with pytest.raises(NotFound, match="is over already"):
        await world.silencing.end(KIM, {"id": made["silence"]["id"]})
    with pytest.raises(NotFound, match="there is no silence 99"):
        await world.silencing.end(KIM, {"id": 99})
    assert not (await world.silencing.silences(KIM, {}))["silences"]
    assert len((await world.silencing.silences(KIM, {"all": True}))["silences"]) == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"for_sec": 60, "why": "x"}, "say what is to be quiet"),
        ({"program": "*", "why": "x"}, "say until when"),
        ({"program": "*", "for_sec": 60}, "why must be"),
        ({"program": "*", "for_sec": 60, "why": "  "}, "why must be"),
        ({"program": "a\nb", "for_sec": 60, "why": "x"}, "printable"),
        ({"tag": 3, "for_sec": 60, "why": "x"}, "tag must be"),
    ],
)
async def test_a_wrong_silence_is_refused_with_words(world, args, words):
    with pytest.raises(BadRequest, match=words):
        await world.silencing.add(KIM, args)


async def test_a_handover_says_what_changed_since_the_visit_before(world):
    assert (await world.handing.handover(KIM, {}))["opened"] == []
    world.later(hours=8)
    incident = await world.fail("kindscrap", line=HOSTILE)
    await world.answers.ack(KIM, {"id": incident.id, "note": "mine"})
    await world.fail("esafe")
    await world.succeed("esafe")
    assert (await world.silencing.add(KIM, {"program": "old*", "for_sec": 60, "why": "retired"}))["programs"] == 0
    world.later(hours=8)
    told = await world.handing.handover(KIM, {"language": "en"})
    assert told["since"] == (world.now - timedelta(hours=16)).isoformat()
    assert [one["program"] for one in told["opened"]] == ["esafe", "kindscrap"]
    assert [one["program"] for one in told["resolved"]] == ["esafe"]
    assert [one["acknowledged_by"] for one in told["acknowledged"]] == ["kim"]
    assert [one["program"] for one in told["open"]] == ["kindscrap"]
    assert {one["program"]: one["now"] for one in told["changed"]}["kindscrap"] == "ERROR"
    assert [one["why"] for one in told["silences"]["begun"]] == ["retired"]
    assert [one["why"] for one in told["silences"]["ended"]] == ["retired"]
    text = told["markdown"]
    assert text.startswith("# Handover 11-21 15:00")
    assert r"\<b\>\*x\*\</b\>" in text
    assert "<b>" not in text
    assert text.count("**esafe**") == 2, "over, and not listed as opened as well; and its verdict"
    assert "until 11-2" in text
    assert {one["program"]: one["before"] for one in told["changed"]}.get("fund_mail") != "UNKNOWN"
    assert (await world.handing.handover(KIM, {"language": "ko"}))["markdown"].startswith("# 인수인계 11-21 15:00")
    again = await world.handing.handover(KIM, {})  # the same visit: nothing is lost by looking
    assert again["since"] == told["since"]
    short = await world.handing.handover(KIM, {"since": (world.now - timedelta(hours=1)).isoformat()})
    assert short["opened"] == []
    with pytest.raises(BadRequest, match="earlier than now"):
        await world.handing.handover(KIM, {"since": (world.now + timedelta(hours=1)).isoformat()})


async def test_long_texts_fit_a_line_of_the_gate(store, tmp_path):
    names = tuple(f"bot_{number}" for number in range(120))
    world = await World(store, tmp_path, "", names).begin()
    for name in names:
        await world.fail(name, line="가" * 4000)
    answers = IncidentAnswers(
        world.incidents, world.alerting, acknowledge=timedelta(hours=1), find_run=store.run, now=lambda: world.now
    )
    page = await answers.incidents(KIM, {"limit": 500})
    assert page["more"]
    handing = HandoverAnswers(
        Handovers(store), world.incidents, world.alerting, timezone=lambda: "UTC", now=lambda: world.now
    )
    world.later(minutes=1)
    told = await handing.handover(KIM, {})
    assert told["cut"]
    for answer in (page, told):
        assert len(json.dumps(answer, ensure_ascii=False).encode()) < LINE_LIMIT * 0.95
