"""The verbs ``notify.*`` on a real store and a real SMTP server, and ``batmon notify`` as people type it."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from batmon.cli import remote_verb
from batmon.commands.session import Session
from batmon.engine.telling.answers import NotifyAnswers
from batmon.engine.telling.delivery import Delivery
from batmon.engine.telling.sending import Sender
from batmon.errors import BadRequest, NotFound, Refused, TemplateError
from batmon.gate.client import GateClient
from batmon.gate.keyring import KeyRing
from batmon.gate.server import GateServer
from batmon.gate.verbs import Caller
from batmon.model import Role
from batmon.notify.samples import sample
from batmon.notify.templates import Templates
from batmon.places import gate_address
from batmon.store.notifications import Attempt, Notifications
from batmon.store.workers import Workers
from tests.integration.delivery.delivery_bed import email_channel, mail, mail_server

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
OPS = Caller("ops", Role.OPERATOR, "10.0.0.7", "SHA256:x")


class Typed(Session):
    """Where a verb was typed, with a real connection to the gate."""

    def __init__(self, client, language="en"):
        self.language, self.width = language, 0
        self._client = client
        self.said, self.told = [], []

    async def gate(self):
        return self._client

    def out(self, text, end="\n"):  # noqa: ARG002 - the interface's own
        self.said += text.splitlines()

    def err(self, text):
        self.told.append(text)

    async def ask_password(self, prompt):
        raise AssertionError(prompt)

    async def read_file(self, path):
        raise AssertionError(path)


@pytest.fixture
async def server():
    async with mail_server() as started:
        yield started


@pytest.fixture
async def notifications(store):
    return Notifications(store)


@pytest.fixture
async def answers(notifications, server, database_url):
    sender, templates = Sender({"email": email_channel(server.port)}, Templates(None)), Templates(None)
    yield NotifyAnswers(
        notifications=notifications,
        delivery=Delivery(notifications, Workers(database_url), sender, node="n", now=lambda: NOW),
        channels=sender.channels,
        templates=templates,
        sample=sample,
        admins=("admin@example.com", "second@example.com"),
        place={"node": "n"},
        now=lambda: NOW,
    )
    await sender.close()


@pytest.fixture
async def ids(notifications):
    """Owed, tried, sent, given up."""
    made = await notifications.owe([mail(incident_ids=(n,)) for n in range(1, 5)], NOW)
    ends = (
        Attempt("owed", NOW, 0.2, "제목", error="451 later", due_at=NOW + timedelta(minutes=5)),
        Attempt("sent", NOW, 0.2, "제목"),
        Attempt("failed", NOW, 0.2, "제목", error="550 no such user\x1b[31m", permanent=True),
    )
    for one, end in zip(made[1:], ends, strict=True):
        await notifications.record(await notifications.take(one, uuid.uuid4(), NOW), end, "n")
    return [str(one) for one in made]


async def test_a_list_is_asked_for_by_what_it_is_about(answers, ids):
    said = await answers.listed(OPS, {"limit": 3})
    assert ([one["id"] for one in said["notifications"]], said["more"]) == (ids[:0:-1], True)
    assert said["counts"] == {"owed": 2, "retrying": 1, "failed": 1}
    rest = await answers.listed(OPS, {"before": said["notifications"][-1]["number"]})
    assert ([one["id"] for one in rest["notifications"]], rest["more"]) == (ids[:1], False)
    for state, found in (("owed", [1, 0]), ("retrying", [1]), ("sent", [2]), ("failed", [3])):
        said = await answers.listed(OPS, {"state": state})
        assert [one["id"] for one in said["notifications"]] == [ids[n] for n in found]
    said = await answers.listed(OPS, {"incident": 3, "channel": "email", "since": NOW.isoformat()})
    assert [one["sent_at"] for one in said["notifications"]] == [NOW.isoformat()]
    for wrong in ({"state": "dead"}, {"channel": 3}, {"since": "noon"}, {"incident": -1}, {"limit": "many"}):
        with pytest.raises(BadRequest):
            await answers.listed(OPS, wrong)
    with pytest.raises(NotFound, match="no channel is called 'slak'"):
        await answers.listed(OPS, {"channel": "slak"})


async def test_one_is_shown_with_its_attempts_by_id_or_number(answers, ids):
    said = await answers.show(OPS, {"notification": ids[1]})
    assert (said["notification"]["due_at"], said["notification"]["sent_at"]) == (
        (NOW + timedelta(minutes=5)).isoformat(),
        None,
    )
    assert [(a["status"], a["error"]) for a in said["attempts"]] == [("failed", "451 later")]
    assert await answers.show(OPS, {"notification": said["notification"]["number"]}) == said
    for missing in (str(uuid.uuid4()), 99999, 2**63, 0):
        with pytest.raises(NotFound, match="there is no notification"):
            await answers.show(OPS, {"notification": missing})
    for wrong in ("4711x", None, True, []):
        with pytest.raises(BadRequest):
            await answers.show(OPS, {"notification": wrong})


async def test_what_was_sent_or_given_up_is_owed_again_and_what_is_owed_is_not(answers, ids):
    for again in ids[2:]:
        said = (await answers.resend(OPS, {"notification": again}))["notification"]
        assert (said["state"], said["attempts"], said["resent"], said["due_at"]) == ("owed", 0, 1, NOW.isoformat())
    with pytest.raises(Refused, match="is owed already"):
        await answers.resend(OPS, {"notification": ids[0]})


async def test_a_test_goes_over_the_real_channel_and_says_what_happened(answers, server, notifications):
    said = await answers.test(OPS, {"channel": "email", "language": "ko"})
    assert (said["sent"], said["recipient"], said["error"]) == (True, "admin@example.com", "")
    [came] = server.mails
    assert came["To"] == "admin@example.com"
    assert came["Message-ID"] == f"<{said['message_id']}@example.com>" == said["reference"]
    text = came.get_body(("plain",)).get_content()
    assert "ops" in text
    assert "seoul-01" not in text  # nothing of the sample
    server.refused["gone@example.com"] = "550 5.1.1 no such user"
    said = await answers.test(OPS, {"channel": "email", "recipient": "gone@example.com"})
    assert (said["sent"], said["permanent"]) == (False, True)
    assert "550 5.1.1 no such user" in said["error"]
    async with notifications._store.connection() as connection:
        rows = await connection.fetch("SELECT recipient, status, notification_id FROM v_deliveries ORDER BY id")
    assert [tuple(row) for row in rows] == [("admin@example.com", "sent", None), ("gone@example.com", "failed", None)]
    assert await notifications.counts() == {"owed": 0, "retrying": 0, "failed": 0}
    with pytest.raises(NotFound, match="no channel is called 'slak'") as missing:
        await answers.test(OPS, {"channel": "slak"})
    assert missing.value.hint == "configured: email"
    with pytest.raises(BadRequest):
        await answers.test(OPS, {"channel": "email", "recipient": "a@example.com\r\nBcc: all@example.com"})


async def test_a_preview_is_rendered_with_sample_data_or_with_ones_own(answers):
    for language, word in (("ko", "시험"), ("en", "Test")):
        said = await answers.preview(OPS, {"template": "test", "language": language})
        assert word in said["subject"]
        assert said["html"].startswith("<")
    said = await answers.preview(OPS, {"template": "test", "data": {"by": "김운영"}})
    assert "김운영" in said["text"]
    with pytest.raises(TemplateError, match="nowhere"):
        await answers.preview(OPS, {"template": "nowhere"})
    for wrong in ({}, {"template": "test", "language": "fr"}, {"template": "test", "data": 3}, {"template": "x" * 999}):
        with pytest.raises(BadRequest):
            await answers.preview(OPS, wrong)


async def test_a_preview_of_ones_own_template_says_that_it_needs_data(answers, tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "order.ko.txt").write_text("Subject: {{ row.name }}\n\nx\n", encoding="utf-8")
    answers._templates = Templates(tmp_path)
    with pytest.raises(TemplateError, match="undefined") as caught:
        await answers.preview(OPS, {"template": "order", "language": "ko"})
    assert "--data" in caught.value.hint
    data = {"row": {"name": "Kim"}}
    assert (await answers.preview(OPS, {"template": "order", "language": "ko", "data": data}))["subject"] == "Kim"


@pytest.fixture
async def gate(answers, tmp_path):
    ring = KeyRing(tmp_path / "keys")
    noted = []

    async def audit(entry):
        noted.append(entry)

    server = GateServer(answers.verbs(), greeting=lambda: {"timezone": "Asia/Seoul"}, keyring=ring, audit=audit)
    address = gate_address(str(tmp_path))
    await server.start(address)
    client = await GateClient.connect(address, client="tests")
    client.noted = noted
    yield client
    await client.close()
    await server.stop()


async def typed(gate, line, language="en"):
    session = Typed(gate, language)
    code = await remote_verb(line.split(), session)
    return code, session.said, session.told


@pytest.mark.usefixtures("ids")
async def test_the_command_line_lists_shows_and_sends_again(gate):
    code, said, told = await typed(gate, "notify list")
    assert code == 0
    assert [line.split()[3] for line in said[1:]] == ["FAILED", "sent", "retrying", "owed"]
    assert said[1].endswith("550 no such user␛[31m")  # harmless
    assert told == ["2 owed (1 of them tried already), 1 given up"]
    code, said, _ = await typed(gate, "notify list failed --json")
    number = json.loads(said[0])[0]["number"]
    code, said, _ = await typed(gate, f"notify show {number}", "ko")
    assert (code, said[0], said[5]) == (0, f"번호: {number}", "상태: 실패")
    assert said[-1].split()[2:4] == ["실패", "0.2s"]
    code, said, told = await typed(gate, f"notify resend {number} {number}")
    assert (code, said) == (1, [])
    assert told[0] == f"notification {number} is owed again"
    assert "is owed already" in told[1]
    assert [(entry.action, entry.target, entry.outcome) for entry in gate.noted] == [
        ("notify.resend", str(number), "done"), ("notify.resend", str(number), "refused"),
    ]  # fmt: skip
    code, said, told = await typed(gate, "notify list --limit 1", "ko")
    assert told == ["더 있습니다: --limit 2", "대기 3건(그중 재시도 중 1건), 포기 0건"]
    for wrong in ("nothing", "9" * 5000):
        code, _, told = await typed(gate, f"notify show {wrong}")
        assert code == 2
        assert "is not the number of a notification" in told[0]


async def test_the_command_line_tests_and_previews(gate, server):
    code, said, told = await typed(gate, "notify test email kim@example.com")
    assert (code, told) == (0, [])
    assert said[0].startswith("sent over email to kim@example.com in ")
    server.refused["gone@example.com"] = "550 no such user"
    code, said, told = await typed(gate, "notify test email gone@example.com", "ko")
    assert (code, said) == (1, [])
    assert "550 no such user" in told[0]
    code, said, _ = await typed(gate, "notify preview incident --lang ko")
    assert code == 0
    assert said[0].startswith("Subject: [")
    code, said, _ = await typed(gate, "notify preview incident --html", "ko")
    assert (code, said[0][:9].lower()) == (0, "<!doctype")
    code, _, told = await typed(gate, "notify preview test --data {")
    assert code == 2
    assert "not JSON" in told[0]


async def test_who_may_only_look_may_not_send(answers):
    assert {name for name, verb in answers.verbs().items() if verb.role is Role.OPERATOR} == {
        "notify.resend",
        "notify.test",
    }


async def test_several_people_test_at_a_time(answers, server):
    await asyncio.gather(*(answers.test(OPS, {"channel": "email"}) for _ in range(5)))
    assert len(server.ids) == 5


async def test_an_answer_fits_a_line_whatever_stands_in_it(gate, notifications):
    ids = await notifications.owe([mail("김" * 80 + "@example.com") for _ in range(300)], NOW)
    for one in ids:
        taken = await notifications.take(one, uuid.uuid4(), NOW)
        await notifications.record(taken, Attempt("failed", NOW, 0.1, "제" * 200, error="오류" * 1000), "n")
    seen, before = [], {}
    while True:
        said = await gate.request("notify.list", limit=500, **before)
        seen += [one["id"] for one in said["notifications"]]
        if not said["more"]:
            break
        before = {"before": said["notifications"][-1]["number"]}
    assert seen == [str(one) for one in reversed(ids)]
    code, said, _ = await typed(gate, "notify list --limit 300 --json")
    assert (code, len(json.loads(said[0]))) == (0, 300)
