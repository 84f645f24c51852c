"""Who may look sees no customers' data, and looking costs little however much there is."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from batmon.engine.automations.event_answers import EventAnswers
from batmon.engine.automations.events import EventHandling
from batmon.engine.telling.answers import NotifyAnswers
from batmon.engine.telling.delivery import Delivery
from batmon.engine.telling.sending import Sender
from batmon.gate.verbs import Caller
from batmon.model import Role
from batmon.notify.samples import sample
from batmon.notify.templates import Templates
from batmon.store.notifications import Attempt, Notifications, Owed
from batmon.store.workers import Workers
from tests.integration.events.events_bed import USERS, WELCOME, Bed, opened

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
VIEWER = Caller("v", Role.VIEWER, "10.0.0.7", "SHA256:v")
OPERATOR = Caller("o", Role.OPERATOR, "10.0.0.7", "SHA256:o")


def owed(**more):
    return Owed(**{"channel": "email", "recipient": "kimcs@example.com", "template": "test", "language": "ko",
                   "data": {}, **more})  # fmt: skip


@pytest.fixture
async def answers(store, database_url):
    sender, notifications = Sender({}, Templates(None)), Notifications(store)
    yield NotifyAnswers(
        notifications=notifications,
        delivery=Delivery(notifications, Workers(database_url), sender, node="n", now=lambda: NOW),
        channels={}, templates=Templates(None), sample=sample, admins=(), place={}, now=lambda: NOW,
    )  # fmt: skip
    await sender.close()


async def test_a_viewer_sees_that_people_were_told_and_not_their_addresses(answers, store):
    notifications = Notifications(store)
    [one] = await notifications.owe([owed()], NOW)
    failed = Attempt(
        "failed", NOW, 0.1, "kimcs@example.com 님", error="550 <kimcs@example.com> unknown", permanent=True
    )
    await notifications.record(await notifications.take(one, uuid4(), NOW), failed, "n")
    for caller, seen in ((VIEWER, False), (OPERATOR, True)):
        listed = await answers.listed(caller, {})
        shown = await answers.show(caller, {"notification": str(one)})
        assert ("kimcs@example.com" in json.dumps([listed, shown])) is seen
        assert listed["notifications"][0]["recipient"] == ("kimcs@example.com" if seen else "ki***@example.com")
        assert "unknown" in shown["attempts"][0]["error"]


async def test_a_list_of_messages_reads_nothing_of_what_they_say(answers, store):
    notifications = Notifications(store)
    await notifications.owe([owed(data={"text": "x" * 1_000_000}, incident_ids=(7,)) for _ in range(3)], NOW)
    for asked in ({}, {"state": "owed"}, {"incident": 7}):
        assert len((await answers.listed(VIEWER, asked))["notifications"]) == 3
    for found in (
        await notifications.listed(), await notifications.listed(state="owed"), await notifications.listed(incident=7),
    ):  # fmt: skip
        assert [one.data for one in found] == [{}] * 3
    assert len((await notifications.find(found[0].id)).data["text"]) == 1_000_000


async def test_what_a_hundred_thousand_attempts_left_in_the_log_of_jobs_goes_in_one_go(store, owner_url):
    owner = await opened(owner_url)
    await owner.execute(
        "INSERT INTO batmon_jobs.pgqueuer_log (created, job_id, status, priority, entrypoint)"
        " SELECT now() - interval '2 days', g, 'successful', 0, 'deliver:email' FROM generate_series(1, 50000) g"
    )
    day = timedelta(days=1)
    await Notifications(store).forget(NOW, sent=day, failed=day, attempts=day, job_log=day)
    assert await owner.fetchval("SELECT count(*) FROM batmon_jobs.pgqueuer_log") == 0
    await owner.close()


async def test_a_viewers_preview_with_hostile_data_is_a_text_and_short(answers):
    data = {"line": "eyJ" * 200_000, "why": "<script>\x1b[2J\ud800\u202e", "programs": []}
    said = await answers.preview(VIEWER, {"template": "incident", "data": data})
    assert len(json.dumps(said)) < 500_000
    assert "\x1b" not in said["text"]
    assert "<script>" not in (said["html"] or "")


async def test_words_about_an_event_are_masked_for_a_viewer(store, owner_url, tmp_path):
    owner = await opened(owner_url)
    await owner.execute(USERS)
    bed = Bed(store, owner, owner_url, tmp_path)
    failing = WELCOME.replace("UPDATE users SET seen = seen + 1 WHERE id = :row.id", "SELECT :row.email::int")
    handling: EventHandling = await bed.handling(failing)
    await owner.execute("INSERT INTO users (email) VALUES ('kimcs@example.com')")
    await bed.all_handled(handling)
    answers = EventAnswers(handling, store, now=lambda: bed.at)
    for caller, seen in ((VIEWER, "ki***@example.com"), (OPERATOR, "kimcs@example.com")):
        (event,) = (await answers.events(caller, {}))["events"]
        assert seen in event["error"]
    await owner.close()
