"""Reports as people have them: a configuration, a daemon, the command line, a mail server; daemons killed meanwhile."""

import asyncio
import hashlib
import io
import json
import os
import re
import signal
import stat
from datetime import date, datetime, timedelta

import asyncpg
import openpyxl
import pytest
import pytest_asyncio
from pypdf import PdfReader

from batmon.errors import BadRequest, GateError, NeedsRole, NotFound, ReportError
from batmon.gate.client import GateClient
from batmon.places import gate_address
from tests.acceptance.installation import PATIENCE_SEC, SEOUL, Installation
from tests.acceptance.smtp_inbox import Mailbox, text_of
from tests.state_folders import new_state_folder

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(os.name == "nt", reason="the tests' Postgres listens on a Unix socket"),
]

SLOW = """
title = { ko = "느린 보고서", en = "Slow report" }
formats = ["md"]
[[sections]]
title = "wait"
sql = "SELECT 1 AS one FROM pg_sleep(25)"
"""
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJc0Zx3tDi9F3vVZ0w2lRNc0e6bEJmW3hJQ4wXq0n0aT eve"


async def add_runs(house, count=6):
    """Runs of kindscrap over the last days, every third of them failed."""
    connection = await asyncpg.connect(await house.database_url())
    try:
        for number in range(count):
            start = datetime.now(SEOUL).replace(hour=6, minute=0, second=0) - timedelta(days=number + 1)
            await connection.execute(
                "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time, end_time, duration_sec,"
                " processed_count) VALUES ('kindscrap', 'all', $1, $2, $3, 60, 12)",
                "FAILED" if number % 3 == 0 else "SUCCESS", start, start + timedelta(minutes=1),
            )  # fmt: skip
    finally:
        await connection.close()


async def made(house, *words):
    """What ``batmon report generate --json`` says."""
    code, out, err = await house.batmon("report", "generate", *words, "--json")
    assert code == 0, err
    return json.loads(out)


async def asked_for(house, **asked):
    """The steps of ``report.generate``, and its answer."""
    async with house.client() as client, client.stream("report.generate", **asked) as stream:
        return [frame["step"] async for frame in stream], stream.result


def file_of(house, report):
    """The file of a report on the server's disk."""
    return house.state / report["path"].lstrip("/")


async def until_status(house, number, wanted):
    """The report once it has this status."""
    async with asyncio.timeout(PATIENCE_SEC), house.client() as client:
        while (report := (await client.request("report.show", id=number))["report"])["status"] != wanted:
            await asyncio.sleep(0.02)
        return report


