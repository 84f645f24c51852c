"""A decision about an item is carried out once, whole, by somebody who may, and noted with who it was."""

import asyncio

import pytest

from batmon.engine.automations.inbox import InboxAnswers
from batmon.errors import BadRequest, DoneAlready, NeedsRole, NotFound, StepFailed
from batmon.gate.verbs import Caller
from batmon.model import Role
from tests.integration.events.events_bed import MAIL

INBOX = """
[[inboxes]]
name = "tickets"
title = "문의"
query = '''
SELECT id, 'no. ' || id || ' ' || name AS title, email, :today::date AS day FROM users WHERE status = 'new'
ORDER BY id DESC -- newest first'''

[[inboxes.actions]]
name = "answer"
title = "답변 전송"
asks = ["answer"]
[[inboxes.actions.steps]]
do = "sql"
sql = '''
UPDATE users SET status = 'answered', secret = :asks.answer || ' / ' || :by WHERE id = :row.id AND status = 'new''''
expect = "one"
[[inboxes.actions.steps]]
do = "email"
to = "{{ row.email }}"
template = "answered"
[[inboxes.actions.steps]]
do = "feed"
title = "{{ row.title }}: {{ asks.answer }} ({{ by }})"

[[inboxes.actions]]
name = "purge"
role = "admin"
[[inboxes.actions.steps]]
do = "sql"
sql = "DELETE FROM users WHERE id = :row.id"

[[inboxes.actions]]
name = "broken"
[[inboxes.actions.steps]]
do = "sql"
sql = "UPDATE users SET status = 'broken' WHERE id = :row.id"
[[inboxes.actions.steps]]
do = "sql"
sql = "SELECT :row.email::int"

[[inboxes]]
name = "wrong"
query = "SELECT nonsense"
"""


def caller(user="kim", role=Role.OPERATOR):
    return Caller(user, role, "local", "SHA256:" + user)


@pytest.fixture
async def answers(bed):
    await bed.owner.execute(
        "INSERT INTO users (name, email) VALUES ('a', 'a@example.com'), ('b', 'b@example.com'), ('c', NULL)"
    )
    return InboxAnswers(bed.store, bed.configured(MAIL, INBOX), now=lambda: bed.at)


async def test_what_waits_is_counted_and_a_broken_query_hides_no_other(answers):
    shown = (await answers.inboxes(caller(role=Role.VIEWER), {}))["inboxes"]
    assert [(one["name"], one["count"], bool(one["problem"])) for one in shown] == [
        ("tickets", 3, False),
        ("wrong", None, True),
    ]
    assert shown[0]["actions"][0] == {"name": "answer", "title": "답변 전송", "role": "operator", "asks": ["answer"]}
    assert "config.toml" in shown[1]["problem"]


async def test_items_come_in_pages_in_the_querys_own_order(answers):
    page = await answers.items(caller(), {"inbox": "tickets", "limit": 2})
    assert [one["title"] for one in page["items"]] == ["no. 3 c", "no. 2 b"]
    assert page["more"]
    rest = await answers.items(caller(), {"inbox": "tickets", "limit": 2, "offset": 2})
    assert [(one["id"], one["row"]["email"], one["row"]["day"]) for one in rest["items"]] == [
        ("1", "a@example.com", "2026-11-21")
    ]
    assert not rest["more"]


async def test_a_decision_is_carried_out_and_noted(answers, bed):
    said = "괜찮습니다'); DROP TABLE users;--\r\n{{ 1 }}"
    done = await answers.act(caller(), {"inbox": "tickets", "action": "answer", "id": "1", "asks": {"answer": said}})
    assert done == {"id": "1", "title": "no. 1 a", "action": "answer"}
    text = said.replace("\r\n", "\n")
    assert await bed.value("SELECT secret FROM users WHERE id = 1") == f"{text} / kim"
    assert await bed.value("SELECT title FROM feed_entries") == f"no. 1 a: {text} (kim)"
    assert await bed.value("SELECT recipient FROM notifications") == "a@example.com"
    (noted,) = await bed.rows(
        "SELECT inbox, item, title, action, by, at, asks::jsonb ->> 'answer' AS answer FROM inbox_actions"
    )
    assert noted == {
        "inbox": "tickets",
        "item": "1",
        "title": "no. 1 a",
        "action": "answer",
        "by": "kim",
        "at": bed.at,
        "answer": text,
    }


