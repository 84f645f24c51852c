"""From a failing run to the received mail: one when it fails, quiet while somebody works on it, one when it ends."""

import asyncio
import json

import pytest_asyncio

from tests.acceptance.installation import PATIENCE_SEC, log_line
from tests.acceptance.smtp_inbox import Mailbox, text_of

OPS = "ops@example.com"


def write(path, *lines):
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(lines))


def failing(path, why):
    write(path, log_line("프로그램 시작"), log_line(f"프로그램 종료: 실패: {why}", "ERROR"))


def succeeding(path):
    write(path, log_line("프로그램 시작"), log_line("프로그램 종료: 성공"))


@pytest_asyncio.fixture
async def mailbox():
    async with Mailbox() as box:
        yield box


@pytest_asyncio.fixture
async def watched(installation, mailbox):
    """An installation that mails to ``mailbox``, with groups that hardly wait."""
    await begin(installation, mailbox)
    return installation


async def begin(installation, mailbox, remind="1h", wait="0.2s"):
    installation.tables.append(
        f'[ui]\nlanguage = "ko"\n[email]\nhost = "127.0.0.1"\nport = {mailbox.port}\nsecurity = "none"\n'
        f'sender = "batmon@example.com"\nadmins = ["{OPS}"]\n'
        '[alerts]\ngroup_interval = "0.2s"\nhold = "1s"\n'
        f'group_wait = "{wait}"\nremind = "{remind}"\n'
    )
    extra = '[programs.log]\nstarted = ["프로그램 시작"]\nsucceeded = ["종료: 성공"]\nfailed = ["종료: 실패"]\n'
    installation.log = installation.add_program("kindscrap", extra=extra)
    installation.other = installation.add_program("fund_mail", extra=f'depends_on = ["kindscrap"]\n{extra}')
    await installation.start()


async def mails(mailbox, count):
    """All mails, once there are ``count``."""
    async with asyncio.timeout(PATIENCE_SEC):
        while len(mailbox.mails) < count:
            await asyncio.sleep(0.05)
    return mailbox.mails


async def state_of(installation, name, state):
    """The incident of the program's row, once it is in this state."""
    row = await installation.until(name, lambda row: (row["incident"] or {"state": "none"})["state"] == state)
    return row["incident"]


async def written_down(installation, incident, states):
    """The incident's page once what was told of it is in these states: a mail is there before it is called sent."""
    async with asyncio.timeout(PATIENCE_SEC):
        while True:
            page = await installation.ask("incident", id=incident["id"])
            if [told["state"] for told in page["told"]] == states:
                return page
            await asyncio.sleep(0.1)


async def test_a_failure_is_one_mail_and_its_end_another(watched, mailbox):
    failing(watched.log, "로그인 실패: 비밀번호가 올바르지 않습니다")
    incident = await state_of(watched, "kindscrap", "open")
    (mail,) = await mails(mailbox, 1)
    assert mail.recipients == [OPS]
    assert "kindscrap" in mail["Subject"]
    assert "로그인 실패" in text_of(mail)
    await written_down(watched, incident, ["sent"])

    code, _, err = await watched.batmon("incident", "ack", "kindscrap", "비밀번호 변경 중", "--for", "2h")
    assert (code, err) == (0, "")
    acknowledged = await state_of(watched, "kindscrap", "acknowledged")
    assert acknowledged["id"] == incident["id"]
    failing(watched.log, "다시 실패")

    page = await watched.ask("incident", id=incident["id"])
    assert page["incident"]["acknowledged_note"] == "비밀번호 변경 중"
    assert [event["kind"] for event in page["timeline"]][:4] == ["opened", "told", "sent", "acknowledged"]
    assert page["last"]["reason"] == "failed"

    succeeding(watched.log)
    await state_of(watched, "kindscrap", "none")
    await mails(mailbox, 2)
    assert [("kindscrap" in mail["Subject"], mail.recipients) for mail in mailbox.mails] == [(True, [OPS])] * 2
    page = await written_down(watched, incident, ["sent", "sent"])
    assert [told["kind"] for told in page["told"]] == ["opened", "resolved"]
    feed = await watched.ask("feed")
    assert {entry["incident"] for entry in feed["entries"]} == {incident["id"]}