def halves(house):
    """What is left half made."""
    return sorted(house.state.glob(".report-*"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def box():
    async with Mailbox() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(box):
    """A daemon with a program, a mail server and a template that takes its time."""
    there = Installation(new_state_folder())
    there.add_program("kindscrap")
    there.tables.append(
        f'[email]\nhost = "127.0.0.1"\nport = {box.port}\nsecurity = "none"\nsender = "batmon@example.com"\n'
        'admins = ["ops@example.com"]\n[ui]\nlanguage = "ko"\n'
    )
    (there.home / "reports").mkdir()
    (there.home / "reports" / "slow.toml").write_text(SLOW, "utf-8")
    try:
        await there.start()
        await add_runs(there)
        yield there
    finally:
        await there.remove()


async def test_every_format_opens_and_is_what_its_record_says(house, tmp_path):
    answer = await made(house, "weekly_ops", "--output", str(tmp_path / "report.xlsx"))
    assert answer["ok"]
    assert answer["data_summary"]["runs"] == 6
    assert (tmp_path / "report.xlsx").read_bytes() == file_of(house, answer).read_bytes()
    week = (datetime.now(SEOUL).date() - timedelta(days=7), datetime.now(SEOUL).date() - timedelta(days=1))
    for form in ("pdf", "md", "json"):
        async with (
            house.client() as client,
            client.stream("report.generate", template="weekly_ops", format=form) as one,
        ):
            steps = [frame["step"] async for frame in one]
        assert list(dict.fromkeys(steps)) == ["waiting", "collecting", "writing", "done"][: len(set(steps))]
    reports = (await house.ask("report.list", limit=4))["reports"]
    assert [one["format"] for one in reports] == ["json", "md", "pdf", "excel"]
    for one in reports:
        assert (one["period"], one["status"], one["here"]) == (f"{week[0]}~{week[1]}", "DONE", True)
        kept = file_of(house, one)
        assert hashlib.sha256(kept.read_bytes()).hexdigest() == one["sha256"]
        assert kept.stat().st_size == one["file_size"]
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    as_json, markdown, pdf, excel = (file_of(house, one) for one in reports)
    assert len(openpyxl.load_workbook(excel).sheetnames) > 1
    assert "kindscrap" in "".join(page.extract_text() for page in PdfReader(pdf).pages)
    assert "kindscrap" in markdown.read_text("utf-8")
    assert json.loads(as_json.read_text("utf-8"))["summary"]["sr_total"] == 0
    inside = [await house.ask("report.text", id=one["id"]) for one in reports]
    assert inside[1]["markdown"] == markdown.read_text("utf-8")
    assert all("kindscrap" in one["markdown"] and not one["cut"] for one in inside)
    await listed_shown_taken_and_removed(house, tmp_path, reports[1])


async def listed_shown_taken_and_removed(house, tmp_path, report):
    number, file = report["id"], file_of(house, report).read_bytes()
    code, out, err = await house.batmon("report", "list", "--json", "--limit", "2")
    assert (code, [row["format"] for row in json.loads(out)]) == (0, ["json", "md"]), err
    code, out, err = await house.batmon("report", "show", str(number))
    assert report["sha256"] in out, err
    told = dict(re.findall(r"^ (\S.*?) {2,}(\S.*)$", out, re.MULTILINE))
    assert list(told)[:2] == ["실행", "성공"]
    assert told["실행"] == f"{report['summary']['runs']:,}"
    assert told["성공률"].endswith("%")
    assert "목표 달성" in told
    code, out, err = await house.batmon("report", "export", str(number), "--output", str(tmp_path) + "/")
    assert code == 0, err
    assert (tmp_path / report["path"].rpartition("/")[2]).read_bytes() == file
    assert (await house.ask("report.remove", id=number))["report"]["status"] == "REMOVED"
    assert not file_of(house, report).exists()
    assert (await house.ask("report.text", id=number))["markdown"] == ""
    code, out, err = await house.batmon("report", "export", str(number), "-o", "-")
    assert code == 1, err
    acts = [(one["action"], one["target"]) for one in (await house.ask("audit", limit=100))["entries"]]
    assert acts.count(("report.generate", "weekly_ops")) >= 4
    assert ("report.remove", str(number)) in acts


async def test_a_mail_has_the_very_file_with_it(house, box):
    answer = await made(house, "weekly_ops", "--format", "excel", "--email", "kim@example.com,Lee@example.com")
    assert (len(answer["owed"]), answer["attached"]) == (2, True)
    period = f"{answer['period']['start']} – {answer['period']['end']}"
    mail = await box.mail("kim@example.com", f"[BATMON] {answer['title']} ({period})")
    [attached] = mail.iter_attachments()
    assert attached.get_filename() == answer["path"].rpartition("/")[2]
    assert attached.get_content_type() == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    data = attached.get_payload(decode=True)
    assert data == file_of(house, answer).read_bytes()
    assert hashlib.sha256(data).hexdigest() == answer["sha256"]
    openpyxl.load_workbook(io.BytesIO(data))
    assert answer["sha256"] in text_of(mail)
    await box.mail("Lee@example.com", f"[BATMON] {answer['title']} ({period})")
    sent = await house.ask("report.send", id=answer["report_id"], email=["park@example.com"])
    assert (len(sent["owed"]), sent["attached"]) == (1, True)
    mail = await box.mail("park@example.com", f"[BATMON] {answer['title']} ({period})")
    assert next(mail.iter_attachments()).get_payload(decode=True) == data
    [entry] = [e for e in (await house.ask("audit", limit=50))["entries"] if e["action"] == "report.send"]
    assert "park@example.com" in entry["detail"]


TODAY = date.today()  # noqa: DTZ011 - only years and days far from today are made of it
REFUSALS = [
    ({"template": "wekly_ops"}, NotFound, "weekly_ops"),
    ({"template": "weekly_ops", "format": "docx"}, BadRequest, "docx"),
    ({"template": "batch_summary", "format": "pdf"}, BadRequest, "batch_summary is not made as 'pdf'"),
    ({"template": "weekly_ops", "from": "2026-02-30"}, BadRequest, "2026-02-30"),
    ({"template": "weekly_ops", "from": "2026-02-03", "to": "2026-02-01"}, BadRequest, "2026-02-03"),
    ({"template": "weekly_ops", "from": f"{TODAY.year + 2}-01-01"}, BadRequest, "has not begun"),
    ({"template": "weekly_ops", "from": f"{TODAY.year - 50}-01-01", "to": str(TODAY)}, BadRequest, "days"),
    ({"template": "weekly_ops", "period": "fortnight"}, BadRequest, "fortnight"),
    ({"template": "weekly_ops", "period": "month", "from": "2026-02-01"}, BadRequest, "a period is named"),
    ({"template": "weekly_ops", "language": "fr"}, BadRequest, "ko or en"),
    ({"template": "weekly_ops", "timezone": "Asia/Soul"}, BadRequest, "Asia/Seoul"),
    ({"template": "weekly_ops", "run": "7"}, BadRequest, "not about one run"),
    ({"template": "weekly_ops", "incident": 7}, BadRequest, "not about one incident"),
    ({"template": "batch_run"}, BadRequest, "--run"),
    ({"template": "batch_run", "run": "../../etc"}, BadRequest, "neither"),
    ({"template": "weekly_ops", "email": ["kim@"]}, BadRequest, "kim@"),
    ({"template": "weekly_ops", "email": ["a@example.com\r\nBcc: b@example.com"]}, BadRequest, "e-mail"),
    ({"template": "weekly_ops", "email": [f"a{n}@example.com" for n in range(21)]}, BadRequest, "21"),
    ({"template": "weekly_ops", "programs": ["nothing_like_it"]}, GateError, "nothing_like_it"),
]


async def test_what_cannot_be_made_is_said_with_what_to_do(house):
    last = (await house.ask("report.list", limit=1))["reports"][0]["id"] if await any_report(house) else 0
    for asked, error, words in REFUSALS:
        with pytest.raises(error) as caught:
            await asked_for(house, **asked)
        assert words in f"{caught.value} {caught.value.hint}", asked
    async with house.client() as client:
        assert [one for one in (await client.request("report.list"))["reports"] if one["id"] > last] == []
        with pytest.raises(NotFound):
            await client.request("report.show", id=10**9)
    await the_folder_cannot_be_written(house)
    await viewers_look_and_make_nothing(house)


async def any_report(house):
    """Whether a report was made already."""
    return bool((await house.ask("report.list", limit=1))["reports"])


async def the_folder_cannot_be_written(house):
    (house.state / "reports").mkdir(exist_ok=True)
    (house.state / "reports" / "rpa_savings").write_text("a file where a folder must be")
    code, _, err = await house.batmon("report", "generate", "rpa_savings", "--format", "md")
    assert code == 1
    assert "보고서 폴더를 만들 수 없습니다" in err
    (house.state / "reports" / "rpa_savings").unlink()
    [report] = (await house.ask("report.list", limit=1))["reports"]
    assert (report["status"], report["path"]) == ("FAILED", "")
    assert "the folder for reports cannot be made" in report["error"]


async def viewers_look_and_make_nothing(house):
    fingerprint = (await house.ask("user.add", name="eve", role="viewer", key=KEY))["fingerprint"]
    address = gate_address(str(house.state))
    client = await GateClient.connect(address, client="tests", act_as={"user": "eve", "key": fingerprint})
    try:
        assert (await client.request("report.list"))["reports"]
        assert (await client.request("report.templates"))["templates"]
        assert (await client.request("report.schedules"))["schedules"] == []
        for verb, args in (
            ("report.send", {"id": 1, "email": ["eve@example.com"]}),
            ("report.remove", {"id": 1}),
            ("report.schedule.add", {"name": "x", "template": "weekly_ops", "cron": "0 9 * * 1", "email": ["e@e.kr"]}),
            ("report.schedule.remove", {"name": "x"}),
        ):
            with pytest.raises(NeedsRole):
                await client.request(verb, **args)
        with pytest.raises(NeedsRole):
            await anext(aiter(client.stream("report.generate", template="weekly_ops")))
    finally:
        await client.close()


async def test_a_report_that_is_cancelled_or_whose_process_is_killed_leaves_nothing_but_words(house):
    async with house.client() as client:
        two = [client.stream("report.generate", template="slow") for _ in range(2)]
        numbers = []
        for stream in two:
            frame = await anext(aiter(stream))
            numbers.append(frame["report"]["id"])
        for number in numbers:  # both at once
            await until_status(house, number, "RUNNING")
        await two[0].aclose()
        given_up = await until_status(house, numbers[0], "FAILED")
        assert "given up" in given_up["error"]
        child = await the_child(house)
        os.kill(child, signal.SIGKILL)
        with pytest.raises(ReportError, match="SIGKILL"):
            async for _ in two[1]:
                pass
    killed = await until_status(house, numbers[1], "FAILED")
    assert "SIGKILL" in killed["error"]
    assert halves(house) == []


async def test_a_report_that_fails_is_an_incident_which_a_daemon_that_is_killed_leaves_open(house):
    code, out, err = await house.batmon(
        "report", "schedule", "add", "weekly_ops", "0 9 * * 1", "--email", "kim@example.com", "--json"
    )
    added = json.loads(out)
    assert (code, added["job"], added["format"], added["paused"]) == (0, "report/weekly_ops", "excel", False), err
    assert datetime.fromisoformat(added["next_due"]).astimezone(SEOUL).strftime("%a %H:%M") == "Mon 09:00"
    await house.until("batmon-automations", lambda row: row["status"] == "OK")  # it came with the schedule
    await fails_for_good(house, "report/weekly_ops")
    row = (await house.ask("probe.look", program="batmon-automations"))["row"]
    assert (row["status"], "report/weekly_ops" in json.dumps(row["facts"])) == ("ERROR", True)
    [incident] = (await house.ask("incidents", program="batmon-automations"))["incidents"]
    assert incident["state"] == "open"
    await killed_in_the_middle(house)
    [incident] = (await house.ask("incidents", program="batmon-automations"))["incidents"]
    assert (incident["state"], incident["reopened"]) == ("open", 0)
    code, out, err = await house.batmon("report", "schedule", "list")
    assert (code, "실패" in out, "the disk is full" in err) == (0, True, True), out
    one = (await house.ask("report.schedule.pause", name="weekly_ops", why="no one reads it"))["schedule"]
    assert (one["paused"], one["paused_why"], one["next_due"]) == (True, "no one reads it", None)
    one = (await house.ask("report.schedule.resume", name="weekly_ops"))["schedule"]
    assert (one["paused"], one["next_due"]) == (False, added["next_due"])
    await house.ask("report.schedule.remove", name="weekly_ops")
    assert (await house.ask("report.schedules"))["schedules"] == []


async def killed_in_the_middle(house):
    """The daemon, while it makes a report; and another one in its place."""
    before = sorted(one for one in (house.state / "reports").rglob("*") if one.is_file())
    async with house.client() as client:
        stream = client.stream("report.generate", template="slow")
        number = (await anext(aiter(stream)))["report"]["id"]
        await until_status(house, number, "RUNNING")
        child = await the_child(house)
        await house.kill()
    await gone(child)  # it does not go on without its daemon
    await house.start()
    left = await until_status(house, number, "FAILED")
    assert "the daemon ended" in left["error"]
    assert halves(house) == []
    assert sorted(one for one in (house.state / "reports").rglob("*") if one.is_file()) == before


async def fails_for_good(house, job):
    """An execution of an automation ends as one does after its last retry."""
    connection = await asyncpg.connect(await house.database_url())
    try:
        await connection.execute(
            "INSERT INTO automation_logs (job_name, status, error_message, slot) VALUES ($1, 'failed', $2, now())",
            job, "schedule weekly_ops: the report cannot be written: the disk is full",
        )  # fmt: skip
    finally:
        await connection.close()


async def the_child(house):
    """The process that makes a report of this daemon."""
    async with asyncio.timeout(PATIENCE_SEC):
        while True:
            listing = await asyncio.create_subprocess_exec(
                "ps", "--ppid", str(house.process.pid), "-o", "pid=,args=", stdout=asyncio.subprocess.PIPE
            )
            out, _ = await listing.communicate()
            found = [int(line.split()[0]) for line in out.decode().splitlines() if "engine.reports.apart" in line]
            if len(found) == 1:
                return found[0]
            await asyncio.sleep(0.02)


async def gone(pid):
    """Wait until a process has ended."""
    async with asyncio.timeout(PATIENCE_SEC):
        while True:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            await asyncio.sleep(0.02)