async def test_the_second_of_two_people_is_told_who_was_first(answers, bed):
    args = {"inbox": "tickets", "action": "answer", "id": "2", "asks": {"answer": "x"}}
    said = await asyncio.gather(
        *(answers.act(caller(name), args) for name in ("kim", "lee", "park")), return_exceptions=True
    )
    first = [one for one in said if isinstance(one, dict)]
    late = [one for one in said if isinstance(one, DoneAlready)]
    assert (len(first), len(late)) == (1, 2)
    by = await bed.value("SELECT by FROM inbox_actions")
    assert f"답변 전송 by {by}, 2026-11-21 12:00" in str(late[0])
    assert await bed.value("SELECT count(*) FROM notifications") == 1


async def test_a_step_that_fails_leaves_nothing(answers, bed):
    with pytest.raises(StepFailed, match=r"row\.email does not fit integer"):
        await answers.act(caller(), {"inbox": "tickets", "action": "broken", "id": "1"})
    assert await bed.value("SELECT status FROM users WHERE id = 1") == "new"
    assert await bed.value("SELECT count(*) FROM inbox_actions") == 0


@pytest.mark.parametrize(
    ("args", "error", "said"),
    [
        ({"inbox": "no", "action": "answer", "id": "1"}, NotFound, "inboxes: tickets, wrong"),
        ({"inbox": "tickets", "action": "no", "id": "1"}, NotFound, "actions: answer, purge, broken"),
        ({"inbox": "tickets", "action": "purge", "id": "1"}, NeedsRole, "takes the role admin"),
        ({"inbox": "tickets", "action": "answer", "id": "1"}, BadRequest, "asks for answer"),
        ({"inbox": "tickets", "action": "answer", "id": "1", "asks": {"answer": " "}}, BadRequest, "asks for answer"),
        (
            {"inbox": "tickets", "action": "answer", "id": "1", "asks": {"answer": "a", "b": "c"}},
            BadRequest,
            "does not ask for b",
        ),
        (
            {"inbox": "tickets", "action": "answer", "id": "1", "asks": {"answer": "a" * 20_001}},
            BadRequest,
            "20,001 characters",
        ),
        ({"inbox": "tickets", "action": "answer", "id": "1", "asks": {"answer": 1}}, BadRequest, "names to texts"),
        ({"inbox": "tickets", "action": "answer", "id": None, "asks": {"answer": "a"}}, BadRequest, "id must be"),
        (
            {"inbox": "tickets", "action": "answer", "id": "1 OR 1=1", "asks": {"answer": "a"}},
            DoneAlready,
            "does not wait",
        ),
    ],
)
async def test_what_is_asked_wrongly_is_refused_with_words(answers, bed, args, error, said):
    with pytest.raises(error) as caught:
        await answers.act(caller(), args)
    assert said in f"{caught.value} {caught.value.hint}"
    assert await bed.value("SELECT count(*) FROM users WHERE status = 'new'") == 3


async def test_an_id_may_be_of_any_type_and_items_of_any_length(bed):
    query = (
        "SELECT v AS id, repeat('가', 300000) AS content FROM (VALUES (1.50), (2.00)) AS x (v) WHERE v > :n::numeric"
    )
    table = f'[[inboxes]]\nname = "odd"\nquery = "{query}"\n[[inboxes.actions]]\nname = "a"\n'
    table += '[[inboxes.actions.steps]]\ndo = "feed"\ntitle = "{{ row.id }} {{ row.content[:3] }}"\n'
    answers = InboxAnswers(bed.store, bed.configured(table.replace(":n::numeric", "0")), now=lambda: bed.at)
    page = await answers.items(caller(), {"inbox": "odd"})
    assert [(one["id"], len(one["row"]["content"])) for one in page["items"]] == [("1.50", 20_001), ("2.00", 20_001)]
    await answers.act(caller(), {"inbox": "odd", "action": "a", "id": "1.50"})
    assert await bed.value("SELECT title FROM feed_entries") == "1.5 가가가"


async def test_a_query_without_an_id_says_so(bed):
    config = bed.configured('[[inboxes]]\nname = "odd"\nquery = "SELECT 1 AS n"\n')
    with pytest.raises(StepFailed, match=r"config.toml.*column q\.id does not exist"):
        await InboxAnswers(bed.store, config, now=lambda: bed.at).items(caller(), {"inbox": "odd"})