async def test_a_silenced_program_is_recorded_and_nobody_is_told(watched, mailbox):
    code, out, _ = await watched.batmon("incident", "silence", "kind*", "2h", "공급사 점검")
    assert (code, "1" in out) == (0, True)
    failing(watched.log, "점검 중")
    incident = await state_of(watched, "kindscrap", "silenced")
    code, out, _ = await watched.batmon("incident", "list", "--json")
    assert [one["state"] for one in json.loads(out)] == ["silenced"]
    code, out, _ = await watched.batmon("incident", "silences")
    assert "공급사 점검" in out
    assert not mailbox.mails
    assert (await watched.batmon("incident", "unsilence", "1"))[0] == 0
    assert len(await mails(mailbox, 1)) == 1
    code, out, _ = await watched.batmon("incident", "show", str(incident["id"]))
    assert "공급사 점검" in out
    code, out, _ = await watched.batmon("incident", "handover", "--since", "1h")
    assert "kindscrap" in out
    assert "공급사 점검" in out
    entries = (await watched.ask("audit"))["entries"]
    acts = [(entry["action"], entry["target"], entry["detail"]) for entry in entries]
    assert ("silence.end", "1", "") in acts
    assert next(detail for action, target, detail in acts if (action, target) == ("silence.add", "kind*")).startswith(
        "why: 공급사 점검"
    )
    assert (await watched.batmon("incident", "unsilence", "1"))[0] == 1
    assert (await watched.batmon("incident", "silence", "kindscrap"))[0] != 0


async def test_a_dependent_says_nothing_while_what_it_depends_on_is_down(watched, mailbox):
    failing(watched.other, "계좌 없음")
    failing(watched.log, "데이터 없음")
    await state_of(watched, "fund_mail", "held")
    (mail,) = await mails(mailbox, 1)
    assert "fund_mail" not in text_of(mail)
    succeeding(watched.other)
    succeeding(watched.log)
    await state_of(watched, "fund_mail", "none")
    await mails(mailbox, 2)
    assert not [mail for mail in mailbox.mails if "fund_mail" in text_of(mail)]


async def test_people_are_reminded_until_somebody_takes_it_on(installation, mailbox):
    await begin(installation, mailbox, remind="1s")
    failing(installation.log, "로그인 실패")
    await mails(mailbox, 3)
    assert (await installation.batmon("incident", "ack", "kindscrap", "--for", "1h"))[0] == 0
    incident = await state_of(installation, "kindscrap", "acknowledged")
    page = await installation.ask("incident", id=incident["id"])
    reminded = [told["kind"] for told in page["told"]]
    assert reminded[:3] == ["opened", "reminder", "reminder"]
    again = await installation.ask("incident", id=incident["id"])
    assert again["incident"]["next_at"] == again["incident"]["until"]  # nothing is looked at before


async def test_what_waits_when_the_daemon_is_killed_is_told_once_by_the_next_one(installation, mailbox):
    await begin(installation, mailbox, wait="2s")
    failing(installation.log, "로그인 실패")
    incident = await state_of(installation, "kindscrap", "open")
    await installation.kill()
    assert not mailbox.mails
    await installation.start()
    await mails(mailbox, 1)
    succeeding(installation.log)
    await mails(mailbox, 2)
    page = await installation.ask("incident", id=incident["id"])
    assert [told["kind"] for told in page["told"]] == ["opened", "resolved"]
    assert len(mailbox.mails) == 2


async def test_an_incident_outlives_the_daemon(watched, mailbox):
    failing(watched.log, "로그인 실패")
    incident = await state_of(watched, "kindscrap", "open")
    await mails(mailbox, 1)
    await watched.kill()
    await watched.start()
    again = await state_of(watched, "kindscrap", "open")
    assert again["id"] == incident["id"]
    succeeding(watched.log)
    await mails(mailbox, 2)
    page = await watched.ask("incident", id=incident["id"])
    assert page["incident"]["state"] == "resolved"
    assert len(mailbox.mails) == 2
